/* Counting pairs: see pair_counts.h. */
#include "tokenizer/pair_counts.h"

#include "base/memory.h"
#include "base/try.h"
#include <stdlib.h>

static size_t pair_slot(const struct cpl_pair_counts *pairs, int32_t left, int32_t right)
{
    uint64_t key = (uint64_t)(uint32_t)left << 32 | (uint32_t)right;
    key *= 0x9E3779B97F4A7C15u;
    size_t slot = (size_t)(key ^ key >> 32) & (pairs->n_slots - 1);
    for (;; slot = (slot + 1) & (pairs->n_slots - 1)) {
        size_t index = pairs->slots[slot];
        if (index == 0)
            return slot;
        if (pairs->pair[index - 1].left == left && pairs->pair[index - 1].right == right)
            return slot;
    }
}

static cpl_status grow_slots(struct cpl_pair_counts *pairs, struct cpl_error *error)
{
    if (pairs->n_pairs * 2 + 2 <= pairs->n_slots)
        return CPL_OK;
    size_t n_slots = pairs->n_slots ? pairs->n_slots * 2 : 1024, *slots = NULL;
    CPL_TRY(cpl_memory_new(&slots, n_slots, sizeof *slots, error));
    free(pairs->slots);
    pairs->slots = slots;
    pairs->n_slots = n_slots;
    for (size_t i = 0; i < pairs->n_pairs; i++)
        slots[pair_slot(pairs, pairs->pair[i].left, pairs->pair[i].right)] = i + 1;
    return CPL_OK;
}

static cpl_status find_pair(struct cpl_pair_counts *pairs, size_t *index, int32_t left,
                            int32_t right, struct cpl_error *error)
{
    CPL_TRY(grow_slots(pairs, error));
    size_t slot = pair_slot(pairs, left, right);
    if (pairs->slots[slot] == 0) {
        CPL_TRY(cpl_memory_grow(&pairs->pair, &pairs->pair_capacity, pairs->n_pairs + 1,
                                sizeof *pairs->pair, error));
        pairs->pair[pairs->n_pairs++] = (struct cpl_pair){.left = left, .right = right};
        pairs->slots[slot] = pairs->n_pairs;
    }
    *index = pairs->slots[slot] - 1;
    return CPL_OK;
}

cpl_status cpl_pairs_add(struct cpl_pair_counts *pairs, int32_t left, int32_t right,
                         int64_t count, uint32_t word, struct cpl_error *error)
{
    size_t index;
    CPL_TRY(find_pair(pairs, &index, left, right, error));
    struct cpl_pair *pair = &pairs->pair[index];
    pair->count += count;
    if (count <= 0)
        return CPL_OK;
    bool noted = pair->first_place && pairs->place[pair->first_place - 1].word == word;
    if (!noted) {
        CPL_TRY(cpl_memory_grow(&pairs->place, &pairs->place_capacity, pairs->n_places + 1,
                                sizeof *pairs->place, error));
        pairs->place[pairs->n_places++] = (struct cpl_pair_place){word, pair->first_place};
        pair->first_place = pairs->n_places;
    }
    if (pair->changed)
        return CPL_OK;
    pair->changed = true;
    CPL_TRY(cpl_memory_grow(&pairs->touched, &pairs->touched_capacity, pairs->n_touched + 1,
                            sizeof *pairs->touched, error));
    pairs->touched[pairs->n_touched++] = index;
    return CPL_OK;
}

/* ---- heap ------------------------------------------------------------------------------------ */

static bool before(const struct cpl_pair_counts *pairs, struct cpl_pair_entry a,
                   struct cpl_pair_entry b)
{
    const struct cpl_pair *left = &pairs->pair[a.pair], *right = &pairs->pair[b.pair];
    if (a.count != b.count)
        return a.count > b.count;
    if (left->left != right->left)
        return left->left < right->left;
    return left->right < right->right;
}

static void sift_up(struct cpl_pair_counts *pairs, size_t at)
{
    struct cpl_pair_entry entry = pairs->heap[at];
    for (; at > 0 && before(pairs, entry, pairs->heap[(at - 1) / 2]); at = (at - 1) / 2)
        pairs->heap[at] = pairs->heap[(at - 1) / 2];
    pairs->heap[at] = entry;
}

static void sift_down(struct cpl_pair_counts *pairs, size_t at)
{
    struct cpl_pair_entry entry = pairs->heap[at];
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= pairs->n_heap)
            break;
        if (child + 1 < pairs->n_heap &&
            before(pairs, pairs->heap[child + 1], pairs->heap[child]))
            child++;
        if (!before(pairs, pairs->heap[child], entry))
            break;
        pairs->heap[at] = pairs->heap[child];
        at = child;
    }
    pairs->heap[at] = entry;
}

cpl_status cpl_pairs_settle(struct cpl_pair_counts *pairs, struct cpl_error *error)
{
    CPL_TRY(cpl_memory_grow(&pairs->heap, &pairs->heap_capacity,
                            pairs->n_heap + pairs->n_touched, sizeof *pairs->heap, error));
    for (size_t i = 0; i < pairs->n_touched; i++) {
        struct cpl_pair *pair = &pairs->pair[pairs->touched[i]];
        pair->changed = false;
        pairs->heap[pairs->n_heap] = (struct cpl_pair_entry){pair->count, pairs->touched[i]};
        sift_up(pairs, pairs->n_heap++);
    }
    pairs->n_touched = 0;
    return CPL_OK;
}

bool cpl_pairs_take(struct cpl_pair_counts *pairs, size_t *best)
{
    while (pairs->n_heap > 0) {
        struct cpl_pair_entry *top = &pairs->heap[0];
        int64_t count = pairs->pair[top->pair].count;
        bool current = top->count == count && count > 0;
        *best = top->pair;
        if (current || count <= 0 || count > top->count)
            *top = pairs->heap[--pairs->n_heap];
        else
            top->count = count;
        if (pairs->n_heap > 0)
            sift_down(pairs, 0);
        if (current)
            return true;
    }
    return false;
}

void cpl_pairs_clear(struct cpl_pair_counts *pairs)
{
    free(pairs->pair);
    free(pairs->place);
    free(pairs->slots);
    free(pairs->heap);
    free(pairs->touched);
    *pairs = (struct cpl_pair_counts){0};
}
