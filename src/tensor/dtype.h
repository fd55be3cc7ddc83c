/* Types of storage, and the real number of the computation.
 *
 * `cpl_real` is float.  The double-precision build of the plain C (CPL_DOUBLE, tests only) makes it
 * double, so that gradients can be checked by finite differences; "f32" storage is double there. */
#ifndef CPL_TENSOR_DTYPE_H
#define CPL_TENSOR_DTYPE_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef CPL_DOUBLE
typedef double cpl_real;
#else
typedef float cpl_real;
#endif

typedef enum cpl_dtype {
#define DTYPE(name, bytes) CPL_DTYPE_##name,
#include "tensor/dtype.def"
#undef DTYPE
    CPL_DTYPE_COUNT
} cpl_dtype;

size_t cpl_dtype_bytes(cpl_dtype dtype);
const char *cpl_dtype_name(cpl_dtype dtype); /* "f32", "bf16" … */

typedef uint16_t cpl_bf16;

static inline float cpl_bf16_to_float(cpl_bf16 x)
{
    uint32_t bits = (uint32_t)x << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Rounds to nearest, ties to even; a NaN stays a NaN. */
static inline cpl_bf16 cpl_bf16_from_float(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    if ((bits & 0x7fffffffu) > 0x7f800000u)
        return (cpl_bf16)((bits >> 16) | 0x40u);
    return (cpl_bf16)((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

/* IEEE 754 binary16; the same rounding. */
typedef uint16_t cpl_f16;
float cpl_f16_to_float(cpl_f16 x);
cpl_f16 cpl_f16_from_float(float value);

#endif
