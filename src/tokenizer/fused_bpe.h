/* What the fused encoders of byte pair encoding share: words by way of a search (bpe_search.h), kept
 * in a cache, and the places of their tokens. */
#ifndef CPL_TOKENIZER_FUSED_BPE_H
#define CPL_TOKENIZER_FUSED_BPE_H

#include "tokenizer/bpe.h"

struct cpl_fused_bpe {
    struct cpl_bpe_search search;
    struct cpl_bpe_text *text; /* [search.n_pieces] what each piece stands for, in `pool` */
    char *pool;
    /* Appends the tokens of a word to engine->search.token. */
    cpl_status (*find)(const struct cpl_fused_bpe *fused, const struct cpl_tokenizer *tokenizer,
                       struct cpl_bpe_engine *engine, const char *word, size_t length,
                       struct cpl_error *error);
};

/* Texts of the model's pieces, the search over them; *possible as in bpe_search.h.  `decode` writes at
 * most `length` bytes, what the piece stands for, and gives their number; 0: it stands for none. */
cpl_status cpl_fused_bpe_init(struct cpl_fused_bpe *fused, bool *possible,
                              const struct cpl_tokenizer *tokenizer,
                              size_t (*decode)(char *out, const char *piece, size_t length),
                              bool (*is_symbol)(const char *text, size_t length),
                              struct cpl_error *error);
void cpl_fused_bpe_clear(struct cpl_fused_bpe *fused);

/* Puts the tokens of the word with that key into its place, unless they are too many or none. */
void cpl_bpe_word_keep(struct cpl_cached_word *word, const uint64_t key[3],
                       const struct cpl_bpe_token *token, size_t n);

/* A section as words are cut out of it: input text[begin, end), or a copy with a space before it that
 * is not in the input and has the place of the first character. */
struct cpl_bpe_section {
    const char *text; /* [end] */
    size_t begin, end;
    size_t shift; /* place in the input = place in `text` + shift, modulo 2^64 */
    bool prefixed;
};
/* text[begin, end) itself, or behind a space. */
cpl_status cpl_bpe_section_set(struct cpl_bpe_section *section, struct cpl_bpe_engine *engine,
                               const char *text, size_t begin, size_t end, bool prefixed,
                               struct cpl_error *error);
/* Appends the tokens of section->text[at, next). */
cpl_status cpl_fused_bpe_word(const struct cpl_fused_bpe *fused,
                              const struct cpl_tokenizer *tokenizer,
                              struct cpl_bpe_engine *engine, struct cpl_encoding *encoding,
                              const struct cpl_bpe_section *section, size_t at, size_t next,
                              struct cpl_error *error);

/* Encodes a part of the text in which no added token is; `first`: it begins the input. */
typedef cpl_status cpl_bpe_part(const void *state, const struct cpl_tokenizer *tokenizer,
                                struct cpl_bpe_engine *engine, struct cpl_encoding *encoding,
                                const char *text, size_t begin, size_t end, bool first,
                                struct cpl_error *error);
/* Cuts text[begin, end) at added tokens of the normalised text, where it is as it was; encodes what is
 * between them by `part`. */
cpl_status cpl_fused_bpe_encode(const struct cpl_tokenizer *tokenizer, const void *state,
                                cpl_bpe_part *part, struct cpl_encoding *encoding,
                                const char *text, size_t begin, size_t end, bool first,
                                struct cpl_error *error);

#endif
