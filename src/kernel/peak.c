/* The machine's peaks, measured: products in registers, and streams from and to memory. */
#include "kernel/peak.h"

#include "base/arena.h"
#include "base/memory.h"
#include "base/try.h"
#include "kernel/gemm/gemm.h"

#include <couplet/device.h>
#include <couplet/measure.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BURST_SECONDS 1e-4

typedef double (*burst_function)(int64_t rounds, float result[2]);

/* ---- products ------------------------------------------------------------------------ */

static burst_function burst_of(enum cpl_isa isa, bool bf16)
{
#ifdef CPL_HAVE_X86_KERNELS
    if (isa == CPL_ISA_AVX512BF16 && bf16 && cpl_gemm_pairs_pay())
        return cpl_peak_burst_avx512bf16;
    if (isa >= CPL_ISA_AVX512)
        return cpl_peak_burst_avx512;
    if (isa == CPL_ISA_AVX2)
        return cpl_peak_burst_avx2;
#endif
    (void)isa;
    (void)bf16;
    return cpl_peak_burst_c;
}

/* Operations per second of one thread's best burst in `seconds`. */
static double best_rate(burst_function burst, double seconds)
{
    float result[2] = {1e-3f, 0};
    int64_t rounds = 1000;
    double best = 0, begin = cpl_measure_seconds(), now = begin;
    while (now - begin < seconds || best == 0) {
        double start = cpl_measure_seconds();
        double operations = burst(rounds, result);
        now = cpl_measure_seconds();
        double took = now - start;
        if (took < BURST_SECONDS / 2)
            rounds *= 2;
        else if (operations / took > best)
            best = operations / took;
    }
    return best;
}

static cpl_status find_isa(enum cpl_isa *out, const char *name, struct cpl_error *error)
{
    for (int isa = 0; isa < CPL_ISA_COUNT; isa++)
        if (strcmp(name, cpl_isa_name((enum cpl_isa)isa)) == 0 &&
            (cpl_isa_mask() & 1u << isa)) {
            *out = (enum cpl_isa)isa;
            return CPL_OK;
        }
    return cpl_error_set(error, CPL_ERROR_USAGE, "isa", "this machine has no '%s'", name);
}

cpl_status cpl_machine_peak(double *gflops, const char *isa, const char *dtype, int threads,
                            double seconds, struct cpl_error *error)
{
    enum cpl_isa found = CPL_ISA_C;
    double *rates = NULL, sum = 0;
    bool bf16 = strcmp(dtype, "bf16") == 0;
    if (!bf16 && strcmp(dtype, "f32") != 0)
        return cpl_error_set(error, CPL_ERROR_USAGE, "dtype",
                             "expected f32 or bf16, found '%s'", dtype);
    if (threads < 1)
        return cpl_error_set(error, CPL_ERROR_USAGE, "threads", "expected at least 1, found %d",
                             threads);
    CPL_TRY(find_isa(&found, isa, error));
    CPL_TRY(cpl_memory_new(&rates, (size_t)threads, sizeof *rates, error));
    burst_function burst = burst_of(found, bf16);
#pragma omp parallel for num_threads(threads) schedule(static, 1)
    for (int i = 0; i < threads; i++)
        rates[i] = best_rate(burst, seconds);
    for (int i = 0; i < threads; i++)
        sum += rates[i];
    free(rates);
    *gflops = sum * 1e-9;
    return CPL_OK;
}

const char *cpl_machine_isa(int index)
{
    for (int isa = 0; isa < CPL_ISA_COUNT; isa++)
        if ((cpl_isa_mask() & 1u << isa) && index-- == 0)
            return cpl_isa_name((enum cpl_isa)isa);
    return NULL;
}

/* ---- memory -------------------------------------------------------------------------- */

