/* labels: sanitize fast */
/* The slots that work row by row, in every table against the plain C; bounds are relative to
 * the largest value of the result, bf16 results may differ by a step of their own. */
#include "kernel_fixture.h"

static cpl_dtype draw_dtype(struct draws *draws)
{
    return draw_between(draws, 0, 1) ? CPL_DTYPE_bf16 : CPL_DTYPE_f32;
}

/* ---- normalisation
 * ----------------------------------------------------------------------------- */

static void run_norm_forward(struct cpl_queue *queue, void *context, struct cpl_tensor *output)
{
    struct cpl_norm_args args = *(struct cpl_norm_args *)context;
    args.y = output[0].data;
    args.y_stride = output[0].stride;
    args.mean = args.kind == CPL_NORM_LAYER ? output[1].data : NULL;
    args.rstd = output[2].data;
    queue->kernels->norm_forward(queue, &args);
}

static void run_norm_backward(struct cpl_queue *queue, void *context, struct cpl_tensor *output)
{
    struct cpl_norm_args args = *(struct cpl_norm_args *)context;
    args.dx = output[0].data;
    args.dx_stride = output[0].stride;
    args.dgamma = output[1].data;
    args.dbeta = args.beta ? output[2].data : NULL;
    queue->kernels->norm_backward(queue, &args);
}

static void check_norm(struct draws *draws, int64_t rows, int64_t cols)
{
    cpl_dtype dtype = draw_dtype(draws);
    int64_t margin = draw_between(draws, 0, 3);
    struct cpl_tensor x = matrix_random(draws, rows, cols, margin, dtype, 2);
    struct cpl_tensor dy = matrix_random(draws, rows, cols, 0, dtype, 1);
    struct cpl_tensor gamma = matrix_random(draws, 1, cols, 0, CPL_DTYPE_f32, 1);
    struct cpl_tensor beta = matrix_random(draws, 1, cols, 0, CPL_DTYPE_f32, 1);
    struct cpl_norm_args args = {
        .kind = draw_between(draws, 0, 1) ? CPL_NORM_LAYER : CPL_NORM_RMS,
        .rows = rows,
        .cols = cols,
        .eps = 1e-5,
        .x = x.data,
        .x_stride = x.stride,
        .dy = dy.data,
        .dy_stride = dy.stride,
        .gamma = gamma.data,
        .beta = draw_between(draws, 0, 1) ? beta.data : NULL,
        .accumulate = draw_between(draws, 0, 1),
        .dtype = dtype,
    };
    struct slot_test forward = {
        "norm_forward",
        run_norm_forward,
        &args,
        3,
        {matrix_new(rows, cols, margin, dtype), matrix_filled(rows, 1, CPL_DTYPE_f32, 0),
         matrix_filled(rows, 1, CPL_DTYPE_f32, 0)},
        {2e-6, 2e-6, 2e-6},
    };
    check_slot(&forward);
    struct cpl_kernels kernels;
    cpl_kernels_init(&kernels, 1);
    struct cpl_queue queue = {.kernels = &kernels, .threads = 1};
    run_norm_forward(&queue, &args, forward.output);
    args.mean = args.kind == CPL_NORM_LAYER ? forward.output[1].data : NULL;
    args.rstd = forward.output[2].data;
    struct slot_test backward = {
        "norm_backward",
        run_norm_backward,
        &args,
        3,
        {matrix_random(draws, rows, cols, margin, dtype, 1),
         matrix_random(draws, 1, cols, 0, CPL_DTYPE_f32, 1),
         matrix_random(draws, 1, cols, 0, CPL_DTYPE_f32, 1)},
        {1e-5, 4e-6, 4e-6},
    };
    check_slot(&backward);
    free_all(forward.output, 3);
    free_all(backward.output, 3);
    free_all((struct cpl_tensor[]){x, dy, gamma, beta}, 4);
}

static void test_norm(void **state)
{
    (void)state;
    struct draws draws = draws_of(1);
    for (int round = 0; round < 40; round++) {
        int64_t rows = draw_size(&draws, 300), cols = draw_size(&draws, 1000);
        check_norm(&draws, rows, cols ? cols : 1);
    }
}

/* ---- pointwise
 * --------------------------------------------------------------------------------- */

static void run_dropout(struct cpl_queue *queue, void *context, struct cpl_tensor *output)
{
    struct cpl_dropout_args args = *(struct cpl_dropout_args *)context;
    args.y = output[0].data;
    args.y_stride = output[0].stride;
    queue->kernels->dropout(queue, &args);
}

