/* Byte-pair merging: see merges.h and pair_table.h.
 *
 * A symbol lies in the first of the cells that it covers; `span` holds how many these are, in the first
 * and in the last of them, so that both neighbours are found at once and a merge costs the same in a
 * word of any length:
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

enum { GONE = -1, CELLS_AHEAD = 16, PAIRS_AHEAD = 8 };

struct cell {
    int32_t symbol;
    uint32_t span, word;
};

struct merging {
    struct cpl_pieces *pieces;
    struct cpl_merge_list *merges;
    const struct cpl_word_symbols *words;
    const struct cpl_merge_options *options;
    struct cell *cell; /* [n_symbols] */
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
    CPL_TRY(cpl_memory_new_raw(&work->cell, words->n_symbols * sizeof *work->cell, 64, error));
    for (uint32_t w = 0; w < words->n_words; w++)
        for (uint32_t i = words->begin[w]; i < words->begin[w + 1]; i++) {
            int32_t symbol = words->symbol[i];
            work->cell[i] = (struct cell){symbol, 1, w};
            if (i + 1 < words->begin[w + 1] && !too_long(work, symbol, words->symbol[i + 1]))
                CPL_TRY(cpl_pairs_add(&work->pairs, symbol, words->symbol[i + 1],
                                      (int64_t)words->count[w], i, error));
        }
    return cpl_pairs_settle(&work->pairs, error);
}

/* A symbol with its neighbours; before and after it there may be none. */
struct site {
    uint32_t before, at, second, after;
    bool has_before, has_after;
};

/* The pair at `at`; false if it is gone. */
static bool find_site(const struct merging *work, struct site *site, uint32_t at, int32_t left,
                      int32_t right)
{
    const struct cell *cell = work->cell;
    uint32_t end = work->words->n_symbols, second = at + cell[at].span;
    if (cell[at].symbol != left || second >= end || cell[second].word != cell[at].word ||
        cell[second].symbol != right)
        return false;
    uint32_t after = second + cell[second].span;
    bool has_before = at > 0 && cell[at - 1].word == cell[at].word;
    *site = (struct site){.before = has_before ? at - cell[at - 1].span : at,
                          .at = at,
                          .second = second,
                          .after = after,
                          .has_before = has_before,
                          .has_after = after < end && cell[after].word == cell[at].word};
    return true;
}

/* Makes `id` of the pair at `at`, if it is still there; the pairs around it change. */
static cpl_status merge_at(struct merging *work, uint32_t at, int32_t left, int32_t right,
                           int32_t id, struct cpl_error *error)
{
    struct cell *cell = work->cell;
    struct site site;
    if (!find_site(work, &site, at, left, right))
        return CPL_OK;
    int64_t count = (int64_t)work->words->count[cell[at].word];
    int32_t before = cell[site.before].symbol;
    int32_t after = site.has_after ? cell[site.after].symbol : GONE;
    cpl_pairs_take_away(&work->pairs, left, right, count);
    if (site.has_before)
        cpl_pairs_take_away(&work->pairs, before, left, count);
    if (site.has_after)
        cpl_pairs_take_away(&work->pairs, right, after, count);
    cell[site.second].symbol = GONE;
    cell[at].symbol = id;
    cell[at].span = cell[site.after - 1].span = site.after - at;
    if (site.has_before && !too_long(work, before, id))
        CPL_TRY(cpl_pairs_add(&work->pairs, before, id, count, site.before, error));
    if (site.has_after && !too_long(work, id, after))
        CPL_TRY(cpl_pairs_add(&work->pairs, id, after, count, at, error));
    return CPL_OK;
}

/* Asks for the memory that the merge at places[i] will need; what it finds there may change till
 * then, which costs time only. */
static void look_ahead(const struct merging *work, size_t i, int32_t left, int32_t right,
                       int32_t id)
{
    struct site site;
    if (i + CELLS_AHEAD < work->n_places)
        __builtin_prefetch(&work->cell[work->places[i + CELLS_AHEAD]], 1);
    if (i + PAIRS_AHEAD >= work->n_places ||
        !find_site(work, &site, work->places[i + PAIRS_AHEAD], left, right))
        return;
    if (site.has_before) {
        cpl_pairs_prefetch(&work->pairs, work->cell[site.before].symbol, left);
        cpl_pairs_prefetch(&work->pairs, work->cell[site.before].symbol, id);
    }
    if (site.has_after) {
        cpl_pairs_prefetch(&work->pairs, right, work->cell[site.after].symbol);
        cpl_pairs_prefetch(&work->pairs, id, work->cell[site.after].symbol);
    }
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
    CPL_TRY(cpl_pairs_places(&work->pairs, pair->left, pair->right, &work->places,
                             &work->n_places, &work->places_capacity, error));
    /* in "aaa" the first two merge: pairs of two equal symbols go from left to right */
    if (pair->left == pair->right && work->n_places > 1)
        qsort(work->places, work->n_places, sizeof *work->places, compare_places);
    for (size_t i = 0; i < work->n_places; i++) {
        look_ahead(work, i, pair->left, pair->right, id - first);
        CPL_TRY(merge_at(work, work->places[i], pair->left, pair->right, id - first, error));
    }
    return cpl_pairs_settle(&work->pairs, error);
}

static cpl_status merge_all(struct merging *work, struct cpl_error *error)
{
    const struct cpl_merge_options *options = work->options;
    int32_t begin = work->pieces->count;
    struct cpl_pair best;
    for (uint32_t round = 0; work->pieces->count < options->limit; round++) {
        if (!cpl_pairs_best(&work->pairs, &best))
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
    work.pairs.least = options->min_frequency > 1 ? options->min_frequency : 1;
    CPL_TRY_GOTO(measure_pieces(&work, error));
    CPL_TRY_GOTO(start(&work, error));
    status = merge_all(&work, error);
done:
    free(work.cell);
    free(work.characters);
    free(work.places);
    free(work.text);
    cpl_pairs_clear(&work.pairs);
    return status;
}
