/* Words: paths over the dictionary's words, unknown Chinese guessed, compounds cut; loading of
 * dictionaries. */
#include "base/file.h"
#include "base/memory.h"
#include "base/try.h"
#include "text/dictionary.h"
#include "text/spans.h"
#include "text/utf8.h"
#include "text/word_cuts.h"
#include "text/word_guess.h"
#include "text/word_path.h"

#include <stdlib.h>
#include <xxhash.h>

/* Changes whenever the rules in this room change the words of some text. */
enum { RULES_VERSION = 2 };

struct cpl_segmenter {
    struct cpl_word_trie trie;
    struct cpl_word_guess guess;
    int32_t unknown; /* weight of what the dictionary does not have */
    uint64_t hash;
};

/* ---- words -------------------------------------------------------------------------------- */

/* Where words go: single Chinese characters wait in a run that the guess may join. */
struct sink {
    const struct cpl_segmenter *segmenter;
    struct cpl_spans *words;
    const char *text;
    size_t run_begin, run_end, run_count;
    bool guesses;
};

static cpl_status flush_run(struct sink *sink, struct cpl_error *error)
{
    const char *run = sink->text + sink->run_begin;
    size_t length = sink->run_end - sink->run_begin;
    size_t count = sink->run_count;
    sink->run_count = 0;
    if (count == 1)
        return cpl_spans_add(sink->words, sink->run_begin, sink->run_end, error);
    if (count > 1 && cpl_word_trie_count(&sink->segmenter->trie, run, length) == 0)
        return cpl_word_guess_cut(&sink->segmenter->guess, sink->words, sink->text,
                                  sink->run_begin, sink->run_end, error);
    for (size_t at = 0; count > 0 && at < length;) {
        size_t begin = at;
        cpl_utf8_next(run, &at);
        CPL_TRY(
            cpl_spans_add(sink->words, sink->run_begin + begin, sink->run_begin + at, error));
    }
    return CPL_OK;
}

/* Adds the words of the dictionary word [begin, end): `cuts` as in struct cpl_trie_node. */
static cpl_status add_parts(struct sink *sink, size_t begin, size_t end, uint32_t cuts,
                            struct cpl_error *error)
{
    for (size_t at = begin; cuts != 0; cuts >>= 1) {
        cpl_utf8_next(sink->text, &at);
        if ((cuts & 1) == 0)
            continue;
        CPL_TRY(cpl_spans_add(sink->words, begin, at, error));
        begin = at;
    }
    return cpl_spans_add(sink->words, begin, end, error);
}

static cpl_status put_word(struct sink *sink, size_t begin, size_t end, uint32_t cuts,
                           struct cpl_error *error)
{
    size_t at = begin;
    bool is_single = sink->guesses && end - begin == 3 &&
                     cpl_word_guess_knows(cpl_utf8_next(sink->text, &at));
    if (!is_single || at != end) {
        CPL_TRY(flush_run(sink, error));
        return add_parts(sink, begin, end, cuts, error);
    }
    if (sink->run_count == CPL_GUESS_RUN || sink->run_end != begin)
        CPL_TRY(flush_run(sink, error));
    if (sink->run_count == 0)
        sink->run_begin = begin;
    sink->run_end = end;
    sink->run_count++;
    return CPL_OK;
}

static cpl_status segment(const struct cpl_segmenter *segmenter, struct cpl_spans *words,
                          const char *text, size_t length, bool guesses,
                          struct cpl_error *error)
{
    struct sink sink = {
        .segmenter = segmenter, .words = words, .text = text, .guesses = guesses};
    struct cpl_word_path path;
    cpl_word_path_init(&path, &segmenter->trie, segmenter->unknown, text, length);
    words->count = 0;
    for (size_t at = 0, next; at < length; at = next) {
        next = at;
        if (cpl_code_is_space(cpl_utf8_next(text, &next)))
            continue;
        size_t end = cpl_word_path_find(&path, at);
        for (size_t place = 0, word_end; place < end; place = word_end) {
            word_end = cpl_word_path_word_end(&path, place);
            uint32_t cuts = cpl_word_path_cuts(&path, place);
            CPL_TRY(put_word(&sink, at + place, at + word_end, cuts, error));
        }
        next = at + end;
    }
    return flush_run(&sink, error);
}

