/* Flat arrays of the optimizer.  AdamW: Loshchilov and Hutter, 2019. */
#include "kernel/ref/ref.h"

#include <math.h>
#include <tgmath.h>

void cpl_axpby_c(struct cpl_queue *queue, const struct cpl_axpby_args *args)
{
    cpl_real a = (cpl_real)args->a, b = (cpl_real)args->b;
    const cpl_real *x = a != 0 ? args->x : NULL;
    cpl_real *y = args->y;
#pragma omp parallel for num_threads(queue->threads)
    for (int64_t i = 0; i < args->n; i++)
        y[i] = (x ? a * x[i] : 0) + (b != 0 ? b * y[i] : 0);
}

void cpl_adamw_c(struct cpl_queue *queue, const struct cpl_adamw_args *a)
{
    cpl_real scale = (cpl_real)a->scale, eps = (cpl_real)a->eps;
    cpl_real beta1 = (cpl_real)a->beta1, rest1 = (cpl_real)(1 - a->beta1);
    cpl_real beta2 = (cpl_real)a->beta2, rest2 = (cpl_real)(1 - a->beta2);
    cpl_real shrink = (cpl_real)(1 - a->lr * a->decay);
    cpl_real step = (cpl_real)(a->lr / a->correction1);
    cpl_real root2 = (cpl_real)(1 / (double)sqrt(a->correction2));
#pragma omp parallel for num_threads(queue->threads)
    for (int64_t i = 0; i < a->n; i++) {
        cpl_real g = scale * a->gradient[i];
        cpl_real m = a->m[i] = beta1 * a->m[i] + rest1 * g;
        cpl_real v = a->v[i] = beta2 * a->v[i] + rest2 * (g * g);
        a->w[i] = shrink * a->w[i] - step * (m / (sqrt(v) * root2 + eps));
    }
}

/* Chunks of fixed length, added up in order. */
#define CHUNK 65536

void cpl_sum_squares_c(struct cpl_queue *queue, const struct cpl_sum_squares_args *a)
{
    int64_t chunks = (a->n + CHUNK - 1) / CHUNK;
    struct cpl_arena_mark mark = cpl_arena_mark(&queue->scratch);
    double *partial = cpl_arena_take(&queue->scratch, (size_t)chunks, sizeof *partial);
    if (!partial) {
        queue->out_of_memory = true;
        return;
    }
#pragma omp parallel for num_threads(queue->threads)
    for (int64_t chunk = 0; chunk < chunks; chunk++) {
        int64_t begin = chunk * CHUNK, end = begin + CHUNK < a->n ? begin + CHUNK : a->n;
        partial[chunk] = 0;
        for (int64_t i = begin; i < end; i++)
            partial[chunk] += (double)a->x[i] * (double)a->x[i];
    }
    *a->out = 0;
    for (int64_t chunk = 0; chunk < chunks; chunk++)
        *a->out += partial[chunk];
    cpl_arena_release(&queue->scratch, mark);
}
