/* The state of a WordPiece model (Schuster and Nakajima, "Japanese and Korean voice search", 2012;
 * Devlin et al., "BERT", 2018): greedy longest match, a word without one is unknown as a whole. */
#ifndef CPL_TOKENIZER_WORDPIECE_H
#define CPL_TOKENIZER_WORDPIECE_H

#include "tokenizer/piece_trie.h"
#include "tokenizer/tokenizer_model.h"

enum { CPL_WORDPIECE_LONGEST = 1000 }; /* highest max_characters that is accepted */

struct cpl_wordpiece {
    struct cpl_piece_trie trie;
    char *prefix;       /* "##" */
    int32_t continuing; /* node that the prefix leads to, -1: no piece has it */
    int32_t unknown_id;
    size_t max_characters; /* longer words are unknown */
};

#endif
