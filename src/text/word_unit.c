/* Units: see word_unit.h. */
#include "text/word_unit.h"

#include "text/word_number.h"

#include <string.h>
#include <uchar.h>

/* ---- Latin words and addresses ------------------------------------------------------------ */

/* Behind a word: the sign that joins it with the word after it ("GPT-4", "don't", "a_b"). */
static bool joins(const struct cpl_reader *reader, size_t at)
{
    char before = reader->text[at - 1], sign = cpl_reader_byte(reader, at);
    char next = cpl_reader_byte(reader, at + 1);
    if (!cpl_byte_is_alphanumeric(before) || !cpl_byte_is_alphanumeric(next))
        return sign == '_' && (cpl_byte_is_alphanumeric(next) || next == '_' || before == '_');
    switch (sign) {
    case '_': return true;
    case '\'': return cpl_byte_is_letter(before) && cpl_byte_is_letter(next);
    case '-': return !cpl_byte_is_digit(before) || !cpl_byte_is_digit(next);
    case '.': return cpl_byte_is_digit(next) || next >= 'a' || (before >= 'A' && before <= 'Z');
    default: return false;
    }
}

static size_t letters_end(const struct cpl_reader *reader, size_t at)
{
    while (at < reader->length) {
        size_t next = at;
        if (!cpl_code_is_word(cpl_utf8_next(reader->text, &next)))
            break;
        at = next;
    }
    return at;
}

/* https://…: `at` stands behind the scheme. */
static size_t address_end(const struct cpl_reader *reader, size_t at)
{
    if (reader->length - at < 4 || memcmp(reader->text + at, "://", 3) != 0)
        return at;
    size_t begin = at + 3, end = begin;
    while (cpl_reader_byte(reader, end) > ' ' && !strchr("\"'<>`{}|\\^\x7f", reader->text[end]))
        end++;
    while (end > begin && strchr(".,;:!?)]", reader->text[end - 1]))
        end--;
    return end > begin ? end : at;
}

/* name@example.org: `at` stands before the @. */
static size_t mail_end(const struct cpl_reader *reader, size_t at)
{
    size_t end = at + 1;
    bool has_dot = false;
    if (cpl_reader_byte(reader, at) != '@' ||
        !cpl_byte_is_alphanumeric(cpl_reader_byte(reader, end)))
        return at;
    for (;; end++) {
        char byte = cpl_reader_byte(reader, end);
        bool is_inside = cpl_byte_is_alphanumeric(cpl_reader_byte(reader, end + 1));
        has_dot = has_dot || (byte == '.' && is_inside);
        if (!cpl_byte_is_alphanumeric(byte) && !((byte == '.' || byte == '-') && is_inside))
            return has_dot ? end : at;
    }
}

static size_t word_end(const struct cpl_reader *reader, size_t begin)
{
    size_t end = cpl_reader_digits_end(reader, begin);
    size_t letters = letters_end(reader, end);
    if (end > begin && letters == end) {
        size_t number = cpl_number_end_digits(reader, begin, end);
        bool is_open = cpl_byte_is_digit(reader->text[number - 1]);
        if (number > end && !(is_open && cpl_reader_byte(reader, number) == '@'))
            return is_open ? letters_end(reader, number) : number;
    }
    end = letters;
    size_t address = address_end(reader, end);
    if (address > end)
        return address;
    while (joins(reader, end))
        end = letters_end(reader, end + 1);
    if (cpl_byte_is_letter(reader->text[end - 1]) && cpl_reader_byte(reader, end) == '#' &&
        !cpl_byte_is_alphanumeric(cpl_reader_byte(reader, end + 1)))
        return end + 1;
    if (cpl_byte_is_letter(reader->text[end - 1]) && cpl_reader_byte(reader, end) == '+' &&
        cpl_reader_byte(reader, end + 1) == '+')
        return cpl_reader_digits_end(reader, end + 2);
    size_t percent = cpl_number_end_percent(reader, end);
    return percent > end && cpl_byte_is_digit(reader->text[end - 1]) ? percent
                                                                     : mail_end(reader, end);
}

/* ---- units -------------------------------------------------------------------------------- */

/* Longest run of one sign that is one unit, in characters. */
enum { MAX_SIGNS = 16 };

static bool is_doubled(uint32_t code)
{
    switch (code) {
    case U'—':
    case U'…':
    case U'。':
    case U'！':
    case U'？':
    case U'～':
    case U'─': return true;
    default: return code < 0x80 && code > 0 && strchr("-.!?~=*#", (int)code);
    }
}

static size_t signs_end(const struct cpl_reader *reader, uint32_t code, size_t end)
{
    for (int n = 1; n < MAX_SIGNS && cpl_reader_code(reader, end) == code; n++)
        end = cpl_reader_after(reader, end);
    return end;
}

size_t cpl_word_unit_end(const char *text, size_t length, size_t at)
{
    struct cpl_reader reader = {text, length};
    size_t end = at;
    uint32_t code = cpl_utf8_next(text, &end);
    if (code == U'第') {
        size_t digits = cpl_reader_digits_end(&reader, end);
        bool is_number = digits > end && !cpl_byte_is_letter(cpl_reader_byte(&reader, digits));
        return is_number ? cpl_number_end_digits(&reader, end, digits)
                         : cpl_number_end_chinese(&reader, end);
    }
    if (code >= 0x3400 && code <= 0x9FFF) {
        size_t number = cpl_number_end_chinese(&reader, at);
        return number > end ? number : end;
    }
    if (cpl_code_is_word(code))
        return word_end(&reader, at);
    if (code == '_') {
        while (cpl_reader_byte(&reader, end) == '_')
            end++;
        return cpl_byte_is_alphanumeric(cpl_reader_byte(&reader, end)) ? word_end(&reader, end)
                                                                       : end;
    }
    return is_doubled(code) ? signs_end(&reader, code, end) : end;
}
