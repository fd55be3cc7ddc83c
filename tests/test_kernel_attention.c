/* labels: sanitize fast */
/* Attention in every table against the plain C, on ragged batches with every kind of mask; and a query
 * alone after the cache against the same query within the whole sequence, bit for bit. */
#include "kernel_fixture.h"

struct attention {
    struct cpl_attention_args args;
    int32_t q_begin[8], q_end[8], k_begin[8], k_end[8];
    struct cpl_tensor q, k, v, d_o, o, lse;
};

static void run_forward(struct cpl_queue *queue, void *context, struct cpl_tensor *output)
{
    struct cpl_attention_args args = *(struct cpl_attention_args *)context;
    args.o = output[0].data;
    args.o_stride = output[0].stride;
    args.lse = output[1].data;
    queue->kernels->attention_forward(queue, &args);
}

static void run_backward(struct cpl_queue *queue, void *context, struct cpl_tensor *output)
{
    struct cpl_attention_args args = *(struct cpl_attention_args *)context;
    args.dq = output[0].data;
    args.dq_stride = output[0].stride;
    args.dk = output[1].data;
    args.dk_stride = output[1].stride;
    args.dv = output[2].data;
    args.dv_stride = output[2].stride;
    queue->kernels->attention_backward(queue, &args);
}

/* Ragged sequences; `cached`: fewer queries than keys. */
static void draw_lengths(struct draws *draws, struct attention *x, int64_t sequences,
                         int64_t longest, bool cached)
{
    int32_t q_rows = 0, k_rows = 0;
    for (int64_t b = 0; b < sequences; b++) {
        int64_t keys = draw_between(draws, 0, longest);
        int64_t queries = cached ? draw_between(draws, 0, keys) : keys;
        x->q_begin[b] = q_rows;
        x->k_begin[b] = k_rows;
        x->q_end[b] = q_rows += (int32_t)queries;
        x->k_end[b] = k_rows += (int32_t)keys;
    }
}

static void draw_attention(struct draws *draws, struct attention *x, cpl_dtype dtype,
                           int64_t longest)
{
    static const int64_t widths[] = {8, 12, 16, 20, 32, 48, 64, 96, 128, 1, 40};
    int64_t sequences = draw_between(draws, 1, 4), width = widths[draw_between(draws, 0, 10)];
    int64_t groups = draw_between(draws, 1, 3), heads = groups * draw_between(draws, 1, 2);
    draw_lengths(draws, x, sequences, longest, draw_between(draws, 0, 3) == 0);
    int64_t q_rows = x->q_end[sequences - 1], k_rows = x->k_end[sequences - 1];
    x->q = matrix_random(draws, q_rows, heads * width, 3, dtype, 1);
    x->k = matrix_random(draws, k_rows, groups * width, 5, dtype, 1);
    x->v = matrix_random(draws, k_rows, groups * width, 1, dtype, 1);
    x->d_o = matrix_random(draws, q_rows, heads * width, 0, dtype, 1);
    x->o = matrix_new(q_rows, heads * width, 2, dtype);
    x->lse = matrix_new(q_rows, heads, 0, CPL_DTYPE_f32);
    x->args = (struct cpl_attention_args){
        .sequences = sequences,
        .q_begin = x->q_begin,
        .q_end = x->q_end,
        .k_begin = x->k_begin,
        .k_end = x->k_end,
        .heads = heads,
        .kv_heads = groups,
        .width = width,
        .q = x->q.data,
        .q_stride = x->q.stride,
        .k = x->k.data,
        .k_stride = x->k.stride,
        .v = x->v.data,
        .v_stride = x->v.stride,
        .d_o = x->d_o.data,
        .d_o_stride = x->d_o.stride,
        .scale = 1 / sqrt((double)width),
        .causal = draw_between(draws, 0, 1),
        .window = draw_between(draws, 0, 2) ? 0 : draw_between(draws, 1, longest),
        .dropout = draw_between(draws, 0, 2) ? 0 : 0.25,
        .key = {5, CPL_RNG_DROPOUT, 9},
        .query_base = 1000,
        .dtype = dtype,
    };
}

static void free_attention(struct attention *x)
{
    free_all((struct cpl_tensor[]){x->q, x->k, x->v, x->d_o, x->o, x->lse}, 6);
}

/* Sums of up to 400 terms of the order of 1 in another order: 2e-6 of the largest in f32.  In bf16 the
 * vector kernels take D from the rounded o, which is 2^-9 of |dO| |O|. */
