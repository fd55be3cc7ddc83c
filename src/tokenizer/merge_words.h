/* Byte-pair merging over counted words. */
#ifndef CPL_TOKENIZER_MERGE_WORDS_H
#define CPL_TOKENIZER_MERGE_WORDS_H

#include "tokenizer/piece_table.h"

/* Adds merged pieces to `pieces`, which has the characters ("x" at the start of a word, prefix + "x"
 * inside), until there are `limit` of them or the best pair is rarer than min_frequency.  Words with
 * characters that are not in `pieces` are passed over.  counts [words->count]. */
cpl_status cpl_words_merge(struct cpl_pieces *pieces, const struct cpl_pieces *words,
                           const uint64_t *counts, const char *prefix, int32_t limit,
                           int32_t min_frequency, struct cpl_error *error);

#endif
