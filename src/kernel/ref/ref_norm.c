/* Layer normalisation (Ba, Kiros and Hinton, 2016) and RMS normalisation (Zhang and Sennrich,
 * 2019). */
#include "kernel/ref/ref.h"

#include <math.h>

static void forward_row(const struct cpl_norm_args *a, int64_t row)
{
    int64_t x = row * a->x_stride, y = row * a->y_stride, n = a->cols;
    double mean = 0, square = 0;
    if (a->kind == CPL_NORM_LAYER) {
        for (int64_t col = 0; col < n; col++)
            mean += (double)cpl_load(a->x, a->dtype, x + col);
        mean /= (double)n;
    }
    for (int64_t col = 0; col < n; col++) {
        double centred = (double)cpl_load(a->x, a->dtype, x + col) - mean;
        square += centred * centred;
    }
    double rstd = 1 / sqrt(square / (double)n + a->eps);
    for (int64_t col = 0; col < n; col++) {
        cpl_real xhat = (cpl_real)(((double)cpl_load(a->x, a->dtype, x + col) - mean) * rstd);
        cpl_real bias = a->beta ? a->beta[col] : 0;
        cpl_store(a->y, a->dtype, y + col, xhat * a->gamma[col] + bias);
    }
    if (a->mean)
        a->mean[row] = (cpl_real)mean;
    if (a->rstd)
        a->rstd[row] = (cpl_real)rstd;
}

void cpl_norm_forward_c(struct cpl_queue *queue, const struct cpl_norm_args *a)
{
#pragma omp parallel for num_threads(queue->threads)
    for (int64_t row = 0; row < a->rows; row++)
        forward_row(a, row);
}

static cpl_real xhat_of(const struct cpl_norm_args *a, int64_t row, int64_t col)
{
    cpl_real mean = a->kind == CPL_NORM_LAYER ? a->mean[row] : 0;
    return (cpl_load(a->x, a->dtype, row * a->x_stride + col) - mean) * a->rstd[row];
}

/* xhat has zero mean and unit mean square over the row, which gives the two projections. */
static void backward_row(const struct cpl_norm_args *a, int64_t row)
{
    int64_t dy = row * a->dy_stride, dx = row * a->dx_stride, n = a->cols;
    double mean_g = 0, mean_g_xhat = 0;
    for (int64_t col = 0; col < n; col++) {
        double g = (double)(cpl_load(a->dy, a->dtype, dy + col) * a->gamma[col]);
        mean_g += g;
        mean_g_xhat += g * (double)xhat_of(a, row, col);
    }
    mean_g = a->kind == CPL_NORM_LAYER ? mean_g / (double)n : 0;
    mean_g_xhat /= (double)n;
    for (int64_t col = 0; col < n; col++) {
        cpl_real g = cpl_load(a->dy, a->dtype, dy + col) * a->gamma[col];
        cpl_real value = a->rstd[row] *
                         (g - (cpl_real)mean_g - xhat_of(a, row, col) * (cpl_real)mean_g_xhat);
        if (a->accumulate)
            value += cpl_load(a->dx, a->dtype, dx + col);
        cpl_store(a->dx, a->dtype, dx + col, value);
    }
}

static void backward_columns(const struct cpl_norm_args *a, int64_t begin, int64_t end)
{
    double dgamma[CPL_COLUMN_BLOCK] = {0}, dbeta[CPL_COLUMN_BLOCK] = {0};
    for (int64_t row = 0; row < a->rows; row++)
        for (int64_t col = begin; col < end; col++) {
            cpl_real dy = cpl_load(a->dy, a->dtype, row * a->dy_stride + col);
            dgamma[col - begin] += (double)(dy * xhat_of(a, row, col));
            dbeta[col - begin] += (double)dy;
        }
    for (int64_t col = begin; col < end; col++) {
        if (a->dgamma)
            a->dgamma[col] += (cpl_real)dgamma[col - begin];
        if (a->dbeta)
            a->dbeta[col] += (cpl_real)dbeta[col - begin];
    }
}

/* Parameters first: dx may be dy's memory. */
void cpl_norm_backward_c(struct cpl_queue *queue, const struct cpl_norm_args *a)
{
    if (a->dgamma || a->dbeta) {
#pragma omp parallel for num_threads(queue->threads)
        for (int64_t begin = 0; begin < a->cols; begin += CPL_COLUMN_BLOCK) {
            int64_t end =
                begin + CPL_COLUMN_BLOCK < a->cols ? begin + CPL_COLUMN_BLOCK : a->cols;
            backward_columns(a, begin, end);
        }
    }
    if (!a->dx)
        return;
#pragma omp parallel for num_threads(queue->threads)
    for (int64_t row = 0; row < a->rows; row++)
        backward_row(a, row);
}
