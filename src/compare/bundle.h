/* A ragged bundle of sequences to run through a model for scores, reused from call to call. */
#ifndef CPL_COMPARE_BUNDLE_H
#define CPL_COMPARE_BUNDLE_H

#include "model/model.h"

struct cpl_bundle {
    struct cpl_model *model;
    struct cpl_tape tape;
    int32_t *ids, *positions, *offsets; /* [tokens] [tokens] [sequences + 1] */
    int32_t *rows, *labels;             /* [predicted] */
    size_t tokens, sequences, predicted;
    size_t id_capacity, position_capacity, offset_capacity, row_capacity, label_capacity;
};

void cpl_bundle_init(struct cpl_bundle *bundle, struct cpl_model *model);
void cpl_bundle_clear(struct cpl_bundle *bundle);
void cpl_bundle_reset(struct cpl_bundle *bundle); /* no sequences, memory kept */

/* Begins a sequence, adds a token to it; the token's row in the bundle is bundle->tokens
 * before. */
cpl_status cpl_bundle_begin(struct cpl_bundle *bundle, struct cpl_error *error);
cpl_status cpl_bundle_add(struct cpl_bundle *bundle, int32_t id, struct cpl_error *error);
/* Asks for `label` at `row`; rows in ascending order. */
cpl_status cpl_bundle_ask(struct cpl_bundle *bundle, size_t row, int32_t label,
                          struct cpl_error *error);

/* *loss [predicted]: nats of each label asked for; valid until the next run. */
cpl_status cpl_bundle_losses(struct cpl_bundle *bundle, const double **loss,
                             struct cpl_error *error);
/* *logits [predicted, V]: valid until the next run. */
cpl_status cpl_bundle_logits(struct cpl_bundle *bundle, const float **logits,
                             struct cpl_error *error);

#endif
