/* Cross-entropy against the vocabulary, and logits for inference.
 *
 *     x [P, D], E [V, D], b [1, V]:   loss = sum over p of  log sum_v exp(l_pv) - l_p,label(p)
 *     l = x E^T + b
 *
 * Logits exist for a block of rows at a time.  When recording, their gradient
 * g = weight (softmax(l) - onehot(label)) replaces them in place and is used up at once:
 *
 *     dx = g E,   dE += g^T x,   db += column sums of g */
#include "op/launch.h"
#include "op/op.h"

#include <assert.h>
#include <string.h>

/* Most rows of a block: enough that the passes over E and dE, which each block makes, cost little
 * beside the products; few enough that [R, V] is no larger than a few activations. */
#define BLOCK_ROWS 512
#define BLOCK_STEP 16

struct loss_record {
    struct cpl_record base;
    struct cpl_value *x;
    struct cpl_tensor dx;
};

struct loss_call {
    struct cpl_tensor x;      /* [P, D] */
    struct cpl_tensor dx;     /* [P, D]; data NULL: not wanted */
    struct cpl_tensor logits; /* [R, V], turned into their gradient */
    struct cpl_weight *embedding, *bias;
    const int32_t *labels;
    double weight;
    struct cpl_loss *loss;
    bool gradients;
};

static void loss_backward(struct cpl_tape *tape, void *record)
{
    struct loss_record *r = record;
    cpl_tape_give_gradient(tape, r->x, &r->dx);
}

/* l = x E^T + b */
static void multiply_logits(struct cpl_tape *tape, struct cpl_tensor logits,
                            struct cpl_tensor x, struct cpl_weight *embedding,
                            const struct cpl_weight *bias)
{
    struct cpl_packed packed;
    cpl_run_gemm(tape, (struct cpl_gemm_args){.m = x.rows,
                                              .n = logits.cols,
                                              .k = x.cols,
                                              .a = cpl_operand(x),
                                              .packed_b = cpl_weight_packed(
                                                  tape, embedding, CPL_PACK_FORWARD, &packed),
                                              .compute = tape->activations,
                                              .c = logits.data,
                                              .c_dtype = logits.dtype,
                                              .c_stride = logits.stride,
                                              .alpha = 1,
                                              .bias = bias ? bias->value.data : NULL});
}

/* l = x E^T: dx = g E */
static void input_gradient(struct cpl_tape *tape, const struct loss_call *call,
                           struct cpl_tensor g, struct cpl_tensor dx)
{
    struct cpl_packed packed;
    cpl_run_gemm(
        tape, (struct cpl_gemm_args){.m = g.rows,
                                     .n = dx.cols,
                                     .k = g.cols,
                                     .a = cpl_operand(g),
                                     .packed_b = cpl_weight_packed(tape, call->embedding,
                                                                   CPL_PACK_BACKWARD, &packed),
                                     .compute = tape->activations,
                                     .c = dx.data,
                                     .c_dtype = dx.dtype,
                                     .c_stride = dx.stride,
                                     .alpha = 1});
}

/* l = x E^T: dE += g^T x */
static void embedding_gradient(struct cpl_tape *tape, const struct loss_call *call,
                               struct cpl_tensor g, struct cpl_tensor x)
{
    struct cpl_tensor de = call->embedding->gradient;
    cpl_run_gemm(tape, (struct cpl_gemm_args){.m = g.cols,
                                              .n = x.cols,
                                              .k = g.rows,
                                              .a = cpl_operand_transposed(g),
                                              .b = cpl_operand(x),
                                              .compute = tape->activations,
                                              .c = de.data,
                                              .c_dtype = de.dtype,
                                              .c_stride = de.stride,
                                              .alpha = 1,
                                              .beta = 1});
}

