/* The kernel table: raw pointers, sizes and strides in; no tensors, no graph, no models.
 *
 * A slot is the launch of a whole op on a device: it runs its own parallel loop with at most
 * queue->threads threads.  Work is cut by shape, never by the number of threads; every sum has a
 * fixed order that depends on its own length alone, so that the same call gives the same bits for
 * any number of threads and what a row gets never depends on how many rows there are.
 *
 * `dtype` of activations is f32 (cpl_real) or bf16; parameters, their gradients, statistics and sums
 * are cpl_real.  Strides count elements between rows.  "+=" marks outputs that are added to. */
#ifndef CPL_KERNEL_KERNEL_H
#define CPL_KERNEL_KERNEL_H

#include "base/arena.h"
#include "base/rng.h"
#include "tensor/dtype.h"
#include <stdbool.h>
#include <stdint.h>

enum cpl_activation {
#define ACTIVATION(name) CPL_ACTIVATION_##name,
#include "kernel/activations.def"
#undef ACTIVATION
    CPL_ACTIVATION_COUNT
};

enum cpl_norm_kind { CPL_NORM_LAYER, CPL_NORM_RMS };

/* ---- matrix products ---------------------------------------------------------------------------
 *
 * C[m,n] = act(alpha * A[m,k] B[k,n] + bias) + residual + beta * C
 *
 * Sums run over k in order within chunks that depend on k alone; operands of another dtype than
 * `compute` are converted while packing.  beta 0 never reads C. */
struct cpl_gemm_operand {
    const void *data;
    cpl_dtype dtype;
    int64_t row_stride, col_stride; /* one of them is 1 in all uses that must be fast */
};
/* Memory of a packed B; the layout is the instruction set's own. */
struct cpl_packed {
    void *data; /* 64-byte aligned, cpl_packed_bytes() long */
    int64_t k, n;
    cpl_dtype compute;
};
struct cpl_gemm_args {
    int64_t m, n, k;
    struct cpl_gemm_operand a, b;
    const struct cpl_packed *packed_b; /* used instead of b unless NULL */
    cpl_dtype compute;                 /* f32 or bf16: type of the products; sums are f32 */
    void *c;
    cpl_dtype c_dtype;
    int64_t c_stride;
    cpl_real alpha, beta;
    const cpl_real *bias; /* [n] or NULL */
    enum cpl_activation activation;
    void *preactivation;  /* alpha A B + bias before the activation, like c; NULL: not kept */
    const void *residual; /* [m, n] of c_dtype, or NULL; may be c itself */
    int64_t residual_stride;
};
struct cpl_gemm_pack_args {
    struct cpl_gemm_operand b; /* [k, n] */
    struct cpl_packed *packed; /* k, n, compute, data set by the caller */
};

/* ---- rows --------------------------------------------------------------------------------------*/
#define CPL_EMBED_TABLES 3
/* forward:  out[i] = sum over tables t of table[t][index[t][i]]
 * backward: gradient[t][index[t][i]] += out_gradient[i], in the order of i */
struct cpl_embed_args {
    int64_t rows, cols;
    const int32_t *index[CPL_EMBED_TABLES];  /* [rows]; NULL: table absent */
    const cpl_real *table[CPL_EMBED_TABLES]; /* [., cols] contiguous (forward) */
    cpl_real *gradient[CPL_EMBED_TABLES];    /* += (backward); NULL: frozen */
    void *out;                               /* forward: written; backward: read */
    cpl_dtype dtype;
    int64_t stride;
};
/* gather_rows:  y[p] = x[index[p]];   scatter_rows: x[index[p]] += y[p] (index without repeats) */
struct cpl_gather_args {
    int64_t rows, cols; /* of y */
    const int32_t *index;
    void *x;
    int64_t x_stride;
    void *y;
    int64_t y_stride;
    cpl_dtype dtype;
};

