/* Choosing the instruction set, the type and the threads of this machine: see device.h. */
#include "kernel/device.h"

#include "base/memory.h"
#include "base/try.h"

#include <stdlib.h>
#include <string.h>

#ifdef __SSE2__
#include <xmmintrin.h>
#endif

#define MAX_THREADS 1024

/* Denormals cost hundreds of cycles each and mean nothing to a model; flushed in every thread
 * alike, so that a result does not depend on which thread computed it. */
static void flush_denormals(void)
{
#if defined(__SSE2__)
    const unsigned flush_to_zero = 0x8000u, denormals_are_zero = 0x0040u;
    _mm_setcsr(_mm_getcsr() | flush_to_zero | denormals_are_zero);
#elif defined(__aarch64__)
    uint64_t control;
    __asm__ volatile("mrs %0, fpcr" : "=r"(control));
    __asm__ volatile("msr fpcr, %0" : : "r"(control | (UINT64_C(1) << 24)));
#endif
}

static void flush_denormals_everywhere(int threads)
{
#pragma omp parallel num_threads(threads)
    flush_denormals();
}

static bool is_automatic(const char *name) { return !name || strcmp(name, "auto") == 0; }

static enum cpl_isa strongest(unsigned mask)
{
    int isa = CPL_ISA_COUNT - 1;
    while (isa > 0 && !(mask & (1u << isa)))
        isa--;
    return (enum cpl_isa)isa;
}

static cpl_status choose_isa(enum cpl_isa *out, const char *name, struct cpl_error *error)
{
    unsigned mask = cpl_isa_mask();
    *out = strongest(mask);
    if (is_automatic(name))
        return CPL_OK;
    for (int isa = 0; isa < CPL_ISA_COUNT; isa++) {
        if (strcmp(name, cpl_isa_name((enum cpl_isa)isa)) != 0)
            continue;
        if (!(mask & (1u << isa)))
            return cpl_error_set(error, CPL_ERROR_USAGE, "isa",
                                 "this processor or build has no %s, its best is %s", name,
                                 cpl_isa_name(*out));
        *out = (enum cpl_isa)isa;
        return CPL_OK;
    }
    return cpl_error_set(
        error, CPL_ERROR_USAGE, "isa",
        "unknown instruction set '%s', expected auto, c, avx2, avx512 or avx512bf16", name);
}

static cpl_status choose_dtype(cpl_dtype *out, const char *name, enum cpl_isa isa,
                               struct cpl_error *error)
{
    if (is_automatic(name))
        *out = isa == CPL_ISA_AVX512BF16 ? CPL_DTYPE_bf16 : CPL_DTYPE_f32;
    else if (strcmp(name, "f32") == 0)
        *out = CPL_DTYPE_f32;
    else if (strcmp(name, "bf16") == 0)
        *out = CPL_DTYPE_bf16;
    else
        return cpl_error_set(error, CPL_ERROR_USAGE, "dtype",
                             "unknown type '%s', expected auto, f32 or bf16", name);
    return CPL_OK;
}

cpl_status cpl_device_new(struct cpl_device **out, const struct cpl_device_options *options,
                          struct cpl_error *error)
{
    *out = NULL;
    struct cpl_device_options chosen = options ? *options : (struct cpl_device_options){0};
    enum cpl_isa isa = CPL_ISA_C;
    cpl_dtype dtype = CPL_DTYPE_f32;
    CPL_TRY(choose_isa(&isa, chosen.isa, error));
    CPL_TRY(choose_dtype(&dtype, chosen.dtype, isa, error));
    if (chosen.threads < 0 || chosen.threads > MAX_THREADS)
        return cpl_error_set(error, CPL_ERROR_USAGE, "threads", "expected 0 to %d, found %d",
                             MAX_THREADS, chosen.threads);
    struct cpl_device *device = NULL;
    CPL_TRY(cpl_memory_new(&device, 1, sizeof *device, error));
    device->isa = isa;
    device->dtype = dtype;
    unsigned up_to_isa = (2u << isa) - 1;
    cpl_kernels_init(&device->kernels, cpl_isa_mask() & up_to_isa);
    device->queue.kernels = &device->kernels;
    device->queue.threads = chosen.threads ? chosen.threads : cpl_machine_cores();
    flush_denormals_everywhere(device->queue.threads);
    *out = device;
    return CPL_OK;
}

void cpl_device_free(struct cpl_device *device)
{
    if (!device)
        return;
    cpl_arena_clear(&device->queue.scratch);
    free(device);
}

const char *cpl_device_isa(const struct cpl_device *device)
{
    return cpl_isa_name(device->isa);
}

const char *cpl_device_dtype(const struct cpl_device *device)
{
    return cpl_dtype_name(device->dtype);
}

int cpl_device_threads(const struct cpl_device *device) { return device->queue.threads; }
