/* Places by rank: see bpe_queue.h. */
#include "tokenizer/bpe_queue.h"

#include "base/memory.h"
#include "base/try.h"
#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX

/* ---- places of a rank ------------------------------------------------------------------------- */

/* The last of the places from `first` on that are in order; *rest: what is behind, cut off. */
static uint32_t cut_run(struct cpl_bpe_place *place, uint32_t first, uint32_t *rest)
{
    uint32_t last = first;
    while (place[last].next != NONE && place[place[last].next].at >= place[last].at)
        last = place[last].next;
    *rest = place[last].next;
    place[last].next = NONE;
    return last;
}

static uint32_t merge_runs(struct cpl_bpe_place *place, uint32_t a, uint32_t b)
{
    uint32_t first = NONE, *link = &first;
    while (a != NONE && b != NONE) {
        uint32_t *least = place[b].at < place[a].at ? &b : &a;
        *link = *least;
        link = &place[*link].next;
        *least = *link;
    }
    *link = a != NONE ? a : b;
    return first;
}

/* Two runs become one until there is only one. */
static void put_in_order(struct cpl_bpe_place *place, struct cpl_bpe_rank *rank)
{
    size_t n_runs = 2;
    while (n_runs > 1) {
        uint32_t rest = rank->first, *link = &rank->first;
        for (n_runs = 0; rest != NONE; n_runs++) {
            uint32_t a = rest, b, last = cut_run(place, a, &b);
            rest = NONE;
            if (b != NONE) {
                uint32_t end = cut_run(place, b, &rest);
                last = place[end].at < place[last].at ? last : end;
                a = merge_runs(place, a, b);
            }
            *link = a;
            link = &place[last].next;
            rank->last = last;
        }
    }
    rank->mixed = false;
}

/* ---- the heap of ranks ------------------------------------------------------------------------ */

static cpl_status list_rank(struct cpl_bpe_queue *queue, uint32_t rank, struct cpl_error *error)
{
    CPL_TRY(cpl_memory_grow(&queue->heap, &queue->heap_capacity, queue->n_heap + 1,
                            sizeof *queue->heap, error));
    size_t at = queue->n_heap++;
    for (; at > 0 && queue->heap[(at - 1) / 2] > rank; at = (at - 1) / 2)
        queue->heap[at] = queue->heap[(at - 1) / 2];
    queue->heap[at] = rank;
    queue->rank[rank].listed = true;
    return CPL_OK;
}

static void drop_first_rank(struct cpl_bpe_queue *queue)
{
    uint32_t *heap = queue->heap, moved = heap[--queue->n_heap];
    size_t at = 0, n = queue->n_heap;
    queue->rank[heap[0]].listed = false;
    for (size_t child; (child = 2 * at + 1) < n; at = child) {
        child += child + 1 < n && heap[child + 1] < heap[child];
        if (heap[child] >= moved)
            break;
        heap[at] = heap[child];
    }
    heap[at] = moved;
}

/* ---- the queue -------------------------------------------------------------------------------- */

cpl_status cpl_bpe_queue_start(struct cpl_bpe_queue *queue, size_t n_ranks,
                               struct cpl_error *error)
{
    size_t clean = queue->n_heap > 0 ? 0 : queue->n_ranks; /* an error left it as it was */
    CPL_TRY(
        cpl_memory_grow(&queue->rank, &queue->n_ranks, n_ranks, sizeof *queue->rank, error));
    for (size_t i = clean; i < queue->n_ranks; i++)
        queue->rank[i] = (struct cpl_bpe_rank){NONE, NONE, false, false};
    queue->n_heap = queue->n_places = 0;
    queue->unused = NONE;
    return CPL_OK;
}

static cpl_status new_place(struct cpl_bpe_queue *queue, uint32_t *place,
                            struct cpl_error *error)
{
    *place = queue->unused;
    if (*place != NONE) {
        queue->unused = queue->place[*place].next;
        return CPL_OK;
    }
    CPL_TRY(cpl_memory_grow(&queue->place, &queue->place_capacity, queue->n_places + 1,
                            sizeof *queue->place, error));
    *place = (uint32_t)queue->n_places++;
    return CPL_OK;
}

cpl_status cpl_bpe_queue_push(struct cpl_bpe_queue *queue, uint32_t rank, uint32_t at,
                              struct cpl_error *error)
{
    struct cpl_bpe_rank *own = &queue->rank[rank];
    uint32_t new;
    CPL_TRY(new_place(queue, &new, error));
    struct cpl_bpe_place *place = queue->place;
    place[new] = (struct cpl_bpe_place){at, NONE};
    if (own->first == NONE) {
        own->first = own->last = new;
        own->mixed = false;
    } else if (at <= place[own->first].at) {
        place[new].next = own->first;
        own->first = new;
    } else {
        own->mixed = own->mixed || at < place[own->last].at;
        place[own->last].next = new;
        own->last = new;
    }
    return own->listed ? CPL_OK : list_rank(queue, rank, error);
}

bool cpl_bpe_queue_pop(struct cpl_bpe_queue *queue, uint32_t *rank, uint32_t *at)
{
    struct cpl_bpe_place *place = queue->place;
    while (queue->n_heap > 0) {
        struct cpl_bpe_rank *own = &queue->rank[queue->heap[0]];
        if (own->first == NONE) {
            drop_first_rank(queue);
            continue;
        }
        if (own->mixed)
            put_in_order(place, own);
        uint32_t taken = own->first;
        own->first = place[taken].next;
        *rank = queue->heap[0];
        *at = place[taken].at;
        place[taken].next = queue->unused;
        queue->unused = taken;
        return true;
    }
    return false;
}

void cpl_bpe_queue_clear(struct cpl_bpe_queue *queue)
{
    free(queue->place);
    free(queue->rank);
    free(queue->heap);
    *queue = (struct cpl_bpe_queue){0};
}
