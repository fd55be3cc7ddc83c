/* A running training, shared by the files of the loop. */
#ifndef CPL_TRAIN_LOOP_H
#define CPL_TRAIN_LOOP_H

#include "train/training.h"

/* Sums since the last line of metrics.jsonl. */
struct cpl_train_window {
    double loss, seconds, flops;
    int64_t predicted, correct, tokens;
};

struct cpl_training {
    struct cpl_train_setup setup;
    struct cpl_device *device;
    struct cpl_train_data data;
    struct cpl_unigram unigram;
    struct cpl_trainer trainer;
    struct cpl_batcher *batcher;
    struct cpl_batch batch;
    struct cpl_run run;
    struct cpl_train_state state;
    struct cpl_train_progress progress;
    struct cpl_evaluation evaluation; /* the last one */
    struct cpl_train_window window;
    double began, seconds_before;    /* of this process; of those before it */
    double step_seconds;             /* spent in steps by this process */
    int64_t first_step;              /* of this process */
    int64_t saved_step, logged_step; /* -1: none */
    double peak_gflops;              /* of this machine and dtype */
    bool stopped;                    /* somebody asked for the end */
};

/* Checks the options, takes the run directory, opens the data, makes or resumes the model. */
cpl_status cpl_training_begin(struct cpl_training *t, const struct cpl_train_options *options,
                              struct cpl_error *error);
/* Tells the caller where things stand, and notes when it asks for the end; false then. */
bool cpl_training_tell(struct cpl_training *t, const char *doing);
struct cpl_checkpoint cpl_training_checkpoint(struct cpl_training *t);

/* Lines of metrics.jsonl: of the steps since the last one, of the evaluation. */
cpl_status cpl_training_log_step(struct cpl_training *t, struct cpl_error *error);
cpl_status cpl_training_log_evaluation(struct cpl_training *t, struct cpl_error *error);
/* A loss or gradient that is not finite: saves the batch, CPL_ERROR_NUMERIC names the tensor. */
cpl_status cpl_training_refuse_step(struct cpl_training *t, double loss,
                                    struct cpl_error *error);

#endif
