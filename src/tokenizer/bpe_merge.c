/* Merging symbol by symbol: the definition of byte pair encoding (see bpe.h).
 *
 * Short words are looked through for the lowest rank again and again; for long ones a heap has the
 * candidates, with those whose symbols have changed since left out when they come up. */
#include "base/memory.h"
#include "base/try.h"
#include "tokenizer/bpe.h"
#include <stdlib.h>

enum { SHORT_WORD = 48 };
#define NO_SYMBOL UINT32_MAX

cpl_status cpl_bpe_work_add(struct cpl_bpe_work *work, int32_t id, size_t length,
                            struct cpl_error *error)
{
    if (work->n >= NO_SYMBOL - 1 || length >= UINT32_MAX)
        return cpl_error_set(error, CPL_ERROR_INPUT, NULL,
                             "a word of more than %u bytes without a break", UINT32_MAX - 1);
    CPL_TRY(cpl_memory_grow(&work->symbol, &work->capacity, work->n + 1, sizeof *work->symbol,
                            error));
    work->symbol[work->n++] = (struct cpl_bpe_symbol){id, (uint32_t)length, 0, 0};
    return CPL_OK;
}

void cpl_bpe_work_clear(struct cpl_bpe_work *work)
{
    free(work->symbol);
    free(work->heap);
    *work = (struct cpl_bpe_work){0};
}

/* ---- short words ------------------------------------------------------------------------------ */

static const struct cpl_bpe_merge *merge_of(const struct cpl_bpe_work *work,
                                            const struct cpl_bpe_pairs *pairs, size_t at)
{
    return cpl_bpe_pairs_find(pairs, work->symbol[at].id, work->symbol[at + 1].id);
}

static void merge_short(struct cpl_bpe_work *work, const struct cpl_bpe_pairs *pairs)
{
    const struct cpl_bpe_merge *merge[SHORT_WORD];
    for (size_t i = 0; i + 1 < work->n; i++)
        merge[i] = merge_of(work, pairs, i);
    while (work->n > 1) {
        size_t best = 0;
        for (size_t i = 1; i + 1 < work->n; i++)
            if (merge[i] && (!merge[best] || merge[i]->rank < merge[best]->rank))
                best = i;
        if (!merge[best])
            return;
        work->symbol[best].id = merge[best]->merged;
        work->symbol[best].length += work->symbol[best + 1].length;
        work->n--;
        for (size_t i = best + 1; i < work->n; i++) {
            work->symbol[i] = work->symbol[i + 1];
            merge[i - 1] = merge[i];
        }
        if (best > 0)
            merge[best - 1] = merge_of(work, pairs, best - 1);
        if (best + 1 < work->n)
            merge[best] = merge_of(work, pairs, best);
    }
}

/* ---- long words ------------------------------------------------------------------------------- */

static bool is_before(const struct cpl_bpe_candidate *a, const struct cpl_bpe_candidate *b)
{
    return a->rank < b->rank || (a->rank == b->rank && a->at < b->at);
}

static void sink(struct cpl_bpe_candidate *heap, size_t n, size_t at)
{
    struct cpl_bpe_candidate moved = heap[at];
    for (size_t child; (child = 2 * at + 1) < n; at = child) {
        if (child + 1 < n && is_before(&heap[child + 1], &heap[child]))
            child++;
        if (!is_before(&heap[child], &moved))
            break;
        heap[at] = heap[child];
    }
    heap[at] = moved;
}

static cpl_status append_candidate(struct cpl_bpe_work *work, const struct cpl_bpe_pairs *pairs,
                                   uint32_t at, struct cpl_error *error)
{
    const struct cpl_bpe_symbol *symbol = &work->symbol[at];
    const struct cpl_bpe_merge *merge =
        symbol->next == NO_SYMBOL
            ? NULL
            : cpl_bpe_pairs_find(pairs, symbol->id, work->symbol[symbol->next].id);
    if (!merge)
        return CPL_OK;
    CPL_TRY(cpl_memory_grow(&work->heap, &work->heap_capacity, work->n_heap + 1,
                            sizeof *work->heap, error));
    work->heap[work->n_heap++] = (struct cpl_bpe_candidate){merge->rank, merge->merged, at};
    return CPL_OK;
}

static cpl_status push_candidate(struct cpl_bpe_work *work, const struct cpl_bpe_pairs *pairs,
                                 uint32_t at, struct cpl_error *error)
{
    size_t n = work->n_heap;
    CPL_TRY(append_candidate(work, pairs, at, error));
    struct cpl_bpe_candidate *heap = work->heap;
    for (size_t child = n, parent; work->n_heap > n && child > 0; child = parent) {
        parent = (child - 1) / 2;
        if (!is_before(&heap[child], &heap[parent]))
            break;
        struct cpl_bpe_candidate moved = heap[child];
        heap[child] = heap[parent];
        heap[parent] = moved;
    }
    return CPL_OK;
}

static struct cpl_bpe_candidate pop_candidate(struct cpl_bpe_work *work)
{
    struct cpl_bpe_candidate top = work->heap[0];
    work->heap[0] = work->heap[--work->n_heap];
    sink(work->heap, work->n_heap, 0);
    return top;
}

/* Takes the symbol behind `at` into it, if that still is what the candidate was about. */
static bool take(struct cpl_bpe_work *work, const struct cpl_bpe_pairs *pairs,
                 const struct cpl_bpe_candidate *candidate)
{
    struct cpl_bpe_symbol *left = &work->symbol[candidate->at];
    if (left->length == 0 || left->next == NO_SYMBOL)
        return false;
    struct cpl_bpe_symbol *right = &work->symbol[left->next];
    const struct cpl_bpe_merge *merge = cpl_bpe_pairs_find(pairs, left->id, right->id);
    if (!merge || merge->merged != candidate->merged)
        return false;
    left->id = merge->merged;
    left->length += right->length;
    left->next = right->next;
    right->length = 0;
    if (left->next != NO_SYMBOL)
        work->symbol[left->next].previous = candidate->at;
    return true;
}

static cpl_status merge_long(struct cpl_bpe_work *work, const struct cpl_bpe_pairs *pairs,
                             struct cpl_error *error)
{
    struct cpl_bpe_symbol *symbol = work->symbol;
    size_t n = 0;
    for (uint32_t i = 0; i < work->n; i++) {
        symbol[i].previous = i - 1; /* NO_SYMBOL before the first */
        symbol[i].next = i + 1 < work->n ? i + 1 : NO_SYMBOL;
    }
    work->n_heap = 0;
    for (uint32_t i = 0; i < work->n; i++)
        CPL_TRY(append_candidate(work, pairs, i, error));
    for (size_t i = work->n_heap / 2; i-- > 0;)
        sink(work->heap, work->n_heap, i);
    while (work->n_heap > 0) {
        struct cpl_bpe_candidate candidate = pop_candidate(work);
        if (!take(work, pairs, &candidate))
            continue;
        if (symbol[candidate.at].previous != NO_SYMBOL)
            CPL_TRY(push_candidate(work, pairs, symbol[candidate.at].previous, error));
        CPL_TRY(push_candidate(work, pairs, candidate.at, error));
    }
    for (size_t i = 0; i < work->n; i++)
        if (symbol[i].length > 0)
            symbol[n++] = symbol[i];
    work->n = n;
    return CPL_OK;
}

cpl_status cpl_bpe_work_merge(struct cpl_bpe_work *work, const struct cpl_bpe_pairs *pairs,
                              struct cpl_error *error)
{
    if (work->n > SHORT_WORD)
        return merge_long(work, pairs, error);
    merge_short(work, pairs);
    return CPL_OK;
}
