/* A set of 64-bit hashes with two small numbers each; grows, never shrinks. */
#ifndef CPL_CORPUS_HASH_TABLE_H
#define CPL_CORPUS_HASH_TABLE_H

#include <couplet/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cpl_hash_entry {
    uint64_t key; /* never 0: 0 is stored as 1 */
    uint32_t count, last;
};
struct cpl_hash_table {
    struct cpl_hash_entry *entries; /* [n_slots], a power of two; key 0 is empty */
    size_t n_slots, n_entries;
};
/* *entry: that of the key, made with zeros (*is_new true) if there was none; valid until the next
 * call. */
cpl_status cpl_hash_table_find(struct cpl_hash_table *table, struct cpl_hash_entry **entry,
                               bool *is_new, uint64_t key, struct cpl_error *error);
void cpl_hash_table_clear(struct cpl_hash_table *table);

#endif
