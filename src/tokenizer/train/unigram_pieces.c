/* Seeds of Unigram training and their matches: see unigram_pieces.h. */
#include "tokenizer/train/unigram_pieces.h"

#include "base/memory.h"
#include "base/try.h"
#include "tokenizer/train/suffix_order.h"
#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void cpl_unigram_state_clear(struct cpl_unigram_state *unigram)
{
    cpl_word_symbols_clear(&unigram->words);
    free(unigram->place);
    free(unigram->length);
    free(unigram->score);
    free(unigram->match);
    free(unigram->match_begin);
    *unigram = (struct cpl_unigram_state){0};
}

/* ---- substrings that occur again and again --------------------------------------------------- */

/* The suffixes order[first] … order[first + n - 1] begin with it. */
struct seed {
    uint64_t score; /* occurrences times length */
    uint32_t first, n;
    uint8_t length;
};
struct seeding {
    struct cpl_unigram_state *unigram;
    struct cpl_suffix_order suffixes;
    uint64_t *weight; /* [n_symbols + 1] sums of the counts of order[0] … order[i - 1] */
    struct seed *seed;
    size_t n_seeds, seed_capacity;
};

static cpl_status weigh_suffixes(struct seeding *work, struct cpl_error *error)
{
    const struct cpl_word_symbols *words = &work->unigram->words;
    uint32_t n = words->n_symbols, *word = NULL;
    cpl_status status = CPL_OK;
    CPL_TRY_GOTO(cpl_memory_new_raw(&word, n * sizeof *word, 64, error));
    CPL_TRY_GOTO(
        cpl_memory_new_raw(&work->weight, ((size_t)n + 1) * sizeof *work->weight, 64, error));
    for (uint32_t w = 0; w < words->n_words; w++)
        for (uint32_t i = words->begin[w]; i < words->begin[w + 1]; i++)
            word[i] = w;
    work->weight[0] = 0;
    for (uint32_t i = 0; i < n; i++)
        work->weight[i + 1] = work->weight[i] + words->count[word[work->suffixes.order[i]]];
done:
    free(word);
    return status;
}

static cpl_status add_seed(struct seeding *work, uint32_t first, uint32_t end, uint32_t length,
                           struct cpl_error *error)
{
    uint64_t count = work->weight[end] - work->weight[first];
    if (count < 2 || length < 2 || length > work->unigram->max_length)
        return CPL_OK;
    CPL_TRY(cpl_memory_grow(&work->seed, &work->seed_capacity, work->n_seeds + 1,
                            sizeof *work->seed, error));
    work->seed[work->n_seeds++] =
        (struct seed){count * length, first, end - first, (uint8_t)length};
    return CPL_OK;
}

/* Walks over the suffixes; the stack has the substrings that are open at order[i - 1], shorter ones
 * below.  Where the next suffix shares less, the longer ones end: each such run of suffixes is a
 * substring that cannot be made longer.  A suffix that shares less with both neighbours than its own
 * length is one, too: a whole end of a word. */
static cpl_status find_seeds(struct seeding *work, struct cpl_error *error)
{
    const struct cpl_suffix_order *suffixes = &work->suffixes;
    uint32_t n = work->unigram->words.n_symbols, depth = 0;
    struct {
        uint32_t first, length;
    } stack[UINT8_MAX + 1];
    for (uint32_t i = 0; i < n; i++) {
        uint32_t shared = suffixes->shared[i], next = suffixes->shared[i + 1];
        uint32_t length = suffixes->end[suffixes->order[i]] - suffixes->order[i];
        if (length > shared && length > next)
            CPL_TRY(add_seed(work, i, i + 1, length, error));
        uint32_t first = i;
        while (depth > 0 && stack[depth - 1].length > next) {
            first = stack[--depth].first;
            CPL_TRY(add_seed(work, first, i + 1, stack[depth].length, error));
        }
        if (next > 0 && (depth == 0 || stack[depth - 1].length < next)) {
            assert(depth <= UINT8_MAX);
            stack[depth].first = first;
            stack[depth++].length = next;
        }
    }
    return CPL_OK;
}

static int compare_scores(const void *left, const void *right)
{
    const struct seed *a = left, *b = right;
    if (a->score != b->score)
        return a->score > b->score ? -1 : 1;
    if (a->first != b->first)
        return a->first < b->first ? -1 : 1;
    return (a->length > b->length) - (a->length < b->length);
}

static int compare_lengths(const void *left, const void *right)
{
    const struct seed *a = left, *b = right;
    if (a->length != b->length)
        return a->length < b->length ? -1 : 1;
    return (a->first > b->first) - (a->first < b->first);
}

/* ---- pieces and matches ---------------------------------------------------------------------- */

