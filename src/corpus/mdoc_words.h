/* Lines of mdoc(7) macros as running text. */
#ifndef CPL_CORPUS_MDOC_WORDS_H
#define CPL_CORPUS_MDOC_WORDS_H

#include "base/buffer.h"

#include <stdbool.h>

bool cpl_mdoc_is_word(const char *name, size_t length);
/* Appends the text of a line that begins with an mdoc macro of running text or with plain words;
 * `page` is what .Nm alone stands for. */
void cpl_mdoc_add_line(struct cpl_buffer *out, const char *line, size_t length,
                       const char *page);

#endif
