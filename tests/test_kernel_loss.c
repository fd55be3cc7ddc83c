/* labels: sanitize fast */
/* Cross-entropy and the flat arrays of the optimizer, in every table against the plain C. */
#include "kernel_fixture.h"

static cpl_real *reals(struct cpl_tensor x) { return x.data; }

/* ---- cross-entropy
 * ----------------------------------------------------------------------------- */

/* Outputs: the gradient, then loss and correctness as numbers. */
static void run_cross_entropy(struct cpl_queue *queue, void *context, struct cpl_tensor *output)
{
    struct cpl_cross_entropy_args args = *(struct cpl_cross_entropy_args *)context;
    double *loss = malloc((size_t)(args.rows + 1) * sizeof *loss);
    uint8_t *correct = malloc((size_t)args.rows + 1);
    assert_true(loss && correct);
    if (!args.logits) {
        args.logits = output[0].data;
        args.logits_stride = output[0].stride;
    }
    args.gradient = output[0].data;
    args.gradient_stride = output[0].stride;
    args.loss = loss;
    args.correct = correct;
    queue->kernels->cross_entropy(queue, &args);
    for (int64_t row = 0; row < args.rows; row++) {
        cpl_tensor_set(output[1], row, 0, (cpl_real)loss[row]);
        cpl_tensor_set(output[1], row, 1, correct[row]);
    }
    free(loss);
    free(correct);
}

static void check_cross_entropy(struct draws *draws, int64_t rows, int64_t cols,
                                cpl_dtype dtype, bool in_place)
{
    cpl_dtype gradient_dtype = in_place || draw_between(draws, 0, 1) ? dtype : CPL_DTYPE_bf16;
    struct cpl_tensor logits = matrix_random(draws, rows, cols, 1, dtype, 3);
    int32_t *labels = malloc((size_t)(rows + 1) * sizeof *labels);
    assert_non_null(labels);
    for (int64_t row = 0; row < rows; row++) {
        labels[row] = (int32_t)draw_between(draws, 0, cols - 1);
        if (row % 3 == 0) /* certain to be the largest, sometimes one of two */
            cpl_tensor_set(logits, row, labels[row], 30);
        if (row % 6 == 0)
            cpl_tensor_set(logits, row, draw_between(draws, 0, cols - 1), 30);
    }
    struct cpl_cross_entropy_args args = {
        .rows = rows,
        .cols = cols,
        .logits = in_place ? NULL : logits.data,
        .logits_dtype = dtype,
        .logits_stride = logits.stride,
        .labels = labels,
        .scale = 0.7,
        .gradient_dtype = gradient_dtype,
    };
    struct cpl_tensor gradient =
        in_place ? matrix_copy(logits) : matrix_new(rows, cols, 2, gradient_dtype);
    struct slot_test test = {"cross_entropy",
                             run_cross_entropy,
                             &args,
                             2,
                             {gradient, matrix_filled(rows, 2, CPL_DTYPE_f32, 0)},
                             {1e-6, 1e-6}};
    check_slot(&test);
    free_all((struct cpl_tensor[]){logits, gradient, test.output[1]}, 3);
    free(labels);
}

static void test_cross_entropy(void **state)
{
    (void)state;
    struct draws draws = draws_of(21);
    for (int round = 0; round < 40; round++) {
        int64_t rows = draw_size(&draws, 40), cols = draw_size(&draws, 9000);
        check_cross_entropy(&draws, rows, cols ? cols : 1,
                            round & 1 ? CPL_DTYPE_bf16 : CPL_DTYPE_f32, round & 2);
    }
}

/* Two classes by hand: loss = log(1 + e^(b - a)); ties go to the first. */
static void test_cross_entropy_by_hand(void **state)
{
    (void)state;
    unsigned available = cpl_isa_mask();
    for (unsigned mask = 1; mask <= available; mask = mask << 1 | 1) {
        struct cpl_kernels kernels;
        cpl_kernels_init(&kernels, mask & available);
        struct cpl_queue queue = {.kernels = &kernels, .threads = 1};
        float logits[] = {1, 3, 5, 5, 5, 5, NAN, 0};
        int32_t labels[] = {0, 0, 1, 1};
        double loss[4];
        uint8_t correct[4];
        struct cpl_cross_entropy_args args = {.rows = 4,
                                              .cols = 2,
                                              .logits = logits,
                                              .logits_stride = 2,
                                              .labels = labels,
                                              .loss = loss,
                                              .correct = correct};
        kernels.cross_entropy(&queue, &args);
        assert_true(fabs(loss[0] - log(1 + exp(2.0))) < 1e-6);
        assert_true(fabs(loss[1] - log(2.0)) < 1e-6);
        assert_true(correct[0] == 0 && correct[1] == 1 && correct[2] == 0);
        assert_true(isnan(loss[3]));
    }
}

