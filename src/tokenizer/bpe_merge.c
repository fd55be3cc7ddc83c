/* Merging symbol by symbol: the definition of byte pair encoding (see bpe.h).
 *
 * Short words are looked through for the lowest rank again and again; for long ones a queue has the
 * candidates, and those whose symbols have changed since are passed over when they come up. */
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
    cpl_bpe_queue_clear(&work->queue);
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

static const struct cpl_bpe_merge *candidate(const struct cpl_bpe_work *work,
                                             const struct cpl_bpe_pairs *pairs, uint32_t at)
{
    const struct cpl_bpe_symbol *symbol = &work->symbol[at];
    if (symbol->length == 0 || symbol->next == NO_SYMBOL)
        return NULL;
    return cpl_bpe_pairs_find(pairs, symbol->id, work->symbol[symbol->next].id);
}

static cpl_status push(struct cpl_bpe_work *work, const struct cpl_bpe_pairs *pairs,
                       uint32_t at, struct cpl_error *error)
{
    const struct cpl_bpe_merge *merge = candidate(work, pairs, at);
    if (!merge)
        return CPL_OK;
    return cpl_bpe_queue_push(&work->queue, (uint32_t)merge->rank, at, error);
}

/* Takes the symbol behind `at` into it. */
static void take(struct cpl_bpe_work *work, uint32_t at, int32_t merged)
{
    struct cpl_bpe_symbol *left = &work->symbol[at], *right = &work->symbol[left->next];
    left->id = merged;
    left->length += right->length;
    left->next = right->next;
    right->length = 0;
    if (left->next != NO_SYMBOL)
        work->symbol[left->next].previous = at;
}

static cpl_status merge_long(struct cpl_bpe_work *work, const struct cpl_bpe_pairs *pairs,
                             struct cpl_error *error)
{
    struct cpl_bpe_symbol *symbol = work->symbol;
    uint32_t rank, at;
    size_t n = 0;
    CPL_TRY(cpl_bpe_queue_start(&work->queue, pairs->n_ranks, error));
    for (uint32_t i = 0; i < work->n; i++) {
        symbol[i].previous = i - 1; /* NO_SYMBOL before the first */
        symbol[i].next = i + 1 < work->n ? i + 1 : NO_SYMBOL;
    }
    for (uint32_t i = 0; i < work->n; i++)
        CPL_TRY(push(work, pairs, i, error));
    while (cpl_bpe_queue_pop(&work->queue, &rank, &at)) {
        const struct cpl_bpe_merge *merge = candidate(work, pairs, at);
        if (!merge || (uint32_t)merge->rank != rank)
            continue;
        take(work, at, merge->merged);
        CPL_TRY(push(work, pairs, at,
                     error)); /* first, as places of this rank go before all others */
        if (symbol[at].previous != NO_SYMBOL)
            CPL_TRY(push(work, pairs, symbol[at].previous, error));
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