static void check_attention(struct draws *draws, cpl_dtype dtype, int64_t longest)
{
    struct attention x = {0};
    draw_attention(draws, &x, dtype, longest);
    bool f32 = dtype == CPL_DTYPE_f32;
    struct slot_test forward = {"attention_forward", run_forward, &x.args, 2,
                                {x.o, x.lse},        {3e-6, 3e-6}};
    check_slot(&forward);
    struct cpl_kernels kernels;
    cpl_kernels_init(&kernels, 1);
    struct cpl_queue queue = {.kernels = &kernels, .threads = 1};
    run_forward(&queue, &x.args, forward.output);
    x.args.o = x.o.data;
    x.args.o_stride = x.o.stride;
    x.args.lse = x.lse.data;
    struct slot_test backward = {
        "attention_backward",
        run_backward,
        &x.args,
        3,
        {matrix_new(x.q.rows, x.q.cols, 1, dtype), matrix_new(x.k.rows, x.k.cols, 2, dtype),
         matrix_new(x.v.rows, x.v.cols, 3, dtype)},
        {f32 ? 1e-5 : 1e-2, f32 ? 1e-5 : 1e-2, f32 ? 1e-5 : 1e-3},
    };
    check_slot(&backward);
    free_all(backward.output, 3);
    free_attention(&x);
    cpl_arena_clear(&queue.scratch);
}

static void test_against_plain_c(void **state)
{
    (void)state;
    struct draws draws = draws_of(31);
    for (int round = 0; round < 40; round++)
        check_attention(&draws, round & 1 ? CPL_DTYPE_bf16 : CPL_DTYPE_f32,
                        round % 10 ? 70 : 400);
}

/* The plain C by hand: two keys, one query, weights 3/4 and 1/4. */
static void test_by_hand(void **state)
{
    (void)state;
    unsigned available = cpl_isa_mask();
    for (unsigned mask = 1; mask <= available; mask = mask << 1 | 1) {
        struct cpl_kernels kernels;
        cpl_kernels_init(&kernels, mask & available);
        struct cpl_queue queue = {.kernels = &kernels, .threads = 1};
        float q = 1, k[2] = {logf(3), 0}, v[2] = {1, 5}, o = 0, lse = 0;
        int32_t zero = 0, one = 1, two = 2;
        struct cpl_attention_args args = {.sequences = 1,
                                          .q_begin = &zero,
                                          .q_end = &one,
                                          .k_begin = &zero,
                                          .k_end = &two,
                                          .heads = 1,
                                          .kv_heads = 1,
                                          .width = 1,
                                          .q = &q,
                                          .k = k,
                                          .v = v,
                                          .q_stride = 1,
                                          .k_stride = 1,
                                          .v_stride = 1,
                                          .o = &o,
                                          .o_stride = 1,
                                          .lse = &lse,
                                          .scale = 1,
                                          .causal = true};
        kernels.attention_forward(&queue, &args);
        assert_true(fabsf(o - 2) < 1e-6f);
        assert_true(fabsf(lse - logf(4)) < 1e-6f);
        cpl_arena_clear(&queue.scratch);
    }
}

/* Query i of `x`, with the keys up to it as a cache of its own. */
static void check_query_alone(struct cpl_queue *queue, const struct attention *x, int64_t i)
{
    struct cpl_attention_args args = x->args;
    int32_t begin = (int32_t)i, end = (int32_t)i + 1, zero = 0,
            keys = args.causal ? end : x->k_end[0];
    struct cpl_tensor o = matrix_new(1, x->o.cols, 0, x->o.dtype);
    struct cpl_tensor lse = matrix_new(1, x->lse.cols, 0, CPL_DTYPE_f32);
    size_t element = cpl_dtype_bytes(x->o.dtype);
    args.q_begin = &zero;
    args.q_end = &(int32_t){1};
    args.k_begin = &zero;
    args.k_end = &keys;
    args.q = (const char *)args.q + (size_t)(begin * args.q_stride) * element;
    args.query_base += (uint64_t)i;
    args.o = o.data;
    args.o_stride = o.stride;
    args.lse = lse.data;
    queue->kernels->attention_forward(queue, &args);
    const char *whole = (const char *)x->o.data + (size_t)(i * x->o.stride) * element;
    assert_memory_equal(o.data, whole, (size_t)o.cols * element);
    assert_memory_equal(lse.data, (const cpl_real *)x->lse.data + i * x->lse.stride,
                        (size_t)lse.cols * sizeof(cpl_real));
    free_all((struct cpl_tensor[]){o, lse}, 2);
}

static void test_query_alone(void **state)
{
    (void)state;
    unsigned available = cpl_isa_mask();
    for (unsigned mask = 1; mask <= available; mask = mask << 1 | 1) {
        struct cpl_kernels kernels;
        cpl_kernels_init(&kernels, mask & available);
        struct cpl_queue queue = {.kernels = &kernels, .threads = 2};
        struct draws draws = draws_of(32);
        for (int round = 0; round < 8; round++) {
            struct attention x = {0};
            draw_attention(&draws, &x, round & 1 ? CPL_DTYPE_bf16 : CPL_DTYPE_f32, 300);
            x.args.sequences = 1;
            x.args.causal = true;
            x.args.window = round & 2 ? 50 : 0;
            x.q_end[0] = x.k_end[0] =
                x.q.rows < x.k.rows ? (int32_t)x.q.rows : (int32_t)x.k.rows;
            run_forward(&queue, &x.args, (struct cpl_tensor[]){x.o, x.lse});
            for (int64_t i = 0; i < x.q_end[0]; i += draw_between(&draws, 1, 40))
                check_query_alone(&queue, &x, i);
            free_attention(&x);
        }
        cpl_arena_clear(&queue.scratch);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_plain_c),
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_query_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
