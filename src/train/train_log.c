/* What a training puts on record: lines of metrics.jsonl, and the batch that broke it. */
#include "base/memory.h"
#include "base/try.h"
#include "train/loop.h"

#include <couplet/measure.h>
#include <stdlib.h>

static void add_common(struct cpl_training *t, struct cpl_json *json)
{
    cpl_json_add_real(json, "time_s", t->seconds_before + cpl_measure_seconds() - t->began);
    cpl_json_add_real(json, "flops", t->state.flops);
    cpl_json_add_int(json, "peak_memory_bytes", (int64_t)cpl_measure_peak_bytes());
}

cpl_status cpl_training_log_step(struct cpl_training *t, struct cpl_error *error)
{
    const struct cpl_train_progress *progress = &t->progress;
    struct cpl_train_window *window = &t->window;
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
    *window = (struct cpl_train_window){0};
    t->logged_step = t->state.step;
    return status;
}

cpl_status cpl_training_log_evaluation(struct cpl_training *t, struct cpl_error *error)
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

static void add_numbers(struct cpl_json *json, const char *key, const int32_t *numbers,
                        int64_t begin, int64_t end)
{
    cpl_json_begin_array(json, key);
    for (int64_t i = begin; i < end; i++)
        cpl_json_add_int(json, NULL, numbers[i]);
    cpl_json_end(json);
}

/* The batch that broke the training, for whoever looks into it; rows count from its first token. */
static cpl_status save_bad_batch(struct cpl_training *t, const char *tensor, const char *path,
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

cpl_status cpl_training_refuse_step(struct cpl_training *t, double loss,
                                    struct cpl_error *error)
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
