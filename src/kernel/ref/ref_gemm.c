/* The plain C unit of the matrix product: the definition of correct, and for any processor.
 *
 * Products and sums are rounded apart here: fma() is a slow call on machines without it. */
#include "kernel/gemm/gemm.h"
#include "kernel/ref/ref.h"
#include "kernel/ref/ref_activation.h"

#define MR 4
#define NR 8

static cpl_real load_number(const struct cpl_gemm_panel *panel, int64_t line, int64_t k)
{
    if (line >= panel->lines)
        return 0;
    cpl_real x =
        cpl_load(panel->data, panel->dtype, line * panel->line_stride + k * panel->k_stride);
    return panel->round_bf16 ? cpl_bf16_to_float(cpl_bf16_from_float((float)x)) : x;
}

static void pack(void *out, const struct cpl_gemm_panel *panel)
{
    cpl_real *packed = out;
    for (int64_t first = 0; first < panel->lines; first += panel->width) {
        int64_t left = panel->lines - first;
        int64_t width = left < panel->width && !panel->pad ? left : panel->width;
        for (int64_t k = 0; k < panel->k; k++)
            for (int64_t i = 0; i < width; i++)
                *packed++ = load_number(panel, first + i, k);
    }
}

static inline __attribute__((always_inline)) void micro_rows(const int rows, int64_t steps,
                                                             const void *a_data,
                                                             const void *b_data, int64_t b_step,
                                                             cpl_real *t, bool add)
{
    const cpl_real *a = a_data, *b = b_data;
    cpl_real sum[MR][NR] = {{0}};
    for (int64_t k = 0; k < steps; k++, a += rows, b += b_step)
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < NR; j++)
                sum[i][j] += a[i] * b[j];
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < NR; j++)
            t[i * NR + j] = add ? t[i * NR + j] + sum[i][j] : sum[i][j];
}

#define MICRO(rows)                                                                            \
    static void micro_##rows(int64_t steps, const void *a, const void *b, int64_t b_step,      \
                             cpl_real *t, bool add, const void *ahead)                         \
    {                                                                                          \
        (void)ahead;                                                                           \
        micro_rows(rows, steps, a, b, b_step, t, add);                                         \
    }
MICRO(1)
MICRO(2)
MICRO(3)
MICRO(4)

static void finish(const struct cpl_gemm_args *args, int64_t row, int64_t col, int64_t rows,
                   int64_t cols, const cpl_real *t)
{
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < cols; j++) {
            int64_t place = (row + i) * args->c_stride + col + j;
            cpl_real x = args->alpha * t[i * NR + j];
            if (args->bias)
                x += args->bias[col + j];
            if (args->preactivation)
                cpl_store(args->preactivation, args->c_dtype, place, x);
            x = cpl_activation_value(args->activation, x);
            if (args->residual)
                x += cpl_load(args->residual, args->c_dtype,
                              (row + i) * args->residual_stride + col + j);
            if (args->beta != 0)
                x += args->beta * cpl_load(args->c, args->c_dtype, place);
            cpl_store(args->c, args->c_dtype, place, x);
        }
}

static const struct cpl_gemm_unit unit = {
    .mr = MR,
    .nr = NR,
    .k_step = 1,
    .k_chunk = 256,
    .element = sizeof(cpl_real),
    .bf16_as_f32 = true,
    .pack = pack,
    .micro = {[1] = micro_1, [2] = micro_2, [3] = micro_3, [4] = micro_4},
    .finish = finish,
};

#define UNIT(compute) ((void)(compute), &unit)
#define GEMM_ENTRY(name) name##_c
#include "kernel/gemm/gemm_entries.inc"
