/* Counter-based random numbers: Philox 4x32-10 (Salmon et al., "Parallel random numbers: as easy as
 * 1, 2, 3", 2011).  A draw is a pure function of (seed, stream, step, index): there is no state, so
 * neither resuming nor the number of threads can change what is drawn. */
#ifndef CPL_BASE_RNG_H
#define CPL_BASE_RNG_H

#include <stdint.h>

/* One stream a purpose; the number is part of the format of a run, never renumber. */
enum cpl_rng_stream {
    CPL_RNG_INIT = 1,  /* index: parameter number << 40 | element */
    CPL_RNG_ORDER = 2, /* step: epoch, index: sample */
    CPL_RNG_MASK = 3,  /* step: epoch, index: sample << 16 | draw */
    CPL_RNG_DROPOUT =
        4, /* | site << 8; step: training step, index: element of the step's batch */
    CPL_RNG_SAMPLING = 5, /* step: text number, index: token */
    CPL_RNG_SPLIT = 6,
    CPL_RNG_EVALUATION = 7,
    CPL_RNG_TEST = 99
};

struct cpl_rng_key {
    uint64_t seed;
    uint32_t stream;
    uint32_t step;
};

/* 128 random bits for one index. */
struct cpl_rng_block {
    uint32_t word[4];
};
struct cpl_rng_block cpl_rng_block(struct cpl_rng_key key, uint64_t index);
/* The blocks of n_blocks consecutive indices, several at a time. */
void cpl_rng_fill(struct cpl_rng_key key, uint64_t first_index, uint64_t n_blocks,
                  struct cpl_rng_block *out);

uint32_t cpl_rng_u32(struct cpl_rng_key key, uint64_t index);
uint64_t cpl_rng_u64(struct cpl_rng_key key, uint64_t index);
double cpl_rng_uniform(struct cpl_rng_key key, uint64_t index); /* [0, 1), 53 bits */
/* Uniform in [0, n) without bias worth naming (multiply-shift on 64 bits); n > 0. */
uint64_t cpl_rng_below(struct cpl_rng_key key, uint64_t index, uint64_t n);
/* Standard normal by Box-Muller. */
double cpl_rng_normal(struct cpl_rng_key key, uint64_t index);
/* Element `i` of a pseudo-random permutation of [0, n): a keyed Feistel network with cycle walking,
 * so a shuffled epoch needs no table.  0 <= i < n. */
uint64_t cpl_rng_permute(struct cpl_rng_key key, uint64_t i, uint64_t n);

#endif
