/* Peak of f32 products in AVX-512: see the template. */
#include "kernel/vec_avx512.h"

#define PEAK_SUMS 24
#define PEAK_INPUT vf
#define PEAK_SET vf_set
#define PEAK_MULTIPLY_ADD vf_fma
#define PEAK_PRODUCTS VF_WIDTH
#include "kernel/template/peak.inc"
