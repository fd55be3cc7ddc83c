/* Metaspace: spaces become a visible character, words begin with it.
 *
 * prepend_scheme "first" prepends to words that begin where the input begins, "always" to all that do
 * not begin with the character.  What was prepended is from the place of the character behind it. */
#include "base/memory.h"
#include "base/try.h"
#include "text/utf8.h"
#include "tokenizer/cutter.h"
#include <stdlib.h>
#include <string.h>

enum prepend { PREPEND_ALWAYS, PREPEND_FIRST, PREPEND_NEVER };
struct metaspace {
    char replacement[4];
    size_t n_bytes;
    uint32_t code;
    enum prepend prepend;
    bool split;
};

/* ---- reading --------------------------------------------------------------------------------- */

/* add_prefix_space is of files before 2023; it must not contradict. */
static cpl_status read_prepend(enum prepend *prepend, const json_t *section, const char *where,
                               struct cpl_error *error)
{
    static const char *const names[] = {"always", "first", "never"};
    const char *name = NULL;
    bool add_prefix_space = true;
    int found = PREPEND_ALWAYS;
    CPL_TRY(cpl_json_get_text(&name, section, "prepend_scheme", where, error));
    CPL_TRY(cpl_json_get_bool(&add_prefix_space, section, "add_prefix_space", where, error));
    while (name && found <= PREPEND_NEVER && strcmp(names[found], name) != 0)
        found++;
    if (found > PREPEND_NEVER)
        return cpl_error_set(error, CPL_ERROR_INPUT, where,
                             "prepend_scheme \"%.50s\", expected always, first or never", name);
    if (name && !add_prefix_space && found != PREPEND_NEVER)
        return cpl_error_set(error, CPL_ERROR_INPUT, where,
                             "add_prefix_space is false but prepend_scheme is \"%s\"", name);
    *prepend = add_prefix_space ? (enum prepend)found : PREPEND_NEVER;
    return CPL_OK;
}

static cpl_status metaspace_read(void **state, const json_t *section, const char *where,
                                 struct cpl_error *error)
{
    struct metaspace *metaspace = NULL, read = {.code = 0x2581, .split = true};
    CPL_TRY(cpl_stage_character(&read.code, section, "replacement", where, error));
    CPL_TRY(cpl_json_get_bool(&read.split, section, "split", where, error));
    CPL_TRY(read_prepend(&read.prepend, section, where, error));
    read.n_bytes = cpl_utf8_encode(read.replacement, read.code);
    CPL_TRY(cpl_memory_new(&metaspace, 1, sizeof *metaspace, error));
    *metaspace = read;
    *state = metaspace;
    return CPL_OK;
}

/* ---- use ------------------------------------------------------------------------------------- */

static bool wants_prefix(const struct metaspace *metaspace, const struct cpl_normal_text *text,
                         size_t begin)
{
    size_t at = begin;
    uint32_t code = cpl_utf8_next(text->bytes, &at);
    if (code == ' ' || code == metaspace->code || metaspace->prepend == PREPEND_NEVER)
        return false;
    return metaspace->prepend == PREPEND_ALWAYS || text->begin[begin] == 0;
}

/* Appends the word to `spare`, where it begins at *begin. */
static cpl_status rewrite_word(const struct metaspace *metaspace, struct cpl_work *work,
                               struct cpl_span word, struct cpl_error *error)
{
    const struct cpl_normal_text *text = &work->text;
    size_t at = word.begin;
    if (wants_prefix(metaspace, text, at))
        CPL_TRY(cpl_normal_text_add(&work->spare, metaspace->replacement, metaspace->n_bytes,
                                    text->begin[at], text->end[at], error));
    while (at < word.end) {
        const char *space = memchr(text->bytes + at, ' ', word.end - at);
        size_t stop = space ? (size_t)(space - text->bytes) : word.end;
        CPL_TRY(cpl_normal_text_take(&work->spare, text, at, stop, error));
        if (space)
            CPL_TRY(cpl_normal_text_add(&work->spare, metaspace->replacement,
                                        metaspace->n_bytes, text->begin[stop], text->end[stop],
                                        error));
        at = space ? stop + 1 : stop;
    }
    return CPL_OK;
}

/* spare[begin, end) is a word; every replacement character begins another. */
static cpl_status cut_word(const struct metaspace *metaspace, struct cpl_work *work,
                           size_t begin, size_t end, struct cpl_error *error)
{
    for (size_t at = begin; metaspace->split && at < end;) {
        size_t from = at;
        if (cpl_utf8_next(work->spare.bytes, &at) != metaspace->code || from == begin)
            continue;
        CPL_TRY(cpl_work_add_word(work, begin, from, error));
        begin = from;
    }
    return cpl_work_add_word(work, begin, end, error);
}

static cpl_status metaspace_apply(const void *state, struct cpl_work *work,
                                  struct cpl_error *error)
{
    for (size_t i = 0; i < work->words.count; i++) {
        size_t begin = work->spare.n_bytes;
        CPL_TRY(rewrite_word(state, work, work->words.span[i], error));
        CPL_TRY(cut_word(state, work, begin, work->spare.n_bytes, error));
    }
    cpl_work_swap_text(work);
    cpl_work_swap_words(work);
    return CPL_OK;
}

const struct cpl_stage_kind cpl_pre_tokenizer_metaspace = {"Metaspace", metaspace_read,
                                                           metaspace_apply, free};
