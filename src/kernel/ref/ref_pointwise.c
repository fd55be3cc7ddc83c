/* Dropout, sums and conversions. */
#include "kernel/ref/ref.h"

#include "base/philox.h"

/* A row: its counters are consecutive, four of them share a block of random words. */
static void dropout_row(const struct cpl_dropout_args *a, int64_t row)
{
    uint32_t threshold = cpl_dropout_threshold(a->p);
    cpl_real scale = (cpl_real)(1 / (1 - a->p));
    uint64_t counter = a->index_base + (uint64_t)(row * a->cols);
    struct cpl_rng_block block = cpl_philox(a->key, counter >> 2);
    for (int64_t col = 0; col < a->cols; col++, counter++) {
        if ((counter & 3) == 0)
            block = cpl_philox(a->key, counter >> 2);
        cpl_real x = cpl_load(a->x, a->dtype, row * a->x_stride + col);
        cpl_store(a->y, a->dtype, row * a->y_stride + col,
                  block.word[counter & 3] >= threshold ? x * scale : 0);
    }
}

void cpl_dropout_c(struct cpl_queue *queue, const struct cpl_dropout_args *a)
{
#pragma omp parallel for num_threads(queue->threads)
    for (int64_t row = 0; row < a->rows; row++)
        dropout_row(a, row);
}

void cpl_add_c(struct cpl_queue *queue, const struct cpl_add_args *a)
{
#pragma omp parallel for num_threads(queue->threads)
    for (int64_t row = 0; row < a->rows; row++)
        for (int64_t col = 0; col < a->cols; col++) {
            int64_t at = row * a->y_stride + col;
            cpl_store(a->y, a->dtype, at,
                      cpl_load(a->y, a->dtype, at) +
                          cpl_load(a->x, a->dtype, row * a->x_stride + col));
        }
}

void cpl_convert_c(struct cpl_queue *queue, const struct cpl_convert_args *a)
{
#pragma omp parallel for num_threads(queue->threads)
    for (int64_t row = 0; row < a->rows; row++)
        for (int64_t col = 0; col < a->cols; col++)
            cpl_store(a->y, a->y_dtype, row * a->y_stride + col,
                      cpl_load(a->x, a->x_dtype, row * a->x_stride + col));
}

void cpl_column_sum_c(struct cpl_queue *queue, const struct cpl_column_sum_args *a)
{
#pragma omp parallel for num_threads(queue->threads)
    for (int64_t begin = 0; begin < a->cols; begin += CPL_COLUMN_BLOCK) {
        int64_t end = begin + CPL_COLUMN_BLOCK < a->cols ? begin + CPL_COLUMN_BLOCK : a->cols;
        double sum[CPL_COLUMN_BLOCK] = {0};
        for (int64_t row = 0; row < a->rows; row++)
            for (int64_t col = begin; col < end; col++)
                sum[col - begin] += (double)cpl_load(a->x, a->dtype, row * a->x_stride + col);
        for (int64_t col = begin; col < end; col++)
            a->out[col] += (cpl_real)sum[col - begin];
    }
}
