/* How fast matrix products of one shape are: see <couplet/device.h>. */
#include "base/arena.h"
#include "base/rng.h"
#include "base/try.h"
#include "kernel/device.h"

#include <couplet/measure.h>

/* Memory of one measurement, all of it in an arena (whose pages are large). */
struct operands {
    struct cpl_arena arena;
    struct cpl_gemm_args args;
    struct cpl_packed packed;
};

static cpl_status out_of_memory(struct cpl_error *error)
{
    return cpl_error_set(error, CPL_ERROR_SYSTEM, "product", "out of memory");
}

/* A rows x cols operand of numbers in [-1, 1), stored transposed if asked. */
static bool fill_operand(struct operands *operands, struct cpl_gemm_operand *out,
                         cpl_dtype dtype, int64_t rows, int64_t cols, bool transposed,
                         uint32_t stream)
{
    size_t bytes = cpl_dtype_bytes(dtype);
    unsigned char *data = cpl_arena_take(&operands->arena, (size_t)(rows * cols), bytes);
    if (!data)
        return false;
    struct cpl_rng_key key = {.seed = stream, .stream = CPL_RNG_TEST};
    for (int64_t i = 0; i < rows * cols; i++) {
        float x = (float)(2 * cpl_rng_uniform(key, (uint64_t)i) - 1);
        if (dtype == CPL_DTYPE_bf16)
            ((cpl_bf16 *)(void *)data)[i] = cpl_bf16_from_float(x);
        else
            ((cpl_real *)(void *)data)[i] = x;
    }
    *out = (struct cpl_gemm_operand){data, dtype, transposed ? 1 : cols, transposed ? rows : 1};
    return true;
}

static cpl_status prepare(struct operands *operands, struct cpl_device *device,
                          const struct cpl_product *product, struct cpl_error *error)
{
    struct cpl_gemm_args *args = &operands->args;
    int64_t m = product->m, n = product->n, k = product->k;
    *args = (struct cpl_gemm_args){
        .m = m,
        .n = n,
        .k = k,
        .compute = device->dtype,
        .c_dtype = product->accumulate ? CPL_DTYPE_f32 : device->dtype,
        .c_stride = n,
        .alpha = 1,
        .beta = product->accumulate,
    };
    if (!fill_operand(operands, &args->a, device->dtype, m, k, product->transpose_a, 1) ||
        !fill_operand(operands, &args->b, device->dtype, k, n, product->transpose_b, 2))
        return out_of_memory(error);
    size_t c_bytes = (size_t)(m * n) * cpl_dtype_bytes(args->c_dtype);
    args->c = cpl_arena_take(&operands->arena, c_bytes, 1);
    if (!args->c)
        return out_of_memory(error);
    memset(args->c, 0, c_bytes);
    if (!product->packed)
        return CPL_OK;
    size_t bytes = device->kernels.packed_bytes(k, n, device->dtype);
    operands->packed =
        (struct cpl_packed){cpl_arena_take(&operands->arena, bytes, 1), k, n, device->dtype};
    if (!operands->packed.data)
        return out_of_memory(error);
    device->kernels.gemm_pack(&device->queue, &(struct cpl_gemm_pack_args){
                                                  .b = args->b, .packed = &operands->packed});
    args->packed_b = &operands->packed;
    return CPL_OK;
}

cpl_status cpl_device_measure_product(double *gflops, struct cpl_device *device,
                                      const struct cpl_product *product, double seconds,
                                      struct cpl_error *error)
{
    if (product->m < 1 || product->n < 1 || product->k < 1 || product->m > 1 << 24 ||
        product->n > 1 << 24 || product->k > 1 << 24)
        return cpl_error_set(error, CPL_ERROR_USAGE, "product",
                             "expected sizes from 1 to 16777216");
    struct operands operands = {.arena = {.chunk_bytes = 0}};
    cpl_status status = prepare(&operands, device, product, error);
    double best = 0, begin = cpl_measure_seconds(), now = begin;
    while (status == CPL_OK && (now - begin < seconds || best == 0)) {
        double start = cpl_measure_seconds();
        device->kernels.gemm(&device->queue, &operands.args);
        now = cpl_measure_seconds();
        double operations = 2.0 * (double)product->m * (double)product->n * (double)product->k;
        double rate = operations / (now - start);
        best = rate > best ? rate : best;
        if (device->queue.out_of_memory)
            status = out_of_memory(error);
    }
    device->queue.out_of_memory = false;
    cpl_arena_clear(&operands.arena);
    *gflops = best * 1e-9;
    return status;
}
