/* labels: sanitize fast */
/* Matrix products of every instruction set that this processor has, against sums in
 * double.
 *
 * Bound, for c = act(alpha sum a b + bias) + residual + beta c with u = 2^-24:
 *     |error before act| <= 2 (k + 8) u (|alpha| sum |a| |b| + |bias|)
 * an activation multiplies it by at most 1.2 and adds 4e-6 of its argument; the last sums
 * add 4 u (|act| + |residual| + |beta c|); storing as bf16 adds 2^-8 of the value.  Sums
 * of k may change sign in the order of the instruction set, so nothing is bit-equal across
 * sets; within one set, threads, packing, tiles and the other rows must not change a bit. */
#include "base/memory.h"
#include "kernel/gemm/gemm.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* ---- the variants -------------------------------------------------------------------- */

/* The slots come from the tables; blocks are functions of their own, absent where the
 * build has no kernels of that kind.  Pairs of bf16 are tested also where the table leaves
 * them out as slow. */
struct variant {
    enum cpl_isa isa;
    void (*block)(const struct cpl_gemm_args *args, void *scratch, size_t scratch_bytes);
    size_t (*block_bytes)(int64_t m, int64_t n, int64_t k, cpl_dtype compute);
    struct cpl_kernels table;
};
#pragma weak cpl_gemm_block_avx2
#pragma weak cpl_gemm_block_bytes_avx2
#pragma weak cpl_gemm_block_avx512
#pragma weak cpl_gemm_block_bytes_avx512
#pragma weak cpl_gemm_block_avx512bf16
#pragma weak cpl_gemm_block_bytes_avx512bf16
#pragma weak cpl_gemm_avx512bf16
#pragma weak cpl_gemm_pack_avx512bf16
#pragma weak cpl_packed_bytes_avx512bf16
static struct variant variants[] = {
    {CPL_ISA_C, cpl_gemm_block_c, cpl_gemm_block_bytes_c, {0}},
    {CPL_ISA_AVX2, cpl_gemm_block_avx2, cpl_gemm_block_bytes_avx2, {0}},
    {CPL_ISA_AVX512, cpl_gemm_block_avx512, cpl_gemm_block_bytes_avx512, {0}},
    {CPL_ISA_AVX512BF16, cpl_gemm_block_avx512bf16, cpl_gemm_block_bytes_avx512bf16, {0}},
};
#define VARIANTS (sizeof variants / sizeof *variants)

static int fill_tables(void **unused)
{
    (void)unused;
    for (size_t v = 0; v < VARIANTS; v++) {
        unsigned up_to = (2u << variants[v].isa) - 1;
        struct cpl_kernels *table = &variants[v].table;
        cpl_kernels_init(table, cpl_isa_mask() & up_to);
        if (variants[v].isa == CPL_ISA_AVX512BF16 && cpl_gemm_avx512bf16) {
            table->gemm = cpl_gemm_avx512bf16;
            table->gemm_pack = cpl_gemm_pack_avx512bf16;
            table->packed_bytes = cpl_packed_bytes_avx512bf16;
        }
    }
    return 0;
}

static struct cpl_queue new_queue(int threads)
{
    return (struct cpl_queue){.threads = threads, .scratch = {.chunk_bytes = 1 << 16}};
}

/* ---- random problems ----------------------------------------------------------------- */

static uint64_t state;

static uint32_t draw(uint32_t limit)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((state >> 33) % limit);
}
static bool coin(void) { return draw(2); }
static float draw_number(void) { return (float)draw(20001) * 1e-4f - 1; }

static int64_t draw_size(void)
{
    static const int64_t edges[] = {0, 1, 2, 3, 5, 13, 14, 15, 16, 17, 31, 32, 33, 63, 64, 65};
    return draw(3) ? edges[draw(16)] : draw(5) ? 1 + draw(90) : 1 + draw(330);
}

static void *fill(cpl_dtype dtype, int64_t count)
{
    unsigned char *data = malloc((size_t)count * cpl_dtype_bytes(dtype) + 1);
    assert_non_null(data);
    for (int64_t i = 0; i < count; i++) {
        float x = draw_number();
        if (dtype == CPL_DTYPE_bf16)
            ((cpl_bf16 *)(void *)data)[i] = cpl_bf16_from_float(x);
        else if (dtype == CPL_DTYPE_f16)
            ((cpl_f16 *)(void *)data)[i] = cpl_f16_from_float(x);
        else
            ((float *)(void *)data)[i] = x;
    }
    return data;
}

