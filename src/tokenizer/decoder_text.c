/* Decoders that work on text in parts: Fuse, Strip, Replace.  What they do is what Hugging Face's
 * tokenizers (0.23) do. */
#include "base/memory.h"
#include "base/try.h"
#include "text/utf8.h"
#include "tokenizer/decoder.h"
#include <couplet/text.h>
#include <stdlib.h>
#include <string.h>

/* ---- Fuse ------------------------------------------------------------------------------------ */

static void take_fuse(const void *state, struct cpl_decoder_link *link, const char *text,
                      size_t length, bool ends)
{
    (void)state, (void)ends;
    cpl_decoder_give(link, text, length, false);
}

static void finish_fuse(const void *state, struct cpl_decoder_link *link)
{
    (void)state;
    cpl_decoder_give(link, "", 0, true);
}

const struct cpl_decoder_kind cpl_decoder_fuse = {
    .type = "Fuse",
    .take = take_fuse,
    .finish = finish_fuse,
};

/* ---- Strip: one character, a few times, off both ends of each token ---------------------------- */

struct strip {
    char content[5];
    size_t length, start, stop;
};

static cpl_status read_strip(void **state, const json_t *section, const char *where,
                             struct cpl_error *error)
{
    const char *content = " ";
    int64_t start = 0, stop = 0;
    CPL_TRY(cpl_json_get_text(&content, section, "content", where, error));
    CPL_TRY(cpl_json_get_int(&start, section, "start", 0, INT32_MAX, where, error));
    CPL_TRY(cpl_json_get_int(&stop, section, "stop", 0, INT32_MAX, where, error));
    if (cpl_utf8_count(content, strlen(content)) != 1)
        return cpl_error_set(error, CPL_ERROR_INPUT, where,
                             "decoder: a Strip's content is not one character");
    struct strip *strip = NULL;
    CPL_TRY(cpl_memory_new(&strip, 1, sizeof *strip, error));
    strip->length = strlen(content);
    memcpy(strip->content, content, strip->length);
    strip->start = (size_t)start;
    strip->stop = (size_t)stop;
    *state = strip;
    return CPL_OK;
}

/* Copies of the content at the end of [begin, length) of the text. */
static size_t trailing(const struct strip *strip, const char *text, size_t begin, size_t length)
{
    size_t n = 0;
    while (length - begin >= strip->length && n < strip->stop &&
           memcmp(text + length - strip->length, strip->content, strip->length) == 0) {
        length -= strip->length;
        n++;
    }
    return n;
}

/* link->count: copies that were taken off the token's start, SIZE_MAX behind them.  link->held: those
 * at its end so far, which go when it ends. */
static void take_strip(const void *state, struct cpl_decoder_link *link, const char *text,
                       size_t length, bool ends)
{
    const struct strip *strip = state;
    struct cpl_buffer *held = &link->held;
    size_t at = 0;
    if (!link->inside)
        link->count = 0;
    while (link->count < strip->start && length - at >= strip->length &&
           memcmp(text + at, strip->content, strip->length) == 0) {
        at += strip->length;
        link->count++;
    }
    if (at < length)
        link->count = SIZE_MAX;
    cpl_buffer_add(held, text + at, length - at);
    if (held->status != CPL_OK)
        return;
    size_t kept = held->length - trailing(strip, held->data, 0, held->length) * strip->length;
    cpl_decoder_give(link, held->data, kept, ends);
    memmove(held->data, held->data + kept, held->length - kept);
    held->length -= kept;
    if (ends)
        cpl_buffer_reset(held);
}

const struct cpl_decoder_kind cpl_decoder_strip = {
    .type = "Strip",
    .read = read_strip,
    .take = take_strip,
    .free_state = free,
};

/* ---- Replace --------------------------------------------------------------------------------- */

struct replace {
    char *pattern, *content;
    size_t length; /* of the pattern, in bytes */
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
    const char *content = NULL, *pattern = NULL;
    const json_t *kind = json_object_get(section, "pattern");
    CPL_TRY(cpl_json_get_text(&content, section, "content", where, error));
    CPL_TRY(cpl_json_get_text(&pattern, kind, "String", where, error));
    if (!content || !pattern || !pattern[0])
        return cpl_error_set(error, CPL_ERROR_INPUT, where,
                             "decoder: a Replace needs a pattern of the kind {\"String\": "
                             "\"...\"}, not empty, and its content");
    return cpl_decoder_new_replace(state, pattern, content, error);
}

/* Where the longest ending of the text that may begin the pattern stands. */
static size_t open_ending(const struct replace *replace, const char *text, size_t length)
{
    size_t at = length >= replace->length ? length - replace->length + 1 : 0;
    while (at < length && memcmp(text + at, replace->pattern, length - at) != 0)
        at++;
    return at;
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
    while ((found = find(held->data + done, held->length - done, replace->pattern,
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
