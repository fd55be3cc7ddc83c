/* The vector vocabulary in AVX2 with FMA: eight f32 lanes; see vec_math.h for what is built on
 * it. Included once by each file that turns a template into kernels. */
#ifndef CPL_KERNEL_VEC_AVX2_H
#define CPL_KERNEL_VEC_AVX2_H

#include "kernel/kernel.h"
#include <immintrin.h>
#include <stdint.h>
#include <string.h>

#define VF_WIDTH 8
#define VF_NAME(base) base##_avx2
#define VF_INLINE static inline __attribute__((always_inline, unused))

typedef __m256 vf;
typedef __m256i vi;
typedef __m256 vm; /* all bits of a lane, or none */

VF_INLINE vf vf_set(float x) { return _mm256_set1_ps(x); }
VF_INLINE vf vf_load(const float *p) { return _mm256_loadu_ps(p); }
VF_INLINE void vf_store(float *p, vf x) { _mm256_storeu_ps(p, x); }

/* The first n < 8 elements; the other lanes are 0 or not written. */
VF_INLINE __m256i first_lanes(int64_t n)
{
    __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), lane);
}
VF_INLINE vm vf_first(int64_t n) { return _mm256_castsi256_ps(first_lanes(n)); }
VF_INLINE vf vf_load_first(const float *p, int64_t n)
{
    return _mm256_maskload_ps(p, first_lanes(n));
}
VF_INLINE void vf_store_first(float *p, int64_t n, vf x)
{
    _mm256_maskstore_ps(p, first_lanes(n), x);
}

VF_INLINE vf widen_bf16(__m128i bits)
{
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(bits), 16));
}
/* Rounds to nearest even. */
VF_INLINE __m128i narrow_bf16(vf x)
{
    vi bits = _mm256_castps_si256(x);
    vi odd = _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(1));
    vi rounded = _mm256_add_epi32(_mm256_add_epi32(bits, _mm256_set1_epi32(0x7fff)), odd);
    vi quiet = _mm256_or_si256(bits, _mm256_set1_epi32(0x400000));
    vi nan = _mm256_castps_si256(_mm256_cmp_ps(x, x, _CMP_UNORD_Q));
    rounded = _mm256_srli_epi32(_mm256_blendv_epi8(rounded, quiet, nan), 16);
    vi packed = _mm256_permute4x64_epi64(_mm256_packus_epi32(rounded, rounded), 0x08);
    return _mm256_castsi256_si128(packed);
}
VF_INLINE vf vf_load_bf16(const cpl_bf16 *p)
{
    return widen_bf16(_mm_loadu_si128((const __m128i *)p));
}
VF_INLINE void vf_store_bf16(cpl_bf16 *p, vf x)
{
    _mm_storeu_si128((__m128i *)p, narrow_bf16(x));
}
VF_INLINE vf vf_load_bf16_first(const cpl_bf16 *p, int64_t n)
{
    cpl_bf16 some[8] = {0};
    memcpy(some, p, (size_t)n * sizeof *p);
    return vf_load_bf16(some);
}
VF_INLINE void vf_store_bf16_first(cpl_bf16 *p, int64_t n, vf x)
{
    cpl_bf16 some[8];
    vf_store_bf16(some, x);
    memcpy(p, some, (size_t)n * sizeof *p);
}
VF_INLINE vf vf_load_f16(const cpl_f16 *p)
{
    return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p));
}
VF_INLINE void vf_store_f16(cpl_f16 *p, vf x)
{
    _mm_storeu_si128((__m128i *)p, _mm256_cvtps_ph(x, _MM_FROUND_TO_NEAREST_INT));
}

