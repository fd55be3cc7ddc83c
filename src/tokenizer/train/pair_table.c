/* Counting pairs: see pair_table.h. */
#include "tokenizer/train/pair_table.h"

#include "base/memory.h"
#include "base/try.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 2, MOST_ROOM = 62, BLOCK_HEAD = 2 };

/* ---- hash table ------------------------------------------------------------------------------ */

/* The pair's slot, or the free one where it belongs. */
static struct cpl_pair *find_slot(const struct cpl_pair_table *table, int32_t left,
                                  int32_t right)
{
    size_t at = cpl_pair_hash(table, left, right);
    for (;; at = (at + 1) & (table->n_slots - 1)) {
        struct cpl_pair *pair = &table->slot[at];
        if (!pair->used || (pair->left == left && pair->right == right))
            return pair;
    }
}

static cpl_status grow_slots(struct cpl_pair_table *table, struct cpl_error *error)
{
    if (table->n_pairs * 5 + 5 <= table->n_slots * 3)
        return CPL_OK;
    struct cpl_pair_table bigger = {.n_slots = table->n_slots ? table->n_slots * 2 : 1024};
    CPL_TRY(cpl_memory_new(&bigger.slot, bigger.n_slots, sizeof *bigger.slot, error));
    for (size_t i = 0; i < table->n_slots; i++)
        if (table->slot[i].used)
            *find_slot(&bigger, table->slot[i].left, table->slot[i].right) = table->slot[i];
    free(table->slot);
    table->slot = bigger.slot;
    table->n_slots = bigger.n_slots;
    return CPL_OK;
}

/* ---- places ---------------------------------------------------------------------------------- */

static cpl_status new_block(struct cpl_pair_table *table, uint32_t *block, uint32_t room,
                            struct cpl_error *error)
{
    size_t begin = table->n_block ? table->n_block : 1; /* 0 means none */
    size_t end = begin + BLOCK_HEAD + room;
    if (end > UINT32_MAX)
        return cpl_error_set(error, CPL_ERROR_SYSTEM, NULL, "more than %u places of pairs",
                             UINT32_MAX);
    CPL_TRY(cpl_memory_grow(&table->block, &table->block_capacity, end, sizeof *table->block,
                            error));
    table->block[begin] = 0;
    table->block[begin + 1] = room;
    table->n_block = end;
    *block = (uint32_t)begin;
    return CPL_OK;
}

static cpl_status note_place(struct cpl_pair_table *table, struct cpl_pair *pair,
                             uint32_t position, struct cpl_error *error)
{
    uint32_t last = pair->last, room = last ? table->block[last + 1] & 0xFFFF : 0;
    uint32_t n = last ? table->block[last + 1] >> 16 : 0;
    if (n == room) {
        uint32_t block = 0, more = room == 0 ? FIRST_ROOM : room * 2;
        CPL_TRY(new_block(table, &block, more < MOST_ROOM ? more : MOST_ROOM, error));
        if (last)
            table->block[last] = block;
        else
            pair->first = block;
        pair->last = last = block;
        n = 0;
    }
    table->block[last + BLOCK_HEAD + n] = position;
    table->block[last + 1] += 1u << 16;
    return CPL_OK;
}

cpl_status cpl_pairs_places(struct cpl_pair_table *table, int32_t left, int32_t right,
                            uint32_t **list, size_t *n, size_t *capacity,
                            struct cpl_error *error)
{
    struct cpl_pair *pair = find_slot(table, left, right);
    assert(pair->used);
    *n = 0;
    for (uint32_t block = pair->first; block; block = table->block[block]) {
        uint32_t here = table->block[block + 1] >> 16;
        CPL_TRY(cpl_memory_grow(list, capacity, *n + here, sizeof **list, error));
        memcpy(*list + *n, table->block + block + BLOCK_HEAD, here * sizeof **list);
        *n += here;
    }
    pair->first = pair->last = 0;
    pair->merged = true;
    return CPL_OK;
}

