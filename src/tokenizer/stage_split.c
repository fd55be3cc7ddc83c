/* Split: words cut at a text or a regular expression (regex.h), as `behavior` says (cutter.h). */
#include "base/memory.h"
#include "base/try.h"
#include "tokenizer/cutter.h"
#include "tokenizer/regex.h"
#include <stdlib.h>
#include <string.h>

struct split {
    struct cpl_regex *regex;
    enum cpl_cut_behavior behavior;
    bool invert;
};

static void split_free(void *state)
{
    struct split *split = state;
    if (split)
        cpl_regex_free(split->regex);
    free(split);
}

static cpl_status read_pattern(struct cpl_regex **regex, const json_t *section,
                               const char *where, struct cpl_error *error)
{
    const json_t *pattern = json_object_get(section, "pattern");
    const json_t *expression = json_object_get(pattern, "Regex");
    const json_t *text = json_object_get(pattern, "String");
    if (json_is_string(expression))
        return cpl_regex_compile(regex, json_string_value(expression),
                                 json_string_length(expression), where, error);
    if (json_is_string(text))
        return cpl_regex_compile_literal(regex, json_string_value(text),
                                         json_string_length(text), where, error);
    return cpl_error_set(error, CPL_ERROR_INPUT, where,
                         "a Split whose pattern is neither {\"String\": …} nor {\"Regex\": …}");
}

static cpl_status split_read(void **state, const json_t *section, const char *where,
                             struct cpl_error *error)
{
    struct split *split = NULL;
    cpl_status status = CPL_OK;
    CPL_TRY(cpl_memory_new(&split, 1, sizeof *split, error));
    split->behavior = CPL_CUT_ISOLATED;
    CPL_TRY_GOTO(cpl_cut_behavior_read(&split->behavior, section, where, error));
    CPL_TRY_GOTO(cpl_json_get_bool(&split->invert, section, "invert", where, error));
    CPL_TRY_GOTO(read_pattern(&split->regex, section, where, error));
    *state = split;
    split = NULL;
done:
    split_free(split);
    return status;
}

static cpl_status split_apply(const void *state, struct cpl_work *work, struct cpl_error *error)
{
    const struct split *split = state;
    return cpl_cut_words(split->regex, work, split->behavior, split->invert, error);
}

const struct cpl_stage_kind cpl_pre_tokenizer_split = {"Split", split_read, split_apply,
                                                       split_free};
