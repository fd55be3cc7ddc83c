/* UTF-8 inside the library: decoding, encoding, and what kind of character a code point is. */
#ifndef CPL_TEXT_UTF8_H
#define CPL_TEXT_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CPL_REPLACEMENT_CODE = 0xFFFD };

/* Bytes of the valid sequence at the start of `text` and its code point; 0 when the bytes there
 * are bad or cut off.  length >= 1. */
size_t cpl_utf8_decode(uint32_t *code, const char *text, size_t length);
/* Bytes that one U+FFFD stands for at a bad place: the longest beginning of a sequence that
 * could have become valid, at least 1 (Unicode 15, section 3.9, "maximal subpart"). */
size_t cpl_utf8_bad_length(const char *text, size_t length);
/* Writes 1 to 4 bytes; `code` is a scalar value. */
size_t cpl_utf8_encode(char out[4], uint32_t code);

/* The code point at *at of VALID text, and *at moved behind it. */
static inline uint32_t cpl_utf8_next(const char *text, size_t *at)
{
    const unsigned char *byte = (const unsigned char *)text + *at;
    if (byte[0] < 0x80) {
        *at += 1;
        return byte[0];
    }
    if (byte[0] < 0xE0) {
        *at += 2;
        return (byte[0] & 0x1Fu) << 6 | (byte[1] & 0x3Fu);
    }
    if (byte[0] < 0xF0) {
        *at += 3;
        return (byte[0] & 0x0Fu) << 12 | (byte[1] & 0x3Fu) << 6 | (byte[2] & 0x3Fu);
    }
    *at += 4;
    return (byte[0] & 0x07u) << 18 | (byte[1] & 0x3Fu) << 12 | (byte[2] & 0x3Fu) << 6 |
           (byte[3] & 0x3Fu);
}
/* Where the character that ends before `at` begins; at > 0, valid text. */
static inline size_t cpl_utf8_before(const char *text, size_t at)
{
    do
        at--;
    while (((unsigned char)text[at] & 0xC0) == 0x80);
    return at;
}

/* Chinese characters of all Unicode blocks: unified, extensions, compatibility, 〇 and 々. */
bool cpl_code_is_han(uint32_t code);
/* White space, also the wide, the no-break and the line-separating kinds. */
bool cpl_code_is_space(uint32_t code);
/* Letters, marks and digits of scripts that write words as unbroken runs (Latin, Greek,
 * Cyrillic, Hangul …): neither Chinese characters nor kana. */
bool cpl_code_is_word(uint32_t code);
bool cpl_code_is_lower(uint32_t code);
bool cpl_code_is_upper(uint32_t code);
/* Letters and digits of any script, Chinese characters among them. */
bool cpl_code_is_letter(uint32_t code);

#endif
