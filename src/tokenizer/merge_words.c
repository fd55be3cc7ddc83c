/* Byte-pair merging: the most frequent pair of neighbours becomes one piece; of equally frequent ones
 * that with the lower ids.  See merge_words.h and pair_counts.h. */
#include "tokenizer/merge_words.h"

#include "base/memory.h"
#include "base/try.h"
#include "text/utf8.h"
#include "tokenizer/pair_counts.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct merging {
    struct cpl_pieces *pieces;
    const char *prefix;
    size_t prefix_length;
    int32_t *symbols; /* of all words, one behind the other */
    size_t n_symbols, symbol_capacity;
    size_t *begin;    /* [n_words] place in symbols */
    uint32_t *length; /* [n_words] symbols left; 0: passed over */
    const uint64_t *counts;
    struct cpl_pair_counts pairs;
    bool *marked; /* scratch: a symbol of the word at hand */
    char *text;   /* scratch: a new piece */
    size_t text_capacity;
};

/* Symbols of a word; length 0 if a character is unknown. */
static cpl_status split_word(struct merging *work, uint32_t index, const char *word,
                             size_t length, struct cpl_error *error)
{
    char text[16];
    size_t first = work->n_symbols;
    memcpy(text, work->prefix, work->prefix_length);
    work->begin[index] = first;
    for (size_t at = 0; at < length;) {
        size_t begin = at, skip = at == 0 ? work->prefix_length : 0;
        cpl_utf8_next(word, &at);
        memcpy(text + work->prefix_length, word + begin, at - begin);
        int32_t id =
            cpl_pieces_find(work->pieces, text + skip, work->prefix_length - skip + at - begin);
        if (id < 0) {
            work->n_symbols = first;
            return CPL_OK;
        }
        CPL_TRY(cpl_memory_grow(&work->symbols, &work->symbol_capacity, work->n_symbols + 1,
                                sizeof *work->symbols, error));
        work->symbols[work->n_symbols++] = id;
    }
    work->length[index] = (uint32_t)(work->n_symbols - first);
    return CPL_OK;
}

/* Adds `sign` times the word's count to each of its pairs of which a symbol is marked (NULL: to all). */
static cpl_status count_pairs(struct merging *work, uint32_t index, int64_t sign,
                              const bool *marked, struct cpl_error *error)
{
    const int32_t *symbol = work->symbols + work->begin[index];
    int64_t count = sign * (int64_t)work->counts[index];
    for (uint32_t i = 0; i + 1 < work->length[index]; i++)
        if (!marked || marked[i] || marked[i + 1])
            CPL_TRY(cpl_pairs_add(&work->pairs, symbol[i], symbol[i + 1], count, index, error));
    return CPL_OK;
}

static cpl_status name_merge(struct merging *work, int32_t *id, const struct cpl_pair *pair,
                             struct cpl_error *error)
{
    const struct cpl_pieces *pieces = work->pieces;
    size_t left = pieces->length[pair->left];
    size_t right = pieces->length[pair->right] - work->prefix_length;
    CPL_TRY(cpl_memory_grow(&work->text, &work->text_capacity, left + right, 1, error));
    memcpy(work->text, cpl_pieces_text(pieces, pair->left), left);
    memcpy(work->text + left, cpl_pieces_text(pieces, pair->right) + work->prefix_length,
           right);
    return cpl_pieces_add(work->pieces, id, work->text, left + right, error);
}

/* Marks the symbols of each left-right in the word; false if there is none. */
static bool mark_merges(bool *marked, const int32_t *symbol, uint32_t n, int32_t left,
                        int32_t right)
{
    bool any = false;
    memset(marked, 0, n * sizeof *marked);
    for (uint32_t i = 0; i + 1 < n; i++) {
        if (marked[i] || symbol[i] != left || symbol[i + 1] != right)
            continue;
        marked[i] = marked[i + 1] = any = true;
    }
    return any;
}

/* Puts `id` in place of each left-right in the word; only pairs that touch one of them change. */
static cpl_status merge_in_word(struct merging *work, uint32_t index, int32_t left,
                                int32_t right, int32_t id, struct cpl_error *error)
{
    int32_t *symbol = work->symbols + work->begin[index];
    uint32_t n = work->length[index], kept = 0;
    bool *marked = work->marked;
    if (!mark_merges(marked, symbol, n, left, right))
        return CPL_OK;
    CPL_TRY(count_pairs(work, index, -1, marked, error));
    for (uint32_t i = 0; i < n; kept++) {
        bool merged = marked[i];
        symbol[kept] = merged ? id : symbol[i];
        i += merged ? 2 : 1;
        marked[kept] = merged;
    }
    work->length[index] = kept;
    return count_pairs(work, index, 1, marked, error);
}

static cpl_status merge_all(struct merging *work, int32_t limit, int32_t min_frequency,
                            struct cpl_error *error)
{
    size_t best;
    CPL_TRY(cpl_pairs_settle(&work->pairs, error));
    while (work->pieces->count < limit && cpl_pairs_take(&work->pairs, &best)) {
        struct cpl_pair pair = work->pairs.pair[best];
        int32_t id;
        if (pair.count < min_frequency)
            break;
        CPL_TRY(name_merge(work, &id, &pair, error));
        work->pairs.pair[best].first_place = 0;
        for (size_t place = pair.first_place; place;) {
            struct cpl_pair_place here = work->pairs.place[place - 1];
            CPL_TRY(merge_in_word(work, here.word, pair.left, pair.right, id, error));
            place = here.next;
        }
        CPL_TRY(cpl_pairs_settle(&work->pairs, error));
    }
    return CPL_OK;
}

cpl_status cpl_words_merge(struct cpl_pieces *pieces, const struct cpl_pieces *words,
                           const uint64_t *counts, const char *prefix, int32_t limit,
                           int32_t min_frequency, struct cpl_error *error)
{
    struct merging work = {.pieces = pieces, .prefix = prefix, .counts = counts};
    size_t n = (size_t)words->count, longest = 0;
    cpl_status status = CPL_OK;
    work.prefix_length = strlen(prefix);
    CPL_TRY_GOTO(cpl_memory_new(&work.begin, n, sizeof *work.begin, error));
    CPL_TRY_GOTO(cpl_memory_new(&work.length, n, sizeof *work.length, error));
    for (uint32_t i = 0; i < n; i++) {
        CPL_TRY_GOTO(
            split_word(&work, i, cpl_pieces_text(words, (int32_t)i), words->length[i], error));
        CPL_TRY_GOTO(count_pairs(&work, i, 1, NULL, error));
        longest = work.length[i] > longest ? work.length[i] : longest;
    }
    CPL_TRY_GOTO(cpl_memory_new(&work.marked, longest + 1, sizeof *work.marked, error));
    status = merge_all(&work, limit, min_frequency, error);
done:
    free(work.symbols);
    free(work.begin);
    free(work.length);
    free(work.marked);
    free(work.text);
    cpl_pairs_clear(&work.pairs);
    return status;
}
