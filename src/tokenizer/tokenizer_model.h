/* What a tokenizer is made of, and what a kind of model (WordPiece, BPE …) has to provide.
 *
 *     text → added tokens cut out (added_tokens.h) → fused encoder or pipeline.h → post_processor.h
 *
 * Every tokenizer is the tokenizer.json that says the same: other files (vocab.txt, merges.txt, .model)
 * and the trainers make that object and go through the one reader.  What the sections other than the
 * model say is kept as they said it, so writing is giving it back. */
#ifndef CPL_TOKENIZER_TOKENIZER_MODEL_H
#define CPL_TOKENIZER_TOKENIZER_MODEL_H

#include "base/json_file.h"
#include "tokenizer/added_tokens.h"
#include "tokenizer/decoder.h"
#include "tokenizer/piece_table.h"
#include "tokenizer/pipeline.h"
#include "tokenizer/post_processor.h"
#include <couplet/tokenizer.h>

struct cpl_tokenizer_model {
    const char *type; /* in tokenizer.json */
    /* Fills tokenizer->pieces and state from the "model" object; added tokens come later.  Stages and
     * sections are there already. */
    cpl_status (*read)(struct cpl_tokenizer *tokenizer, const json_t *model, const char *where,
                       struct cpl_error *error);
    /* Adds vocabulary and options to the object that becomes "model". */
    cpl_status (*write)(const struct cpl_tokenizer *tokenizer, json_t *model,
                        struct cpl_error *error);
    /* Appends the tokens of one word, bytes [begin, end) of `bytes`; spans are bytes of `bytes`, too:
     * the pipeline turns them into places of the input. */
    cpl_status (*encode_word)(const struct cpl_tokenizer *tokenizer,
                              struct cpl_encoding *encoding, const char *bytes, size_t begin,
                              size_t end, struct cpl_error *error);
    /* Bytes at the start of the piece that only say that it continues a word ("##"): 0 if none. */
    size_t (*mark_length)(const struct cpl_tokenizer *tokenizer, const char *piece);
    /* Bytes at its end that only say that a word ends ("</w>").  NULL: no piece has such. */
    size_t (*tail_length)(const struct cpl_tokenizer *tokenizer, const char *piece);
    /* The model's options that decide about ids (not pieces), as one number. */
    uint64_t (*hash)(const struct cpl_tokenizer *tokenizer);
    void (*free_state)(void *state);
    /* Marks pieces that stand for no text as CPL_PIECE_SPECIAL, and special ones that are text for the
     * model as CPL_PIECE_SHOWN.  NULL: the model knows of none. */
    void (*mark_special)(struct cpl_tokenizer *tokenizer);
};

/* A faster way for one combination of stages and model.  It must give what the pipeline gives. */
struct cpl_fused_encoder {
    const char *name;
    /* *state (heap) when it can encode for this tokenizer, else NULL.  Called when all else is
     * complete. */
    cpl_status (*attach)(void **state, const struct cpl_tokenizer *tokenizer,
                         struct cpl_error *error);
    /* Appends the tokens of text[begin, end), in which no added token of the raw text is; spans are
     * bytes of `text`.  `first`: the section begins the input. */
    cpl_status (*encode)(const struct cpl_tokenizer *tokenizer, const void *state,
                         struct cpl_encoding *encoding, const char *text, size_t begin,
                         size_t end, bool first, struct cpl_error *error);
    void (*free_state)(void *state);
};

enum cpl_piece_flag {
    CPL_PIECE_SPECIAL = 1,
    CPL_PIECE_CONTINUES = 2,
    CPL_PIECE_ADDED = 4, /* an added token, in the model's vocabulary or not */
    CPL_PIECE_MODEL = 8, /* in the model's vocabulary */
    CPL_PIECE_SHOWN = 16 /* special, but decoding shows its text or what stands for it */
};

/* How the stages write text before the model sees it, and so what pieces say. */
struct cpl_spelling {
    bool bytes;     /* every byte is a character (byte_characters.h) */
    uint32_t space; /* what a space became: U+0020, U+2581 … */
};
cpl_status cpl_spelling_find(struct cpl_spelling *spelling,
                             const struct cpl_tokenizer *tokenizer, struct cpl_error *error);
