/* Replace as a decoder: a text or what a regular expression (regex.h) matches becomes another text, as
 * Hugging Face's tokenizers (0.23) do it. */
#include "base/memory.h"
#include "base/try.h"
#include "text/utf8.h"
#include "tokenizer/decoder.h"
#include "tokenizer/regex.h"
#include <stdlib.h>
#include <string.h>

struct replace {
    char *pattern, *content;
    size_t length;           /* of the pattern, in bytes */
    struct cpl_regex *regex; /* instead of the pattern */
};

/* memmem is no part of C. */
static const char *find(const char *text, size_t length, const char *pattern, size_t n)
{
    const char *end = text + length;
    while ((size_t)(end - text) >= n) {
        text = memchr(text, pattern[0], (size_t)(end - text) - n + 1);
        if (!text || memcmp(text, pattern, n) == 0)
            return text;
        text++;
    }
    return NULL;
}

void cpl_decoder_substitute(struct cpl_buffer *out, const char *text, size_t length,
                            const char *pattern, const char *content)
{
    size_t n = strlen(pattern);
    const char *end = text + length;
    if (n > 0) {
        for (const char *found; (found = find(text, (size_t)(end - text), pattern, n));) {
            cpl_buffer_add(out, text, (size_t)(found - text));
            cpl_buffer_add_text(out, content);
            text = found + n;
        }
        cpl_buffer_add(out, text, (size_t)(end - text));
        return;
    }
    for (size_t at = 0; at < length;) {
        size_t begin = at;
        cpl_utf8_next(text, &at);
        cpl_buffer_add_text(out, content);
        cpl_buffer_add(out, text + begin, at - begin);
    }
    cpl_buffer_add_text(out, content);
}

static void free_replace(void *state)
{
    struct replace *replace = state;
    if (!replace)
        return;
    cpl_regex_free(replace->regex);
    free(replace->pattern);
    free(replace->content);
    free(replace);
}

cpl_status cpl_decoder_new_replace(void **state, const char *pattern, const char *content,
                                   struct cpl_error *error)
{
    struct replace *replace = NULL;
    cpl_status status = CPL_OK;
    CPL_TRY_GOTO(cpl_memory_new(&replace, 1, sizeof *replace, error));
    CPL_TRY_GOTO(cpl_text_copy(&replace->pattern, pattern, error));
    CPL_TRY_GOTO(cpl_text_copy(&replace->content, content, error));
    replace->length = strlen(pattern);
    *state = replace;
    replace = NULL;
done:
    free_replace(replace);
    return status;
}

static cpl_status read_replace(void **state, const json_t *section, const char *where,
                               struct cpl_error *error)
{
    const char *content = NULL, *pattern = NULL, *regex = NULL;
    const json_t *kind = json_object_get(section, "pattern");
    CPL_TRY(cpl_json_get_text(&content, section, "content", where, error));
    CPL_TRY(cpl_json_get_text(&pattern, kind, "String", where, error));
    CPL_TRY(cpl_json_get_text(&regex, kind, "Regex", where, error));
    if (!content || (!regex && (!pattern || !pattern[0])))
        return cpl_error_set(error, CPL_ERROR_INPUT, where,
                             "decoder: a Replace needs its content and a pattern of the kind "
                             "{\"String\": \"...\"}, not empty, or {\"Regex\": \"...\"}");
    CPL_TRY(cpl_decoder_new_replace(state, regex ? "" : pattern, content, error));
    struct replace *replace = *state;
    if (!regex)
        return CPL_OK;
    cpl_status status = cpl_regex_compile(&replace->regex, regex, strlen(regex), where, error);
    if (status != CPL_OK) {
        free_replace(replace);
        *state = NULL;
    }
    return status;
}

/* Where the longest ending of the text that may begin the pattern stands. */
static size_t open_ending(const struct replace *replace, const char *text, size_t length)
{
    size_t at = length >= replace->length ? length - replace->length + 1 : 0;
    while (at < length && memcmp(text + at, replace->pattern, length - at) != 0)
        at++;
    return at;
}

/* An expression may look at all of a token, so it waits for its end; in an empty one nothing is looked
 * for. */
static void replace_matches(const struct replace *replace, struct cpl_decoder_link *link,
                            const char *text, size_t length)
{
    struct cpl_buffer *out = &link->one;
    struct cpl_regex_search *search = NULL;
    size_t begin, end, done = 0;
    bool found = length > 0;
    cpl_status status = cpl_regex_search_new(&search, replace->regex, text, length, NULL);
    while (status == CPL_OK && found) {
        status = cpl_regex_search_next(search, &begin, &end, &found, NULL);
        if (status == CPL_OK && out->length > link->most)
            status = CPL_ERROR_INPUT;
        if (status != CPL_OK || !found)
            continue;
        cpl_buffer_add(out, text + done, begin - done);
        cpl_buffer_add_text(out, replace->content);
        done = end;
    }
    cpl_buffer_add(out, text + done, length - done);
    if (status != CPL_OK && out->status == CPL_OK)
        out->status = status;
    cpl_regex_search_free(search);
}

static void take_regex(const struct replace *replace, struct cpl_decoder_link *link, bool ends)
{
    struct cpl_buffer *held = &link->held;
    if (!ends)
        return;
    replace_matches(replace, link, held->data, held->length);
    cpl_buffer_reset(held);
    if (link->one.status == CPL_OK)
        cpl_decoder_give(link, link->one.data, link->one.length, true);
}

static void take_replace(const void *state, struct cpl_decoder_link *link, const char *text,
                         size_t length, bool ends)
{
    const struct replace *replace = state;
    struct cpl_buffer *held = &link->held;
    const char *found;
    size_t done = 0;
    cpl_buffer_add(held, text, length);
    cpl_buffer_reset(&link->one);
    if (held->status != CPL_OK)
        return;
    if (replace->regex) {
        take_regex(replace, link, ends);
        return;
    }
    while (link->one.length <= link->most &&
           (found = find(held->data + done, held->length - done, replace->pattern,
                         replace->length))) {
        size_t at = (size_t)(found - held->data);
        cpl_buffer_add(&link->one, held->data + done, at - done);
        cpl_buffer_add_text(&link->one, replace->content);
        done = at + replace->length;
    }
    size_t stop = ends ? held->length
                       : done + open_ending(replace, held->data + done, held->length - done);
    cpl_buffer_add(&link->one, held->data + done, stop - done);
    memmove(held->data, held->data + stop, held->length - stop);
    held->length -= stop;
    if (link->one.status == CPL_OK)
        cpl_decoder_give(link, link->one.data, link->one.length, ends);
}

const struct cpl_decoder_kind cpl_decoder_replace = {
    .type = "Replace",
    .read = read_replace,
    .take = take_replace,
    .free_state = free_replace,
};
