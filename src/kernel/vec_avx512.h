/* The vector vocabulary in AVX-512 (F, BW, DQ, VL): sixteen f32 lanes; see vec_math.h for what
 * is built on it.  Included once by each file that turns a template into kernels. */
#ifndef CPL_KERNEL_VEC_AVX512_H
#define CPL_KERNEL_VEC_AVX512_H

#include "kernel/kernel.h"
#include <immintrin.h>
#include <stdint.h>

#define VF_WIDTH 16
#ifdef __AVX512BF16__
#define VF_NAME(base) base##_avx512bf16
#else
#define VF_NAME(base) base##_avx512
#endif
#define VF_INLINE static inline __attribute__((always_inline, unused))

typedef __m512 vf;
typedef __m512i vi;
typedef __mmask16 vm;

VF_INLINE vf vf_set(float x) { return _mm512_set1_ps(x); }
VF_INLINE vf vf_load(const float *p) { return _mm512_loadu_ps(p); }
VF_INLINE void vf_store(float *p, vf x) { _mm512_storeu_ps(p, x); }

/* The first n < 16 elements; the other lanes are 0 or not written. */
VF_INLINE vm vf_first(int64_t n) { return (vm)((1u << n) - 1); }
VF_INLINE vf vf_load_first(const float *p, int64_t n)
{
    return _mm512_maskz_loadu_ps(vf_first(n), p);
}
VF_INLINE void vf_store_first(float *p, int64_t n, vf x)
{
    _mm512_mask_storeu_ps(p, vf_first(n), x);
}

VF_INLINE vf widen_bf16(__m256i bits)
{
    return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16));
}
/* Rounds to nearest even.  The instruction takes denormals for zero, the integer way keeps
 * them. */
VF_INLINE __m256i narrow_bf16(vf x)
{
#ifdef __AVX512BF16__
    return (__m256i)_mm512_cvtneps_pbh(x);
#else
    vi bits = _mm512_castps_si512(x);
    vi odd = _mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(1));
    vi rounded = _mm512_add_epi32(_mm512_add_epi32(bits, _mm512_set1_epi32(0x7fff)), odd);
    vm nan = _mm512_cmp_ps_mask(x, x, _CMP_UNORD_Q);
    rounded = _mm512_mask_or_epi32(rounded, nan, bits, _mm512_set1_epi32(0x400000));
    return _mm512_cvtepi32_epi16(_mm512_srli_epi32(rounded, 16));
#endif
}
VF_INLINE vf vf_load_bf16(const cpl_bf16 *p)
{
    return widen_bf16(_mm256_loadu_si256((const __m256i *)p));
}
VF_INLINE void vf_store_bf16(cpl_bf16 *p, vf x)
{
    _mm256_storeu_si256((__m256i *)p, narrow_bf16(x));
}
VF_INLINE vf vf_load_bf16_first(const cpl_bf16 *p, int64_t n)
{
    return widen_bf16(_mm256_maskz_loadu_epi16(vf_first(n), p));
}
VF_INLINE void vf_store_bf16_first(cpl_bf16 *p, int64_t n, vf x)
{
    _mm256_mask_storeu_epi16(p, vf_first(n), narrow_bf16(x));
}
VF_INLINE vf vf_load_f16(const cpl_f16 *p)
{
    return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)p));
}
VF_INLINE void vf_store_f16(cpl_f16 *p, vf x)
{
    _mm256_storeu_si256((__m256i *)p, _mm512_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT));
}

