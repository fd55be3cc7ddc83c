/* Speed of whole training steps on random tokens, with the machine's peak measured between them. */
#include "base/memory.h"
#include "base/try.h"
#include "kernel/device.h"
#include "train/training.h"

#include <couplet/measure.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WARM_UP_STEPS 2
#define PREDICTED_SHARE 0.15
#define PEAK_SECONDS 0.02 /* of each burst between two steps */

/* Every sequence of full length; every 1/share-th row is predicted, all rows for share 1. */
static cpl_status random_batch(struct cpl_batch *batch,
                               const struct cpl_step_bench_options *options, double share,
                               struct cpl_error *error)
{
    int64_t tokens = options->sequences * options->length;
    struct cpl_rng_key key = {options->seed, CPL_RNG_TEST, 0};
    size_t n = (size_t)tokens;
    CPL_TRY(cpl_memory_new(&batch->ids, n, sizeof(int32_t), error));
    CPL_TRY(cpl_memory_new(&batch->positions, n, sizeof(int32_t), error));
    CPL_TRY(cpl_memory_new(&batch->types, n, sizeof(int32_t), error));
    CPL_TRY(cpl_memory_new(&batch->rows, n, sizeof(int32_t), error));
    CPL_TRY(cpl_memory_new(&batch->labels, n, sizeof(int32_t), error));
    CPL_TRY(cpl_memory_new(&batch->original, n, sizeof(int32_t), error));
    CPL_TRY(cpl_memory_new(&batch->continues, n, 1, error));
    CPL_TRY(
        cpl_memory_new(&batch->samples, (size_t)options->sequences, sizeof(uint64_t), error));
    CPL_TRY(cpl_memory_new(&batch->offsets, (size_t)options->sequences + 1, sizeof(int32_t),
                           error));
    for (int64_t i = 0; i < tokens; i++) {
        uint64_t vocab = (uint64_t)options->vocab_size;
        batch->ids[i] = (int32_t)cpl_rng_below(key, (uint64_t)(2 * i), vocab);
        batch->positions[i] = (int32_t)(i % options->length);
        if (floor((double)(i + 1) * share) <= floor((double)i * share))
            continue;
        batch->rows[batch->n_predicted] = (int32_t)i;
        batch->labels[batch->n_predicted++] =
            (int32_t)cpl_rng_below(key, (uint64_t)(2 * i + 1), vocab);
    }
    for (int64_t b = 0; b <= options->sequences; b++)
        batch->offsets[b] = (int32_t)(b * options->length);
    batch->n_tokens = tokens;
    batch->n_sequences = options->sequences;
    return CPL_OK;
}

/* Times of the timed steps, and of their parts. */
struct samples {
    double *step, *forward, *loss, *backward, *optimizer, *peak;
};

static cpl_status new_samples(struct samples *samples, size_t n, struct cpl_error *error)
{
    CPL_TRY(cpl_memory_new(&samples->step, n, sizeof(double), error));
    CPL_TRY(cpl_memory_new(&samples->forward, n, sizeof(double), error));
    CPL_TRY(cpl_memory_new(&samples->loss, n, sizeof(double), error));
    CPL_TRY(cpl_memory_new(&samples->backward, n, sizeof(double), error));
    CPL_TRY(cpl_memory_new(&samples->optimizer, n, sizeof(double), error));
    return cpl_memory_new(&samples->peak, n, sizeof(double), error);
}

static void free_samples(struct samples *samples)
{
    free(samples->step);
    free(samples->forward);
    free(samples->loss);
    free(samples->backward);
    free(samples->optimizer);
    free(samples->peak);
}

static cpl_status one_step(struct cpl_trainer *trainer, const struct cpl_batch *batch,
                           const struct cpl_step_bench_options *options, int64_t step,
                           double *flops, double *seconds, struct cpl_error *error)
{
    struct cpl_step_sums sums;
    double begin = cpl_measure_seconds();
    CPL_TRY(
        cpl_trainer_gradients(trainer, batch, options->micro_batch_tokens, step, &sums, error));
    cpl_trainer_update(trainer, &sums, 0, 0, 1);
    *seconds = cpl_measure_seconds() - begin;
    *flops = sums.flops;
    return isfinite(sums.loss)
               ? CPL_OK
               : cpl_error_set(error, CPL_ERROR_NUMERIC, "bench step",
                               "the loss of step %lld is not finite", (long long)step + 1);
}

