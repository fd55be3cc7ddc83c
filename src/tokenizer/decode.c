/* From ids to text for reading.
 *
 * The tokens do not say where white space was, so it is put where readers expect it: between words of
 * scripts that write it, not beside Chinese, not before closing or behind opening punctuation, not
 * inside numbers. */
#include "base/buffer.h"
#include "base/try.h"
#include "text/utf8.h"
#include "tokenizer/tokenizer_model.h"
#include <stdlib.h>
#include <string.h>

/* How a piece gets on with its neighbours. */
enum manner {
    MANNER_WORD,    /* stands apart from other words */
    MANNER_TIGHT,   /* takes no space on either side: Chinese, full-width, - / ' _ @ … */
    MANNER_CLOSING, /* takes none before it */
    MANNER_OPENING  /* takes none behind it */
};

struct reading {
    const struct cpl_tokenizer *tokenizer;
    struct cpl_buffer text;
    uint32_t last; /* the last character written, 0 at the start and after a line break */
    bool special;  /* the last piece was a special token: [MASK][MASK] stand together */
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
static bool wants_space(const struct reading *reading, uint32_t first)
{
    if (reading->last == 0)
        return false;
    enum manner left = manner_of(reading->last), right = manner_of(first);
    if (left == MANNER_TIGHT || right == MANNER_TIGHT || left == MANNER_OPENING ||
        right == MANNER_CLOSING)
        return false;
    const char *end = reading->text.data + reading->text.length;
    bool dotted = reading->text.length >= 2 && strchr(".,:", (int)(unsigned char)end[-1]) &&
                  is_digit((unsigned char)end[-2]);
    return !(dotted && is_digit(first));
}

static void add_piece(struct reading *reading, int32_t id, const char *piece)
{
    const struct cpl_tokenizer *tokenizer = reading->tokenizer;
    size_t mark = 0, at = 0;
    if (id == tokenizer->special.newline) {
        cpl_buffer_add_byte(&reading->text, '\n');
        reading->last = 0;
        return;
    }
    if (!piece[0])
        return;
    bool special = tokenizer->flags[id] & CPL_PIECE_SPECIAL;
    if (tokenizer->flags[id] & CPL_PIECE_CONTINUES)
        mark = tokenizer->model->mark_length(tokenizer, piece);
    uint32_t first = special ? 'a' : cpl_utf8_next(piece, &at);
    if (mark == 0 && !(special && reading->special) && wants_space(reading, first))
        cpl_buffer_add_byte(&reading->text, ' ');
    cpl_buffer_add_text(&reading->text, piece + mark);
    size_t length = strlen(piece);
    at = cpl_utf8_before(piece, length);
    reading->last = special ? 'a' : cpl_utf8_next(piece, &at);
    reading->special = special;
}

static cpl_status add_id(struct reading *reading, int32_t id, bool skip_special,
                         struct cpl_error *error)
{
    const char *piece = cpl_tokenizer_piece(reading->tokenizer, id);
    if (!piece)
        return cpl_error_set(error, CPL_ERROR_INPUT, NULL,
                             "id %d is not in the vocabulary of %d", (int)id,
                             (int)cpl_tokenizer_size(reading->tokenizer));
    bool unknown = id == reading->tokenizer->special.unknown;
    if (skip_special && !unknown && cpl_tokenizer_is_special(reading->tokenizer, id))
        return CPL_OK;
    add_piece(reading, id, piece);
    return CPL_OK;
}

cpl_status cpl_tokenizer_decode(const struct cpl_tokenizer *tokenizer, char **out,
                                const int32_t *ids, size_t n_ids, bool skip_special,
                                struct cpl_error *error)
{
    struct reading reading = {.tokenizer = tokenizer};
    cpl_status status = CPL_OK;
    cpl_buffer_add_text(&reading.text, "");
    for (size_t i = 0; i < n_ids && status == CPL_OK; i++)
        status = add_id(&reading, ids[i], skip_special, error);
    if (status == CPL_OK)
        status = cpl_buffer_check(&reading.text, error);
    if (status == CPL_OK)
        *out = reading.text.data;
    else
        cpl_buffer_clear(&reading.text);
    return status;
}
