/* The machine: instruction sets, threads, numeric types, peaks.
 *
 *     struct cpl_device *device = NULL;
 *     struct cpl_device_options options = {0};      // all of the machine, best instruction set
 *     if (cpl_device_new(&device, &options, &error) == CPL_OK)
 *         printf("%s, %d threads\n", cpl_device_isa(device), cpl_device_threads(device));
 *     cpl_device_free(device);
 */
#ifndef COUPLET_DEVICE_H
#define COUPLET_DEVICE_H

#include <couplet/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cpl_device_options {
    int threads;     /* 0: the cores this process may use */
    const char *isa; /* NULL or "auto": the best; else "c", "avx2", "avx512", "avx512bf16" */
    const char
        *dtype; /* NULL or "auto": bf16 where the instruction set multiplies it, else f32 */
};
/* A device for one engine thread at a time.  Errors: CPL_ERROR_USAGE for unknown names or an
 * instruction set that this processor lacks.  Denormals are flushed to zero in all its threads.
 */
struct cpl_device;
CPL_API cpl_status cpl_device_new(struct cpl_device **out,
                                  const struct cpl_device_options *options,
                                  struct cpl_error *error);
CPL_API void cpl_device_free(struct cpl_device *device);
CPL_API const char *cpl_device_isa(const struct cpl_device *device);
CPL_API const char *cpl_device_dtype(const struct cpl_device *device); /* "f32" or "bf16" */
CPL_API int cpl_device_threads(const struct cpl_device *device);

/* Cores that this process may run on (affinity and cgroup quota). */
CPL_API int cpl_machine_cores(void);
/* The processor's name as the system gives it, "unknown processor" if it does not; the text lives as
 * long as the program. */
CPL_API const char *cpl_machine_processor(void);
/* Names of the instruction sets that this processor and build have, weakest first; NULL after the
 * last. */
CPL_API const char *cpl_machine_isa(int index);
/* Bytes of a core's data cache of level 1, 2 or 3; 0 if unknown. */
CPL_API int64_t cpl_machine_cache_bytes(int level);

/* ---- measuring: takes the time it is given, and is only true while nothing else runs ---------- */

/* *gflops: most operations per second (a multiply-add is two) of `threads` threads at once, from
 * bursts that touch nothing but registers.  "bf16" means the instruction that this library uses for
 * products of bf16: that for pairs of bf16 where it is the faster one, else that of f32. */
CPL_API cpl_status cpl_machine_peak(double *gflops, const char *isa, const char *dtype,
                                    int threads, double seconds, struct cpl_error *error);

struct cpl_bandwidth {
    double read_gb_s, copy_gb_s, triad_gb_s; /* bytes read and written, in 10^9 a second */
};
/* Streams through arrays of `bytes` each (three are allocated): memory when they are several times
 * the size of the last cache.  Triad: a = b + x c (McCalpin's STREAM). */
CPL_API cpl_status cpl_machine_bandwidth(struct cpl_bandwidth *out, int threads, size_t bytes,
                                         double seconds, struct cpl_error *error);

/* C[m, n] = A[m, k] B[k, n]; transposed operands are stored the other way round, accumulate adds
 * to C, packed takes B packed before (as weights are for generating). */
struct cpl_product {
    int64_t m, n, k;
    bool transpose_a, transpose_b, accumulate, packed;
};
/* *gflops: best of the runs within `seconds` on the device's threads, in the device's dtype (C is
 * f32 where it is added to).  Random numbers, memory of its own. */
CPL_API cpl_status cpl_device_measure_product(double *gflops, struct cpl_device *device,
                                              const struct cpl_product *product, double seconds,
                                              struct cpl_error *error);

#endif
