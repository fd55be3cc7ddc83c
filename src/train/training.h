/* Inside a training: its parts, each with its own file.
 *
 *     cpl_train_setup    what is asked, checked and resolved       train_options.c
 *     cpl_train_data     tokenizer and shards                      train_data.c
 *     cpl_trainer        model, tape, optimizer: one step          train_step.c
 *     cpl_run            the run directory                         run_directory.c,
 * run_metrics.c cpl_train_state    where it stands: what a checkpoint holds  checkpoint.c,
 * checkpoint_load.c evaluation         held-out text train_evaluate.c the loop train_loop.c */
#ifndef CPL_TRAIN_TRAINING_H
#define CPL_TRAIN_TRAINING_H

#include "batch/batch.h"
#include "model/model.h"
#include "optim/optimizer.h"
#include "optim/schedule.h"
#include <couplet/json.h>
#include <couplet/train.h>
#include <stdio.h>

/* ---- what is asked ---------------------------------------------------------------------- */

struct cpl_train_setup {
    struct cpl_train_options options; /* defaults filled in; objective is never NULL */
    enum cpl_objective_id objective;
    struct cpl_batcher_options batcher;
    struct cpl_optimizer_options optimizer;
    struct cpl_schedule schedule; /* steps: resolved by cpl_train_setup_length */
};
/* Names and combinations; sizes that depend on data come later.  Errors: CPL_ERROR_USAGE. */
cpl_status cpl_train_setup_init(struct cpl_train_setup *setup,
                                const struct cpl_train_options *options,
                                const struct cpl_device *device, struct cpl_error *error);
/* Resolves steps and warm-up from what an epoch of the shard holds. */
cpl_status cpl_train_setup_length(struct cpl_train_setup *setup,
                                  const struct cpl_batcher *batcher,
                                  const struct cpl_shard *shard, struct cpl_error *error);
/* *yaml: heap text, all options as resolved, readable by --config. */
cpl_status cpl_train_setup_yaml(const struct cpl_train_setup *setup,
                                const struct cpl_device *device, char **yaml,
                                struct cpl_error *error);
/* The options that a resumed run is bound by, as a JSON object (new reference; NULL: no
 * memory). */
json_t *cpl_train_setup_bound(const struct cpl_train_setup *setup);

/* Objective, masks and lengths that training and evaluation share; fields of 0 or NULL:
 * defaults. */
struct cpl_task_options {
    const char *objective, *mask;
    double mask_share;
    int64_t length, batch_tokens;
    uint64_t seed;
};
/* `masked`: what the model's family can do. */
cpl_status cpl_task_resolve(struct cpl_batcher_options *out,
                            const struct cpl_task_options *options, bool masked,
                            const char *family, struct cpl_error *error);

/* ---- data ------------------------------------------------------------------------------- */

struct cpl_train_data {
    struct cpl_tokenizer *tokenizer;
    struct cpl_shard shard[CPL_SPLIT_COUNT];
    bool open[CPL_SPLIT_COUNT];
};
/* Encodes the corpus where that was not done yet. `go_on` may be NULL; false: CPL_STOPPED. */
cpl_status cpl_train_data_open(struct cpl_train_data *data, const char *corpus,
                               const char *tokenizer, const char *user_dictionary,
                               bool (*go_on)(void *context, uint64_t documents), void *context,
                               struct cpl_error *error);
/* The same with a tokenizer that is open already: borrowed. */
cpl_status cpl_train_shards_open(struct cpl_train_data *data, const char *corpus,
                                 const struct cpl_tokenizer *tokenizer,
                                 const char *user_dictionary,
                                 bool (*go_on)(void *context, uint64_t documents),
                                 void *context, struct cpl_error *error);
void cpl_train_data_close(struct cpl_train_data *data);
/* The checksum at the end of a shard. */
uint64_t cpl_shard_checksum(const struct cpl_shard *shard);

/* ---- one step --------------------------------------------------------------------------- */

struct cpl_trainer {
    struct cpl_model *model; /* owned */
    struct cpl_optimizer *optimizer;
    struct cpl_queue *queue; /* borrowed */
    struct cpl_tape tape;
    struct cpl_batch view; /* of the running micro-batch */
    uint64_t seed;         /* of dropout */
    struct cpl_step_times {
        double forward, loss, backward, optimizer; /* seconds of the last step */
    } times;
};
/* What a step's batch gave: sums over all micro-batches. */
struct cpl_step_sums {
    double loss; /* nats, summed */
    int64_t predicted, correct, tokens;
    double flops;
};
cpl_status cpl_trainer_init(struct cpl_trainer *trainer, struct cpl_model *model,
                            struct cpl_device *device,
                            const struct cpl_optimizer_options *optimizer, uint64_t seed,
                            struct cpl_error *error);
void cpl_trainer_clear(struct cpl_trainer *trainer);
/* Memory that cpl_trainer_init would give to the optimizer. */
size_t cpl_trainer_optimizer_bytes(const struct cpl_model *model,
                                   const struct cpl_optimizer_options *options);
double cpl_batch_squared_lengths(const struct cpl_batch *batch); /* sum of T^2 */
/* Gradients of the summed loss over the batch, in micro-batches; `step` (from 0) keys the
 * dropout. */
cpl_status cpl_trainer_gradients(struct cpl_trainer *trainer, const struct cpl_batch *batch,
                                 int64_t micro_batch_tokens, int64_t step,
                                 struct cpl_step_sums *sums, struct cpl_error *error);
/* Norm of the mean loss's gradient. */
double cpl_trainer_norm(struct cpl_trainer *trainer, const struct cpl_step_sums *sums);
/* The optimizer's step on the clipped gradient of the mean loss. */
void cpl_trainer_update(struct cpl_trainer *trainer, const struct cpl_step_sums *sums,
                        double norm, double clip, double lr_share);
