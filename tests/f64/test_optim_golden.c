/* labels: fast */
/* The golden runs of the optimizers in double precision, where rounding hides nothing. */
#define BOUND 2e-7 /* the goldens are stored as f32 */
#include "../test_optim_golden.c"
