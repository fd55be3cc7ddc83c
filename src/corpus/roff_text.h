/* Text with roff's escape sequences, as manual pages have it (groff(7)). */
#ifndef CPL_CORPUS_ROFF_TEXT_H
#define CPL_CORPUS_ROFF_TEXT_H

#include "base/buffer.h"

#include <stdbool.h>

/* Appends the text that the escapes of [text, text + length) stand for: fonts, sizes and motions
 * vanish, named characters become themselves, comments go.  *joins (may be NULL): it ends in \c, so
 * that the next line belongs to the same word. */
void cpl_roff_decode(struct cpl_buffer *out, bool *joins, const char *text, size_t length);

/* The next argument of a macro at *at, which moves behind it: a word, or "several words" with ""
 * for one quote.  *begin and *end bound it inside `line`; false if there is none. */
bool cpl_roff_argument(const char *line, size_t length, size_t *at, size_t *begin, size_t *end);

#endif
