/* Merges of byte pair encoding by their pair: an open-addressing hash table, a slot a merge. */
#ifndef CPL_TOKENIZER_BPE_PAIRS_H
#define CPL_TOKENIZER_BPE_PAIRS_H

#include <couplet/status.h>
#include <stddef.h>
#include <stdint.h>

/* Lowest rank first, leftmost first on ties.  Several pairs may share a rank (SentencePiece ranks a
 * pair by the score of what it becomes). */
struct cpl_bpe_merge {
    int32_t left, right; /* ids; left -1: an empty slot */
    int32_t merged;      /* the id that they become */
    int32_t rank;        /* 0 ≤ rank < INT32_MAX - 1 */
};

struct cpl_bpe_pairs {
    struct cpl_bpe_merge *slot;
    size_t n_slots; /* a power of two, more than twice the merges */
    size_t n;
    size_t n_ranks;  /* all ranks are below */
    uint64_t *maybe; /* [n_maybe / 64] a bit for every merge: most questions end here */
    unsigned maybe_shift, slot_shift; /* 64 - log2 of the sizes */
};

/* Of equal pairs in `merges` [n] the last counts. */
cpl_status cpl_bpe_pairs_build(struct cpl_bpe_pairs *pairs, const struct cpl_bpe_merge *merges,
                               size_t n, struct cpl_error *error);
void cpl_bpe_pairs_clear(struct cpl_bpe_pairs *pairs);

static inline uint64_t cpl_bpe_pair_hash(int32_t left, int32_t right)
{
    uint64_t key = (uint64_t)(uint32_t)left << 32 | (uint32_t)right;
    key = (key ^ key >> 31) * 0x9E3779B97F4A7C15u;
    return (key ^ key >> 29) * 0xBF58476D1CE4E5B9u;
}

/* NULL if the pair has no merge. */
static inline const struct cpl_bpe_merge *cpl_bpe_pairs_find(const struct cpl_bpe_pairs *pairs,
                                                             int32_t left, int32_t right)
{
    uint64_t hash = cpl_bpe_pair_hash(left, right), bit = hash >> pairs->maybe_shift;
    if (!(pairs->maybe[bit >> 6] >> (bit & 63) & 1))
        return NULL;
    for (size_t at = hash >> pairs->slot_shift;; at = (at + 1) & (pairs->n_slots - 1)) {
        const struct cpl_bpe_merge *slot = &pairs->slot[at];
        if (slot->left == left && slot->right == right)
            return slot;
        if (slot->left < 0)
            return NULL;
    }
}

#endif