VF_INLINE vf vf_fma(vf a, vf b, vf c) { return _mm256_fmadd_ps(a, b, c); }   /* a b + c */
VF_INLINE vf vf_fnma(vf a, vf b, vf c) { return _mm256_fnmadd_ps(a, b, c); } /* c - a b */
/* A NaN in the second argument stays. */
VF_INLINE vf vf_max(vf a, vf b) { return _mm256_max_ps(a, b); }
VF_INLINE vf vf_min(vf a, vf b) { return _mm256_min_ps(a, b); }
VF_INLINE vf vf_sqrt(vf x) { return _mm256_sqrt_ps(x); }
VF_INLINE vf vf_abs(vf x) { return _mm256_andnot_ps(vf_set(-0.0f), x); }
VF_INLINE vf vf_round(vf x) { return _mm256_round_ps(x, 8); } /* to nearest, no exception */
/* x 2^n, n whole and -252 <= n <= 254: in two steps, so that results may be denormal or
 * infinite */
VF_INLINE vf vf_scale(vf x, vf n)
{
    vi whole = _mm256_cvtps_epi32(n), half = _mm256_srai_epi32(whole, 1);
    vi rest = _mm256_sub_epi32(whole, half), bias = _mm256_set1_epi32(127);
    vf power = _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(half, bias), 23));
    vf other = _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(rest, bias), 23));
    return _mm256_mul_ps(_mm256_mul_ps(x, power), other);
}
/* 1/x, correctly rounded: the quotient is no slower than a guess and two steps of Newton */
VF_INLINE vf vf_reciprocal(vf x) { return _mm256_div_ps(vf_set(1), x); }

VF_INLINE vm vf_less(vf a, vf b) { return _mm256_cmp_ps(a, b, _CMP_LT_OQ); }
VF_INLINE vm vf_not_less(vf a, vf b) /* also where one is NaN */
{
    return _mm256_cmp_ps(a, b, _CMP_NLT_UQ);
}
VF_INLINE vf vf_select(vm mask, vf yes, vf no) { return _mm256_blendv_ps(no, yes, mask); }
VF_INLINE vf vf_keep(vm mask, vf x) { return _mm256_and_ps(mask, x); } /* else 0 */
VF_INLINE unsigned vf_bits(vm mask) { return (unsigned)_mm256_movemask_ps(mask); }

/* Lanes first <= lane < end, either of any size. */
VF_INLINE vm vf_span(int64_t first, int64_t end)
{
    int64_t low = first < 0 ? 0 : first > 8 ? 8 : first, high = end < 0 ? 0 : end > 8 ? 8 : end;
    return _mm256_castsi256_ps(_mm256_andnot_si256(first_lanes(low), first_lanes(high)));
}
/* Rows of an 8 x 8 matrix become its columns: pairs, fours, then halves of registers. */
VF_INLINE void vf_transpose(vf r[8])
{
    vf t[8];
    for (int i = 0; i < 8; i += 4) {
        vf low01 = _mm256_unpacklo_ps(r[i], r[i + 1]),
           high01 = _mm256_unpackhi_ps(r[i], r[i + 1]);
        vf low23 = _mm256_unpacklo_ps(r[i + 2], r[i + 3]);
        vf high23 = _mm256_unpackhi_ps(r[i + 2], r[i + 3]);
        t[i] = _mm256_shuffle_ps(low01, low23, 0x44);
        t[i + 1] = _mm256_shuffle_ps(low01, low23, 0xee);
        t[i + 2] = _mm256_shuffle_ps(high01, high23, 0x44);
        t[i + 3] = _mm256_shuffle_ps(high01, high23, 0xee);
    }
    for (int i = 0; i < 4; i++) {
        r[i] = _mm256_permute2f128_ps(t[i], t[4 + i], 0x20);
        r[4 + i] = _mm256_permute2f128_ps(t[i], t[4 + i], 0x31);
    }
}

