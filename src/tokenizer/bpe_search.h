/* Byte pair encoding without merging.
 *
 * A sequence of tokens is what merging gives exactly when every two neighbours are: merging never
 * looks further than at two symbols, so the first merge across a border would happen between the two
 * alone as well (Berglund and van der Merwe, "Formalizing BPE Tokenization", 2023, show this for
 * merges in order; here ties go to the left).  So the longest piece is taken, then it is asked whether
 * it may follow the one before; if not, the next shorter one; if none may, the one before goes.  Every
 * place is left behind for good at most once, so time is linear.
 *
 * Two tokens may stand side by side when no merge crosses the border between them at any time:
 *
 *     … a|b …   both are taken apart again, the one that was made later first; the symbols at the
 *               border were neighbours until one of them went into a larger one; a merge of the two
 *               whose turn came before that would have been made.
 *
 * This asks for vocabularies in which parts are made before what they are parts of (all that were
 * learnt by merging); others are refused. */
#ifndef CPL_TOKENIZER_BPE_SEARCH_H
#define CPL_TOKENIZER_BPE_SEARCH_H

#include "tokenizer/bpe_pairs.h"
#include "tokenizer/piece_trie.h"
#include <stdbool.h>

/* A piece that merging makes out of its own text, with its last merge. */
struct cpl_bpe_piece {
    int32_t left, right;
    uint32_t
        made; /* 1 + rank of that merge; 0: a symbol that words begin as; UINT32_MAX: no such
                        piece */
    uint32_t length; /* bytes of text */
    int32_t shorter; /* the longest piece that it begins with, -1: none */
};
enum { CPL_BPE_LONGEST_PIECE = 1024 }; /* bytes; longer ones are refused */

struct cpl_bpe_search {
    const struct cpl_bpe_pairs *pairs; /* borrowed */
    struct cpl_bpe_piece *piece;       /* [n_pieces] by id */
    int32_t n_pieces;
    struct cpl_piece_trie trie;
};

struct cpl_bpe_token {
    int32_t id;
    uint32_t end; /* bytes of the word */
};
/* What a search keeps between words. */
struct cpl_bpe_search_memory {
    struct cpl_bpe_token *token; /* [n] of this word */
    size_t n, capacity;
    uint64_t *dead; /* [n_dead] bits: places that no token may begin at */
    size_t n_dead;
    uint64_t *known; /* [CPL_BPE_KNOWN] pairs that were asked about, with the answer */
};
enum { CPL_BPE_KNOWN = 1 << 15 };

/* `text` (id) gives the bytes that a piece stands for, NULL for ids that are none; `symbol` [n_pieces]
 * says which are symbols that words begin as.  *possible: false when the vocabulary is of the kind
 * that is refused; then `search` is to be cleared, too. */
struct cpl_bpe_text {
    const char *bytes; /* NULL: not a piece */
    uint32_t length;
};
cpl_status cpl_bpe_search_build(struct cpl_bpe_search *search, bool *possible,
                                const struct cpl_bpe_pairs *pairs,
                                const struct cpl_bpe_text *text, const bool *symbol,
                                int32_t n_pieces, struct cpl_error *error);
void cpl_bpe_search_clear(struct cpl_bpe_search *search);

/* Appends the tokens of word[*at, length) to memory->token, and moves *at to the end, or to the first
 * character that is no symbol.  length < UINT32_MAX. */
cpl_status cpl_bpe_search_word(const struct cpl_bpe_search *search,
                               struct cpl_bpe_search_memory *memory, const char *word,
                               size_t *at, size_t length, struct cpl_error *error);
/* Whether the second token may stand behind the first. */
bool cpl_bpe_search_follows(const struct cpl_bpe_search *search,
                            struct cpl_bpe_search_memory *memory, int32_t left, int32_t right);
void cpl_bpe_search_memory_clear(struct cpl_bpe_search_memory *memory);

#endif
