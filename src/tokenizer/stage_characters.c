/* Pre-tokenizers that look at one character at a time: Whitespace, WhitespaceSplit, Punctuation,
 * Digits, CharDelimiterSplit, FixedLength.  What belongs to a class: see unicode_classes.h. */
#include "base/memory.h"
#include "base/try.h"
#include "text/utf8.h"
#include "tokenizer/cutter.h"
#include "tokenizer/unicode_classes.h"
#include <stdlib.h>

/* ---- cutting at characters of a class, or at one character ----------------------------------- */

struct character_cut {
    uint32_t flags; /* enum cpl_code_flag; 0: `delimiter` alone */
    uint32_t delimiter;
    enum cpl_cut_behavior behavior;
};

static cpl_status new_cut(void **state, struct character_cut cut, struct cpl_error *error)
{
    struct character_cut *copy = NULL;
    CPL_TRY(cpl_memory_new(&copy, 1, sizeof *copy, error));
    *copy = cut;
    *state = copy;
    return CPL_OK;
}

static bool is_cut(const struct character_cut *cut, uint32_t code)
{
    return cut->flags ? cpl_code_flags(code) & cut->flags : code == cut->delimiter;
}

static cpl_status cut_word(const struct character_cut *cut, struct cpl_work *work,
                           struct cpl_span word, struct cpl_error *error)
{
    struct cpl_cutter cutter = {.work = work, .behavior = cut->behavior};
    size_t begin = word.begin;
    for (size_t at = word.begin; at < word.end;) {
        size_t from = at;
        if (!is_cut(cut, cpl_utf8_next(work->text.bytes, &at)))
            continue;
        if (begin < from)
            CPL_TRY(cpl_cutter_segment(&cutter, begin, from, false, error));
        CPL_TRY(cpl_cutter_segment(&cutter, from, at, true, error));
        begin = at;
    }
    if (begin < word.end)
        CPL_TRY(cpl_cutter_segment(&cutter, begin, word.end, false, error));
    return cpl_cutter_finish(&cutter, error);
}

static cpl_status cut_apply(const void *state, struct cpl_work *work, struct cpl_error *error)
{
    for (size_t i = 0; i < work->words.count; i++)
        CPL_TRY(cut_word(state, work, work->words.span[i], error));
    cpl_work_swap_words(work);
    return CPL_OK;
}

static cpl_status whitespace_split_read(void **state, const json_t *section, const char *where,
                                        struct cpl_error *error)
{
    (void)section;
    (void)where;
    return new_cut(state, (struct character_cut){CPL_CODE_SPACE, 0, CPL_CUT_REMOVED}, error);
}

const struct cpl_stage_kind cpl_pre_tokenizer_whitespace_split = {
    "WhitespaceSplit", whitespace_split_read, cut_apply, free};

static cpl_status punctuation_read(void **state, const json_t *section, const char *where,
                                   struct cpl_error *error)
{
    struct character_cut cut = {CPL_CODE_PUNCTUATION, 0, CPL_CUT_ISOLATED};
    CPL_TRY(cpl_cut_behavior_read(&cut.behavior, section, where, error));
    return new_cut(state, cut, error);
}

const struct cpl_stage_kind cpl_pre_tokenizer_punctuation = {"Punctuation", punctuation_read,
                                                             cut_apply, free};

static cpl_status digits_read(void **state, const json_t *section, const char *where,
                              struct cpl_error *error)
{
    bool individual = false;
    CPL_TRY(cpl_json_get_bool(&individual, section, "individual_digits", where, error));
    return new_cut(state,
                   (struct character_cut){CPL_CODE_NUMERIC, 0,
                                          individual ? CPL_CUT_ISOLATED : CPL_CUT_CONTIGUOUS},
                   error);
}

const struct cpl_stage_kind cpl_pre_tokenizer_digits = {"Digits", digits_read, cut_apply, free};

static cpl_status delimiter_read(void **state, const json_t *section, const char *where,
                                 struct cpl_error *error)
{
    struct character_cut cut = {.behavior = CPL_CUT_REMOVED};
    CPL_TRY(cpl_stage_character(&cut.delimiter, section, "delimiter", where, error));
    if (!json_object_get(section, "delimiter"))
        return cpl_error_set(error, CPL_ERROR_INPUT, where,
                             "a CharDelimiterSplit without its delimiter");
    return new_cut(state, cut, error);
}

const struct cpl_stage_kind cpl_pre_tokenizer_delimiter = {"CharDelimiterSplit", delimiter_read,
                                                           cut_apply, free};

/* ---- Whitespace: \w+|[^\w\s]+ ---------------------------------------------------------------- */

static cpl_status whitespace_apply(const void *state, struct cpl_work *work,
                                   struct cpl_error *error)
{
    (void)state;
    for (size_t i = 0; i < work->words.count; i++) {
        struct cpl_span word = work->words.span[i];
        uint32_t kind = CPL_CODE_SPACE;
        size_t begin = word.begin;
        for (size_t at = word.begin; at < word.end;) {
            size_t from = at;
            uint32_t code = cpl_utf8_next(work->text.bytes, &at);
            uint32_t next = cpl_code_flags(code) & (CPL_CODE_WORD | CPL_CODE_SPACE);
            if (next == kind && next != CPL_CODE_SPACE)
                continue;
            if (kind != CPL_CODE_SPACE)
                CPL_TRY(cpl_work_add_word(work, begin, from, error));
            begin = from;
            kind = next;
        }
        if (kind != CPL_CODE_SPACE)
            CPL_TRY(cpl_work_add_word(work, begin, word.end, error));
    }
    cpl_work_swap_words(work);
    return CPL_OK;
}

const struct cpl_stage_kind cpl_pre_tokenizer_whitespace = {
    "Whitespace", cpl_stage_read_nothing, whitespace_apply, NULL};

/* ---- FixedLength ----------------------------------------------------------------------------- */

static cpl_status fixed_length_read(void **state, const json_t *section, const char *where,
                                    struct cpl_error *error)
{
    int64_t *length = NULL, value = 5;
    CPL_TRY(cpl_json_get_int(&value, section, "length", 1, INT64_MAX, where, error));
    CPL_TRY(cpl_memory_new(&length, 1, sizeof *length, error));
    *length = value;
    *state = length;
    return CPL_OK;
}

static cpl_status fixed_length_apply(const void *state, struct cpl_work *work,
                                     struct cpl_error *error)
{
    const int64_t *length = state;
    for (size_t i = 0; i < work->words.count; i++) {
        struct cpl_span word = work->words.span[i];
        for (size_t at = word.begin; at < word.end;) {
            size_t begin = at;
            for (int64_t n = 0; n < *length && at < word.end; n++)
                cpl_utf8_next(work->text.bytes, &at);
            CPL_TRY(cpl_work_add_word(work, begin, at, error));
        }
    }
    cpl_work_swap_words(work);
    return CPL_OK;
}

const struct cpl_stage_kind cpl_pre_tokenizer_fixed_length = {"FixedLength", fixed_length_read,
                                                              fixed_length_apply, free};
