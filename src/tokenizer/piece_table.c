/* Pieces by number and by text: see piece_table.h. */
#include "tokenizer/piece_table.h"

#include "base/memory.h"
#include "base/try.h"
#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

/* The slot that holds the text, or the empty one where it belongs. */
static size_t find_slot(const struct cpl_pieces *pieces, const char *text, size_t length)
{
    size_t slot = XXH3_64bits(text, length) & (pieces->n_slots - 1);
    for (;; slot = (slot + 1) & (pieces->n_slots - 1)) {
        int32_t id = pieces->slots[slot];
        if (id < 0)
            return slot;
        if (pieces->length[id] == length &&
            memcmp(pieces->pool + pieces->begin[id], text, length) == 0)
            return slot;
    }
}

static cpl_status grow_slots(struct cpl_pieces *pieces, struct cpl_error *error)
{
    if (pieces->n_used * 2 + 2 <= pieces->n_slots)
        return CPL_OK;
    struct cpl_pieces bigger = *pieces;
    bigger.n_slots = pieces->n_slots ? pieces->n_slots * 2 : 64;
    CPL_TRY(cpl_memory_new(&bigger.slots, bigger.n_slots, sizeof *bigger.slots, error));
    memset(bigger.slots, 0xFF, bigger.n_slots * sizeof *bigger.slots);
    for (size_t i = 0; i < pieces->n_slots; i++) {
        int32_t id = pieces->slots[i];
        if (id >= 0)
            bigger.slots[find_slot(&bigger, pieces->pool + pieces->begin[id],
                                   pieces->length[id])] = id;
    }
    free(pieces->slots);
    *pieces = bigger;
    return CPL_OK;
}

static cpl_status grow_numbers(struct cpl_pieces *pieces, int32_t id, struct cpl_error *error)
{
    size_t needed = (size_t)id + 1;
    CPL_TRY(cpl_memory_grow(&pieces->begin, &pieces->begin_capacity, needed,
                            sizeof *pieces->begin, error));
    CPL_TRY(cpl_memory_grow(&pieces->length, &pieces->length_capacity, needed,
                            sizeof *pieces->length, error));
    for (; pieces->count <= id; pieces->count++) {
        pieces->begin[pieces->count] = SIZE_MAX;
        pieces->length[pieces->count] = 0;
    }
    return CPL_OK;
}

cpl_status cpl_pieces_set(struct cpl_pieces *pieces, int32_t id, const char *text,
                          size_t length, struct cpl_error *error)
{
    assert(id >= 0 && id < INT32_MAX);
    CPL_TRY(grow_slots(pieces, error));
    CPL_TRY(cpl_memory_grow(&pieces->pool, &pieces->pool_capacity,
                            pieces->pool_length + length + 1, 1, error));
    CPL_TRY(grow_numbers(pieces, id, error));
    char *place = pieces->pool + pieces->pool_length;
    memcpy(place, text, length);
    place[length] = 0;
    pieces->begin[id] = pieces->pool_length;
    pieces->length[id] = length;
    pieces->pool_length += length + 1;
    size_t slot = find_slot(pieces, place, length);
    pieces->n_used += pieces->slots[slot] < 0;
    pieces->slots[slot] = id;
    return CPL_OK;
}

cpl_status cpl_pieces_add(struct cpl_pieces *pieces, int32_t *id, const char *text,
                          size_t length, struct cpl_error *error)
{
    *id = cpl_pieces_find(pieces, text, length);
    if (*id >= 0)
        return CPL_OK;
    if (pieces->count == INT32_MAX - 1)
        return cpl_error_set(error, CPL_ERROR_INPUT, NULL, "more than %d different pieces",
                             INT32_MAX - 1);
    *id = pieces->count;
    return cpl_pieces_set(pieces, *id, text, length, error);
}

int32_t cpl_pieces_find(const struct cpl_pieces *pieces, const char *text, size_t length)
{
    return pieces->n_slots ? pieces->slots[find_slot(pieces, text, length)] : -1;
}

const char *cpl_pieces_text(const struct cpl_pieces *pieces, int32_t id)
{
    if (id < 0 || id >= pieces->count || pieces->begin[id] == SIZE_MAX)
        return NULL;
    return pieces->pool + pieces->begin[id];
}

void cpl_pieces_clear(struct cpl_pieces *pieces)
{
    free(pieces->pool);
    free(pieces->begin);
    free(pieces->length);
    free(pieces->slots);
    *pieces = (struct cpl_pieces){0};
}