int64_t cpl_machine_cache_bytes(int level)
{
    long bytes = 0;
#ifdef _SC_LEVEL1_DCACHE_SIZE
    static const int names[] = {_SC_LEVEL1_DCACHE_SIZE, _SC_LEVEL2_CACHE_SIZE,
                                _SC_LEVEL3_CACHE_SIZE};
    if (level >= 1 && level <= 3)
        bytes = sysconf(names[level - 1]);
#endif
    return bytes > 0 ? bytes : 0;
}

#define BLOCK (1 << 15) /* numbers that a thread takes at a time */

struct streams {
    double *a, *b, *c;
    int64_t n; /* a multiple of BLOCK */
    int threads;
};

static double sum_block(const double *a)
{
    double sums[16] = {0};
    for (int64_t i = 0; i < BLOCK; i += 16)
        for (int j = 0; j < 16; j++)
            sums[j] += a[i + j];
    double sum = 0;
    for (int j = 0; j < 16; j++)
        sum += sums[j];
    return sum;
}

static void read_all(struct streams *streams)
{
#pragma omp parallel for num_threads(streams->threads) schedule(static)
    for (int64_t i = 0; i < streams->n; i += BLOCK)
        streams->c[i] = sum_block(streams->a + i);
}

static void copy_all(struct streams *streams)
{
#pragma omp parallel for num_threads(streams->threads) schedule(static)
    for (int64_t i = 0; i < streams->n; i += BLOCK)
        memcpy(streams->b + i, streams->a + i, BLOCK * sizeof(double));
}

/* a = b + x c, McCalpin's STREAM */
static void triad_all(struct streams *streams)
{
#pragma omp parallel for num_threads(streams->threads) schedule(static)
    for (int64_t i = 0; i < streams->n; i += BLOCK)
        for (int64_t j = i; j < i + BLOCK; j++)
            streams->a[j] = streams->b[j] + 0.5 * streams->c[j];
}

static void write_all(struct streams *streams)
{
#pragma omp parallel for num_threads(streams->threads) schedule(static)
    for (int64_t i = 0; i < streams->n; i += BLOCK)
        for (int64_t j = i; j < i + BLOCK; j++)
            streams->a[j] = streams->b[j] = streams->c[j] = (double)j;
}

/* Bytes moved per second, best of the runs within `seconds`, in GB/s. */
static double best_stream(struct streams *streams, void (*move)(struct streams *), int arrays,
                          double seconds)
{
    double best = 0, begin = cpl_measure_seconds(), now = begin;
    while (now - begin < seconds || best == 0) {
        double start = cpl_measure_seconds();
        move(streams);
        now = cpl_measure_seconds();
        double rate = (double)streams->n * (double)arrays * sizeof(double) / (now - start);
        best = rate > best ? rate : best;
    }
    return best * 1e-9;
}

cpl_status cpl_machine_bandwidth(struct cpl_bandwidth *out, int threads, size_t bytes,
                                 double seconds, struct cpl_error *error)
{
    if (threads < 1)
        return cpl_error_set(error, CPL_ERROR_USAGE, "threads", "expected at least 1, found %d",
                             threads);
    struct cpl_arena arena = {.chunk_bytes = 0}; /* of large pages, as the engine's memory */
    size_t count = (bytes / sizeof(double) / BLOCK + 1) * BLOCK;
    struct streams streams = {
        .a = cpl_arena_take(&arena, count, sizeof(double)),
        .b = cpl_arena_take(&arena, count, sizeof(double)),
        .c = cpl_arena_take(&arena, count, sizeof(double)),
        .n = (int64_t)count,
        .threads = threads,
    };
    if (!streams.a || !streams.b || !streams.c) {
        cpl_arena_clear(&arena);
        return cpl_error_set(error, CPL_ERROR_SYSTEM, "bandwidth",
                             "cannot allocate 3 x %zu bytes", bytes);
    }
    write_all(&streams);
    out->read_gb_s = best_stream(&streams, read_all, 1, seconds / 3);
    out->copy_gb_s = best_stream(&streams, copy_all, 2, seconds / 3);
    out->triad_gb_s = best_stream(&streams, triad_all, 3, seconds / 3);
    cpl_arena_clear(&arena);
    return CPL_OK;
}
