/* Byte-pair merging over counted words: the most frequent pair of neighbours becomes one piece, again
 * and again; of equally frequent pairs the one with the lower ids, as in Hugging Face's BpeTrainer. */
#ifndef CPL_TOKENIZER_TRAIN_MERGES_H
#define CPL_TOKENIZER_TRAIN_MERGES_H

#include "tokenizer/piece_table.h"
#include "tokenizer/train/word_symbols.h"
#include <couplet/tokenizer.h>

struct cpl_merge {
    int32_t left, right, id;
};
struct cpl_merge_list {
    struct cpl_merge *merge;
    size_t n, capacity;
};
void cpl_merge_list_clear(struct cpl_merge_list *merges);

struct cpl_merge_options {
    const char *prefix;    /* of pieces inside words; not repeated when pieces are joined */
    int32_t limit;         /* pieces in all */
    int64_t min_frequency; /* of a pair */
    int32_t max_length;    /* of a piece, in characters without the prefix; 0: any */
    int32_t first_symbol;  /* id of symbol 0 */
    cpl_tokenizer_progress *progress; /* may be NULL */
    void *context;
};
/* Adds merged pieces to `pieces` and, unless `merges` is NULL, how they came about.  The symbols of
 * `words` are ids less first_symbol of pieces; they are used up.  CPL_STOPPED when `progress` says so. */
cpl_status cpl_merges_learn(struct cpl_pieces *pieces, struct cpl_merge_list *merges,
                            struct cpl_word_symbols *words,
                            const struct cpl_merge_options *options, struct cpl_error *error);

#endif
