/* How much memory a training step takes: the real forward and backward on kernels that do
 * nothing and arenas that only count. */
#include "model/model.h"

#include "base/memory.h"
#include "base/try.h"

#include <stdlib.h>

struct dry_batch {
    int32_t *numbers; /* one memory for all arrays; zeros but for the offsets */
    struct cpl_input input;
    const int32_t *rows;
};

static cpl_status new_batch(struct dry_batch *batch, int64_t sequences, int64_t length,
                            struct cpl_error *error)
{
    size_t tokens;
    if (sequences < 1 || length < 1 ||
        !cpl_size_multiply(&tokens, (size_t)sequences, (size_t)length) || tokens > INT32_MAX)
        return cpl_error_set(error, CPL_ERROR_USAGE, "plan",
                             "%lld sequences of %lld tokens are no batch", (long long)sequences,
                             (long long)length);
    CPL_TRY(cpl_memory_new(&batch->numbers, tokens + (size_t)sequences + 1, sizeof(int32_t),
                           error));
    int32_t *offsets = batch->numbers + tokens;
    for (int64_t b = 0; b <= sequences; b++)
        offsets[b] = (int32_t)(b * length);
    batch->rows = batch->numbers;
    batch->input = (struct cpl_input){.tokens = (int64_t)tokens,
                                      .sequences = sequences,
                                      .ids = batch->numbers,
                                      .positions = batch->numbers,
                                      .types = batch->numbers,
                                      .offsets = offsets};
    return CPL_OK;
}

/* One training step with dropout where the model has it. */
static cpl_status dry_step(struct cpl_model *model, struct cpl_tape *tape,
                           const struct dry_batch *batch, int64_t predicted,
                           struct cpl_error *error)
{
    struct cpl_loss loss;
    struct cpl_value *hidden = cpl_model_hidden(model, tape, &batch->input, NULL);
    struct cpl_value *head = cpl_model_head(model, tape, hidden, batch->rows, predicted);
    cpl_model_loss(model, tape, &loss, head, batch->rows, predicted, 1);
    return cpl_tape_backward(tape, error);
}

cpl_status cpl_model_plan_memory(struct cpl_memory_plan *plan, const struct cpl_config *config,
                                 const struct cpl_device *device, int64_t sequences,
                                 int64_t length, int64_t predicted, struct cpl_error *error)
{
    struct cpl_device dry = *device;
    dry.queue = (struct cpl_queue){.kernels = &dry.kernels, .threads = device->queue.threads};
    cpl_kernels_set_dry(&dry.kernels);
    struct cpl_model *model = NULL;
    struct dry_batch batch = {0};
    struct cpl_tape tape;
    cpl_tape_init(&tape, &dry.queue, dry.dtype);
    tape.storage.counting = 1;
    tape.training = true;
    cpl_status status;
    CPL_TRY_GOTO(cpl_model_declare(&model, config, &dry, error));
    CPL_TRY_GOTO(new_batch(&batch, sequences, length, error));
    if (predicted > batch.input.tokens)
        predicted = batch.input.tokens;
    cpl_parameters_pretend(&model->parameters);
    CPL_TRY_GOTO(dry_step(model, &tape, &batch, predicted, error));
    size_t flat = (size_t)model->parameters.flat_size * sizeof(cpl_real);
    *plan = (struct cpl_memory_plan){.parameters = flat,
                                     .gradients = flat,
                                     .packed = tape.packed_bytes,
                                     .activations = tape.storage.peak + tape.notes.reserved};
done:
    cpl_tape_clear(&tape);
    cpl_model_free(model);
    free(batch.numbers);
    return status;
}
