/* Words as paths of code points with a frequency at their end.
 *
 * Edges live in one open-addressing table keyed by (node, code point), so a step is one probe
 * and usually one cache line; a trie of 350,000 Chinese words takes 22 MB and builds in a tenth
 * of a second.  Weights are logarithms in fixed point: integer sums are the same on every
 * machine. */
#ifndef CPL_TEXT_WORD_TRIE_H
#define CPL_TEXT_WORD_TRIE_H

#include <couplet/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* log(x) * 2^20 in 32 bits reaches from e^-2047 to e^2047. */
enum { CPL_WEIGHT_BITS = 20, CPL_NO_WORD = INT32_MIN };

enum { CPL_NEXT_BITS = 11 };
struct cpl_trie_edge {
    uint64_t key : 53;             /* node << 21 | code point, 0 for an empty slot */
    uint64_t next : CPL_NEXT_BITS; /* bit code % 11 of the characters that go on from here */
    uint32_t child : 31;           /* node number */
    uint32_t has_cuts : 1; /* the word that ends here is more than one: its node says where */
    int32_t weight; /* log probability of the word that ends here, CPL_NO_WORD if none does */
};

/* What a word's tag says of it, as far as anything asks. */
enum cpl_word_kind { CPL_WORD_OTHER, CPL_WORD_NAME, CPL_WORD_MEASURE };
enum { CPL_MAX_CUTS = 16, CPL_COUNT_BITS = 44, CPL_MAX_COUNT_DIGITS = 13 };

struct cpl_trie_node {
    uint64_t count : CPL_COUNT_BITS; /* frequency of the word that ends here, 0 if none does */
    uint64_t kind : 4;
    uint64_t cuts : CPL_MAX_CUTS; /* bit i: a word ends behind character i + 1 of this one */
};

/* What begins with a Chinese character, in one cache line: most neighbours in a text begin no word, and
 * this spares them a look into the large table. */
enum { CPL_ROW_BEGIN = 0x3400, CPL_ROWS = 0xA000 - 0x3400, CPL_ROW_BITS = 384 };
struct cpl_trie_row {
    struct cpl_trie_edge first;        /* the root's edge by the character; key 0: none */
    uint64_t pairs[CPL_ROW_BITS / 64]; /* bit code % 384 of the second characters */
};

struct cpl_word_trie {
    struct cpl_trie_row *rows;   /* [CPL_ROWS] */
    struct cpl_trie_edge *edges; /* [n_slots], a power of two: all other edges */
    size_t n_slots, n_edges;
    struct cpl_trie_node *nodes; /* [n_nodes], 0 is the root */
    size_t n_nodes, node_capacity;
    uint64_t total; /* of all counts */
};

cpl_status cpl_word_trie_init(struct cpl_word_trie *trie, struct cpl_error *error);
void cpl_word_trie_clear(struct cpl_word_trie *trie);
/* Sets a word of valid UTF-8 with its frequency, replacing an earlier one with its cuts; frequency
 * 0 takes it out.  The other words' weights are for the old total until cpl_word_trie_weigh. */
cpl_status cpl_word_trie_set(struct cpl_word_trie *trie, const char *word, size_t length,
                             struct cpl_trie_node entry, struct cpl_error *error);
/* Says where a word of the trie is cut. */
void cpl_word_trie_cut(struct cpl_word_trie *trie, const char *word, size_t length,
                       uint64_t cuts);
/* The edge into the last character of `word`, NULL if no word begins like this. */
struct cpl_trie_edge *cpl_word_trie_find(const struct cpl_word_trie *trie, const char *word,
                                         size_t length);
/* Frequency of a word, 0 if it is none. */
uint64_t cpl_word_trie_count(const struct cpl_word_trie *trie, const char *word, size_t length);
/* Computes all weights from counts and total. */
void cpl_word_trie_weigh(struct cpl_word_trie *trie);
/* log(count / total) in fixed point; count 0 counts as 1. */
int32_t cpl_word_trie_weight(const struct cpl_word_trie *trie, uint64_t count);

static inline size_t cpl_trie_slot(uint64_t key, size_t n_slots)
{
    uint64_t mixed = key * 0x9E3779B97F4A7C15u;
    return (size_t)(mixed ^ mixed >> 32) & (n_slots - 1);
}

/* The row of a first character, NULL if it has none. */
static inline struct cpl_trie_row *cpl_word_trie_row(const struct cpl_word_trie *trie,
                                                     uint32_t code)
{
    return code >= CPL_ROW_BEGIN && code - CPL_ROW_BEGIN < CPL_ROWS
               ? &trie->rows[code - CPL_ROW_BEGIN]
               : NULL;
}

/* The edge from a node other than the root, or by a character without a row; NULL if there is none,
 * as for code point 0, which no word holds. */
static inline const struct cpl_trie_edge *cpl_word_trie_step(const struct cpl_word_trie *trie,
                                                             uint32_t node, uint32_t code)
{
    uint64_t key = (uint64_t)node << 21 | code;
    size_t slot = cpl_trie_slot(key, trie->n_slots);
    if (code == 0)
        return NULL;
    while (trie->edges[slot].key != key) {
        if (trie->edges[slot].key == 0)
            return NULL;
        slot = (slot + 1) & (trie->n_slots - 1);
    }
    return &trie->edges[slot];
}

/* The root's edge, NULL if no word begins with the character. */
static inline const struct cpl_trie_edge *cpl_word_trie_first(const struct cpl_word_trie *trie,
                                                              uint32_t code)
{
    const struct cpl_trie_row *row = cpl_word_trie_row(trie, code);
    if (row)
        return row->first.key ? &row->first : NULL;
    return cpl_word_trie_step(trie, 0, code);
}

/* False if the edge does not go on with the character; true says nothing. */
static inline bool cpl_word_trie_may_go_on(const struct cpl_trie_edge *edge, uint32_t code)
{
    return (edge->next >> code % CPL_NEXT_BITS & 1) != 0;
}

/* False if no word begins with these two characters; true says nothing. */
static inline bool cpl_word_trie_may_begin(const struct cpl_word_trie *trie, uint32_t first,
                                           uint32_t second)
{
    const struct cpl_trie_row *row = cpl_word_trie_row(trie, first);
    uint32_t bit = second % CPL_ROW_BITS;
    return !row || (row->pairs[bit / 64] >> bit % 64 & 1) != 0;
}

/* Starts loading what cpl_word_trie_step will read. */
static inline void cpl_word_trie_prefetch(const struct cpl_word_trie *trie, uint32_t node,
                                          uint32_t code)
{
    uint64_t key = (uint64_t)node << 21 | code;
    __builtin_prefetch(&trie->edges[cpl_trie_slot(key, trie->n_slots)]);
}

#endif
