/* One training step: forward, loss and backward over the micro-batches of a ragged batch, then
 * the optimizer.  Losses are summed; the division by the number of predictions happens once, in
 * the scale that the optimizer multiplies gradients by, so that cutting a batch changes nothing
 * but rounding. */
#include "base/memory.h"
#include "base/try.h"
#include "kernel/device.h"
#include "train/training.h"

#include <couplet/measure.h>
#include <math.h>
#include <stdlib.h>

/* What the optimizer sees of a parameter. */
static struct cpl_optimizer_block block_of(const struct cpl_parameter *parameter)
{
    return (struct cpl_optimizer_block){.begin = parameter->begin,
                                        .rows = parameter->weight.value.rows,
                                        .cols = parameter->weight.value.cols,
                                        .parts = parameter->parts,
                                        .matrix = parameter->kind == CPL_PARAMETER_MATRIX,
                                        .decays = parameter->kind != CPL_PARAMETER_VECTOR};
}

static cpl_status make_optimizer(struct cpl_optimizer **out, const struct cpl_model *model,
                                 const struct cpl_optimizer_options *options,
                                 struct cpl_error *error)
{
    const struct cpl_parameters *parameters = &model->parameters;
    struct cpl_optimizer_block *blocks = NULL;
    CPL_TRY(cpl_memory_new(&blocks, (size_t)parameters->count, sizeof *blocks, error));
    for (int i = 0; i < parameters->count; i++)
        blocks[i] = block_of(&parameters->item[i]);
    cpl_status status = cpl_optimizer_new(out, options, blocks, parameters->count, error);
    free(blocks);
    return status;
}

size_t cpl_trainer_optimizer_bytes(const struct cpl_model *model,
                                   const struct cpl_optimizer_options *options)
{
    size_t bytes = 0;
    for (int i = 0; i < model->parameters.count; i++) {
        struct cpl_optimizer_block block = block_of(&model->parameters.item[i]);
        bytes += cpl_optimizer_block_bytes(options, &block);
    }
    return bytes;
}

cpl_status cpl_trainer_init(struct cpl_trainer *trainer, struct cpl_model *model,
                            struct cpl_device *device,
                            const struct cpl_optimizer_options *optimizer, uint64_t seed,
                            struct cpl_error *error)
{
    *trainer = (struct cpl_trainer){.model = model, .queue = &device->queue, .seed = seed};
    cpl_tape_init(&trainer->tape, &device->queue, device->dtype);
    CPL_TRY(cpl_model_enable_gradients(model, error));
    return make_optimizer(&trainer->optimizer, model, optimizer, error);
}

void cpl_trainer_clear(struct cpl_trainer *trainer)
{
    cpl_tape_clear(&trainer->tape);
    cpl_batch_view_clear(&trainer->view);
    cpl_optimizer_free(trainer->optimizer);
    cpl_model_free(trainer->model);
    *trainer = (struct cpl_trainer){0};
}

double cpl_batch_squared_lengths(const struct cpl_batch *batch)
{
    double sum = 0;
    for (int64_t b = 0; b < batch->n_sequences; b++) {
        double length = batch->offsets[b + 1] - batch->offsets[b];
        sum += length * length;
    }
    return sum;
}

/* Seconds since *mark, which moves on. */
static double lap(double *mark)
{
    double now = cpl_measure_seconds(), seconds = now - *mark;
    *mark = now;
    return seconds;
}

