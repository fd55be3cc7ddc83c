/* Optimizer arrays in AVX2: see the template. */
#include "kernel/vec_avx2.h"

#include "kernel/template/optimizer.inc"
