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
/* What a piece stands for, or special tokens' names; a longer text is cut off.  The length. */
enum { CPL_MEANING_BYTES = 4096 };
size_t cpl_piece_meaning(const struct cpl_tokenizer *tokenizer, int32_t id,
                         char out[CPL_MEANING_BYTES]);
/* `text` [length]: its meaning. */
enum cpl_piece_kind cpl_piece_kind_of(const struct cpl_tokenizer *tokenizer, int32_t id,
                                      const char *text, size_t length);
/* Adds "lengths" and "scripts" to an open object: how many pieces, with examples. */
void cpl_piece_kinds_write(const struct cpl_tokenizer *tokenizer, struct cpl_json *json);

#endif