static void loss_block(struct cpl_tape *tape, const struct loss_call *call, int64_t begin,
                       int64_t rows)
{
    struct cpl_tensor x = cpl_tensor_rows(call->x, begin, rows);
    struct cpl_tensor logits = cpl_tensor_rows(call->logits, 0, rows);
    multiply_logits(tape, logits, x, call->embedding, call->bias);
    cpl_run_cross_entropy(
        tape, (struct cpl_cross_entropy_args){.rows = rows,
                                              .cols = logits.cols,
                                              .logits = logits.data,
                                              .logits_dtype = logits.dtype,
                                              .logits_stride = logits.stride,
                                              .labels = call->labels + begin,
                                              .scale = call->weight,
                                              .loss = call->loss->each + begin,
                                              .correct = call->loss->hit + begin,
                                              .gradient = call->gradients ? logits.data : NULL,
                                              .gradient_dtype = logits.dtype,
                                              .gradient_stride = logits.stride});
    if (!call->gradients)
        return;
    if (call->dx.data)
        input_gradient(tape, call, logits, cpl_tensor_rows(call->dx, begin, rows));
    if (cpl_weight_wants_gradient(call->embedding))
        embedding_gradient(tape, call, logits, x);
    cpl_bias_gradient(tape, call->bias, logits);
}

/* Blocks of equal size, so that none is left over that is too small to be fast. */
static int64_t block_rows(int64_t count)
{
    int64_t blocks = (count + BLOCK_ROWS - 1) / BLOCK_ROWS;
    int64_t rows = blocks > 0 ? (count + blocks - 1) / blocks : 0;
    int64_t rounded = (rows + BLOCK_STEP - 1) / BLOCK_STEP * BLOCK_STEP;
    return rounded < count ? rounded : count;
}

static void add_up(struct cpl_loss *loss)
{
    for (int64_t p = 0; p < loss->count; p++) {
        loss->sum += loss->each[p];
        loss->correct += loss->hit[p];
    }
}

void cpl_op_vocabulary_loss(struct cpl_tape *tape, struct cpl_loss *out, struct cpl_value *x,
                            struct cpl_weight *embedding, struct cpl_weight *bias,
                            const int32_t *labels, int64_t n_labels, double weight)
{
    assert(x->data.rows == n_labels && x->data.cols == embedding->value.cols);
    *out = (struct cpl_loss){.count = n_labels};
    out->each = cpl_tape_memory(tape, (size_t)n_labels, sizeof *out->each);
    out->hit = cpl_tape_memory(tape, (size_t)n_labels, sizeof *out->hit);
    if (!out->each || !out->hit)
        return;
    memset(out->each, 0, (size_t)n_labels * sizeof *out->each);
    memset(out->hit, 0, (size_t)n_labels * sizeof *out->hit);
    struct loss_call call = {.x = x->data,
                             .embedding = embedding,
                             .bias = bias,
                             .labels = labels,
                             .weight = weight,
                             .loss = out,
                             .gradients = tape->recording};
    if (x->needs_gradient)
        call.dx = cpl_tape_buffer(tape, n_labels, x->data.cols, x->data.dtype);
    /* Without gradients the logits stay in f32: measurements get all the digits there are. */
    int64_t block = block_rows(n_labels);
    call.logits = cpl_tape_buffer(tape, block, embedding->value.rows,
                                  call.gradients ? tape->activations : CPL_DTYPE_f32);
    for (int64_t begin = 0; begin < n_labels; begin += block) {
        int64_t rows = n_labels - begin < block ? n_labels - begin : block;
        loss_block(tape, &call, begin, rows);
    }
    cpl_tape_release(tape, &call.logits);
    add_up(out);
    struct loss_record *r =
        x->needs_gradient ? cpl_tape_record(tape, sizeof *r, loss_backward) : NULL;
    if (r) {
        r->x = x;
        r->dx = call.dx;
    }
}

struct cpl_value *cpl_op_logits(struct cpl_tape *tape, struct cpl_value *x,
                                struct cpl_weight *embedding, struct cpl_weight *bias)
{
    struct cpl_value *logits =
        cpl_tape_value(tape, x->data.rows, embedding->value.rows, CPL_DTYPE_f32, false);
    multiply_logits(tape, logits->data, x->data, embedding, bias);
    return logits;
}
