/* Normalisation in AVX-512: see the template. */
#include "kernel/vec_avx512.h"

#include "kernel/template/norm.inc"
