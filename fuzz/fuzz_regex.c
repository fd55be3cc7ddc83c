/* libFuzzer target: a regular expression, up to a NUL, and a text behind it. */
#include "text/utf8.h"
#include "tokenizer/regex.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t valid(const char *text, size_t length)
{
    size_t at = 0, n;
    uint32_t code;
    while (at < length && (n = cpl_utf8_decode(&code, text + at, length - at)) > 0)
        at += n;
    return at;
}

static void search_all(const struct cpl_regex *regex, const char *text, size_t length)
{
    struct cpl_regex_search *search = NULL;
    size_t begin, end, last = 0;
    bool found = true;
    if (cpl_regex_search_new(&search, regex, text, length, NULL) != CPL_OK)
        return;
    while (found && cpl_regex_search_next(search, &begin, &end, &found, NULL) == CPL_OK)
        if (found) {
            if (begin < last || end < begin || end > length)
                abort();
            last = end;
        }
    cpl_regex_search_free(search);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *pattern = (const char *)data, *text = pattern;
    const char *cut = size ? memchr(pattern, 0, size) : NULL;
    size_t length = cut ? (size_t)(cut - pattern) : size;
    struct cpl_regex *regex = NULL;
    char *copy = malloc(length + 1); /* as texts of JSON are: ended by a NUL */
    if (cut)
        text = cut + 1;
    if (!copy || valid(pattern, length) != length) {
        free(copy);
        return 0;
    }
    memcpy(copy, pattern, length);
    copy[length] = 0;
    if (cpl_regex_compile(&regex, copy, length, "input", NULL) == CPL_OK)
        search_all(regex, text, cut ? valid(text, size - length - 1) : 0);
    cpl_regex_free(regex);
    free(copy);
    return 0;
}
