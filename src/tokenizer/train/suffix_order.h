/* Suffixes of words in the order of their first symbols (a suffix array that looks no deeper than
 * pieces are long), by prefix doubling (Manber and Myers, "Suffix arrays: a new method for on-line
 * string searches", 1993) with radix sorting: after sorting by 1, 2, 4 … symbols. */
#ifndef CPL_TOKENIZER_TRAIN_SUFFIX_ORDER_H
#define CPL_TOKENIZER_TRAIN_SUFFIX_ORDER_H

#include "tokenizer/train/word_symbols.h"

/* order [n_symbols]: positions sorted by the symbols from there to the end of their word, of which at
 * least `depth` are looked at; the end of a word comes before any symbol.  Suffixes that are equal as
 * far as that lie in any order that depends on the words only.
 * shared [n_symbols + 1]: how many symbols order[i - 1] and order[i] have in common, at most `depth`;
 * 0 at both ends.  end [n_symbols]: where the word of a position ends.
 * Symbols are below n_kinds.  Heap, to be freed by the caller. */
struct cpl_suffix_order {
    uint32_t *order, *end;
    uint8_t *shared;
};
cpl_status cpl_suffix_order_make(struct cpl_suffix_order *suffixes,
                                 const struct cpl_word_symbols *words, uint32_t n_kinds,
                                 uint32_t depth, int threads, struct cpl_error *error);
void cpl_suffix_order_clear(struct cpl_suffix_order *suffixes);

#endif
