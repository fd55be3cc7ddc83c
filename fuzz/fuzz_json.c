/* libFuzzer target: a byte of flags and JSON text, for the decoder and for jansson's: both give the same
 * value, or both refuse. */
#include "base/json_file.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* jansson has no keys with U+0000, and drops a NUL byte that it looked at behind a number or a name. */
static bool may_differ(const char *text, size_t length, size_t flags)
{
    if (memchr(text, 0, length))
        return true;
    for (size_t i = 0; (flags & JSON_ALLOW_NUL) && i + 6 <= length; i++)
        if (memcmp(text + i, "\\u0000", 6) == 0)
            return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    static const size_t flags[] = {JSON_ALLOW_NUL, JSON_DECODE_ANY, JSON_DECODE_INT_AS_REAL};
    size_t chosen = 0;
    for (size_t i = 0; i < 3; i++)
        chosen |= data[0] >> i & 1 ? flags[i] : 0;
    const char *text = (const char *)data + 1;
    struct cpl_error error = {0};
    json_t *value = NULL;
    json_t *expected = json_loadb(text, size - 1, chosen | JSON_REJECT_DUPLICATES, NULL);
    cpl_status status = cpl_json_parse(&value, text, size - 1, "input", chosen, &error);
    if (status != CPL_OK && (!error.message[0] || value))
        abort(); /* every error says something */
    bool same = expected ? status == CPL_OK && json_equal(value, expected) : status != CPL_OK;
    if (!same && !may_differ(text, size - 1, chosen))
        abort();
    json_decref(value);
    json_decref(expected);
    return 0;
}
