/* Which merge is next: the lowest rank, and of it the leftmost place.
 *
 *     ranks that have places, a heap:  3  7  12 …
 *     places of each, in order:        3: 5 → 18 → 40    7: 2 → 9    12: …
 *
 * There are few ranks and many places, and places of a rank come nearly in order, so that a word of any
 * length takes time in proportion to it, and memory is walked through from left to right. */
#ifndef CPL_TOKENIZER_BPE_QUEUE_H
#define CPL_TOKENIZER_BPE_QUEUE_H

#include <couplet/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cpl_bpe_place {
    uint32_t at;
    uint32_t next; /* index of a place; UINT32_MAX: none */
};
/* The places of a rank. */
struct cpl_bpe_rank {
    uint32_t first, last; /* UINT32_MAX: none */
    bool listed;          /* in the heap, where it may be without places */
    bool mixed;           /* not in order */
};
/* Zero value is empty; memory is reused. */
struct cpl_bpe_queue {
    struct cpl_bpe_place *place;
    size_t n_places, place_capacity;
    uint32_t unused; /* places that were taken, linked */
    struct cpl_bpe_rank *rank;
    size_t n_ranks;
    uint32_t *heap;
    size_t n_heap, heap_capacity;
};
/* Empties it and makes room for ranks below n_ranks. */
cpl_status cpl_bpe_queue_start(struct cpl_bpe_queue *queue, size_t n_ranks,
                               struct cpl_error *error);
cpl_status cpl_bpe_queue_push(struct cpl_bpe_queue *queue, uint32_t rank, uint32_t at,
                              struct cpl_error *error);
/* False: nothing is left. */
bool cpl_bpe_queue_pop(struct cpl_bpe_queue *queue, uint32_t *rank, uint32_t *at);
void cpl_bpe_queue_clear(struct cpl_bpe_queue *queue);

#endif
