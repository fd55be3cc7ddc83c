/* Characters as Python's str sees them: kinds, and changes of case. */
#ifndef CPL_CHAT_TEXT_H
#define CPL_CHAT_TEXT_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stdint.h>

bool cpl_code_is_blank(uint32_t code);            /* str.isspace, and \s */
bool cpl_code_is_break(uint32_t code);            /* ends a line for str.splitlines */
bool cpl_code_is_name(uint32_t code, bool first); /* of an identifier */
bool cpl_code_is_alpha(uint32_t code);
bool cpl_code_is_decimal(uint32_t code);
bool cpl_code_is_digit(uint32_t code);
bool cpl_code_is_numeric(uint32_t code);
bool cpl_code_is_alnum(uint32_t code);
bool cpl_code_is_small(uint32_t code);   /* str.islower of one character */
bool cpl_code_is_capital(uint32_t code); /* str.isupper */
bool cpl_code_is_cased(uint32_t code);
bool cpl_code_is_title(uint32_t code); /* category Lt */
bool cpl_code_is_printable(uint32_t code);

/* The character at `at` of the text in another case: full mappings, a final sigma where it belongs. */
enum cpl_case { CPL_CASE_LOWER, CPL_CASE_UPPER, CPL_CASE_TITLE, CPL_CASE_FOLD };
void cpl_text_add_case(struct cpl_buffer *out, enum cpl_case wanted, const char *text,
                       size_t length, size_t at);

#endif
