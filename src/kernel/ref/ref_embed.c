/* Sums of rows of tables, and rows picked by number. */
#include "kernel/ref/ref.h"

#include <assert.h>

void cpl_embed_forward_c(struct cpl_queue *queue, const struct cpl_embed_args *a)
{
#pragma omp parallel for num_threads(queue->threads)
    for (int64_t i = 0; i < a->rows; i++)
        for (int64_t col = 0; col < a->cols; col++) {
            cpl_real sum = 0;
            for (int t = 0; t < CPL_EMBED_TABLES; t++)
                if (a->index[t])
                    sum += a->table[t][a->index[t][i] * a->cols + col];
            cpl_store(a->out, a->dtype, i * a->stride + col, sum);
        }
}

/* Rows repeat, so tasks share columns out, never rows: each sum keeps the order of i. */
void cpl_embed_backward_c(struct cpl_queue *queue, const struct cpl_embed_args *a)
{
#pragma omp parallel for num_threads(queue->threads)
    for (int64_t begin = 0; begin < a->cols; begin += CPL_COLUMN_BLOCK) {
        int64_t end = begin + CPL_COLUMN_BLOCK < a->cols ? begin + CPL_COLUMN_BLOCK : a->cols;
        for (int t = 0; t < CPL_EMBED_TABLES; t++) {
            if (!a->index[t] || !a->gradient[t])
                continue;
            for (int64_t i = 0; i < a->rows; i++)
                for (int64_t col = begin; col < end; col++)
                    a->gradient[t][a->index[t][i] * a->cols + col] +=
                        cpl_load(a->out, a->dtype, i * a->stride + col);
        }
    }
}

void cpl_gather_rows_c(struct cpl_queue *queue, const struct cpl_gather_args *a)
{
#pragma omp parallel for num_threads(queue->threads)
    for (int64_t p = 0; p < a->rows; p++)
        for (int64_t col = 0; col < a->cols; col++)
            cpl_store(a->y, a->dtype, p * a->y_stride + col,
                      cpl_load(a->x, a->dtype, a->index[p] * a->x_stride + col));
}

void cpl_scatter_rows_c(struct cpl_queue *queue, const struct cpl_gather_args *a)
{
#pragma omp parallel for num_threads(queue->threads)
    for (int64_t p = 0; p < a->rows; p++)
        for (int64_t col = 0; col < a->cols; col++) {
            int64_t at = a->index[p] * a->x_stride + col;
            cpl_store(a->x, a->dtype, at,
                      cpl_load(a->x, a->dtype, at) +
                          cpl_load(a->y, a->dtype, p * a->y_stride + col));
        }
}
