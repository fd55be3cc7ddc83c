/* The best cut of a text into pieces, in a window that moves along it: see unigram.h. */
#include "base/memory.h"
#include "base/try.h"
#include "text/utf8.h"
#include "tokenizer/unigram.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double largest_sum = 100000; /* of sums in f32 */

void cpl_viterbi_search_start(struct cpl_viterbi_search *search)
{
    search->at = search->n_places = search->n_tokens = 0;
}

void cpl_viterbi_search_clear(struct cpl_viterbi_search *search)
{
    free(search->place);
    free(search->token);
    *search = (struct cpl_viterbi_search){0};
}

void cpl_viterbi_search_drop(struct cpl_viterbi_search *search, size_t n_bytes)
{
    memmove(search->place, search->place + n_bytes,
            (search->n_places - n_bytes) * sizeof *search->place);
    search->n_places -= n_bytes;
    search->at -= n_bytes;
    search->n_tokens = 0;
}

/* ---- trying pieces --------------------------------------------------------------------------- */

/* Bytes of the longest piece, or of a character. */
static size_t farthest(const struct cpl_viterbi *unigram)
{
    return unigram->longest > 4 ? unigram->longest : 4;
}

/* A sum as it is kept. */
static inline double kept(double sum, bool narrow) { return narrow ? (double)(float)sum : sum; }

static inline void offer(struct cpl_viterbi_place *place, double sum, int32_t id,
                         uint32_t length)
{
    if (place->length != 0 && !(sum > place->total))
        return;
    place->total = sum;
    place->id = id;
    place->length = length;
}

/* The node that the character text[at, next) leads to, -1 if no piece begins with it. */
static inline int32_t first_node(const struct cpl_viterbi *unigram, uint32_t code,
                                 const char *text, size_t at, size_t next)
{
    int32_t node = 0;
    if (code < CPL_VITERBI_FIRST)
        return unigram->first[code];
    for (; at < next && node >= 0; at++) {
        int32_t child = unigram->node[node].base + (unsigned char)text[at];
        node = unigram->node[child].parent == node ? child : -1;
    }
    return node;
}

/* Tries what begins at place `at`; returns the bytes of the character there, or 0 if it is unknown and
 * there is no piece for that. */
static inline size_t try_pieces(struct cpl_viterbi_place *place, size_t at,
                                const struct cpl_viterbi *unigram, const char *text, size_t n,
                                bool narrow, bool wide)
{
    const struct cpl_viterbi_node *node = unigram->node;
    double total = place[at].total;
    size_t i = at;
    uint32_t code = cpl_utf8_next(text, &i);
    size_t character = i - at;
    int32_t parent = first_node(unigram, code, text, at, i);
    bool single = parent >= 0 && node[parent].value >= 0;
    while (parent >= 0) {
        int32_t id = node[parent].value;
        double score = wide && id >= 0 ? unigram->score[id] : (double)node[parent].score;
        if (id >= 0)
            offer(&place[i], kept(score + total, narrow), id, (uint32_t)(i - at));
        if (i == n)
            break;
        int32_t child = node[parent].base + (unsigned char)text[i++];
        parent = node[child].parent == parent ? child : -1;
    }
    if (!single)
        offer(&place[at + character], kept(unigram->unknown_score + total, narrow),
              unigram->unknown_id, (uint32_t)character);
    return single || unigram->unknown_id >= 0 ? character : 0;
}

/* Sums that have become so large that f32 would blur them begin at 0 again, as sentencepiece does. */
static void begin_again(struct cpl_viterbi_search *search, size_t at, size_t reach)
{
    double offset = search->place[at].total;
    for (size_t i = at; i <= at + reach && i < search->n_places; i++)
        if (i == at || search->place[i].length != 0)
            search->place[i].total = kept(search->place[i].total - offset, true);
}

static inline bool try_all(struct cpl_viterbi_search *search, const struct cpl_viterbi *unigram,
                           const char *text, size_t n, size_t stop, bool narrow, bool wide)
{
    size_t at = search->at, step = 1;
    for (; at < stop && step > 0; at += step) {
        if (narrow && fabs(search->place[at].total) > largest_sum)
            begin_again(search, at, farthest(unigram));
        step = try_pieces(search->place, at, unigram, text, n, narrow, wide);
    }
    search->at = at;
    return step > 0;
}

cpl_status cpl_viterbi_search_run(struct cpl_viterbi_search *search,
                                  const struct cpl_viterbi *unigram, const char *text, size_t n,
                                  bool final, struct cpl_error *error)
{
    size_t reach = farthest(unigram), stop = final ? n : n > reach ? n - reach : 0;
    CPL_TRY(cpl_memory_grow(&search->place, &search->capacity, n + 1, sizeof *search->place,
                            error));
    if (search->n_places < n + 1)
        memset(search->place + search->n_places, 0,
               (n + 1 - search->n_places) * sizeof *search->place);
    search->n_places = search->n_places < n + 1 ? n + 1 : search->n_places;
    bool known = unigram->narrow ? try_all(search, unigram, text, n, stop, true, false)
                 : unigram->wide ? try_all(search, unigram, text, n, stop, false, true)
                                 : try_all(search, unigram, text, n, stop, false, false);
    if (known)
        return CPL_OK;
    return cpl_error_set(error, CPL_ERROR_INPUT, NULL,
                         "the text has a character that is not in the vocabulary, which has no "
                         "piece for unknown ones (unk_id)");
}

/* ---- settling -------------------------------------------------------------------------------- */

/* The last place that all ways go through which can still become the best one. */
static size_t common_place(const struct cpl_viterbi_search *search)
{
    const struct cpl_viterbi_place *place = search->place;
    size_t common = search->at;
    for (size_t open = search->at + 1; open < search->n_places; open++) {
        size_t other = place[open].length ? open : common;
        while (other != common)
            if (other > common)
                other -= place[other].length;
            else
                common -= place[common].length;
    }
    return common;
}

cpl_status cpl_viterbi_search_settle(struct cpl_viterbi_search *search, size_t *settled,
                                     struct cpl_error *error)
{
    const struct cpl_viterbi_place *place = search->place;
    size_t n = 0;
    *settled = common_place(search);
    for (size_t at = *settled; at > 0; at -= place[at].length)
        n++;
    CPL_TRY(cpl_memory_grow(&search->token, &search->token_capacity, n, sizeof *search->token,
                            error));
    search->n_tokens = n;
    for (size_t at = *settled; at > 0; at -= place[at].length)
        search->token[--n] = (struct cpl_viterbi_token){place[at].id, place[at].length};
    return CPL_OK;
}
