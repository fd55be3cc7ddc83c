/* Base64: see base64.h. */
#include "base/base64.h"

#include "base/memory.h"
#include "base/try.h"
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* 0..63, or -1. */
static int digit_of(char c)
{
    const char *place = c ? strchr(alphabet, c) : NULL;
    return place ? (int)(place - alphabet) : -1;
}

cpl_status cpl_base64_decode(unsigned char **out, size_t *n_bytes, const char *text,
                             const char *where, struct cpl_error *error)
{
    size_t length = strlen(text), padding = 0, n = 0;
    unsigned char *bytes = NULL;
    while (padding < 2 && padding < length && text[length - padding - 1] == '=')
        padding++;
    bool whole = length % 4 == 0;
    CPL_TRY(cpl_memory_new(&bytes, length / 4 * 3, 1, error));
    for (size_t i = 0; whole && i < length; i += 4) {
        uint32_t group = 0;
        for (size_t k = i; k < i + 4; k++) {
            int digit = k >= length - padding ? 0 : digit_of(text[k]);
            whole = whole && digit >= 0;
            group = group << 6 | ((uint32_t)digit & 63u);
        }
        for (int shift = 16; shift >= 0; shift -= 8)
            bytes[n++] = (unsigned char)(group >> shift);
    }
    if (!whole) {
        free(bytes);
        return cpl_error_set(error, CPL_ERROR_INPUT, where, "not base64");
    }
    *out = bytes;
    *n_bytes = n - padding;
    return CPL_OK;
}

cpl_status cpl_base64_encode(char **out, const unsigned char *bytes, size_t n_bytes,
                             struct cpl_error *error)
{
    CPL_TRY(cpl_memory_new(out, n_bytes / 3 + 2, 4, error));
    char *at = *out;
    for (size_t i = 0; i < n_bytes; i += 3, at += 4) {
        size_t left = n_bytes - i;
        uint32_t group = (uint32_t)bytes[i] << 16 |
                         (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) |
                         (left > 2 ? bytes[i + 2] : 0);
        at[0] = alphabet[group >> 18];
        at[1] = alphabet[group >> 12 & 63];
        at[2] = left > 1 ? alphabet[group >> 6 & 63] : '=';
        at[3] = left > 2 ? alphabet[group & 63] : '=';
    }
    return CPL_OK;
}
