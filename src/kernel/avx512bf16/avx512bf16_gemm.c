/* Matrix products with AVX512-BF16: pairs of bf16 along k, 14 x 32 tiles, sums in f32; f32
 * products are those of AVX-512. */
#include "kernel/gemm/gemm.h"
#include "kernel/gemm/gemm_units.h"
#include "kernel/ref/ref_activation.h"

#include <immintrin.h>

#include "kernel/gemm/gemm_vec512.inc"

typedef uint32_t operand; /* a pair */
#define B_LOAD(pair) _mm512_loadu_si512(pair)
#define VEC_MULTIPLY_ADD(a, b, sum)                                                            \
    _mm512_dpbf16_ps(sum, (__m512bh)_mm512_set1_epi32((int)*(a)), (__m512bh)(b))
#define B_VEC __m512i
#include "kernel/gemm/gemm_micro.inc"

#include "kernel/gemm/gemm_activate.inc"
#include "kernel/gemm/gemm_finish.inc"

#define K_STEP 2

/* 16 of `first` and 16 of `second`, one behind the other. */
static inline __m512i two_halves(const struct cpl_gemm_panel *panel, int64_t first,
                                 __mmask16 lanes, int64_t second, __mmask16 second_lanes)
{
    if (panel->dtype == CPL_DTYPE_bf16) {
        const cpl_bf16 *data = panel->data;
        __m256i low = _mm256_maskz_loadu_epi16(lanes, data + first);
        __m256i high = _mm256_maskz_loadu_epi16(second_lanes, data + second);
        return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
    }
    vec low = load_some(panel->data, panel->dtype, first, lanes);
    vec high = load_some(panel->data, panel->dtype, second, second_lanes);
    return (__m512i)_mm512_cvtne2ps_pbh(high, low);
}

static inline __m512i load_k(const struct cpl_gemm_panel *panel, int64_t offset, int count)
{
    return two_halves(panel, offset, first_lanes(count), offset + 16, first_lanes(count - 16));
}

static inline __m512i load_lines(const struct cpl_gemm_panel *panel, int64_t offset, int lines,
                                 bool more)
{
    static const uint16_t places[32] = {0,  16, 1,  17, 2,  18, 3,  19, 4,  20, 5,
                                        21, 6,  22, 7,  23, 8,  24, 9,  25, 10, 26,
                                        11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
    __mmask16 lanes = first_lanes(lines);
    __m512i both = two_halves(panel, offset, lanes, offset + panel->k_stride,
                              more ? lanes : first_lanes(0));
    return _mm512_permutexvar_epi16(_mm512_loadu_si512(places), both);
}
#include "kernel/gemm/gemm_pack512.inc"

static const struct cpl_gemm_unit unit_bf16 = {
    .mr = MR,
    .nr = NR,
    .k_step = K_STEP,
    .k_chunk = 512,
    .element = sizeof(cpl_bf16),
    .bf16_as_f32 = false,
    .pack = pack,
    .micro = MICRO_KERNELS,
    .finish = finish,
};

#define UNIT(compute) ((compute) == CPL_DTYPE_bf16 ? &unit_bf16 : &cpl_gemm_unit_avx512)
#define GEMM_ENTRY(name) name##_avx512bf16
#include "kernel/gemm/gemm_entries.inc"
