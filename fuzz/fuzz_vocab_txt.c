/* libFuzzer target: vocab.txt from memory; what is accepted encodes a text. */
#include "tokenizer/tokenizer_model.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char text[] = "The caf\u00e9 [MASK] \u4f60\u597d \uac00 it's\n 12";
    struct cpl_tokenizer *tokenizer = NULL;
    struct cpl_encoding encoding = {0};
    struct cpl_error error = {0};
    json_t *file = NULL;
    cpl_status status =
        cpl_vocabulary_parse(&file, (const char *)data, size, "input", NULL, NULL, &error);
    if (status == CPL_OK)
        status = cpl_tokenizer_from_json(&tokenizer, file, NULL, "input", &error);
    if (status == CPL_OK)
        status =
            cpl_tokenizer_encode_special(tokenizer, &encoding, text, sizeof text - 1, &error);
    if (status != CPL_OK && !error.message[0])
        abort(); /* every error says something */
    cpl_encoding_clear(&encoding);
    cpl_tokenizer_free(tokenizer);
    json_decref(file);
    return 0;
}
