/* Linear layer: z = x W^T + b, y = act(z) + residual.
 *
 *     x [N, in], W [out, in], b [1, out], residual and y [N, out]
 *
 * Bias, activation and residual are the product's epilogue: y is written once. */
#include "op/launch.h"
#include "op/op.h"

#include <assert.h>

struct linear_record {
    struct cpl_record base;
    struct cpl_value *x, *y, *residual;
    struct cpl_weight *weight, *bias;
    enum cpl_activation activation;
    struct cpl_tensor z; /* [N, out], data NULL without activation */
};

/* dz = dy act'(z), in dy's own memory where the residual does not need dy as well. */
static struct cpl_tensor activation_gradient(struct cpl_tape *tape,
                                             const struct linear_record *r)
{
    struct cpl_tensor dy = r->y->gradient, dz = dy;
    if (r->activation == CPL_ACTIVATION_none)
        return dy;
    if (r->residual)
        dz = cpl_tape_buffer(tape, dy.rows, dy.cols, dy.dtype);
    cpl_run_activation_backward(tape, (struct cpl_activation_args){.activation = r->activation,
                                                                   .rows = dy.rows,
                                                                   .cols = dy.cols,
                                                                   .x = r->z.data,
                                                                   .x_stride = r->z.stride,
                                                                   .dy = dy.data,
                                                                   .dy_stride = dy.stride,
                                                                   .y = dz.data,
                                                                   .y_stride = dz.stride,
                                                                   .dtype = dy.dtype});
    return dz;
}

/* z = x W^T: dW += dz^T x */
static void weight_gradient(struct cpl_tape *tape, const struct linear_record *r,
                            struct cpl_tensor dz)
{
    struct cpl_tensor x = r->x->data, dw = r->weight->gradient;
    if (!dw.data)
        return;
    cpl_run_gemm(tape, (struct cpl_gemm_args){.m = dz.cols,
                                              .n = x.cols,
                                              .k = x.rows,
                                              .a = cpl_operand_transposed(dz),
                                              .b = cpl_operand(x),
                                              .compute = tape->activations,
                                              .c = dw.data,
                                              .c_dtype = CPL_DTYPE_f32,
                                              .c_stride = dw.stride,
                                              .alpha = 1,
                                              .beta = 1});
}

/* z = x W^T: dx (=, +=) dz W */
static void input_gradient(struct cpl_tape *tape, const struct linear_record *r,
                           struct cpl_tensor dz)
{
    if (!r->x->needs_gradient)
        return;
    bool first;
    struct cpl_tensor dx = cpl_tape_gradient(tape, r->x, &first);
    struct cpl_packed packed;
    cpl_run_gemm(tape, (struct cpl_gemm_args){.m = dz.rows,
                                              .n = dx.cols,
                                              .k = dz.cols,
                                              .a = cpl_operand(dz),
                                              .packed_b = cpl_weight_packed(
                                                  tape, r->weight, CPL_PACK_BACKWARD, &packed),
                                              .compute = tape->activations,
                                              .c = dx.data,
                                              .c_dtype = dx.dtype,
                                              .c_stride = dx.stride,
                                              .alpha = 1,
                                              .beta = first ? 0 : 1});
}

static void linear_backward(struct cpl_tape *tape, void *record)
{
    struct linear_record *r = record;
    if (!r->y->gradient.data)
        return;
    struct cpl_tensor dz = activation_gradient(tape, r);
    bool own = dz.data != r->y->gradient.data;
    cpl_bias_gradient(tape, r->bias, dz);
    weight_gradient(tape, r, dz);
    input_gradient(tape, r, dz);
    if (own)
        cpl_tape_release(tape, &dz);
    if (r->residual) /* y = ... + residual: its gradient is dy */
        cpl_tape_give_gradient(tape, r->residual, &r->y->gradient);
    else
        cpl_tape_release(tape, &r->y->gradient);
}

static void record_linear(struct cpl_tape *tape, struct linear_record values)
{
    struct linear_record *r = cpl_tape_record(tape, sizeof *r, linear_backward);
    if (!r)
        return;
    values.base = r->base;
    *r = values;
    r->x->kept = true;
}

struct cpl_value *cpl_op_linear(struct cpl_tape *tape, struct cpl_value *x,
                                struct cpl_weight *weight, struct cpl_weight *bias,
                                const struct cpl_linear_options *options)
{
    const struct cpl_linear_options plain = {0};
    if (!options)
        options = &plain;
    struct cpl_value *residual = options->residual;
    int64_t rows = x->data.rows, out = weight->value.rows;
    assert(x->data.cols == weight->value.cols);
    assert(!residual || (residual->data.rows == rows && residual->data.cols == out));
    bool wanted = x->needs_gradient || (residual && residual->needs_gradient) ||
                  cpl_weight_wants_gradient(weight) || cpl_weight_wants_gradient(bias);
    struct cpl_value *y = cpl_tape_value(tape, rows, out, tape->activations, wanted);
    struct cpl_tensor z = {0};
    if (options->activation != CPL_ACTIVATION_none && y->needs_gradient)
        z = cpl_tape_buffer(tape, rows, out, tape->activations);
    struct cpl_packed packed;
    cpl_run_gemm(tape,
                 (struct cpl_gemm_args){
                     .m = rows,
                     .n = out,
                     .k = x->data.cols,
                     .a = cpl_operand(x->data),
                     .packed_b = cpl_weight_packed(tape, weight, CPL_PACK_FORWARD, &packed),
                     .compute = tape->activations,
                     .c = y->data.data,
                     .c_dtype = y->data.dtype,
                     .c_stride = y->data.stride,
                     .alpha = 1,
                     .bias = bias ? bias->value.data : NULL,
                     .activation = options->activation,
                     .preactivation = z.data,
                     .residual = residual ? residual->data.data : NULL,
                     .residual_stride = residual ? residual->data.stride : 0});
    if (y->needs_gradient)
        record_linear(tape, (struct linear_record){.x = x,
                                                   .y = y,
                                                   .residual = residual,
                                                   .weight = weight,
                                                   .bias = bias,
                                                   .activation = options->activation,
                                                   .z = z});
    return y;
}
