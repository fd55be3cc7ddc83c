/* Matrix products with AVX2: 6 x 16 tiles of f32; bf16 is rounded while packing and
 * multiplied as f32. */
#include "kernel/gemm/gemm.h"
#include "kernel/vec_avx2.h"

#define MR 6
#define NV 2
#define NR (NV * VF_WIDTH)

typedef float operand;
typedef vf b_vector;
#define B_LOAD vf_load
#define MULTIPLY_ADD(a, b, sum) vf_fma(vf_set(*(a)), b, sum)
#include "kernel/gemm/gemm_micro.inc"

#include "kernel/gemm/gemm_finish.inc"

#define K_STEP 1

/* Turns a square of 8 x 8: within halves of registers first, then the halves. */
static inline void transpose(vf r[8])
{
    vf s[8];
    for (int i = 0; i < 8; i += 2) {
        s[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
        s[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
    }
    for (int i = 0; i < 8; i += 4) {
        r[i] = _mm256_shuffle_ps(s[i], s[i + 2], 0x44);
        r[i + 1] = _mm256_shuffle_ps(s[i], s[i + 2], 0xee);
        r[i + 2] = _mm256_shuffle_ps(s[i + 1], s[i + 3], 0x44);
        r[i + 3] = _mm256_shuffle_ps(s[i + 1], s[i + 3], 0xee);
    }
    for (int i = 0; i < 4; i++) {
        s[i] = _mm256_permute2f128_ps(r[i], r[i + 4], 0x20);
        s[i + 4] = _mm256_permute2f128_ps(r[i], r[i + 4], 0x31);
    }
    for (int i = 0; i < 8; i++)
        r[i] = s[i];
}

#include "kernel/gemm/gemm_pack.inc"

static const struct cpl_gemm_unit unit = {
    .mr = MR,
    .nr = NR,
    .k_step = K_STEP,
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
