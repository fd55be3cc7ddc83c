/* Pretraining: the loop, as questions and actions.  Everything it does lies in the other files. */
#include "base/try.h"
#include "train/loop.h"

#include <couplet/measure.h>
#include <math.h>

/* ---- one step --------------------------------------------------------------------------- */

static void count_step(struct cpl_training *t, const struct cpl_step_sums *sums, double norm,
                       double lr_share, double seconds)
{
    struct cpl_train_progress *progress = &t->progress;
    struct cpl_train_window *window = &t->window;
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

static cpl_status step(struct cpl_training *t, struct cpl_error *error)
{
    struct cpl_step_sums sums;
    double begin = cpl_measure_seconds();
    double lr_share = cpl_schedule_share(&t->setup.schedule, t->state.step);
    CPL_TRY(cpl_batcher_next(t->batcher, &t->batch, error));
    CPL_TRY(cpl_trainer_gradients(&t->trainer, &t->batch, t->setup.options.micro_batch_tokens,
                                  t->state.step, &sums, error));
    double norm = cpl_trainer_norm(&t->trainer, &sums);
    if (!isfinite(sums.loss) || !isfinite(norm))
        return cpl_training_refuse_step(t, sums.loss / (double)sums.predicted, error);
    cpl_trainer_update(&t->trainer, &sums, norm, t->setup.options.clip, lr_share);
    count_step(t, &sums, norm, lr_share, cpl_measure_seconds() - begin);
    return CPL_OK;
}

/* ---- questions -------------------------------------------------------------------------- */

static bool every(const struct cpl_training *t, int64_t steps)
{
    return steps > 0 && t->state.step % steps == 0;
}

static bool finished(const struct cpl_training *t)
{
    double limit = t->setup.options.max_time;
    double seconds = t->seconds_before + cpl_measure_seconds() - t->began;
    return (t->setup.schedule.steps > 0 && t->state.step >= t->setup.schedule.steps) ||
           (limit > 0 && seconds >= limit);
}

static bool logging(const struct cpl_training *t, bool last)
{
    return t->state.step > t->logged_step &&
           (last || t->state.step == 1 || every(t, t->setup.options.log_every));
}

static bool evaluating(const struct cpl_training *t, bool last)
{
    return t->data.shard[CPL_SPLIT_VALID].n_tokens > 0 &&
           t->state.step > t->state.evaluated_step &&
           (last || every(t, t->setup.options.evaluate_every));
}

static bool saving(const struct cpl_training *t, bool last)
{
    return t->state.step > t->saved_step && (last || every(t, t->setup.options.save_every));
}

/* ---- actions ---------------------------------------------------------------------------- */

static bool keep_evaluating(void *context, double share)
{
    (void)share;
    return cpl_training_tell(context, "evaluating");
}

static cpl_status evaluate(struct cpl_training *t, struct cpl_error *error)
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
    return cpl_training_log_evaluation(t, error);
}

/* Is the model of this step, just measured, better than all that were saved? */
static bool is_best(const struct cpl_training *t)
{
    return t->evaluation.predicted > 0 && t->state.evaluated_step == t->state.step &&
           (t->state.best_step < 0 || t->evaluation.loss < t->state.best_loss);
}

static void crown(struct cpl_training *t)
{
    t->state.best_loss = t->evaluation.loss;
    t->state.best_step = t->state.step;
}

static cpl_status save(struct cpl_training *t, struct cpl_error *error)
{
    bool best = is_best(t);
    cpl_training_tell(t, "saving");
    if (best)
        crown(t);
    struct cpl_checkpoint checkpoint = cpl_training_checkpoint(t);
    CPL_TRY(cpl_checkpoint_save(&t->run, &checkpoint, error));
    t->saved_step = t->state.step;
    if (best)
        CPL_TRY(cpl_run_link(&t->run, "best", t->state.step, error));
    cpl_run_say(&t->run, "step %lld: saved", (long long)t->state.step);
    return cpl_checkpoint_prune(&t->run, t->setup.options.keep_last, error);
}

/* A run that was stopped right before an evaluation was due has it now. */
static cpl_status catch_up(struct cpl_training *t, bool last, struct cpl_error *error)
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

static cpl_status run(struct cpl_training *t, struct cpl_error *error)
{
    bool last = finished(t);
    if (t->setup.options.save_initial && t->state.step == 0)
        CPL_TRY(save(t, error));
    CPL_TRY(catch_up(t, last, error));
    while (!last && !t->stopped) {
        CPL_TRY(step(t, error));
        cpl_training_tell(t, "training");
        last = finished(t);
        if (logging(t, last || t->stopped))
            CPL_TRY(cpl_training_log_step(t, error));
        if (!t->stopped && evaluating(t, last))
            CPL_TRY(evaluate(t, error));
        if (saving(t, last || t->stopped))
            CPL_TRY(save(t, error));
    }
    return CPL_OK;
}

static cpl_status end(struct cpl_training *t, struct cpl_error *error)
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

static void clear(struct cpl_training *t)
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
    struct cpl_training t = {.device = device};
    struct cpl_error own = {0};
    cpl_status status = cpl_training_begin(&t, options, &own);
    if (status == CPL_OK)
        status = run(&t, &own);
    if (status == CPL_OK)
        status = end(&t, &own);
    if (status != CPL_OK)
        cpl_run_log(&t.run, own.message);
    if (result)
        *result = (struct cpl_train_result){.last = t.progress,
                                            .saved = t.saved_step >= t.state.step,
                                            .eval_loss = t.evaluation.loss,
                                            .eval_accuracy = t.evaluation.accuracy};
    if (error && error->status == CPL_OK)
        *error = own;
    clear(&t);
    return status;
}