VF_INLINE vf vf_fma(vf a, vf b, vf c) { return _mm512_fmadd_ps(a, b, c); }   /* a b + c */
VF_INLINE vf vf_fnma(vf a, vf b, vf c) { return _mm512_fnmadd_ps(a, b, c); } /* c - a b */
/* A NaN in the second argument stays. */
VF_INLINE vf vf_max(vf a, vf b) { return _mm512_max_ps(a, b); }
VF_INLINE vf vf_min(vf a, vf b) { return _mm512_min_ps(a, b); }
VF_INLINE vf vf_sqrt(vf x) { return _mm512_sqrt_ps(x); }
VF_INLINE vf vf_abs(vf x) { return _mm512_abs_ps(x); }
VF_INLINE vf vf_round(vf x)
{
    return _mm512_roundscale_ps(x, 8);
} /* to nearest, no exception */
VF_INLINE vf vf_scale(vf x, vf n) { return _mm512_scalef_ps(x, n); } /* x 2^n, n whole */
/* 1/x to about 1 ulp for normal results */
VF_INLINE vf vf_reciprocal(vf x)
{
    vf guess = _mm512_rcp14_ps(x);
    return vf_fma(guess, vf_fnma(x, guess, vf_set(1)), guess);
}

VF_INLINE vm vf_less(vf a, vf b) { return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ); }
VF_INLINE vm vf_not_less(vf a, vf b) /* also where one is NaN */
{
    return _mm512_cmp_ps_mask(a, b, _CMP_NLT_UQ);
}
VF_INLINE vf vf_select(vm mask, vf yes, vf no) { return _mm512_mask_blend_ps(mask, no, yes); }
VF_INLINE vf vf_keep(vm mask, vf x) { return _mm512_maskz_mov_ps(mask, x); } /* else 0 */
VF_INLINE unsigned vf_bits(vm mask) { return mask; }

/* Lanes first <= lane < end, either of any size. */
VF_INLINE vm vf_span(int64_t first, int64_t end)
{
    int64_t low = first < 0    ? 0
                  : first > 16 ? 16
                               : first,
            high = end < 0    ? 0
                   : end > 16 ? 16
                              : end;
    return (vm)(((1u << high) - 1) & ~((1u << low) - 1));
}
/* Rows of a 16 x 16 matrix become its columns: pairs, fours, then quarters of registers. */
VF_INLINE void vf_transpose(vf r[16])
{
    vf t[16];
    for (int i = 0; i < 16; i += 4) {
        vf low01 = _mm512_unpacklo_ps(r[i], r[i + 1]),
           high01 = _mm512_unpackhi_ps(r[i], r[i + 1]);
        vf low23 = _mm512_unpacklo_ps(r[i + 2], r[i + 3]);
        vf high23 = _mm512_unpackhi_ps(r[i + 2], r[i + 3]);
        t[i] = _mm512_shuffle_ps(low01, low23, 0x44);
        t[i + 1] = _mm512_shuffle_ps(low01, low23, 0xee);
        t[i + 2] = _mm512_shuffle_ps(high01, high23, 0x44);
        t[i + 3] = _mm512_shuffle_ps(high01, high23, 0xee);
    }
    for (int i = 0; i < 4;
         i++) { /* t[4g + i]: column 4q + i of rows 4g to 4g + 3 in quarter q */
        vf even01 = _mm512_shuffle_f32x4(t[i], t[4 + i], 0x88);
        vf odd01 = _mm512_shuffle_f32x4(t[i], t[4 + i], 0xdd);
        vf even23 = _mm512_shuffle_f32x4(t[8 + i], t[12 + i], 0x88);
        vf odd23 = _mm512_shuffle_f32x4(t[8 + i], t[12 + i], 0xdd);
        r[i] = _mm512_shuffle_f32x4(even01, even23, 0x88);
        r[8 + i] = _mm512_shuffle_f32x4(even01, even23, 0xdd);
        r[4 + i] = _mm512_shuffle_f32x4(odd01, odd23, 0x88);
        r[12 + i] = _mm512_shuffle_f32x4(odd01, odd23, 0xdd);
    }
}

/* Sum and maximum of the lanes; the order of the sum is fixed: halves on halves. */
VF_INLINE float vf_sum(vf x)
{
    __m256 half = _mm256_add_ps(_mm512_castps512_ps256(x), _mm512_extractf32x8_ps(x, 1));
    __m128 quarter = _mm_add_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1));
    quarter = _mm_add_ps(quarter, _mm_movehl_ps(quarter, quarter));
    return _mm_cvtss_f32(_mm_add_ss(quarter, _mm_movehdup_ps(quarter)));
}
VF_INLINE float vf_largest(vf x) { return _mm512_reduce_max_ps(x); }

