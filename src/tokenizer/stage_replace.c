/* The normalizers Replace and Prepend. */
#include "base/memory.h"
#include "base/try.h"
#include "text/utf8.h"
#include "tokenizer/regex.h"
#include "tokenizer/stage_mapping.h"
#include <stdlib.h>
#include <string.h>

/* ---- Replace --------------------------------------------------------------------------------- */

struct replace {
    struct cpl_regex *regex;
    char *content;
    size_t length;
};

static void replace_free(void *state)
{
    struct replace *replace = state;
    if (!replace)
        return;
    cpl_regex_free(replace->regex);
    free(replace->content);
    free(replace);
}

/* {"String": "…"} or {"Regex": "…"}. */
static cpl_status read_pattern(struct cpl_regex **regex, const json_t *section,
                               const char *where, struct cpl_error *error)
{
    const json_t *pattern = json_object_get(section, "pattern");
    const json_t *text = json_object_get(pattern, "String");
    const json_t *expression = json_object_get(pattern, "Regex");
    if (json_object_size(pattern) != 1 || !(json_is_string(text) || json_is_string(expression)))
        return cpl_error_set(
            error, CPL_ERROR_INPUT, where,
            "the pattern of Replace must be {\"String\": …} or {\"Regex\": …}");
    return text ? cpl_regex_compile_literal(regex, json_string_value(text),
                                            json_string_length(text), where, error)
                : cpl_regex_compile(regex, json_string_value(expression),
                                    json_string_length(expression), where, error);
}

static cpl_status replace_read(void **state, const json_t *section, const char *where,
                               struct cpl_error *error)
{
    struct replace *replace = NULL;
    const json_t *content = json_object_get(section, "content");
    cpl_status status = CPL_OK;
    if (!json_is_string(content))
        return cpl_error_set(error, CPL_ERROR_INPUT, where, "Replace without its content");
    CPL_TRY(cpl_memory_new(&replace, 1, sizeof *replace, error));
    replace->length = json_string_length(content);
    CPL_TRY_GOTO(
        cpl_text_copy_n(&replace->content, json_string_value(content), replace->length, error));
    CPL_TRY_GOTO(read_pattern(&replace->regex, section, where, error));
    *state = replace;
    replace = NULL;
done:
    replace_free(replace);
    return status;
}

/* What is put in has the place of the last character that went, or of the one before. */
static cpl_status replace_all(const struct replace *replace, struct cpl_work *work,
                              struct cpl_regex_search *search, struct cpl_error *error)
{
    size_t done = 0, begin, end;
    bool found;
    for (;;) {
        CPL_TRY(cpl_regex_search_next(search, &begin, &end, &found, error));
        if (!found)
            break;
        CPL_TRY(cpl_normal_text_take(&work->spare, &work->text, done, begin, error));
        CPL_TRY(cpl_work_put_text(work, replace->content, replace->length, end, true, error));
        done = end;
    }
    CPL_TRY(cpl_normal_text_take(&work->spare, &work->text, done, work->text.n_bytes, error));
    cpl_work_swap_text(work);
    return CPL_OK;
}

static cpl_status replace_apply(const void *state, struct cpl_work *work,
                                struct cpl_error *error)
{
    const struct replace *replace = state;
    struct cpl_regex_search *search = NULL;
    if (work->text.n_bytes == 0)
        return CPL_OK;
    CPL_TRY(cpl_regex_search_new(&search, replace->regex, work->text.bytes, work->text.n_bytes,
                                 error));
    cpl_status status = replace_all(replace, work, search, error);
    cpl_regex_search_free(search);
    return status;
}

const struct cpl_stage_kind cpl_normalizer_replace = {"Replace", replace_read, replace_apply,
                                                      replace_free};

/* ---- Prepend --------------------------------------------------------------------------------- */

struct prepend {
    size_t length;
    char text[];
};

static cpl_status prepend_read(void **state, const json_t *section, const char *where,
                               struct cpl_error *error)
{
    const json_t *text = json_object_get(section, "prepend");
    struct prepend *prepend = NULL;
    if (!json_is_string(text))
        return cpl_error_set(error, CPL_ERROR_INPUT, where, "Prepend without what to prepend");
    CPL_TRY(cpl_memory_new(&prepend, 1, sizeof *prepend + json_string_length(text) + 1, error));
    prepend->length = json_string_length(text);
    memcpy(prepend->text, json_string_value(text), prepend->length);
    *state = prepend;
    return CPL_OK;
}

/* What is put before a text is from the place of its first character; when it is nothing, that
 * character loses its place. */
static cpl_status prepend_apply(const void *state, struct cpl_work *work,
                                struct cpl_error *error)
{
    const struct prepend *prepend = state;
    const struct cpl_normal_text *text = &work->text;
    size_t first = 0;
    if (text->n_bytes == 0)
        return CPL_OK;
    cpl_utf8_next(text->bytes, &first);
    CPL_TRY(cpl_work_put_text(work, prepend->text, prepend->length, 0, false, error));
    CPL_TRY(cpl_work_put_text(work, text->bytes, first, 0, prepend->length == 0, error));
    CPL_TRY(cpl_normal_text_take(&work->spare, text, first, text->n_bytes, error));
    cpl_work_swap_text(work);
    return CPL_OK;
}

const struct cpl_stage_kind cpl_normalizer_prepend = {"Prepend", prepend_read, prepend_apply,
                                                      free};
