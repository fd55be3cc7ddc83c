/* The dictionary's trie: see word_trie.h. */
#include "text/word_trie.h"

#include "base/memory.h"
#include "base/try.h"
#include "text/utf8.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { HUGE_PAGE = 2 << 20 };

/* Zeroed memory for a table that is looked into anywhere; on huge pages, as most of the time would go
 * into finding small ones. */
static cpl_status new_table(void *out, size_t count, size_t size, struct cpl_error *error)
{
    void **table = out;
    size_t bytes;
    if (!cpl_size_multiply(&bytes, count, size))
        return cpl_error_set(error, CPL_ERROR_SYSTEM, NULL, "dictionary too large");
    if (bytes < HUGE_PAGE / 2)
        return cpl_memory_new(out, count, size, error);
    CPL_TRY(cpl_memory_new_raw(out, bytes, HUGE_PAGE, error));
    madvise(*table, bytes, MADV_HUGEPAGE);
    memset(*table, 0, bytes);
    return CPL_OK;
}

cpl_status cpl_word_trie_init(struct cpl_word_trie *trie, struct cpl_error *error)
{
    *trie = (struct cpl_word_trie){.n_slots = 1u << 16};
    CPL_TRY(cpl_memory_new(&trie->edges, trie->n_slots, sizeof *trie->edges, error));
    CPL_TRY(cpl_memory_grow(&trie->nodes, &trie->node_capacity, 1, sizeof *trie->nodes, error));
    trie->nodes[0] = (struct cpl_trie_node){0};
    trie->n_nodes = 1;
    return new_table(&trie->rows, CPL_ROWS, sizeof *trie->rows, error);
}

void cpl_word_trie_clear(struct cpl_word_trie *trie)
{
    free(trie->rows);
    free(trie->edges);
    free(trie->nodes);
    *trie = (struct cpl_word_trie){0};
}

/* The slot of a key, or the empty one where it belongs. */
static struct cpl_trie_edge *slot_of(struct cpl_trie_edge *edges, size_t n_slots, uint64_t key)
{
    size_t slot = cpl_trie_slot(key, n_slots);
    while (edges[slot].key != key && edges[slot].key != 0)
        slot = (slot + 1) & (n_slots - 1);
    return &edges[slot];
}

/* Where the edge from a node by a code point is or belongs. */
static struct cpl_trie_edge *place_of(const struct cpl_word_trie *trie, uint32_t node,
                                      uint32_t code)
{
    struct cpl_trie_row *row = node == 0 ? cpl_word_trie_row(trie, code) : NULL;
    return row ? &row->first : slot_of(trie->edges, trie->n_slots, (uint64_t)node << 21 | code);
}

static cpl_status double_slots(struct cpl_word_trie *trie, struct cpl_error *error)
{
    size_t n_slots;
    struct cpl_trie_edge *edges = NULL;
    if (!cpl_size_multiply(&n_slots, trie->n_slots, 2))
        return cpl_error_set(error, CPL_ERROR_SYSTEM, NULL, "dictionary too large");
    CPL_TRY(new_table(&edges, n_slots, sizeof *edges, error));
    for (size_t i = 0; i < trie->n_slots; i++)
        if (trie->edges[i].key != 0)
            *slot_of(edges, n_slots, trie->edges[i].key) = trie->edges[i];
    free(trie->edges);
    trie->edges = edges;
    trie->n_slots = n_slots;
    return CPL_OK;
}

/* *edge: from the node by the code point, made if it is not there. */
static cpl_status grow_edge(struct cpl_word_trie *trie, struct cpl_trie_edge **edge,
                            uint32_t node, uint32_t code, struct cpl_error *error)
{
    uint64_t key = (uint64_t)node << 21 | code;
    *edge = place_of(trie, node, code);
    if ((*edge)->key == key)
        return CPL_OK;
    if (trie->n_nodes > INT32_MAX)
        return cpl_error_set(error, CPL_ERROR_SYSTEM, NULL, "dictionary too large");
    CPL_TRY(cpl_memory_grow(&trie->nodes, &trie->node_capacity, trie->n_nodes + 1,
                            sizeof *trie->nodes, error));
    if ((trie->n_edges + 1) / 3 * 4 > trie->n_slots) {
        CPL_TRY(double_slots(trie, error));
        *edge = place_of(trie, node, code);
    }
    uint32_t child = (uint32_t)trie->n_nodes++;
    trie->nodes[child] = (struct cpl_trie_node){0};
    **edge = (struct cpl_trie_edge){.key = key & (((uint64_t)1 << 53) - 1),
                                    .child = child & INT32_MAX,
                                    .weight = CPL_NO_WORD};
    trie->n_edges++;
    return CPL_OK;
}

