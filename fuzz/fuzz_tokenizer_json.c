/* libFuzzer target: tokenizer.json from memory; what is accepted encodes and decodes a text. */
#include "tokenizer/tokenizer_model.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char text[] = "The <s> caf\u00e9 e\u0301\u0327  \u4f60\u597d\uac00\u11a8 [MASK] "
                           "it's 12,3\r\n x<m> \u3000\u200d.";

/* Spans lie in the text, ids are pieces. */
static void check(const struct cpl_tokenizer *tokenizer, const struct cpl_encoding *encoding)
{
    for (size_t i = 0; i < encoding->count; i++)
        if (encoding->span[i].begin > encoding->span[i].end ||
            encoding->span[i].end > sizeof text - 1 ||
            !cpl_tokenizer_piece(tokenizer, encoding->id[i]))
            abort();
}

static void use(const struct cpl_tokenizer *tokenizer)
{
    struct cpl_encoding encoding = {0};
    char *decoded = NULL;
    if (cpl_tokenizer_encode_special(tokenizer, &encoding, text, sizeof text - 1, NULL) ==
        CPL_OK) {
        check(tokenizer, &encoding);
        if (cpl_tokenizer_decode(tokenizer, &decoded, NULL, encoding.id, encoding.count, NULL,
                                 NULL) == CPL_OK)
            free(decoded);
    }
    cpl_encoding_clear(&encoding);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cpl_tokenizer *tokenizer = NULL;
    struct cpl_error error = {0};
    json_t *file = NULL;
    cpl_status status =
        cpl_json_parse(&file, (const char *)data, size, "input", JSON_ALLOW_NUL, &error);
    if (status == CPL_OK)
        status = cpl_tokenizer_from_json(&tokenizer, file, NULL, "input", &error);
    if (status == CPL_OK)
        use(tokenizer);
    else if (!error.message[0])
        abort(); /* every error says something */
    cpl_tokenizer_free(tokenizer);
    json_decref(file);
    return 0;
}
