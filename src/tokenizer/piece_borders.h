/* Which two characters can stand side by side inside a piece.  Where a text has two that cannot, no piece
 * reaches over, and what lies before and behind can be encoded apart.  Pairs are kept as bits of a hash:
 * some that cannot are taken for such that can, which only costs time. */
#ifndef CPL_TOKENIZER_PIECE_BORDERS_H
#define CPL_TOKENIZER_PIECE_BORDERS_H

#include "tokenizer/piece_table.h"
#include <stdbool.h>

struct cpl_borders {
    uint64_t *bit;
    unsigned shift; /* 64 - log2 of their number */
};
/* Of the ids for which `use` [pieces->count] is not 0. */
cpl_status cpl_borders_init(struct cpl_borders *borders, const struct cpl_pieces *pieces,
                            const uint8_t *use, struct cpl_error *error);
void cpl_borders_clear(struct cpl_borders *borders);

static inline bool cpl_borders_join(const struct cpl_borders *borders, uint32_t left,
                                    uint32_t right)
{
    uint64_t hash = ((uint64_t)left << 21 ^ right) * 0x9E3779B97F4A7C15u >> borders->shift;
    return borders->bit[hash >> 6] >> (hash & 63) & 1;
}

#endif
