/* Numbers: see word_number.h. */
#include "text/word_number.h"

#include <uchar.h>

/* ---- Chinese numbers ---------------------------------------------------------------------- */

static bool is_magnitude(uint32_t code)
{
    return code == U'十' || code == U'百' || code == U'千' || code == U'万' || code == U'亿';
}

static bool is_numeral(uint32_t code)
{
    switch (code) {
    case U'〇':
    case U'零':
    case U'一':
    case U'二':
    case U'三':
    case U'四':
    case U'五':
    case U'六':
    case U'七':
    case U'八':
    case U'九':
    case U'两': return true;
    default: return is_magnitude(code);
    }
}

size_t cpl_number_end_chinese(const struct cpl_reader *reader, size_t at)
{
    uint32_t last = cpl_reader_code(reader, at);
    bool is_some = (last == U'几' || last == U'数') &&
                   is_magnitude(cpl_reader_code(reader, cpl_reader_after(reader, at)));
    if (at >= reader->length || (!is_numeral(last) && !is_some))
        return at;
    size_t end = cpl_reader_after(reader, at);
    for (uint32_t code; is_numeral(code = cpl_reader_code(reader, end)); last = code)
        end = cpl_reader_after(reader, end);
    uint32_t more = is_magnitude(last) ? cpl_reader_code(reader, end) : 0;
    return more == U'多' || more == U'余' || more == U'几' ? cpl_reader_after(reader, end)
                                                           : end;
}

/* ---- numbers in digits -------------------------------------------------------------------- */

/* Behind digits: 万, 百万, 亿, then 多 or 余; 几 only behind a zero ("30几"). */
static size_t magnitude_end(const struct cpl_reader *reader, size_t at)
{
    size_t end = at;
    uint32_t code = cpl_reader_code(reader, end);
    if (code == U'百' || code == U'千')
        code = cpl_reader_code(reader, end = cpl_reader_after(reader, end));
    if (code != U'万' && code != U'亿')
        end = at;
    while ((code = cpl_reader_code(reader, end)) == U'万' || code == U'亿')
        end = cpl_reader_after(reader, end);
    if (code == U'多' || code == U'余')
        end = cpl_reader_after(reader, end);
    else if (code == U'几' && reader->text[end - 1] == '0')
        end = cpl_reader_after(reader, end);
    return end;
}

/* 2024-05-01 and 2024/5/1: `at` stands behind the year. */
static size_t date_end(const struct cpl_reader *reader, size_t at)
{
    char between = cpl_reader_byte(reader, at);
    if (between != '-' && between != '/')
        return at;
    size_t month_end = cpl_reader_digits_end(reader, at + 1);
    if (cpl_reader_byte(reader, month_end) != between || month_end - at < 2 ||
        month_end - at > 3)
        return at;
    size_t end = cpl_reader_digits_end(reader, month_end + 1);
    bool is_day = end - month_end >= 2 && end - month_end <= 3;
    return is_day && !cpl_byte_is_letter(cpl_reader_byte(reader, end)) ? end : at;
}

/* 12:30 and 12:30:05: `at` stands behind the hour. */
static size_t time_end(const struct cpl_reader *reader, size_t at)
{
    while (cpl_reader_byte(reader, at) == ':') {
        size_t end = cpl_reader_digits_end(reader, at + 1);
        if (end - at != 3)
            break;
        at = end;
    }
    return at;
}

/* 16,250,000: `at` stands behind the first one to three digits. */
static size_t thousands_end(const struct cpl_reader *reader, size_t at)
{
    while (cpl_reader_byte(reader, at) == ',') {
        size_t end = cpl_reader_digits_end(reader, at + 1);
        if (end - at != 4)
            break;
        at = end;
    }
    return at;
}

size_t cpl_number_end_percent(const struct cpl_reader *reader, size_t at)
{
    uint32_t code = cpl_reader_code(reader, at);
    return code == '%' || code == U'％' || code == U'‰' ? cpl_reader_after(reader, at) : at;
}

size_t cpl_number_end_digits(const struct cpl_reader *reader, size_t begin, size_t at)
{
    size_t n_digits = at - begin, end = at;
    if (n_digits == 4)
        end = date_end(reader, at);
    else if (n_digits <= 2)
        end = time_end(reader, at);
    if (end > at)
        return end;
    if (n_digits <= 3)
        end = thousands_end(reader, at);
    if (cpl_reader_byte(reader, end) == '.')
        for (; cpl_reader_byte(reader, end) == '.' &&
               cpl_byte_is_digit(cpl_reader_byte(reader, end + 1));)
            end = cpl_reader_digits_end(reader, end + 1);
    size_t unit = cpl_number_end_percent(reader, end);
    return unit > end ? unit : magnitude_end(reader, end);
}
