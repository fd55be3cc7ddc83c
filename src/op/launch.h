/* Launching kernels from ops: cpl_run_SLOT(tape, args) does nothing on a failed tape, so that
 * ops need no checks of their own; and the small conversions from tensors to what kernels take.
 */
#ifndef CPL_OP_LAUNCH_H
#define CPL_OP_LAUNCH_H

#include "graph/tape.h"

#define KERNEL(slot, tag)                                                                      \
    static inline void cpl_run_##slot(struct cpl_tape *tape, struct cpl_##tag##_args args)     \
    {                                                                                          \
        if (!cpl_tape_failed(tape))                                                            \
            tape->queue->kernels->slot(tape->queue, &args);                                    \
    }
#include "kernel/kernels.def"
#undef KERNEL

static inline struct cpl_gemm_operand cpl_operand(struct cpl_tensor x)
{
    return (struct cpl_gemm_operand){x.data, x.dtype, x.stride, 1};
}

static inline struct cpl_gemm_operand cpl_operand_transposed(struct cpl_tensor x)
{
    return (struct cpl_gemm_operand){x.data, x.dtype, 1, x.stride};
}

static inline bool cpl_weight_wants_gradient(const struct cpl_weight *weight)
{
    return weight && weight->gradient.data != NULL;
}

/* A weight as the right side of a product, packed once for each of its versions. */
enum cpl_pack_side {
    CPL_PACK_FORWARD, /* W^T [in, out] */
    CPL_PACK_BACKWARD /* W   [out, in] */
};
/* `view` is filled and returned; NULL on a failed tape. */
const struct cpl_packed *cpl_weight_packed(struct cpl_tape *tape, struct cpl_weight *weight,
                                           enum cpl_pack_side side, struct cpl_packed *view);

/* out[col] += column sums of x, into the gradient of a bias; nothing when frozen. */
void cpl_bias_gradient(struct cpl_tape *tape, struct cpl_weight *bias, struct cpl_tensor x);
/* All bytes of a whole buffer become 0. */
void cpl_buffer_zero(struct cpl_tape *tape, struct cpl_tensor buffer);
void cpl_copy_tensor(struct cpl_tape *tape, struct cpl_tensor to, struct cpl_tensor from);
void cpl_add_tensor(struct cpl_tape *tape, struct cpl_tensor to, struct cpl_tensor from);

/* The result of an op that uses up `x`: in x's memory unless a backward still reads that. */
struct cpl_value *cpl_in_place_value(struct cpl_tape *tape, struct cpl_value *x,
                                     bool needs_gradient);
/* Key of the next dropout of this forward: each site has a stream of its own. */
struct cpl_rng_key cpl_next_dropout_key(struct cpl_tape *tape);

#endif
