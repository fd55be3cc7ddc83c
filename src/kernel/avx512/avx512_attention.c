/* Attention in AVX-512: see the templates. */
#include "kernel/vec_avx512.h"
#include "kernel/vec_random.h"

#include <omp.h>

#include "kernel/template/attention_block.inc"

#include "kernel/template/attention_forward.inc"

#include "kernel/template/attention_backward.inc"
