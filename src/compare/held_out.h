/* Held-out work that both families do: windows of the test split, blanks in them. */
#ifndef CPL_COMPARE_HELD_OUT_H
#define CPL_COMPARE_HELD_OUT_H

#include "compare/side.h"
#include "corpus/shard.h"

#define CPL_BLANK_TOKENS 4 /* longest word that is hidden */

/* A run of tokens of one document, without special tokens. */
struct cpl_window {
    int32_t *ids;
    int32_t count;
    int32_t blank, blank_tokens; /* the hidden word inside; 0 tokens: none */
};
struct cpl_windows {
    struct cpl_window *window;
    int32_t count;
};
/* The tokenizer's special tokens with cls and sep as the side's training put them around a text; -1
 * where there is none. */
struct cpl_special_ids cpl_side_special(const struct cpl_tokenizer *tokenizer, bool masked);
void cpl_windows_clear(struct cpl_windows *windows);

/* `wanted` blanks spread over the shard: whole words of 1 to 4 tokens that are Chinese
 * characters and nothing else, with at most `left` tokens before and `right` behind them (line breaks included),
 * at least 4 before (so `left` is 4 or more).  A pure function of shard and seed; fewer when the shard is short. */
cpl_status cpl_windows_blanks(struct cpl_windows *out, const struct cpl_shard *shard,
                              const struct cpl_tokenizer *tokenizer, int32_t wanted,
                              int32_t left, int32_t right, uint64_t seed,
                              struct cpl_error *error);
/* `wanted` runs of up to `length` tokens for likelihoods. */
cpl_status cpl_windows_text(struct cpl_windows *out, const struct cpl_shard *shard,
                            const struct cpl_tokenizer *tokenizer, int32_t wanted,
                            int32_t length, uint64_t seed, struct cpl_error *error);

/* Measures recovery of the blanks and fills side->blanks, recovered, …
 * Encoder: all tokens of the word masked at once, the most probable token at each.
 * Decoder: the 16 most probable words of that many tokens given the left side (beam), each then
 * scored with the right side too: log p(word, right | left); the best one counts. */
cpl_status cpl_measure_recovery(struct cpl_side *side, const struct cpl_tokenizer *tokenizer,
                                const struct cpl_windows *blanks,
                                bool (*go_on)(void *context, double share), void *context,
                                struct cpl_error *error);

/* Negative log2-likelihood (decoder) or pseudo-likelihood (encoder: each token masked in turn,
 * Salazar et al., 2020) of the windows; unknown tokens are charged 20 bits instead. */
cpl_status cpl_measure_bits(struct cpl_side *side, const struct cpl_tokenizer *tokenizer,
                            const struct cpl_windows *windows,
                            bool (*go_on)(void *context, double share), void *context,
                            struct cpl_error *error);

#endif
