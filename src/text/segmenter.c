/* Words: the most probable path over the dictionary's words (a unigram model, jieba's way),
 * Latin words and numbers whole, unknown Chinese by a hidden Markov model where its tables are
 * there.
 *
 * The text is cut into chunks at places that no dictionary word crosses, mostly a few
 * characters long; each chunk is solved by itself, which gives the path of the whole and needs
 * no heap. */
#include "base/file.h"
#include "base/memory.h"
#include "base/try.h"
#include "text/dictionary.h"
#include "text/spans.h"
#include "text/utf8.h"
#include "text/word_hmm.h"
#include "text/word_trie.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

/* Changes whenever the rules in this file change the words of some text. */
enum { RULES_VERSION = 1 };
/* A chunk is closed by force at this many bytes or edges: only for text made to be bad. */
enum { CHUNK_BYTES = 768, CHUNK_EDGES = 2048 };

struct cpl_segmenter {
    struct cpl_word_trie trie;
    struct cpl_word_hmm hmm;
    int32_t unknown; /* weight of what the dictionary does not have */
    uint64_t hash;
};

/* ---- units
 * -------------------------------------------------------------------------------------- */

static bool is_digit_at(const char *text, size_t length, size_t at)
{
    return at < length && text[at] >= '0' && text[at] <= '9';
}

/* End of the unit that begins at `at`: a Latin word or number ("BERT", "3.14%"), or one
 * character. */
static size_t unit_end(const char *text, size_t length, size_t at)
{
    size_t end = at;
    if (!cpl_code_is_word(cpl_utf8_next(text, &end)))
        return end;
    bool ends_in_digit = false;
    for (size_t next = at; next < length;) {
        uint32_t code = cpl_utf8_next(text, &next);
        if (!cpl_code_is_word(code))
            break;
        ends_in_digit = code >= '0' && code <= '9';
        end = next;
    }
    if (!ends_in_digit)
        return end;
    if (end < length && text[end] == '.' && is_digit_at(text, length, end + 1))
        for (end++; is_digit_at(text, length, end);)
            end++;
    return end < length && text[end] == '%' ? end + 1 : end;
}

/* ---- one chunk
 * ---------------------------------------------------------------------------------- */

struct edge {
    uint16_t begin, end; /* bytes from the chunk's begin */
    int32_t weight;
};
struct chunk {
    const char *text;
    size_t length; /* of the text */
    size_t begin;  /* of the chunk in the text */
    size_t reach;  /* farthest end of an edge so far, from the chunk's begin like all below */
    size_t n_edges;
    struct edge edge[CHUNK_EDGES];
    bool is_place[CHUNK_BYTES + 1];     /* an edge ends here */
    int64_t score[CHUNK_BYTES + 1];     /* of the best path from a place to the chunk's end */
    uint16_t best_end[CHUNK_BYTES + 1]; /* of the first word on that path */
};

static const int64_t no_path = INT64_MIN / 2;

static void add_edge(struct chunk *chunk, size_t begin, size_t end, int32_t weight)
{
    chunk->edge[chunk->n_edges++] = (struct edge){(uint16_t)begin, (uint16_t)end, weight};
    chunk->is_place[end] = true;
    chunk->score[end] = no_path;
    if (end > chunk->reach)
        chunk->reach = end;
}

/* Asks the processor for the edge that the next place will need second: the table is larger than its
 * caches, and half of the time went into waiting for this one. */
static void prefetch_pair(const struct cpl_word_trie *trie, const char *text, size_t length,
                          size_t at)
{
    if (at >= length)
        return;
    const struct cpl_trie_edge *edge = cpl_word_trie_step(trie, 0, cpl_utf8_next(text, &at));
    if (edge && at < length)
        cpl_word_trie_prefetch(trie, edge->child, cpl_utf8_next(text, &at));
}

/* Edges of all dictionary words that begin at a place, and the one of the unit there, which
 * ends at `unit`.  No word ends inside a Latin run. */
static void add_edges(const struct cpl_segmenter *segmenter, struct chunk *chunk, size_t begin,
                      size_t unit)
{
    const char *text = chunk->text;
    bool has_unit = false;
    uint32_t node = 0;
    prefetch_pair(&segmenter->trie, text, chunk->length, chunk->begin + unit);
    for (size_t at = chunk->begin + begin; at < chunk->length;) {
        uint32_t code = cpl_utf8_next(text, &at);
        const struct cpl_trie_edge *edge = cpl_word_trie_step(&segmenter->trie, node, code);
        size_t end = at - chunk->begin;
        if (!edge || end > CHUNK_BYTES)
            break;
        node = edge->child;
        if (edge->weight == CPL_NO_WORD || end < unit)
            continue;
        size_t next = at;
        if (cpl_code_is_word(code) && at < chunk->length &&
            cpl_code_is_word(cpl_utf8_next(text, &next)))
            continue;
        add_edge(chunk, begin, end, edge->weight);
        has_unit = has_unit || end == unit;
    }
    if (!has_unit)
        add_edge(chunk, begin, unit, segmenter->unknown);
}

