/* The most probable path over the dictionary's words: see word_path.h. */
#include "text/word_path.h"

#include "text/reader.h"
#include "text/word_unit.h"

#include <couplet/text.h>
#include <string.h>
#include <uchar.h>

static const int64_t no_path = INT64_MIN / 2;

static void add_edge(struct cpl_word_path *path, size_t begin, size_t end, int32_t weight,
                     uint32_t cuts)
{
    path->edge[path->n_edges++] =
        (struct cpl_path_edge){(uint16_t)begin, (uint16_t)end, weight, cuts};
    path->is_place[end] = true;
    path->score[end] = no_path;
    if (end > path->reach)
        path->reach = end;
}

/* The root's edge by the character at `at` of the text. */
static const struct cpl_trie_edge *first_edge(const struct cpl_word_path *path, size_t at)
{
    return path->ahead_at == at
               ? path->ahead
               : cpl_word_trie_first(path->trie, cpl_utf8_next(path->text, &at));
}

/* Looks up the first edge of the next place and asks the processor for its second: the table is
 * larger than its caches, and half of the time went into waiting for this one. */
static void look_ahead(struct cpl_word_path *path, size_t at)
{
    if (at >= path->length)
        return;
    path->ahead_at = at;
    uint32_t first = cpl_utf8_next(path->text, &at);
    path->ahead = cpl_word_trie_first(path->trie, first);
    uint32_t second = at < path->length ? cpl_utf8_next(path->text, &at) : 0;
    if (path->ahead && second && cpl_word_trie_may_begin(path->trie, first, second))
        cpl_word_trie_prefetch(path->trie, path->ahead->child, second);
}

static bool is_number(const char *unit, size_t length)
{
    return cpl_byte_is_digit(unit[0]) && !cpl_byte_is_letter(unit[length - 1]);
}

/* Edges of a number in digits together with a measure word, as frequent as 两 with it: "20个人" is
 * to be cut like 两个人, not into 20 and 个人. */
static void add_measures(struct cpl_word_path *path, size_t begin, size_t unit)
{
    size_t n = cpl_utf8_count(path->text + path->begin + begin, unit - begin);
    uint32_t node = path->two;
    for (size_t at = path->begin + unit; at < path->length && node != 0 && n <= CPL_MAX_CUTS;) {
        const struct cpl_trie_edge *edge =
            cpl_word_trie_step(path->trie, node, cpl_utf8_next(path->text, &at));
        size_t end = at - path->begin;
        node = edge && end <= CPL_PATH_BYTES ? edge->child : 0;
        if (node != 0 && edge->has_cuts && path->trie->nodes[node].cuts == 1)
            add_edge(path, begin, end, edge->weight, 1u << (n - 1));
    }
}

/* Edges of all dictionary words that begin at a place, and the one of the unit there, which
 * ends at `unit`.  No word ends inside a Latin run. */
static void add_edges(struct cpl_word_path *path, size_t begin, size_t unit)
{
    const char *text = path->text;
    bool has_unit = false, is_first = true;
    const struct cpl_trie_edge *edge = first_edge(path, path->begin + begin);
    look_ahead(path, path->begin + unit);
    for (size_t at = path->begin + begin; edge;) {
        uint32_t code = cpl_utf8_next(text, &at);
        size_t end = at - path->begin, next = at;
        if (end > CPL_PATH_BYTES)
            break;
        uint32_t after = at < path->length ? cpl_utf8_next(text, &next) : 0;
        bool is_inside = cpl_code_is_word(code) && cpl_code_is_word(after);
        if (edge->weight != CPL_NO_WORD && end >= unit && !is_inside) {
            uint32_t cuts = edge->has_cuts ? path->trie->nodes[edge->child].cuts : 0;
            add_edge(path, begin, end, edge->weight, cuts);
            has_unit = has_unit || end == unit;
        }
        if (!cpl_word_trie_may_go_on(edge, after) ||
            (is_first && !cpl_word_trie_may_begin(path->trie, code, after)))
            break;
        is_first = false;
        edge = cpl_word_trie_step(path->trie, edge->child, after);
    }
    if (is_number(text + path->begin + begin, unit - begin)) {
        add_edge(path, begin, unit, path->number, 0);
        add_measures(path, begin, unit);
    } else if (!has_unit) {
        add_edge(path, begin, unit, path->unknown, 0);
    }
}

/* Adds edges from place to place until no edge crosses one; returns that place, the chunk's
 * end. */
static size_t build_chunk(struct cpl_word_path *path)
{
    size_t at = 0;
    path->n_edges = 0;
    path->reach = 0;
    path->score[0] = no_path;
    do {
        size_t unit =
            cpl_word_unit_end(path->text, path->length, path->begin + at) - path->begin;
        if (unit > CPL_PATH_BYTES && at == 0)
            return path->only_unit = unit;
        if (unit > CPL_PATH_BYTES || path->n_edges + 2 * CPL_PATH_BYTES + 1 >= CPL_PATH_EDGES)
            return at;
        add_edges(path, at, unit);
        do
            at++;
        while (!path->is_place[at]);
    } while (at < path->reach);
    return at;
}

/* Best paths backwards from the chunk's end; of two equally good ones that with the longer
 * first word, as in jieba. */
static void solve_chunk(struct cpl_word_path *path, size_t end)
{
    path->score[end] = 0;
    for (size_t i = path->n_edges; i-- > 0;) {
        const struct cpl_path_edge *edge = &path->edge[i];
        if (edge->end > end || path->score[edge->end] == no_path)
            continue;
        int64_t score = path->score[edge->end] + edge->weight;
        int64_t best = path->score[edge->begin];
        if (score < best || (score == best && edge->end < path->best_end[edge->begin]))
            continue;
        path->score[edge->begin] = score;
        path->best_end[edge->begin] = edge->end;
        path->best_cuts[edge->begin] = (uint16_t)edge->cuts;
    }
    memset(path->is_place, 0, path->reach + 1);
}

void cpl_word_path_init(struct cpl_word_path *path, const struct cpl_word_trie *trie,
                        int32_t unknown, const char *text, size_t length)
{
    path->trie = trie;
    path->unknown = unknown;
    path->text = text;
    path->length = length;
    path->only_unit = 0;
    path->ahead_at = SIZE_MAX;
    const struct cpl_trie_edge *two = cpl_word_trie_first(trie, U'两');
    path->two = two ? two->child : 0;
    path->number = two && two->weight != CPL_NO_WORD ? two->weight : unknown;
    memset(path->is_place, 0, sizeof path->is_place);
}

size_t cpl_word_path_find(struct cpl_word_path *path, size_t begin)
{
    path->begin = begin;
    path->only_unit = 0;
    size_t end = build_chunk(path);
    if (!path->only_unit)
        solve_chunk(path, end);
    return end;
}

size_t cpl_word_path_word_end(const struct cpl_word_path *path, size_t place)
{
    return path->only_unit ? path->only_unit : path->best_end[place];
}

uint32_t cpl_word_path_cuts(const struct cpl_word_path *path, size_t place)
{
    return path->only_unit ? 0 : path->best_cuts[place];
}

int64_t cpl_word_path_score(const struct cpl_word_path *path)
{
    return path->only_unit ? path->unknown : path->score[0];
}
