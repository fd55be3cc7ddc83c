/* Peak of what the compiler makes of plain C: products and sums in vectors of four. */
#include "kernel/peak.h"

typedef float four __attribute__((vector_size(16)));
#define SUMS 12

double cpl_peak_burst_c(int64_t rounds, float result[2])
{
    float x = result[0];
    four factor = {0.5f, 0.5f, 0.5f, 0.5f}, term = {x, x, x, x}, sums[SUMS];
    for (int i = 0; i < SUMS; i++)
        sums[i] = term * (float)i;
    for (int64_t round = 0; round < rounds; round++)
#pragma GCC unroll 12
        for (int i = 0; i < SUMS; i++)
            sums[i] = sums[i] * factor + term;
    for (int i = 1; i < SUMS; i++)
        sums[0] += sums[i];
    result[1] = sums[0][0] + sums[0][1] + sums[0][2] + sums[0][3];
    return 2.0 * (double)rounds * SUMS * 4;
}
