/* Counting pairs: see pair_table.h. */
#include "tokenizer/train/pair_table.h"

#include "base/memory.h"
#include "base/try.h"
#include <assert.h>
#include <stdlib.h>

static size_t find_slot(const struct cpl_pair_table *table, int32_t left, int32_t right)
{
    uint64_t key = (uint64_t)(uint32_t)left << 32 | (uint32_t)right;
    key *= 0x9E3779B97F4A7C15u;
    size_t slot = (size_t)(key ^ key >> 32) & (table->n_slots - 1);
    for (;; slot = (slot + 1) & (table->n_slots - 1)) {
        uint32_t index = table->slots[slot];
        if (index == 0)
            return slot;
        const struct cpl_pair *pair = &table->pair[index - 1];
        if (pair->left == left && pair->right == right)
            return slot;
    }
}

static cpl_status grow_slots(struct cpl_pair_table *table, struct cpl_error *error)
{
    if (table->n_pairs * 2 + 2 <= table->n_slots)
        return CPL_OK;
    size_t n_slots = table->n_slots ? table->n_slots * 2 : 1024;
    uint32_t *slots = NULL;
    if (table->n_pairs >= UINT32_MAX / 2)
        return cpl_error_set(error, CPL_ERROR_SYSTEM, NULL, "more than %u different pairs",
                             UINT32_MAX / 2);
    CPL_TRY(cpl_memory_new(&slots, n_slots, sizeof *slots, error));
    free(table->slots);
    table->slots = slots;
    table->n_slots = n_slots;
    for (size_t i = 0; i < table->n_pairs; i++)
        slots[find_slot(table, table->pair[i].left, table->pair[i].right)] = (uint32_t)i + 1;
    return CPL_OK;
}

static cpl_status find_pair(struct cpl_pair_table *table, uint32_t *index, int32_t left,
                            int32_t right, struct cpl_error *error)
{
    CPL_TRY(grow_slots(table, error));
    size_t slot = find_slot(table, left, right);
    if (table->slots[slot] == 0) {
        CPL_TRY(cpl_memory_grow(&table->pair, &table->pair_capacity, table->n_pairs + 1,
                                sizeof *table->pair, error));
        table->pair[table->n_pairs++] = (struct cpl_pair){.left = left, .right = right};
        table->slots[slot] = (uint32_t)table->n_pairs;
    }
    *index = table->slots[slot] - 1;
    return CPL_OK;
}

/* ---- places ---------------------------------------------------------------------------------- */

static cpl_status new_place(struct cpl_pair_table *table, uint32_t *place,
                            struct cpl_error *error)
{
    if (table->free_place) {
        *place = table->free_place;
        table->free_place = table->place[*place - 1].next;
        return CPL_OK;
    }
    if (table->n_places == UINT32_MAX - 1)
        return cpl_error_set(error, CPL_ERROR_SYSTEM, NULL, "more than %u places of pairs",
                             UINT32_MAX - 1);
    CPL_TRY(cpl_memory_grow(&table->place, &table->place_capacity, table->n_places + 1,
                            sizeof *table->place, error));
    *place = (uint32_t)++table->n_places;
    return CPL_OK;
}

static cpl_status note_place(struct cpl_pair_table *table, struct cpl_pair *pair,
                             uint32_t position, struct cpl_error *error)
{
    uint32_t place = 0;
    CPL_TRY(new_place(table, &place, error));
    table->place[place - 1] = (struct cpl_pair_place){.position = position};
    if (pair->last)
        table->place[pair->last - 1].next = place;
    else
        pair->first = place;
    pair->last = place;
    return CPL_OK;
}

