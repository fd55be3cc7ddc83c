/* labels: sanitize fast */
/* Activations: every table against the plain C on random matrices, and the polynomials of the
 * vector kernels against double precision on a dense grid with the bounds stated in
 * kernel/vec_math.h. */
#include "kernel_fixture.h"

static void run_forward(struct cpl_queue *queue, void *context, struct cpl_tensor *output)
{
    struct cpl_activation_args args = *(struct cpl_activation_args *)context;
    args.y = output[0].data;
    args.y_stride = output[0].stride;
    queue->kernels->activation_forward(queue, &args);
}

/* In place: dy is the output itself. */
static void run_backward(struct cpl_queue *queue, void *context, struct cpl_tensor *output)
{
    struct cpl_activation_args args = *(struct cpl_activation_args *)context;
    args.dy = args.y = output[0].data;
    args.dy_stride = args.y_stride = output[0].stride;
    queue->kernels->activation_backward(queue, &args);
}

static void test_random_matrices(void **state)
{
    (void)state;
    struct draws draws = draws_of(11);
    for (int round = 0; round < 10 * CPL_ACTIVATION_COUNT; round++) {
        int64_t rows = draw_size(&draws, 200), cols = draw_size(&draws, 500);
        cpl_dtype dtype = round & 1 ? CPL_DTYPE_bf16 : CPL_DTYPE_f32;
        struct cpl_tensor x = matrix_random(&draws, rows, cols, 3, dtype, 3);
        struct cpl_tensor y = matrix_random(&draws, rows, cols, 1, dtype, 1);
        struct cpl_activation_args args = {.activation = (enum cpl_activation)(round / 10),
                                           .rows = rows,
                                           .cols = cols,
                                           .x = x.data,
                                           .x_stride = x.stride,
                                           .dtype = dtype};
        struct slot_test forward = {"activation_forward", run_forward, &args, 1, {y}, {1e-6}};
        struct slot_test backward = {
            "activation_backward", run_backward, &args, 1, {y}, {3e-6}};
        check_slot(&forward);
        check_slot(&backward);
        free_all((struct cpl_tensor[]){x, y}, 2);
    }
}

/* ---- accuracy
 * ---------------------------------------------------------------------------------- */

static double normal_cdf(double x) { return erfc(-x * 0.70710678118654752440) / 2; }
static double normal_density(double x) { return exp(-x * x / 2) * 0.39894228040143267794; }
static double sigmoid(double x) { return 1 / (1 + exp(-x)); }
static double gelu_tanh_inner(double x)
{
    return 2 * 0.79788456080286535588 * (x + 0.044715 * x * x * x);
}

static double value(enum cpl_activation activation, double x)
{
    switch (activation) {
    case CPL_ACTIVATION_gelu: return x * normal_cdf(x);
    case CPL_ACTIVATION_gelu_tanh: return x * sigmoid(gelu_tanh_inner(x));
    case CPL_ACTIVATION_relu: return x > 0 ? x : 0;
    case CPL_ACTIVATION_silu: return x * sigmoid(x);
    case CPL_ACTIVATION_tanh: return tanh(x);
    default: return x;
    }
}

static double slope(enum cpl_activation activation, double x)
{
    double s = sigmoid(x), g = sigmoid(gelu_tanh_inner(x));
    switch (activation) {
    case CPL_ACTIVATION_gelu: return normal_cdf(x) + x * normal_density(x);
    case CPL_ACTIVATION_gelu_tanh:
        return g + x * g * (1 - g) * 2 * 0.79788456080286535588 * (1 + 3 * 0.044715 * x * x);
    case CPL_ACTIVATION_relu: return x > 0;
    case CPL_ACTIVATION_silu: return s * (1 + x * (1 - s));
    case CPL_ACTIVATION_tanh: return 1 - tanh(x) * tanh(x);
    default: return 1;
    }
}

/* |error| <= absolute + relative |truth| + of_x |x| */
struct bound {
    double absolute, relative, of_x;
};

