/* Looking ahead in valid UTF-8 without running over its end. */
#ifndef CPL_TEXT_READER_H
#define CPL_TEXT_READER_H

#include "text/utf8.h"

struct cpl_reader {
    const char *text;
    size_t length;
};

/* The code point at a place, 0 at the end. */
static inline uint32_t cpl_reader_code(const struct cpl_reader *reader, size_t at)
{
    return at < reader->length ? cpl_utf8_next(reader->text, &at) : 0;
}
/* Where the character at `at` < length ends. */
static inline size_t cpl_reader_after(const struct cpl_reader *reader, size_t at)
{
    cpl_utf8_next(reader->text, &at);
    return at;
}
/* The byte at a place, 0 at the end. */
static inline char cpl_reader_byte(const struct cpl_reader *reader, size_t at)
{
    return at < reader->length ? reader->text[at] : '\0';
}

/* ASCII's digits and letters. */
static inline bool cpl_byte_is_digit(char byte) { return byte >= '0' && byte <= '9'; }
static inline bool cpl_byte_is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}
static inline bool cpl_byte_is_alphanumeric(char byte)
{
    return cpl_byte_is_digit(byte) || cpl_byte_is_letter(byte);
}
static inline size_t cpl_reader_digits_end(const struct cpl_reader *reader, size_t at)
{
    while (cpl_byte_is_digit(cpl_reader_byte(reader, at)))
        at++;
    return at;
}

#endif