cpl_status cpl_pairs_places(struct cpl_pair_table *table, const struct cpl_pair *pair,
                            uint32_t **list, size_t *n, size_t *capacity,
                            struct cpl_error *error)
{
    *n = 0;
    for (uint32_t place = pair->first; place; place = table->place[place - 1].next) {
        CPL_TRY(cpl_memory_grow(list, capacity, *n + 1, sizeof **list, error));
        (*list)[(*n)++] = table->place[place - 1].position;
    }
    uint32_t slot = table->slots[find_slot(table, pair->left, pair->right)];
    assert(slot);
    if (pair->last) {
        table->place[pair->last - 1].next = table->free_place;
        table->free_place = pair->first;
    }
    table->pair[slot - 1].first = table->pair[slot - 1].last = 0;
    table->pair[slot - 1].merged = true;
    return CPL_OK;
}

/* ---- counts ---------------------------------------------------------------------------------- */

cpl_status cpl_pairs_add(struct cpl_pair_table *table, int32_t left, int32_t right,
                         int64_t count, uint32_t position, struct cpl_error *error)
{
    uint32_t index;
    CPL_TRY(find_pair(table, &index, left, right, error));
    struct cpl_pair *pair = &table->pair[index];
    pair->count += count;
    CPL_TRY(note_place(table, pair, position, error));
    if (pair->touched)
        return CPL_OK;
    pair->touched = true;
    CPL_TRY(cpl_memory_grow(&table->touched, &table->touched_capacity, table->n_touched + 1,
                            sizeof *table->touched, error));
    table->touched[table->n_touched++] = index;
    return CPL_OK;
}

void cpl_pairs_take_away(struct cpl_pair_table *table, int32_t left, int32_t right,
                         int64_t count)
{
    uint32_t index = table->slots[find_slot(table, left, right)];
    if (index)
        table->pair[index - 1].count -= count;
}

/* ---- heap ------------------------------------------------------------------------------------ */

static bool before(const struct cpl_pair_table *table, struct cpl_pair_entry a,
                   struct cpl_pair_entry b)
{
    if (a.count != b.count)
        return a.count > b.count;
    const struct cpl_pair *first = &table->pair[a.pair], *second = &table->pair[b.pair];
    if (first->left != second->left)
        return first->left < second->left;
    return first->right < second->right;
}

static void sift_up(struct cpl_pair_table *table, size_t at)
{
    struct cpl_pair_entry entry = table->heap[at];
    for (; at > 0 && before(table, entry, table->heap[(at - 1) / 2]); at = (at - 1) / 2)
        table->heap[at] = table->heap[(at - 1) / 2];
    table->heap[at] = entry;
}

static void sift_down(struct cpl_pair_table *table, size_t at)
{
    struct cpl_pair_entry entry = table->heap[at];
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= table->n_heap)
            break;
        if (child + 1 < table->n_heap &&
            before(table, table->heap[child + 1], table->heap[child]))
            child++;
        if (!before(table, table->heap[child], entry))
            break;
        table->heap[at] = table->heap[child];
        at = child;
    }
    table->heap[at] = entry;
}

cpl_status cpl_pairs_settle(struct cpl_pair_table *table, struct cpl_error *error)
{
    CPL_TRY(cpl_memory_grow(&table->heap, &table->heap_capacity,
                            table->n_heap + table->n_touched, sizeof *table->heap, error));
    for (size_t i = 0; i < table->n_touched; i++) {
        struct cpl_pair *pair = &table->pair[table->touched[i]];
        pair->touched = false;
        table->heap[table->n_heap] = (struct cpl_pair_entry){pair->count, table->touched[i]};
        sift_up(table, table->n_heap++);
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
        struct cpl_pair *pair = &table->pair[top->pair];
        bool current = top->count == pair->count && pair->count > 0;
        if (current || pair->count <= 0 || pair->count > top->count)
            *top = table->heap[--table->n_heap];
        else
            top->count = pair->count;
        if (table->n_heap > 0)
            sift_down(table, 0);
        if (current) {
            *best = *pair;
            return true;
        }
    }
    return false;
}

void cpl_pairs_clear(struct cpl_pair_table *table)
{
    free(table->pair);
    free(table->place);
    free(table->slots);
    free(table->heap);
    free(table->touched);
    *table = (struct cpl_pair_table){0};
}
