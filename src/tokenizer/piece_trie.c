/* Building the double-array trie: see piece_trie.h. */
#include "tokenizer/piece_trie.h"

#include "base/memory.h"
#include "base/try.h"
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { ALPHABET = 256 };

/* Pieces [first, last) share the `depth` bytes that lead to node `at`. */
struct task {
    size_t first, last, depth;
    int32_t at;
};
struct builder {
    struct cpl_piece_trie *trie;
    const struct cpl_trie_piece *pieces;
    struct task *tasks;
    size_t n_tasks, task_capacity;
    size_t first_free;  /* no free node lies before it */
    size_t first_roomy; /* hardly any lies before it */
};

static int compare_pieces(const void *left, const void *right)
{
    const struct cpl_trie_piece *a = left, *b = right;
    size_t common = a->length < b->length ? a->length : b->length;
    int order = memcmp(a->text, b->text, common);
    if (order != 0)
        return order;
    if (a->length != b->length)
        return a->length < b->length ? -1 : 1;
    return (a->value > b->value) - (a->value < b->value);
}

static cpl_status reserve(struct cpl_piece_trie *trie, size_t n, struct cpl_error *error)
{
    if (n <= trie->n_nodes)
        return CPL_OK;
    if (n > INT32_MAX / 2)
        return cpl_error_set(error, CPL_ERROR_INPUT, NULL, "the vocabulary is too large");
    CPL_TRY(cpl_memory_grow(&trie->node, &trie->capacity, n, sizeof *trie->node, error));
    for (; trie->n_nodes < n; trie->n_nodes++)
        trie->node[trie->n_nodes] = (struct cpl_trie_node){0, -1, -1};
    return CPL_OK;
}

/* A base under which all `bytes` [n] (ascending) fall on free nodes.  Only children fill the holes from
 * the front; brothers are looked for from a place that moves on whenever the search became long, so
 * that building takes time in proportion to the trie. */
static cpl_status find_base(struct builder *builder, size_t *base, const unsigned char *bytes,
                            size_t n, struct cpl_error *error)
{
    struct cpl_piece_trie *trie = builder->trie;
    size_t *start = n == 1 ? &builder->first_free : &builder->first_roomy;
    while (*start < trie->n_nodes && trie->node[*start].parent >= 0)
        ++*start;
    size_t at = *start, tried = 0; /* at least ALPHABET, so that bases are positive */
    for (;; at++, tried++) {
        size_t candidate = at - bytes[0], i = 0;
        CPL_TRY(reserve(trie, candidate + 2 * ALPHABET, error));
        while (i < n && trie->node[candidate + bytes[i]].parent < 0)
            i++;
        if (i == n)
            break;
    }
    if (n > 1 && tried > ALPHABET)
        builder->first_roomy = at;
    *base = at - bytes[0];
    return CPL_OK;
}

static cpl_status push(struct builder *builder, struct task task, struct cpl_error *error)
{
    CPL_TRY(cpl_memory_grow(&builder->tasks, &builder->task_capacity, builder->n_tasks + 1,
                            sizeof task, error));
    builder->tasks[builder->n_tasks++] = task;
    return CPL_OK;
}

/* Places the children of one node and leaves a task for each. */
static cpl_status place_children(struct builder *builder, struct task task,
                                 struct cpl_error *error)
{
    struct cpl_piece_trie *trie = builder->trie;
    const struct cpl_trie_piece *pieces = builder->pieces;
    for (; task.first < task.last && pieces[task.first].length == task.depth; task.first++)
        trie->node[task.at].value = pieces[task.first].value;
    if (task.first == task.last)
        return CPL_OK;
    unsigned char bytes[ALPHABET];
    size_t begin[ALPHABET + 1], n = 0;
    for (size_t i = task.first; i < task.last; i++) {
        unsigned char byte = (unsigned char)pieces[i].text[task.depth];
        if (n > 0 && bytes[n - 1] == byte)
            continue;
        bytes[n] = byte;
        begin[n++] = i;
    }
    begin[n] = task.last;
    size_t base;
    CPL_TRY(find_base(builder, &base, bytes, n, error));
    trie->node[task.at].base = (int32_t)base;
    for (size_t i = 0; i < n; i++)
        trie->node[base + bytes[i]].parent = task.at;
    for (size_t i = n; i-- > 0;)
        CPL_TRY(push(
            builder,
            (struct task){begin[i], begin[i + 1], task.depth + 1, (int32_t)(base + bytes[i])},
            error));
    return CPL_OK;
}

cpl_status cpl_piece_trie_build(struct cpl_piece_trie *trie, struct cpl_trie_piece *pieces,
                                size_t n, struct cpl_error *error)
{
    *trie = (struct cpl_piece_trie){0};
    struct builder builder = {
        .trie = trie, .pieces = pieces, .first_free = ALPHABET, .first_roomy = ALPHABET};
    cpl_status status = CPL_OK;
    if (n > 0)
        qsort(pieces, n, sizeof *pieces, compare_pieces);
    CPL_TRY_GOTO(reserve(trie, 2 * ALPHABET, error));
    trie->node[0].parent = INT32_MAX; /* in use, and nobody's child */
    CPL_TRY_GOTO(push(&builder, (struct task){0, n, 0, 0}, error));
    while (builder.n_tasks > 0) {
        struct task task = builder.tasks[--builder.n_tasks];
        CPL_TRY_GOTO(place_children(&builder, task, error));
    }
    trie->node[0].value = -1;
done:
    free(builder.tasks);
    if (status != CPL_OK)
        cpl_piece_trie_clear(trie);
    return status;
}

void cpl_piece_trie_clear(struct cpl_piece_trie *trie)
{
    free(trie->node);
    *trie = (struct cpl_piece_trie){0};
}
