/* What AVX2 overrides. */
#include "kernel/gemm/gemm.h"
#include "kernel/vec_avx2.h"
#include "kernel/vec_slots.h"

void cpl_kernels_set_avx2(struct cpl_kernels *kernels)
{
    kernels->name = "avx2";
    kernels->gemm = VF_NAME(cpl_gemm);
    kernels->gemm_pack = VF_NAME(cpl_gemm_pack);
    kernels->embed_forward = VF_NAME(cpl_embed_forward);
    kernels->embed_backward = VF_NAME(cpl_embed_backward);
    kernels->gather_rows = VF_NAME(cpl_gather_rows);
    kernels->scatter_rows = VF_NAME(cpl_scatter_rows);
    kernels->norm_forward = VF_NAME(cpl_norm_forward);
    kernels->norm_backward = VF_NAME(cpl_norm_backward);
    kernels->activation_forward = VF_NAME(cpl_activation_forward);
    kernels->activation_backward = VF_NAME(cpl_activation_backward);
    kernels->attention_forward = VF_NAME(cpl_attention_forward);
    kernels->attention_backward = VF_NAME(cpl_attention_backward);
    kernels->cross_entropy = VF_NAME(cpl_cross_entropy);
    kernels->dropout = VF_NAME(cpl_dropout);
    kernels->column_sum = VF_NAME(cpl_column_sum);
    kernels->add = VF_NAME(cpl_add);
    kernels->convert = VF_NAME(cpl_convert);
    kernels->axpby = VF_NAME(cpl_axpby);
    kernels->adamw = VF_NAME(cpl_adamw);
    kernels->sum_squares = VF_NAME(cpl_sum_squares);
    kernels->packed_bytes = cpl_packed_bytes_avx2;
}
