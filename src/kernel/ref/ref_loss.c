/* Cross-entropy of a softmax over rows of logits, with its gradient. */
#include "kernel/ref/ref.h"

#include <assert.h>
#include <math.h>

static void cross_entropy_row(const struct cpl_cross_entropy_args *a, int64_t row)
{
    int64_t x = row * a->logits_stride, label = a->labels[row], largest = 0;
    assert(label >= 0 && label < a->cols);
    cpl_real maximum = cpl_load(a->logits, a->logits_dtype, x);
    for (int64_t col = 1; col < a->cols; col++) {
        cpl_real value = cpl_load(a->logits, a->logits_dtype, x + col);
        if (value > maximum) {
            maximum = value;
            largest = col;
        }
    }
    double sum = 0;
    for (int64_t col = 0; col < a->cols; col++)
        sum += exp((double)(cpl_load(a->logits, a->logits_dtype, x + col) - maximum));
    double shifted = (double)(cpl_load(a->logits, a->logits_dtype, x + label) - maximum);
    a->loss[row] = log(sum) - shifted;
    a->correct[row] = largest == label;
    if (!a->gradient)
        return;
    for (int64_t col = 0; col < a->cols; col++) {
        double value = (double)(cpl_load(a->logits, a->logits_dtype, x + col) - maximum);
        double p = exp(value) / sum - (col == label);
        cpl_store(a->gradient, a->gradient_dtype, row * a->gradient_stride + col,
                  (cpl_real)(a->scale * p));
    }
}

void cpl_cross_entropy_c(struct cpl_queue *queue, const struct cpl_cross_entropy_args *a)
{
#pragma omp parallel for num_threads(queue->threads)
    for (int64_t row = 0; row < a->rows; row++)
        cross_entropy_row(a, row);
}
