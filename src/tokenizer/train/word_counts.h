/* How often each word occurs in text of any size, in bounded memory and whatever the order of texts.
 *
 * Text is counted in units (some KB each, see training_text.h).  Every unit has a level, the number
 * of zero bits at the end of its hash: half of all units have level 0 or more than 0, a quarter more
 * than 1 …  A table keeps counts of a word by level.  When the tables outgrow their limit, the units
 * of the lowest level are forgotten, which halves the text.  What is left depends on the multiset of
 * units only: the counts of a random half, quarter … of them, as large as the limit allows.
 *
 * Threads count into tables of their own, which are added to the common one part by part; a part has
 * the words whose hash begins with its number. */
#ifndef CPL_TOKENIZER_TRAIN_WORD_COUNTS_H
#define CPL_TOKENIZER_TRAIN_WORD_COUNTS_H

#include <couplet/status.h>
#include <stddef.h>
#include <stdint.h>

struct cpl_word_entry {
    uint64_t hash, count;
    size_t begin; /* in the pool */
    uint32_t length, level;
};
struct cpl_word_table {
    struct cpl_word_entry *entry;
    size_t n, capacity;
    uint32_t *slots; /* index + 1, 0: free */
    size_t n_slots;
    char *pool;
    size_t pool_length, pool_capacity;
};

void cpl_word_table_clear(struct cpl_word_table *table);

enum { CPL_WORD_PARTS_LOG2 = 6, CPL_WORD_PARTS = 1 << CPL_WORD_PARTS_LOG2 };
struct cpl_word_counts {
    struct cpl_word_table part[CPL_WORD_PARTS];
    uint32_t level; /* units of a lower level are not in it */
};

/* Counts `count` more of the word, which is not empty and below 4 GB. */
cpl_status cpl_word_counts_add(struct cpl_word_counts *counts, const char *word, size_t length,
                               uint32_t level, uint64_t count, struct cpl_error *error);
/* Adds n counts to `sum` and empties them, keeping their memory. */
cpl_status cpl_word_counts_sum(struct cpl_word_counts *sum, struct cpl_word_counts *counts,
                               size_t n, int threads, struct cpl_error *error);
/* Forgets low levels until the words take at most `limit` bytes. */
cpl_status cpl_word_counts_limit(struct cpl_word_counts *counts, size_t limit,
                                 struct cpl_error *error);
void cpl_word_counts_clear(struct cpl_word_counts *counts);

/* The words without their levels, one behind the other, in an order that depends on them only. */
struct cpl_counted_words {
    char *pool;
    size_t *begin; /* [n + 1] */
    uint64_t *count;
    size_t n;
};
/* Empties `counts`. */
cpl_status cpl_word_counts_list(struct cpl_counted_words *words, struct cpl_word_counts *counts,
                                struct cpl_error *error);
void cpl_counted_words_clear(struct cpl_counted_words *words);

#endif
