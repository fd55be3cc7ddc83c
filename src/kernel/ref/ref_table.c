/* The table of plain C, which has every slot, and the table that does nothing. */
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

#define KERNEL(slot, tag)                                                                      \
    static void slot##_dry(struct cpl_queue *queue, const struct cpl_##tag##_args *args)       \
    {                                                                                          \
        (void)queue, (void)args;                                                               \
    }
#include "kernel/kernels.def"
#undef KERNEL

/* Sizes of packed weights stay those of the table that is overridden: memory is what is
 * counted. */
void cpl_kernels_set_dry(struct cpl_kernels *kernels)
{
    if (!kernels->packed_bytes)
        cpl_kernels_set_c(kernels);
#define KERNEL(slot, tag) kernels->slot = slot##_dry;
#include "kernel/kernels.def"
#undef KERNEL
}
