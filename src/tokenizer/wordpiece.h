/* The state of a WordPiece tokenizer (Schuster and Nakajima, "Japanese and Korean voice search",
 * 2012; Devlin et al., "BERT", 2018) with BERT's normalizer and pre-tokenizer. */
#ifndef CPL_TOKENIZER_WORDPIECE_H
#define CPL_TOKENIZER_WORDPIECE_H

#include "tokenizer/bert_characters.h"
#include "tokenizer/piece_trie.h"
#include "tokenizer/tokenizer_model.h"

enum { CPL_WORDPIECE_LONGEST = 1000 }; /* highest max_characters that is accepted */

struct cpl_wordpiece {
    struct cpl_bert_characters characters;
    struct cpl_piece_trie trie;
    char *prefix;       /* "##" */
    int32_t continuing; /* node that the prefix leads to, -1: no piece has it */
    int32_t unknown_id;
    size_t max_characters; /* longer words are unknown */
};

struct cpl_wordpiece_options {
    struct cpl_bert_options bert;
    const char *prefix;    /* NULL: "##" */
    const char *unknown;   /* NULL: "[UNK]" */
    size_t max_characters; /* 0: 100 */
};
/* Builds the state over tokenizer->pieces; CPL_ERROR_INPUT when they lack the unknown piece. */
cpl_status cpl_wordpiece_attach(struct cpl_tokenizer *tokenizer,
                                const struct cpl_wordpiece_options *options, const char *where,
                                struct cpl_error *error);

/* See struct cpl_tokenizer_model. */
cpl_status cpl_wordpiece_encode(const struct cpl_tokenizer *tokenizer,
                                struct cpl_encoding *encoding, const char *text, size_t begin,
                                size_t end, struct cpl_error *error);
/* The same by way of the whole normalised text: for marks that change places and added tokens that
 * are looked for in normalised text; also the second way in tests. */
cpl_status cpl_wordpiece_encode_normalized(const struct cpl_tokenizer *tokenizer,
                                           struct cpl_encoding *encoding, const char *text,
                                           size_t begin, size_t end, struct cpl_error *error);

/* ---- between the two ways -------------------------------------------------------------------- */

/* A word being collected.  While its bytes are those of the text (or of the same length at the same
 * places), only `first` says where they are from; else begin and end do, a byte each. */
struct cpl_wordpiece_word {
    size_t n_bytes, n_characters;
    size_t first, last_end; /* of the text */
    bool contiguous;
    char bytes[4 * CPL_WORDPIECE_LONGEST];
    size_t begin[4 * CPL_WORDPIECE_LONGEST], end[4 * CPL_WORDPIECE_LONGEST];
};
/* Appends a normalised character that stands for text[begin, end). */
void cpl_wordpiece_append(struct cpl_wordpiece_word *word, uint32_t code, size_t begin,
                          size_t end, size_t max_characters);
/* Emits the word's pieces and empties it. */
cpl_status cpl_wordpiece_flush(const struct cpl_wordpiece *wordpiece,
                               struct cpl_encoding *encoding, struct cpl_wordpiece_word *word,
                               struct cpl_error *error);

/* Normalised text with the place that each byte is from. */
struct cpl_normal_text {
    char *bytes;
    size_t *begin, *end;
    size_t n_bytes, capacity, begin_capacity, end_capacity;
};
cpl_status cpl_bert_normalize(const struct cpl_bert_characters *characters,
                              struct cpl_normal_text *normal, const char *text, size_t begin,
                              size_t end, struct cpl_error *error);
void cpl_normal_text_clear(struct cpl_normal_text *normal);

#endif
