/* Pairs of neighbouring symbols, how often each occurs and where: what byte-pair merging (Sennrich et
 * al., "Neural machine translation of rare words with subword units", 2016) looks at again and
 * again.
 *
 * Nearly all time goes into waiting for memory, so a pair lies in the hash table itself, entries of
 * the heap hold all they are compared by, and places lie in blocks:
 *
 *     next block | places in it << 16 | room in it << 0 | place | place | …
 */
#ifndef CPL_TOKENIZER_TRAIN_PAIR_TABLE_H
#define CPL_TOKENIZER_TRAIN_PAIR_TABLE_H

#include <couplet/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cpl_pair {
    int32_t left, right;
    int64_t count;
    uint32_t first, last; /* blocks of places; 0: none */
    bool used, touched;   /* touched: is in `touched` */
    bool merged;          /* its places were taken before */
};
struct cpl_pair_entry {
    int64_t count; /* of the pair when it was put in; the pair's own may have fallen since */
    int32_t left, right;
};

struct cpl_pair_table {
    struct cpl_pair *slot; /* hash table */
    size_t n_slots, n_pairs;
    uint32_t *block; /* memory of all blocks; a block is known by where it begins, above 0 */
    size_t n_block, block_capacity;
    struct cpl_pair_entry *heap; /* largest count first, then lowest left, then lowest right */
    size_t n_heap, heap_capacity;
    struct cpl_pair_entry *touched; /* pairs whose count rose since the last cpl_pairs_settle */
    size_t n_touched, touched_capacity;
    int64_t least; /* set it first: pairs with a lower count need not be offered */
};

/* Adds `count` to the pair and notes the position, behind those noted before. */
cpl_status cpl_pairs_add(struct cpl_pair_table *table, int32_t left, int32_t right,
                         int64_t count, uint32_t position, struct cpl_error *error);
/* Takes `count` from the pair, if it is there. */
void cpl_pairs_take_away(struct cpl_pair_table *table, int32_t left, int32_t right,
                         int64_t count);
/* Puts all pairs that rose into the heap. */
cpl_status cpl_pairs_settle(struct cpl_pair_table *table, struct cpl_error *error);
/* Takes the most frequent pair out of the heap; false when there is none left. */
bool cpl_pairs_best(struct cpl_pair_table *table, struct cpl_pair *best);
/* Moves the positions of the pair, in the order of their notes, to *list (heap, grown). */
cpl_status cpl_pairs_places(struct cpl_pair_table *table, int32_t left, int32_t right,
                            uint32_t **list, size_t *n, size_t *capacity,
                            struct cpl_error *error);
void cpl_pairs_clear(struct cpl_pair_table *table);

static inline size_t cpl_pair_hash(const struct cpl_pair_table *table, int32_t left,
                                   int32_t right)
{
    uint64_t key = (uint64_t)(uint32_t)left << 32 | (uint32_t)right;
    key *= 0x9E3779B97F4A7C15u;
    return (size_t)(key ^ key >> 32) & (table->n_slots - 1);
}
/* Asks for the memory of a pair that will be needed soon. */
static inline void cpl_pairs_prefetch(const struct cpl_pair_table *table, int32_t left,
                                      int32_t right)
{
    __builtin_prefetch(&table->slot[cpl_pair_hash(table, left, right)], 1);
}

#endif
