/* libFuzzer target: vocab.json, a NUL, merges.txt, a NUL, tokenizer_config.json (or no more): what is
 * accepted encodes a text and decodes it again, by its fused encoder as by the stages. */
#include "tokenizer/tokenizer_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A file in memory with the bytes up to a NUL or the end, of which *data and *size then begin behind;
 * `path` names it. */
static int make_file(char path[40], const uint8_t **data, size_t *size)
{
    const uint8_t *end = *size ? memchr(*data, 0, *size) : NULL;
    size_t length = end ? (size_t)(end - *data) : *size;
    int file = memfd_create("fuzz", 0);
    if (file < 0 || write(file, *data, length) != (ssize_t)length)
        abort();
    snprintf(path, 40, "/proc/self/fd/%d", file);
    *data += length + (end != NULL);
    *size -= length + (end != NULL);
    return file;
}

static void use(const struct cpl_tokenizer *tokenizer)
{
    static const char text[] =
        "The caf\u00e9's  \u4f60\u597d<s>\u00a012 \uac00\n\nabab <|endoftext|>";
    struct cpl_encoding one = {0}, other = {0};
    char *decoded = NULL;
    if (cpl_tokenizer_encode(tokenizer, &one, text, sizeof text - 1, NULL) == CPL_OK &&
        (cpl_tokenizer_decode(tokenizer, &decoded, NULL, one.id, one.count, NULL, NULL) !=
             CPL_OK ||
         !decoded))
        abort();
    /* Two ways over the part in which no added token can be. */
    one.count = 0;
    if (tokenizer->fused && tokenizer->raw.n == 0 &&
        tokenizer->fused->encode(tokenizer, tokenizer->fused_state, &one, text, 0, 20, true,
                                 NULL) == CPL_OK &&
        (cpl_pipeline_encode(tokenizer, &other, text, 0, 20, true, NULL) != CPL_OK ||
         one.count != other.count ||
         (one.count && (memcmp(one.id, other.id, one.count * sizeof *one.id) != 0 ||
                        memcmp(one.span, other.span, one.count * sizeof *one.span) != 0))))
        abort();
    free(decoded);
    cpl_encoding_clear(&one);
    cpl_encoding_clear(&other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char vocabulary_path[40], merges_path[40];
    int vocabulary = make_file(vocabulary_path, &data, &size);
    int merges = make_file(merges_path, &data, &size);
    struct cpl_tokenizer *tokenizer = NULL;
    struct cpl_error error = {0};
    json_t *file = NULL, *config = size ? json_loadb((const char *)data, size, 0, NULL) : NULL;
    cpl_status status =
        cpl_merges_read(&file, vocabulary_path, merges_path, config, "config", &error);
    if (status == CPL_OK)
        status = cpl_tokenizer_from_json(&tokenizer, file, config, "input", &error);
    if (status == CPL_OK)
        use(tokenizer);
    else if (!error.message[0])
        abort(); /* every error says something */
    cpl_tokenizer_free(tokenizer);
    json_decref(file);
    json_decref(config);
    close(vocabulary);
    close(merges);
    return 0;
}
