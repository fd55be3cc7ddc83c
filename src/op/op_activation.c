/* Pointwise y = act(x) on [N, D]; where it follows a linear layer, the linear op does it at
 * once. */
#include "op/launch.h"
#include "op/op.h"

struct activation_record {
    struct cpl_record base;
    struct cpl_value *x, *y;
    enum cpl_activation activation;
};

static struct cpl_activation_args pointwise(enum cpl_activation activation, struct cpl_tensor x,
                                            struct cpl_tensor dy, struct cpl_tensor y)
{
    return (struct cpl_activation_args){.activation = activation,
                                        .rows = x.rows,
                                        .cols = x.cols,
                                        .x = x.data,
                                        .x_stride = x.stride,
                                        .dy = dy.data,
                                        .dy_stride = dy.stride,
                                        .y = y.data,
                                        .y_stride = y.stride,
                                        .dtype = x.dtype};
}

/* dx = dy act'(x), in dy's memory */
static void activation_backward(struct cpl_tape *tape, void *record)
{
    struct activation_record *r = record;
    struct cpl_tensor dy = r->y->gradient;
    if (!dy.data)
        return;
    cpl_run_activation_backward(tape, pointwise(r->activation, r->x->data, dy, dy));
    cpl_tape_give_gradient(tape, r->x, &r->y->gradient);
}

struct cpl_value *cpl_op_activation(struct cpl_tape *tape, struct cpl_value *x,
                                    enum cpl_activation activation)
{
    struct cpl_value *y =
        cpl_tape_value(tape, x->data.rows, x->data.cols, x->data.dtype, x->needs_gradient);
    cpl_run_activation_forward(tape,
                               pointwise(activation, x->data, (struct cpl_tensor){0}, y->data));
    struct activation_record *r =
        y->needs_gradient ? cpl_tape_record(tape, sizeof *r, activation_backward) : NULL;
    if (r) {
        r->x = x;
        r->y = y;
        r->activation = activation;
        x->kept = true;
    }
    return y;
}
