/* SentencePiece models (github.com/google/sentencepiece, version 0.2: sentencepiece_model.proto,
 * normalizer.cc, unigram_model.cc, bpe_model.cc, sentencepiece_processor.cc), piece for piece as that
 * program encodes.
 *
 * A .model becomes a tokenizer.json.  Hugging Face's sections in it say nearly the same (as transformers'
 * converter does), so that others can load it; what is exact, and what we use, is a member of "model"
 * that others pass over:
 *
 *     "sentencepiece": {"kind": "unigram", "byte_fallback": …, "pieces": [[text, score, type], …],
 *                       "special": {"bos_token": …, …}, "normalizer": {"type": "SentencePiece", …},
 *                       "decoder": {"type": "SentencePiece", …}} */
#ifndef CPL_TOKENIZER_SENTENCEPIECE_H
#define CPL_TOKENIZER_SENTENCEPIECE_H

#include "tokenizer/bpe_pairs.h"
#include "tokenizer/charsmap.h"
#include "tokenizer/unigram.h"

enum cpl_sentencepiece_kind {
    CPL_SENTENCEPIECE_UNIGRAM = 1,
    CPL_SENTENCEPIECE_BPE = 2,
    CPL_SENTENCEPIECE_WORD = 3,
    CPL_SENTENCEPIECE_CHAR = 4
};
enum cpl_piece_type {
    CPL_TYPE_NORMAL = 1,
    CPL_TYPE_UNKNOWN = 2,
    CPL_TYPE_CONTROL = 3, /* stands for no text */
    CPL_TYPE_USER = 4,    /* its text is always this piece */
    CPL_TYPE_UNUSED = 5,  /* in BPE a step on the way to other pieces */
    CPL_TYPE_BYTE = 6
};
#define CPL_META "\xE2\x96\x81" /* U+2581, which stands for a space */

/* ---- normalising ----------------------------------------------------------------------------- */

/* The state of the stage "SentencePiece". */
struct cpl_sentence_rules {
    struct cpl_charsmap map; /* no units: none */
    struct cpl_piece_trie user;
    bool has_user;     /* texts in `user` pass unchanged */
    bool dummy;        /* a space before the text */
    bool first_only;   /* … only where the section begins the input */
    bool remove_extra; /* spaces at the ends go, several become one */
    bool escape;       /* a space is written U+2581 */
    bool suffix;       /* the dummy is behind the text */
    uint8_t *kind;     /* [CPL_CODE_POINTS] enum cpl_charsmap_kind, also for `user` */
};
/* Normalised bytes; byte i comes from what begins at byte origin[i] of the input.  origin[n] is where
 * the last of them ends. */
struct cpl_sentence_text {
    char *bytes;
    uint32_t *origin;
    size_t n, capacity, origin_capacity;
};
void cpl_sentence_text_clear(struct cpl_sentence_text *text);
/* Takes bytes away at the beginning. */
void cpl_sentence_text_drop(struct cpl_sentence_text *text, size_t n_bytes);

/* One text on its way; text[at, end) is still to come. */
struct cpl_sentence_pass {
    const struct cpl_sentence_rules *rules;
    const char *text;
    size_t at, end;
    bool dummy;
    bool previous_space; /* further spaces are left out */
};
/* Begins with text[begin, end); *empty: nothing of it is left. */
cpl_status cpl_sentence_start(struct cpl_sentence_pass *pass, struct cpl_sentence_text *out,
                              bool first, bool *empty, struct cpl_error *error);
/* Appends to `out` until it holds `enough` bytes or the text is at its end. */
cpl_status cpl_sentence_continue(struct cpl_sentence_pass *pass, struct cpl_sentence_text *out,
                                 size_t enough, struct cpl_error *error);
/* What is to be done at the end of the text. */
cpl_status cpl_sentence_finish(struct cpl_sentence_pass *pass, struct cpl_sentence_text *out,
                               struct cpl_error *error);
/* Bytes of `out` that cpl_sentence_finish can not take back. */
size_t cpl_sentence_certain(const struct cpl_sentence_pass *pass,
                            const struct cpl_sentence_text *out);

/* ---- the model ------------------------------------------------------------------------------- */

