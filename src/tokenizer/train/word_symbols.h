/* Counted words as numbers: what merging and Unigram training work on.
 *
 *     symbol  | 我 们 | t h e | …      begin[w] ↑ of word w, its length begin[w + 1] - begin[w]
 */
#ifndef CPL_TOKENIZER_TRAIN_WORD_SYMBOLS_H
#define CPL_TOKENIZER_TRAIN_WORD_SYMBOLS_H

#include "tokenizer/piece_table.h"
#include "tokenizer/train/word_counts.h"
#include <stdbool.h>

struct cpl_word_symbols {
    int32_t *symbol; /* [n_symbols] of all words, one behind the other */
    uint32_t n_symbols;
    uint32_t *begin; /* [n_words + 1] */
    uint64_t *count; /* [n_words] */
    uint32_t n_words;
};
void cpl_word_symbols_clear(struct cpl_word_symbols *words);

struct cpl_character_count {
    uint32_t code;
    uint64_t alone;  /* as a word of its own */
    uint64_t inside; /* in longer words */
};
/* *list: heap, the characters of all words by code point. */
cpl_status cpl_words_characters(struct cpl_character_count **list, size_t *n,
                                const struct cpl_counted_words *words, struct cpl_error *error);
/* Sorts: the most frequent first, of equally frequent ones the lower code. */
void cpl_characters_by_count(struct cpl_character_count *list, size_t n);
/* Keeps the first `limit` of that order, by code point again. */
void cpl_characters_limit(struct cpl_character_count *list, size_t *n, size_t limit);

enum cpl_word_split {
    CPL_SPLIT_PARTS,     /* characters that are no pieces cut a word in parts */
    CPL_SPLIT_ALL_KNOWN, /* words with characters that are no pieces are left out */
};
/* Symbols are ids of one-character pieces, `prefix` in front of all but a word's first. */
struct cpl_word_split_options {
    enum cpl_word_split split;
    const char *prefix;   /* at most 8 bytes */
    bool single_symbols;  /* keep words of one symbol */
    int32_t first_symbol; /* subtracted from the ids */
};
cpl_status cpl_words_split(struct cpl_word_symbols *symbols,
                           const struct cpl_counted_words *words,
                           const struct cpl_pieces *pieces,
                           const struct cpl_word_split_options *options,
                           struct cpl_error *error);

#endif
