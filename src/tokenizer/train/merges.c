/* Byte-pair merging: see merges.h and pair_table.h.
 *
 * A symbol lies at the first of the positions that it covers; `span` holds how many these are, at the
 * first and at the last of them, so that both neighbours are found at once and a merge costs the same
 * in a word of any length:
 *
 *     symbol  the  -1  -1  ##m  ##e  -1        span  3  .  3  1  2  2
 */
#include "tokenizer/train/merges.h"

#include "base/memory.h"
#include "base/try.h"
#include "text/utf8.h"
#include "tokenizer/train/pair_table.h"
#include <couplet/text.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { GONE = -1 };

struct merging {
    struct cpl_pieces *pieces;
    struct cpl_merge_list *merges;
    const struct cpl_word_symbols *words;
    const struct cpl_merge_options *options;
    uint32_t *span; /* [n_symbols] */
    uint32_t *word; /* [n_symbols] */
    struct cpl_pair_table pairs;
    uint32_t *characters; /* [pieces->count] without the prefix, where max_length is set */
    size_t characters_capacity;
    int32_t n_characters;
    uint32_t *places; /* scratch */
    size_t n_places, places_capacity;
    char *text; /* scratch: a new piece */
    size_t text_capacity;
};

void cpl_merge_list_clear(struct cpl_merge_list *merges)
{
    free(merges->merge);
    *merges = (struct cpl_merge_list){0};
}

/* ---- pieces ---------------------------------------------------------------------------------- */

/* Bytes of the piece's prefix. */
static size_t prefix_of(const struct merging *work, int32_t id)
{
    size_t length = strlen(work->options->prefix);
    bool has = length > 0 && work->pieces->length[id] > length &&
               memcmp(cpl_pieces_text(work->pieces, id), work->options->prefix, length) == 0;
    return has ? length : 0;
}

static cpl_status measure_pieces(struct merging *work, struct cpl_error *error)
{
    if (work->options->max_length == 0)
        return CPL_OK;
    CPL_TRY(cpl_memory_grow(&work->characters, &work->characters_capacity,
                            (size_t)work->pieces->count, sizeof *work->characters, error));
    for (; work->n_characters < work->pieces->count; work->n_characters++) {
        int32_t id = work->n_characters;
        const char *text = cpl_pieces_text(work->pieces, id);
        size_t prefix = text ? prefix_of(work, id) : 0;
        work->characters[id] =
            text ? (uint32_t)cpl_utf8_count(text + prefix, work->pieces->length[id] - prefix)
                 : 0;
    }
    return CPL_OK;
}

static bool too_long(const struct merging *work, int32_t left, int32_t right)
{
    int32_t first = work->options->first_symbol;
    return work->options->max_length > 0 &&
           work->characters[left + first] + work->characters[right + first] >
               (uint32_t)work->options->max_length;
}

/* `left` and `right` are ids. */
static cpl_status name_merge(struct merging *work, int32_t *id, int32_t left, int32_t right,
                             struct cpl_error *error)
{
    const struct cpl_pieces *pieces = work->pieces;
    size_t prefix = prefix_of(work, right);
    size_t n_left = pieces->length[left], n_right = pieces->length[right] - prefix;
    CPL_TRY(cpl_memory_grow(&work->text, &work->text_capacity, n_left + n_right + 1, 1, error));
    memcpy(work->text, cpl_pieces_text(pieces, left), n_left);
    memcpy(work->text + n_left, cpl_pieces_text(pieces, right) + prefix, n_right);
    CPL_TRY(cpl_pieces_add(work->pieces, id, work->text, n_left + n_right, error));
    return measure_pieces(work, error);
}

static cpl_status note_merge(struct merging *work, struct cpl_merge merge,
                             struct cpl_error *error)
{
    struct cpl_merge_list *list = work->merges;
    if (!list)
        return CPL_OK;
    CPL_TRY(cpl_memory_grow(&list->merge, &list->capacity, list->n + 1, sizeof merge, error));
    list->merge[list->n++] = merge;
    return CPL_OK;
}

/* ---- words ----------------------------------------------------------------------------------- */

