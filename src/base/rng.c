/* Counter-based random numbers: see rng.h.  Key words: the seed; counter words: index, step,
 * stream. */
#include "base/rng.h"

#include "base/philox.h"

#include <assert.h>
#include <math.h>

struct cpl_rng_block cpl_rng_block(struct cpl_rng_key key, uint64_t index)
{
    return cpl_philox(key, index);
}

void cpl_rng_fill(struct cpl_rng_key key, uint64_t first_index, uint64_t n_blocks,
                  struct cpl_rng_block *out)
{
    for (uint64_t i = 0; i < n_blocks; i++)
        out[i] = cpl_philox(key, first_index + i);
}

static uint64_t low_words(struct cpl_rng_block block)
{
    return (uint64_t)block.word[1] << 32 | block.word[0];
}

static uint64_t high_words(struct cpl_rng_block block)
{
    return (uint64_t)block.word[3] << 32 | block.word[2];
}

uint32_t cpl_rng_u32(struct cpl_rng_key key, uint64_t index)
{
    return cpl_philox(key, index).word[0];
}

uint64_t cpl_rng_u64(struct cpl_rng_key key, uint64_t index)
{
    return low_words(cpl_philox(key, index));
}

double cpl_rng_uniform(struct cpl_rng_key key, uint64_t index)
{
    return (double)(cpl_rng_u64(key, index) >> 11) * 0x1p-53;
}

uint64_t cpl_rng_below(struct cpl_rng_key key, uint64_t index, uint64_t n)
{
    assert(n > 0);
    return (uint64_t)(((unsigned __int128)cpl_rng_u64(key, index) * n) >> 64);
}

double cpl_rng_normal(struct cpl_rng_key key, uint64_t index)
{
    struct cpl_rng_block block = cpl_philox(key, index);
    double radius =
        (double)((low_words(block) >> 11) + 1) * 0x1p-53; /* (0, 1]: the log is finite */
    double angle = (double)(high_words(block) >> 11) * 0x1p-53;
    return sqrt(-2.0 * log(radius)) * cos(6.283185307179586 * angle);
}

/* Eight rounds on two halves of `half_bits`; a bijection whatever the round function is. */
static uint64_t feistel(struct cpl_rng_key key, uint64_t value, int half_bits)
{
    uint64_t mask = (UINT64_C(1) << half_bits) - 1;
    uint64_t left = value >> half_bits, right = value & mask;
    for (uint64_t round = 1; round <= 8; round++) {
        uint64_t mixed = left ^ (cpl_rng_u64(key, round << 32 | right) & mask);
        left = right;
        right = mixed;
    }
    return left << half_bits | right;
}

uint64_t cpl_rng_permute(struct cpl_rng_key key, uint64_t i, uint64_t n)
{
    assert(i < n);
    int half_bits = 1;
    while (half_bits < 32 && (n - 1) >> 2 * half_bits)
        half_bits++;
    do {
        i = feistel(key, i, half_bits);
    } while (i >= n);
    return i;
}
