/* couplet bench gemm: matrix products of the shapes that training and generating have. */
#include "open.h"

#include <stdio.h>

#define PRODUCT_SECONDS 0.4
#define PEAK_SECONDS 0.05

static const struct cli_example examples[] = {
    {"couplet bench gemm", "speed of the matrix products, as a share of the peak"},
    {"couplet bench gemm --isa avx2 --dtype f32 --threads 1", "of other kernels"},
    {0},
};
static const char *const options[] = {"threads", "isa", "dtype", "json", NULL};

/* C[m, n] = A[m, k] B[k, n] */
static const struct shape {
    const char *what;
    struct cpl_product product; /* m, n, k, A^T, B^T, += , packed */
} shapes[] = {
    {"mini: queries, keys, values", {4096, 768, 256, false, true, false, false}},
    {"mini: feed-forward in", {4096, 1024, 256, false, true, false, false}},
    {"mini: feed-forward out", {4096, 256, 1024, false, true, false, false}},
    {"mini: gradient of a weight", {1024, 256, 4096, true, false, true, false}},
    {"mini: gradient of an input", {4096, 256, 1024, false, false, false, false}},
    {"mini: logits", {614, 21128, 256, false, true, false, false}},
    {"mini: gradient of hidden rows", {614, 256, 21128, false, false, false, false}},
    {"mini: gradient of the embedding", {21128, 256, 614, true, false, true, false}},
    {"base: feed-forward in", {4096, 3072, 768, false, true, false, false}},
    {"base: gradient of a weight", {3072, 768, 4096, true, false, true, false}},
    {"Muon: a square", {256, 256, 256, false, false, false, false}},
    {"Muon: a larger square", {768, 768, 768, false, true, false, false}},
    {"generating: one row", {1, 1024, 256, false, true, false, true}},
    {"generating: logits of one row", {1, 21128, 256, false, true, false, true}},
    {"generating: eight rows", {8, 1024, 256, false, true, false, true}},
};
#define SHAPES (sizeof shapes / sizeof *shapes)

struct result {
    double gflops, peak;
};

/* The peak before and after; the better one, as it is the bound. */
static cpl_status measure(struct result *out, struct cpl_device *device,
                          const struct cpl_product *product, struct cpl_error *error)
{
    const char *isa = cpl_device_isa(device), *dtype = cpl_device_dtype(device);
    int threads = cpl_device_threads(device);
    double before = 0, after = 0;
    cpl_status status = cpl_machine_peak(&before, isa, dtype, threads, PEAK_SECONDS, error);
    if (status == CPL_OK)
        status =
            cpl_device_measure_product(&out->gflops, device, product, PRODUCT_SECONDS, error);
    if (status == CPL_OK)
        status = cpl_machine_peak(&after, isa, dtype, threads, PEAK_SECONDS, error);
    out->peak = before > after ? before : after;
    return status;
}

static void add_json(struct cpl_json *json, const struct shape *shape,
                     const struct result *result)
{
    cpl_json_begin_object(json, NULL);
    cpl_json_add_text(json, "what", shape->what);
    cpl_json_add_int(json, "m", shape->product.m);
    cpl_json_add_int(json, "n", shape->product.n);
    cpl_json_add_int(json, "k", shape->product.k);
    cpl_json_add_bool(json, "transpose_a", shape->product.transpose_a);
    cpl_json_add_bool(json, "transpose_b", shape->product.transpose_b);
    cpl_json_add_bool(json, "accumulate", shape->product.accumulate);
    cpl_json_add_bool(json, "packed", shape->product.packed);
    cpl_json_add_real(json, "gflops", result->gflops);
    cpl_json_add_real(json, "peak_gflops", result->peak);
    cpl_json_add_real(json, "share", result->gflops / result->peak);
    cpl_json_end(json);
}

static void print_row(const struct shape *shape, const struct result *result)
{
    const struct cpl_product *product = &shape->product;
    printf("%-32s %5lld x %5lld x %5lld  %s%s %s %8.1f %6.1f %%\n", shape->what,
           (long long)product->m, (long long)product->n, (long long)product->k,
           product->transpose_a ? "T" : "N", product->transpose_b ? "T" : "N",
           product->packed       ? "packed"
           : product->accumulate ? "+=    "
                                 : "=     ",
           result->gflops, 100 * result->gflops / result->peak);
}

static cpl_status measure_all(struct cpl_json *json, struct cpl_device *device,
                              struct cpl_error *error)
{
    for (size_t i = 0; i < SHAPES; i++) {
        struct result result = {0};
        cpl_status status = measure(&result, device, &shapes[i].product, error);
        if (status != CPL_OK)
            return status;
        if (json)
            add_json(json, &shapes[i], &result);
        else
            print_row(&shapes[i], &result);
    }
    return CPL_OK;
}

static cpl_status measure_json(struct cpl_device *device, struct cpl_error *error)
{
    struct cpl_json *json = NULL;
    cpl_status status = cpl_json_new(&json, 2, error);
    if (status != CPL_OK)
        return status;
    cpl_json_begin_object(json, NULL);
    cpl_json_add_text(json, "processor", cpl_machine_processor());
    cpl_json_add_text(json, "isa", cpl_device_isa(device));
    cpl_json_add_text(json, "dtype", cpl_device_dtype(device));
    cpl_json_add_int(json, "threads", cpl_device_threads(device));
    cpl_json_begin_array(json, "products");
    status = measure_all(json, device, error);
    cpl_json_end(json);
    cpl_json_end(json);
    if (status == CPL_OK)
        return cli_print_json(json, error);
    cpl_json_free(json);
    return status;
}

static cpl_status run(struct cli *cli, struct cpl_error *error)
{
    struct cpl_device *device = NULL;
    cpl_status status = cli_open_device(cli, &device, error);
    if (status != CPL_OK)
        return status;
    if (cli->json) {
        status = measure_json(device, error);
    } else {
        printf("%s, %s, %s, %d threads\n", cpl_machine_processor(), cpl_device_isa(device),
               cpl_device_dtype(device), cpl_device_threads(device));
        printf("%-32s %5s x %5s x %5s  AB        GFLOP/s   share\n", "", "m", "n", "k");
        status = measure_all(NULL, device, error);
    }
    cpl_device_free(device);
    return status;
}

const struct cli_command cli_bench_gemm = {
    .about =
        "C[m, n] = A[m, k] B[k, n] for operands as they lie (N) or transposed (T), best of\n"
        "short runs, against bursts of products in registers on the same threads.\n",
    .usage = "",
    .examples = examples,
    .options = options,
    .run = run,
};
