/* What Unigram training knows: words in symbols, pieces, and which pieces match where.
 *
 * The first n_kinds pieces are the symbols themselves and match everywhere they stand; the others are
 * substrings.  The pieces of two symbols and more that begin at position i are
 *
 *     match[match_begin[i]] … match[match_begin[i + 1] - 1], short ones first
 *
 * found once, from the suffix order, and thinned out whenever pieces go: no search is needed after. */
#ifndef CPL_TOKENIZER_TRAIN_UNIGRAM_PIECES_H
#define CPL_TOKENIZER_TRAIN_UNIGRAM_PIECES_H

#include "tokenizer/train/word_symbols.h"

struct cpl_unigram_state {
    struct cpl_word_symbols words;
    uint32_t n_kinds;
    uint32_t n_pieces;
    uint32_t *place; /* [n_pieces] where it stands in words.symbol; of symbols nothing */
    uint8_t *length; /* [n_pieces] in symbols */
    double *score;   /* [n_pieces] natural logarithm of its probability */
    uint32_t *match;
    size_t *match_begin; /* [n_symbols + 1] */
    uint32_t max_length;
    int threads;
};

/* Pieces to begin with, with their matches: every symbol, and the `seed_size` substrings of at most
 * max_length symbols for which occurrences times length is greatest, among those that occur twice and
 * cannot be made longer without losing occurrences.  Scores are the logarithms of these products'
 * shares, as in Kudo, "Subword regularization", 2018.
 * Needs words, n_kinds, max_length (2 to 255), threads.  Every symbol below n_kinds occurs. */
cpl_status cpl_unigram_seed(struct cpl_unigram_state *unigram, uint32_t seed_size,
                            struct cpl_error *error);
/* Keeps the pieces for which `keep` is true, in their order; symbols must be kept. */
cpl_status cpl_unigram_keep(struct cpl_unigram_state *unigram, const bool *keep,
                            struct cpl_error *error);
void cpl_unigram_state_clear(struct cpl_unigram_state *unigram);

#endif
