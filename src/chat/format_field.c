/* Values in fields of a width: see format.h. */
#include "chat/format.h"

#include "base/try.h"
#include "text/utf8.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PRECISION_MAX = 1000 };

static cpl_status fill(struct cpl_chat *chat, struct cpl_buffer *out, int64_t count,
                       const char *character)
{
    for (int64_t i = 0; i < count; i++) {
        cpl_buffer_add_text(out, character);
        CPL_TRY(cpl_chat_spend(chat, 1));
        if (i % 4096 == 0)
            CPL_TRY(cpl_chat_check(chat, out));
    }
    return CPL_OK;
}

/* `head` is the sign and prefix, behind which `=` puts what fills. */
static cpl_status place(struct cpl_chat *chat, struct cpl_buffer *out, const char *head,
                        const char *body, size_t length, size_t count, char align,
                        const struct cpl_field *field)
{
    int64_t more = field->width - (int64_t)count - (int64_t)strlen(head);
    const char *character = field->fill[0] ? field->fill : field->zero ? "0" : " ";
    int64_t left = more <= 0 ? 0 : align == '>' ? more : align == '^' ? more / 2 : 0;
    more = more < 0 ? 0 : more;
    CPL_TRY(fill(chat, out, left, character));
    cpl_buffer_add_text(out, head);
    if (align == '=')
        CPL_TRY(fill(chat, out, more, character));
    cpl_buffer_add(out, body, length);
    return align == '=' ? CPL_OK : fill(chat, out, more - left, character);
}

static char number_align(const struct cpl_field *field)
{
    return field->align ? field->align : field->zero ? '=' : '>';
}

static const char *sign_text(bool negative, const struct cpl_field *field)
{
    return negative ? "-" : field->sign == '+' ? "+" : field->sign == ' ' ? " " : "";
}

/* Separators between groups of `each` digits, from the point (or the end) to the left. */
static void group_digits(struct cpl_buffer *out, const char *digits, size_t whole,
                         char separator, size_t each)
{
    for (size_t i = 0; i < whole; i++) {
        if (i && (whole - i) % each == 0)
            cpl_buffer_add_byte(out, separator);
        cpl_buffer_add_byte(out, digits[i]);
    }
    cpl_buffer_add_text(out, digits + whole);
}

static cpl_status place_number(struct cpl_chat *chat, struct cpl_buffer *out, const char *head,
                               const char *digits, size_t each, const struct cpl_field *field)
{
    struct cpl_buffer grouped = {0};
    char align = number_align(field);
    if (!field->group)
        return place(chat, out, head, digits, strlen(digits), strlen(digits), align, field);
    if (align == '=' && field->width > 0)
        return cpl_chat_fail(chat,
                             "zeros and groups of digits in one field are not rendered here");
    size_t whole = strspn(digits, "0123456789abcdefABCDEF");
    if (strspn(digits, "0123456789") < whole && strpbrk(digits, ".e"))
        whole = strspn(digits, "0123456789");
    group_digits(&grouped, digits, whole, field->group, each);
    cpl_status status = cpl_chat_check(chat, &grouped);
    if (status == CPL_OK)
        status = place(chat, out, head, grouped.data ? grouped.data : "", grouped.length,
                       grouped.length, align, field);
    cpl_buffer_clear(&grouped);
    return status;
}

cpl_status cpl_field_integer(struct cpl_chat *chat, struct cpl_buffer *out, int64_t value,
                             const struct cpl_field *field)
{
    char digits[72], head[4], *at = digits + sizeof digits - 1;
    unsigned base = field->type == 'x' || field->type == 'X' ? 16
                    : field->type == 'o'                     ? 8
                    : field->type == 'b'                     ? 2
                                                             : 10;
    uint64_t left = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    const char *symbols = field->type == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
    *at = 0;
    do
        *--at = symbols[left % base];
    while (left /= base);
    strcpy(head, sign_text(value < 0, field));
    if (field->alternate && base != 10) {
        char prefix[3] = {'0', field->type, 0};
        strcat(head, prefix);
    }
    return place_number(chat, out, head, at, base == 10 ? 3 : 4, field);
}

/* No type: as repr, or with so many digits as `g`, but never without a point. */
static void plain_real(struct cpl_buffer *out, double value, int64_t precision)
{
    struct cpl_buffer digits = {0};
    if (precision < 0 || !isfinite(value)) {
        cpl_real_represent(out, value);
        return;
    }
    precision = precision ? precision : 1;
    cpl_real_format(&digits, value, (int)precision - 1, 'e', false);
    int exponent = digits.data ? (int)strtol(strchr(digits.data, 'e') + 1, NULL, 10) : 0;
    if (exponent == precision - 1 && value != 0) { /* `g` would still leave the exponent out */
        char *end = strchr(digits.data, 'e');
        char *last = end - 1;
        while (last > digits.data && *last == '0')
            last--;
        cpl_buffer_add(out, digits.data, (size_t)(last - digits.data) + (*last != '.'));
        cpl_buffer_add_text(out, end);
        cpl_buffer_clear(&digits);
        return;
    }
    cpl_buffer_clear(&digits);
    size_t begin = out->length;
    cpl_real_format(out, value, (int)precision, 'g', false);
    if (out->data && !strpbrk(out->data + begin, ".e"))
        cpl_buffer_add_text(out, ".0");
}

cpl_status cpl_field_real(struct cpl_chat *chat, struct cpl_buffer *out, double value,
                          const struct cpl_field *field)
{
    struct cpl_buffer digits = {0};
    char type = field->type, lower = (char)(type | 32);
    bool percent = type == '%';
    if (field->precision > PRECISION_MAX)
        return cpl_chat_fail(chat, "a precision of more than %d digits", PRECISION_MAX);
    if (percent)
        value *= 100;
    double size = fabs(value);
    int precision = field->precision < 0 ? 6 : (int)field->precision;
    if (!type)
        plain_real(&digits, size, field->precision);
    else if (!isfinite(value))
        cpl_buffer_add_text(&digits, isnan(value) ? "nan" : "inf");
    else
        cpl_real_format(&digits, size, precision, percent || lower == 'f' ? 'f' : lower,
                        field->alternate);
    for (size_t i = 0; i < digits.length && type >= 'A' && type <= 'Z'; i++)
        if (digits.data[i] >= 'a' && digits.data[i] <= 'z')
            digits.data[i] = (char)(digits.data[i] - 32);
    if (percent)
        cpl_buffer_add_byte(&digits, '%');
    cpl_status status = cpl_chat_check(chat, &digits);
    if (status == CPL_OK)
        status = place_number(chat, out, sign_text(signbit(value) && !isnan(value), field),
                              digits.data, 3, field);
    cpl_buffer_clear(&digits);
    return status;
}

cpl_status cpl_field_text(struct cpl_chat *chat, struct cpl_buffer *out, const char *data,
                          size_t length, const struct cpl_field *field)
{
    size_t end = 0, count = 0;
    while (end < length && (field->precision < 0 || (int64_t)count < field->precision)) {
        cpl_utf8_next(data, &end);
        count++;
    }
    CPL_TRY(cpl_chat_spend(chat, length / 8));
    CPL_TRY(place(chat, out, "", data, end, count, field->align ? field->align : '<', field));
    return cpl_chat_check(chat, out);
}
