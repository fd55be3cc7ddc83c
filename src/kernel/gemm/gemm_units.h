/* Units that more than one instruction set uses. */
#ifndef CPL_KERNEL_GEMM_GEMM_UNITS_H
#define CPL_KERNEL_GEMM_GEMM_UNITS_H

#include "kernel/gemm/gemm.h"

extern const struct cpl_gemm_unit cpl_gemm_unit_avx512;

#endif