static cpl_status start(struct merging *work, struct cpl_error *error)
{
    const struct cpl_word_symbols *words = work->words;
    CPL_TRY(cpl_memory_new_raw(&work->span, words->n_symbols * sizeof *work->span, 64, error));
    CPL_TRY(cpl_memory_new_raw(&work->word, words->n_symbols * sizeof *work->word, 64, error));
    for (uint32_t w = 0; w < words->n_words; w++)
        for (uint32_t i = words->begin[w]; i < words->begin[w + 1]; i++) {
            work->span[i] = 1;
            work->word[i] = w;
            if (i + 1 < words->begin[w + 1] &&
                !too_long(work, words->symbol[i], words->symbol[i + 1]))
                CPL_TRY(cpl_pairs_add(&work->pairs, words->symbol[i], words->symbol[i + 1],
                                      (int64_t)words->count[w], i, error));
        }
    return cpl_pairs_settle(&work->pairs, error);
}

/* Makes `id` of the pair at `at`, if it is still there; the pairs around it change. */
static cpl_status merge_at(struct merging *work, uint32_t at, int32_t left, int32_t right,
                           int32_t id, struct cpl_error *error)
{
    int32_t *symbol = work->words->symbol;
    uint32_t word = work->word[at], begin = work->words->begin[word],
             end = work->words->begin[word + 1];
    int64_t count = (int64_t)work->words->count[word];
    uint32_t second = at + work->span[at];
    if (symbol[at] != left || second >= end || symbol[second] != right)
        return CPL_OK;
    uint32_t after = second + work->span[second];
    uint32_t before = at > begin ? at - work->span[at - 1] : at;
    cpl_pairs_take_away(&work->pairs, left, right, count);
    if (before < at)
        cpl_pairs_take_away(&work->pairs, symbol[before], left, count);
    if (after < end)
        cpl_pairs_take_away(&work->pairs, right, symbol[after], count);
    symbol[second] = GONE;
    symbol[at] = id;
    work->span[at] = work->span[after - 1] = after - at;
    if (before < at && !too_long(work, symbol[before], id))
        CPL_TRY(cpl_pairs_add(&work->pairs, symbol[before], id, count, before, error));
    if (after < end && !too_long(work, id, symbol[after]))
        CPL_TRY(cpl_pairs_add(&work->pairs, id, symbol[after], count, at, error));
    return CPL_OK;
}

static int compare_places(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    return (a > b) - (a < b);
}

static cpl_status merge_pair(struct merging *work, const struct cpl_pair *pair,
                             struct cpl_error *error)
{
    int32_t first = work->options->first_symbol, id;
    CPL_TRY(name_merge(work, &id, pair->left + first, pair->right + first, error));
    if (id < first) /* spells a special token, which no text may become */
        return CPL_OK;
    if (!pair->merged)
        CPL_TRY(note_merge(
            work, (struct cpl_merge){pair->left + first, pair->right + first, id}, error));
    CPL_TRY(cpl_pairs_places(&work->pairs, pair, &work->places, &work->n_places,
                             &work->places_capacity, error));
    /* in "aaa" the first two merge: pairs of two equal symbols go from left to right */
    if (pair->left == pair->right && work->n_places > 1)
        qsort(work->places, work->n_places, sizeof *work->places, compare_places);
    for (size_t i = 0; i < work->n_places; i++)
        CPL_TRY(merge_at(work, work->places[i], pair->left, pair->right, id - first, error));
    return cpl_pairs_settle(&work->pairs, error);
}

static cpl_status merge_all(struct merging *work, struct cpl_error *error)
{
    const struct cpl_merge_options *options = work->options;
    int32_t begin = work->pieces->count;
    struct cpl_pair best;
    for (uint32_t round = 0; work->pieces->count < options->limit; round++) {
        if (!cpl_pairs_best(&work->pairs, &best) || best.count < options->min_frequency)
            break;
        if (options->progress && round % 64 == 0 &&
            !options->progress(options->context, "merges",
                               (uint64_t)(work->pieces->count - begin),
                               (uint64_t)(options->limit - begin)))
            return cpl_error_set(error, CPL_STOPPED, NULL, "stopped: nothing was learned");
        CPL_TRY(merge_pair(work, &best, error));
    }
    return CPL_OK;
}

cpl_status cpl_merges_learn(struct cpl_pieces *pieces, struct cpl_merge_list *merges,
                            struct cpl_word_symbols *words,
                            const struct cpl_merge_options *options, struct cpl_error *error)
{
    struct merging work = {
        .pieces = pieces, .merges = merges, .words = words, .options = options};
    cpl_status status = CPL_OK;
    CPL_TRY_GOTO(measure_pieces(&work, error));
    CPL_TRY_GOTO(start(&work, error));
    status = merge_all(&work, error);
done:
    free(work.span);
    free(work.word);
    free(work.characters);
    free(work.places);
    free(work.text);
    cpl_pairs_clear(&work.pairs);
    return status;
}
