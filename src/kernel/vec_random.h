/* Philox 4x32-10 in vectors: the same bits as cpl_rng_block.  Included after a vec_*.h. */
#ifndef CPL_KERNEL_VEC_RANDOM_H
#define CPL_KERNEL_VEC_RANDOM_H

#include "base/rng.h"

/* Words that random_words writes for n_blocks blocks: whole vectors of blocks. */
#define RANDOM_WORDS(n_blocks) (((n_blocks) + VF_WIDTH - 1) / VF_WIDTH * VF_WIDTH * 4)

/* The four words of each block, one behind the other, from block `first` on. */
VF_INLINE void random_words(struct cpl_rng_key key, uint64_t first, int64_t n_blocks,
                            uint32_t *out)
{
    static const uint32_t lane_numbers[16] = {0, 1, 2,  3,  4,  5,  6,  7,
                                              8, 9, 10, 11, 12, 13, 14, 15};
    vi lane = vi_load(lane_numbers);
    for (int64_t i = 0; i < n_blocks; i += VF_WIDTH) {
        uint64_t index = first + (uint64_t)i;
        vi c0 = vi_add(vi_set((uint32_t)index), lane);
        vi carry = vi_keep(vi_below(c0, lane), vi_set(1));
        vi c1 = vi_add(vi_set((uint32_t)(index >> 32)), carry);
        vi c2 = vi_set(key.step), c3 = vi_set(key.stream);
        uint32_t k0 = (uint32_t)key.seed, k1 = (uint32_t)(key.seed >> 32);
        for (int round = 0; round < 10; round++) {
            vi low0, low1;
            vi high0 = vi_multiply(&low0, c0, 0xD2511F53u);
            vi high1 = vi_multiply(&low1, c2, 0xCD9E8D57u);
            c0 = vi_xor3(high1, c1, vi_set(k0));
            c1 = low1;
            c2 = vi_xor3(high0, c3, vi_set(k1));
            c3 = low0;
            k0 += 0x9E3779B9u;
            k1 += 0xBB67AE85u;
        }
        vi_store_rows_of_4(out + 4 * i, c0, c1, c2, c3);
    }
}

#endif