/* ---- counts ---------------------------------------------------------------------------------- */

cpl_status cpl_pairs_add(struct cpl_pair_table *table, int32_t left, int32_t right,
                         int64_t count, uint32_t position, struct cpl_error *error)
{
    CPL_TRY(grow_slots(table, error));
    struct cpl_pair *pair = find_slot(table, left, right);
    if (!pair->used) {
        *pair = (struct cpl_pair){.left = left, .right = right, .used = true};
        table->n_pairs++;
    }
    pair->count += count;
    CPL_TRY(note_place(table, pair, position, error));
    if (pair->touched)
        return CPL_OK;
    CPL_TRY(cpl_memory_grow(&table->touched, &table->touched_capacity, table->n_touched + 1,
                            sizeof *table->touched, error));
    table->touched[table->n_touched++] = (struct cpl_pair_entry){0, left, right};
    pair->touched = true;
    return CPL_OK;
}

void cpl_pairs_take_away(struct cpl_pair_table *table, int32_t left, int32_t right,
                         int64_t count)
{
    struct cpl_pair *pair = find_slot(table, left, right);
    if (pair->used)
        pair->count -= count;
}

/* ---- heap ------------------------------------------------------------------------------------ */

static bool before(struct cpl_pair_entry a, struct cpl_pair_entry b)
{
    if (a.count != b.count)
        return a.count > b.count;
    return a.left != b.left ? a.left < b.left : a.right < b.right;
}

static void sift_up(struct cpl_pair_entry *heap, size_t at)
{
    struct cpl_pair_entry entry = heap[at];
    for (; at > 0 && before(entry, heap[(at - 1) / 2]); at = (at - 1) / 2)
        heap[at] = heap[(at - 1) / 2];
    heap[at] = entry;
}

static void sift_down(struct cpl_pair_entry *heap, size_t n, size_t at)
{
    struct cpl_pair_entry entry = heap[at];
    for (size_t child = 2 * at + 1; child < n; child = 2 * at + 1) {
        if (child + 1 < n && before(heap[child + 1], heap[child]))
            child++;
        if (!before(heap[child], entry))
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = entry;
}

cpl_status cpl_pairs_settle(struct cpl_pair_table *table, struct cpl_error *error)
{
    CPL_TRY(cpl_memory_grow(&table->heap, &table->heap_capacity,
                            table->n_heap + table->n_touched, sizeof *table->heap, error));
    for (size_t i = 0; i < table->n_touched; i++) {
        struct cpl_pair_entry entry = table->touched[i];
        struct cpl_pair *pair = find_slot(table, entry.left, entry.right);
        pair->touched = false;
        entry.count = pair->count;
        if (entry.count < table->least)
            continue; /* comes again when it rises */
        table->heap[table->n_heap] = entry;
        sift_up(table->heap, table->n_heap++);
    }
    table->n_touched = 0;
    return CPL_OK;
}

/* An entry's count is only right while the pair's has not changed since: what fell goes back with its
 * new count, what rose has another entry. */
bool cpl_pairs_best(struct cpl_pair_table *table, struct cpl_pair *best)
{
    while (table->n_heap > 0) {
        struct cpl_pair_entry *top = &table->heap[0];
        *best = *find_slot(table, top->left, top->right);
        bool current = top->count == best->count && best->count > 0;
        if (current || best->count < table->least || best->count > top->count)
            *top = table->heap[--table->n_heap];
        else
            top->count = best->count;
        if (table->n_heap > 0)
            sift_down(table->heap, table->n_heap, 0);
        if (current)
            return true;
    }
    return false;
}

void cpl_pairs_clear(struct cpl_pair_table *table)
{
    free(table->slot);
    free(table->block);
    free(table->heap);
    free(table->touched);
    *table = (struct cpl_pair_table){0};
}
