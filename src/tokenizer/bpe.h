/* Byte pair encoding (Sennrich et al., "Neural machine translation of rare words with subword units",
 * 2016): a word begins as characters or bytes, then the adjacent pair of lowest rank is merged, the
 * leftmost first among equals, until no pair has a merge.  Options as Hugging Face's tokenizers has
 * them.
 *
 *     characters → symbols (bpe_symbols.c) → merges one by one (bpe_merge.c)
 *
 * is the definition; where a vocabulary allows, bpe_search.h finds the same tokens without merging. */
#ifndef CPL_TOKENIZER_BPE_H
#define CPL_TOKENIZER_BPE_H

#include "tokenizer/bpe_pairs.h"
#include "tokenizer/bpe_queue.h"
#include "tokenizer/bpe_search.h"
#include "tokenizer/tokenizer_model.h"
#include "tokenizer/word_cache.h"

enum { CPL_BPE_LONGEST_MARK = 1000 }; /* bytes of prefix and suffix */

struct cpl_bpe_options {
    const char *unknown; /* token for what has no piece; NULL or "": it is left out */
    const char *prefix;  /* of pieces that continue a word; NULL or "": none */
    const char *suffix;  /* of pieces that end a word; NULL or "": none */
    bool fuse_unknown;   /* unknown characters side by side are one token */
    bool byte_fallback;  /* unknown characters become <0x00> … <0xFF> where there are such */
    bool ignore_merges;  /* a word that is a piece is that piece */
};

/* The model's state. */
struct cpl_bpe {
    struct cpl_bpe_options options; /* texts are owned; prefix and suffix never NULL */
    int32_t unknown_id;             /* -1: the vocabulary lacks it */
    int32_t byte_id[256];           /* of <0x..>, -1: none */
    struct cpl_bpe_pairs pairs;
    uint8_t *own; /* [n_own] whether the id is the model's; added tokens are not */
    int32_t n_own;
    bool has_all_bytes; /* all of byte_id are there */
};

/* Makes tokenizer->state out of tokenizer->pieces, in which the model's pieces are, and merges (ids of
 * those pieces; of equal pairs the last counts).  A model of another type may use it, with the
 * functions below in its table. */
cpl_status cpl_bpe_attach(struct cpl_tokenizer *tokenizer,
                          const struct cpl_bpe_options *options,
                          const struct cpl_bpe_merge *merges, size_t n_merges,
                          const char *where, struct cpl_error *error);
cpl_status cpl_bpe_encode_word(const struct cpl_tokenizer *tokenizer,
                               struct cpl_encoding *encoding, const char *bytes, size_t begin,
                               size_t end, struct cpl_error *error);
void cpl_bpe_free(void *state);
/* The model's piece with that text, -1 if there is none. */
int32_t cpl_bpe_find(const struct cpl_tokenizer *tokenizer, const char *text, size_t length);

/* ---- merging ---------------------------------------------------------------------------------- */

/* Symbols side by side; `length` bytes of the word each, 0 once merged into the one before. */
struct cpl_bpe_symbol {
    int32_t id;
    uint32_t length;
    uint32_t previous, next; /* used while merging; UINT32_MAX: none */
};
struct cpl_bpe_work {
    struct cpl_bpe_symbol *symbol;
    size_t n, capacity;
    struct cpl_bpe_queue queue; /* places are indices of left symbols */
};
cpl_status cpl_bpe_work_add(struct cpl_bpe_work *work, int32_t id, size_t length,
                            struct cpl_error *error);
/* Merges all there is to merge; afterwards the symbols [0, work->n) are the tokens.
 * Time is linear. */
cpl_status cpl_bpe_work_merge(struct cpl_bpe_work *work, const struct cpl_bpe_pairs *pairs,
                              struct cpl_error *error);
void cpl_bpe_work_clear(struct cpl_bpe_work *work);

/* The symbols that a word begins as. */
cpl_status cpl_bpe_symbols(const struct cpl_tokenizer *tokenizer, struct cpl_bpe_work *work,
                           const char *word, size_t length, struct cpl_error *error);

/* ---- memory ----------------------------------------------------------------------------------- */

/* What encoding keeps from word to word, by whatever way; struct cpl_encode_scratch.engine. */
struct cpl_bpe_engine {
    struct cpl_bpe_work work;
    struct cpl_bpe_search_memory search;
    struct cpl_word_cache cache;
    char *text; /* of a section with its prefix */
    size_t text_capacity;
};
cpl_status cpl_bpe_engine(struct cpl_bpe_engine **engine, const struct cpl_tokenizer *tokenizer,
                          struct cpl_encoding *encoding, struct cpl_error *error);

#endif