/* Sum and maximum of the lanes; the order of the sum is fixed: halves on halves. */
VF_INLINE float vf_sum(vf x)
{
    __m128 quarter = _mm_add_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    quarter = _mm_add_ps(quarter, _mm_movehl_ps(quarter, quarter));
    return _mm_cvtss_f32(_mm_add_ss(quarter, _mm_movehdup_ps(quarter)));
}
VF_INLINE float vf_largest(vf x)
{
    __m128 quarter = _mm_max_ps(_mm256_castps256_ps128(x), _mm256_extractf128_ps(x, 1));
    quarter = _mm_max_ps(quarter, _mm_movehl_ps(quarter, quarter));
    return _mm_cvtss_f32(_mm_max_ss(quarter, _mm_movehdup_ps(quarter)));
}

/* Sums of squares in double: four lanes each. */
typedef __m256d vd;
#define VD_PER_VF 2
VF_INLINE vd vd_zero(void) { return _mm256_setzero_pd(); }
VF_INLINE vd vd_part(vf x, int part)
{
    return _mm256_cvtps_pd(part ? _mm256_extractf128_ps(x, 1) : _mm256_castps256_ps128(x));
}
VF_INLINE vd vd_fma(vd a, vd b, vd c) { return _mm256_fmadd_pd(a, b, c); }
VF_INLINE double vd_sum(vd x)
{
    __m128d pair = _mm_add_pd(_mm256_castpd256_pd128(x), _mm256_extractf128_pd(x, 1));
    return _mm_cvtsd_f64(_mm_add_sd(pair, _mm_unpackhi_pd(pair, pair)));
}

/* 32-bit lanes, unsigned */
VF_INLINE vi vi_set(uint32_t x) { return _mm256_set1_epi32((int)x); }
VF_INLINE vi vi_load(const uint32_t *p) { return _mm256_loadu_si256((const __m256i *)p); }
VF_INLINE vi vi_add(vi a, vi b) { return _mm256_add_epi32(a, b); }
VF_INLINE vi vi_xor(vi a, vi b) { return _mm256_xor_si256(a, b); }
VF_INLINE vi vi_xor3(vi a, vi b, vi c) { return vi_xor(vi_xor(a, b), c); }
VF_INLINE vm vi_reaches(vi a, vi b)
{
    return _mm256_castsi256_ps(_mm256_cmpeq_epi32(_mm256_max_epu32(a, b), a));
}
VF_INLINE vm vi_below(vi a, vi b)
{
    return _mm256_andnot_ps(vi_reaches(a, b), _mm256_castsi256_ps(_mm256_set1_epi32(-1)));
}
VF_INLINE vi vi_keep(vm mask, vi x) /* else 0 */
{
    return _mm256_and_si256(_mm256_castps_si256(mask), x);
}
/* High and low halves of the 64-bit products of all lanes with one number. */
VF_INLINE vi vi_multiply(vi *low, vi a, uint32_t b)
{
    vi factor = vi_set(b);
    vi even = _mm256_mul_epu32(a, factor);
    vi odd = _mm256_mul_epu32(_mm256_srli_epi64(a, 32), factor);
    *low = _mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xaa);
    return _mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xaa);
}
/* Four vectors as the columns of a matrix [8, 4], written row after row. */
VF_INLINE void vi_store_rows_of_4(uint32_t *p, vi c0, vi c1, vi c2, vi c3)
{
    vi low01 = _mm256_unpacklo_epi32(c0, c1), high01 = _mm256_unpackhi_epi32(c0, c1);
    vi low23 = _mm256_unpacklo_epi32(c2, c3), high23 = _mm256_unpackhi_epi32(c2, c3);
    vi row[4] = {_mm256_unpacklo_epi64(low01, low23), _mm256_unpackhi_epi64(low01, low23),
                 _mm256_unpacklo_epi64(high01, high23), _mm256_unpackhi_epi64(high01, high23)};
    for (int i = 0; i < 4; i++) { /* half h of row[i] is row 4h + i */
        _mm_storeu_si128((__m128i *)(p + 4 * i), _mm256_castsi256_si128(row[i]));
        _mm_storeu_si128((__m128i *)(p + 16 + 4 * i), _mm256_extracti128_si256(row[i], 1));
    }
}

#include "kernel/vec_math.h"

#endif