struct cpl_sentencepiece {
    enum cpl_sentencepiece_kind kind;
    json_t *source; /* the member "sentencepiece" */
    uint8_t *type;  /* [n_pieces] enum cpl_piece_type */
    float *score;   /* [n_pieces] */
    int32_t n_pieces;
    bool has_unused;
    struct cpl_pieces own; /* pieces of the types normal, user and unused, with their ids */
    struct cpl_pieces reserved; /* the others */
    struct cpl_viterbi
        unigram; /* of CPL_SENTENCEPIECE_UNIGRAM; byte_id and unknown_id of all */
    struct cpl_piece_trie user; /* pieces of type user */
};
/* The id of a text; the unknown piece's if there is none or it is unused. */
int32_t cpl_sentencepiece_id(const struct cpl_sentencepiece *model, const char *text,
                             size_t length);
/* Appends the tokens of bytes [begin, end), from the id that a text was found to have. */
struct cpl_sentence_tokens {
    const struct cpl_sentencepiece *model;
    struct cpl_encoding *encoding;
    bool after_unknown; /* unknown pieces side by side become one */
};
cpl_status cpl_sentence_token(struct cpl_sentence_tokens *tokens, int32_t id, const char *bytes,
                              size_t begin, size_t end, struct cpl_error *error);
/* Bytes of the symbol at the start of `text`: a user-defined piece (*frozen) or a character. */
size_t cpl_sentence_symbol(const struct cpl_piece_trie *user, const char *text, size_t length,
                           bool *frozen);
/* The model's encode_word. */
cpl_status cpl_sentencepiece_encode_word(const struct cpl_tokenizer *tokenizer,
                                         struct cpl_encoding *encoding, const char *bytes,
                                         size_t begin, size_t end, struct cpl_error *error);
cpl_status cpl_sentence_bpe(const struct cpl_sentencepiece *model,
                            struct cpl_encoding *encoding, const char *bytes, size_t begin,
                            size_t end, struct cpl_error *error);

/* ---- files ----------------------------------------------------------------------------------- */

/* A .model as tokenizer.json, with what tokenizer_config.json (may be NULL) says about special tokens. */
cpl_status cpl_sentencepiece_load(json_t **file, const char *path, const json_t *config,
                                  struct cpl_error *error);
cpl_status cpl_sentencepiece_parse(json_t **file, const unsigned char *data, size_t length,
                                   const char *path, const json_t *config,
                                   struct cpl_error *error);

/* A model as its file has it; texts are borrowed from the file. */
struct cpl_sentencepiece_piece {
    const char *text;
    size_t length;
    float score;
    enum cpl_piece_type type;
};
struct cpl_sentencepiece_file {
    struct cpl_sentencepiece_piece *piece;
    size_t n_pieces, capacity;
    enum cpl_sentencepiece_kind kind;
    bool byte_fallback, suffix, dummy, remove_extra, escape;
    const unsigned char *map;
    size_t n_map;
    const char *unknown, *bos, *eos, *pad, *surface; /* not terminated */
    size_t n_unknown, n_bos, n_eos, n_pad, n_surface;
};
/* On success free with cpl_sentencepiece_file_clear. */
cpl_status cpl_sentencepiece_file_read(struct cpl_sentencepiece_file *file,
                                       const unsigned char *data, size_t length,
                                       const char *path, struct cpl_error *error);
void cpl_sentencepiece_file_clear(struct cpl_sentencepiece_file *file);

/* Hugging Face's sections for it and the member of "model" with all that is exact, put into `root`, the
 * whole tokenizer.json.  `special`: names of special tokens as in tokenizer_config.json. */
cpl_status cpl_sentencepiece_add_sections(json_t *root,
                                          const struct cpl_sentencepiece_file *file,
                                          const json_t *config, json_t *special,
                                          struct cpl_error *error);
/* All ways in which two normal pieces make a third, the one with the highest score first; *merges: heap.
 * Equal scores share a rank. */
cpl_status cpl_sentencepiece_merges(struct cpl_bpe_merge **merges, size_t *n,
                                    const struct cpl_sentencepiece *model,
                                    struct cpl_error *error);
/* Hugging Face's vocabulary and merges, put into the object of the model. */
cpl_status cpl_sentencepiece_add_vocabulary(const struct cpl_tokenizer *tokenizer,
                                            json_t *model, struct cpl_error *error);

#endif