static double number(const void *data, cpl_dtype dtype, int64_t i)
{
    if (dtype == CPL_DTYPE_bf16)
        return cpl_bf16_to_float(((const cpl_bf16 *)data)[i]);
    if (dtype == CPL_DTYPE_f16)
        return cpl_f16_to_float(((const cpl_f16 *)data)[i]);
    return ((const float *)data)[i];
}

static cpl_dtype draw_dtype(void)
{
    static const cpl_dtype types[] = {CPL_DTYPE_f32, CPL_DTYPE_f32, CPL_DTYPE_bf16,
                                      CPL_DTYPE_f16};
    return types[draw(4)];
}

/* An operand of rows x cols, its memory exactly as long as its elements reach. */
static struct cpl_gemm_operand draw_operand(int64_t rows, int64_t cols)
{
    struct cpl_gemm_operand operand = {.dtype = draw_dtype()};
    int64_t gap = draw(3), step = draw(8) ? 1 : 2;
    if (coin()) {
        operand.col_stride = step;
        operand.row_stride = cols * step + gap;
    } else {
        operand.row_stride = step;
        operand.col_stride = rows * step + gap;
    }
    int64_t reach = 0;
    if (rows && cols)
        reach = (rows - 1) * operand.row_stride + (cols - 1) * operand.col_stride + 1;
    operand.data = fill(operand.dtype, reach);
    return operand;
}

struct problem {
    struct cpl_gemm_args args;
    void *c_before; /* what C holds before each product */
    size_t c_bytes;
    void *preactivation_before;
};

static void draw_epilogue(struct problem *problem)
{
    struct cpl_gemm_args *args = &problem->args;
    args->alpha = coin() ? 1 : draw_number();
    args->beta = draw(3) ? 0 : coin() ? 1 : draw_number();
    args->bias = draw(3) ? NULL : fill(CPL_DTYPE_f32, args->n);
    args->activation =
        coin() ? CPL_ACTIVATION_none : (enum cpl_activation)draw(CPL_ACTIVATION_COUNT);
    args->residual_stride = args->n + draw(2);
    if (!draw(4))
        args->residual = fill(args->c_dtype, args->m * args->residual_stride);
    if (!draw(4))
        args->preactivation = malloc(problem->c_bytes + 1);
}

static struct problem draw_problem(void)
{
    struct problem problem = {0};
    struct cpl_gemm_args *args = &problem.args;
    args->m = draw_size();
    args->n = draw_size();
    args->k = draw(8) ? draw_size() : 200 + draw(900);
    args->a = draw_operand(args->m, args->k);
    args->b = draw_operand(args->k, args->n);
    args->compute = coin() ? CPL_DTYPE_f32 : CPL_DTYPE_bf16;
    args->c_dtype = draw(3) ? CPL_DTYPE_f32 : CPL_DTYPE_bf16;
    args->c_stride = args->n + draw(3);
    problem.c_bytes = (size_t)(args->m * args->c_stride) * cpl_dtype_bytes(args->c_dtype);
    problem.c_before = fill(args->c_dtype, args->m * args->c_stride);
    args->c = malloc(problem.c_bytes + 1);
    draw_epilogue(&problem);
    return problem;
}

static void clear_problem(struct problem *problem)
{
    free((void *)problem->args.a.data);
    free((void *)problem->args.b.data);
    free((void *)problem->args.bias);
    free((void *)problem->args.residual);
    free(problem->args.preactivation);
    free(problem->args.c);
    free(problem->c_before);
}

static void reset(struct problem *problem)
{
    memcpy(problem->args.c, problem->c_before, problem->c_bytes);
    if (problem->args.preactivation)
        memcpy(problem->args.preactivation, problem->c_before, problem->c_bytes);
}

static void run(const struct variant *variant, struct problem *problem, int threads)
{
    struct cpl_queue queue = new_queue(threads);
    reset(problem);
    variant->table.gemm(&queue, &problem->args);
    assert_false(queue.out_of_memory);
    assert_int_equal(queue.scratch.used, 0);
    cpl_arena_clear(&queue.scratch);
}

/* ---- against sums in double ---------------------------------------------------------- */

static double operand_number(const struct cpl_gemm_args *args,
                             const struct cpl_gemm_operand *operand, int64_t row, int64_t col)
{
    int64_t place = row * operand->row_stride + col * operand->col_stride;
    double x = number(operand->data, operand->dtype, place);
    if (args->compute == CPL_DTYPE_bf16)
        x = cpl_bf16_to_float(cpl_bf16_from_float((float)x));
    return x;
}

