/* labels: sanitize fast */
/* Philox against the known answers of Random123 (kat_vectors), and what is derived from it. */
#include "base/rng.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void check_known(const uint32_t counter[4], const uint32_t key_words[2],
                        const uint32_t expected[4])
{
    struct cpl_rng_key key = {.seed = (uint64_t)key_words[1] << 32 | key_words[0],
                              .step = counter[2],
                              .stream = counter[3]};
    struct cpl_rng_block block = cpl_rng_block(key, (uint64_t)counter[1] << 32 | counter[0]);
    assert_memory_equal(block.word, expected, sizeof block.word);
}

static void test_known_answers(void **state)
{
    (void)state;
    check_known((uint32_t[]){0, 0, 0, 0}, (uint32_t[]){0, 0},
                (uint32_t[]){0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
    check_known((uint32_t[]){~0u, ~0u, ~0u, ~0u}, (uint32_t[]){~0u, ~0u},
                (uint32_t[]){0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
    check_known((uint32_t[]){0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
                (uint32_t[]){0xa4093822, 0x299f31d0},
                (uint32_t[]){0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

static const struct cpl_rng_key key = {.seed = 42, .stream = CPL_RNG_TEST, .step = 7};

static void test_fill_equals_single_blocks(void **state)
{
    (void)state;
    struct cpl_rng_block blocks[37];
    uint64_t first = UINT64_C(0xFFFFFFF0); /* the low counter word carries over */
    cpl_rng_fill(key, first, 37, blocks);
    for (uint64_t i = 0; i < 37; i++) {
        struct cpl_rng_block one = cpl_rng_block(key, first + i);
        assert_memory_equal(&blocks[i], &one, sizeof one);
    }
}

static void test_uniform_and_normal_moments(void **state)
{
    (void)state;
    enum { N = 100000 };
    double sum = 0, sum_normal = 0, squares_normal = 0;
    for (uint64_t i = 0; i < N; i++) {
        double uniform = cpl_rng_uniform(key, i), normal = cpl_rng_normal(key, i);
        assert_true(uniform >= 0 && uniform < 1);
        sum += uniform;
        sum_normal += normal;
        squares_normal += normal * normal;
    }
    /* Five standard errors: 1/sqrt(12 N), 1/sqrt(N), sqrt(2/N). */
    assert_true(fabs(sum / N - 0.5) < 5 * 0.2887 / sqrt(N));
    assert_true(fabs(sum_normal / N) < 5 / sqrt(N));
    assert_true(fabs(squares_normal / N - 1) < 5 * sqrt(2.0 / N));
}

static void test_below_is_flat(void **state)
{
    (void)state;
    enum { N = 70000, SIDES = 7 };
    int seen[SIDES] = {0};
    for (uint64_t i = 0; i < N; i++)
        seen[cpl_rng_below(key, i, SIDES)]++;
    double chi_square = 0;
    for (int side = 0; side < SIDES; side++)
        chi_square += pow(seen[side] - N / SIDES, 2) / (N / SIDES);
    assert_true(chi_square < 22.5); /* 6 degrees of freedom: exceeded once in a thousand keys */
    assert_int_equal(cpl_rng_below(key, 3, 1), 0);
}

static void test_permutation_is_a_bijection(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {1, 2, 3, 4, 5, 16, 17, 255, 256, 257, 1000, 65537};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        uint64_t n = sizes[s], fixed = 0;
        unsigned char *seen = calloc(n, 1);
        assert_non_null(seen);
        for (uint64_t i = 0; i < n; i++) {
            uint64_t to = cpl_rng_permute(key, i, n);
            assert_true(to < n);
            assert_int_equal(seen[to]++, 0);
            fixed += to == i;
        }
        assert_true(n < 100 || fixed < 20); /* it moves things: one fixed point is expected */
        free(seen);
    }
    assert_true(cpl_rng_permute(key, UINT64_MAX - 2, UINT64_MAX) < UINT64_MAX);
}

static void test_permutations_differ_by_step(void **state)
{
    (void)state;
    struct cpl_rng_key next = key;
    next.step++;
    int equal = 0;
    for (uint64_t i = 0; i < 1000; i++)
        equal += cpl_rng_permute(key, i, 1000) == cpl_rng_permute(next, i, 1000);
    assert_true(equal < 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_answers),
        cmocka_unit_test(test_fill_equals_single_blocks),
        cmocka_unit_test(test_uniform_and_normal_moments),
        cmocka_unit_test(test_below_is_flat),
        cmocka_unit_test(test_permutation_is_a_bijection),
        cmocka_unit_test(test_permutations_differ_by_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
