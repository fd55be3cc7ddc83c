/* Words: paths over the dictionary's words, unknown Chinese guessed, compounds cut. */
#include "text/segmenter.h"

#include "base/memory.h"
#include "base/try.h"
#include "text/dictionary.h"
#include "text/spans.h"
#include "text/utf8.h"
#include "text/word_path.h"

#include <stdlib.h>

/* Changes whenever the rules in this room change the words of some text. */
enum { RULES_VERSION = 2 };

/* ---- words -------------------------------------------------------------------------------- */

/* Where words go: single Chinese characters wait in a run that the guess may join. */
struct sink {
    const struct cpl_segmenter *segmenter;
    struct cpl_spans *words;
    const char *text;
    size_t run_begin, run_end, run_count;
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
    bool is_single = end - begin == 3 && cpl_word_guess_knows(cpl_utf8_next(sink->text, &at));
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

cpl_status cpl_segment(const struct cpl_segmenter *segmenter, struct cpl_spans *words,
                       const char *text, size_t length, struct cpl_error *error)
{
    struct sink sink = {.segmenter = segmenter, .words = words, .text = text};
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

/* ---- the whole ---------------------------------------------------------------------------- */

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
    CPL_TRY_GOTO(cpl_segmenter_load(segmenter, dictionary, false, error));
    if (user_dictionary)
        CPL_TRY_GOTO(cpl_segmenter_load(segmenter, user_dictionary, true, error));
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
