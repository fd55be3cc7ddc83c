/* From ids to text for reading: see decode_reading.h.
 *
 * The tokens do not say where white space was, so it is put where readers expect it: between words of
 * scripts that write it, not beside Chinese, not before closing or behind opening punctuation, not
 * inside numbers. */
#include "tokenizer/decode_reading.h"

#include "text/utf8.h"
#include "tokenizer/tokenizer_model.h"
#include <string.h>

/* How a piece gets on with its neighbours. */
enum manner {
    MANNER_WORD,    /* stands apart from other words */
    MANNER_TIGHT,   /* takes no space on either side: Chinese, full-width, - / ' _ @ … */
    MANNER_CLOSING, /* takes none before it */
    MANNER_OPENING  /* takes none behind it */
};

static bool is_wide(uint32_t code)
{
    return cpl_code_is_han(code) || (code >= 0x3000 && code <= 0x30FF) ||
           (code >= 0xFF00 && code <= 0xFFEF) || (code >= 0x2010 && code <= 0x2026) ||
           (code >= 0x20000 && code <= 0x3FFFF);
}

static enum manner manner_of(uint32_t code)
{
    if (is_wide(code) || (code < 0x80 && strchr("-/'_@\\~^`", (int)code)))
        return MANNER_TIGHT;
    if (code < 0x80 && strchr(".,!?;:)]}%", (int)code))
        return MANNER_CLOSING;
    if (code < 0x80 && strchr("([{#$", (int)code))
        return MANNER_OPENING;
    return MANNER_WORD;
}

static bool is_digit(uint32_t code) { return code >= '0' && code <= '9'; }

/* Whether white space belongs between `last` and a piece that begins with `first`. */
static bool wants_space(const struct cpl_reading *reading, uint32_t first)
{
    if (reading->last == 0)
        return false;
    enum manner left = manner_of(reading->last), right = manner_of(first);
    if (left == MANNER_TIGHT || right == MANNER_TIGHT || left == MANNER_OPENING ||
        right == MANNER_CLOSING)
        return false;
    bool dotted =
        reading->last < 0x80 && strchr(".,:", (int)reading->last) && is_digit(reading->before);
    return !(dotted && is_digit(first));
}

/* The last two characters of what was written decide about the next space. */
static void remember(struct cpl_reading *reading, const char *text, bool special)
{
    size_t end = strlen(text), at;
    reading->special = special;
    for (int i = 0; i < 2 && end > 0; i++) {
        at = end = cpl_utf8_before(text, end);
        uint32_t code = cpl_utf8_next(text, &at);
        if (i == 0) {
            reading->before = reading->last;
            reading->last = special ? 'a' : code;
        } else {
            reading->before = code;
        }
    }
}

void cpl_reading_add(struct cpl_reading *reading, const struct cpl_tokenizer *tokenizer,
                     struct cpl_buffer *out, int32_t id)
{
    const char *piece = cpl_tokenizer_piece(tokenizer, id);
    size_t mark = 0, at = 0;
    if (id == tokenizer->special.newline) {
        cpl_buffer_add_byte(out, '\n');
        reading->last = 0;
        reading->before = '\n';
        return;
    }
    if (!piece || !piece[0])
        return;
    bool special = tokenizer->flags[id] & CPL_PIECE_SPECIAL;
    if (tokenizer->flags[id] & CPL_PIECE_CONTINUES)
        mark = tokenizer->model->mark_length(tokenizer, piece);
    uint32_t first = special ? 'a' : cpl_utf8_next(piece, &at);
    if (mark == 0 && !(special && reading->special) && wants_space(reading, first))
        cpl_buffer_add_byte(out, ' ');
    cpl_buffer_add_text(out, piece + mark);
    remember(reading, piece + mark, special);
}
