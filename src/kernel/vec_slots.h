/* The slots that one instruction set implements, by its own names, and what their loops share.
 * Included by a template after a vec_*.h. */
#ifndef CPL_KERNEL_VEC_SLOTS_H
#define CPL_KERNEL_VEC_SLOTS_H

#include "kernel/kernel.h"

#define KERNEL(slot, tag)                                                                      \
    void VF_NAME(cpl_##slot)(struct cpl_queue *, const struct cpl_##tag##_args *);
#include "kernel/kernels.def"
#undef KERNEL

/* Threads for a loop over rows x cols numbers: waking others costs more than a few thousand. */
static inline int threads_for(const struct cpl_queue *queue, int64_t rows, int64_t cols)
{
    return rows * cols < 16384 ? 1 : queue->threads;
}

static inline int64_t at_most(int64_t value, int64_t limit)
{
    return value < limit ? value : limit;
}

/* Scratch of a launch, or NULL with the queue marked. */
static inline void *take_scratch(struct cpl_queue *queue, int64_t count, size_t size)
{
    void *memory = cpl_arena_take(&queue->scratch, (size_t)count, size);
    if (!memory)
        queue->out_of_memory = true;
    return memory;
}

#endif
