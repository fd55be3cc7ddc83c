/* A ragged bundle of sequences: see bundle.h. */
#include "compare/bundle.h"

#include "base/memory.h"
#include "base/try.h"

#include <stdlib.h>

void cpl_bundle_init(struct cpl_bundle *bundle, struct cpl_model *model)
{
    *bundle = (struct cpl_bundle){.model = model};
    cpl_tape_init(&bundle->tape, &model->device->queue, model->device->dtype);
    bundle->tape.recording = false;
}

void cpl_bundle_clear(struct cpl_bundle *bundle)
{
    if (!bundle->model)
        return;
    cpl_tape_clear(&bundle->tape);
    free(bundle->ids);
    free(bundle->positions);
    free(bundle->offsets);
    free(bundle->rows);
    free(bundle->labels);
    *bundle = (struct cpl_bundle){0};
}

void cpl_bundle_reset(struct cpl_bundle *bundle)
{
    bundle->tokens = bundle->sequences = bundle->predicted = 0;
}

cpl_status cpl_bundle_begin(struct cpl_bundle *bundle, struct cpl_error *error)
{
    CPL_TRY(cpl_memory_grow(&bundle->offsets, &bundle->offset_capacity, bundle->sequences + 2,
                            sizeof *bundle->offsets, error));
    bundle->offsets[bundle->sequences++] = (int32_t)bundle->tokens;
    bundle->offsets[bundle->sequences] = (int32_t)bundle->tokens;
    return CPL_OK;
}

cpl_status cpl_bundle_add(struct cpl_bundle *bundle, int32_t id, struct cpl_error *error)
{
    size_t n = bundle->tokens + 1;
    CPL_TRY(cpl_memory_grow(&bundle->ids, &bundle->id_capacity, n, sizeof *bundle->ids, error));
    CPL_TRY(cpl_memory_grow(&bundle->positions, &bundle->position_capacity, n,
                            sizeof *bundle->positions, error));
    int32_t begin = bundle->offsets[bundle->sequences - 1];
    bundle->ids[bundle->tokens] = id;
    bundle->positions[bundle->tokens] = (int32_t)bundle->tokens - begin;
    bundle->tokens = n;
    bundle->offsets[bundle->sequences] = (int32_t)n;
    return CPL_OK;
}

cpl_status cpl_bundle_ask(struct cpl_bundle *bundle, size_t row, int32_t label,
                          struct cpl_error *error)
{
    size_t n = bundle->predicted + 1;
    CPL_TRY(
        cpl_memory_grow(&bundle->rows, &bundle->row_capacity, n, sizeof *bundle->rows, error));
    CPL_TRY(cpl_memory_grow(&bundle->labels, &bundle->label_capacity, n, sizeof *bundle->labels,
                            error));
    bundle->rows[bundle->predicted] = (int32_t)row;
    bundle->labels[bundle->predicted] = label;
    bundle->predicted = n;
    return CPL_OK;
}

static struct cpl_value *run_head(struct cpl_bundle *bundle)
{
    cpl_tape_reset(&bundle->tape);
    struct cpl_input input = {.tokens = (int64_t)bundle->tokens,
                              .sequences = (int64_t)bundle->sequences,
                              .ids = bundle->ids,
                              .positions = bundle->positions,
                              .offsets = bundle->offsets};
    struct cpl_value *hidden = cpl_model_hidden(bundle->model, &bundle->tape, &input, NULL);
    return cpl_model_head(bundle->model, &bundle->tape, hidden, bundle->rows,
                          (int64_t)bundle->predicted);
}

cpl_status cpl_bundle_losses(struct cpl_bundle *bundle, const double **loss,
                             struct cpl_error *error)
{
    struct cpl_loss sum = {0};
    struct cpl_value *head = run_head(bundle);
    cpl_model_loss(bundle->model, &bundle->tape, &sum, head, bundle->labels,
                   (int64_t)bundle->predicted, 1);
    CPL_TRY(cpl_tape_check(&bundle->tape, error));
    *loss = sum.each;
    return CPL_OK;
}

cpl_status cpl_bundle_logits(struct cpl_bundle *bundle, const float **logits,
                             struct cpl_error *error)
{
    struct cpl_value *head = run_head(bundle);
    struct cpl_value *value = cpl_model_logits(bundle->model, &bundle->tape, head);
    CPL_TRY(cpl_tape_check(&bundle->tape, error));
    *logits = value->data.data;
    return CPL_OK;
}
