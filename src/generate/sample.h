/* Choosing a token from logits. */
#ifndef CPL_GENERATE_SAMPLE_H
#define CPL_GENERATE_SAMPLE_H

#include <couplet/generate.h>

/* A token with a number to sort by. */
struct cpl_candidate {
    int32_t id;
    float score;
};

/* The `count` largest of scores[n], best first, ties by smaller id; ids with skip[id] != 0 and
 * scores that are not finite are left out (skip may be NULL).  `work` has room for n candidates;
 * returns how many there are. */
int cpl_candidates_top(struct cpl_candidate *work, const float *scores, int32_t n,
                       const uint8_t *skip, int32_t count);

/* The next token under `options`; `uniform` in [0, 1) is the draw.  `history` are the ids so
 * far, for the repetition penalty.  Changes `logits`.  -1 when no token is left to choose. */
int32_t cpl_sample_token(float *logits, int32_t vocab_size, const uint8_t *skip,
                         const struct cpl_generate_options *options, const int32_t *history,
                         int64_t n_history, double uniform, struct cpl_candidate *work);

/* log sum exp of n logits, in double, shifted by the largest. */
double cpl_log_sum_exp(const float *logits, int32_t n);

#endif
