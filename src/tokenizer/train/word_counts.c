/* Counting words: see word_counts.h. */
#include "tokenizer/train/word_counts.h"

#include "base/memory.h"
#include "base/try.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

enum { WORTH_THREADS = 4096 }; /* words: fewer are added sooner than threads are woken */

/* ---- one table ------------------------------------------------------------------------------- */

static size_t part_of(uint64_t hash) { return (size_t)(hash >> (64 - CPL_WORD_PARTS_LOG2)); }

static size_t find_slot(const struct cpl_word_table *table, const char *word, uint32_t length,
                        uint64_t hash, uint32_t level)
{
    size_t slot = (size_t)(hash + level) & (table->n_slots - 1);
    for (;; slot = (slot + 1) & (table->n_slots - 1)) {
        if (table->slots[slot] == 0)
            return slot;
        const struct cpl_word_entry *entry = &table->entry[table->slots[slot] - 1];
        if (entry->hash == hash && entry->level == level && entry->length == length &&
            memcmp(table->pool + entry->begin, word, length) == 0)
            return slot;
    }
}

static cpl_status grow_slots(struct cpl_word_table *table, struct cpl_error *error)
{
    if (table->n * 2 + 2 <= table->n_slots)
        return CPL_OK;
    size_t n_slots = table->n_slots ? table->n_slots * 2 : 64;
    uint32_t *slots;
    if (table->n >= UINT32_MAX / 2)
        return cpl_error_set(error, CPL_ERROR_SYSTEM, NULL, "more than %u different words",
                             UINT32_MAX / 2);
    CPL_TRY(cpl_memory_new(&slots, n_slots, sizeof *slots, error));
    for (size_t i = 0; i < table->n; i++) { /* all differ: no need to compare */
        size_t slot = (size_t)(table->entry[i].hash + table->entry[i].level) & (n_slots - 1);
        while (slots[slot])
            slot = (slot + 1) & (n_slots - 1);
        slots[slot] = (uint32_t)i + 1;
    }
    free(table->slots);
    table->slots = slots;
    table->n_slots = n_slots;
    return CPL_OK;
}

/* `word` is what `key` describes; its begin does not matter. */
static cpl_status table_add(struct cpl_word_table *table, const char *word,
                            const struct cpl_word_entry *key, struct cpl_error *error)
{
    CPL_TRY(grow_slots(table, error));
    size_t slot = find_slot(table, word, key->length, key->hash, key->level);
    if (table->slots[slot]) {
        table->entry[table->slots[slot] - 1].count += key->count;
        return CPL_OK;
    }
    CPL_TRY(cpl_memory_grow(&table->entry, &table->capacity, table->n + 1, sizeof *table->entry,
                            error));
    CPL_TRY(cpl_memory_grow(&table->pool, &table->pool_capacity,
                            table->pool_length + key->length, 1, error));
    memcpy(table->pool + table->pool_length, word, key->length);
    table->entry[table->n] = *key;
    table->entry[table->n++].begin = table->pool_length;
    table->slots[slot] = (uint32_t)table->n;
    table->pool_length += key->length;
    return CPL_OK;
}

static void table_empty(struct cpl_word_table *table)
{
    if (table->n > 0)
        memset(table->slots, 0, table->n_slots * sizeof *table->slots);
    table->n = table->pool_length = 0;
}

void cpl_word_table_clear(struct cpl_word_table *table)
{
    free(table->entry);
    free(table->slots);
    free(table->pool);
    *table = (struct cpl_word_table){0};
}

/* ---- all parts ------------------------------------------------------------------------------- */

cpl_status cpl_word_counts_add(struct cpl_word_counts *counts, const char *word, size_t length,
                               uint32_t level, uint64_t count, struct cpl_error *error)
{
    assert(length > 0 && length <= UINT32_MAX);
    struct cpl_word_entry key = {.hash = XXH3_64bits(word, length),
                                 .count = count,
                                 .length = (uint32_t)length,
                                 .level = level};
    if (level < counts->level)
        return CPL_OK;
    return table_add(&counts->part[part_of(key.hash)], word, &key, error);
}

static cpl_status sum_part(struct cpl_word_counts *sum, struct cpl_word_counts *counts,
                           size_t n, size_t part, struct cpl_error *error)
{
    for (size_t i = 0; i < n; i++) {
        struct cpl_word_table *from = &counts[i].part[part];
        for (size_t k = 0; k < from->n; k++)
            if (from->entry[k].level >= sum->level)
                CPL_TRY(table_add(&sum->part[part], from->pool + from->entry[k].begin,
                                  &from->entry[k], error));
        table_empty(from);
    }
    return CPL_OK;
}

cpl_status cpl_word_counts_sum(struct cpl_word_counts *sum, struct cpl_word_counts *counts,
                               size_t n, int threads, struct cpl_error *error)
{
    cpl_status worst = CPL_OK;
    size_t words = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t part = 0; part < CPL_WORD_PARTS; part++)
            words += counts[i].part[part].n;
#pragma omp parallel for num_threads(threads) schedule(dynamic) if (words > WORTH_THREADS)
    for (size_t part = 0; part < CPL_WORD_PARTS; part++) {
        struct cpl_error mine = {0};
        cpl_status status = sum_part(sum, counts, n, part, &mine);
        if (status == CPL_OK)
            continue;
#pragma omp critical(cpl_word_counts)
        if (worst == CPL_OK) {
            worst = status;
            if (error)
                *error = mine;
        }
    }
    return worst;
}

/* Bytes that the words take, whatever the capacities are. */
static size_t bytes_of(const struct cpl_word_counts *counts)
{
    size_t bytes = 0;
    for (size_t part = 0; part < CPL_WORD_PARTS; part++)
        bytes += counts->part[part].n * (sizeof(struct cpl_word_entry) + 12) +
                 counts->part[part].pool_length;
    return bytes;
}

static cpl_status forget_levels(struct cpl_word_table *table, uint32_t level,
                                struct cpl_error *error)
{
    struct cpl_word_table kept = {0};
    for (size_t i = 0; i < table->n; i++) {
        if (table->entry[i].level < level)
            continue;
        cpl_status status =
            table_add(&kept, table->pool + table->entry[i].begin, &table->entry[i], error);
        if (status != CPL_OK) {
            cpl_word_table_clear(&kept);
            return status;
        }
    }
    cpl_word_table_clear(table);
    *table = kept;
    return CPL_OK;
}

cpl_status cpl_word_counts_limit(struct cpl_word_counts *counts, size_t limit,
                                 struct cpl_error *error)
{
    while (bytes_of(counts) > limit && counts->level < 64) {
        counts->level++;
        for (size_t part = 0; part < CPL_WORD_PARTS; part++)
            CPL_TRY(forget_levels(&counts->part[part], counts->level, error));
    }
    return CPL_OK;
}

void cpl_word_counts_clear(struct cpl_word_counts *counts)
{
    for (size_t part = 0; part < CPL_WORD_PARTS; part++)
        cpl_word_table_clear(&counts->part[part]);
    counts->level = 0;
}
