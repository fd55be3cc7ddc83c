/* Attention in AVX2: see the templates. */
#include "kernel/vec_avx2.h"
#include "kernel/vec_random.h"

#include <omp.h>

#include "kernel/template/attention_block.inc"

#include "kernel/template/attention_forward.inc"

#include "kernel/template/attention_backward.inc"