cpl_status cpl_segment(const struct cpl_segmenter *segmenter, struct cpl_spans *words,
                       const char *text, size_t length, struct cpl_error *error)
{
    return segment(segmenter, words, text, length, true, error);
}

/* ---- dictionaries ------------------------------------------------------------------------- */

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

static cpl_status set_word(struct cpl_segmenter *segmenter,
                           const struct cpl_dictionary_entry *entry, struct cpl_spans *parts,
                           struct cpl_error *error)
{
    uint64_t count = entry->count;
    if (!entry->has_count)
        CPL_TRY(winning_count(segmenter, &count, parts, entry->word, entry->length, error));
    uint64_t most = ((uint64_t)1 << CPL_COUNT_BITS) - 1;
    struct cpl_trie_node node = {.count = (count < most ? count : most) & most,
                                 .kind = cpl_word_kind_of(entry) & 15};
    return cpl_word_trie_set(&segmenter->trie, entry->word, entry->length, node, error);
}

/* Puts the words of a file into the trie and computes weights. */
static cpl_status load_words(struct cpl_segmenter *segmenter, const struct cpl_map *map,
                             const char *path, bool is_user, struct cpl_error *error)
{
    struct cpl_spans parts = {0};
    struct cpl_dictionary_reader reader = {.map = map, .path = path};
    struct cpl_dictionary_entry entry;
    cpl_status status = CPL_OK;
    for (bool found = true;;) {
        CPL_TRY_GOTO(cpl_dictionary_next(&reader, &found, &entry, error));
        if (!found)
            break;
        if (!entry.has_count && !is_user) {
            status = cpl_dictionary_error(&reader, error, "expected \"word count tag\"");
            goto done;
        }
        CPL_TRY_GOTO(set_word(segmenter, &entry, &parts, error));
    }
    if (segmenter->trie.total == 0)
        status = cpl_error_set(error, CPL_ERROR_INPUT, path, "no words in the dictionary");
    segmenter->hash = XXH64(map->data, map->size, segmenter->hash);
    cpl_word_trie_weigh(&segmenter->trie);
    segmenter->unknown = cpl_word_trie_weight(&segmenter->trie, 1);
done:
    cpl_spans_clear(&parts);
    return status;
}

/* Marks the words that are more than one; the others show what words look like. */
static cpl_status learn_words(struct cpl_segmenter *segmenter, const struct cpl_map *map,
                              const char *path, struct cpl_error *error)
{
    struct cpl_dictionary_reader reader = {.map = map, .path = path};
    struct cpl_dictionary_entry entry;
    for (bool found = true;;) {
        CPL_TRY(cpl_dictionary_next(&reader, &found, &entry, error));
        if (!found)
            return CPL_OK;
        uint64_t cuts = cpl_word_cuts(&segmenter->trie, &entry);
        if (cuts != 0)
            cpl_word_trie_cut(&segmenter->trie, entry.word, entry.length, cuts);
        else if (!cpl_word_is_phrase(&entry))
            cpl_word_guess_learn(&segmenter->guess, entry.word, entry.length);
    }
}

static cpl_status load_file(struct cpl_segmenter *segmenter, const char *path, bool is_user,
                            struct cpl_error *error)
{
    struct cpl_map map = {0};
    CPL_TRY(cpl_map_open(&map, path, error));
    cpl_status status = load_words(segmenter, &map, path, is_user, error);
    if (status == CPL_OK && !is_user)
        status = learn_words(segmenter, &map, path, error);
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
    CPL_TRY_GOTO(cpl_word_guess_init(&segmenter->guess, error));
    CPL_TRY_GOTO(load_file(segmenter, dictionary, false, error));
    if (user_dictionary)
        CPL_TRY_GOTO(load_file(segmenter, user_dictionary, true, error));
    cpl_word_guess_finish(&segmenter->guess, &segmenter->trie);
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
    cpl_word_guess_clear(&segmenter->guess);
    free(segmenter);
}

bool cpl_segmenter_has(const struct cpl_segmenter *segmenter, const char *word, size_t length)
{
    return cpl_word_trie_count(&segmenter->trie, word, length) > 0;
}

uint64_t cpl_segmenter_hash(const struct cpl_segmenter *segmenter) { return segmenter->hash; }