/* Adds edges from place to place until no edge crosses one; returns that place, the chunk's
 * end. */
static size_t build_chunk(const struct cpl_segmenter *segmenter, struct chunk *chunk)
{
    size_t at = 0;
    chunk->n_edges = 0;
    chunk->reach = 0;
    chunk->score[0] = no_path;
    do {
        size_t unit = unit_end(chunk->text, chunk->length, chunk->begin + at) - chunk->begin;
        if (unit > CHUNK_BYTES || chunk->n_edges + CHUNK_BYTES >= CHUNK_EDGES)
            return at;
        add_edges(segmenter, chunk, at, unit);
        do
            at++;
        while (!chunk->is_place[at]);
    } while (at < chunk->reach);
    return at;
}

/* Best paths backwards from the chunk's end; of two equally good ones that with the longer
 * first word, as in jieba. */
static void solve_chunk(struct chunk *chunk, size_t chunk_end)
{
    chunk->score[chunk_end] = 0;
    for (size_t i = chunk->n_edges; i-- > 0;) {
        const struct edge *edge = &chunk->edge[i];
        if (edge->end > chunk_end || chunk->score[edge->end] == no_path)
            continue;
        int64_t score = chunk->score[edge->end] + edge->weight;
        int64_t best = chunk->score[edge->begin];
        if (score < best || (score == best && edge->end < chunk->best_end[edge->begin]))
            continue;
        chunk->score[edge->begin] = score;
        chunk->best_end[edge->begin] = edge->end;
    }
    memset(chunk->is_place, 0, chunk->reach + 1);
}

/* ---- words
 * ---------------------------------------------------------------------------------------- */

/* Where words go: single Chinese characters wait in a run that the model may join. */
struct sink {
    const struct cpl_segmenter *segmenter;
    struct cpl_spans *words;
    const char *text;
    size_t run_begin, run_end, run_count;
    bool joins; /* asks the model */
};

static cpl_status flush_run(struct sink *sink, struct cpl_error *error)
{
    const char *run = sink->text + sink->run_begin;
    size_t length = sink->run_end - sink->run_begin;
    size_t count = sink->run_count;
    sink->run_count = 0;
    if (count > 1 && cpl_word_trie_count(&sink->segmenter->trie, run, length) == 0)
        return cpl_word_hmm_cut(&sink->segmenter->hmm, sink->words, sink->text, sink->run_begin,
                                sink->run_end, error);
    for (size_t at = 0; count > 0 && at < length;) {
        size_t begin = at;
        cpl_utf8_next(run, &at);
        CPL_TRY(
            cpl_spans_add(sink->words, sink->run_begin + begin, sink->run_begin + at, error));
    }
    return CPL_OK;
}

static cpl_status put_word(struct sink *sink, size_t begin, size_t end, struct cpl_error *error)
{
    size_t at = begin;
    uint32_t code = cpl_utf8_next(sink->text, &at);
    bool is_single = sink->joins && at == end && cpl_word_hmm_knows(code);
    if (!is_single) {
        CPL_TRY(flush_run(sink, error));
        return cpl_spans_add(sink->words, begin, end, error);
    }
    if (sink->run_count == CPL_HMM_RUN || sink->run_end != begin)
        CPL_TRY(flush_run(sink, error));
    if (sink->run_count == 0)
        sink->run_begin = begin;
    sink->run_end = end;
    sink->run_count++;
    return CPL_OK;
}

static cpl_status segment(const struct cpl_segmenter *segmenter, struct cpl_spans *words,
                          const char *text, size_t length, bool joins, struct cpl_error *error)
{
    struct sink sink = {.segmenter = segmenter, .words = words, .text = text, .joins = joins};
    struct chunk chunk;
    chunk.text = text;
    chunk.length = length;
    memset(chunk.is_place, 0, sizeof chunk.is_place);
    words->count = 0;
    for (size_t at = 0; at < length;) {
        size_t next = at;
        if (cpl_code_is_space(cpl_utf8_next(text, &next))) {
            at = next;
            continue;
        }
        chunk.begin = at;
        size_t chunk_end = build_chunk(segmenter, &chunk);
        if (chunk_end == 0) { /* one unit longer than a chunk */
            next = unit_end(text, length, at);
            CPL_TRY(put_word(&sink, at, next, error));
            at = next;
            continue;
        }
        solve_chunk(&chunk, chunk_end);
        for (size_t place = 0; place < chunk_end; place = chunk.best_end[place])
            CPL_TRY(put_word(&sink, at + place, at + chunk.best_end[place], error));
        at += chunk_end;
    }
    return flush_run(&sink, error);
}

