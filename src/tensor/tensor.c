/* Matrix views: see tensor.h. */
#include "tensor/tensor.h"

#include <assert.h>

struct cpl_tensor cpl_tensor_of(void *data, int64_t rows, int64_t cols, cpl_dtype dtype)
{
    return (struct cpl_tensor){data, rows, cols, cols, dtype};
}

static void *element(struct cpl_tensor x, int64_t row, int64_t col)
{
    if (!x.data)
        return NULL;
    return (char *)x.data + (row * x.stride + col) * (int64_t)cpl_dtype_bytes(x.dtype);
}

struct cpl_tensor cpl_tensor_columns(struct cpl_tensor x, int64_t begin, int64_t cols)
{
    assert(begin >= 0 && cols >= 0 && begin + cols <= x.cols);
    return (struct cpl_tensor){element(x, 0, begin), x.rows, cols, x.stride, x.dtype};
}

struct cpl_tensor cpl_tensor_rows(struct cpl_tensor x, int64_t begin, int64_t rows)
{
    assert(begin >= 0 && rows >= 0 && begin + rows <= x.rows);
    return (struct cpl_tensor){element(x, begin, 0), rows, x.cols, x.stride, x.dtype};
}

int64_t cpl_tensor_count(struct cpl_tensor x) { return x.rows * x.cols; }

cpl_real cpl_tensor_get(struct cpl_tensor x, int64_t row, int64_t col)
{
    assert(row >= 0 && row < x.rows && col >= 0 && col < x.cols);
    const void *at = element(x, row, col);
    switch (x.dtype) {
    case CPL_DTYPE_bf16: return cpl_bf16_to_float(*(const cpl_bf16 *)at);
    case CPL_DTYPE_f16: return cpl_f16_to_float(*(const cpl_f16 *)at);
    default: return *(const cpl_real *)at;
    }
}

void cpl_tensor_set(struct cpl_tensor x, int64_t row, int64_t col, cpl_real value)
{
    assert(row >= 0 && row < x.rows && col >= 0 && col < x.cols);
    void *at = element(x, row, col);
    switch (x.dtype) {
    case CPL_DTYPE_bf16: *(cpl_bf16 *)at = cpl_bf16_from_float((float)value); break;
    case CPL_DTYPE_f16: *(cpl_f16 *)at = cpl_f16_from_float((float)value); break;
    default: *(cpl_real *)at = value;
    }
}
