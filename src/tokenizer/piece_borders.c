/* Pairs of characters inside pieces: see piece_borders.h. */
#include "tokenizer/piece_borders.h"

#include "base/memory.h"
#include "base/try.h"
#include "text/utf8.h"
#include <stdlib.h>

enum { FEWEST_BITS = 16, MOST_BITS = 24, BITS_FOR_A_PAIR = 16 };

cpl_status cpl_borders_init(struct cpl_borders *borders, const struct cpl_pieces *pieces,
                            const uint8_t *use, struct cpl_error *error)
{
    unsigned log2 = FEWEST_BITS;
    while (log2 < MOST_BITS && (size_t)1 << log2 < (size_t)pieces->count * BITS_FOR_A_PAIR)
        log2++;
    CPL_TRY(
        cpl_memory_new(&borders->bit, (size_t)1 << (log2 - 6), sizeof *borders->bit, error));
    borders->shift = 64 - log2;
    for (int32_t id = 0; id < pieces->count; id++) {
        const char *text = use[id] ? cpl_pieces_text(pieces, id) : NULL;
        size_t at = 0, length = pieces->length[id];
        if (!text || length == 0)
            continue;
        for (uint32_t left = cpl_utf8_next(text, &at), right; at < length; left = right) {
            right = cpl_utf8_next(text, &at);
            uint64_t hash =
                ((uint64_t)left << 21 ^ right) * 0x9E3779B97F4A7C15u >> borders->shift;
            borders->bit[hash >> 6] |= (uint64_t)1 << (hash & 63);
        }
    }
    return CPL_OK;
}

void cpl_borders_clear(struct cpl_borders *borders)
{
    free(borders->bit);
    *borders = (struct cpl_borders){0};
}
