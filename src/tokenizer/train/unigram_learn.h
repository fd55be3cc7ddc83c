/* Training a Unigram model: expectation-maximisation with pruning (Kudo, "Subword regularization:
 * improving neural network translation models with multiple subword candidates", 2018), with the
 * sparse prior that Hugging Face's trainer and SentencePiece use. */
#ifndef CPL_TOKENIZER_TRAIN_UNIGRAM_LEARN_H
#define CPL_TOKENIZER_TRAIN_UNIGRAM_LEARN_H

#include "tokenizer/train/unigram_pieces.h"
#include <couplet/tokenizer.h>

struct cpl_unigram_options {
    uint32_t seed_size;      /* substrings to begin with */
    uint32_t limit;          /* pieces to end with, symbols among them */
    uint32_t iterations;     /* of expectation-maximisation before each pruning */
    double shrinking_factor; /* above 0, below 1: share of pieces that a pruning keeps */
    cpl_tokenizer_progress *progress; /* may be NULL */
    void *context;
};
/* Fills the pieces of `unigram`, which has words, n_kinds (<= limit), max_length and threads.
 * CPL_STOPPED when `progress` says so. */
cpl_status cpl_unigram_learn(struct cpl_unigram_state *unigram,
                             const struct cpl_unigram_options *options,
                             struct cpl_error *error);

#endif
