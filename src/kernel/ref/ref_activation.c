/* Activations.  GELU: Hendrycks and Gimpel, 2016; SiLU: Elfwing, Uchibe and Doya, 2017. */
#include "kernel/ref/ref_activation.h"

#include "kernel/ref/ref.h"

#include <math.h>
#include <tgmath.h>

#define SQRT_HALF ((cpl_real)0.70710678118654752440)
#define INV_SQRT_2PI ((cpl_real)0.39894228040143267794)
#define SQRT_2_OVER_PI ((cpl_real)0.79788456080286535588)
#define CUBIC ((cpl_real)0.044715)

static cpl_real sigmoid(cpl_real x) { return 1 / (1 + exp(-x)); }

/* Phi(x), by erfc where erf would cancel. */
static cpl_real normal_cdf(cpl_real x)
{
    return x < 0 ? erfc(-x * SQRT_HALF) / 2 : (1 + erf(x * SQRT_HALF)) / 2;
}

/* 1 + tanh(u) = 2 sigmoid(2u), which does not cancel for negative u. */
static cpl_real gelu_tanh_inner(cpl_real x) { return SQRT_2_OVER_PI * (x + CUBIC * x * x * x); }

static cpl_real gelu_tanh_slope(cpl_real x)
{
    cpl_real half = sigmoid(2 * gelu_tanh_inner(x)); /* (1 + tanh u) / 2 */
    cpl_real inner_slope = SQRT_2_OVER_PI * (1 + 3 * CUBIC * x * x);
    cpl_real product = half * (1 - half); /* (1 - tanh^2 u) / 4 */
    return product > 0 ? half + 2 * x * product * inner_slope : half;
}

cpl_real cpl_activation_value(enum cpl_activation activation, cpl_real x)
{
    switch (activation) {
    case CPL_ACTIVATION_gelu: return x * normal_cdf(x);
    case CPL_ACTIVATION_gelu_tanh: return x * sigmoid(2 * gelu_tanh_inner(x));
    case CPL_ACTIVATION_relu: return x < 0 ? 0 : x;
    case CPL_ACTIVATION_silu: return x * sigmoid(x);
    case CPL_ACTIVATION_tanh: return tanh(x);
    default: return x;
    }
}

cpl_real cpl_activation_slope(enum cpl_activation activation, cpl_real x)
{
    switch (activation) {
    case CPL_ACTIVATION_gelu: return normal_cdf(x) + x * INV_SQRT_2PI * exp(-x * x / 2);
    case CPL_ACTIVATION_gelu_tanh: return gelu_tanh_slope(x);
    case CPL_ACTIVATION_relu: return x > 0 ? 1 : 0;
    case CPL_ACTIVATION_silu: return sigmoid(x) * (1 + x * (1 - sigmoid(x)));
    case CPL_ACTIVATION_tanh: return 1 - tanh(x) * tanh(x);
    default: return 1;
    }
}

void cpl_activation_forward_c(struct cpl_queue *queue, const struct cpl_activation_args *a)
{
#pragma omp parallel for num_threads(queue->threads)
    for (int64_t row = 0; row < a->rows; row++)
        for (int64_t col = 0; col < a->cols; col++) {
            cpl_real x = cpl_load(a->x, a->dtype, row * a->x_stride + col);
            cpl_store(a->y, a->dtype, row * a->y_stride + col,
                      cpl_activation_value(a->activation, x));
        }
}

void cpl_activation_backward_c(struct cpl_queue *queue, const struct cpl_activation_args *a)
{
#pragma omp parallel for num_threads(queue->threads)
    for (int64_t row = 0; row < a->rows; row++)
        for (int64_t col = 0; col < a->cols; col++) {
            cpl_real x = cpl_load(a->x, a->dtype, row * a->x_stride + col);
            cpl_real dy = cpl_load(a->dy, a->dtype, row * a->dy_stride + col);
            cpl_store(a->y, a->dtype, row * a->y_stride + col,
                      dy * cpl_activation_slope(a->activation, x));
        }
}
