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

#endif
