/* Cross-entropy in AVX-512 with bf16 instructions: see the template. */
#include "kernel/vec_avx512.h"

#include "kernel/template/loss.inc"
