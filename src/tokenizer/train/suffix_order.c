/* Sorting suffixes: see suffix_order.h. */
#include "tokenizer/train/suffix_order.h"

#include "base/memory.h"
#include "base/try.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct sorting {
    const struct cpl_word_symbols *words;
    uint32_t *order, *rank; /* rank [n]: equal for suffixes that are equal so far, above 0 */
    uint32_t *spare;        /* [n] */
    uint32_t *place;        /* [n + 2 or kinds + 2] counters of the radix sort */
    const uint32_t *end;    /* [n] */
    uint32_t *begin;        /* [n] where the word of a position begins */
};

/* What follows the first `width` symbols of a suffix; 0 if the word ends before. */
static uint32_t rank_after(const struct sorting *work, uint32_t at, uint32_t width)
{
    return work->end[at] - at > width ? work->rank[at + width] : 0;
}

/* Stable: `spare` by rank, into `order`. */
static void sort_by_rank(struct sorting *work, uint32_t n_ranks)
{
    uint32_t n = work->words->n_symbols;
    memset(work->place, 0, ((size_t)n_ranks + 2) * sizeof *work->place);
    for (uint32_t i = 0; i < n; i++)
        work->place[work->rank[i] + 1]++;
    for (uint32_t rank = 1; rank <= n_ranks; rank++)
        work->place[rank + 1] += work->place[rank];
    for (uint32_t i = 0; i < n; i++) {
        uint32_t at = work->spare[i];
        work->order[work->place[work->rank[at]]++] = at;
    }
}

/* `spare` in the order of what follows the first `width` symbols, from the order by `width`. */
static void order_by_rest(struct sorting *work, uint32_t width)
{
    uint32_t n = work->words->n_symbols, filled = 0;
    for (uint32_t at = 0; at < n; at++)
        if (work->end[at] - at <= width)
            work->spare[filled++] = at;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t at = work->order[i];
        if (at - work->begin[at] >= width)
            work->spare[filled++] = at - width;
    }
    assert(filled == n);
}

/* Ranks by 2 * width symbols, from `order` and ranks by width; returns how many there are. */
static uint32_t rank_again(struct sorting *work, uint32_t width)
{
    uint32_t n = work->words->n_symbols, rank = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t at = work->order[i], before = i ? work->order[i - 1] : 0;
        rank += i == 0 || work->rank[at] != work->rank[before] ||
                rank_after(work, at, width) != rank_after(work, before, width);
        work->spare[at] = rank;
    }
    uint32_t *swap = work->rank;
    work->rank = work->spare;
    work->spare = swap;
    return rank;
}

static void sort_suffixes(struct sorting *work, uint32_t n_kinds, uint32_t depth)
{
    uint32_t n = work->words->n_symbols, n_ranks = n_kinds;
    for (uint32_t i = 0; i < n; i++) {
        work->rank[i] = (uint32_t)work->words->symbol[i] + 1;
        work->spare[i] = i;
    }
    sort_by_rank(work, n_ranks);
    for (uint32_t width = 1; width < depth && n_ranks < n; width *= 2) {
        order_by_rest(work, width);
        sort_by_rank(work, n_ranks);
        n_ranks = rank_again(work, width);
    }
}

static void compare_neighbours(struct cpl_suffix_order *suffixes,
                               const struct cpl_word_symbols *words, uint32_t depth,
                               int threads)
{
    uint32_t n = words->n_symbols;
    suffixes->shared[0] = suffixes->shared[n] = 0;
#pragma omp parallel for num_threads(threads) schedule(static) if (n > 1 << 16)
    for (uint32_t i = 1; i < n; i++) {
        uint32_t a = suffixes->order[i - 1], b = suffixes->order[i], shared = 0;
        uint32_t most = suffixes->end[a] - a;
        most = most < suffixes->end[b] - b ? most : suffixes->end[b] - b;
        most = most < depth ? most : depth;
        while (shared < most && words->symbol[a + shared] == words->symbol[b + shared])
            shared++;
        suffixes->shared[i] = (uint8_t)shared;
    }
}

cpl_status cpl_suffix_order_make(struct cpl_suffix_order *suffixes,
                                 const struct cpl_word_symbols *words, uint32_t n_kinds,
                                 uint32_t depth, int threads, struct cpl_error *error)
{
    size_t n = words->n_symbols, bytes = n * sizeof(uint32_t);
    size_t n_places = (n > n_kinds ? n : n_kinds) + 2;
    struct sorting work = {.words = words};
    cpl_status status = CPL_OK;
    assert(depth <= UINT8_MAX);
    *suffixes = (struct cpl_suffix_order){0};
    CPL_TRY_GOTO(cpl_memory_new_raw(&suffixes->order, bytes, 64, error));
    CPL_TRY_GOTO(cpl_memory_new_raw(&suffixes->end, bytes, 64, error));
    CPL_TRY_GOTO(cpl_memory_new_raw(&suffixes->shared, n + 1, 64, error));
    CPL_TRY_GOTO(cpl_memory_new_raw(&work.rank, bytes, 64, error));
    CPL_TRY_GOTO(cpl_memory_new_raw(&work.spare, bytes, 64, error));
    CPL_TRY_GOTO(cpl_memory_new_raw(&work.begin, bytes, 64, error));
    CPL_TRY_GOTO(cpl_memory_new_raw(&work.place, n_places * sizeof *work.place, 64, error));
    work.order = suffixes->order;
    work.end = suffixes->end;
    for (uint32_t word = 0; word < words->n_words; word++)
        for (uint32_t i = words->begin[word]; i < words->begin[word + 1]; i++) {
            suffixes->end[i] = words->begin[word + 1];
            work.begin[i] = words->begin[word];
        }
    sort_suffixes(&work, n_kinds, depth);
    compare_neighbours(suffixes, words, depth, threads);
done:
    free(work.rank);
    free(work.spare);
    free(work.begin);
    free(work.place);
    if (status != CPL_OK)
        cpl_suffix_order_clear(suffixes);
    return status;
}

void cpl_suffix_order_clear(struct cpl_suffix_order *suffixes)
{
    free(suffixes->order);
    free(suffixes->end);
    free(suffixes->shared);
    *suffixes = (struct cpl_suffix_order){0};
}
