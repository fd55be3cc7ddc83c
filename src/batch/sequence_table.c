/* Cutting documents into sequences: see sequence_table.h. */
#include "batch/sequence_table.h"

#include "base/memory.h"
#include "base/try.h"
#include <stdlib.h>

/* End of the sequence that begins at `begin` in a document that ends at `end`. */
static uint64_t find_cut(const struct cpl_shard *shard, uint64_t begin, uint64_t end,
                         uint64_t room)
{
    if (end - begin <= room)
        return end;
    uint64_t latest = begin + room, earliest = begin + room - room / 3;
    for (uint64_t cut = latest; cut >= earliest && cut > begin; cut--)
        if ((cpl_shard_flags(shard, cut - 1) & CPL_TOKEN_ENDS_SENTENCE) &&
            !(cpl_shard_flags(shard, cut) & CPL_TOKEN_CONTINUES))
            return cut;
    for (uint64_t cut = latest; cut >= earliest && cut > begin; cut--)
        if (!(cpl_shard_flags(shard, cut) & CPL_TOKEN_CONTINUES))
            return cut;
    return latest;
}

static cpl_status add_start(struct cpl_sequence_table *table, uint64_t token, bool document,
                            struct cpl_error *error)
{
    CPL_TRY(cpl_memory_grow(&table->start, &table->capacity, (size_t)table->n + 1,
                            sizeof *table->start, error));
    table->start[table->n++] = token << 1 | document;
    return CPL_OK;
}

cpl_status cpl_sequence_table_build(struct cpl_sequence_table *table,
                                    const struct cpl_shard *shard, uint64_t room,
                                    struct cpl_error *error)
{
    uint64_t begin = 0;
    *table = (struct cpl_sequence_table){0};
    for (uint64_t i = 0; i < shard->n_documents; i++) {
        bool document = true;
        while (begin < shard->document_ends[i]) {
            CPL_TRY(add_start(table, begin, document, error));
            document = false;
            begin = find_cut(shard, begin, shard->document_ends[i], room);
        }
    }
    CPL_TRY(add_start(table, begin, true, error));
    table->n--;
    return CPL_OK;
}

void cpl_sequence_table_clear(struct cpl_sequence_table *table)
{
    free(table->start);
    *table = (struct cpl_sequence_table){0};
}
