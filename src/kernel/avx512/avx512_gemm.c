/* Matrix products with AVX-512: 14 x 32 tiles of f32; bf16 is rounded while packing and
 * multiplied as f32. */
#include "kernel/gemm/gemm.h"
#include "kernel/gemm/gemm_units.h"
#include "kernel/vec_avx512.h"

#include <string.h>

#define MR 14
#define NV 2
#define NR (NV * VF_WIDTH)

typedef float operand;
typedef vf b_vector;
#define B_LOAD vf_load
#define MULTIPLY_ADD(a, b, sum) vf_fma(vf_set(*(a)), b, sum)
#include "kernel/gemm/gemm_micro.inc"

#include "kernel/gemm/gemm_finish.inc"

#define K_STEP 1
#include "kernel/gemm/gemm_transpose512.inc"

#include "kernel/gemm/gemm_pack.inc"

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
