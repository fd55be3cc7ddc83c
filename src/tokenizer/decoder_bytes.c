/* Decoders whose tokens stand for bytes: ByteLevel (every byte a character) and ByteFallback
 * (<0x41>).  What they do is what Hugging Face's tokenizers (0.23) do: bytes that are no UTF-8 become
 * U+FFFD, for ByteLevel one for each maximal bad sequence, for ByteFallback one for every byte of a
 * run that is not valid as a whole. */
#include "text/utf8.h"
#include "tokenizer/byte_characters.h"
#include "tokenizer/decoder.h"
#include <couplet/text.h>
#include <string.h>

/* ---- ByteLevel ------------------------------------------------------------------------------- */

/* Appends the bytes of a token; one with any other character stands for its own bytes. */
static void add_bytes(struct cpl_buffer *bytes, const char *text, size_t length)
{
    size_t before = bytes->length;
    for (size_t at = 0; at < length && bytes->status == CPL_OK;) {
        int byte = cpl_character_byte(cpl_utf8_next(text, &at));
        if (byte < 0) {
            bytes->length = before;
            cpl_buffer_add(bytes, text, length);
            return;
        }
        cpl_buffer_add_byte(bytes, (char)byte);
    }
}

/* Whether the bytes are the beginning of a character that more bytes can complete. */
static bool is_beginning(const char *text, size_t length)
{
    unsigned char lead = (unsigned char)text[0];
    return lead >= 0xC2 && lead <= 0xF4 && cpl_utf8_bad_length(text, length) == length;
}

/* Appends to `text` what is certain of `bytes`; the number of bytes that were. */
static size_t repair(struct cpl_buffer *text, const char *bytes, size_t length, bool last)
{
    size_t at = 0;
    while (at < length) {
        size_t valid = cpl_utf8_valid_prefix(bytes + at, length - at);
        cpl_buffer_add(text, bytes + at, valid);
        at += valid;
        if (at == length || (!last && is_beginning(bytes + at, length - at)))
            break;
        cpl_buffer_add_text(text, "\xEF\xBF\xBD");
        at += cpl_utf8_bad_length(bytes + at, length - at);
    }
    return at;
}

static void give_repaired(struct cpl_decoder_link *link, bool last)
{
    struct cpl_buffer *held = &link->held;
    cpl_buffer_reset(&link->one);
    if (held->status == CPL_OK && held->length > 0) {
        size_t done = repair(&link->one, held->data, held->length, last);
        memmove(held->data, held->data + done, held->length - done);
        held->length -= done;
    }
    if (link->one.status == CPL_OK)
        cpl_decoder_give(link, link->one.data, link->one.length, last);
}

static void take_byte_level(const void *state, struct cpl_decoder_link *link, const char *text,
                            size_t length, bool ends)
{
    (void)state, (void)ends;
    add_bytes(&link->held, text, length);
    give_repaired(link, false);
}

static void finish_byte_level(const void *state, struct cpl_decoder_link *link)
{
    (void)state;
    give_repaired(link, true);
}

const struct cpl_decoder_kind cpl_decoder_byte_level = {
    .type = "ByteLevel",
    .take = take_byte_level,
    .finish = finish_byte_level,
    .wants_whole = true,
};

/* ---- ByteFallback ---------------------------------------------------------------------------- */

static int digit_of(char byte)
{
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    byte |= 0x20;
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* The byte of <0x41>, -1 if the token is none; Rust's from_str_radix takes a plus sign, too. */
static int fallback_byte(const char *text, size_t length)
{
    if (length != 6 || memcmp(text, "<0x", 3) != 0 || text[5] != '>')
        return -1;
    int high = text[3] == '+' ? 0 : digit_of(text[3]), low = digit_of(text[4]);
    return high >= 0 && low >= 0 ? high * 16 + low : -1;
}

/* Whether a run is valid shows at its end, so all of it waits. */
static void give_run(struct cpl_decoder_link *link)
{
    const struct cpl_buffer *run = &link->held;
    if (run->length > 0 && cpl_utf8_valid_prefix(run->data, run->length) == run->length)
        cpl_decoder_give(link, run->data, run->length, true);
    else
        for (size_t i = 0; i < run->length; i++)
            cpl_decoder_give(link, "\xEF\xBF\xBD", 3, true);
    cpl_buffer_reset(&link->held);
}

static void take_byte_fallback(const void *state, struct cpl_decoder_link *link,
                               const char *text, size_t length, bool ends)
{
    int byte = fallback_byte(text, length);
    (void)state, (void)ends;
    if (byte >= 0) {
        cpl_buffer_add_byte(&link->held, (char)byte);
        return;
    }
    give_run(link);
    cpl_decoder_give(link, text, length, true);
}

static void finish_byte_fallback(const void *state, struct cpl_decoder_link *link)
{
    (void)state;
    give_run(link);
}

const struct cpl_decoder_kind cpl_decoder_byte_fallback = {
    .type = "ByteFallback",
    .take = take_byte_fallback,
    .finish = finish_byte_fallback,
    .wants_whole = true,
};