/* Whether it is the unknown token and nothing else: GPT-2 gives that name to its end of text. */
bool cpl_tokenizer_is_unknown(const struct cpl_tokenizer *tokenizer, int32_t id);
/* Writes the bytes of text that a token stands for, at most `capacity` and whole characters of its
 * piece: spaces as spaces, "##" left out, nothing for special tokens and the unknown one.  They may
 * begin and end inside a character of the text. */
size_t cpl_piece_text(const struct cpl_tokenizer *tokenizer, int32_t id, char *out,
                      size_t capacity);
/* Whether pieces say where spaces are, so that one without goes on with what is before it. */
bool cpl_pieces_mark_spaces(const struct cpl_tokenizer *tokenizer);

struct cpl_tokenizer {
    const struct cpl_tokenizer_model *model;
    void *state; /* the model's */
    struct cpl_stages normalizers, pre_tokenizers;
    const struct cpl_fused_encoder *fused; /* NULL: the pipeline encodes */
    void *fused_state;
    json_t
        *sections; /* normalizer, pre_tokenizer, post_processor, decoder, truncation, padding as
                         tokenizer.json had them; missing ones are null */
    json_t *config; /* tokenizer_config.json as it was read; NULL: none */
    struct cpl_pieces pieces;
    uint8_t *flags; /* [V] enum cpl_piece_flag */
    struct cpl_spelling spelling;
    int32_t n_model; /* ids below it may be the model's; further ones are added tokens */
    struct cpl_added_tokens raw, normalized;
    struct cpl_pieces
        shown;         /* what decoding shows for an added token of normalised text, where that
                                is not its content: as tokenizers 0.23 does */
    int32_t *added_at; /* by id: 2 * index of its added token, + 1 in `normalized`; -1: none */
    size_t added_ids, added_capacity;
    int32_t next_added; /* id of the next added token that is no piece; 0: not counted yet */
    struct cpl_post_processor processor;
    struct cpl_decoders decoders; /* never empty; clean-up included */
    struct cpl_special_ids special;
    uint64_t hash;
    uint64_t serial; /* of all tokenizers of this process another */
};

#define MODEL(type, symbol) extern const struct cpl_tokenizer_model cpl_tokenizer_##symbol;
#include "tokenizer/tokenizer_models.def"
#undef MODEL
#define FUSED(symbol) extern const struct cpl_fused_encoder cpl_fused_##symbol;
#include "tokenizer/fused_encoders.def"
#undef FUSED
/* NULL if there is none of that type. */
const struct cpl_tokenizer_model *cpl_tokenizer_model_find(const char *type);

/* ---- building one, in this order ------------------------------------------------------------- */

/* Roles as named in tokenizer_config.json; NULL: "[PAD]" and so on where the vocabulary has them. */
struct cpl_special_names {
    const char *pad, *unknown, *cls, *sep, *mask, *bos, *eos;
};
cpl_status cpl_tokenizer_new(struct cpl_tokenizer **out, struct cpl_error *error);
/* `file` is a whole tokenizer.json; `where` names it in messages. */
cpl_status cpl_tokenizer_read_sections(struct cpl_tokenizer *tokenizer, const json_t *file,
                                       const char *where, struct cpl_error *error);
/* Roles, flags, look-up of added tokens, hash, fused encoder. */
cpl_status cpl_tokenizer_complete(struct cpl_tokenizer *tokenizer,
                                  const struct cpl_special_names *names,
                                  struct cpl_error *error);
/* All three: a tokenizer from what a tokenizer.json and a tokenizer_config.json (may be NULL) say. */
cpl_status cpl_tokenizer_from_json(struct cpl_tokenizer **out, const json_t *file,
                                   const json_t *config, const char *where,
                                   struct cpl_error *error);

/* `token->id` -1: the piece's, or else the next one behind the vocabulary, as Hugging Face's tokenizers
 * counts whatever the file says.  Error when the text is another id's.  A later token of the same text
 * takes the place of the former one, which leaves only that it was special. */
cpl_status cpl_tokenizer_add_token(struct cpl_tokenizer *tokenizer,
                                   const struct cpl_added_token *token, const char *where,
                                   struct cpl_error *error);
