/* The ten rounds of Philox 4x32 (Salmon et al. 2011), inline so that loops over counters
 * vectorise: rng.c and kernels that draw many numbers at once include it. */
#ifndef CPL_BASE_PHILOX_H
#define CPL_BASE_PHILOX_H

#include "base/rng.h"

static inline struct cpl_rng_block cpl_philox(struct cpl_rng_key key, uint64_t index)
{
    uint32_t k0 = (uint32_t)key.seed, k1 = (uint32_t)(key.seed >> 32);
    uint32_t c0 = (uint32_t)index, c1 = (uint32_t)(index >> 32), c2 = key.step, c3 = key.stream;
    for (int round = 0; round < 10; round++) {
        uint64_t product0 = (uint64_t)c0 * 0xD2511F53u;
        uint64_t product1 = (uint64_t)c2 * 0xCD9E8D57u;
        c0 = (uint32_t)(product1 >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)product1;
        c2 = (uint32_t)(product0 >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)product0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    return (struct cpl_rng_block){{c0, c1, c2, c3}};
}

#endif
