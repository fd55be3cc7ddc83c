/* Packed weights and other small work that ops share: see launch.h. */
#include "op/launch.h"

#include "base/memory.h"

#include <stdlib.h>

static bool pack_is_current(const struct cpl_weight_pack *pack, const struct cpl_weight *weight,
                            cpl_dtype compute)
{
    return pack->version == weight->version && pack->compute == compute;
}

static void *pack_memory(struct cpl_tape *tape, struct cpl_weight_pack *pack, size_t bytes)
{
    if (pack->bytes < bytes) {
        free(pack->data);
        *pack = (struct cpl_weight_pack){0};
        struct cpl_error error = {0};
        if (cpl_memory_new_raw(&pack->data, bytes, 64, &error) != CPL_OK)
            cpl_tape_fail(tape, error.status, "packed weight", "%s", error.message);
        else
            pack->bytes = bytes;
    }
    return pack->data;
}

const struct cpl_packed *cpl_weight_packed(struct cpl_tape *tape, struct cpl_weight *weight,
                                           enum cpl_pack_side side, struct cpl_packed *view)
{
    struct cpl_tensor value = weight->value;
    bool forward = side == CPL_PACK_FORWARD;
    struct cpl_weight_pack *pack = forward ? &weight->forward : &weight->backward;
    *view = (struct cpl_packed){.k = forward ? value.cols : value.rows,
                                .n = forward ? value.rows : value.cols,
                                .compute = tape->activations};
    if (cpl_tape_failed(tape))
        return NULL;
    if (!pack_is_current(pack, weight, view->compute)) {
        size_t bytes = tape->queue->kernels->packed_bytes(view->k, view->n, view->compute);
        if (tape->storage.counting)
            tape->packed_bytes += bytes;
        else
            view->data = pack_memory(tape, pack, bytes);
        cpl_run_gemm_pack(tape,
                          (struct cpl_gemm_pack_args){
                              .b = forward ? cpl_operand_transposed(value) : cpl_operand(value),
                              .packed = view});
        pack->version = weight->version;
        pack->compute = view->compute;
    }
    view->data = pack->data;
    return cpl_tape_failed(tape) ? NULL : view;
}

void cpl_bias_gradient(struct cpl_tape *tape, struct cpl_weight *bias, struct cpl_tensor x)
{
    if (!cpl_weight_wants_gradient(bias))
        return;
    cpl_run_column_sum(tape, (struct cpl_column_sum_args){.rows = x.rows,
                                                          .cols = x.cols,
                                                          .x = x.data,
                                                          .x_stride = x.stride,
                                                          .dtype = x.dtype,
                                                          .out = bias->gradient.data});
}

void cpl_buffer_zero(struct cpl_tape *tape, struct cpl_tensor buffer)
{
    /* Zero has the same bytes in every type, and buffers are padded to whole cache lines. */
    size_t bytes = (size_t)cpl_tensor_count(buffer) * cpl_dtype_bytes(buffer.dtype);
    int64_t n = (int64_t)((bytes + sizeof(cpl_real) - 1) / sizeof(cpl_real));
    cpl_run_axpby(tape, (struct cpl_axpby_args){.n = n, .y = buffer.data});
}

void cpl_copy_tensor(struct cpl_tape *tape, struct cpl_tensor to, struct cpl_tensor from)
{
    cpl_run_convert(tape, (struct cpl_convert_args){.rows = from.rows,
                                                    .cols = from.cols,
                                                    .x = from.data,
                                                    .x_stride = from.stride,
                                                    .x_dtype = from.dtype,
                                                    .y = to.data,
                                                    .y_stride = to.stride,
                                                    .y_dtype = to.dtype});
}

void cpl_add_tensor(struct cpl_tape *tape, struct cpl_tensor to, struct cpl_tensor from)
{
    cpl_run_add(tape, (struct cpl_add_args){.rows = from.rows,
                                            .cols = from.cols,
                                            .x = from.data,
                                            .x_stride = from.stride,
                                            .y = to.data,
                                            .y_stride = to.stride,
                                            .dtype = to.dtype});
}

struct cpl_value *cpl_in_place_value(struct cpl_tape *tape, struct cpl_value *x,
                                     bool needs_gradient)
{
    if (!x->kept)
        return cpl_tape_alias(tape, x, needs_gradient);
    return cpl_tape_value(tape, x->data.rows, x->data.cols, x->data.dtype, needs_gradient);
}

struct cpl_rng_key cpl_next_dropout_key(struct cpl_tape *tape)
{
    struct cpl_rng_key key = tape->dropout_key;
    key.stream = CPL_RNG_DROPOUT | ++tape->next_site << 8;
    return key;
}
