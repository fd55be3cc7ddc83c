/* What a tokenizer is made of, and what a kind of model (WordPiece …) has to provide.
 *
 *     text → added tokens cut out (added_tokens.h) → model: normalise, split, pieces → template
 */
#ifndef CPL_TOKENIZER_TOKENIZER_MODEL_H
#define CPL_TOKENIZER_TOKENIZER_MODEL_H

#include "base/json_file.h"
#include "tokenizer/added_tokens.h"
#include "tokenizer/piece_table.h"
#include "tokenizer/template.h"
#include <couplet/tokenizer.h>

struct cpl_tokenizer_model {
    const char *type;       /* in tokenizer.json */
    const char *class_name; /* in tokenizer_config.json */
    /* Fills pieces and state from the sections of tokenizer.json; added tokens come later. */
    cpl_status (*read)(struct cpl_tokenizer *tokenizer, const json_t *file, const char *where,
                       struct cpl_error *error);
    /* Adds the model's sections to `file` and what its class wants to know to `config`. */
    cpl_status (*write)(const struct cpl_tokenizer *tokenizer, json_t *file, json_t *config,
                        struct cpl_error *error);
    /* Appends the tokens of text[begin, end), in which no added token of the raw text is. */
    cpl_status (*encode)(const struct cpl_tokenizer *tokenizer, struct cpl_encoding *encoding,
                         const char *text, size_t begin, size_t end, struct cpl_error *error);
    /* Texts of added tokens as they look in normalised text; *out is heap. */
    cpl_status (*normalize)(const struct cpl_tokenizer *tokenizer, char **out, const char *text,
                            struct cpl_error *error);
    /* Bytes at the start of the piece that only say that it continues a word ("##"): 0 if none. */
    size_t (*mark_length)(const struct cpl_tokenizer *tokenizer, const char *piece);
    /* Everything but pieces and added tokens that decides about ids, as one number. */
    uint64_t (*hash)(const struct cpl_tokenizer *tokenizer);
    void (*free_state)(void *state);
};

enum cpl_piece_flag {
    CPL_PIECE_SPECIAL = 1,
    CPL_PIECE_CONTINUES = 2,
    CPL_PIECE_ADDED = 4, /* an added token, in the model's vocabulary or not */
    CPL_PIECE_MODEL = 8  /* in the model's vocabulary */
};

struct cpl_tokenizer {
    const struct cpl_tokenizer_model *model;
    void *state; /* the model's */
    struct cpl_pieces pieces;
    uint8_t *flags;  /* [V] enum cpl_piece_flag */
    int32_t n_model; /* ids below it may be the model's; further ones are added tokens */
    struct cpl_added_tokens raw, normalized;
    struct cpl_template single, pair;
    struct cpl_special_ids special;
    uint64_t hash;
};

#define MODEL(type, symbol) extern const struct cpl_tokenizer_model cpl_tokenizer_##symbol;
#include "tokenizer/tokenizer_models.def"
#undef MODEL
/* NULL if there is none of that type. */
const struct cpl_tokenizer_model *cpl_tokenizer_model_find(const char *type);

/* ---- building one, in this order ------------------------------------------------------------- */

/* Roles as named in tokenizer_config.json; NULL: "[PAD]" and so on where the vocabulary has them. */
struct cpl_special_names {
    const char *pad, *unknown, *cls, *sep, *mask, *bos, *eos;
};
cpl_status cpl_tokenizer_new(struct cpl_tokenizer **out, struct cpl_error *error);
/* `token->id` -1: the next free one.  Error when the text is another id's. */
cpl_status cpl_tokenizer_add_token(struct cpl_tokenizer *tokenizer,
                                   const struct cpl_added_token *token, const char *where,
                                   struct cpl_error *error);
/* Roles, flags, look-up of added tokens, hash. */
cpl_status cpl_tokenizer_complete(struct cpl_tokenizer *tokenizer,
                                  const struct cpl_special_names *names,
                                  struct cpl_error *error);

/* `file` is a whole tokenizer.json; `where` names it in messages. */
cpl_status cpl_tokenizer_read_sections(struct cpl_tokenizer *tokenizer, const json_t *file,
                                       const char *where, struct cpl_error *error);
/* vocab.txt, with tokenizer_config.json (may be NULL), as the tokenizer.json that says the same; a new
 * reference. */
cpl_status cpl_vocabulary_read(json_t **file, const char *path, const json_t *config,
                               const char *config_path, struct cpl_error *error);

cpl_status cpl_encoding_grow(struct cpl_encoding *encoding, struct cpl_error *error);
static inline cpl_status cpl_encoding_add(struct cpl_encoding *encoding, int32_t id,
                                          size_t begin, size_t end, struct cpl_error *error)
{
    if (encoding->count == encoding->capacity) {
        cpl_status status = cpl_encoding_grow(encoding, error);
        if (status != CPL_OK)
            return status;
    }
    encoding->id[encoding->count] = id;
    encoding->span[encoding->count++] = (struct cpl_span){begin, end};
    return CPL_OK;
}

#endif
