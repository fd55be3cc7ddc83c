/* Rows of a value: y [P, D] = x[rows], rows ascending without repeats. */
#include "op/launch.h"
#include "op/op.h"

struct gather_record {
    struct cpl_record base;
    struct cpl_value *x, *y;
    const int32_t *rows;
};

static struct cpl_gather_args rows_of(struct cpl_tensor x, struct cpl_tensor y,
                                      const int32_t *rows)
{
    return (struct cpl_gather_args){.rows = y.rows,
                                    .cols = y.cols,
                                    .index = rows,
                                    .x = x.data,
                                    .x_stride = x.stride,
                                    .y = y.data,
                                    .y_stride = y.stride,
                                    .dtype = x.dtype};
}

/* dx[rows[p]] += dy[p] */
static void gather_backward(struct cpl_tape *tape, void *record)
{
    struct gather_record *r = record;
    if (!r->y->gradient.data)
        return;
    bool first;
    struct cpl_tensor dx = cpl_tape_gradient(tape, r->x, &first);
    if (first)
        cpl_buffer_zero(tape, dx);
    cpl_run_scatter_rows(tape, rows_of(dx, r->y->gradient, r->rows));
    cpl_tape_release(tape, &r->y->gradient);
}

struct cpl_value *cpl_op_gather(struct cpl_tape *tape, struct cpl_value *x, const int32_t *rows,
                                int64_t n_rows)
{
    struct cpl_value *y =
        cpl_tape_value(tape, n_rows, x->data.cols, x->data.dtype, x->needs_gradient);
    cpl_run_gather_rows(tape, rows_of(x->data, y->data, rows));
    struct gather_record *r =
        y->needs_gradient ? cpl_tape_record(tape, sizeof *r, gather_backward) : NULL;
    if (r) {
        r->x = x;
        r->y = y;
        r->rows = rows;
    }
    return y;
}
