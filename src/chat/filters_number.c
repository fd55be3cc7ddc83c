/* Filters of numbers. */
#include "chat/builtins.h"

#include "base/number.h"
#include "base/try.h"
#include "chat/text.h"
#include "text/utf8.h"

#include <math.h>
#include <string.h>

CPL_BUILTIN(number_abs)
{
    (void)call;
    *out = value[0];
    if (!cpl_value_is_number(value[0]))
        return cpl_chat_fail(chat, "a number is needed, not %s", cpl_kind_name(value[0].kind));
    if (value[0].kind == CPL_REAL)
        out->as.real = fabs(value[0].as.real);
    else if (value[0].kind == CPL_BOOL)
        *out = cpl_value_int(value[0].as.truth);
    else if (value[0].as.integer < 0)
        return cpl_value_negate(chat, value[0], out);
    return CPL_OK;
}

/* ---- reading numbers --------------------------------------------------------------------- */

/* The text without white space around it and underscores between digits, at most 60 bytes of plain
 * ASCII; Unicode's decimal digits are not taken.  false: no number. */
static bool plain_number(const struct cpl_text *text, char out[64])
{
    size_t begin = 0, end = text->length, n = 0;
    while (begin < end) {
        size_t next = begin;
        if (!cpl_code_is_blank(cpl_utf8_next(text->data, &next)))
            break;
        begin = next;
    }
    while (end > begin) {
        size_t before = cpl_utf8_before(text->data, end), at = before;
        if (!cpl_code_is_blank(cpl_utf8_next(text->data, &at)))
            break;
        end = before;
    }
    for (size_t i = begin; i < end; i++) {
        char c = text->data[i];
        if (c == '_') {
            bool inside = i > begin && i + 1 < end && text->data[i - 1] != '_' &&
                          strchr("0123456789abcdefABCDEFxXoObB", text->data[i - 1]) &&
                          text->data[i + 1] != '_';
            if (!inside)
                return false;
            continue;
        }
        if ((unsigned char)c >= 0x80 || c == 0 || n == 60)
            return false;
        out[n++] = c;
    }
    out[n] = 0;
    return n > 0;
}

bool cpl_text_parse_int(const struct cpl_text *text, int base, int64_t *out, bool *large)
{
    char plain[64];
    uint64_t value = 0;
    *large = false;
    if (!plain_number(text, plain))
        return false;
    const char *at = plain + (*plain == '-' || *plain == '+');
    if (at[0] == '0' && at[1]) {
        char letter = (char)(at[1] | 32);
        int named = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 0;
        if (named && (base == named || base == 0)) {
            base = named;
            at += 2;
        } else if (base == 0 && at[strspn(at, "0")]) {
            return false;
        }
    }
    if (!*at)
        return false;
    for (base = base ? base : 10; *at; at++) {
        int digit = *at >= '0' && *at <= '9'                 ? *at - '0'
                    : (*at | 32) >= 'a' && (*at | 32) <= 'z' ? (*at | 32) - 'a' + 10
                                                             : 99;
        if (digit >= base)
            return false;
        *large |= __builtin_mul_overflow(value, (uint64_t)base, &value) ||
                  __builtin_add_overflow(value, (uint64_t)digit, &value);
    }
    *large |= value > (uint64_t)INT64_MAX;
    *out = *plain == '-' ? -(int64_t)(value & INT64_MAX) : (int64_t)(value & INT64_MAX);
    return true;
}

/* Digits, maybe with a fraction and an exponent. */
static bool is_decimal(const char *at)
{
    const char *begin = at;
    at += strspn(at, "0123456789");
    bool digits = at > begin;
    if (*at == '.')
        at += 1 + strspn(at + 1, "0123456789");
    if (!digits || (*at | 32) != 'e')
        return digits && !*at;
    at += 1 + (at[1] == '-' || at[1] == '+');
    return *at && !at[strspn(at, "0123456789")];
}

