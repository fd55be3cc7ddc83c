/* Numbers as text, the same in every locale. */
#ifndef CPL_BASE_NUMBER_H
#define CPL_BASE_NUMBER_H

#include <locale.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The whole of `text` as a decimal number; false for anything else: empty, spaces, "0x10",
 * "nan", trailing letters, out of range.  *out is untouched then. */
bool cpl_number_parse_int(int64_t *out, const char *text);
bool cpl_number_parse_real(double *out, const char *text);

/* The shortest decimal text that reads back as the same double; "null" for NaN and infinities,
 * as JSON has none.  `size` must be at least 32. */
void cpl_number_print_real(char *out, size_t size, double value);

/* vsnprintf with a decimal point whatever the locale. */
int cpl_number_format(char *out, size_t size, const char *format, va_list arguments);

#endif
