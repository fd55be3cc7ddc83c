/* Numbers as text: see number.h.  The thread's locale is switched to "C" around each
 * conversion. */
#include "base/number.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* glibc hands out its static C locale here; nothing is allocated and nothing is to be freed. */
static locale_t c_locale(void) { return newlocale(LC_ALL_MASK, "C", (locale_t)0); }

int cpl_number_format(char *out, size_t size, const char *format, va_list arguments)
{
    locale_t before = uselocale(c_locale());
    int length = vsnprintf(out, size, format, arguments);
    uselocale(before);
    return length;
}

static int print(char *out, size_t size, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = cpl_number_format(out, size, format, arguments);
    va_end(arguments);
    return length;
}

bool cpl_number_parse_int(int64_t *out, const char *text)
{
    const char *digits = text[0] == '-' || text[0] == '+' ? text + 1 : text;
    if (!*digits || digits[strspn(digits, "0123456789")])
        return false;
    errno = 0;
    long long value = strtoll(text, NULL, 10);
    if (errno)
        return false;
    *out = value;
    return true;
}

bool cpl_number_parse_real(double *out, const char *text)
{
    if (!*text || text[strspn(text, "+-.0123456789eE")])
        return false;
    char *end = NULL;
    double value = strtod_l(text, &end, c_locale());
    if (*end || !isfinite(value))
        return false;
    *out = value;
    return true;
}

void cpl_number_print_real(char *out, size_t size, double value)
{
    if (!isfinite(value)) {
        print(out, size, "null");
        return;
    }
    for (int digits = 15; digits <= 17; digits++) {
        print(out, size, "%.*g", digits, value);
        if (strtod_l(out, NULL, c_locale()) == value)
            break;
    }
    if (!strpbrk(out, ".e"))
        strncat(out, ".0", size - strlen(out) - 1);
}