static cpl_status run_steps(struct cpl_trainer *trainer, const struct cpl_batch *batch,
                            const struct cpl_step_bench_options *options,
                            struct cpl_device *device, struct samples *samples, double *flops,
                            struct cpl_error *error)
{
    int64_t steps = options->steps + WARM_UP_STEPS;
    for (int64_t step = 0; step < steps; step++) {
        double seconds;
        CPL_TRY(one_step(trainer, batch, options, step, flops, &seconds, error));
        if (options->progress &&
            !options->progress(options->context, (double)(step + 1) / (double)steps))
            return cpl_error_set(error, CPL_STOPPED, NULL, "stopped on request");
        if (step < WARM_UP_STEPS)
            continue;
        int64_t i = step - WARM_UP_STEPS;
        samples->step[i] = seconds;
        samples->forward[i] = trainer->times.forward;
        samples->loss[i] = trainer->times.loss;
        samples->backward[i] = trainer->times.backward;
        samples->optimizer[i] = trainer->times.optimizer;
        CPL_TRY(cpl_machine_peak(&samples->peak[i], cpl_device_isa(device),
                                 cpl_device_dtype(device), cpl_device_threads(device),
                                 PEAK_SECONDS, error));
    }
    return CPL_OK;
}

static void summarise(struct cpl_step_bench *out, struct samples *samples, double flops,
                      int64_t tokens, size_t n)
{
    double median = cpl_measure_median(samples->step, n); /* sorts: the first is the best */
    out->tokens_per_s = (double)tokens / median;
    out->tokens_per_s_best = (double)tokens / samples->step[0];
    out->needed_gflops = flops / median / 1e9;
    out->peak_gflops = cpl_measure_median(samples->peak, n);
    out->share = out->peak_gflops > 0 ? out->needed_gflops / out->peak_gflops : 0;
    out->forward_s = cpl_measure_median(samples->forward, n);
    out->loss_s = cpl_measure_median(samples->loss, n);
    out->backward_s = cpl_measure_median(samples->backward, n);
    out->optimizer_s = cpl_measure_median(samples->optimizer, n);
    out->peak_memory_bytes = (int64_t)cpl_measure_peak_bytes();
}

static cpl_status check(const struct cpl_step_bench_options *options,
                        struct cpl_batcher_options *task, struct cpl_error *error)
{
    const struct cpl_family *family = cpl_family_find(options->family);
    struct cpl_task_options wanted = {.objective = options->objective,
                                      .length = options->length,
                                      .batch_tokens = options->sequences * options->length};
    if (!family)
        return cpl_error_set(error, CPL_ERROR_USAGE, "--family", "\"%s\" is not known",
                             options->family);
    if (wanted.batch_tokens > INT32_MAX)
        return cpl_error_set(error, CPL_ERROR_USAGE, "--sequences",
                             "%lld sequences of %d tokens are too much for one batch",
                             (long long)options->sequences, options->length);
    return cpl_task_resolve(task, &wanted, family->masked, family->name, error);
}

cpl_status cpl_step_bench(const struct cpl_step_bench_options *options,
                          struct cpl_device *device, struct cpl_step_bench *out,
                          struct cpl_error *error)
{
    cpl_status status;
    struct cpl_trainer trainer = {0};
    struct cpl_batch batch = {0};
    struct cpl_batcher_options task;
    struct samples samples = {0};
    struct cpl_model *model = NULL;
    double flops = 0;
    struct cpl_model_options wanted = {.family = options->family,
                                       .size = options->size,
                                       .vocab_size = options->vocab_size,
                                       .max_positions =
                                           options->length > 512 ? options->length : 0,
                                       .dropout = 0,
                                       .seed = options->seed};
    struct cpl_optimizer_options optimizer = {.id = CPL_OPTIMIZER_adamw,
                                              .lr = 1e-4,
                                              .beta1 = 0.9,
                                              .beta2 = 0.999,
                                              .eps = 1e-8,
                                              .weight_decay = 0.01};
    *out = (struct cpl_step_bench){0};
    CPL_TRY(check(options, &task, error));
    CPL_TRY_GOTO(cpl_model_new(&model, &wanted, device, error));
    CPL_TRY_GOTO(cpl_trainer_init(&trainer, model, device, &optimizer, options->seed, error));
    double share = task.objective == CPL_OBJECTIVE_mlm ? PREDICTED_SHARE : 1;
    CPL_TRY_GOTO(random_batch(&batch, options, share, error));
    CPL_TRY_GOTO(new_samples(&samples, (size_t)options->steps, error));
    CPL_TRY_GOTO(run_steps(&trainer, &batch, options, device, &samples, &flops, error));
    summarise(out, &samples, flops, batch.n_tokens, (size_t)options->steps);
done:
    free_samples(&samples);
    cpl_batch_clear(&batch);
    cpl_trainer_clear(&trainer);
    return status;
}
