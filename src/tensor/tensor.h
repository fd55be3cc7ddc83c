/* A tensor is a matrix view: [rows, cols] with a row stride, in memory that someone else owns.
 *
 * Activations are [N, D] over the N tokens of the ragged batch; a vector is one row; the queries,
 * keys and values inside a fused [N, 3D] are views with the stride of the whole. */
#ifndef CPL_TENSOR_TENSOR_H
#define CPL_TENSOR_TENSOR_H

#include "tensor/dtype.h"
#include <stdbool.h>

struct cpl_tensor {
    void *data;
    int64_t rows, cols;
    int64_t stride; /* elements from one row to the next, >= cols */
    cpl_dtype dtype;
};

struct cpl_tensor cpl_tensor_of(void *data, int64_t rows, int64_t cols, cpl_dtype dtype);
struct cpl_tensor cpl_tensor_columns(struct cpl_tensor x, int64_t begin, int64_t cols);
struct cpl_tensor cpl_tensor_rows(struct cpl_tensor x, int64_t begin, int64_t rows);
int64_t cpl_tensor_count(struct cpl_tensor x); /* rows * cols */
cpl_real cpl_tensor_get(struct cpl_tensor x, int64_t row,
                        int64_t col); /* for tests and output */
void cpl_tensor_set(struct cpl_tensor x, int64_t row, int64_t col, cpl_real value);

#endif
