/* Pieces by length and script: see piece_kinds.h. */
#include "tokenizer/piece_kinds.h"

#include "base/buffer.h"
#include "text/utf8.h"
#include <string.h>

/* Pieces of this many characters and more are counted together. */
enum { LONGEST = 9, EXAMPLES = 6 };

static const char *const kind_names[CPL_PIECE_KINDS] = {
    "special",       "bytes",  "white space", "Chinese", "Latin",
    "other letters", "digits", "signs",       "mixed",
};

/* A group of pieces with a few of them, evenly over the ids. */
struct group {
    int32_t count, example[EXAMPLES];
};

size_t cpl_piece_meaning(const struct cpl_tokenizer *tokenizer, int32_t id,
                         char out[CPL_MEANING_BYTES])
{
    const char *piece = cpl_tokenizer_piece(tokenizer, id);
    if (!piece || !cpl_tokenizer_is_special(tokenizer, id))
        return piece ? cpl_piece_text(tokenizer, id, out, CPL_MEANING_BYTES) : 0;
    size_t length = tokenizer->pieces.length[id];
    length = length < CPL_MEANING_BYTES ? length : CPL_MEANING_BYTES;
    memcpy(out, piece, length);
    return length;
}

static enum cpl_piece_kind kind_of_code(uint32_t code)
{
    if (cpl_code_is_space(code) || code < 0x20)
        return CPL_PIECES_SPACE;
    if (cpl_code_is_han(code))
        return CPL_PIECES_CHINESE;
    if (code >= '0' && code <= '9')
        return CPL_PIECES_DIGITS;
    if (!cpl_code_is_letter(code))
        return CPL_PIECES_SIGNS;
    return code < 0x250 || (code >= 0x1E00 && code < 0x1F00) ? CPL_PIECES_LATIN
                                                             : CPL_PIECES_LETTERS;
}

enum cpl_piece_kind cpl_piece_kind_of(const struct cpl_tokenizer *tokenizer, int32_t id,
                                      const char *text, size_t length)
{
    enum cpl_piece_kind kind = CPL_PIECES_SPACE;
    if (cpl_tokenizer_is_special(tokenizer, id))
        return CPL_PIECES_SPECIAL;
    if (cpl_utf8_valid_prefix(text, length) != length)
        return CPL_PIECES_BYTES;
    for (size_t at = 0; at < length;) {
        enum cpl_piece_kind next = kind_of_code(cpl_utf8_next(text, &at));
        if (next == CPL_PIECES_SPACE || next == kind)
            continue;
        if (kind != CPL_PIECES_SPACE)
            return CPL_PIECES_MIXED;
        kind = next;
    }
    return kind;
}

/* Every example replaces another, so that late pieces are shown, too. */
static void add_to(struct group *group, int32_t id)
{
    int32_t n = group->count++;
    if (n < EXAMPLES)
        group->example[n] = id;
    else if ((n & (n - 1)) == 0)
        group->example[1 + (__builtin_ctz((unsigned)n) % (EXAMPLES - 1))] = id;
}

/* A piece as people read it: where bytes are spelt as other characters, the text that it stands for,
 * with spaces that can be seen; the piece itself where that cannot be shown. */
static void write_example(const struct cpl_tokenizer *tokenizer, struct cpl_json *json,
                          struct cpl_buffer *seen, int32_t id)
{
    char text[CPL_MEANING_BYTES];
    size_t length = cpl_piece_meaning(tokenizer, id, text);
    bool readable = tokenizer->spelling.bytes && !cpl_tokenizer_is_special(tokenizer, id) &&
                    cpl_utf8_valid_prefix(text, length) == length;
    cpl_buffer_reset(seen);
    for (size_t i = 0; i < length; i++) {
        readable = readable && (unsigned char)text[i] >= 0x20 && text[i] != 0x7F;
        if (text[i] == ' ')
            cpl_buffer_add_text(seen, "\u2423");
        else
            cpl_buffer_add_byte(seen, text[i]);
    }
    if (readable && seen->status == CPL_OK && seen->length > 0)
        cpl_json_add_text_n(json, NULL, seen->data, seen->length);
    else
        cpl_json_add_text(json, NULL, cpl_tokenizer_piece(tokenizer, id));
}

static void write_group(const struct cpl_tokenizer *tokenizer, struct cpl_json *json,
                        const struct group *group)
{
    struct cpl_buffer seen = {0};
    int32_t n = group->count < EXAMPLES ? group->count : EXAMPLES;
    cpl_json_add_int(json, "pieces", group->count);
    cpl_json_begin_array(json, "examples");
    for (int32_t i = 0; i < n; i++)
        write_example(tokenizer, json, &seen, group->example[i]);
    cpl_json_end(json);
    cpl_buffer_clear(&seen);
}

void cpl_piece_kinds_write(const struct cpl_tokenizer *tokenizer, struct cpl_json *json)
{
    struct group lengths[LONGEST + 1] = {{0}}, kinds[CPL_PIECE_KINDS] = {{0}};
    char text[CPL_MEANING_BYTES];
    for (int32_t id = 0; id < tokenizer->pieces.count; id++) {
        if (!cpl_tokenizer_piece(tokenizer, id))
            continue;
        size_t length = cpl_piece_meaning(tokenizer, id, text);
        size_t characters = cpl_tokenizer_characters(tokenizer, id);
        add_to(&lengths[characters < LONGEST ? characters : LONGEST], id);
        add_to(&kinds[cpl_piece_kind_of(tokenizer, id, text, length)], id);
    }
    cpl_json_begin_array(json, "lengths");
    for (int i = 0; i <= LONGEST; i++) {
        cpl_json_begin_object(json, NULL);
        cpl_json_add_int(json, "characters", i);
        write_group(tokenizer, json, &lengths[i]);
        cpl_json_end(json);
    }
    cpl_json_end(json);
    cpl_json_begin_array(json, "scripts");
    for (int i = 0; i < CPL_PIECE_KINDS; i++) {
        cpl_json_begin_object(json, NULL);
        cpl_json_add_text(json, "script", kind_names[i]);
        write_group(tokenizer, json, &kinds[i]);
        cpl_json_end(json);
    }
    cpl_json_end(json);
}