bool cpl_text_parse_real(const struct cpl_text *text, double *out)
{
    char plain[64];
    if (!plain_number(text, plain))
        return false;
    if (cpl_number_parse_real(out, plain))
        return true;
    const char *at = plain + (*plain == '-' || *plain == '+');
    char lower[16];
    size_t n = 0;
    for (; at[n] && n < 15; n++)
        lower[n] = (char)(at[n] >= 'A' && at[n] <= 'Z' ? at[n] | 32 : at[n]);
    lower[n] = 0;
    if (is_decimal(at))
        *out = *plain == '-' ? -INFINITY : INFINITY; /* a number, but beyond all doubles */
    else if (strcmp(lower, "inf") == 0 || strcmp(lower, "infinity") == 0)
        *out = *plain == '-' ? -INFINITY : INFINITY;
    else if (strcmp(lower, "nan") == 0)
        *out = NAN;
    else
        return false;
    return true;
}

static cpl_status from_real(struct cpl_chat *chat, double real, struct cpl_value *out)
{
    if (fabs(real) >= 9223372036854775808.0)
        return cpl_chat_fail(chat, "the integer is too large");
    *out = cpl_value_int((int64_t)real);
    return CPL_OK;
}

CPL_BUILTIN(number_int)
{
    int64_t base, integer = 0;
    double real = 0;
    bool large = false;
    (void)call;
    *out = value[1].kind == CPL_MISSING ? cpl_value_int(0) : value[1];
    switch ((enum cpl_kind)value[0].kind) {
    case CPL_UNDEFINED: return cpl_undefined_fail(chat, value[0]);
    case CPL_BOOL: *out = cpl_value_int(value[0].as.truth); return CPL_OK;
    case CPL_INT: *out = value[0]; return CPL_OK;
    case CPL_REAL:
        if (isnan(value[0].as.real))
            return CPL_OK;
        return from_real(chat, value[0].as.real, out);
    case CPL_TEXT:
        CPL_TRY(cpl_argument_int(chat, value[2], 10, &base));
        if (base >= 0 && base != 1 && base <= 36 &&
            cpl_text_parse_int(value[0].as.text, (int)base, &integer, &large)) {
            *out = cpl_value_int(integer);
            return large ? cpl_chat_fail(chat, "the integer is too large") : CPL_OK;
        }
        if (cpl_text_parse_real(value[0].as.text, &real) && isfinite(real))
            return from_real(chat, real, out);
        return CPL_OK;
    default: return CPL_OK;
    }
}

CPL_BUILTIN(number_float)
{
    double real = 0;
    (void)call;
    *out = value[1].kind == CPL_MISSING ? cpl_value_real(0) : value[1];
    if (value[0].kind == CPL_UNDEFINED)
        return cpl_undefined_fail(chat, value[0]);
    if (cpl_value_is_number(value[0]))
        *out = cpl_value_real(cpl_value_as_real(value[0]));
    else if (value[0].kind == CPL_TEXT && cpl_text_parse_real(value[0].as.text, &real))
        *out = cpl_value_real(real);
    return CPL_OK;
}

/* ---- rounding ---------------------------------------------------------------------------- */

/* Python's round: to even, by the decimal digits of the exact value.  Before the point the digits that
 * stay are counted from the first one, so that the C library rounds them in one go, too. */
