/* Layer norm (Ba et al., 2016) and RMS norm (Zhang and Sennrich, 2019) over rows of [N, D]:
 *
 *     y = xhat gamma + beta,  xhat = (x - mean) rstd  (rms: x rstd)
 *
 * The statistics of each row are kept for backward; xhat is computed again from x. */
#include "op/launch.h"
#include "op/op.h"

#include <assert.h>

struct norm_record {
    struct cpl_record base;
    struct cpl_value *x, *y;
    struct cpl_weight *gamma, *beta;
    enum cpl_norm_kind kind;
    double eps;
    struct cpl_tensor mean, rstd; /* [1, N] */
};

/* g = dy gamma: dx (=, +=) rstd (g - mean(g) - xhat mean(g xhat)); dgamma += sum dy xhat;
 * dbeta += sum dy */
static void norm_backward(struct cpl_tape *tape, void *record)
{
    struct norm_record *r = record;
    struct cpl_tensor x = r->x->data, dx = {0};
    if (!r->y->gradient.data)
        return;
    bool first = true;
    if (r->x->needs_gradient)
        dx = cpl_tape_gradient(tape, r->x, &first);
    cpl_run_norm_backward(
        tape, (struct cpl_norm_args){.kind = r->kind,
                                     .rows = x.rows,
                                     .cols = x.cols,
                                     .eps = r->eps,
                                     .x = x.data,
                                     .x_stride = x.stride,
                                     .gamma = r->gamma->value.data,
                                     .mean = r->mean.data,
                                     .rstd = r->rstd.data,
                                     .dy = r->y->gradient.data,
                                     .dy_stride = r->y->gradient.stride,
                                     .dx = dx.data,
                                     .dx_stride = dx.stride,
                                     .accumulate = !first,
                                     .dgamma = r->gamma->gradient.data,
                                     .dbeta = r->beta ? r->beta->gradient.data : NULL,
                                     .dtype = x.dtype});
    cpl_tape_release(tape, &r->y->gradient);
}

struct cpl_value *cpl_op_norm(struct cpl_tape *tape, struct cpl_value *x,
                              enum cpl_norm_kind kind, struct cpl_weight *gamma,
                              struct cpl_weight *beta, double eps)
{
    struct cpl_tensor in = x->data;
    assert(gamma->value.cols == in.cols && (!beta || beta->value.cols == in.cols));
    bool wanted = x->needs_gradient || cpl_weight_wants_gradient(gamma) ||
                  cpl_weight_wants_gradient(beta);
    struct cpl_value *y = cpl_tape_value(tape, in.rows, in.cols, in.dtype, wanted);
    struct cpl_tensor mean = {0};
    if (kind == CPL_NORM_LAYER)
        mean = cpl_tape_buffer(tape, 1, in.rows, CPL_DTYPE_f32);
    struct cpl_tensor rstd = cpl_tape_buffer(tape, 1, in.rows, CPL_DTYPE_f32);
    cpl_run_norm_forward(tape, (struct cpl_norm_args){.kind = kind,
                                                      .rows = in.rows,
                                                      .cols = in.cols,
                                                      .eps = eps,
                                                      .x = in.data,
                                                      .x_stride = in.stride,
                                                      .y = y->data.data,
                                                      .y_stride = y->data.stride,
                                                      .gamma = gamma->value.data,
                                                      .beta = beta ? beta->value.data : NULL,
                                                      .mean = mean.data,
                                                      .rstd = rstd.data,
                                                      .dtype = in.dtype});
    struct norm_record *r =
        y->needs_gradient ? cpl_tape_record(tape, sizeof *r, norm_backward) : NULL;
    if (!r) {
        cpl_tape_release(tape, &mean);
        cpl_tape_release(tape, &rstd);
        return y;
    }
    r->x = x;
    r->y = y;
    r->gamma = gamma;
    r->beta = beta;
    r->kind = kind;
    r->eps = eps;
    r->mean = mean;
    r->rstd = rstd;
    x->kept = true;
    return y;
}
