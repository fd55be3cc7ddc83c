/* What a vocabulary consists of, for people: see describe.c. */
#ifndef CPL_TOKENIZER_PIECE_KINDS_H
#define CPL_TOKENIZER_PIECE_KINDS_H

#include "tokenizer/tokenizer_model.h"
#include <couplet/json.h>

/* What a piece is made of. */
enum cpl_piece_kind {
    CPL_PIECES_SPECIAL,
    CPL_PIECES_BYTES, /* no whole character */
    CPL_PIECES_SPACE,
    CPL_PIECES_CHINESE,
    CPL_PIECES_LATIN,
    CPL_PIECES_LETTERS, /* of other scripts */
    CPL_PIECES_DIGITS,
    CPL_PIECES_SIGNS, /* punctuation and symbols */
    CPL_PIECES_MIXED,
    CPL_PIECE_KINDS
};
/* Appends what the piece of `id` stands for: bytes spelt as characters become bytes again, a mark such as
 * "##" is left out. */
void cpl_piece_text(const struct cpl_tokenizer *tokenizer, int32_t id, struct cpl_buffer *out);
enum cpl_piece_kind cpl_piece_kind_of(const struct cpl_tokenizer *tokenizer, int32_t id,
                                      const struct cpl_buffer *text);
/* Adds "lengths" and "scripts" to an open object: how many pieces, with examples. */
cpl_status cpl_piece_kinds_write(const struct cpl_tokenizer *tokenizer, struct cpl_json *json,
                                 struct cpl_error *error);

#endif
