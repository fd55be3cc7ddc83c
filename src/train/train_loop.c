/* Pretraining: the loop, as questions and actions.  Everything it does lies in the other files. */
#include "base/memory.h"
#include "base/try.h"
#include "kernel/device.h"
#include "train/training.h"

#include <couplet/measure.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PEAK_SECONDS 0.05 /* to measure the machine's peak in */

/* Sums since the last line of metrics.jsonl. */
struct window {
    double loss, seconds, flops;
    int64_t predicted, correct, tokens;
};

struct training {
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
    struct window window;
    double began, seconds_before;    /* of this process; of those before it */
    double step_seconds;             /* spent in steps by this process */
    int64_t first_step;              /* of this process */
    int64_t saved_step, logged_step; /* -1: none */
    double peak_gflops;              /* of this machine and dtype */
    bool stopped;                    /* somebody asked for the end */
};

/* Tells the caller where things stand; notes when it asks for the end. */
static bool tell(struct training *t, const char *doing)
{
    const struct cpl_train_options *options = &t->setup.options;
    t->progress.doing = doing;
    t->progress.seconds = t->seconds_before + cpl_measure_seconds() - t->began;
    if (options->progress && !options->progress(options->context, &t->progress))
        t->stopped = true;
    return !t->stopped;
}

/* ---- beginning -------------------------------------------------------------------------- */

static bool keep_encoding(void *context, uint64_t documents)
{
    (void)documents;
    return tell(context, "preparing");
}

static cpl_status open_data(struct training *t, struct cpl_error *error)
{
    const struct cpl_train_options *options = &t->setup.options;
    CPL_TRY(cpl_train_data_open(&t->data, options->corpus, options->tokenizer, options->dict,
                                keep_encoding, t, error));
    const struct cpl_shard *train = &t->data.shard[CPL_SPLIT_TRAIN];
    CPL_TRY(cpl_batcher_new(&t->batcher, train, t->data.tokenizer, &t->setup.batcher, error));
    CPL_TRY(cpl_train_setup_length(&t->setup, t->batcher, train, error));
    return cpl_unigram_init(&t->unigram, train, t->data.tokenizer, t->setup.objective, error);
}

static struct cpl_checkpoint checkpoint_of(struct training *t)
{
    return (struct cpl_checkpoint){&t->state, &t->trainer, &t->setup, &t->data,
                                   cpl_device_dtype(t->device)};
}

static cpl_status make_trainer(struct training *t, const char *directory,
                               struct cpl_error *error)
{
    struct cpl_model *model = NULL;
    CPL_TRY(cpl_train_model(&model, &t->setup, t->data.tokenizer, directory, t->device, error));
    return cpl_trainer_init(&t->trainer, model, t->device, &t->setup.optimizer,
                            (uint64_t)t->setup.options.seed, error);
}

