/* Pairs of neighbouring symbols in words, how often each occurs and in which words: what byte-pair
 * merging (Sennrich et al., "Neural machine translation of rare words with subword units", 2016)
 * looks at again and again. */
#ifndef CPL_TOKENIZER_PAIR_COUNTS_H
#define CPL_TOKENIZER_PAIR_COUNTS_H

#include <couplet/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cpl_pair {
    int32_t left, right;
    int64_t count;
    size_t first_place; /* list of places: index + 1, 0 ends it */
    bool changed;       /* is in `touched` */
};
struct cpl_pair_place {
    uint32_t word;
    size_t next;
};
struct cpl_pair_entry {
    int64_t count; /* of the pair when it was put in; the pair's own may have fallen since */
    size_t pair;
};

struct cpl_pair_counts {
    struct cpl_pair *pair;
    size_t n_pairs, pair_capacity;
    struct cpl_pair_place *place;
    size_t n_places, place_capacity;
    size_t *slots; /* hash table: index + 1 */
    size_t n_slots;
    struct cpl_pair_entry *heap; /* largest count first, then lowest left, then lowest right */
    size_t n_heap, heap_capacity;
    size_t *touched; /* pairs whose count rose since the last cpl_pairs_settle */
    size_t n_touched, touched_capacity;
};

/* Adds `count` (may be negative) to the pair; a positive one also notes the word. */
cpl_status cpl_pairs_add(struct cpl_pair_counts *pairs, int32_t left, int32_t right,
                         int64_t count, uint32_t word, struct cpl_error *error);
/* Puts all pairs that rose into the heap. */
cpl_status cpl_pairs_settle(struct cpl_pair_counts *pairs, struct cpl_error *error);
/* Takes the most frequent pair out of the heap; false when there is none left.  *best: its index. */
bool cpl_pairs_take(struct cpl_pair_counts *pairs, size_t *best);
void cpl_pairs_clear(struct cpl_pair_counts *pairs);

#endif
