/* Sum of two values [N, D].  `a` is used up: its memory becomes the sum's where no backward
 * reads it. */
#include "op/launch.h"
#include "op/op.h"

#include <assert.h>

struct add_record {
    struct cpl_record base;
    struct cpl_value *a, *b, *y;
};

/* y = a + b: da = dy, db = dy */
static void add_backward(struct cpl_tape *tape, void *record)
{
    struct add_record *r = record;
    struct cpl_tensor dy = r->y->gradient;
    if (!dy.data)
        return;
    if (r->a->needs_gradient && r->b->needs_gradient) {
        bool first;
        struct cpl_tensor da = cpl_tape_gradient(tape, r->a, &first);
        if (first)
            cpl_copy_tensor(tape, da, dy);
        else
            cpl_add_tensor(tape, da, dy);
    } else if (r->a->needs_gradient) {
        cpl_tape_give_gradient(tape, r->a, &r->y->gradient);
        return;
    }
    cpl_tape_give_gradient(tape, r->b, &r->y->gradient);
}

struct cpl_value *cpl_op_add(struct cpl_tape *tape, struct cpl_value *a, struct cpl_value *b)
{
    assert(a->data.rows == b->data.rows && a->data.cols == b->data.cols && a != b);
    struct cpl_value *y = cpl_in_place_value(tape, a, a->needs_gradient || b->needs_gradient);
    if (y->data.data != a->data.data)
        cpl_copy_tensor(tape, y->data, a->data);
    cpl_add_tensor(tape, y->data, b->data);
    struct add_record *r =
        y->needs_gradient ? cpl_tape_record(tape, sizeof *r, add_backward) : NULL;
    if (r) {
        r->a = a;
        r->b = b;
        r->y = y;
    }
    return y;
}
