/* UTF-8 validation, decoding and encoding (RFC 3629; Unicode 15, table 3-7). */
#include "text/utf8.h"

#include <couplet/text.h>
#include <string.h>

/* Lead bytes: how long the sequence is and what its second byte may be; the rest are 80..BF. */
struct lead {
    unsigned char length, low, high;
};

static struct lead lead_of(unsigned char byte)
{
    if (byte < 0x80)
        return (struct lead){1, 0, 0};
    if (byte < 0xC2 || byte > 0xF4)
        return (struct lead){0, 0, 0};
    if (byte < 0xE0)
        return (struct lead){2, 0x80, 0xBF};
    if (byte < 0xF0)
        return (struct lead){3, byte == 0xE0 ? 0xA0 : 0x80, byte == 0xED ? 0x9F : 0xBF};
    return (struct lead){4, byte == 0xF0 ? 0x90 : 0x80, byte == 0xF4 ? 0x8F : 0xBF};
}

/* Bytes at the start of `text` that fit one sequence; *whole: whether it is complete. */
static size_t sequence_prefix(const unsigned char *text, size_t length, bool *whole)
{
    struct lead lead = lead_of(text[0]);
    *whole = lead.length == 1;
    if (lead.length < 2)
        return lead.length;
    if (length < 2 || text[1] < lead.low || text[1] > lead.high)
        return 1;
    size_t n = 2;
    while (n < lead.length && n < length && (text[n] & 0xC0) == 0x80)
        n++;
    *whole = n == lead.length;
    return n;
}

size_t cpl_utf8_bad_length(const char *text, size_t length)
{
    bool whole;
    size_t n = sequence_prefix((const unsigned char *)text, length, &whole);
    return n ? n : 1;
}

size_t cpl_utf8_decode(uint32_t *code, const char *text, size_t length)
{
    bool whole;
    sequence_prefix((const unsigned char *)text, length, &whole);
    if (!whole)
        return 0;
    size_t at = 0;
    *code = cpl_utf8_next(text, &at);
    return at;
}

size_t cpl_utf8_encode(char out[4], uint32_t code)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xC0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3F));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xE0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3F));
        out[2] = (char)(0x80 | (code & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3F));
    out[2] = (char)(0x80 | (code >> 6 & 0x3F));
    out[3] = (char)(0x80 | (code & 0x3F));
    return 4;
}

/* Bytes below 0x80 at the start, eight at a time. */
static size_t ascii_prefix(const unsigned char *text, size_t length)
{
    size_t at = 0;
    for (uint64_t eight; at + 8 <= length; at += 8) {
        memcpy(&eight, text + at, 8);
        if (eight & 0x8080808080808080u)
            break;
    }
    while (at < length && text[at] < 0x80)
        at++;
    return at;
}

/* Three-byte sequences without the rare leads E0 and ED: nearly all of Chinese text. */
static size_t common_triples_prefix(const unsigned char *text, size_t length)
{
    size_t at = 0;
    while (at + 3 <= length && text[at] > 0xE0 && text[at] < 0xF0 && text[at] != 0xED &&
           (text[at + 1] & 0xC0) == 0x80 && (text[at + 2] & 0xC0) == 0x80)
        at += 3;
    return at;
}

size_t cpl_utf8_valid_prefix(const char *text, size_t length)
{
    const unsigned char *bytes = (const unsigned char *)text;
    size_t at = 0;
    while (at < length) {
        size_t step = bytes[at] < 0x80 ? ascii_prefix(bytes + at, length - at)
                                       : common_triples_prefix(bytes + at, length - at);
        if (step == 0) {
            bool whole;
            step = sequence_prefix(bytes + at, length - at, &whole);
            if (!whole)
                return at;
        }
        at += step;
    }
    return at;
}

size_t cpl_utf8_count(const char *text, size_t length)
{
    size_t count = 0;
    for (size_t i = 0; i < length; i++)
        count += ((unsigned char)text[i] & 0xC0) != 0x80;
    return count;
}
