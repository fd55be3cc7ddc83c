/* Pairs of neighbouring symbols, how often each occurs and where: what byte-pair merging (Sennrich et
 * al., "Neural machine translation of rare words with subword units", 2016) looks at again and
 * again. */
#ifndef CPL_TOKENIZER_TRAIN_PAIR_TABLE_H
#define CPL_TOKENIZER_TRAIN_PAIR_TABLE_H

#include <couplet/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cpl_pair {
    int32_t left, right;
    int64_t count;
    uint32_t first, last; /* list of places: index + 1, 0 ends it */
    bool touched;         /* is in `touched` */
    bool merged;          /* its places were taken before */
};
struct cpl_pair_place {
    uint32_t position; /* of the left symbol; the pair may have gone from there since */
    uint32_t next;
};
struct cpl_pair_entry {
    int64_t count; /* of the pair when it was put in; the pair's own may have fallen since */
    uint32_t pair;
};

struct cpl_pair_table {
    struct cpl_pair *pair;
    size_t n_pairs, pair_capacity;
    uint32_t *slots; /* hash table: index + 1 */
    size_t n_slots;
    struct cpl_pair_place *place;
    size_t n_places, place_capacity;
    uint32_t free_place;         /* list of places that are free: index + 1 */
    struct cpl_pair_entry *heap; /* largest count first, then lowest left, then lowest right */
    size_t n_heap, heap_capacity;
    uint32_t *touched; /* pairs whose count rose since the last cpl_pairs_settle */
    size_t n_touched, touched_capacity;
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
cpl_status cpl_pairs_places(struct cpl_pair_table *table, const struct cpl_pair *pair,
                            uint32_t **list, size_t *n, size_t *capacity,
                            struct cpl_error *error);
void cpl_pairs_clear(struct cpl_pair_table *table);

#endif
