/* Tidying documents: invisible characters, blanks, frames, lines that are no text, lines that many
 * documents share. */
#ifndef CPL_CORPUS_TIDY_H
#define CPL_CORPUS_TIDY_H

#include "base/buffer.h"
#include "corpus/hash_table.h"
#include "corpus/reading.h"

/* Replaces `out` by the tidied document.  `dropped` counts lines. */
void cpl_tidy_document(struct cpl_buffer *out, const char *text, size_t length,
                       bool chinese_lines_only, uint64_t *dropped);

/* Replaces `out` by the document without long lines that at least five documents before had; `lines`
 * remembers the lines of all documents, `number` is the document's own, from 1. */
cpl_status cpl_tidy_repeated(struct cpl_buffer *out, struct cpl_hash_table *lines,
                             const char *text, size_t length, uint32_t number,
                             uint64_t *dropped, struct cpl_error *error);

#endif