cpl_status cpl_segment(const struct cpl_segmenter *segmenter, struct cpl_spans *words,
                       const char *text, size_t length, struct cpl_error *error)
{
    return segment(segmenter, words, text, length, segmenter->hmm.is_there, error);
}

/* ---- dictionaries
 * --------------------------------------------------------------------------------- */

/* The least frequency with which a word wins over the words that it would be cut into. */
static cpl_status winning_count(const struct cpl_segmenter *segmenter, uint64_t *count,
                                struct cpl_spans *parts, const char *word, size_t length,
                                struct cpl_error *error)
{
    double total = (double)segmenter->trie.total;
    double expected = total;
    CPL_TRY(segment(segmenter, parts, word, length, false, error));
    for (size_t i = 0; i < parts->count; i++) {
        struct cpl_span part = parts->span[i];
        uint64_t known =
            cpl_word_trie_count(&segmenter->trie, word + part.begin, part.end - part.begin);
        expected *= (double)(known ? known : 1) / total;
    }
    uint64_t known = cpl_word_trie_count(&segmenter->trie, word, length);
    *count = (uint64_t)expected + 1;
    if (known > *count)
        *count = known;
    return CPL_OK;
}

static cpl_status load_words(struct cpl_segmenter *segmenter, const char *path, bool is_user,
                             struct cpl_error *error)
{
    struct cpl_map map = {0};
    struct cpl_spans parts = {0};
    cpl_status status = CPL_OK;
    CPL_TRY(cpl_map_open(&map, path, error));
    struct cpl_dictionary_reader reader = {.map = &map, .path = path};
    struct cpl_dictionary_entry entry;
    bool found = false;
    for (;;) {
        CPL_TRY_GOTO(cpl_dictionary_next(&reader, &found, &entry, error));
        if (!found)
            break;
        if (!entry.has_count && !is_user) {
            status = cpl_dictionary_error(&reader, error, "expected \"word count tag\"");
            goto done;
        }
        if (!entry.has_count)
            CPL_TRY_GOTO(winning_count(segmenter, &entry.count, &parts, entry.word,
                                       entry.length, error));
        CPL_TRY_GOTO(
            cpl_word_trie_set(&segmenter->trie, entry.word, entry.length, entry.count, error));
    }
    if (segmenter->trie.total == 0)
        status = cpl_error_set(error, CPL_ERROR_INPUT, path, "no words in the dictionary");
    segmenter->hash = XXH64(map.data, map.size, segmenter->hash);
    cpl_word_trie_weigh(&segmenter->trie);
    segmenter->unknown = cpl_word_trie_weight(&segmenter->trie, 1);
done:
    cpl_spans_clear(&parts);
    cpl_map_close(&map);
    return status;
}

cpl_status cpl_segmenter_new(struct cpl_segmenter **out, const char *dictionary,
                             const char *user_dictionary, struct cpl_error *error)
{
    struct cpl_segmenter *segmenter = NULL;
    char *found = NULL;
    cpl_status status = CPL_OK;
    CPL_TRY_GOTO(cpl_memory_new(&segmenter, 1, sizeof *segmenter, error));
    segmenter->hash = RULES_VERSION;
    if (!dictionary) {
        CPL_TRY_GOTO(cpl_dictionary_find(&found, error));
        dictionary = found;
    }
    CPL_TRY_GOTO(cpl_word_trie_init(&segmenter->trie, error));
    CPL_TRY_GOTO(load_words(segmenter, dictionary, false, error));
    CPL_TRY_GOTO(cpl_word_hmm_load(&segmenter->hmm, &segmenter->hash, dictionary, error));
    if (user_dictionary)
        CPL_TRY_GOTO(load_words(segmenter, user_dictionary, true, error));
    *out = segmenter;
    segmenter = NULL;
done:
    free(found);
    cpl_segmenter_free(segmenter);
    return status;
}

void cpl_segmenter_free(struct cpl_segmenter *segmenter)
{
    if (!segmenter)
        return;
    cpl_word_trie_clear(&segmenter->trie);
    cpl_word_hmm_clear(&segmenter->hmm);
    free(segmenter);
}

uint64_t cpl_segmenter_hash(const struct cpl_segmenter *segmenter) { return segmenter->hash; }
