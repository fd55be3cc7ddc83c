/* A weight: what an op multiplies by.  Its value may be owned or mapped from a file, of any dtype;
 * packed forms for the matrix products are kept until the value changes. */
#ifndef CPL_TENSOR_WEIGHT_H
#define CPL_TENSOR_WEIGHT_H

#include "tensor/tensor.h"

struct cpl_weight_pack {
    void *data; /* heap, NULL until first used */
    size_t bytes;
    uint64_t version; /* of the value that was packed; 0: none */
    cpl_dtype compute;
};

struct cpl_weight {
    struct cpl_tensor value;    /* [out, in]; vectors are [1, n]; embeddings [V, D] */
    struct cpl_tensor gradient; /* same shape, f32, added to; data NULL: frozen or inference */
    uint64_t version;           /* raised by whoever changes the value; starts at 1 */
    struct cpl_weight_pack forward;  /* B = value^T  [in, out] */
    struct cpl_weight_pack backward; /* B = value    [out, in] */
};

#endif