static double exact_activation(enum cpl_activation activation, double x)
{
    switch (activation) {
    case CPL_ACTIVATION_gelu: return x / 2 * erfc(-x * sqrt(0.5));
    case CPL_ACTIVATION_gelu_tanh:
        return x / 2 * (1 + tanh(0.79788456080286535588 * (x + 0.044715 * x * x * x)));
    case CPL_ACTIVATION_relu: return x > 0 ? x : 0;
    case CPL_ACTIVATION_silu: return x / (1 + exp(-x));
    case CPL_ACTIVATION_tanh: return tanh(x);
    default: return x;
    }
}

static void check_element(const struct problem *problem, int64_t i, int64_t j)
{
    const struct cpl_gemm_args *args = &problem->args;
    const double unit = 0x1p-24;
    double storing = args->c_dtype == CPL_DTYPE_bf16 ? 0x1p-8 : 0;
    double sum = 0, size = 0;
    for (int64_t k = 0; k < args->k; k++) {
        double product =
            operand_number(args, &args->a, i, k) * operand_number(args, &args->b, k, j);
        sum += product;
        size += fabs(product);
    }
    double bias = args->bias ? (double)args->bias[j] : 0;
    double x = (double)args->alpha * sum + bias;
    double bound =
        2 * (double)(args->k + 8) * unit * (fabs((double)args->alpha) * size + fabs(bias));
    int64_t place = i * args->c_stride + j;
    if (args->preactivation) {
        double found = number(args->preactivation, args->c_dtype, place);
        assert_true(fabs(found - x) <= bound + storing * fabs(x) + 1e-30);
    }
    double y = exact_activation(args->activation, x);
    if (args->activation != CPL_ACTIVATION_none)
        bound = 1.2 * bound + 4e-6 * fabs(x);
    double residual = 0, before = 0;
    if (args->residual)
        residual = number(args->residual, args->c_dtype, i * args->residual_stride + j);
    if (args->beta != 0)
        before = (double)args->beta * number(problem->c_before, args->c_dtype, place);
    bound += 4 * unit * (fabs(y) + fabs(residual) + fabs(before));
    y += residual + before;
    bound += storing * (fabs(y) + bound);
    double found = number(args->c, args->c_dtype, place);
    if (!(fabs(found - y) <= bound + 1e-30))
        fail_msg("m %lld n %lld k %lld, element %lld %lld: %.9g, expected %.9g within %.3g",
                 (long long)args->m, (long long)args->n, (long long)args->k, (long long)i,
                 (long long)j, found, y, bound);
}

/* What lies between the rows of C must not be touched. */
static void check_gaps(const struct problem *problem)
{
    const struct cpl_gemm_args *args = &problem->args;
    size_t bytes = cpl_dtype_bytes(args->c_dtype),
           gap = (size_t)(args->c_stride - args->n) * bytes;
    for (int64_t i = 0; i < args->m; i++) {
        size_t place = (size_t)(i * args->c_stride + args->n) * bytes;
        assert_memory_equal((char *)args->c + place, (char *)problem->c_before + place, gap);
    }
}

/* All elements of small products, a sample of the others. */
static void check_result(const struct problem *problem)
{
    const struct cpl_gemm_args *args = &problem->args;
    if (args->m * args->n * args->k <= 100000) {
        for (int64_t i = 0; i < args->m; i++)
            for (int64_t j = 0; j < args->n; j++)
                check_element(problem, i, j);
    } else {
        check_element(problem, args->m - 1, args->n - 1);
        for (int sample = 0; sample < 300; sample++)
            check_element(problem, draw((uint32_t)args->m), draw((uint32_t)args->n));
    }
    check_gaps(problem);
}

static void test_products(void **unused)
{
    (void)unused;
    state = 1;
    for (int round = 0; round < 250; round++) {
        struct problem problem = draw_problem();
        for (size_t v = 0; v < VARIANTS; v++)
            if (cpl_isa_mask() & 1u << variants[v].isa) {
                run(&variants[v], &problem, 1 + (int)draw(3));
                check_result(&problem);
            }
        clear_problem(&problem);
    }
}

/* ---- the same bits ------------------------------------------------------------------- */