/* Sums of squares in double: sum[0..1] hold eight lanes each. */
typedef __m512d vd;
#define VD_PER_VF 2
VF_INLINE vd vd_zero(void) { return _mm512_setzero_pd(); }
VF_INLINE vd vd_part(vf x, int part)
{
    __m256 half = part ? _mm512_extractf32x8_ps(x, 1) : _mm512_castps512_ps256(x);
    return _mm512_cvtps_pd(half);
}
VF_INLINE vd vd_fma(vd a, vd b, vd c) { return _mm512_fmadd_pd(a, b, c); }
VF_INLINE double vd_sum(vd x)
{
    __m256d half = _mm256_add_pd(_mm512_castpd512_pd256(x), _mm512_extractf64x4_pd(x, 1));
    __m128d pair = _mm_add_pd(_mm256_castpd256_pd128(half), _mm256_extractf128_pd(half, 1));
    return _mm_cvtsd_f64(_mm_add_sd(pair, _mm_unpackhi_pd(pair, pair)));
}

/* 32-bit lanes, unsigned */
VF_INLINE vi vi_set(uint32_t x) { return _mm512_set1_epi32((int)x); }
VF_INLINE vi vi_load(const uint32_t *p) { return _mm512_loadu_si512(p); }
VF_INLINE vi vi_add(vi a, vi b) { return _mm512_add_epi32(a, b); }
VF_INLINE vi vi_xor(vi a, vi b) { return _mm512_xor_si512(a, b); }
VF_INLINE vi vi_xor3(vi a, vi b, vi c) { return _mm512_ternarylogic_epi32(a, b, c, 0x96); }
VF_INLINE vm vi_below(vi a, vi b) { return _mm512_cmplt_epu32_mask(a, b); }
VF_INLINE vm vi_reaches(vi a, vi b) { return _mm512_cmpge_epu32_mask(a, b); }
VF_INLINE vi vi_keep(vm mask, vi x) { return _mm512_maskz_mov_epi32(mask, x); } /* else 0 */
/* High and low halves of the 64-bit products of all lanes with one number. */
VF_INLINE vi vi_multiply(vi *low, vi a, uint32_t b)
{
    vi factor = vi_set(b);
    vi even = _mm512_mul_epu32(a, factor);
    vi odd = _mm512_mul_epu32(_mm512_srli_epi64(a, 32), factor);
    *low = _mm512_mask_shuffle_epi32(even, 0xaaaa, odd, _MM_PERM_CCAA);
    return _mm512_mask_shuffle_epi32(odd, 0x5555, even, _MM_PERM_DDBB);
}
/* Four vectors as the columns of a matrix [16, 4], written row after row. */
VF_INLINE void vi_store_rows_of_4(uint32_t *p, vi c0, vi c1, vi c2, vi c3)
{
    vi low01 = _mm512_unpacklo_epi32(c0, c1), high01 = _mm512_unpackhi_epi32(c0, c1);
    vi low23 = _mm512_unpacklo_epi32(c2, c3), high23 = _mm512_unpackhi_epi32(c2, c3);
    vi row[4] = {_mm512_unpacklo_epi64(low01, low23), _mm512_unpackhi_epi64(low01, low23),
                 _mm512_unpacklo_epi64(high01, high23), _mm512_unpackhi_epi64(high01, high23)};
    for (int i = 0; i < 4; i++) { /* lane group g of row[i] is row 4g + i */
        _mm_storeu_si128((__m128i *)(p + 4 * i), _mm512_castsi512_si128(row[i]));
        _mm_storeu_si128((__m128i *)(p + 16 + 4 * i), _mm512_extracti32x4_epi32(row[i], 1));
        _mm_storeu_si128((__m128i *)(p + 32 + 4 * i), _mm512_extracti32x4_epi32(row[i], 2));
        _mm_storeu_si128((__m128i *)(p + 48 + 4 * i), _mm512_extracti32x4_epi32(row[i], 3));
    }
}

#include "kernel/vec_math.h"

#endif