static void test_dropout(void **state)
{
    (void)state;
    struct draws draws = draws_of(2);
    static const uint64_t bases[] = {0, 3, 0xfffffff0u, (UINT64_C(5) << 40) + 17};
    for (int round = 0; round < 40; round++) {
        int64_t rows = draw_size(&draws, 100), cols = draw_size(&draws, 700);
        cpl_dtype dtype = draw_dtype(&draws);
        struct cpl_tensor x =
            matrix_random(&draws, rows, cols, draw_between(&draws, 0, 3), dtype, 1);
        struct cpl_dropout_args args = {
            .rows = rows,
            .cols = cols,
            .x = x.data,
            .x_stride = x.stride,
            .p = round % 5 * 0.2,
            .key = {77, CPL_RNG_DROPOUT, 3},
            .index_base = bases[round % 4] << (round % 3),
            .dtype = dtype,
        };
        struct slot_test test = {
            "dropout", run_dropout, &args, 1, {matrix_new(rows, cols, 1, dtype)}, {0}};
        check_slot(&test);
        matrix_free(test.output[0]);
        matrix_free(x);
    }
}

/* Kept elements are counted, so that the plain C itself is checked against the definition. */
static void test_dropout_share(void **state)
{
    (void)state;
    struct cpl_kernels kernels;
    cpl_kernels_init(&kernels, cpl_isa_mask());
    struct cpl_queue queue = {.kernels = &kernels, .threads = 2};
    struct cpl_tensor x = matrix_filled(200, 500, CPL_DTYPE_f32, 1);
    struct cpl_dropout_args args = {.rows = 200,
                                    .cols = 500,
                                    .x = x.data,
                                    .x_stride = x.stride,
                                    .y = x.data,
                                    .y_stride = x.stride,
                                    .p = 0.1,
                                    .key = {1, CPL_RNG_DROPOUT, 0},
                                    .index_base = 1000};
    kernels.dropout(&queue, &args);
    int64_t kept = 0;
    for (int64_t row = 0; row < 200; row++)
        for (int64_t col = 0; col < 500; col++) {
            uint64_t counter = 1000 + (uint64_t)(row * 500 + col);
            uint32_t word = cpl_rng_block(args.key, counter >> 2).word[counter & 3];
            bool keep = (double)word >= 0.1 * 0x1p32;
            float expected = keep ? (float)(1 / 0.9) : 0;
            assert_true((float)cpl_tensor_get(x, row, col) == expected);
            kept += keep;
        }
    assert_in_range(kept, 89500, 90500);
    matrix_free(x);
}

static void run_add(struct cpl_queue *queue, void *context, struct cpl_tensor *output)
{
    struct cpl_tensor x = *(struct cpl_tensor *)context, y = output[0];
    struct cpl_add_args args = {x.rows, x.cols, x.data, x.stride, y.data, y.stride, x.dtype};
    queue->kernels->add(queue, &args);
}

static void run_convert(struct cpl_queue *queue, void *context, struct cpl_tensor *output)
{
    struct cpl_tensor x = *(struct cpl_tensor *)context, y = output[0];
    struct cpl_convert_args args = {x.rows,  x.cols, x.data,   x.stride,
                                    x.dtype, y.data, y.stride, y.dtype};
    queue->kernels->convert(queue, &args);
}

static void run_column_sum(struct cpl_queue *queue, void *context, struct cpl_tensor *output)
{
    struct cpl_tensor x = *(struct cpl_tensor *)context;
    struct cpl_column_sum_args args = {x.rows,   x.cols,  x.data,
                                       x.stride, x.dtype, output[0].data};
    queue->kernels->column_sum(queue, &args);
}

static void test_add_and_column_sum(void **state)
{
    (void)state;
    struct draws draws = draws_of(3);
    for (int round = 0; round < 40; round++) {
        int64_t rows = draw_size(&draws, 600), cols = draw_size(&draws, 700);
        cpl_dtype dtype = draw_dtype(&draws);
        struct cpl_tensor x =
            matrix_random(&draws, rows, cols, draw_between(&draws, 0, 3), dtype, 1);
        struct slot_test add = {
            "add", run_add, &x, 1, {matrix_random(&draws, rows, cols, 2, dtype, 1)}, {1e-7}};
        struct slot_test sum = {"column_sum",
                                run_column_sum,
                                &x,
                                1,
                                {matrix_random(&draws, 1, cols, 0, CPL_DTYPE_f32, 1)},
                                {2e-6}};
        check_slot(&add);
        check_slot(&sum);
        free_all((struct cpl_tensor[]){x, add.output[0], sum.output[0]}, 3);
    }
}

/* Conversions are exact or rounded to nearest even: the same bits everywhere. */
static void test_convert(void **state)
{
    (void)state;
    struct draws draws = draws_of(4);
    for (int round = 0; round < 45; round++) {
        int64_t rows = draw_size(&draws, 60), cols = draw_size(&draws, 300);
        cpl_dtype from = (cpl_dtype)(round % 3), to = (cpl_dtype)(round / 3 % 3);
        struct cpl_tensor x = matrix_random(&draws, rows, cols, 1, from, 3);
        if (rows && cols > 3) {
            cpl_tensor_set(x, 0, 0, INFINITY);
            cpl_tensor_set(x, 0, 1, -0.0f);
            cpl_tensor_set(x, 0, 2, from == CPL_DTYPE_f16 ? 60000 : 1e30f);
        }
        struct cpl_tensor y = matrix_new(rows, cols, 2, to);
        unsigned available = cpl_isa_mask();
        struct cpl_tensor expected = {0};
        for (unsigned mask = 1; mask <= available; mask = mask << 1 | 1) {
            struct cpl_kernels kernels;
            cpl_kernels_init(&kernels, mask & available);
            struct cpl_queue queue = {.kernels = &kernels, .threads = 2};
            run_convert(&queue, &x, &y);
            assert_guarded(y);
            if (mask == 1)
                expected = matrix_copy(y);
            assert_same_bits(expected, y, "convert", kernels.name, 2);
        }
        free_all((struct cpl_tensor[]){x, y, expected}, 3);
    }
}

