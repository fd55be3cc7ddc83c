/* Decoders that work on text in parts: Fuse and Strip, as Hugging Face's tokenizers (0.23) do it. */
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
