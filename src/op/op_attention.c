/* Attention (Vaswani et al., 2017) inside each sequence of the ragged batch.
 *
 *     qkv [N, (H + 2G) E]:  | q: H heads | k: G heads | v: G heads |   -> o [N, H E]
 *     o_i = sum_j softmax_j(scale q_i . k_j) v_j,  query head h with key head h G / H
 *
 * Probabilities are never stored: backward computes them again from q, k and the row's
 * log-sum-exp (Dao et al., 2022). */
#include "op/launch.h"
#include "op/op.h"

#include <assert.h>
#include <math.h>

struct attention_record {
    struct cpl_record base;
    struct cpl_value *qkv, *o;
    struct cpl_tensor lse;          /* [N, H] */
    struct cpl_attention_args args; /* of forward */
};

static void *column(struct cpl_tensor x, int64_t begin, int64_t cols)
{
    return cpl_tensor_columns(x, begin, cols).data;
}

/* What forward and backward share; keys and values are those of qkv. */
static struct cpl_attention_args arguments(struct cpl_tensor qkv, const int32_t *offsets,
                                           int64_t sequences,
                                           const struct cpl_attention_options *options)
{
    int64_t q_cols = options->heads * options->width,
            k_cols = options->kv_heads * options->width;
    assert(qkv.cols == q_cols + 2 * k_cols);
    return (struct cpl_attention_args){
        .sequences = sequences,
        .q_begin = offsets,
        .q_end = offsets + 1,
        .k_begin = offsets,
        .k_end = offsets + 1,
        .heads = options->heads,
        .kv_heads = options->kv_heads,
        .width = options->width,
        .q = column(qkv, 0, q_cols),
        .k = column(qkv, q_cols, k_cols),
        .v = column(qkv, q_cols + k_cols, k_cols),
        .q_stride = qkv.stride,
        .k_stride = qkv.stride,
        .v_stride = qkv.stride,
        .scale = options->scale > 0 ? options->scale : 1 / sqrt((double)options->width),
        .causal = options->causal,
        .window = options->window,
        .dtype = qkv.dtype,
    };
}

/* dq, dk, dv from do, into one [N, (H + 2G) E]; the kernel writes it, so a gradient that is
 * already there is added afterwards. */
static void attention_backward(struct cpl_tape *tape, void *record)
{
    struct attention_record *r = record;
    struct cpl_attention_args args = r->args;
    struct cpl_tensor qkv = r->qkv->data, d_o = r->o->gradient;
    if (!d_o.data)
        return;
    struct cpl_tensor dqkv = cpl_tape_buffer(tape, qkv.rows, qkv.cols, qkv.dtype);
    int64_t q_cols = args.heads * args.width, k_cols = args.kv_heads * args.width;
    args.d_o = d_o.data;
    args.d_o_stride = d_o.stride;
    args.dq = column(dqkv, 0, q_cols);
    args.dk = column(dqkv, q_cols, k_cols);
    args.dv = column(dqkv, q_cols + k_cols, k_cols);
    args.dq_stride = args.dk_stride = args.dv_stride = dqkv.stride;
    cpl_run_attention_backward(tape, args);
    cpl_tape_give_gradient(tape, r->qkv, &dqkv);
    cpl_tape_release(tape, &r->o->gradient);
    cpl_tape_release(tape, &r->lse);
}

struct cpl_value *cpl_op_attention(struct cpl_tape *tape, struct cpl_value *qkv,
                                   const int32_t *offsets, int64_t sequences,
                                   const struct cpl_attention_options *options)
{
    struct cpl_tensor in = qkv->data;
    struct cpl_attention_args args = arguments(in, offsets, sequences, options);
    struct cpl_value *o = cpl_tape_value(tape, in.rows, options->heads * options->width,
                                         in.dtype, qkv->needs_gradient);
    struct cpl_tensor lse = {0};
    if (o->needs_gradient)
        lse = cpl_tape_buffer(tape, in.rows, options->heads, CPL_DTYPE_f32);
    args.o = o->data.data;
    args.o_stride = o->data.stride;
    args.lse = lse.data;
    if (tape->training && options->dropout > 0) {
        args.dropout = options->dropout;
        args.key = cpl_next_dropout_key(tape);
        args.query_base = (uint64_t)tape->token_base;
    }
    cpl_run_attention_forward(tape, args);
    struct attention_record *r =
        o->needs_gradient ? cpl_tape_record(tape, sizeof *r, attention_backward) : NULL;
    if (r) {
        r->qkv = qkv;
        r->o = o;
        r->lse = lse;
        r->args = args;
        qkv->kept = o->kept = true;
    }
    return o;
}

/* ---- with a cache
 * -------------------------------------------------------------------------------*/

/* Copies the new keys (or values) of each sequence behind those that the cache holds. */
static void append(struct cpl_tape *tape, void *cache, struct cpl_tensor fresh,
                   const int32_t *offsets, const int32_t *k_begin, const int32_t *cached,
                   int64_t sequences)
{
    for (int64_t b = 0; b < sequences; b++) {
        struct cpl_tensor from =
            cpl_tensor_rows(fresh, offsets[b], offsets[b + 1] - offsets[b]);
        struct cpl_tensor slots =
            cpl_tensor_of(cache, k_begin[b] + cached[b] + from.rows, fresh.cols, fresh.dtype);
        cpl_copy_tensor(tape, cpl_tensor_rows(slots, k_begin[b] + cached[b], from.rows), from);
    }
}

struct cpl_value *cpl_op_attention_cached(struct cpl_tape *tape, struct cpl_value *qkv,
                                          const int32_t *offsets, int64_t sequences,
                                          const struct cpl_attention_options *options,
                                          const struct cpl_kv_layer *cache,
                                          const int32_t *cached)
{
    assert(!tape->recording);
    struct cpl_tensor in = qkv->data;
    struct cpl_attention_args args = arguments(in, offsets, sequences, options);
    int64_t q_cols = options->heads * options->width,
            k_cols = options->kv_heads * options->width;
    struct cpl_value *o = cpl_tape_value(tape, in.rows, q_cols, in.dtype, false);
    int32_t *k_begin = cpl_tape_memory(tape, (size_t)sequences, sizeof *k_begin);
    int32_t *k_end = cpl_tape_memory(tape, (size_t)sequences, sizeof *k_end);
    if (!k_begin || !k_end)
        return o;
    for (int64_t b = 0; b < sequences; b++) {
        int32_t fresh = offsets[b + 1] - offsets[b];
        assert(cached[b] + fresh <= cache->capacity);
        k_begin[b] = (int32_t)(b * cache->capacity);
        k_end[b] = k_begin[b] + cached[b] + fresh;
    }
    append(tape, cache->k, cpl_tensor_columns(in, q_cols, k_cols), offsets, k_begin, cached,
           sequences);
    append(tape, cache->v, cpl_tensor_columns(in, q_cols + k_cols, k_cols), offsets, k_begin,
           cached, sequences);
    args.k = cache->k;
    args.v = cache->v;
    args.k_stride = args.v_stride = k_cols;
    args.k_begin = k_begin;
    args.k_end = k_end;
    args.o = o->data.data;
    args.o_stride = o->data.stride;
    cpl_run_attention_forward(tape, args);
    return o;
}
