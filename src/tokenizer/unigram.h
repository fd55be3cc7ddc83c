/* Unigram language models (Kudo, "Subword regularization", 2018): of all ways to cut a text into pieces
 * the one whose scores have the highest sum.
 *
 * Two programs define what that is to the last bit: Hugging Face's tokenizers (models/unigram/model.rs,
 * encode_optimized: sums in f64) and sentencepiece (unigram_model.cc, EncodeOptimized: sums in f32).  Both go from left to right, try the pieces that begin at a place
 * from the shortest on, and keep the first of equal sums.  A character that is no piece by itself is
 * also an unknown piece. */
#ifndef CPL_TOKENIZER_UNIGRAM_H
#define CPL_TOKENIZER_UNIGRAM_H

#include "tokenizer/piece_trie.h"
#include "tokenizer/tokenizer_model.h"

enum { CPL_VITERBI_LONGEST = 4096 }; /* bytes of a piece */

/* A node of the trie with the score of the piece that ends there, all in one place. */
struct cpl_viterbi_node {
    int32_t base, parent, value;
    float score;
};
enum { CPL_VITERBI_FIRST = 0x10000 };

struct cpl_viterbi {
    struct cpl_viterbi_node *node; /* piece_trie.h, of pieces that texts can have */
    int32_t *
        first; /* [CPL_VITERBI_FIRST] the node that a character leads to, -1: no piece begins with
                       it */
    double *score; /* [V] by id */
    bool wide;     /* some scores are no f32: those of the nodes are not used */
    int32_t n_scores;
    double unknown_score;
    int32_t unknown_id; /* -1: unknown characters are an error */
    size_t longest;     /* bytes of the longest piece in the trie */
    bool narrow;        /* sums are rounded to f32, as sentencepiece does */
    bool byte_fallback;
    int32_t byte_id[256]; /* of <0x..>, -1: none */
};
void cpl_viterbi_clear(struct cpl_viterbi *unigram);
/* Trie of the ids whose `use` is not 0, taken from `pieces`, with their scores; sets `longest`. */
cpl_status cpl_viterbi_build(struct cpl_viterbi *unigram, const struct cpl_pieces *pieces,
                             const uint8_t *use, const char *where, struct cpl_error *error);
/* Fills byte_id from the pieces "<0x00>" … "<0xFF>". */
void cpl_viterbi_find_bytes(int32_t byte_id[256], const struct cpl_pieces *pieces);

/* The id of a piece in the trie, -1 if there is none. */
int32_t cpl_viterbi_find(const struct cpl_viterbi *unigram, const char *text, size_t length);

/* ---- the search ------------------------------------------------------------------------------ */

/* The best way to a place of the text: its sum, and the last piece on it. */
struct cpl_viterbi_place {
    double total;
    int32_t id;
    uint32_t length; /* bytes of the piece; 0: nobody came here yet */
};
struct cpl_viterbi_token {
    int32_t id;
    uint32_t length;
};
/* A window of the text that moves along.  Zero value: at the start of a text. */
struct cpl_viterbi_search {
    struct cpl_viterbi_place *place; /* one for each byte of the window, and one behind it */
    size_t capacity;
    size_t at;                       /* pieces that begin before this byte have been tried */
    size_t n_places;                 /* those that are in use */
    struct cpl_viterbi_token *token; /* found by the last settling */
    size_t n_tokens, token_capacity;
};
void cpl_viterbi_search_start(struct cpl_viterbi_search *search);
/* Tries the pieces of window text[0, n), up to where more text could make a difference; all of it when
 * it is `final`. */
cpl_status cpl_viterbi_search_run(struct cpl_viterbi_search *search,
                                  const struct cpl_viterbi *unigram, const char *text, size_t n,
                                  bool final, struct cpl_error *error);
/* *settled: bytes at the start of the window about whose tokens nothing can change any more; the tokens
 * are put in search->token. */
cpl_status cpl_viterbi_search_settle(struct cpl_viterbi_search *search, size_t *settled,
                                     struct cpl_error *error);
/* Moves the window on. */
void cpl_viterbi_search_drop(struct cpl_viterbi_search *search, size_t n_bytes);
void cpl_viterbi_search_clear(struct cpl_viterbi_search *search);

#endif
