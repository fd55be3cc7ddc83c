/* Where the sequences of a shard begin: cut once, the same for every objective and epoch. */
#ifndef CPL_BATCH_SEQUENCE_TABLE_H
#define CPL_BATCH_SEQUENCE_TABLE_H

#include "corpus/shard.h"

struct cpl_sequence_table {
    uint64_t *start; /* [n+1] token << 1 | 1 where a document begins */
    uint64_t n;
    size_t capacity;
};

/* Cuts each document into runs of at most `room` tokens: behind the last sentence (or line) that ends
 * in the last third of the room, else between words, else where the room ends. */
cpl_status cpl_sequence_table_build(struct cpl_sequence_table *table,
                                    const struct cpl_shard *shard, uint64_t room,
                                    struct cpl_error *error);
void cpl_sequence_table_clear(struct cpl_sequence_table *table);

static inline uint64_t cpl_sequence_begin(const struct cpl_sequence_table *table, uint64_t i)
{
    return table->start[i] >> 1;
}
/* Whether a document ends where sequence i ends. */
static inline bool cpl_sequence_closes(const struct cpl_sequence_table *table, uint64_t i)
{
    return table->start[i + 1] & 1;
}

#endif
