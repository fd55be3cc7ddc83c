/* A set of 64-bit hashes: see hash_table.h. */
#include "corpus/hash_table.h"

#include "base/memory.h"
#include "base/try.h"

#include <stdlib.h>

static struct cpl_hash_entry *slot_of(struct cpl_hash_entry *entries, size_t n_slots,
                                      uint64_t key)
{
    size_t slot = (size_t)(key ^ key >> 32) & (n_slots - 1);
    while (entries[slot].key != 0 && entries[slot].key != key)
        slot = (slot + 1) & (n_slots - 1);
    return &entries[slot];
}

static cpl_status grow(struct cpl_hash_table *table, struct cpl_error *error)
{
    struct cpl_hash_entry *entries = NULL;
    size_t n_slots = 1024;
    if (table->n_slots && !cpl_size_multiply(&n_slots, table->n_slots, 2))
        return cpl_error_set(error, CPL_ERROR_SYSTEM, NULL, "too many hashes");
    CPL_TRY(cpl_memory_new(&entries, n_slots, sizeof *entries, error));
    for (size_t i = 0; i < table->n_slots; i++)
        if (table->entries[i].key != 0)
            *slot_of(entries, n_slots, table->entries[i].key) = table->entries[i];
    free(table->entries);
    table->entries = entries;
    table->n_slots = n_slots;
    return CPL_OK;
}

cpl_status cpl_hash_table_find(struct cpl_hash_table *table, struct cpl_hash_entry **entry,
                               bool *is_new, uint64_t key, struct cpl_error *error)
{
    key = key ? key : 1;
    if ((table->n_entries + 1) * 3 > table->n_slots * 2)
        CPL_TRY(grow(table, error));
    *entry = slot_of(table->entries, table->n_slots, key);
    *is_new = (*entry)->key == 0;
    if (*is_new) {
        (*entry)->key = key;
        table->n_entries++;
    }
    return CPL_OK;
}

void cpl_hash_table_clear(struct cpl_hash_table *table)
{
    free(table->entries);
    *table = (struct cpl_hash_table){0};
}
