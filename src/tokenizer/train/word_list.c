/* Counted words as a list: see word_counts.h.  They are sorted by their hash, which is sooner done than
 * by their bytes and depends on them alone just as well. */
#include "base/memory.h"
#include "base/try.h"
#include "tokenizer/train/word_counts.h"
#include <stdlib.h>
#include <string.h>

static int compare_hashes(const void *left, const void *right)
{
    const struct cpl_word_entry *a = left, *b = right;
    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    if (a->length != b->length)
        return a->length < b->length ? -1 : 1;
    return (a->level > b->level) - (a->level < b->level);
}

/* Words of one hash and length that differ are as good as never met, but would be mixed up: they are
 * put in the order of their bytes. */
static void sort_equal_hashes(struct cpl_word_table *table)
{
    for (size_t i = 1; i < table->n; i++)
        for (size_t k = i; k > 0; k--) {
            struct cpl_word_entry *a = &table->entry[k - 1], *b = &table->entry[k];
            if (a->hash != b->hash || a->length != b->length ||
                memcmp(table->pool + a->begin, table->pool + b->begin, a->length) <= 0)
                break;
            struct cpl_word_entry swap = *a;
            *a = *b;
            *b = swap;
        }
}

static void list_part(struct cpl_counted_words *words, struct cpl_word_table *table)
{
    size_t before = SIZE_MAX;
    if (table->n > 0)
        qsort(table->entry, table->n, sizeof *table->entry, compare_hashes);
    sort_equal_hashes(table);
    for (size_t i = 0; i < table->n; i++) {
        const struct cpl_word_entry *entry = &table->entry[i];
        const char *word = table->pool + entry->begin;
        if (before != SIZE_MAX && words->begin[words->n] - before == entry->length &&
            memcmp(words->pool + before, word, entry->length) == 0) {
            words->count[words->n - 1] += entry->count;
            continue;
        }
        before = words->begin[words->n];
        memcpy(words->pool + before, word, entry->length);
        words->count[words->n++] = entry->count;
        words->begin[words->n] = before + entry->length;
    }
}

cpl_status cpl_word_counts_list(struct cpl_counted_words *words, struct cpl_word_counts *counts,
                                struct cpl_error *error)
{
    size_t n = 0, bytes = 0;
    cpl_status status = CPL_OK;
    *words = (struct cpl_counted_words){0};
    for (size_t part = 0; part < CPL_WORD_PARTS; part++) {
        n += counts->part[part].n;
        bytes += counts->part[part].pool_length;
    }
    CPL_TRY_GOTO(cpl_memory_new_raw(&words->pool, bytes, 64, error));
    CPL_TRY_GOTO(cpl_memory_new(&words->begin, n + 1, sizeof *words->begin, error));
    CPL_TRY_GOTO(cpl_memory_new(&words->count, n, sizeof *words->count, error));
    for (size_t part = 0; part < CPL_WORD_PARTS; part++) {
        list_part(words, &counts->part[part]);
        cpl_word_table_clear(&counts->part[part]);
    }
    return CPL_OK;
done:
    cpl_counted_words_clear(words);
    return status;
}

void cpl_counted_words_clear(struct cpl_counted_words *words)
{
    free(words->pool);
    free(words->begin);
    free(words->count);
    *words = (struct cpl_counted_words){0};
}
