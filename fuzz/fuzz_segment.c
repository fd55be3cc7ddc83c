/* libFuzzer target: a dictionary, a NUL, a user's dictionary, a NUL, a text: whatever is read as a
 * dictionary cuts any text into words in order that no white space parts. */
#include "base/file.h"

#include <couplet/text.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Writes the bytes up to a NUL or the end to the file, and returns how many there are. */
static size_t write_part(const char *path, const uint8_t *data, size_t size)
{
    const uint8_t *end = size ? memchr(data, 0, size) : NULL;
    size_t length = end ? (size_t)(end - data) : size;
    if (cpl_file_write(path, data, length, NULL) != CPL_OK)
        abort();
    return length < size ? length + 1 : length;
}

static void cut_text(const struct cpl_segmenter *segmenter, const char *text, size_t length)
{
    struct cpl_spans words = {0};
    size_t at = 0;
    if (cpl_segment(segmenter, &words, text, length, NULL) == CPL_OK)
        for (size_t i = 0; i < words.count; i++) {
            struct cpl_span word = words.span[i];
            if (word.begin < at || word.end <= word.begin || word.end > length)
                abort();
            at = word.end;
        }
    cpl_spans_clear(&words);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char folder[] = "/tmp/couplet-fuzz-XXXXXX", dictionary[64], user[64], *text = NULL;
    struct cpl_segmenter *segmenter = NULL;
    size_t length = 0;
    if (!mkdtemp(folder))
        abort();
    strcat(strcpy(dictionary, folder), "/words");
    strcat(strcpy(user, folder), "/user");
    size_t at = write_part(dictionary, data, size);
    at += write_part(user, data + at, size - at);
    if (cpl_segmenter_new(&segmenter, dictionary, user, NULL) == CPL_OK &&
        cpl_text_clean(&text, &length, NULL, (const char *)data + at, size - at, CPL_FORM_NONE,
                       NULL) == CPL_OK)
        cut_text(segmenter, text, length);
    free(text);
    cpl_segmenter_free(segmenter);
    unlink(dictionary);
    unlink(user);
    rmdir(folder);
    return 0;
}
