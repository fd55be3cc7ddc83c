/* The comparison: an encoder and a decoder of equal size, trained on the same text with the
 * same tokenizer and the same arithmetic, measured on the same held-out work.
 *
 *     struct cpl_compare_options options = {.corpus = "corpus", .tokenizer = "tokenizer"};
 *     char *table = NULL;
 *     if (cpl_compare(&options, device, "comparison", &table, &error) == CPL_OK)
 *         fputs(table, stdout); // and comparison/compare.json, comparison/compare.html
 *     free(table);
 */
#ifndef COUPLET_COMPARE_H
#define COUPLET_COMPARE_H

#include <couplet/device.h>
#include <couplet/status.h>
#include <couplet/train.h>
#include <stdbool.h>
#include <stdint.h>

struct cpl_compare_options {
    const char
        *runs[2];       /* run directories, an encoder's and a decoder's in any order; NULL ones
                           are trained into DIR/encoder and DIR/decoder (resumed if begun) */
    const char *corpus; /* needed when a run is missing; else the one the runs name */
    const char *tokenizer; /* needed when a run is missing */
    const char *preset;    /* "quick" (NULL) or "full": how much is measured and trained */
    const char *size;      /* of models trained here; NULL: by preset */
    const char *optimizer; /* NULL: muon */
    int64_t steps;        /* of the encoder trained here; the decoder's follow from its FLOPs */
    double lr;            /* 0: by optimizer */
    int64_t batch_tokens; /* 0: 4096 */
    int32_t length;       /* 0: 128 */
    uint64_t seed;        /* 0: 1 */
    double dropout;       /* of models trained here */
    int32_t blanks;       /* words to recover; 0: by preset */
    const char *prompts[4]; /* for samples of the decoder; NULL-terminated, none: our own */
    const char *fills[4];   /* for samples of the encoder */
    /* What is going on, for people; `training` is not NULL while a model is trained. May be
     * NULL. Returning false stops: CPL_STOPPED (trainings keep their checkpoint). */
    bool (*progress)(void *context, const char *doing, double share,
                     const struct cpl_train_progress *training);
    void *context;
};
/* *table: heap text for the terminal.  Writes compare.json and compare.html (one self-contained
 * page) into `directory`. Errors: those of training and evaluation; CPL_ERROR_STATE when the
 * two runs differ in text or tokenizer, CPL_STOPPED when `progress` asked for it: a run that was
 * being trained has its checkpoint then, and the same call goes on from there; one that is
 * finished is not trained again.  Parameters or training FLOPs that differ by more than 2 % are
 * pointed out in all three. */
CPL_API cpl_status cpl_compare(const struct cpl_compare_options *options,
                               struct cpl_device *device, const char *directory, char **table,
                               struct cpl_error *error);

#endif
