/* A comparison on its way: what its three parts (train, measure, report) share. */
#ifndef CPL_COMPARE_JOB_H
#define CPL_COMPARE_JOB_H

#include "compare/comparison.h"
#include "corpus/shard.h"

#include <couplet/compare.h>
#include <couplet/corpus.h>

/* How much is trained and measured. */
struct cpl_compare_preset {
    const char *name, *size;
    int64_t steps; /* of the encoder */
    int32_t blanks, bit_windows, bit_length;
};

struct cpl_compare_job {
    const struct cpl_compare_options *options;
    const struct cpl_compare_preset *preset;
    struct cpl_device *device;
    const char *directory;
    struct cpl_comparison comparison;
    struct cpl_corpus *corpus;
    struct cpl_tokenizer *tokenizer;
    struct cpl_segmenter *segmenter;
    struct cpl_shard test;
    const char *doing; /* what is going on, for people */
    bool stopped;
};

/* Passes progress on; false: stop. */
bool cpl_compare_say(struct cpl_compare_job *job, double share,
                     const struct cpl_train_progress *training);

/* Trains the run of a side that was not given, with the arithmetic of the other one. */
cpl_status cpl_compare_train(struct cpl_compare_job *job, int side, struct cpl_error *error);

/* Fills both sides with what is measured on held-out text. */
cpl_status cpl_compare_measure(struct cpl_compare_job *job, struct cpl_error *error);

#endif
