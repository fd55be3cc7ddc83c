/* libFuzzer target: whatever the reader of .model files accepts can encode and decode, both ways alike. */
#include "tokenizer/sentencepiece.h"
#include "tokenizer/tokenizer_model.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use(const struct cpl_tokenizer *tokenizer)
{
    static const char text[] =
        " the  sea \xE6\x98\x8E\xE6\x9C\x88 e\xCC\x81<s>\xE2\x96\x81\xE2\x96\x81"
        "a\xF0\x9F\x98\x80 [M] aaaaaaaabababab\n";
    struct cpl_encoding one = {0}, other = {0};
    char *decoded = NULL;
    size_t length = 0;
    cpl_status status = cpl_tokenizer_encode(tokenizer, &one, text, sizeof text - 1, NULL);
    if (status == CPL_OK) {
        if (cpl_pipeline_encode(tokenizer, &other, text, 0, sizeof text - 1, true, NULL) !=
                CPL_OK ||
            one.count != other.count ||
            (one.count && (memcmp(one.id, other.id, one.count * sizeof *one.id) != 0 ||
                           memcmp(one.span, other.span, one.count * sizeof *one.span) != 0)))
            abort();
        if (cpl_tokenizer_decode(tokenizer, &decoded, &length, one.id, one.count, NULL, NULL) !=
            CPL_OK)
            abort();
    }
    free(decoded);
    cpl_encoding_clear(&one);
    cpl_encoding_clear(&other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cpl_tokenizer *tokenizer = NULL;
    json_t *file = NULL;
    if (cpl_sentencepiece_parse(&file, data, size, "input", NULL, NULL) != CPL_OK)
        return 0;
    if (cpl_tokenizer_from_json(&tokenizer, file, NULL, "input", NULL) == CPL_OK)
        use(tokenizer);
    cpl_tokenizer_free(tokenizer);
    json_decref(file);
    return 0;
}
