/* Tensors of a safetensors file as f32.  Data may lie at any address, so values are copied
 * bytewise. */
#include "format/safetensors.h"

#include "tensor/dtype.h"

/* IEEE 754 half precision; exact. */
static float half_to_float(uint16_t half)
{
    uint32_t sign = (uint32_t)(half & 0x8000u) << 16;
    uint32_t exponent = (half >> 10) & 31u, fraction = half & 0x3ffu, bits;
    float value;
    if (exponent == 31)
        bits = sign | 0x7f800000u | fraction << 13;
    else if (exponent > 0)
        bits = sign | (exponent + 112) << 23 | fraction << 13;
    else { /* zero and subnormals: fraction * 2^-24 */
        value = (float)fraction * 0x1p-24f;
        return sign ? -value : value;
    }
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void read_16_bits(const struct cpl_safetensors_entry *entry, float *out, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        uint16_t bits;
        memcpy(&bits, entry->data + 2 * i, sizeof bits);
        out[i] =
            entry->dtype == CPL_SAFETENSORS_F16 ? half_to_float(bits) : cpl_bf16_to_float(bits);
    }
}

static void read_doubles(const struct cpl_safetensors_entry *entry, float *out, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        double value;
        memcpy(&value, entry->data + 8 * i, sizeof value);
        out[i] = (float)value;
    }
}

cpl_status cpl_safetensors_read_f32(const struct cpl_safetensors_entry *entry, float *out,
                                    struct cpl_error *error)
{
    int64_t count = cpl_safetensors_elements(entry);
    switch (entry->dtype) {
    case CPL_SAFETENSORS_F32:
        if (entry->bytes)
            memcpy(out, entry->data, entry->bytes);
        return CPL_OK;
    case CPL_SAFETENSORS_F16:
    case CPL_SAFETENSORS_BF16: read_16_bits(entry, out, count); return CPL_OK;
    case CPL_SAFETENSORS_F64: read_doubles(entry, out, count); return CPL_OK;
    default:
        return cpl_error_set(error, CPL_ERROR_INPUT, entry->name,
                             "its type %s is not a floating-point type that can be read",
                             cpl_safetensors_dtype_name(entry->dtype));
    }
}
