/* Embedding: each row is the sum of a row of every table (tokens, positions, segments).
 *
 *     y[i] = sum over t of table[t][index[t][i]]      tables [., D], indices [N], y [N, D] */
#include "op/launch.h"
#include "op/op.h"

struct embed_record {
    struct cpl_record base;
    struct cpl_value *y;
    struct cpl_weight *table[CPL_EMBED_TABLES];
    const int32_t *index[CPL_EMBED_TABLES];
};

/* dtable[t][index[t][i]] += dy[i] */
static void embed_backward(struct cpl_tape *tape, void *record)
{
    struct embed_record *r = record;
    struct cpl_tensor dy = r->y->gradient;
    if (!dy.data)
        return;
    struct cpl_embed_args args = {.rows = dy.rows,
                                  .cols = dy.cols,
                                  .out = dy.data,
                                  .dtype = dy.dtype,
                                  .stride = dy.stride};
    for (int t = 0; t < CPL_EMBED_TABLES; t++) {
        if (!cpl_weight_wants_gradient(r->table[t]))
            continue;
        args.index[t] = r->index[t];
        args.gradient[t] = r->table[t]->gradient.data;
    }
    cpl_run_embed_backward(tape, args);
    cpl_tape_release(tape, &r->y->gradient);
}

struct cpl_value *cpl_op_embed(struct cpl_tape *tape,
                               struct cpl_weight *const table[CPL_EMBED_TABLES],
                               const int32_t *const index[CPL_EMBED_TABLES], int64_t rows)
{
    bool wanted = false;
    int64_t cols = 0;
    struct cpl_embed_args args = {.rows = rows, .dtype = tape->activations};
    for (int t = 0; t < CPL_EMBED_TABLES; t++) {
        if (!table[t])
            continue;
        cols = table[t]->value.cols;
        args.table[t] = table[t]->value.data;
        args.index[t] = index[t];
        wanted = wanted || cpl_weight_wants_gradient(table[t]);
    }
    struct cpl_value *y = cpl_tape_value(tape, rows, cols, tape->activations, wanted);
    args.cols = cols;
    args.out = y->data.data;
    args.stride = y->data.stride;
    cpl_run_embed_forward(tape, args);
    struct embed_record *r =
        y->needs_gradient ? cpl_tape_record(tape, sizeof *r, embed_backward) : NULL;
    if (!r)
        return y;
    r->y = y;
    for (int t = 0; t < CPL_EMBED_TABLES; t++) {
        r->table[t] = table[t];
        r->index[t] = index[t];
    }
    return y;
}
