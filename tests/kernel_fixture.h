/* What the kernel tests share: random matrices with guarded margins, and running a slot in
 * every table this processor has, with one, two and three threads, against the plain C. */
#ifndef CPL_TESTS_KERNEL_FIXTURE_H
#define CPL_TESTS_KERNEL_FIXTURE_H

#include "base/rng.h"
#include "kernel/kernel.h"
#include "tensor/tensor.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A stream of test numbers: every draw moves on. */
struct draws {
    struct cpl_rng_key key;
    uint64_t index;
};

static inline struct draws draws_of(uint64_t seed)
{
    return (struct draws){{seed, CPL_RNG_TEST, 0}, 0};
}

static inline int64_t draw_between(struct draws *draws, int64_t low, int64_t high)
{
    return low + (int64_t)cpl_rng_below(draws->key, draws->index++, (uint64_t)(high - low + 1));
}

static inline double draw_normal(struct draws *draws)
{
    return cpl_rng_normal(draws->key, draws->index++);
}

/* ---- matrices
 * ---------------------------------------------------------------------------------- */

/* Bytes before, between the rows (stride - cols) and behind a matrix, never to be written. */
#define GUARD 0xa5
#define GUARD_BYTES 64

static inline size_t matrix_bytes(struct cpl_tensor x)
{
    return (size_t)(x.rows * x.stride) * cpl_dtype_bytes(x.dtype);
}

static inline struct cpl_tensor matrix_new(int64_t rows, int64_t cols, int64_t margin,
                                           cpl_dtype dtype)
{
    struct cpl_tensor x = cpl_tensor_of(NULL, rows, cols, dtype);
    x.stride = cols + margin;
    size_t bytes = matrix_bytes(x) + 2 * GUARD_BYTES;
    char *memory = malloc(bytes);
    assert_non_null(memory);
    memset(memory, GUARD, bytes);
    x.data = memory + GUARD_BYTES;
    return x;
}

static inline void matrix_free(struct cpl_tensor x)
{
    if (x.data)
        free((char *)x.data - GUARD_BYTES);
}

static inline struct cpl_tensor matrix_random(struct draws *draws, int64_t rows, int64_t cols,
                                              int64_t margin, cpl_dtype dtype, double scale)
{
    struct cpl_tensor x = matrix_new(rows, cols, margin, dtype);
    for (int64_t row = 0; row < rows; row++)
        for (int64_t col = 0; col < cols; col++)
            cpl_tensor_set(x, row, col, (cpl_real)(scale * draw_normal(draws)));
    return x;
}

static inline struct cpl_tensor matrix_filled(int64_t rows, int64_t cols, cpl_dtype dtype,
                                              double value)
{
    struct cpl_tensor x = matrix_new(rows, cols, 0, dtype);
    for (int64_t row = 0; row < rows; row++)
        for (int64_t col = 0; col < cols; col++)
            cpl_tensor_set(x, row, col, (cpl_real)value);
    return x;
}

static inline struct cpl_tensor matrix_copy(struct cpl_tensor x)
{
    struct cpl_tensor y = matrix_new(x.rows, x.cols, x.stride - x.cols, x.dtype);
    memcpy((char *)y.data - GUARD_BYTES, (char *)x.data - GUARD_BYTES,
           matrix_bytes(x) + 2 * GUARD_BYTES);
    return y;
}

static inline void assert_guarded(struct cpl_tensor x)
{
    const unsigned char *at = (const unsigned char *)x.data - GUARD_BYTES;
    size_t element = cpl_dtype_bytes(x.dtype), bytes = matrix_bytes(x);
    for (size_t i = 0; i < GUARD_BYTES; i++)
        assert_true(at[i] == GUARD && at[GUARD_BYTES + bytes + i] == GUARD);
    for (int64_t row = 0; row < x.rows; row++) {
        const unsigned char *line =
            (const unsigned char *)x.data + (size_t)(row * x.stride) * element;
        for (size_t i = (size_t)x.cols * element; i < (size_t)x.stride * element; i++)
            assert_int_equal(line[i], GUARD);
    }
}

/* |got - expected| <= bound * max(1, largest |expected|), and in bf16 one step of the element
 * more: what goes in is of the order of 1, and results may cancel to nothing. */
