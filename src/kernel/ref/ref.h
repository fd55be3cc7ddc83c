/* The plain C of every slot: the definition of correct, and the fallback on any processor.
 *
 * Written over cpl_real, so that the double-precision build gives gradients that finite
 * differences can check; sums are in double in both.  Storage goes through the small helpers
 * below. */
#ifndef CPL_KERNEL_REF_REF_H
#define CPL_KERNEL_REF_REF_H

#include "kernel/kernel.h"

#define KERNEL(slot, tag)                                                                      \
    void cpl_##slot##_c(struct cpl_queue *, const struct cpl_##tag##_args *);
#include "kernel/kernels.def"
#undef KERNEL

/* Element `i` of an array of any storage type. */
static inline cpl_real cpl_load(const void *data, cpl_dtype dtype, int64_t i)
{
    if (dtype == CPL_DTYPE_bf16)
        return cpl_bf16_to_float(((const cpl_bf16 *)data)[i]);
    if (dtype == CPL_DTYPE_f16)
        return cpl_f16_to_float(((const cpl_f16 *)data)[i]);
    return ((const cpl_real *)data)[i];
}

static inline void cpl_store(void *data, cpl_dtype dtype, int64_t i, cpl_real value)
{
    if (dtype == CPL_DTYPE_bf16)
        ((cpl_bf16 *)data)[i] = cpl_bf16_from_float((float)value);
    else if (dtype == CPL_DTYPE_f16)
        ((cpl_f16 *)data)[i] = cpl_f16_from_float((float)value);
    else
        ((cpl_real *)data)[i] = value;
}

/* The whole part of p * 2^32: a random word below it means "dropped". */
static inline uint32_t cpl_dropout_threshold(double p)
{
    double threshold = p * 0x1p32;
    return threshold >= 0xffffffffu ? 0xffffffffu : (uint32_t)threshold;
}

/* Columns that one task of a sum over rows takes. */
#define CPL_COLUMN_BLOCK 64

#endif
