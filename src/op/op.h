/* The ops: each runs at once on the tape's queue and leaves its record.  Shapes in brackets. */
#ifndef CPL_OP_OP_H
#define CPL_OP_OP_H

#include "graph/tape.h"

/* [N, D] = sum of rows of up to three tables (tokens, positions, segments), each [., D]. */
struct cpl_value *cpl_op_embed(struct cpl_tape *tape,
                               struct cpl_weight *const table[CPL_EMBED_TABLES],
                               const int32_t *const index[CPL_EMBED_TABLES], int64_t rows);

/* y [N, out] = act(x [N, in] W^T + b) + residual; W [out, in], b [1, out] or NULL, residual [N,
 * out] or NULL.  Backward: dW += dz^T x, db += column sums of dz, dx = dz W, where dz = dy
 * act'(z). */
struct cpl_linear_options {
    enum cpl_activation activation;
    struct cpl_value *residual;
};
struct cpl_value *cpl_op_linear(struct cpl_tape *tape, struct cpl_value *x,
                                struct cpl_weight *weight, struct cpl_weight *bias,
                                const struct cpl_linear_options *options);

/* y [N, D] = norm(x) gamma + beta; beta may be NULL. */
struct cpl_value *cpl_op_norm(struct cpl_tape *tape, struct cpl_value *x,
                              enum cpl_norm_kind kind, struct cpl_weight *gamma,
                              struct cpl_weight *beta, double eps);

struct cpl_value *cpl_op_activation(struct cpl_tape *tape, struct cpl_value *x,
                                    enum cpl_activation activation);

/* o [N, H*E] from qkv [N, (H+2G)*E] (queries, keys, values side by side) of the ragged batch.
 */
struct cpl_attention_options {
    int64_t heads, kv_heads, width; /* H, G, E */
    bool causal;
    int64_t window; /* 0: none */
    double scale;   /* 0: 1/sqrt(E) */
    double dropout; /* of the probabilities, when the tape is training */
};
/* A cache of keys and values that the new ones are appended to before attending (inference
 * only): sequence b has slots [b*capacity, (b+1)*capacity) of rows, of which length[b] are
 * filled. */
struct cpl_kv_layer {
    void *k, *v; /* [sequences * capacity, G*E] of the tape's dtype */
    int64_t capacity;
};
struct cpl_value *cpl_op_attention(struct cpl_tape *tape, struct cpl_value *qkv,
                                   const int32_t *offsets, int64_t sequences,
                                   const struct cpl_attention_options *options);
/* The same with a cache; cached[b]: keys already there, before this call. */
struct cpl_value *cpl_op_attention_cached(struct cpl_tape *tape, struct cpl_value *qkv,
                                          const int32_t *offsets, int64_t sequences,
                                          const struct cpl_attention_options *options,
                                          const struct cpl_kv_layer *cache,
                                          const int32_t *cached);

/* x itself unless the tape is training and p > 0.  Masks depend on (seed, step, site, element of the
 * step's batch) only.  Uses x up: only the result may be used afterwards. */
struct cpl_value *cpl_op_dropout(struct cpl_tape *tape, struct cpl_value *x, double p);

/* a + b, both [N, D].  Uses a up: only the result may be used afterwards. */
struct cpl_value *cpl_op_add(struct cpl_tape *tape, struct cpl_value *a, struct cpl_value *b);

/* y [P, D] = x[rows]; rows ascending, borrowed until the tape is reset. */
struct cpl_value *cpl_op_gather(struct cpl_tape *tape, struct cpl_value *x, const int32_t *rows,
                                int64_t n_rows);

/* Sum over P rows of the cross-entropy of x [P, D] E^T [D, V] + bias [1, V] (NULL: none) with
 * the labels, in blocks of rows: [P, V] is never in memory.  On a recording tape the gradients
 * of the sum (times `weight`) are computed on the way: E.gradient and bias.gradient are added
 * to at once, that of x is kept for backward.  Sums are not divided: the caller divides once a
 * step by all counts. */
struct cpl_loss {
    double sum;      /* nats */
    int64_t count;   /* P */
    int64_t correct; /* rows whose label is the most probable */
    double *each;    /* [P] in the tape's arena: the loss of each row */
    uint8_t *hit;    /* [P] */
};
void cpl_op_vocabulary_loss(struct cpl_tape *tape, struct cpl_loss *out, struct cpl_value *x,
                            struct cpl_weight *embedding, struct cpl_weight *bias,
                            const int32_t *labels, int64_t n_labels, double weight);

/* logits [P, V] f32, for inference: x E^T + bias. */
struct cpl_value *cpl_op_logits(struct cpl_tape *tape, struct cpl_value *x,
                                struct cpl_weight *embedding, struct cpl_weight *bias);

#endif
