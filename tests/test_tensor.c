/* labels: sanitize fast */
/* Storage types and matrix views. */
#include "tensor/tensor.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void test_names_and_sizes(void **state)
{
    (void)state;
    assert_string_equal(cpl_dtype_name(CPL_DTYPE_f32), "f32");
    assert_string_equal(cpl_dtype_name(CPL_DTYPE_bf16), "bf16");
    assert_int_equal(cpl_dtype_bytes(CPL_DTYPE_f32), sizeof(cpl_real));
    assert_int_equal(cpl_dtype_bytes(CPL_DTYPE_bf16), 2);
    assert_int_equal(cpl_dtype_bytes(CPL_DTYPE_f16), 2);
}

/* The value of a half by its definition. */
static double half_value(unsigned bits)
{
    int exponent = (int)(bits >> 10 & 31), fraction = (int)(bits & 1023);
    double magnitude = exponent ? ldexp(1024 + fraction, exponent - 25) : ldexp(fraction, -24);
    if (exponent == 31)
        magnitude = fraction ? NAN : INFINITY;
    return bits & 0x8000 ? -magnitude : magnitude;
}

static void test_f16_all(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits < 0x10000; bits++) {
        float value = cpl_f16_to_float((cpl_f16)bits);
        double truth = half_value(bits);
        if (isnan(truth)) {
            assert_true(isnan(value) && isnan(cpl_f16_to_float(cpl_f16_from_float(value))));
            continue;
        }
        assert_true((double)value == truth);
        assert_int_equal(cpl_f16_from_float(value), bits);
    }
}

/* Halfway between neighbours goes to the even one, a trace more or less to the nearer one. */
static void test_f16_rounding(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits < 0x7bff; bits++) {
        float middle = (float)((half_value(bits) + half_value(bits + 1)) / 2);
        assert_int_equal(cpl_f16_from_float(middle), bits + (bits & 1));
        assert_int_equal(cpl_f16_from_float(nextafterf(middle, 0)), bits);
        assert_int_equal(cpl_f16_from_float(nextafterf(middle, INFINITY)), bits + 1);
        assert_int_equal(cpl_f16_from_float(-middle), (bits + (bits & 1)) | 0x8000);
    }
    assert_int_equal(cpl_f16_from_float(65519.0f), 0x7bff);
    assert_int_equal(cpl_f16_from_float(65520.0f), 0x7c00);
    assert_int_equal(cpl_f16_from_float(1e30f), 0x7c00);
}

static void test_bf16_rounding(void **state)
{
    (void)state;
    assert_int_equal(cpl_bf16_from_float(1.0f), 0x3f80);
    assert_int_equal(cpl_bf16_from_float(1.0f + 0x1p-8f), 0x3f80); /* tie, to even */
    assert_int_equal(cpl_bf16_from_float(1.0f + 0x3p-8f), 0x3f82); /* tie, to even */
    assert_int_equal(cpl_bf16_from_float(1.0f + 0x1p-8f + 0x1p-20f),
                     0x3f81); /* above the tie */
    assert_int_equal(cpl_bf16_from_float(INFINITY), 0x7f80);
    assert_int_equal(cpl_bf16_from_float(3.4e38f), 0x7f80);
    assert_true(isnan(cpl_bf16_to_float(cpl_bf16_from_float(NAN))));
    for (unsigned bits = 0; bits < 0x7f80; bits++)
        assert_int_equal(cpl_bf16_from_float(cpl_bf16_to_float((cpl_bf16)bits)), bits);
}

static void test_views(void **state)
{
    (void)state;
    for (int dtype = 0; dtype < CPL_DTYPE_COUNT; dtype++) {
        double memory[6 * 8] = {0};
        struct cpl_tensor x = cpl_tensor_of(memory, 6, 8, (cpl_dtype)dtype);
        for (int64_t row = 0; row < 6; row++)
            for (int64_t col = 0; col < 8; col++)
                cpl_tensor_set(x, row, col, (cpl_real)(10 * row + col));
        struct cpl_tensor y = cpl_tensor_columns(cpl_tensor_rows(x, 2, 3), 5, 2);
        assert_int_equal(cpl_tensor_count(y), 6);
        assert_int_equal(y.stride, 8);
        assert_true(cpl_tensor_get(y, 1, 1) == 36);
        cpl_tensor_set(y, 0, 0, -1);
        assert_true(cpl_tensor_get(x, 2, 5) == -1);
    }
    struct cpl_tensor absent = cpl_tensor_of(NULL, 4, 4, CPL_DTYPE_f32);
    assert_null(cpl_tensor_columns(absent, 1, 2).data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_and_sizes), cmocka_unit_test(test_f16_all),
        cmocka_unit_test(test_f16_rounding),    cmocka_unit_test(test_bf16_rounding),
        cmocka_unit_test(test_views),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
