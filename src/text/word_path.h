/* The most probable path over the dictionary's words (a unigram model, jieba's way), with the units of
 * word_unit.h as single steps.
 *
 * The text is cut into chunks at places that no dictionary word crosses, mostly a few characters
 * long; each chunk is solved by itself, which gives the path of the whole and needs no heap. */
#ifndef CPL_TEXT_WORD_PATH_H
#define CPL_TEXT_WORD_PATH_H

#include "text/word_trie.h"

#include <stdbool.h>

/* A chunk is closed by force at this many bytes or edges: only for text made to be bad. */
enum { CPL_PATH_BYTES = 768, CPL_PATH_EDGES = 4096 };

struct cpl_path_edge {
    uint16_t begin, end; /* bytes from the chunk's begin */
    int32_t weight;
    uint32_t cuts; /* as in struct cpl_trie_node */
};
struct cpl_word_path {
    const struct cpl_word_trie *trie;
    int32_t unknown; /* weight of what the dictionary does not have */
    int32_t number;  /* weight of a number in digits: that of 两 */
    uint32_t two;    /* node of 两, from which measure words are reached; 0: none */
    const char *text;
    size_t length;   /* of the text */
    size_t ahead_at; /* place in the text whose first edge is known, */
    const struct cpl_trie_edge *ahead;
    size_t begin; /* of the chunk in the text */
    size_t reach; /* farthest end of an edge so far, from the chunk's begin like all below */
    size_t n_edges;
    size_t
        only_unit; /* the chunk is one unit of this many bytes, longer than the tables; 0: no */
    struct cpl_path_edge edge[CPL_PATH_EDGES];
    bool is_place[CPL_PATH_BYTES + 1]; /* an edge ends here */
    int64_t score[CPL_PATH_BYTES + 1]; /* of the best path from a place to the chunk's end */
    uint16_t best_end[CPL_PATH_BYTES + 1];  /* of the first word on that path */
    uint16_t best_cuts[CPL_PATH_BYTES + 1]; /* where it is cut further */
};

void cpl_word_path_init(struct cpl_word_path *path, const struct cpl_word_trie *trie,
                        int32_t unknown, const char *text, size_t length);
/* Solves the chunk that begins at `begin`, which is no white space; returns its length in bytes. */
size_t cpl_word_path_find(struct cpl_word_path *path, size_t begin);
/* End of the word that begins at a place of the chunk, 0 first. */
size_t cpl_word_path_word_end(const struct cpl_word_path *path, size_t place);
/* Where that word is cut further, as in struct cpl_trie_node. */
uint32_t cpl_word_path_cuts(const struct cpl_word_path *path, size_t place);
/* Logarithm of the chunk's probability, in the fixed point of word_trie.h. */
int64_t cpl_word_path_score(const struct cpl_word_path *path);

#endif
