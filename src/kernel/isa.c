/* Which instruction sets this processor has, and the kernel tables they give. */
#include "kernel/gemm/gemm.h"

static const char *const names[CPL_ISA_COUNT] = {
    [CPL_ISA_C] = "c",
    [CPL_ISA_AVX2] = "avx2",
    [CPL_ISA_AVX512] = "avx512",
    [CPL_ISA_AVX512BF16] = "avx512bf16",
};

const char *cpl_isa_name(enum cpl_isa isa)
{
    return (unsigned)isa < CPL_ISA_COUNT ? names[isa] : "unknown";
}

#ifdef CPL_HAVE_X86_KERNELS
/* The builtins look at cpuid and, by xgetbv, at what the system saves of the registers. */
unsigned cpl_isa_mask(void)
{
    unsigned mask = 1u << CPL_ISA_C;
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") ||
        !__builtin_cpu_supports(
            "bmi2")) /* who has these has f16c, which clang 14 cannot ask for */
        return mask;
    mask |= 1u << CPL_ISA_AVX2;
    if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
        !__builtin_cpu_supports("avx512dq") || !__builtin_cpu_supports("avx512vl"))
        return mask;
    mask |= 1u << CPL_ISA_AVX512;
    if (__builtin_cpu_supports("avx512bf16"))
        mask |= 1u << CPL_ISA_AVX512BF16;
    return mask;
}

/* The instruction takes a cycle on AMD (Zen 4), twice the products of f32, but two on
 * Intel (Cooper Lake to Emerald Rapids, measured), half of them. */
bool cpl_gemm_pairs_pay(void) { return !__builtin_cpu_is("intel"); }

static void set_products_of_f32(struct cpl_kernels *kernels)
{
    kernels->gemm = cpl_gemm_avx512;
    kernels->gemm_pack = cpl_gemm_pack_avx512;
    kernels->packed_bytes = cpl_packed_bytes_avx512;
}

void cpl_kernels_init(struct cpl_kernels *kernels, unsigned mask)
{
    __builtin_cpu_init();
    cpl_kernels_set_c(kernels);
    if (mask & 1u << CPL_ISA_AVX2)
        cpl_kernels_set_avx2(kernels);
    if (mask & 1u << CPL_ISA_AVX512)
        cpl_kernels_set_avx512(kernels);
    if (mask & 1u << CPL_ISA_AVX512BF16)
        cpl_kernels_set_avx512bf16(kernels);
    if ((mask & 1u << CPL_ISA_AVX512BF16) && !cpl_gemm_pairs_pay())
        set_products_of_f32(kernels);
}
#else
bool cpl_gemm_pairs_pay(void) { return false; }

unsigned cpl_isa_mask(void) { return 1u << CPL_ISA_C; }

void cpl_kernels_init(struct cpl_kernels *kernels, unsigned mask)
{
    (void)mask;
    cpl_kernels_set_c(kernels);
}
#endif