static inline void assert_close(struct cpl_tensor expected, struct cpl_tensor got, double bound,
                                const char *what, const char *isa)
{
    double largest = 1;
    for (int64_t row = 0; row < expected.rows; row++)
        for (int64_t col = 0; col < expected.cols; col++)
            largest = fmax(largest, fabs((double)cpl_tensor_get(expected, row, col)));
    for (int64_t row = 0; row < expected.rows; row++)
        for (int64_t col = 0; col < expected.cols; col++) {
            double e = (double)cpl_tensor_get(expected, row, col);
            double g = (double)cpl_tensor_get(got, row, col);
            double limit = bound * largest;
            if (expected.dtype == CPL_DTYPE_bf16)
                limit += fabs(e) / 128;
            if (!(fabs(g - e) <= limit))
                fail_msg(
                    "%s in %s [%lld, %lld of %lld, %lld]: %.9g, plain C %.9g, largest %.3g",
                    what, isa, (long long)row, (long long)col, (long long)expected.rows,
                    (long long)expected.cols, g, e, largest);
        }
}

static inline void assert_same_bits(struct cpl_tensor a, struct cpl_tensor b, const char *what,
                                    const char *isa, int threads)
{
    if (memcmp(a.data, b.data, matrix_bytes(a)) != 0)
        fail_msg("%s in %s: other bits with %d threads", what, isa, threads);
}

/* ---- all tables
 * -------------------------------------------------------------------------------- */

#define MAX_OUTPUTS 6
struct slot_test {
    const char *what;
    /* Runs the slot on outputs that start as copies of `output`. */
    void (*run)(struct cpl_queue *queue, void *context, struct cpl_tensor *output);
    void *context;
    int n_outputs;
    struct cpl_tensor output[MAX_OUTPUTS];
    double bound[MAX_OUTPUTS];
};

static inline void copy_all(struct cpl_tensor *to, const struct cpl_tensor *from, int n)
{
    for (int i = 0; i < n; i++)
        to[i] = matrix_copy(from[i]);
}

static inline void free_all(struct cpl_tensor *x, int n)
{
    for (int i = 0; i < n; i++)
        matrix_free(x[i]);
}

static inline void run_with(const struct slot_test *test, const struct cpl_kernels *kernels,
                            int threads, struct cpl_tensor *output)
{
    struct cpl_queue queue = {
        .kernels = kernels, .threads = threads, .scratch.chunk_bytes = 1 << 20};
    copy_all(output, test->output, test->n_outputs);
    test->run(&queue, test->context, output);
    assert_false(queue.out_of_memory);
    assert_true(queue.scratch.used == 0);
    cpl_arena_clear(&queue.scratch);
    for (int i = 0; i < test->n_outputs; i++)
        assert_guarded(output[i]);
}

/* Every table: close to the plain C, and the same bits for one, two and three threads. */
static inline void check_slot(const struct slot_test *test)
{
    struct cpl_tensor expected[MAX_OUTPUTS], first[MAX_OUTPUTS], other[MAX_OUTPUTS];
    unsigned available = cpl_isa_mask(), mask = 0;
    for (int isa = 0; isa < CPL_ISA_COUNT; isa++) {
        if (!(available >> isa & 1))
            continue;
        mask |= 1u << isa;
        struct cpl_kernels kernels = {0};
        cpl_kernels_init(&kernels, mask);
        run_with(test, &kernels, 1, first);
        if (isa == 0)
            copy_all(expected, first, test->n_outputs);
        for (int i = 0; i < test->n_outputs; i++)
            assert_close(expected[i], first[i], test->bound[i], test->what, kernels.name);
        for (int threads = 2; threads <= 3; threads++) {
            run_with(test, &kernels, threads, other);
            for (int i = 0; i < test->n_outputs; i++)
                assert_same_bits(first[i], other[i], test->what, kernels.name, threads);
            free_all(other, test->n_outputs);
        }
        free_all(first, test->n_outputs);
    }
    free_all(expected, test->n_outputs);
}

/* Sizes that meet every tail: 0, 1, around a vector, around a block, and something large. */
static inline int64_t draw_size(struct draws *draws, int64_t large)
{
    static const int64_t edges[] = {0,  1,  2,  7,  8,  9,   15,  16,
                                    17, 31, 33, 64, 65, 100, 127, 129};
    int64_t choice = draw_between(draws, 0, 20);
    return choice < 16 ? edges[choice] : draw_between(draws, 1, large);
}

#endif