/* ---- flat arrays
 * ------------------------------------------------------------------------------- */

static void run_adamw(struct cpl_queue *queue, void *context, struct cpl_tensor *output)
{
    struct cpl_adamw_args args = *(struct cpl_adamw_args *)context;
    args.w = reals(output[0]);
    args.m = reals(output[1]);
    args.v = reals(output[2]);
    queue->kernels->adamw(queue, &args);
}

static void run_axpby(struct cpl_queue *queue, void *context, struct cpl_tensor *output)
{
    struct cpl_axpby_args args = *(struct cpl_axpby_args *)context;
    args.y = reals(output[0]);
    queue->kernels->axpby(queue, &args);
}

static void run_sum_squares(struct cpl_queue *queue, void *context, struct cpl_tensor *output)
{
    struct cpl_sum_squares_args args = *(struct cpl_sum_squares_args *)context;
    double sum;
    args.out = &sum;
    queue->kernels->sum_squares(queue, &args);
    cpl_tensor_set(output[0], 0, 0, (cpl_real)(sum / (double)(args.n + 1)));
}

static void check_flat(struct draws *draws, int64_t n)
{
    struct cpl_tensor w = matrix_random(draws, 1, n, 0, CPL_DTYPE_f32, 1);
    struct cpl_tensor m = matrix_random(draws, 1, n, 0, CPL_DTYPE_f32, 0.1);
    struct cpl_tensor v = matrix_random(draws, 1, n, 0, CPL_DTYPE_f32, 0.1);
    struct cpl_tensor gradient = matrix_random(draws, 1, n, 0, CPL_DTYPE_f32, 1);
    for (int64_t i = 0; i < n; i++)
        reals(v)[i] *= reals(v)[i];
    struct cpl_adamw_args adamw = {.n = n,
                                   .gradient = reals(gradient),
                                   .scale = 0.5,
                                   .lr = 1e-2,
                                   .beta1 = 0.9,
                                   .beta2 = 0.98,
                                   .eps = 1e-8,
                                   .decay = 0.1,
                                   .correction1 = 0.19,
                                   .correction2 = 0.0396};
    struct slot_test step = {"adamw", run_adamw, &adamw, 3, {w, m, v}, {1e-6, 1e-6, 1e-6}};
    check_slot(&step);
    struct cpl_axpby_args axpby = {.n = n, .a = 1.5, .b = -0.25, .x = reals(gradient)};
    struct slot_test mix = {"axpby", run_axpby, &axpby, 1, {w}, {1e-6}};
    check_slot(&mix);
    axpby.b = 0; /* y is not read: NaN in it must not show */
    struct cpl_tensor unset = matrix_filled(1, n, CPL_DTYPE_f32, NAN);
    struct slot_test scale = {"axpby", run_axpby, &axpby, 1, {unset}, {1e-6}};
    check_slot(&scale);
    axpby = (struct cpl_axpby_args){.n = n};
    check_slot(&scale);
    struct cpl_sum_squares_args squares = {.n = n, .x = reals(w)};
    struct slot_test sum = {
        "sum_squares", run_sum_squares, &squares, 1, {matrix_filled(1, 1, CPL_DTYPE_f32, 0)},
        {1e-7}};
    check_slot(&sum);
    free_all((struct cpl_tensor[]){w, m, v, gradient, unset, sum.output[0]}, 6);
}

static void test_flat(void **state)
{
    (void)state;
    struct draws draws = draws_of(22);
    for (int round = 0; round < 20; round++)
        check_flat(&draws, draw_size(&draws, 1000));
    check_flat(&draws, 65536 * 2 + 77);
}

/* A NaN or an infinity anywhere shows in the sum of squares. */
static void test_sum_squares_of_nan(void **state)
{
    (void)state;
    unsigned available = cpl_isa_mask();
    struct cpl_tensor x = matrix_filled(1, 40000, CPL_DTYPE_f32, 1);
    for (unsigned mask = 1; mask <= available; mask = mask << 1 | 1) {
        struct cpl_kernels kernels;
        cpl_kernels_init(&kernels, mask & available);
        struct cpl_queue queue = {.kernels = &kernels, .threads = 2};
        double sum = 0;
        struct cpl_sum_squares_args args = {40000, reals(x), &sum};
        kernels.sum_squares(&queue, &args);
        assert_true(sum == 40000);
        reals(x)[39999] = NAN;
        kernels.sum_squares(&queue, &args);
        assert_true(isnan(sum));
        reals(x)[39999] = -INFINITY;
        kernels.sum_squares(&queue, &args);
        assert_true(isinf(sum));
        reals(x)[39999] = 1;
        cpl_arena_clear(&queue.scratch);
    }
    matrix_free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cross_entropy),
        cmocka_unit_test(test_cross_entropy_by_hand),
        cmocka_unit_test(test_flat),
        cmocka_unit_test(test_sum_squares_of_nan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
