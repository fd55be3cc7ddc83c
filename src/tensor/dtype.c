/* Types of storage: see dtype.h. */
#include "tensor/dtype.h"

#include <assert.h>

static const struct {
    const char *name;
    size_t bytes;
} dtypes[CPL_DTYPE_COUNT] = {
#define DTYPE(name, bytes) {#name, bytes},
#include "tensor/dtype.def"
#undef DTYPE
};

size_t cpl_dtype_bytes(cpl_dtype dtype)
{
    assert(dtype < CPL_DTYPE_COUNT);
    return dtypes[dtype].bytes;
}

const char *cpl_dtype_name(cpl_dtype dtype)
{
    assert(dtype < CPL_DTYPE_COUNT);
    return dtypes[dtype].name;
}

/* IEEE 754 binary16: 1 sign, 5 exponent (bias 15), 10 fraction bits. */
float cpl_f16_to_float(cpl_f16 x)
{
    uint32_t sign = (uint32_t)(x & 0x8000u) << 16;
    uint32_t exponent = x >> 10 & 31u, fraction = x & 1023u;
    float value;
    if (exponent == 0) { /* zero and subnormal: fraction * 2^-24 */
        value = (float)fraction * 0x1p-24f;
        return sign ? -value : value;
    }
    uint32_t bits = exponent == 31 ? 0x7f800000u : (exponent + 112) << 23;
    bits |= sign | fraction << 13;
    memcpy(&value, &bits, sizeof value);
    return value;
}

cpl_f16 cpl_f16_from_float(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint32_t sign = bits >> 16 & 0x8000u, magnitude = bits & 0x7fffffffu;
    if (magnitude > 0x7f800000u)
        return (cpl_f16)(sign | 0x7e00u | (magnitude >> 13 & 0x3ffu));
    if (magnitude >= 0x477ff000u) /* 65520 and more round to infinity */
        return (cpl_f16)(sign | 0x7c00u);
    if (magnitude < 0x38800000u) { /* below 2^-14: the sum's last bit is 2^-24 */
        float sum;
        memcpy(&sum, &magnitude, sizeof sum);
        sum += 0.5f;
        memcpy(&bits, &sum, sizeof bits);
        return (cpl_f16)(sign | (bits - 0x3f000000u));
    }
    uint32_t rounded = magnitude + 0xfffu + (magnitude >> 13 & 1u);
    return (cpl_f16)(sign | (rounded - (112u << 23)) >> 13);
}