/* Adds one micro-batch's gradients and sums. */
static cpl_status run_micro_batch(struct cpl_trainer *trainer, const struct cpl_batch *batch,
                                  struct cpl_step_sums *sums, struct cpl_error *error)
{
    struct cpl_tape *tape = &trainer->tape;
    struct cpl_model *model = trainer->model;
    struct cpl_input input = {.tokens = batch->n_tokens,
                              .sequences = batch->n_sequences,
                              .ids = batch->ids,
                              .positions = batch->positions,
                              .types = batch->types,
                              .offsets = batch->offsets};
    struct cpl_loss loss = {0};
    double mark = cpl_measure_seconds();
    struct cpl_value *hidden = cpl_model_hidden(model, tape, &input, NULL);
    struct cpl_value *head =
        cpl_model_head(model, tape, hidden, batch->rows, batch->n_predicted);
    trainer->times.forward += lap(&mark);
    cpl_model_loss(model, tape, &loss, head, batch->labels, batch->n_predicted, 1.0);
    trainer->times.loss += lap(&mark);
    CPL_TRY(cpl_tape_check(tape, error));
    CPL_TRY(cpl_tape_backward(tape, error));
    trainer->times.backward += lap(&mark);
    sums->loss += loss.sum;
    sums->correct += loss.correct;
    return CPL_OK;
}

cpl_status cpl_trainer_gradients(struct cpl_trainer *trainer, const struct cpl_batch *batch,
                                 int64_t micro_batch_tokens, int64_t step,
                                 struct cpl_step_sums *sums, struct cpl_error *error)
{
    struct cpl_parameters *parameters = &trainer->model->parameters;
    struct cpl_axpby_args zero = {.n = parameters->flat_size, .y = parameters->gradients};
    struct cpl_tape *tape = &trainer->tape;
    *sums = (struct cpl_step_sums){.tokens = batch->n_tokens, .predicted = batch->n_predicted};
    sums->flops = cpl_model_training_flops(trainer->model, batch->n_tokens, batch->n_predicted,
                                           cpl_batch_squared_lengths(batch));
    trainer->times = (struct cpl_step_times){0};
    trainer->queue->kernels->axpby(trainer->queue, &zero);
    for (int64_t begin = 0, end; begin < batch->n_sequences; begin = end) {
        end = cpl_batch_cut(batch, begin, micro_batch_tokens);
        cpl_tape_reset(tape);
        tape->recording = tape->training = true;
        tape->dropout_key =
            (struct cpl_rng_key){trainer->seed, CPL_RNG_DROPOUT, (uint32_t)step};
        CPL_TRY(cpl_batch_view(&trainer->view, &tape->token_base, batch, begin, end, error));
        if (trainer->view.n_predicted > 0)
            CPL_TRY(run_micro_batch(trainer, &trainer->view, sums, error));
    }
    return CPL_OK;
}

double cpl_trainer_norm(struct cpl_trainer *trainer, const struct cpl_step_sums *sums)
{
    const struct cpl_parameters *parameters = &trainer->model->parameters;
    double norm = cpl_flat_norm(trainer->queue, parameters->gradients, parameters->flat_size);
    return sums->predicted > 0 ? norm / (double)sums->predicted : 0;
}

void cpl_trainer_update(struct cpl_trainer *trainer, const struct cpl_step_sums *sums,
                        double norm, double clip, double lr_share)
{
    struct cpl_parameters *parameters = &trainer->model->parameters;
    double mean = 1 / (double)(sums->predicted > 0 ? sums->predicted : 1);
    double mark = cpl_measure_seconds();
    cpl_optimizer_step(trainer->optimizer, trainer->queue, parameters->values,
                       parameters->gradients, mean * cpl_clip_scale(norm, clip), lr_share);
    cpl_parameters_touch(parameters);
    trainer->times.optimizer = lap(&mark);
}

const char *cpl_trainer_bad_tensor(struct cpl_trainer *trainer, bool values)
{
    const struct cpl_parameters *parameters = &trainer->model->parameters;
    const cpl_real *flat = values ? parameters->values : parameters->gradients;
    for (int i = 0; i < parameters->count; i++) {
        const struct cpl_parameter *parameter = &parameters->item[i];
        if (!isfinite(cpl_flat_norm(trainer->queue, flat + parameter->begin,
                                    cpl_tensor_count(parameter->weight.value))))
            return parameter->name;
    }
    return NULL;
}