static const struct bound value_bound[CPL_ACTIVATION_COUNT] = {
    [CPL_ACTIVATION_gelu] = {0, 0, 2.5e-7},
    [CPL_ACTIVATION_gelu_tanh] = {0, 8e-6, 0},
    [CPL_ACTIVATION_silu] = {0, 2.5e-7, 0},
    [CPL_ACTIVATION_tanh] = {0, 3.5e-7, 0},
};
static const struct bound slope_bound[CPL_ACTIVATION_COUNT] = {
    [CPL_ACTIVATION_gelu] = {5e-7, 0, 0},
    [CPL_ACTIVATION_gelu_tanh] = {2.5e-6, 0, 0},
    [CPL_ACTIVATION_silu] = {1.2e-6, 0, 0},
    [CPL_ACTIVATION_tanh] = {5e-7, 0, 0},
};

static void assert_within(struct bound bound, double truth, double x, double got,
                          const char *isa, int activation)
{
    double limit = bound.absolute + bound.relative * fabs(truth) + bound.of_x * fabs(x);
    if (!(fabs(got - truth) <= limit))
        fail_msg("activation %d in %s at %.9g: %.9g, not %.9g", activation, isa, x, got, truth);
}

#define GRID 60000
static void check_accuracy(const struct cpl_kernels *kernels, enum cpl_activation activation)
{
    struct cpl_tensor x = matrix_new(1, GRID, 0, CPL_DTYPE_f32);
    struct cpl_tensor y = matrix_filled(1, GRID, CPL_DTYPE_f32, 0);
    struct cpl_tensor ones = matrix_filled(1, GRID, CPL_DTYPE_f32, 1);
    for (int64_t i = 0; i < GRID; i++)
        cpl_tensor_set(x, 0, i, (cpl_real)((double)i * 16 / GRID - 8));
    struct cpl_queue queue = {.kernels = kernels, .threads = 1};
    struct cpl_activation_args args = {.activation = activation,
                                       .rows = 1,
                                       .cols = GRID,
                                       .x = x.data,
                                       .x_stride = GRID,
                                       .dy = ones.data,
                                       .dy_stride = GRID};
    run_forward(&queue, &args, &y);
    for (int64_t i = 0; i < GRID; i++) {
        double at = (double)cpl_tensor_get(x, 0, i), got = (double)cpl_tensor_get(y, 0, i);
        assert_within(value_bound[activation], value(activation, at), at, got, kernels->name,
                      activation);
    }
    run_backward(&queue, &args, &ones);
    for (int64_t i = 0; i < GRID; i++) {
        double at = (double)cpl_tensor_get(x, 0, i), got = (double)cpl_tensor_get(ones, 0, i);
        assert_within(slope_bound[activation], slope(activation, at), at, got, kernels->name,
                      activation);
    }
    free_all((struct cpl_tensor[]){x, y, ones}, 3);
}

static void test_accuracy(void **state)
{
    (void)state;
    unsigned available = cpl_isa_mask();
    for (unsigned mask = 1; mask <= available; mask = mask << 1 | 1) {
        struct cpl_kernels kernels;
        cpl_kernels_init(&kernels, mask & available);
        for (int activation = 0; activation < CPL_ACTIVATION_COUNT; activation++)
            check_accuracy(&kernels, (enum cpl_activation)activation);
    }
}

/* Large arguments saturate, and a NaN is never hidden. */
static void test_ends(void **state)
{
    (void)state;
    static const float x[] = {1000, -1000, INFINITY, NAN};
    unsigned available = cpl_isa_mask();
    for (unsigned mask = 1; mask <= available; mask = mask << 1 | 1) {
        struct cpl_kernels kernels;
        cpl_kernels_init(&kernels, mask & available);
        struct cpl_queue queue = {.kernels = &kernels, .threads = 1};
        for (int activation = 1; activation < CPL_ACTIVATION_COUNT; activation++) {
            float y[4];
            struct cpl_activation_args args = {.activation = (enum cpl_activation)activation,
                                               .rows = 1,
                                               .cols = 4,
                                               .x = x,
                                               .x_stride = 4,
                                               .y = y,
                                               .y_stride = 4};
            kernels.activation_forward(&queue, &args);
            bool bounded = activation == CPL_ACTIVATION_tanh;
            assert_true(y[0] == (bounded ? 1 : 1000));
            assert_true(fabsf(y[1] - (bounded ? -1 : 0)) < 1e-30f);
            assert_true(y[2] == (bounded ? 1 : INFINITY));
            assert_true(isnan(y[3]));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_matrices),
        cmocka_unit_test(test_accuracy),
        cmocka_unit_test(test_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
