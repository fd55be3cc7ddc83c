/* Bursts of multiply-adds in registers alone: what a processor can do at most. */
#ifndef CPL_KERNEL_PEAK_H
#define CPL_KERNEL_PEAK_H

#include <stdint.h>

/* Each runs `rounds` rounds and returns the operations done (a multiply-add is two); it reads
 * result[0] and writes result[1], so that the compiler leaves nothing out. */
double cpl_peak_burst_c(int64_t rounds, float result[2]);
double cpl_peak_burst_avx2(int64_t rounds, float result[2]);
double cpl_peak_burst_avx512(int64_t rounds, float result[2]);
double cpl_peak_burst_avx512bf16(int64_t rounds, float result[2]); /* pairs of bf16 */

#endif
