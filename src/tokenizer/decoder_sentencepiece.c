/* The decoder "SentencePiece" of our own: text as sentencepiece decodes ids (sentencepiece_processor.cc,
 * Decode).
 *
 *     {"type": "SentencePiece", "add_dummy_prefix": …, "remove_extra_whitespaces": …,
 *      "unknown": "<unk>", "surface": " ⁇ "}
 *
 * U+2581 becomes a space, but for those that encoding has put before the text; bytes become characters,
 * each that is none U+FFFD.  Pieces that stand for no text are left out before they come here. */
#include "base/memory.h"
#include "base/try.h"
#include "text/utf8.h"
#include "tokenizer/sentencepiece.h"
#include <stdlib.h>
#include <string.h>

struct rules {
    char *unknown, *surface; /* NULL: the model has no name for it */
    bool dummy, remove_extra;
};

/* What a link remembers in `count`. */
enum { HAS_TEXT = 1, SPACE_SEEN = 2, BEGUN = 4 };

static void rules_free(void *state)
{
    struct rules *rules = state;
    if (rules) {
        free(rules->unknown);
        free(rules->surface);
    }
    free(rules);
}

static cpl_status fill(struct rules *rules, const json_t *section, const char *where,
                       struct cpl_error *error)
{
    const char *unknown = NULL, *surface = " \xE2\x81\x87 ";
    CPL_TRY(cpl_json_get_bool(&rules->dummy, section, "add_dummy_prefix", where, error));
    CPL_TRY(cpl_json_get_bool(&rules->remove_extra, section, "remove_extra_whitespaces", where,
                              error));
    CPL_TRY(cpl_json_get_text(&unknown, section, "unknown", where, error));
    CPL_TRY(cpl_json_get_text(&surface, section, "surface", where, error));
    CPL_TRY(cpl_text_copy(&rules->surface, surface, error));
    return unknown ? cpl_text_copy(&rules->unknown, unknown, error) : CPL_OK;
}

static cpl_status read_rules(void **state, const json_t *section, const char *where,
                             struct cpl_error *error)
{
    struct rules *rules = NULL;
    CPL_TRY(cpl_memory_new(&rules, 1, sizeof *rules, error));
    cpl_status status = fill(rules, section, where, error);
    if (status == CPL_OK)
        *state = rules;
    else
        rules_free(rules);
    return status;
}

/* ---- bytes ----------------------------------------------------------------------------------- */

/* Whether more bytes could make a character of what is there. */
static bool can_grow(const char *text, size_t length)
{
    unsigned char lead = (unsigned char)text[0];
    return lead >= 0xC2 && lead <= 0xF4 && cpl_utf8_bad_length(text, length) == length;
}

/* Gives the characters at the start of the bytes held; when no more can come, all of them. */
static void give_bytes(struct cpl_decoder_link *link, bool last)
{
    struct cpl_buffer *held = &link->held;
    size_t at = 0;
    cpl_buffer_reset(&link->one);
    while (held->status == CPL_OK && at < held->length) {
        uint32_t code;
        size_t n = cpl_utf8_decode(&code, held->data + at, held->length - at);
        if (n > 0)
            cpl_buffer_add(&link->one, held->data + at, n);
        else if (!last && can_grow(held->data + at, held->length - at))
            break;
        else
            cpl_buffer_add_text(&link->one, "\xEF\xBF\xBD");
        at += n > 0 ? n : 1;
    }
    if (held->status != CPL_OK || at == 0)
        return;
    memmove(held->data, held->data + at, held->length - at);
    held->length -= at;
    link->count |= HAS_TEXT;
    if (link->one.status == CPL_OK)
        cpl_decoder_give(link, link->one.data, link->one.length, true);
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The byte of "<0x0A>", -1: another piece. */
static int byte_of(const char *text, size_t length)
{
    if (length != 6 || memcmp(text, "<0x", 3) != 0 || text[5] != '>')
        return -1;
    int high = hex_digit(text[3]), low = hex_digit(text[4]);
    return high < 0 || low < 0 ? -1 : 16 * high + low;
}

/* ---- pieces ---------------------------------------------------------------------------------- */

static bool begins_with_space(const char *text, size_t length)
{
    return length >= strlen(CPL_META) && memcmp(text, CPL_META, strlen(CPL_META)) == 0;
}

static void take(const void *state, struct cpl_decoder_link *link, const char *text,
                 size_t length, bool ends)
{
    const struct rules *rules = state;
    int byte = byte_of(text, length);
    (void)ends;
    if (byte >= 0) {
        cpl_buffer_add_byte(&link->held, (char)byte);
        give_bytes(link, false);
        return;
    }
    give_bytes(link, true);
    if (link->count & (HAS_TEXT | SPACE_SEEN))
        link->count |= BEGUN;
    link->count &= ~(size_t)SPACE_SEEN;
    bool unknown = rules->unknown && strlen(rules->unknown) == length &&
                   memcmp(text, rules->unknown, length) == 0;
    if (!unknown && !(link->count & BEGUN) && (rules->dummy || rules->remove_extra) &&
        begins_with_space(text, length)) {
        text += strlen(CPL_META);
        length -= strlen(CPL_META);
        link->count |= rules->remove_extra ? 0 : SPACE_SEEN;
    }
    cpl_buffer_reset(&link->one);
    if (unknown)
        cpl_buffer_add_text(&link->one, rules->surface);
    else
        cpl_decoder_substitute(&link->one, text, length, CPL_META, " ");
    if (link->one.length > 0)
        link->count |= HAS_TEXT;
    if (link->one.status == CPL_OK)
        cpl_decoder_give(link, link->one.data, link->one.length, true);
}

static void finish(const void *state, struct cpl_decoder_link *link)
{
    (void)state;
    give_bytes(link, true);
    link->count = 0;
}

const struct cpl_decoder_kind cpl_decoder_sentencepiece = {
    .type = "SentencePiece",
    .read = read_rules,
    .take = take,
    .finish = finish,
    .free_state = rules_free,
    .wants_whole = true,
};
