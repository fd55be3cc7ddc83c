/* Muon (Jordan et al., 2024) by the formula of torch.optim.Muon:
 *
 *     B = mu B + (1 - mu) G
 *     U = mu B + (1 - mu) G                                (Nesterov)
 *     X = U / max(|U|, 1e-7)
 *     five times:  A = X X^T,  X = a X + (b A + c A A) X    (Newton-Schulz towards the nearest
 *                                                            orthogonal matrix)
 *     W = (1 - lr decay) W - lr adjust(rows, cols) X
 *
 * Tall matrices use A = X^T X and X = a X + X (b A + c A A), which is the same as transposing.
 * Each part of a block is a matrix of its own. */
#include "optim/muon.h"

#include "base/memory.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>

#define ITERATIONS 5
#define SMALLEST_NORM 1e-7
static const double ns_a = 3.4445, ns_b = -4.7750, ns_c = 2.0315;

cpl_status cpl_muon_work_init(struct cpl_muon_work *work, int64_t largest_part,
                              int64_t largest_side, struct cpl_error *error)
{
    size_t part = (size_t)largest_part, square = (size_t)(largest_side * largest_side);
    *work = (struct cpl_muon_work){0};
    CPL_TRY(cpl_memory_new(&work->update, part, sizeof(cpl_real), error));
    CPL_TRY(cpl_memory_new(&work->next, part, sizeof(cpl_real), error));
    CPL_TRY(cpl_memory_new(&work->gram, square, sizeof(cpl_real), error));
    return cpl_memory_new(&work->poly, square, sizeof(cpl_real), error);
}

void cpl_muon_work_clear(struct cpl_muon_work *work)
{
    free(work->update);
    free(work->next);
    free(work->gram);
    free(work->poly);
    *work = (struct cpl_muon_work){0};
}

/* y = a x + b y over n elements */
static void axpby(struct cpl_queue *queue, int64_t n, double a, const cpl_real *x, double b,
                  cpl_real *y)
{
    struct cpl_axpby_args args = {.n = n, .a = a, .b = b, .x = x, .y = y};
    queue->kernels->axpby(queue, &args);
}

static struct cpl_gemm_operand plain(const cpl_real *x, int64_t cols)
{
    return (struct cpl_gemm_operand){x, CPL_DTYPE_f32, cols, 1};
}

static struct cpl_gemm_operand transposed(const cpl_real *x, int64_t cols)
{
    return (struct cpl_gemm_operand){x, CPL_DTYPE_f32, 1, cols};
}

/* C [m, n] = alpha A [m, k] B [k, n] + beta C */
static void multiply(struct cpl_queue *queue, cpl_dtype compute, int64_t m, int64_t n,
                     int64_t k, double alpha, struct cpl_gemm_operand a,
                     struct cpl_gemm_operand b, double beta, cpl_real *c)
{
    struct cpl_gemm_args args = {.m = m,
                                 .n = n,
                                 .k = k,
                                 .a = a,
                                 .b = b,
                                 .compute = compute,
                                 .c = c,
                                 .c_dtype = CPL_DTYPE_f32,
                                 .c_stride = n,
                                 .alpha = (cpl_real)alpha,
                                 .beta = (cpl_real)beta};
    queue->kernels->gemm(queue, &args);
}

/* One round of Newton-Schulz: work->update -> work->next, then swapped. */
static void newton_schulz(struct cpl_muon_work *work, struct cpl_queue *queue,
                          cpl_dtype compute, int64_t rows, int64_t cols)
{
    const cpl_real *x = work->update;
    bool tall = rows > cols;
    int64_t side = tall ? cols : rows, other = tall ? rows : cols;
    struct cpl_gemm_operand as_is = plain(x, cols), flipped = transposed(x, cols);
    struct cpl_gemm_operand gram = plain(work->gram, side), poly = plain(work->poly, side);
    multiply(queue, compute, side, side, other, 1, tall ? flipped : as_is,
             tall ? as_is : flipped, 0, work->gram);
    axpby(queue, side * side, 1, work->gram, 0, work->poly);
    multiply(queue, compute, side, side, side, ns_c, gram, gram, ns_b, work->poly);
    axpby(queue, rows * cols, 1, x, 0, work->next);
    multiply(queue, compute, rows, cols, side, 1, tall ? as_is : poly, tall ? poly : as_is,
             ns_a, work->next);
    work->update = work->next;
    work->next = (cpl_real *)(uintptr_t)x;
}

static double adjustment(enum cpl_muon_adjust adjust, int64_t rows, int64_t cols)
{
    double r = (double)rows, c = (double)cols;
    return adjust == CPL_MUON_ORIGINAL ? sqrt(fmax(1, r / c)) : 0.2 * sqrt(fmax(r, c));
}

void cpl_muon_step(const struct cpl_optimizer_options *options,
                   const struct cpl_optimizer_block *block, struct cpl_muon_work *work,
                   struct cpl_queue *queue, cpl_real *value, const cpl_real *gradient,
                   cpl_real *momentum, double scale, double lr)
{
    int64_t rows = block->rows / block->parts, cols = block->cols, count = rows * cols;
    double mu = options->momentum, fresh = (1 - mu) * scale;
    double kept = 1 - (block->decays ? lr * options->weight_decay : 0);
    double rate = lr * adjustment(options->adjust, rows, cols);
    for (int part = 0; part < block->parts; part++) {
        const cpl_real *g = gradient + part * count;
        cpl_real *m = momentum + part * count;
        axpby(queue, count, fresh, g, mu, m);
        axpby(queue, count, mu, m, 0, work->update);
        axpby(queue, count, fresh, g, 1, work->update);
        double norm = cpl_flat_norm(queue, work->update, count);
        axpby(queue, count, 0, NULL, 1 / fmax(norm, SMALLEST_NORM), work->update);
        for (int i = 0; i < ITERATIONS; i++)
            newton_schulz(work, queue, options->compute, rows, cols);
        axpby(queue, count, -rate, work->update, kept, value + part * count);
    }
}