/* A packed B in memory of its own. */
static struct cpl_packed pack_b(const struct variant *variant, const struct cpl_gemm_args *args,
                                int threads)
{
    struct cpl_packed packed = {.k = args->k, .n = args->n, .compute = args->compute};
    size_t bytes = variant->table.packed_bytes(args->k, args->n, args->compute);
    assert_int_equal(cpl_memory_new_raw(&packed.data, bytes + 64, 64, NULL), CPL_OK);
    struct cpl_queue queue = new_queue(threads);
    variant->table.gemm_pack(&queue,
                             &(struct cpl_gemm_pack_args){.b = args->b, .packed = &packed});
    return packed;
}

static void check_packed(const struct variant *variant, struct problem *problem,
                         const void *whole)
{
    struct cpl_packed packed = pack_b(variant, &problem->args, 2);
    problem->args.packed_b = &packed;
    run(variant, problem, 2);
    problem->args.packed_b = NULL;
    assert_memory_equal(problem->args.c, whole, problem->c_bytes);
    free(packed.data);
}

static void check_block(const struct variant *variant, struct problem *problem,
                        const void *whole)
{
    const struct cpl_gemm_args *args = &problem->args;
    size_t bytes = variant->block_bytes(args->m, args->n, args->k, args->compute);
    void *scratch = NULL;
    assert_int_equal(cpl_memory_new_raw(&scratch, bytes, 64, NULL), CPL_OK);
    reset(problem);
    variant->block(args, scratch, bytes);
    assert_memory_equal(args->c, whole, problem->c_bytes);
    free(scratch);
}

/* Rows [begin, end) and columns [left, right) as a product of their own. */
static void check_part(const struct variant *variant, struct problem *problem,
                       const void *whole, int64_t begin, int64_t end, int64_t left,
                       int64_t right)
{
    struct cpl_gemm_args all = problem->args, *args = &problem->args;
    int64_t bytes = (int64_t)cpl_dtype_bytes(all.c_dtype);
    int64_t place = (begin * all.c_stride + left) * bytes;
    args->m = end - begin;
    args->n = right - left;
    args->a.data = (const char *)all.a.data +
                   begin * all.a.row_stride * (int64_t)cpl_dtype_bytes(all.a.dtype);
    args->b.data = (const char *)all.b.data +
                   left * all.b.col_stride * (int64_t)cpl_dtype_bytes(all.b.dtype);
    args->bias = all.bias ? all.bias + left : NULL;
    args->c = (char *)all.c + place;
    if (all.residual)
        args->residual =
            (const char *)all.residual + (begin * all.residual_stride + left) * bytes;
    if (all.preactivation)
        args->preactivation = (char *)all.preactivation + place;
    struct cpl_queue queue = new_queue(2);
    memcpy(all.c, problem->c_before, problem->c_bytes);
    variant->table.gemm(&queue, args);
    cpl_arena_clear(&queue.scratch);
    for (int64_t i = begin; i < end; i++) {
        size_t from = (size_t)((i * all.c_stride + left) * bytes);
        assert_memory_equal((char *)all.c + from, (const char *)whole + from,
                            (size_t)((right - left) * bytes));
    }
    *args = all;
}

static void check_bits(const struct variant *variant, struct problem *problem)
{
    const struct cpl_gemm_args *args = &problem->args;
    run(variant, problem, 1);
    void *whole = malloc(problem->c_bytes + 1);
    memcpy(whole, args->c, problem->c_bytes);
    for (int threads = 2; threads <= 3; threads++) {
        run(variant, problem, threads);
        assert_memory_equal(args->c, whole, problem->c_bytes);
    }
    check_packed(variant, problem, whole);
    check_block(variant, problem, whole);
    if (args->m && args->n) {
        int64_t row = draw((uint32_t)args->m), col = draw((uint32_t)args->n);
        check_part(variant, problem, whole, row, row + 1, 0, args->n);
        check_part(variant, problem, whole, row, args->m, 0, args->n);
        check_part(variant, problem, whole, 0, row + 1, col, args->n);
        check_part(variant, problem, whole, row, args->m, 0, col + 1);
    }
    free(whole);
}

static void test_same_bits(void **unused)
{
    (void)unused;
    state = 2;
    for (int round = 0; round < 120; round++) {
        struct problem problem = draw_problem();
        for (size_t v = 0; v < VARIANTS; v++)
            if (cpl_isa_mask() & 1u << variants[v].isa)
                check_bits(&variants[v], &problem);
        clear_problem(&problem);
    }
}