static cpl_status set_pieces(struct seeding *work, struct cpl_error *error)
{
    struct cpl_unigram_state *unigram = work->unigram;
    const struct cpl_word_symbols *words = &unigram->words;
    uint32_t kinds = unigram->n_kinds;
    size_t n = kinds + work->n_seeds;
    double sum = 0;
    CPL_TRY(cpl_memory_new(&unigram->place, n, sizeof *unigram->place, error));
    CPL_TRY(cpl_memory_new(&unigram->length, n, sizeof *unigram->length, error));
    CPL_TRY(cpl_memory_new(&unigram->score, n, sizeof *unigram->score, error));
    for (uint32_t word = 0; word < words->n_words; word++)
        for (uint32_t i = words->begin[word]; i < words->begin[word + 1]; i++)
            unigram->score[words->symbol[i]] += (double)words->count[word];
    for (size_t i = 0; i < work->n_seeds; i++) {
        unigram->place[kinds + i] = work->suffixes.order[work->seed[i].first];
        unigram->length[kinds + i] = work->seed[i].length;
        unigram->score[kinds + i] = (double)work->seed[i].score;
    }
    memset(unigram->length, 1, kinds);
    for (size_t i = 0; i < n; i++)
        sum += unigram->score[i];
    for (size_t i = 0; i < n; i++)
        unigram->score[i] = log(unigram->score[i] / sum);
    unigram->n_pieces = (uint32_t)n;
    return CPL_OK;
}

/* Seeds are sorted by length, so each position gets its short matches first. */
static cpl_status set_matches(struct seeding *work, struct cpl_error *error)
{
    struct cpl_unigram_state *unigram = work->unigram;
    const uint32_t *order = work->suffixes.order;
    uint32_t n = unigram->words.n_symbols, kinds = unigram->n_kinds;
    CPL_TRY(cpl_memory_new(&unigram->match_begin, (size_t)n + 2, sizeof *unigram->match_begin,
                           error));
    /* counts of a position stand two further on, then become beginnings one further on, and filling
     * moves each to its end, which is the next one's beginning */
    size_t *begin = unigram->match_begin;
    for (size_t i = 0; i < work->n_seeds; i++)
        for (uint32_t k = 0; k < work->seed[i].n; k++)
            begin[(size_t)order[work->seed[i].first + k] + 2]++;
    for (size_t at = 0; at <= n; at++)
        begin[at + 1] += begin[at];
    CPL_TRY(cpl_memory_new_raw(&unigram->match, begin[(size_t)n + 1] * sizeof *unigram->match,
                               64, error));
    for (size_t i = 0; i < work->n_seeds; i++)
        for (uint32_t k = 0; k < work->seed[i].n; k++)
            unigram->match[begin[(size_t)order[work->seed[i].first + k] + 1]++] =
                kinds + (uint32_t)i;
    return CPL_OK;
}

cpl_status cpl_unigram_seed(struct cpl_unigram_state *unigram, uint32_t seed_size,
                            struct cpl_error *error)
{
    struct seeding work = {.unigram = unigram};
    cpl_status status = CPL_OK;
    assert(unigram->max_length >= 2 && unigram->max_length <= UINT8_MAX);
    CPL_TRY_GOTO(cpl_suffix_order_make(&work.suffixes, &unigram->words, unigram->n_kinds,
                                       unigram->max_length, unigram->threads, error));
    CPL_TRY_GOTO(weigh_suffixes(&work, error));
    CPL_TRY_GOTO(find_seeds(&work, error));
    if (work.n_seeds > seed_size) {
        qsort(work.seed, work.n_seeds, sizeof *work.seed, compare_scores);
        work.n_seeds = seed_size;
    }
    if (work.n_seeds > 0)
        qsort(work.seed, work.n_seeds, sizeof *work.seed, compare_lengths);
    CPL_TRY_GOTO(set_pieces(&work, error));
    status = set_matches(&work, error);
done:
    cpl_suffix_order_clear(&work.suffixes);
    free(work.weight);
    free(work.seed);
    return status;
}

cpl_status cpl_unigram_keep(struct cpl_unigram_state *unigram, const bool *keep,
                            struct cpl_error *error)
{
    uint32_t *now = NULL, n = 0; /* number of a piece from now on */
    CPL_TRY(cpl_memory_new_raw(&now, unigram->n_pieces * sizeof *now, 64, error));
    for (uint32_t i = 0; i < unigram->n_pieces; i++) {
        now[i] = n;
        if (!keep[i])
            continue;
        unigram->place[n] = unigram->place[i];
        unigram->length[n] = unigram->length[i];
        unigram->score[n++] = unigram->score[i];
    }
    unigram->n_pieces = n;
    size_t kept = 0, from = 0;
    for (uint32_t at = 0; at < unigram->words.n_symbols; at++) {
        size_t end = unigram->match_begin[at + 1];
        unigram->match_begin[at] = kept;
        for (; from < end; from++)
            if (keep[unigram->match[from]])
                unigram->match[kept++] = now[unigram->match[from]];
    }
    unigram->match_begin[unigram->words.n_symbols] = kept;
    free(now);
    return CPL_OK;
}