static void allow_pair(struct cpl_word_trie *trie, uint32_t first, uint32_t second)
{
    struct cpl_trie_row *row = cpl_word_trie_row(trie, first);
    uint32_t bit = second % CPL_ROW_BITS;
    if (row)
        row->pairs[bit / 64] |= (uint64_t)1 << bit % 64;
}

cpl_status cpl_word_trie_set(struct cpl_word_trie *trie, const char *word, size_t length,
                             struct cpl_trie_node entry, struct cpl_error *error)
{
    struct cpl_trie_edge *edge = NULL;
    uint32_t before = 0;
    for (size_t at = 0, n = 0; at < length; n++) {
        uint32_t code = cpl_utf8_next(word, &at);
        if (edge)
            edge->next |= (1u << code % CPL_NEXT_BITS) & ((1u << CPL_NEXT_BITS) - 1);
        CPL_TRY(grow_edge(trie, &edge, edge ? edge->child : 0, code, error));
        if (n == 1)
            allow_pair(trie, before, code);
        before = code;
    }
    if (!edge)
        return CPL_OK;
    /* not in the type of the bit field, whose differences wrap at its own width */
    trie->total += entry.count;
    trie->total -= trie->nodes[edge->child].count;
    trie->nodes[edge->child] = entry;
    edge->has_cuts = entry.cuts != 0;
    edge->weight = entry.count ? cpl_word_trie_weight(trie, entry.count) : CPL_NO_WORD;
    return CPL_OK;
}

struct cpl_trie_edge *cpl_word_trie_find(const struct cpl_word_trie *trie, const char *word,
                                         size_t length)
{
    struct cpl_trie_edge *edge = NULL;
    for (size_t at = 0; at < length;) {
        edge = place_of(trie, edge ? edge->child : 0, cpl_utf8_next(word, &at));
        if (edge->key == 0)
            return NULL;
    }
    return edge;
}

void cpl_word_trie_cut(struct cpl_word_trie *trie, const char *word, size_t length,
                       uint64_t cuts)
{
    struct cpl_trie_edge *edge = cpl_word_trie_find(trie, word, length);
    assert(edge && cuts < (uint64_t)1 << CPL_MAX_CUTS);
    edge->has_cuts = cuts != 0;
    trie->nodes[edge->child].cuts = cuts & ((1u << CPL_MAX_CUTS) - 1);
}

uint64_t cpl_word_trie_count(const struct cpl_word_trie *trie, const char *word, size_t length)
{
    const struct cpl_trie_edge *edge = cpl_word_trie_find(trie, word, length);
    return edge ? trie->nodes[edge->child].count : 0;
}

int32_t cpl_word_trie_weight(const struct cpl_word_trie *trie, uint64_t count)
{
    double probability = (double)(count ? count : 1) / (double)(trie->total ? trie->total : 1);
    return (int32_t)lrint(log(probability) * (1 << CPL_WEIGHT_BITS));
}

static void weigh_edge(const struct cpl_word_trie *trie, struct cpl_trie_edge *edge)
{
    uint64_t count = edge->key ? trie->nodes[edge->child].count : 0;
    edge->weight = count ? cpl_word_trie_weight(trie, count) : CPL_NO_WORD;
}

void cpl_word_trie_weigh(struct cpl_word_trie *trie)
{
    for (size_t i = 0; i < trie->n_slots; i++)
        weigh_edge(trie, &trie->edges[i]);
    for (size_t i = 0; i < CPL_ROWS; i++)
        weigh_edge(trie, &trie->rows[i].first);
}
