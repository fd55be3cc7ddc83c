/* Merges by their pair: see bpe_pairs.h. */
#include "tokenizer/bpe_pairs.h"

#include "base/memory.h"
#include "base/try.h"
#include <assert.h>
#include <stdlib.h>

/* Bits of `maybe` for each slot: with twice as many slots as merges a question about a pair that is
 * not there gets past it one time in sixteen. */
enum { MAYBE_BITS_A_SLOT_LOG2 = 3 };

static unsigned log2_of_slots(size_t n)
{
    unsigned log2 = 6;
    while ((size_t)1 << log2 < 2 * n)
        log2++;
    return log2;
}

static void insert(struct cpl_bpe_pairs *pairs, const struct cpl_bpe_merge *merge)
{
    uint64_t hash = cpl_bpe_pair_hash(merge->left, merge->right);
    uint64_t bit = hash >> pairs->maybe_shift;
    size_t at = hash >> pairs->slot_shift;
    while (pairs->slot[at].left >= 0 &&
           (pairs->slot[at].left != merge->left || pairs->slot[at].right != merge->right))
        at = (at + 1) & (pairs->n_slots - 1);
    pairs->n += pairs->slot[at].left < 0;
    pairs->slot[at] = *merge;
    if ((size_t)merge->rank >= pairs->n_ranks)
        pairs->n_ranks = (size_t)merge->rank + 1;
    pairs->maybe[bit >> 6] |= (uint64_t)1 << (bit & 63);
}

cpl_status cpl_bpe_pairs_build(struct cpl_bpe_pairs *pairs, const struct cpl_bpe_merge *merges,
                               size_t n, struct cpl_error *error)
{
    assert(n < INT32_MAX);
    unsigned log2 = log2_of_slots(n);
    *pairs = (struct cpl_bpe_pairs){.n_slots = (size_t)1 << log2};
    pairs->slot_shift = 64 - log2;
    pairs->maybe_shift = pairs->slot_shift - MAYBE_BITS_A_SLOT_LOG2;
    CPL_TRY(cpl_memory_new(&pairs->slot, pairs->n_slots, sizeof *pairs->slot, error));
    CPL_TRY(cpl_memory_new(&pairs->maybe, (pairs->n_slots << MAYBE_BITS_A_SLOT_LOG2) / 64,
                           sizeof *pairs->maybe, error));
    for (size_t i = 0; i < pairs->n_slots; i++)
        pairs->slot[i].left = -1;
    for (size_t i = 0; i < n; i++)
        insert(pairs, &merges[i]);
    return CPL_OK;
}

void cpl_bpe_pairs_clear(struct cpl_bpe_pairs *pairs)
{
    free(pairs->slot);
    free(pairs->maybe);
    *pairs = (struct cpl_bpe_pairs){0};
}
