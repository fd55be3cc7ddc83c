/* Matrix products with AVX512-BF16: pairs of bf16 along k, 14 x 32 tiles, sums in f32; f32
 * products are those of AVX-512. */
#include "kernel/gemm/gemm.h"
#include "kernel/gemm/gemm_units.h"
#include "kernel/vec_avx512.h"

#include <string.h>

#define MR 14
#define NV 2
#define NR (NV * VF_WIDTH)

typedef uint32_t operand; /* a pair */
typedef vi b_vector;
#define B_LOAD vi_load
#define MULTIPLY_ADD(a, b, sum) _mm512_dpbf16_ps(sum, (__m512bh)vi_set(*(a)), (__m512bh)(b))
#include "kernel/gemm/gemm_micro.inc"

#include "kernel/gemm/gemm_finish.inc"

#define K_STEP 2
#include "kernel/gemm/gemm_transpose512.inc"

static inline vf load_numbers(const void *data, cpl_dtype dtype, int64_t offset, int64_t count);

/* 16 numbers and 16 others as bf16, one behind the other. */
static inline vi two_halves(const struct cpl_gemm_panel *panel, int64_t first, int64_t count,
                            int64_t second, int64_t second_count)
{
    if (panel->dtype == CPL_DTYPE_bf16) {
        const cpl_bf16 *data = panel->data;
        __m256i low = _mm256_maskz_loadu_epi16(vf_first(count), data + first);
        __m256i high = _mm256_maskz_loadu_epi16(vf_first(second_count), data + second);
        return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
    }
    vf low = load_numbers(panel->data, panel->dtype, first, count);
    vf high = load_numbers(panel->data, panel->dtype, second, second_count);
    return (vi)_mm512_cvtne2ps_pbh(high, low);
}

static inline vf load_k(const struct cpl_gemm_panel *panel, int64_t offset, int64_t count)
{
    int64_t second = count > VF_WIDTH ? count - VF_WIDTH : 0;
    vi pairs = two_halves(panel, offset, count - second, offset + VF_WIDTH, second);
    return _mm512_castsi512_ps(pairs);
}

static inline vf load_lines(const struct cpl_gemm_panel *panel, int64_t offset, int64_t lines,
                            bool more)
{
    static const uint16_t places[32] = {0,  16, 1,  17, 2,  18, 3,  19, 4,  20, 5,
                                        21, 6,  22, 7,  23, 8,  24, 9,  25, 10, 26,
                                        11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
    vi both = two_halves(panel, offset, lines, offset + panel->k_stride, more ? lines : 0);
    both = _mm512_permutexvar_epi16(_mm512_loadu_si512(places), both);
    return _mm512_castsi512_ps(both);
}

#include "kernel/gemm/gemm_pack.inc"

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
