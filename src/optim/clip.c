/* Norms of flat arrays, and clipping by global norm (Pascanu et al., 2013) as
 * torch.nn.utils.clip_grad_norm_ has it. */
#include "optim/optimizer.h"

#include <math.h>

double cpl_flat_norm(struct cpl_queue *queue, const cpl_real *x, int64_t n)
{
    double sum = 0;
    struct cpl_sum_squares_args args = {.n = n, .x = x, .out = &sum};
    queue->kernels->sum_squares(queue, &args);
    return sqrt(sum);
}

double cpl_clip_scale(double norm, double limit)
{
    return limit > 0 ? fmin(1, limit / (norm + 1e-6)) : 1;
}
