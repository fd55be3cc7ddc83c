/* GPT-2's way of writing bytes as characters that can be seen (Radford et al., 2019, bytes_to_unicode):
 * 21-7E, A1-AC and AE-FF are themselves, the other 68, in order, U+0100 and up.  A space is U+0120. */
#ifndef CPL_TOKENIZER_BYTE_CHARACTERS_H
#define CPL_TOKENIZER_BYTE_CHARACTERS_H

#include <stdint.h>

static inline uint32_t cpl_byte_character(uint8_t byte)
{
    if (byte <= 0x20)
        return 0x100u + byte;
    if (byte >= 0x7F && byte <= 0xA0)
        return 0x121u + (byte - 0x7Fu);
    return byte == 0xAD ? 0x143u : byte;
}

/* The byte that is written so; -1 for other characters. */
static inline int cpl_character_byte(uint32_t code)
{
    if ((code >= 0x21 && code <= 0x7E) || (code >= 0xA1 && code <= 0xFF && code != 0xAD))
        return (int)code;
    if (code >= 0x100 && code <= 0x120)
        return (int)(code - 0x100);
    if (code >= 0x121 && code <= 0x142)
        return (int)(code - 0x121 + 0x7F);
    return code == 0x143 ? 0xAD : -1;
}

#endif
