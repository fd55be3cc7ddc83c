/* Matrix products with AVX2: 6 x 16 tiles of f32; bf16 is rounded while packing and multiplied
 * as f32. */
#include "kernel/gemm/gemm.h"
#include "kernel/ref/ref.h"
#include "kernel/ref/ref_activation.h"

#include <immintrin.h>

#define MR 6
#define NV 2
#define LANES 8
#define NR (NV * LANES)
typedef __m256 vec;
#define VEC_ZERO _mm256_setzero_ps
#define VEC_SET1 _mm256_set1_ps
#define VEC_LOAD _mm256_loadu_ps
#define VEC_STORE _mm256_storeu_ps
#define VEC_ADD _mm256_add_ps
#define VEC_MULTIPLY _mm256_mul_ps
#define VEC_FMA _mm256_fmadd_ps

typedef float operand;
#define B_VEC __m256
#define B_LOAD _mm256_loadu_ps
#define VEC_MULTIPLY_ADD(a, b, sum) _mm256_fmadd_ps(_mm256_broadcast_ss(a), b, sum)
#include "kernel/gemm/gemm_micro.inc"

static inline __m256i first_lanes(int count)
{
    __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(count), lane);
}

/* The bits of f32 rounded to bf16 (nearest, ties to even, NaN stays), still as 32-bit numbers.
 */
static inline __m256i round_bits(__m256 x)
{
    __m256i bits = _mm256_castps_si256(x);
    __m256i odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
    __m256i rounded = _mm256_add_epi32(bits, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff)));
    __m256i quiet = _mm256_or_si256(bits, _mm256_set1_epi32(0x400000));
    __m256i nan = _mm256_castps_si256(_mm256_cmp_ps(x, x, _CMP_UNORD_Q));
    rounded = _mm256_blendv_epi8(rounded, quiet, nan);
    return _mm256_and_si256(rounded, _mm256_set1_epi32((int)0xffff0000));
}

static inline __m256 widen(__m128i x, cpl_dtype dtype)
{
    if (dtype == CPL_DTYPE_f16)
        return _mm256_cvtph_ps(x);
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(x), 16));
}

static inline vec load_as(const void *data, cpl_dtype dtype, int64_t i)
{
    if (dtype == CPL_DTYPE_f32)
        return _mm256_loadu_ps((const float *)data + i);
    return widen(_mm_loadu_si128((const void *)((const uint16_t *)data + i)), dtype);
}

/* The same of the first lanes alone; the others are zero and not read. */
static inline vec load_some(const void *data, cpl_dtype dtype, int64_t i, int lanes)
{
    if (lanes >= LANES)
        return load_as(data, dtype, i);
    if (dtype == CPL_DTYPE_f32)
        return _mm256_maskload_ps((const float *)data + i, first_lanes(lanes));
    uint16_t all[LANES] = {0};
    for (int lane = 0; lane < lanes; lane++)
        all[lane] = ((const uint16_t *)data)[i + lane];
    return load_as(all, dtype, 0);
}

static inline void store_as(void *data, cpl_dtype dtype, int64_t i, vec x)
{
    if (dtype == CPL_DTYPE_f32) {
        _mm256_storeu_ps((float *)data + i, x);
        return;
    }
    __m128i halves;
    if (dtype == CPL_DTYPE_f16) {
        halves = _mm256_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    } else {
        __m256i bits = _mm256_srli_epi32(round_bits(x), 16);
        __m256i packed = _mm256_packus_epi32(bits, bits);
        halves = _mm256_castsi256_si128(_mm256_permute4x64_epi64(packed, 0x08));
    }
    _mm_storeu_si128((void *)((uint16_t *)data + i), halves);
}

#include "kernel/gemm/gemm_activate.inc"
#include "kernel/gemm/gemm_finish.inc"
#include "kernel/gemm/gemm_pack256.inc"

static const struct cpl_gemm_unit unit = {
    .mr = MR,
    .nr = NR,
    .k_step = 1,
    .k_chunk = 256,
    .element = sizeof(float),
    .bf16_as_f32 = true,
    .pack = pack,
    .micro = MICRO_KERNELS,
    .finish = finish,
};

#define UNIT(compute) ((void)(compute), &unit)
#define GEMM_ENTRY(name) name##_avx2
#include "kernel/gemm/gemm_entries.inc"
