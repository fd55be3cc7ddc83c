/* The lines that `couplet forward` reads, as one ragged input. */
#ifndef CPL_MODEL_FORWARD_INPUT_H
#define CPL_MODEL_FORWARD_INPUT_H

#include "model/model.h"

#define CPL_NOT_PREDICTED (-100)

struct cpl_forward_input {
    int32_t *ids, *types, *labels, *positions; /* [N] */
    int32_t *offsets;                          /* [lines + 1] */
    int64_t lines, tokens, predicted;
    size_t token_capacity, line_capacity;
    size_t types_capacity, labels_capacity, positions_capacity;
};
/* Reads JSON lines and checks every number against the model.  Labels of decoders come unshifted and
 * are kept as what the row before them predicts.  Clear it, also after errors. */
cpl_status cpl_forward_input_read(struct cpl_forward_input *input,
                                  const struct cpl_model *model, const char *path,
                                  struct cpl_error *error);
void cpl_forward_input_clear(struct cpl_forward_input *input);

#endif
