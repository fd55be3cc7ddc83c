/* The table of plain C, which has every slot. */
#include "kernel/gemm/gemm.h"
#include "kernel/ref/ref.h"

void cpl_kernels_set_c(struct cpl_kernels *kernels)
{
    kernels->name = "c";
#define KERNEL(slot, tag) kernels->slot = cpl_##slot##_c;
#include "kernel/kernels.def"
#undef KERNEL
    kernels->packed_bytes = cpl_packed_bytes_c;
}