/* ---- normalisation -----------------------------------------------------------------------------
 * layer: mean over the row, rstd = 1/sqrt(variance + eps), xhat = (x - mean) rstd, y = xhat gamma + beta
 * rms:   rstd = 1/sqrt(mean square + eps), xhat = x rstd, y = xhat gamma (+ beta if there)
 * backward: g = dy gamma; dx (=, or += if accumulate) rstd (g - mean(g) - xhat mean(g xhat)), without
 * the mean(g) term for rms; dgamma += sum dy xhat; dbeta += sum dy. */
struct cpl_norm_args {
    enum cpl_norm_kind kind;
    int64_t rows, cols;
    double eps;
    const void *x;
    int64_t x_stride;
    void *y; /* forward */
    int64_t y_stride;
    const cpl_real *gamma, *beta; /* [cols], beta may be NULL */
    cpl_real *mean, *rstd; /* [rows]: written by forward, read by backward; mean NULL for rms */
    const void *dy;        /* backward */
    int64_t dy_stride;
    void *dx; /* NULL: not wanted */
    int64_t dx_stride;
    bool accumulate;
    cpl_real *dgamma, *dbeta; /* += ; NULL: frozen */
    cpl_dtype dtype;
};

/* ---- pointwise ---------------------------------------------------------------------------------*/
/* forward: y = act(x); backward: y = dy * act'(x), y may be dy. */
struct cpl_activation_args {
    enum cpl_activation activation;
    int64_t rows, cols;
    const void *x;
    int64_t x_stride;
    const void *dy;
    int64_t dy_stride;
    void *y;
    int64_t y_stride;
    cpl_dtype dtype;
};
/* y = x kept / (1 - p) where the uniform of element (row, col) is >= p, else 0; y may be x.  The same
 * call on gradients is the backward.  Counter of an element: index_base + row * cols + col, word
 * (counter & 3) of block (counter >> 2), kept iff word >= p * 2^32. */
struct cpl_dropout_args {
    int64_t rows, cols;
    const void *x;
    int64_t x_stride;
    void *y;
    int64_t y_stride;
    double p;
    struct cpl_rng_key key;
    uint64_t index_base;
    cpl_dtype dtype;
};
/* y += x */
struct cpl_add_args {
    int64_t rows, cols;
    const void *x;
    int64_t x_stride;
    void *y;
    int64_t y_stride;
    cpl_dtype dtype;
};
/* y = x with a change of type */
struct cpl_convert_args {
    int64_t rows, cols;
    const void *x;
    int64_t x_stride;
    cpl_dtype x_dtype;
    void *y;
    int64_t y_stride;
    cpl_dtype y_dtype;
};
/* out[col] += sum over rows of x[row, col] */
struct cpl_column_sum_args {
    int64_t rows, cols;
    const void *x;
    int64_t x_stride;
    cpl_dtype dtype;
    cpl_real *out;
};

/* ---- attention ---------------------------------------------------------------------------------
 * For every sequence b, head h, query i (row q_begin[b]+i, absolute position Tk - Tq + i):
 *   s_j = scale q_i . k_j  over the keys j in [0, Tk), row k_begin[b]+j; causal: j <= position;
 *   window w > 0: |position - j| <= w
 *   p = softmax(s), dropped out when dropout > 0;  o_i = sum_j p_j v_j;  lse_i = log sum exp s
 * Blocks of keys lie at absolute positions (multiples of a constant), so that a query gets the same
 * bits alone from the cache and together with all others.  Query head h uses key head h*G/H.
 * Dropout counter: (((query_base + q row) * H + h) << 20 | j).
 * backward: dq, dk, dv are written, not added to. */
struct cpl_attention_args {
    int64_t sequences;              /* B */
    const int32_t *q_begin, *q_end; /* [B] rows of q, o, lse */
    const int32_t *k_begin, *k_end; /* [B] rows of k, v */
    int64_t heads, kv_heads, width; /* H, G, E */
    const void *q, *k, *v;          /* [rows, H*E], [rows, G*E], [rows, G*E] */
    int64_t q_stride, k_stride, v_stride;
    void *o; /* forward: written; backward: read */
    int64_t o_stride;
    cpl_real *lse; /* [rows of q, H]; NULL: not kept (inference) */
    double scale;
    bool causal;
    int64_t window; /* 0: none */
    double dropout;
    struct cpl_rng_key key;
    uint64_t query_base;
    const void *d_o; /* backward */
    int64_t d_o_stride;
    void *dq, *dk, *dv;
    int64_t dq_stride, dk_stride, dv_stride;
    cpl_dtype dtype;
};

