/* Matrix products with AVX-512: 14 x 32 tiles of f32; bf16 is rounded while packing and
 * multiplied as f32. */
#include "kernel/gemm/gemm.h"
#include "kernel/gemm/gemm_units.h"
#include "kernel/ref/ref_activation.h"

#include <immintrin.h>

#include "kernel/gemm/gemm_vec512.inc"

typedef float operand;
#define B_VEC __m512
#define B_LOAD _mm512_loadu_ps
#define VEC_MULTIPLY_ADD(a, b, sum) _mm512_fmadd_ps(_mm512_set1_ps(*(a)), b, sum)
#include "kernel/gemm/gemm_micro.inc"

#include "kernel/gemm/gemm_activate.inc"
#include "kernel/gemm/gemm_finish.inc"

#define K_STEP 1

static inline __m512i load_lines(const struct cpl_gemm_panel *panel, int64_t offset, int lines,
                                 bool more)
{
    (void)more;
    vec x = load_some(panel->data, panel->dtype, offset, first_lanes(lines));
    return panel->round_bf16 ? round_bits(x) : _mm512_castps_si512(x);
}

static inline __m512i load_k(const struct cpl_gemm_panel *panel, int64_t offset, int count)
{
    return load_lines(panel, offset, count, false);
}
#include "kernel/gemm/gemm_pack512.inc"

const struct cpl_gemm_unit cpl_gemm_unit_avx512 = {
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

#define UNIT(compute) ((void)(compute), &cpl_gemm_unit_avx512)
#define GEMM_ENTRY(name) name##_avx512
#include "kernel/gemm/gemm_entries.inc"
