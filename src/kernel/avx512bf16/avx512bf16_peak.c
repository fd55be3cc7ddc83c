/* Peak of bf16 products in AVX512-BF16: see the template. */
#include "kernel/vec_avx512.h"

/* The same number twice. */
static inline vi set_pairs(float x) { return vi_set(cpl_bf16_from_float(x) * 0x10001u); }

static inline vf multiply_add_pairs(vi a, vi b, vf sum)
{
    return _mm512_dpbf16_ps(sum, (__m512bh)a, (__m512bh)b);
}

#define PEAK_SUMS 24
#define PEAK_INPUT vi
#define PEAK_SET set_pairs
#define PEAK_MULTIPLY_ADD multiply_add_pairs
#define PEAK_PRODUCTS (2 * VF_WIDTH)
#include "kernel/template/peak.inc"
