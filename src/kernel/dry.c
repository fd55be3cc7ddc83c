/* Kernels that do nothing: a dry run walks the real code to count its memory. */
#include "kernel/kernel.h"

#define KERNEL(slot, tag)                                                                      \
    static void dry_##slot(struct cpl_queue *queue, const struct cpl_##tag##_args *args)       \
    {                                                                                          \
        (void)queue;                                                                           \
        (void)args;                                                                            \
    }
#include "kernel/kernels.def"
#undef KERNEL

/* packed_bytes stays as it was: the size of packed weights is part of what is counted. */
void cpl_kernels_set_dry(struct cpl_kernels *kernels)
{
    kernels->name = "dry";
#define KERNEL(slot, tag) kernels->slot = dry_##slot;
#include "kernel/kernels.def"
#undef KERNEL
}