/* Name of the first parameter whose gradient (or, with `values`, value) is not finite; NULL:
 * none. */
const char *cpl_trainer_bad_tensor(struct cpl_trainer *trainer, bool values);

/* ---- held-out text ---------------------------------------------------------------------- */

/* How often each token is a target by frequency alone. */
struct cpl_unigram {
    double *nats; /* [vocab]: -log of the add-one probability; NULL: no text to count */
    int32_t vocab, most_frequent;
};
cpl_status cpl_unigram_init(struct cpl_unigram *unigram, const struct cpl_shard *shard,
                            const struct cpl_tokenizer *tokenizer,
                            enum cpl_objective_id objective, struct cpl_error *error);
void cpl_unigram_clear(struct cpl_unigram *unigram);

/* One pass over the shard. `task`: as for training; its `evaluation` is taken as true. */
cpl_status cpl_evaluate_shard(struct cpl_model *model, struct cpl_tape *tape,
                              const struct cpl_tokenizer *tokenizer,
                              const struct cpl_shard *shard,
                              const struct cpl_batcher_options *task,
                              const struct cpl_unigram *unigram,
                              bool (*go_on)(void *context, double share), void *context,
                              struct cpl_evaluation *out, struct cpl_error *error);

/* ---- the run directory ------------------------------------------------------------------ */

struct cpl_run {
    char *path, *checkpoints;
    struct cpl_lock lock;
    FILE *metrics, *log;
    const struct cpl_train_options *options; /* for messages; borrowed */
};
/* Makes and locks the directory, and clears or keeps what is there: *resume says whether there
 * is a checkpoint to go on from. */
cpl_status cpl_run_open(struct cpl_run *run, const struct cpl_train_options *options,
                        bool *resume, struct cpl_error *error);
void cpl_run_close(struct cpl_run *run);
/* A line for log.txt. */
void cpl_run_log(struct cpl_run *run, const char *text);
/* A line for log.txt and for whoever listens. */
void cpl_run_say(struct cpl_run *run, const char *format, ...) CPL_PRINTF(2, 3);
/* Points RUN/name at a checkpoint, atomically. */
cpl_status cpl_run_link(struct cpl_run *run, const char *name, int64_t step,
                        struct cpl_error *error);
/* *step of the checkpoint behind RUN/name, -1: no such link. */
int64_t cpl_run_linked_step(const struct cpl_run *run, const char *name);
/* *path: heap, "RUN/checkpoints/step-000100". */
cpl_status cpl_run_checkpoint_path(char **path, const struct cpl_run *run, int64_t step,
                                   struct cpl_error *error);
/* Keeps metrics.jsonl up to `step` and opens it for more; *seconds of the last line kept. */
cpl_status cpl_run_open_metrics(struct cpl_run *run, int64_t step, double *seconds,
                                struct cpl_error *error);
/* Appends the text of one JSON object and a line end, at once. */
cpl_status cpl_run_add_metrics(struct cpl_run *run, struct cpl_json *line,
                               struct cpl_error *error);

/* ---- where it stands -------------------------------------------------------------------- */

struct cpl_train_state {
    int64_t step, tokens;
    double flops;
    struct cpl_batcher_position position;
    int64_t evaluated_step; /* the last one, -1: none */
    double best_loss;       /* of held-out text, among saved steps */
    int64_t best_step;      /* -1: none */
};
/* What a checkpoint is made from, or compared with. */
struct cpl_checkpoint {
    struct cpl_train_state *state;
    struct cpl_trainer *trainer;
    const struct cpl_train_setup *setup;
    const struct cpl_train_data *data;
    const char *dtype;
};
/* Writes RUN/checkpoints/step-N, verifies it and points RUN/latest at it.
 * Errors: CPL_ERROR_NUMERIC for values that are not finite, CPL_ERROR_SYSTEM when it cannot be
 * written; nothing of it stays then. */
cpl_status cpl_checkpoint_save(struct cpl_run *run, const struct cpl_checkpoint *checkpoint,
                               struct cpl_error *error);
/* Removes old checkpoints but the last `keep` ones and those that links point at. */
cpl_status cpl_checkpoint_prune(struct cpl_run *run, int64_t keep, struct cpl_error *error);
size_t
cpl_checkpoint_bytes(const struct cpl_trainer *trainer); /* about what one takes on disk */
/* Reads training.json of the latest checkpoint and compares it with what is asked for; fills
 * expected->state.  CPL_ERROR_STATE names the first difference. */
cpl_status cpl_checkpoint_read_state(const char *directory,
                                     const struct cpl_checkpoint *expected,
                                     struct cpl_error *error);
/* The optimizer's state. */
cpl_status cpl_checkpoint_read_optimizer(const char *directory, struct cpl_trainer *trainer,
                                         int64_t step, struct cpl_error *error);

/* ---- the model -------------------------------------------------------------------------- */

/* The family that the options mean: of --from or --model-config where one is given. */
cpl_status cpl_train_family(const struct cpl_family **out,
                            const struct cpl_train_options *options, struct cpl_error *error);
/* The configuration of the model that the options ask for; clear it, also after errors. */
cpl_status cpl_train_config(struct cpl_config *config, const struct cpl_train_options *options,
                            int32_t vocab_size, struct cpl_error *error);
/* Builds or loads the model that the options ask for; `directory`: a checkpoint to go on from,
 * or NULL.
 */
cpl_status cpl_train_model(struct cpl_model **out, const struct cpl_train_setup *setup,
                           const struct cpl_tokenizer *tokenizer, const char *directory,
                           struct cpl_device *device, struct cpl_error *error);

#endif