/* ---- tables
 * ------------------------------------------------------------------------------------ */

struct lookup {
    struct cpl_embed_args embed;
    struct cpl_gather_args gather;
    struct cpl_tensor other;
    bool backward;
};

static void run_embed(struct cpl_queue *queue, void *context, struct cpl_tensor *output)
{
    const struct lookup *lookup = context;
    struct cpl_embed_args args = lookup->embed;
    if (lookup->backward) {
        for (int t = 0; t < 2; t++)
            args.gradient[t] = output[t].data;
        queue->kernels->embed_backward(queue, &args);
    } else {
        args.out = output[0].data;
        args.stride = output[0].stride;
        queue->kernels->embed_forward(queue, &args);
    }
}

static void run_gather(struct cpl_queue *queue, void *context, struct cpl_tensor *output)
{
    const struct lookup *lookup = context;
    struct cpl_gather_args args = lookup->gather;
    args.x = lookup->backward ? output[0].data : lookup->other.data;
    args.x_stride = lookup->backward ? output[0].stride : lookup->other.stride;
    args.y = lookup->backward ? lookup->other.data : output[0].data;
    args.y_stride = lookup->backward ? lookup->other.stride : output[0].stride;
    if (lookup->backward)
        queue->kernels->scatter_rows(queue, &args);
    else
        queue->kernels->gather_rows(queue, &args);
}

static void check_tables(struct draws *draws, int64_t rows, int64_t cols)
{
    cpl_dtype dtype = draw_dtype(draws);
    int32_t *index = malloc((size_t)(2 * rows + 1) * sizeof *index);
    assert_non_null(index);
    for (int64_t i = 0; i < 2 * rows; i++)
        index[i] = (int32_t)draw_between(draws, 0, i < rows ? 49 : 4);
    struct cpl_tensor tokens = matrix_random(draws, 50, cols, 0, CPL_DTYPE_f32, 1);
    struct cpl_tensor places = matrix_random(draws, 5, cols, 0, CPL_DTYPE_f32, 1);
    struct cpl_tensor out = matrix_random(draws, rows, cols, 3, dtype, 1);
    struct lookup lookup = {.embed = {
                                .rows = rows,
                                .cols = cols,
                                .index = {index, index + rows},
                                .table = {tokens.data, places.data},
                                .out = out.data,
                                .dtype = dtype,
                                .stride = out.stride,
                            }};
    struct slot_test forward = {"embed_forward", run_embed, &lookup, 1, {out}, {1e-7}};
    check_slot(&forward);
    lookup.backward = true;
    struct slot_test backward = {"embed_backward", run_embed,   &lookup, 2,
                                 {tokens, places}, {1e-7, 1e-7}};
    check_slot(&backward);
    free_all((struct cpl_tensor[]){tokens, places, out}, 3);
    free(index);
}

static void check_picked_rows(struct draws *draws, int64_t rows, int64_t cols)
{
    cpl_dtype dtype = draw_dtype(draws);
    int32_t *index = malloc((size_t)(rows + 1) * sizeof *index);
    assert_non_null(index);
    for (int64_t p = 0; p < rows; p++)
        index[p] = (int32_t)(3 * p + draw_between(draws, 0, 2));
    struct cpl_tensor wide = matrix_random(draws, 3 * rows, cols, 1, dtype, 1);
    struct cpl_tensor narrow = matrix_random(draws, rows, cols, 2, dtype, 1);
    struct lookup lookup = {.gather = {rows, cols, index, NULL, 0, NULL, 0, dtype},
                            .other = wide};
    struct slot_test gather = {"gather_rows", run_gather, &lookup, 1, {narrow}, {0}};
    check_slot(&gather);
    lookup.backward = true;
    lookup.other = narrow;
    struct slot_test scatter = {"scatter_rows", run_gather, &lookup, 1, {wide}, {1e-7}};
    check_slot(&scatter);
    free_all((struct cpl_tensor[]){wide, narrow}, 2);
    free(index);
}

static void test_tables(void **state)
{
    (void)state;
    struct draws draws = draws_of(5);
    for (int round = 0; round < 30; round++) {
        int64_t rows = draw_size(&draws, 400), cols = draw_size(&draws, 300);
        check_tables(&draws, rows, cols);
        check_picked_rows(&draws, rows, cols);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_norm),          cmocka_unit_test(test_dropout),
        cmocka_unit_test(test_dropout_share), cmocka_unit_test(test_add_and_column_sum),
        cmocka_unit_test(test_convert),       cmocka_unit_test(test_tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
