/* Over all ways to cut the words into pieces: how often each piece is expected (forward-backward), or
 * used by the best way (Viterbi). */
#ifndef CPL_TOKENIZER_TRAIN_UNIGRAM_EXPECT_H
#define CPL_TOKENIZER_TRAIN_UNIGRAM_EXPECT_H

#include "tokenizer/train/unigram_pieces.h"

/* expected [n_pieces]: how often each piece is expected, over all words times their counts.
 * *likelihood: sum of the words' log probabilities times their counts.
 *
 * Expectations are added up as whole multiples of a small power of two, which makes sums the same in
 * any order; the likelihood is added in the order of the words.  So threads change no bit. */
cpl_status cpl_unigram_expect(const struct cpl_unigram_state *unigram, double *expected,
                              double *likelihood, struct cpl_error *error);
/* used [n_pieces]: how often the best cut of each word uses the piece, times the word's count. */
cpl_status cpl_unigram_use(const struct cpl_unigram_state *unigram, uint64_t *used,
                           struct cpl_error *error);
/* The best way to cut piece `id` into smaller ones: part [length of the piece] and *n; returns its
 * score.  Of equally good ways any, but always the same.  The piece has two symbols at least. */
double cpl_unigram_cut_piece(const struct cpl_unigram_state *unigram, uint32_t id,
                             uint32_t *part, uint32_t *n);

#endif
