/* libFuzzer target: whatever the reader accepts can be read to its last byte. */
#include "format/safetensors.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct cpl_safetensors file;
    volatile unsigned char sink = 0; /* keeps the reads */
    if (cpl_safetensors_parse(&file, data, size, "input", NULL) != CPL_OK)
        return 0;
    for (size_t i = 0; i < file.count; i++) {
        const struct cpl_safetensors_entry *entry = &file.entry[i];
        if (cpl_safetensors_find(&file, entry->name) != entry)
            abort();
        for (size_t k = 0; k < entry->bytes; k++)
            sink ^= entry->data[k];
    }
    cpl_safetensors_close(&file);
    (void)sink;
    return 0;
}
