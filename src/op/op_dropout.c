/* Dropout (Srivastava et al., 2014) on [N, D]: y = x kept / (1 - p).
 *
 * Whether an element is kept is a pure function of (seed, step, site, token of the step's
 * batch, column), so that micro-batches and threads do not change it and backward draws it
 * again.  `x` is used up: its memory becomes y's where no backward reads it. */
#include "op/launch.h"
#include "op/op.h"

struct dropout_record {
    struct cpl_record base;
    struct cpl_value *x, *y;
    double p;
    struct cpl_rng_key key;
    uint64_t index_base;
};

static struct cpl_dropout_args masked(const struct dropout_record *r, struct cpl_tensor x,
                                      struct cpl_tensor y)
{
    return (struct cpl_dropout_args){.rows = x.rows,
                                     .cols = x.cols,
                                     .x = x.data,
                                     .x_stride = x.stride,
                                     .y = y.data,
                                     .y_stride = y.stride,
                                     .p = r->p,
                                     .key = r->key,
                                     .index_base = r->index_base,
                                     .dtype = x.dtype};
}

/* dx = dy kept / (1 - p), in dy's memory */
static void dropout_backward(struct cpl_tape *tape, void *record)
{
    struct dropout_record *r = record;
    struct cpl_tensor dy = r->y->gradient;
    if (!dy.data)
        return;
    cpl_run_dropout(tape, masked(r, dy, dy));
    cpl_tape_give_gradient(tape, r->x, &r->y->gradient);
}

struct cpl_value *cpl_op_dropout(struct cpl_tape *tape, struct cpl_value *x, double p)
{
    if (!tape->training || p <= 0)
        return x;
    struct dropout_record call = {.x = x,
                                  .p = p,
                                  .key = cpl_next_dropout_key(tape),
                                  .index_base =
                                      (uint64_t)tape->token_base * (uint64_t)x->data.cols};
    call.y = cpl_in_place_value(tape, x, x->needs_gradient);
    cpl_run_dropout(tape, masked(&call, x->data, call.y->data));
    struct dropout_record *r =
        call.y->needs_gradient ? cpl_tape_record(tape, sizeof *r, dropout_backward) : NULL;
    if (r) {
        call.base = r->base;
        *r = call;
    }
    return call.y;
}
