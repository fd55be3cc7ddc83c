/* Numbers of JSON text: see json_scan.h. */
#include "base/json_scan.h"
#include "base/number.h"

#include <stdint.h>

/* What the digits say: value = mantissa * 10^exponent, as far as the fields hold it. */
struct digits {
    uint64_t mantissa;
    int n, exponent;
    bool negative, real;
};

static bool is_digit(const char *at, const char *end)
{
    return at < end && *at >= '0' && *at <= '9';
}

static void take_digits(struct cpl_json_scan *scan, struct digits *digits)
{
    for (; is_digit(scan->at, scan->end); scan->at++) {
        if (digits->n >= 19) { /* one more may not fit the mantissa */
            digits->n = 20;
            continue;
        }
        digits->mantissa = digits->mantissa * 10 + (uint64_t)(*scan->at - '0');
        digits->n += digits->mantissa > 0;
    }
}

static bool take_exponent(struct cpl_json_scan *scan, struct digits *digits)
{
    int exponent = 0;
    bool negative = ++scan->at < scan->end && *scan->at == '-';
    scan->at += scan->at < scan->end && (*scan->at == '-' || *scan->at == '+');
    if (!is_digit(scan->at, scan->end))
        return cpl_json_scan_fail(scan, scan->at, "expected a digit of an exponent");
    for (; is_digit(scan->at, scan->end); scan->at++)
        if (exponent < 10000)
            exponent = exponent * 10 + *scan->at - '0';
    digits->exponent += negative ? -exponent : exponent;
    return true;
}

static bool take_number(struct cpl_json_scan *scan, struct digits *digits)
{
    digits->negative = *scan->at == '-';
    scan->at += digits->negative;
    if (!is_digit(scan->at, scan->end))
        return cpl_json_scan_fail(scan, scan->at, "expected a digit");
    bool zero = *scan->at == '0';
    if (zero && is_digit(scan->at + 1, scan->end))
        return cpl_json_scan_fail(scan, scan->at, "a number that begins with 0");
    take_digits(scan, digits);
    if (scan->at < scan->end && *scan->at == '.') {
        const char *begin = ++scan->at;
        if (!is_digit(begin, scan->end))
            return cpl_json_scan_fail(scan, begin, "expected a digit behind the point");
        take_digits(scan, digits);
        /* Beyond 22 it is not used. */
        digits->exponent = scan->at - begin < 10000 ? -(int)(scan->at - begin) : -10000;
        digits->real = true;
    }
    if (scan->at < scan->end && (*scan->at == 'e' || *scan->at == 'E')) {
        digits->real = true;
        return take_exponent(scan, digits);
    }
    return true;
}

/* mantissa * 10^exponent where both are exact doubles, so that the one operation rounds correctly
 * (Clinger 1990). */
static bool quick_real(double *out, const struct digits *digits)
{
    static const double power[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                   1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                   1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    if (digits->n > 19 || digits->mantissa > (uint64_t)1 << 53 || digits->exponent < -22 ||
        digits->exponent > 22)
        return false;
    double value = (double)digits->mantissa;
    value = digits->exponent < 0 ? value / power[-digits->exponent]
                                 : value * power[digits->exponent];
    *out = digits->negative ? -value : value;
    return true;
}

static bool read_integer(struct cpl_json_scan *scan, json_t **out, const struct digits *digits,
                         const char *begin)
{
    uint64_t limit = (uint64_t)INT64_MAX + digits->negative;
    if (digits->n > 19 || digits->mantissa > limit)
        return cpl_json_scan_fail(scan, begin, "an integer beyond 64 bits");
    uint64_t bits = digits->negative ? -digits->mantissa : digits->mantissa;
    *out = json_integer((json_int_t)bits);
    return *out;
}

bool cpl_json_scan_number(struct cpl_json_scan *scan, json_t **out, struct cpl_buffer *buffer)
{
    struct digits digits = {0};
    const char *begin = scan->at;
    double value;
    if (!take_number(scan, &digits))
        return false;
    if (!digits.real && !(scan->flags & JSON_DECODE_INT_AS_REAL))
        return read_integer(scan, out, &digits, begin);
    if (!quick_real(&value, &digits)) {
        cpl_buffer_reset(buffer);
        cpl_buffer_add(buffer, begin, (size_t)(scan->at - begin));
        if (buffer->status != CPL_OK)
            return false;
        if (!cpl_number_parse_real(&value, buffer->data))
            return cpl_json_scan_fail(scan, begin, "a number beyond a double's range");
    }
    *out = json_real(value);
    return *out;
}
