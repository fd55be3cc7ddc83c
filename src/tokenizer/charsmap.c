/* Reading and asking compiled maps of characters: see charsmap.h. */
#include "tokenizer/charsmap.h"

#include "base/memory.h"
#include "base/try.h"
#include "text/utf8.h"
#include <couplet/text.h>
#include <stdlib.h>

/* Real maps have entries of up to 20 bytes and some 100,000 nodes. */
enum { LONGEST_ENTRY = 64, MOST_NODES = 1 << 20 };

static uint32_t label_of(uint32_t unit) { return unit & 0x800000FFu; }
static uint32_t offset_of(uint32_t unit) { return unit >> 10 << ((unit & 0x200u) >> 6); }
static uint32_t value_of(uint32_t unit) { return unit & 0x7FFFFFFFu; }
static bool has_leaf(uint32_t unit) { return unit >> 8 & 1u; }

void cpl_charsmap_clear(struct cpl_charsmap *map)
{
    free(map->unit);
    free(map->pool);
    free(map->kind);
    *map = (struct cpl_charsmap){0};
}

/* ---- looking at every entry ------------------------------------------------------------------ */

/* The way to one node: the children of step i are looked at from label[i] + 1 on. */
struct visit {
    uint32_t place[LONGEST_ENTRY + 1]; /* node ^ offset, where children are counted from */
    char label[LONGEST_ENTRY + 1];
    size_t depth, n_nodes;
};

static cpl_status broken(const char *where, const char *what, struct cpl_error *error)
{
    return cpl_error_set(error, CPL_ERROR_INPUT, where,
                         "the map of characters (precompiled_charsmap) is broken: %s", what);
}

/* An entry ends here. */
static cpl_status take_entry(struct cpl_charsmap *map, const struct visit *visit,
                             const char *where, struct cpl_error *error)
{
    uint32_t value = value_of(map->unit[visit->place[visit->depth]]);
    if (value >= map->n_pool || ((unsigned char)map->pool[value] & 0xC0) == 0x80)
        return broken(where, "a replacement outside of the pool", error);
    const char *text = visit->label;
    if (cpl_utf8_valid_prefix(text, visit->depth) != visit->depth)
        return broken(where, "an entry that is not UTF-8", error);
    size_t at = 0;
    uint32_t code = cpl_utf8_next(text, &at);
    if (at < visit->depth && (unsigned char)text[at] >= 0x80) {
        if (map->kind[code] == CPL_CHARSMAP_PLAIN)
            map->kind[code] = CPL_CHARSMAP_LONGER;
    } else {
        map->kind[code] = CPL_CHARSMAP_MAPPED;
    }
    return CPL_OK;
}

/* Goes down from the unit; its children begin at label 1. */
static cpl_status enter(struct cpl_charsmap *map, struct visit *visit, uint32_t node,
                        const char *where, struct cpl_error *error)
{
    uint32_t unit = map->unit[node], place = node ^ offset_of(unit);
    if ((place | 0xFFu) >= map->n_units)
        return broken(where, "an offset out of range", error);
    if (++visit->n_nodes > MOST_NODES)
        return broken(where, "it has too many entries", error);
    visit->place[visit->depth] = place;
    visit->label[visit->depth] = 0;
    return visit->depth > 0 && has_leaf(unit) ? take_entry(map, visit, where, error) : CPL_OK;
}

static cpl_status look_at_all(struct cpl_charsmap *map, const char *where,
                              struct cpl_error *error)
{
    struct visit visit = {.depth = 0};
    CPL_TRY(enter(map, &visit, 0, where, error));
    for (;;) {
        uint32_t label = (unsigned char)visit.label[visit.depth], child = 0;
        bool found = false;
        while (!found && ++label < 256) {
            child = visit.place[visit.depth] ^ label;
            found = label_of(map->unit[child]) == label;
        }
        if (!found && visit.depth-- == 0)
            return CPL_OK;
        if (!found)
            continue;
        visit.label[visit.depth] = (char)label;
        if (++visit.depth == LONGEST_ENTRY)
            return broken(where, "an entry is too long, or goes round in circles", error);
        CPL_TRY(enter(map, &visit, child, where, error));
    }
}

/* ---- reading --------------------------------------------------------------------------------- */

static uint32_t read_u32(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

static cpl_status fill(struct cpl_charsmap *map, const unsigned char *blob, size_t n_bytes,
                       const char *where, struct cpl_error *error)
{
    size_t n_trie = n_bytes > 4 ? read_u32(blob) : 0;
    if (n_trie < 1024 || n_trie % 4 != 0 || n_trie >= n_bytes - 4)
        return broken(where, "its parts do not fit its size", error);
    map->n_units = n_trie / 4;
    map->n_pool = n_bytes - 4 - n_trie;
    CPL_TRY(cpl_memory_new(&map->unit, map->n_units, sizeof *map->unit, error));
    for (size_t i = 0; i < map->n_units; i++)
        map->unit[i] = read_u32(blob + 4 + 4 * i);
    CPL_TRY(cpl_text_copy_n(&map->pool, (const char *)blob + 4 + n_trie, map->n_pool, error));
    if (cpl_utf8_valid_prefix(map->pool, map->n_pool) != map->n_pool)
        return broken(where, "a replacement that is not UTF-8", error);
    CPL_TRY(cpl_memory_new(&map->kind, CPL_CODE_POINTS, 1, error));
    return look_at_all(map, where, error);
}

cpl_status cpl_charsmap_init(struct cpl_charsmap *map, const unsigned char *blob,
                             size_t n_bytes, const char *where, struct cpl_error *error)
{
    *map = (struct cpl_charsmap){0};
    cpl_status status = fill(map, blob, n_bytes, where, error);
    if (status != CPL_OK)
        cpl_charsmap_clear(map);
    return status;
}

/* ---- asking ---------------------------------------------------------------------------------- */

/* One byte further in the trie; false if nothing goes on with it. */
static inline bool follow(const struct cpl_charsmap *map, uint32_t *node, char byte,
                          uint32_t *unit)
{
    *node ^= (unsigned char)byte;
    *unit = map->unit[*node];
    if (label_of(*unit) != (unsigned char)byte)
        return false;
    *node ^= offset_of(*unit);
    return true;
}

const char *cpl_charsmap_longest(const struct cpl_charsmap *map, const char *text,
                                 size_t length, size_t *matched)
{
    const char *found = NULL;
    uint32_t node = offset_of(map->unit[0]), unit;
    for (size_t i = 0; i < length && text[i] && follow(map, &node, text[i], &unit); i++)
        if (has_leaf(unit)) {
            found = map->pool + value_of(map->unit[node]);
            *matched = i + 1;
        }
    return found;
}

const char *cpl_charsmap_shortest(const struct cpl_charsmap *map, const char *text,
                                  size_t length)
{
    uint32_t node = offset_of(map->unit[0]), unit;
    for (size_t i = 0; i < length && text[i] && follow(map, &node, text[i], &unit); i++)
        if (has_leaf(unit))
            return map->pool + value_of(map->unit[node]);
    return NULL;
}
