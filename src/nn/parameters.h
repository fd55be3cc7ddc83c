/* The parameter table: every trainable array of a model by name, in one flat memory.
 *
 * All values lie in one array, all gradients in another, in the order of the table (which is
 * also the order of forward use; gradients become ready from the last to the first), so that
 * optimizers, clipping and reductions work on flat memory.  Names are Couplet's own
 * ("layer.0.qkv.weight"); those of other people's checkpoints stand in the families' name
 * tables. */
#ifndef CPL_NN_PARAMETERS_H
#define CPL_NN_PARAMETERS_H

#include "tensor/weight.h"
#include <couplet/status.h>

enum cpl_parameter_kind {
    CPL_PARAMETER_MATRIX,    /* weight of a linear layer in a block: decayed; Muon's */
    CPL_PARAMETER_EMBEDDING, /* [V, D] and the like: decayed; AdamW's */
    CPL_PARAMETER_VECTOR     /* biases and norms: not decayed */
};

#define CPL_PARAMETER_NAME 64
struct cpl_parameter {
    char name[CPL_PARAMETER_NAME];
    enum cpl_parameter_kind kind;
    int parts; /* row blocks that are matrices of their own: 3 for fused q, k, v; else 1 */
    bool frozen;
    int64_t begin;            /* first element in the flat arrays; multiple of 16 */
    struct cpl_weight weight; /* value and gradient are views of the flat arrays */
};

struct cpl_parameters {
    struct cpl_parameter *item;
    int count, capacity;
    int64_t elements;    /* sum of rows*cols: the parameter count */
    int64_t flat_size;   /* elements of the flat arrays, padding (always zero) included */
    cpl_real *values;    /* [flat_size], 64-byte aligned */
    cpl_real *gradients; /* [flat_size], NULL for inference */
};

/* Declares a parameter; call for all, then allocate.  Returns its index, or -1 when out of
 * memory. Sizes are the caller's to check: rows * cols must fit. */
int cpl_parameters_add(struct cpl_parameters *parameters, enum cpl_parameter_kind kind,
                       int64_t rows, int64_t cols, int parts, const char *name_format, ...)
    CPL_PRINTF(6, 7);
/* Values and, if asked, gradients, both zero; what is there already stays. */
cpl_status cpl_parameters_allocate(struct cpl_parameters *parameters, bool gradients,
                                   struct cpl_error *error);
/* For dry runs: values and gradients get addresses that must not be touched, and no memory. */
void cpl_parameters_pretend(struct cpl_parameters *parameters);
void cpl_parameters_clear(struct cpl_parameters *parameters);
struct cpl_parameter *cpl_parameters_find(const struct cpl_parameters *parameters,
                                          const char *name);
/* Says that values changed: packed forms are made anew on next use. */
void cpl_parameters_touch(struct cpl_parameters *parameters);

#endif