/* Whether an added token has that id; before and after completing. */
bool cpl_tokenizer_is_added(const struct cpl_tokenizer *tokenizer, int32_t id);
/* Look-up of all that were added. */
cpl_status cpl_tokenizer_build_added(struct cpl_tokenizer *tokenizer, struct cpl_error *error);
/* tokenizer->hash of stages, model, pieces and added tokens. */
cpl_status cpl_tokenizer_compute_hash(struct cpl_tokenizer *tokenizer, struct cpl_error *error);
/* Pieces from {"piece": id, …}; each id once, none far beyond their number. */
cpl_status cpl_pieces_read(struct cpl_pieces *pieces, const json_t *vocabulary,
                           const char *where, struct cpl_error *error);
/* The same object again; a new reference, NULL when out of memory. */
json_t *cpl_pieces_write(const struct cpl_tokenizer *tokenizer);

/* ---- tokenizer_config.json ------------------------------------------------------------------- */

/* *out: a new reference; chat_template.jinja and, for older directories, special_tokens_map.json from
 * beside it are in it. */
cpl_status cpl_tokenizer_config_read(json_t **out, const char *path, struct cpl_error *error);
/* Before cpl_tokenizer_complete: pieces with a role become added tokens, as transformers has it.
 * Names that are no piece are passed over. */
cpl_status cpl_tokenizer_config_add(struct cpl_tokenizer *tokenizer, const char *where,
                                    struct cpl_error *error);
/* Flags of special tokens that have no role of their own. */
void cpl_tokenizer_config_mark(struct cpl_tokenizer *tokenizer);
/* Adds to `config` what makes transformers load this tokenizer as tokenizer.json has it; `model`: that
 * file's. */
cpl_status cpl_tokenizer_config_write(const struct cpl_tokenizer *tokenizer, json_t *config,
                                      const json_t *model, struct cpl_error *error);

/* ---- other files, each as the tokenizer.json that says the same (*file: a new reference) ------- */

/* vocab.txt with tokenizer_config.json (may be NULL). */
cpl_status cpl_vocabulary_read(json_t **file, const char *path, const json_t *config,
                               const char *config_path, struct cpl_error *error);
/* The same from the file's content; `path` names it in messages. */
cpl_status cpl_vocabulary_parse(json_t **file, const char *text, size_t length,
                                const char *path, const json_t *config, const char *config_path,
                                struct cpl_error *error);
/* vocab.json (encoder.json) and merges.txt (vocab.bpe) with tokenizer_config.json (may be NULL). */
cpl_status cpl_merges_read(json_t **file, const char *vocabulary_path, const char *merges_path,
                           const json_t *config, const char *config_path,
                           struct cpl_error *error);

/* Whether pieces say where white space was; WordPiece's do not. */
bool cpl_tokenizer_keeps_space(const struct cpl_tokenizer *tokenizer);

/* ---- encoding -------------------------------------------------------------------------------- */

/* Appends the tokens of text[begin, end), in which no added token of the raw text is, by way of all
 * stages; spans are bytes of `text`. */
cpl_status cpl_pipeline_encode(const struct cpl_tokenizer *tokenizer,
                               struct cpl_encoding *encoding, const char *text, size_t begin,
                               size_t end, bool first, struct cpl_error *error);
/* Only the stages: the words that the model would get, in `work`. */
cpl_status cpl_pipeline_stages(const struct cpl_tokenizer *tokenizer, struct cpl_work *work,
                               const char *text, size_t length, struct cpl_error *error);
/* The encoding's memory for this tokenizer, made when needed; an engine of another tokenizer is freed
 * before. */
cpl_status cpl_encoding_scratch(struct cpl_encode_scratch **scratch,
                                const struct cpl_tokenizer *tokenizer,
                                struct cpl_encoding *encoding, struct cpl_error *error);

/* Where the tokens of a template's items are. */
struct cpl_layout {
    size_t begin[CPL_TEMPLATE_MAX], end[CPL_TEMPLATE_MAX];
};
/* Leaves tokens of the texts out until options->max_length hold; `pair`: there are two. */
cpl_status cpl_layout_truncate(const struct cpl_post_processor *processor,
                               const struct cpl_template *plan, struct cpl_layout *layout,
                               struct cpl_encoding *encoding,
                               const struct cpl_encode_options *options, bool pair,
                               struct cpl_error *error);
/* The span of token `id` without its white space, where the post-processor says so; `first`: no token
 * of its text is before it. */
void cpl_span_trim(const struct cpl_tokenizer *tokenizer, int32_t id, struct cpl_span *span,
                   bool first, const char *text);

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