/* ---- loss --------------------------------------------------------------------------------------
 * For each row r with label y: loss[r] = log sum_j exp x_j - x_y; correct[r] = 1 if x_y is the largest
 * (first of equals); gradient (unless NULL, may be the logits' own memory when types agree)
 * = scale (softmax(x) - onehot(y)). */
struct cpl_cross_entropy_args {
    int64_t rows, cols; /* R, V */
    const void *logits;
    cpl_dtype logits_dtype;
    int64_t logits_stride;
    const int32_t *labels;
    double scale;
    double *loss;     /* [rows] */
    uint8_t *correct; /* [rows] */
    void *gradient;
    cpl_dtype gradient_dtype;
    int64_t gradient_stride;
};

/* ---- flat arrays of the optimizer ---------------------------------------------------------------*/
/* y = a x + b y; b 0 never reads y; x may be NULL when a is 0 (fill with 0 or scale) */
struct cpl_axpby_args {
    int64_t n;
    double a, b;
    const cpl_real *x;
    cpl_real *y;
};
/* AdamW (Loshchilov and Hutter, 2019), g = scale * gradient:
 * m = beta1 m + (1-beta1) g; v = beta2 v + (1-beta2) g^2;
 * w = w (1 - lr decay) - lr (m / correction1) / (sqrt(v / correction2) + eps) */
struct cpl_adamw_args {
    int64_t n;
    cpl_real *w, *m, *v;
    const cpl_real *gradient;
    double scale, lr, beta1, beta2, eps, decay;
    double correction1, correction2; /* 1 - beta^t */
};
/* *out = sum of squares, in double over fixed chunks; NaN or infinity in x shows in the result */
struct cpl_sum_squares_args {
    int64_t n;
    const cpl_real *x;
    double *out;
};

/* ---- the table ----------------------------------------------------------------------------------*/
struct cpl_queue;
struct cpl_kernels {
    const char
        *name; /* of the strongest instruction set in it: "c", "avx2", "avx512", "avx512bf16" */
#define KERNEL(slot, tag)                                                                      \
    void (*slot)(struct cpl_queue * queue, const struct cpl_##tag##_args *args);
#include "kernel/kernels.def"
#undef KERNEL
    size_t (*packed_bytes)(int64_t k, int64_t n, cpl_dtype compute);
};

/* In order of strength; each includes the ones before it.  The mask of a processor has a bit each. */
enum cpl_isa { CPL_ISA_C, CPL_ISA_AVX2, CPL_ISA_AVX512, CPL_ISA_AVX512BF16, CPL_ISA_COUNT };
const char *cpl_isa_name(enum cpl_isa isa);
/* Instruction sets that were compiled in and that this processor and its system support. */
unsigned cpl_isa_mask(void);
/* Fills the table with the plain C and overrides it with every set of `mask`, weakest first. */
void cpl_kernels_init(struct cpl_kernels *kernels, unsigned mask);
/* One function for each set, called by cpl_kernels_init; each in its own folder. */
void cpl_kernels_set_c(struct cpl_kernels *kernels);
void cpl_kernels_set_avx2(struct cpl_kernels *kernels);
void cpl_kernels_set_avx512(struct cpl_kernels *kernels);
void cpl_kernels_set_avx512bf16(struct cpl_kernels *kernels);
/* All slots do nothing: for dry runs that only count memory. */
void cpl_kernels_set_dry(struct cpl_kernels *kernels);

/* Where kernels are launched: one engine thread uses a queue. */
struct cpl_queue {
    const struct cpl_kernels *kernels;
    int threads;
    struct cpl_arena scratch; /* memory of one launch: taken, used, released by the slot */
    bool out_of_memory;       /* set by a slot that got no scratch; checked once a step */
};

#endif