/* Tall, wide and deep products: more than one tile either way and many chunks of k. */
static void test_large(void **unused)
{
    (void)unused;
    static const int64_t sizes[][3] = {
        {700, 300, 70}, {40, 2100, 64}, {90, 70, 2500}, {1100, 40, 300}, {3, 1500, 600}};
    state = 3;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        struct problem problem = {
            .args = {.m = sizes[s][0], .n = sizes[s][1], .k = sizes[s][2]}};
        struct cpl_gemm_args *args = &problem.args;
        args->a = draw_operand(args->m, args->k);
        args->b = draw_operand(args->k, args->n);
        args->c_stride = args->n;
        problem.c_bytes = (size_t)(args->m * args->n) * sizeof(float);
        problem.c_before = fill(CPL_DTYPE_f32, args->m * args->n);
        args->c = malloc(problem.c_bytes);
        args->alpha = args->beta = 1;
        for (size_t v = 0; v < VARIANTS; v++)
            for (int bf16 = 0; bf16 < 2; bf16++)
                if (cpl_isa_mask() & 1u << variants[v].isa) {
                    args->compute = bf16 ? CPL_DTYPE_bf16 : CPL_DTYPE_f32;
                    run(&variants[v], &problem, 2);
                    check_result(&problem);
                    check_bits(&variants[v], &problem);
                }
        clear_problem(&problem);
    }
}

/* The residual may be C itself. */
static void test_residual_in_place(void **unused)
{
    (void)unused;
    state = 4;
    struct problem problem = draw_problem();
    while (!problem.args.residual || problem.args.m * problem.args.n == 0) {
        clear_problem(&problem);
        problem = draw_problem();
    }
    free((void *)problem.args.residual);
    problem.args.beta = 0;
    problem.args.residual_stride = problem.args.c_stride;
    void *apart = malloc(problem.c_bytes);
    for (size_t v = 0; v < VARIANTS; v++)
        if (cpl_isa_mask() & 1u << variants[v].isa) {
            problem.args.residual = problem.c_before;
            run(&variants[v], &problem, 2);
            memcpy(apart, problem.args.c, problem.c_bytes);
            problem.args.residual = problem.args.c;
            run(&variants[v], &problem, 2);
            assert_memory_equal(problem.args.c, apart, problem.c_bytes);
        }
    free(apart);
    problem.args.residual = NULL;
    clear_problem(&problem);
}

/* NaN and infinity come through; beta 0 does not read C. */
static void test_special_values(void **unused)
{
    (void)unused;
    float a[2] = {1, NAN}, b[2] = {INFINITY, 1}, c[4] = {NAN, NAN, NAN, NAN};
    struct cpl_gemm_args args = {
        .m = 2,
        .n = 2,
        .k = 1,
        .a = {a, CPL_DTYPE_f32, 1, 1},
        .b = {b, CPL_DTYPE_f32, 2, 1},
        .c = c,
        .c_stride = 2,
        .alpha = 1,
    };
    for (size_t v = 0; v < VARIANTS; v++)
        for (int bf16 = 0; bf16 < 2; bf16++)
            if (cpl_isa_mask() & 1u << variants[v].isa) {
                struct cpl_queue queue = new_queue(1);
                args.compute = bf16 ? CPL_DTYPE_bf16 : CPL_DTYPE_f32;
                variants[v].table.gemm(&queue, &args);
                cpl_arena_clear(&queue.scratch);
                assert_true(isinf(c[0]) && c[1] == 1 && isnan(c[2]) && isnan(c[3]));
            }
}

static void test_out_of_memory(void **unused)
{
    (void)unused;
    float a = 1, b = 1, c = 0;
    struct cpl_gemm_args args = {
        .m = 1,
        .n = 1,
        .k = 1,
        .a = {&a, CPL_DTYPE_f32, 1, 1},
        .b = {&b, CPL_DTYPE_f32, 1, 1},
        .c = &c,
        .c_stride = 1,
        .alpha = 1,
    };
    struct cpl_queue queue = new_queue(1);
    cpl_memory_fail_at(1);
    cpl_gemm_c(&queue, &args);
    cpl_memory_fail_at(0);
    assert_true(queue.out_of_memory);
    assert_true(c == 0);
    cpl_arena_clear(&queue.scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_products),       cmocka_unit_test(test_same_bits),
        cmocka_unit_test(test_large),          cmocka_unit_test(test_residual_in_place),
        cmocka_unit_test(test_special_values), cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, fill_tables, NULL);
}
