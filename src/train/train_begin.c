/* How a training begins: options, directory, data, model, all before the first step. */
#include "base/try.h"
#include "kernel/device.h"
#include "train/loop.h"

#include <couplet/measure.h>
#include <stdlib.h>
#include <string.h>

#define PEAK_SECONDS 0.05 /* to measure the machine's peak in */

bool cpl_training_tell(struct cpl_training *t, const char *doing)
{
    const struct cpl_train_options *options = &t->setup.options;
    t->progress.doing = doing;
    t->progress.seconds = t->seconds_before + cpl_measure_seconds() - t->began;
    if (options->progress && !options->progress(options->context, &t->progress))
        t->stopped = true;
    return !t->stopped;
}

static bool keep_encoding(void *context, uint64_t documents)
{
    (void)documents;
    return cpl_training_tell(context, "preparing");
}

static cpl_status open_data(struct cpl_training *t, struct cpl_error *error)
{
    const struct cpl_train_options *options = &t->setup.options;
    CPL_TRY(cpl_train_data_open(&t->data, options->corpus, options->tokenizer, options->dict,
                                keep_encoding, t, error));
    const struct cpl_shard *train = &t->data.shard[CPL_SPLIT_TRAIN];
    CPL_TRY(cpl_batcher_new(&t->batcher, train, t->data.tokenizer, &t->setup.batcher, error));
    CPL_TRY(cpl_train_setup_length(&t->setup, t->batcher, train, error));
    return cpl_unigram_init(&t->unigram, train, t->data.tokenizer, t->setup.objective, error);
}

struct cpl_checkpoint cpl_training_checkpoint(struct cpl_training *t)
{
    return (struct cpl_checkpoint){&t->state, &t->trainer, &t->setup, &t->data,
                                   cpl_device_dtype(t->device)};
}

static cpl_status make_trainer(struct cpl_training *t, const char *directory,
                               struct cpl_error *error)
{
    struct cpl_model *model = NULL;
    CPL_TRY(cpl_train_model(&model, &t->setup, t->data.tokenizer, directory, t->device, error));
    return cpl_trainer_init(&t->trainer, model, t->device, &t->setup.optimizer,
                            (uint64_t)t->setup.options.seed, error);
}

static cpl_status resume(struct cpl_training *t, struct cpl_error *error)
{
    char *directory = NULL;
    struct cpl_checkpoint expected = cpl_training_checkpoint(t);
    CPL_TRY(cpl_model_resolve(&directory, t->run.path, error));
    cpl_status status = cpl_checkpoint_read_state(directory, &expected, error);
    if (status == CPL_OK)
        status = make_trainer(t, directory, error);
    if (status == CPL_OK)
        status = cpl_checkpoint_read_optimizer(directory, &t->trainer, t->state.step, error);
    free(directory);
    CPL_TRY(status);
    cpl_batcher_seek(t->batcher, t->state.position);
    t->saved_step = t->state.step;
    /* a kill between the checkpoint and its link */
    if (t->state.best_step == t->state.step)
        return cpl_run_link(&t->run, "best", t->state.best_step, error);
    return CPL_OK;
}

static cpl_status write_config(struct cpl_training *t, struct cpl_error *error)
{
    char *yaml = NULL, *path = NULL;
    cpl_status status;
    CPL_TRY_GOTO(cpl_train_setup_yaml(&t->setup, t->device, &yaml, error));
    CPL_TRY_GOTO(cpl_path_join(&path, t->run.path, "config.yaml", error));
    CPL_TRY_GOTO(cpl_file_write(path, yaml, strlen(yaml), error));
done:
    free(yaml);
    free(path);
    return status;
}

static void announce(struct cpl_training *t, bool resumed)
{
    const struct cpl_train_options *options = &t->setup.options;
    const struct cpl_shard *train = &t->data.shard[CPL_SPLIT_TRAIN];
    cpl_run_say(&t->run, "%s, %lld parameters, %s, %d threads, %s; objective %s",
                cpl_model_family(t->trainer.model),
                (long long)cpl_model_parameter_count(t->trainer.model),
                cpl_device_isa(t->device), cpl_device_threads(t->device),
                cpl_device_dtype(t->device), options->objective);
    cpl_run_say(&t->run,
                "%llu tokens in %llu documents to learn from; %lld steps of about %lld tokens, "
                "%lld of them warm-up",
                (unsigned long long)train->n_tokens, (unsigned long long)train->n_documents,
                (long long)t->setup.schedule.steps, (long long)options->batch_tokens,
                (long long)t->setup.schedule.warmup);
    if (resumed)
        cpl_run_say(&t->run, "resumed from step %lld", (long long)t->state.step);
    else if (options->resume)
        cpl_run_say(&t->run, "nothing to resume from; begins anew");
}

cpl_status cpl_training_begin(struct cpl_training *t, const struct cpl_train_options *options,
                              struct cpl_error *error)
{
    bool resumes = false;
    t->state.best_step = t->state.evaluated_step = t->saved_step = t->logged_step = -1;
    t->began = cpl_measure_seconds();
    CPL_TRY(cpl_train_setup_init(&t->setup, options, t->device, error));
    CPL_TRY(cpl_run_open(&t->run, &t->setup.options, &resumes, error));
    if (resumes) /* until it is read: something is there to go on from */
        t->saved_step = cpl_run_linked_step(&t->run, "latest");
    CPL_TRY(open_data(t, error));
    if (resumes)
        CPL_TRY(resume(t, error));
    else
        CPL_TRY(make_trainer(t, NULL, error));
    CPL_TRY(cpl_run_open_metrics(&t->run, t->state.step, &t->seconds_before, error));
    CPL_TRY(write_config(t, error));
    t->first_step = t->state.step;
    t->logged_step = t->state.step;
    t->progress.step = t->state.step;
    t->progress.steps = t->setup.schedule.steps;
    t->progress.tokens = t->state.tokens;
    CPL_TRY(cpl_machine_peak(&t->peak_gflops, cpl_device_isa(t->device),
                             cpl_device_dtype(t->device), cpl_device_threads(t->device),
                             PEAK_SECONDS, error));
    t->began = cpl_measure_seconds();
    announce(t, resumes);
    return CPL_OK;
}