static cpl_status resume(struct training *t, struct cpl_error *error)
{
    char *directory = NULL;
    struct cpl_checkpoint expected = checkpoint_of(t);
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

static cpl_status write_config(struct training *t, struct cpl_error *error)
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

static void announce(struct training *t, bool resumed)
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

static cpl_status prepare(struct training *t, const struct cpl_train_options *options,
                          struct cpl_error *error)
{
    bool resumes = false;
    t->state.best_step = t->state.evaluated_step = t->saved_step = t->logged_step = -1;
    t->began = cpl_measure_seconds();
    CPL_TRY(cpl_train_setup_init(&t->setup, options, t->device, error));
    CPL_TRY(cpl_run_open(&t->run, &t->setup.options, &resumes, error));
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

/* ---- one step --------------------------------------------------------------------------- */

static void add_numbers(struct cpl_json *json, const char *key, const int32_t *numbers,
                        int64_t begin, int64_t end)
{
    cpl_json_begin_array(json, key);
    for (int64_t i = begin; i < end; i++)
        cpl_json_add_int(json, NULL, numbers[i]);
    cpl_json_end(json);
}

/* The batch that broke the training, for whoever looks into it; rows count from its first token. */
static cpl_status save_bad_batch(struct training *t, const char *tensor, const char *path,
                                 struct cpl_error *error)
{
    const struct cpl_batch *batch = &t->batch;
    struct cpl_json *json = NULL;
    const char *text;
    size_t length;
    CPL_TRY(cpl_json_new(&json, 0, error));
    cpl_json_begin_object(json, NULL);
    cpl_json_add_int(json, "step", t->state.step + 1);
    cpl_json_add_text(json, "tensor", tensor);
    add_numbers(json, "offsets", batch->offsets, 0, batch->n_sequences + 1);
    add_numbers(json, "input_ids", batch->ids, 0, batch->n_tokens);
    add_numbers(json, "rows", batch->rows, 0, batch->n_predicted);
    add_numbers(json, "labels", batch->labels, 0, batch->n_predicted);
    cpl_json_begin_array(json, "samples");
    for (int64_t b = 0; b < batch->n_sequences; b++)
        cpl_json_add_int(json, NULL, (int64_t)batch->samples[b]);
    cpl_json_end(json);
    cpl_json_end(json);
    cpl_status status = cpl_json_finish(json, &text, &length, error);
    if (status == CPL_OK)
        status = cpl_file_write(path, text, length, error);
    cpl_json_free(json);
    return status;
}

/* A loss or gradient that is not finite ends the training. */
static cpl_status refuse_step(struct training *t, double loss, struct cpl_error *error)
{
    const char *tensor = cpl_trainer_bad_tensor(&t->trainer, true);
    const char *what = tensor ? "the value of " : "the gradient of ";
    char *path = NULL;
    if (!tensor)
        tensor = cpl_trainer_bad_tensor(&t->trainer, false);
    if (!tensor) {
        what = "";
        tensor = "the loss";
    }
    CPL_TRY(cpl_text_format(&path, error, "%s/bad-batch-step-%lld.json", t->run.path,
                            (long long)t->state.step + 1));
    cpl_status status = save_bad_batch(t, tensor, path, error);
    if (status == CPL_OK)
        status = cpl_error_set(error, CPL_ERROR_NUMERIC, t->run.path,
                               "step %lld: %s%s is not finite (loss %g); the batch is in %s; a "
                               "lower --lr or a longer --warmup may help",
                               (long long)t->state.step + 1, what, tensor, loss, path);
    free(path);
    return status;
}

static void count_step(struct training *t, const struct cpl_step_sums *sums, double norm,
                       double lr_share, double seconds)
{
    struct cpl_train_progress *progress = &t->progress;
    struct window *window = &t->window;
    t->state.step++;
    t->state.tokens += sums->tokens;
    t->state.flops += sums->flops;
    t->state.position = cpl_batcher_position(t->batcher);
    t->step_seconds += seconds;
    window->loss += sums->loss;
    window->predicted += sums->predicted;
    window->correct += sums->correct;
    window->tokens += sums->tokens;
    window->flops += sums->flops;
    window->seconds += seconds;
    progress->step = t->state.step;
    progress->tokens = t->state.tokens;
    progress->loss = sums->predicted > 0 ? sums->loss / (double)sums->predicted : 0;
    progress->lr = t->setup.options.lr * lr_share;
    progress->grad_norm = norm;
    progress->tokens_per_s = (double)window->tokens / window->seconds;
    progress->gflops = window->flops / window->seconds / 1e9;
    progress->peak_share = t->peak_gflops > 0 ? progress->gflops / t->peak_gflops : 0;
    progress->seconds_left = (double)(progress->steps - t->state.step) * t->step_seconds /
                             (double)(t->state.step - t->first_step);
    if (progress->steps == 0)
        progress->seconds_left = 0;
}

static cpl_status step(struct training *t, struct cpl_error *error)
{
    struct cpl_step_sums sums;
    double begin = cpl_measure_seconds();
    double lr_share = cpl_schedule_share(&t->setup.schedule, t->state.step);
    CPL_TRY(cpl_batcher_next(t->batcher, &t->batch, error));
    CPL_TRY(cpl_trainer_gradients(&t->trainer, &t->batch, t->setup.options.micro_batch_tokens,
                                  t->state.step, &sums, error));
    double norm = cpl_trainer_norm(&t->trainer, &sums);
    if (!isfinite(sums.loss) || !isfinite(norm))
        return refuse_step(t, sums.loss / (double)sums.predicted, error);
    cpl_trainer_update(&t->trainer, &sums, norm, t->setup.options.clip, lr_share);
    count_step(t, &sums, norm, lr_share, cpl_measure_seconds() - begin);
    return CPL_OK;
}

/* ---- questions -------------------------------------------------------------------------- */

static bool every(const struct training *t, int64_t steps)
{
    return steps > 0 && t->state.step % steps == 0;
}

static bool finished(const struct training *t)
{
    double limit = t->setup.options.max_time;
    double seconds = t->seconds_before + cpl_measure_seconds() - t->began;
    return (t->setup.schedule.steps > 0 && t->state.step >= t->setup.schedule.steps) ||
           (limit > 0 && seconds >= limit);
}

static bool logging(const struct training *t, bool last)
{
    return t->state.step > t->logged_step &&
           (last || t->state.step == 1 || every(t, t->setup.options.log_every));
}

static bool evaluating(const struct training *t, bool last)
{
    return t->data.shard[CPL_SPLIT_VALID].n_tokens > 0 &&
           t->state.step > t->state.evaluated_step &&
           (last || every(t, t->setup.options.evaluate_every));
}

static bool saving(const struct training *t, bool last)
{
    return t->state.step > t->saved_step && (last || every(t, t->setup.options.save_every));
}

/* ---- actions ---------------------------------------------------------------------------- */

static void add_common(struct training *t, struct cpl_json *json)
{
    cpl_json_add_real(json, "time_s", t->seconds_before + cpl_measure_seconds() - t->began);
    cpl_json_add_real(json, "flops", t->state.flops);
    cpl_json_add_int(json, "peak_memory_bytes", (int64_t)cpl_measure_peak_bytes());
}

static cpl_status log_step(struct training *t, struct cpl_error *error)
{
    const struct cpl_train_progress *progress = &t->progress;
    struct window *window = &t->window;
    double predicted = (double)(window->predicted > 0 ? window->predicted : 1);
    struct cpl_json *json = NULL;
    CPL_TRY(cpl_json_new(&json, 0, error));
    cpl_json_begin_object(json, NULL);
    cpl_json_add_int(json, "step", t->state.step);
    cpl_json_add_real(json, "loss", window->loss / predicted);
    cpl_json_add_real(json, "accuracy", (double)window->correct / predicted);
    cpl_json_add_real(json, "lr", progress->lr);
    cpl_json_add_real(json, "grad_norm", progress->grad_norm);
    cpl_json_add_int(json, "tokens", t->state.tokens);
    cpl_json_add_real(json, "tokens_per_s", progress->tokens_per_s);
    cpl_json_add_real(json, "gflops", progress->gflops);
    if (progress->peak_share > 0)
        cpl_json_add_real(json, "peak_share", progress->peak_share);
    add_common(t, json);
    cpl_json_end(json);
    cpl_status status = cpl_run_add_metrics(&t->run, json, error);
    cpl_json_free(json);
    *window = (struct window){0};
    t->logged_step = t->state.step;
    return status;
}

static cpl_status log_evaluation(struct training *t, struct cpl_error *error)
{
    const struct cpl_evaluation *found = &t->evaluation;
    struct cpl_json *json = NULL;
    CPL_TRY(cpl_json_new(&json, 0, error));
    cpl_json_begin_object(json, NULL);
    cpl_json_add_int(json, "step", t->state.step);
    cpl_json_add_int(json, "tokens", t->state.tokens);
    cpl_json_add_real(json, "eval_loss", found->loss);
    cpl_json_add_real(json, "eval_accuracy", found->accuracy);
    cpl_json_add_real(json, "eval_perplexity", found->perplexity);
    if (found->bits_per_character > 0)
        cpl_json_add_real(json, "eval_bits_per_character", found->bits_per_character);
    cpl_json_add_int(json, "eval_predicted", found->predicted);
    cpl_json_add_real(json, "eval_unigram_loss", found->unigram_loss);
    cpl_json_add_real(json, "eval_most_frequent_accuracy", found->most_frequent_accuracy);
    add_common(t, json);
    cpl_json_end(json);
    cpl_status status = cpl_run_add_metrics(&t->run, json, error);
    cpl_json_free(json);
    return status;
}

static bool keep_evaluating(void *context, double share)
{
    (void)share;
    return tell(context, "evaluating");
}

static cpl_status evaluate(struct training *t, struct cpl_error *error)
{
    struct cpl_error stopped = {0};
    struct cpl_evaluation found;
    cpl_status status = cpl_evaluate_shard(
        t->trainer.model, &t->trainer.tape, t->data.tokenizer, &t->data.shard[CPL_SPLIT_VALID],
        &t->setup.batcher, &t->unigram, keep_evaluating, t, &found, &stopped);
    if (status == CPL_STOPPED)
        return CPL_OK; /* the loop asks `stopped` itself */
    if (status != CPL_OK)
        return cpl_error_set(error, status, NULL, "%s", stopped.message);
    t->evaluation = found;
    t->state.evaluated_step = t->state.step;
    t->progress.eval_loss = found.loss;
    cpl_run_say(&t->run,
                "step %lld: held-out loss %.4f, %.1f %% right (by frequency %.4f, %.1f %%)",
                (long long)t->state.step, found.loss, 100 * found.accuracy, found.unigram_loss,
                100 * found.most_frequent_accuracy);
    return log_evaluation(t, error);
}

/* Is the model of this step, just measured, better than all that were saved? */
static bool is_best(const struct training *t)
{
    return t->evaluation.predicted > 0 && t->state.evaluated_step == t->state.step &&
           (t->state.best_step < 0 || t->evaluation.loss < t->state.best_loss);
}

static void crown(struct training *t)
{
    t->state.best_loss = t->evaluation.loss;
    t->state.best_step = t->state.step;
}

static cpl_status save(struct training *t, struct cpl_error *error)
{
    bool best = is_best(t);
    tell(t, "saving");
    if (best)
        crown(t);
    struct cpl_checkpoint checkpoint = checkpoint_of(t);
    CPL_TRY(cpl_checkpoint_save(&t->run, &checkpoint, error));
    t->saved_step = t->state.step;
    if (best)
        CPL_TRY(cpl_run_link(&t->run, "best", t->state.step, error));
    cpl_run_say(&t->run, "step %lld: saved", (long long)t->state.step);
    return cpl_checkpoint_prune(&t->run, t->setup.options.keep_last, error);
}

/* A run that was stopped right before an evaluation was due has it now. */
static cpl_status catch_up(struct training *t, bool last, struct cpl_error *error)
{
    if (t->state.step == 0 || !evaluating(t, last))
        return CPL_OK;
    CPL_TRY(evaluate(t, error));
    if (!is_best(t))
        return CPL_OK;
    crown(t);
    return cpl_run_link(&t->run, "best", t->state.step, error);
}

/* ---- the loop --------------------------------------------------------------------------- */

static cpl_status run(struct training *t, struct cpl_error *error)
{
    bool last = finished(t);
    if (t->setup.options.save_initial && t->state.step == 0)
        CPL_TRY(save(t, error));
    CPL_TRY(catch_up(t, last, error));
    while (!last && !t->stopped) {
        CPL_TRY(step(t, error));
        tell(t, "training");
        last = finished(t);
        if (logging(t, last || t->stopped))
            CPL_TRY(log_step(t, error));
        if (!t->stopped && evaluating(t, last))
            CPL_TRY(evaluate(t, error));
        if (saving(t, last || t->stopped))
            CPL_TRY(save(t, error));
    }
    return CPL_OK;
}

static cpl_status end(struct training *t, struct cpl_error *error)
{
    if (!t->stopped || finished(t)) {
        cpl_run_say(&t->run, "done: %lld steps, %lld tokens", (long long)t->state.step,
                    (long long)t->state.tokens);
        return CPL_OK;
    }
    return cpl_error_set(error, CPL_STOPPED, t->run.path,
                         "stopped on request after step %lld%s", (long long)t->state.step,
                         t->saved_step >= 0 ? "; --resume goes on" : "");
}

static void clear(struct training *t)
{
    cpl_trainer_clear(&t->trainer);
    cpl_batch_clear(&t->batch);
    cpl_batcher_free(t->batcher);
    cpl_unigram_clear(&t->unigram);
    cpl_train_data_close(&t->data);
    cpl_run_close(&t->run);
}

cpl_status cpl_pretrain(const struct cpl_train_options *options, struct cpl_device *device,
                        struct cpl_train_result *result, struct cpl_error *error)
{
    struct training t = {.device = device};
    struct cpl_error own = {0};
    cpl_status status = prepare(&t, options, &own);
    if (status == CPL_OK)
        status = run(&t, &own);
    if (status == CPL_OK)
        status = end(&t, &own);
    if (status != CPL_OK)
        cpl_run_log(&t.run, own.message);
    if (result)
        *result = (struct cpl_train_result){.last = t.progress,
                                            .saved = t.saved_step == t.state.step,
                                            .eval_loss = t.evaluation.loss,
                                            .eval_accuracy = t.evaluation.accuracy};
    if (error && error->status == CPL_OK)
        *error = own;
    clear(&t);
    return status;
}
