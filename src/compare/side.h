/* What is known and measured of one of the two models of a comparison. */
#ifndef CPL_COMPARE_SIDE_H
#define CPL_COMPARE_SIDE_H

#include "model/model.h"
#include <couplet/tokenizer.h>

/* A point of a learning curve, from metrics.jsonl. */
struct cpl_curve_point {
    double step, tokens, seconds, flops, loss;
};
struct cpl_curve {
    struct cpl_curve_point *point;
    size_t count, capacity;
};

#define CPL_SIDE_SAMPLES 8
struct cpl_side_sample {
    char *given, *made;
    char *truth; /* what stood there; NULL: nobody knows */
};

struct cpl_side {
    char *run; /* directory */
    struct cpl_model *model;
    bool masked;
    /* training, from the run's records */
    struct cpl_curve training, evaluation;
    double steps, tokens, seconds, flops, tokens_per_s, peak_memory_bytes;
    /* held-out targets of its own objective */
    double loss, accuracy, unigram_loss, most_frequent_accuracy;
    /* the same held-out work for both */
    int blanks, recovered; /* words put back exactly */
    int characters, characters_recovered;
    double recovery_seconds;
    double bits, bits_characters;  /* negative log2-(pseudo-)likelihood of so many characters */
    double unknown_bits;           /* part of it that is the charge for unknown characters */
    double generated_tokens_per_s; /* decoder */
    double fill_seconds;           /* encoder: one blank */
    struct cpl_side_sample sample[CPL_SIDE_SAMPLES];
    int n_samples;
};

void cpl_side_clear(struct cpl_side *side);

#endif
