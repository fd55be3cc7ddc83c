/* BERT's normalizer and pre-tokenizer as one table look-up a code point.
 *
 *     info(code) = what the character becomes | value << 3
 *
 * The table has two stages: blocks of 256 code points, of which all plain ones are one block. */
#ifndef CPL_TOKENIZER_BERT_CHARACTERS_H
#define CPL_TOKENIZER_BERT_CHARACTERS_H

#include "tokenizer/piece_table.h"
#include "tokenizer/pipeline.h"
#include <stdbool.h>

/* Hugging Face's BertNormalizer. */
struct cpl_bert_options {
    bool clean_text, handle_chinese_chars, strip_accents, lowercase;
};

enum cpl_character_kind {
    CPL_CHARACTER_SAME,     /* part of a word, as it is */
    CPL_CHARACTER_MAPPED,   /* part of a word; value: what it becomes */
    CPL_CHARACTER_SPACE,    /* between words */
    CPL_CHARACTER_ALONE,    /* a word by itself; value: its id in the vocabulary */
    CPL_CHARACTER_DROPPED,  /* nothing */
    CPL_CHARACTER_SEQUENCE, /* several characters of a word; value: see cpl_bert_sequence */
    CPL_CHARACTER_ORDERED,  /* as it is, but neighbouring marks change places */
    CPL_CHARACTER_BREAK     /* nothing, but marks do not change places across it */
};
enum { CPL_CHARACTER_KIND_BITS = 3, CPL_CHARACTER_KIND_MASK = 7, CPL_CODE_LIMIT = 0x110000 };

struct cpl_bert_characters {
    struct cpl_bert_options options;
    uint32_t *info; /* blocks of 256 */
    size_t n_blocks, block_capacity;
    uint16_t block[CPL_CODE_LIMIT >> 8];
    int32_t unknown_id;
};

/* `pieces` gives the ids of characters that are words by themselves; others get `unknown_id`. */
cpl_status cpl_bert_characters_init(struct cpl_bert_characters *characters,
                                    const struct cpl_bert_options *options,
                                    const struct cpl_pieces *pieces, int32_t unknown_id,
                                    struct cpl_error *error);
void cpl_bert_characters_clear(struct cpl_bert_characters *characters);

static inline uint32_t cpl_bert_info(const struct cpl_bert_characters *characters,
                                     uint32_t code)
{
    return characters->info[(size_t)characters->block[code >> 8] << 8 | (code & 0xFF)];
}

/* The several characters that one becomes under strip_accents or lowercase, at most 4; `value` of a
 * CPL_CHARACTER_SEQUENCE. */
size_t cpl_bert_sequence(const struct cpl_bert_characters *characters, uint32_t image[4],
                         uint32_t code);
/* What strip_accents and lowercase make of one character that is not of kind SEQUENCE, DROPPED or
 * BREAK. */
uint32_t cpl_bert_image(const struct cpl_bert_characters *characters, uint32_t code);
bool cpl_bert_is_chinese(uint32_t code);
/* Lower case; U+0130, whose lower case is two characters, stays. */
uint32_t cpl_bert_lower(uint32_t code);
/* Canonical combining class of a character of kind ORDERED. */
int cpl_bert_combining_class(uint32_t code);

/* Appends the normalised text[begin, end) with its places in `text`. */
cpl_status cpl_bert_normalize(const struct cpl_bert_characters *characters,
                              struct cpl_normal_text *normal, const char *text, size_t begin,
                              size_t end, struct cpl_error *error);

#endif
