/* A double-array trie over bytes (Aoe, "An efficient digital search algorithm by using a double-array
 * structure", 1989): the longest piece at a place of a text, one memory access a byte.
 *
 *     child = node[at].base + byte;  it is a child of `at` when node[child].parent == at */
#ifndef CPL_TOKENIZER_PIECE_TRIE_H
#define CPL_TOKENIZER_PIECE_TRIE_H

#include <couplet/status.h>
#include <stddef.h>
#include <stdint.h>

struct cpl_trie_node {
    int32_t base;
    int32_t parent; /* -1: not in use */
    int32_t value;  /* number of the piece that ends here, -1 if none does */
};
struct cpl_piece_trie {
    struct cpl_trie_node
        *node; /* node 0 is the root; 256 unused ones stand at the end, so that a
                                   step needs no bounds check */
    size_t n_nodes, capacity;
};
struct cpl_trie_piece {
    const char *text;
    size_t length;
    int32_t value; /* >= 0 */
};

/* `pieces` [n] is sorted in place; of equal texts the highest value counts.  An empty piece never
 * matches. */
cpl_status cpl_piece_trie_build(struct cpl_piece_trie *trie, struct cpl_trie_piece *pieces,
                                size_t n, struct cpl_error *error);
void cpl_piece_trie_clear(struct cpl_piece_trie *trie);

/* The node below `at`, or -1. */
static inline int32_t cpl_piece_trie_step(const struct cpl_piece_trie *trie, int32_t at,
                                          unsigned char byte)
{
    int32_t child = trie->node[at].base + byte;
    return trie->node[child].parent == at ? child : -1;
}

/* Where a text leads from the root; -1 if nowhere. */
static inline int32_t cpl_piece_trie_walk(const struct cpl_piece_trie *trie, const char *text,
                                          size_t length)
{
    int32_t at = 0;
    for (size_t i = 0; i < length && at >= 0; i++)
        at = cpl_piece_trie_step(trie, at, (unsigned char)text[i]);
    return at;
}

/* Number of the longest piece that starts at `text`, read from node `at`; -1 if none does.
 * *matched: its bytes. */
static inline int32_t cpl_piece_trie_longest(const struct cpl_piece_trie *trie, int32_t at,
                                             const char *text, size_t length, size_t *matched)
{
    int32_t found = -1;
    for (size_t i = 0; i < length; i++) {
        at = cpl_piece_trie_step(trie, at, (unsigned char)text[i]);
        if (at < 0)
            break;
        if (trie->node[at].value >= 0) {
            found = trie->node[at].value;
            *matched = i + 1;
        }
    }
    return found;
}

#endif