static cpl_status round_real(struct cpl_chat *chat, double value, int64_t digits,
                             struct cpl_value *out)
{
    struct cpl_buffer text = {0};
    double result = value;
    int64_t exponent = 0;
    *out = cpl_value_real(value);
    if (!isfinite(value) || value == 0 || digits >= 323)
        return CPL_OK;
    cpl_real_format(&text, value, 30, 'e', false);
    if (text.status == CPL_OK)
        cpl_number_parse_int(&exponent, strchr(text.data, 'e') + 1);
    int64_t kept = exponent + 1 + (digits < -400 ? -400 : digits);
    cpl_buffer_reset(&text);
    if (digits >= 0)
        cpl_real_format(&text, value, (int)digits, 'f', false);
    else if (kept > 0)
        cpl_real_format(&text, value, (int)kept - 1, 'e', false);
    else if (kept == 0 && fabs(value) > 5 * pow(10, (double)exponent))
        cpl_buffer_format(&text, "%s1e%d", value < 0 ? "-" : "", (int)exponent + 1);
    else
        cpl_buffer_add_text(&text, value < 0 ? "-0.0" : "0.0");
    cpl_status status = cpl_chat_check(chat, &text);
    if (status == CPL_OK && !cpl_number_parse_real(&result, text.data))
        status = cpl_chat_fail(chat, "the rounded number is too large");
    cpl_buffer_clear(&text);
    *out = cpl_value_real(result);
    return status;
}

static cpl_status round_int(struct cpl_chat *chat, int64_t value, int64_t digits,
                            struct cpl_value *out)
{
    int64_t unit = 1;
    *out = cpl_value_int(value);
    if (digits >= 0)
        return CPL_OK;
    if (digits < -18) {
        *out = cpl_value_int(0);
        return CPL_OK;
    }
    for (; digits < 0; digits++)
        unit *= 10;
    int64_t rest = value % unit, whole = value - rest;
    int64_t twice = rest < 0 ? -rest : rest;
    bool odd = whole / unit % 2 != 0;
    bool away = twice > unit - twice || (twice == unit - twice && odd);
    if (away && __builtin_add_overflow(whole, rest < 0 ? -unit : unit, &whole))
        return cpl_chat_fail(chat, "the integer is too large");
    *out = cpl_value_int(whole);
    return CPL_OK;
}

CPL_BUILTIN(number_round)
{
    const struct cpl_text *method = NULL;
    int64_t digits;
    (void)call;
    CPL_TRY(cpl_argument_int(chat, value[1], 0, &digits));
    CPL_TRY(cpl_argument_text(chat, value[2], &method));
    bool common = !method || (method->length == 6 && memcmp(method->data, "common", 6) == 0);
    bool up = !common && method->length == 4 && memcmp(method->data, "ceil", 4) == 0;
    bool down = !common && method->length == 5 && memcmp(method->data, "floor", 5) == 0;
    if (!common && !up && !down)
        return cpl_chat_fail(chat, "the method of round is common, ceil or floor");
    if (!cpl_value_is_number(value[0]))
        return cpl_chat_fail(chat, "a number is needed, not %s", cpl_kind_name(value[0].kind));
    if (common && value[0].kind != CPL_REAL)
        return round_int(chat,
                         value[0].kind == CPL_BOOL ? value[0].as.truth : value[0].as.integer,
                         digits, out);
    if (common)
        return round_real(chat, value[0].as.real, digits, out);
    struct cpl_value scale, product;
    CPL_TRY(cpl_value_binary(chat, CPL_TOKEN_POWER, cpl_value_int(10), cpl_value_int(digits),
                             &scale));
    CPL_TRY(cpl_value_binary(chat, CPL_TOKEN_MULTIPLY, value[0], scale, &product));
    if (product.kind == CPL_REAL && !isfinite(product.as.real))
        return cpl_chat_fail(chat, "the number cannot be rounded");
    if (product.kind == CPL_REAL)
        CPL_TRY(from_real(chat, up ? ceil(product.as.real) : floor(product.as.real), &product));
    return cpl_value_binary(chat, CPL_TOKEN_DIVIDE, product, scale, out);
}

CPL_BUILTIN(number_is_integer)
{
    (void)chat, (void)call;
    *out = cpl_value_bool(isfinite(value[0].as.real) &&
                          floor(value[0].as.real) == value[0].as.real);
    return CPL_OK;
}
