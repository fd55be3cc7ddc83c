/* A tokenizer that is being trained.  Everything but the model is known from the start and kept as a
 * tokenizer.json (normalizer, pre_tokenizer …), whose own stages cut the texts into words; learning
 * adds the model, and the reader of tokenizer.json makes the tokenizer of it. */
#ifndef CPL_TOKENIZER_TRAIN_TRAINER_H
#define CPL_TOKENIZER_TRAIN_TRAINER_H

#include "base/json_file.h"
#include "tokenizer/train/merges.h"
#include "tokenizer/train/training_text.h"
#include <couplet/tokenizer.h>

struct cpl_tokenizer_trainer {
    struct cpl_tokenizer_training options; /* with defaults; texts in it are not kept */
    const struct cpl_training_kind *kind;
    json_t *file;   /* tokenizer.json without its model */
    json_t *config; /* tokenizer_config.json: which special token has which role */
    struct cpl_training_text texts;
};

struct cpl_training_kind {
    const char *type;
    /* The roles are pad, unknown (NULL: none), begin, end and mask. */
    const char *special[5];
    bool bytes; /* pieces are of bytes: the line feed is one of them */
    bool
        metaspace; /* spaces are ▁; takes the options chinese, byte_fallback and prefix_space */
    bool prunes;   /* takes the options of unigram */
    int32_t max_length; /* default of that option */
    /* Adds pieces to `pieces`, which has the special tokens and tokens of bytes, until there are
     * `limit`, and makes *model (a new reference): the model section of tokenizer.json. */
    cpl_status (*learn)(struct cpl_tokenizer_trainer *trainer,
                        const struct cpl_counted_words *words, struct cpl_pieces *pieces,
                        int32_t limit, json_t **model, struct cpl_error *error);
};
cpl_status cpl_learn_wordpiece(struct cpl_tokenizer_trainer *trainer,
                               const struct cpl_counted_words *words, struct cpl_pieces *pieces,
                               int32_t limit, json_t **model, struct cpl_error *error);
cpl_status cpl_learn_bpe(struct cpl_tokenizer_trainer *trainer,
                         const struct cpl_counted_words *words, struct cpl_pieces *pieces,
                         int32_t limit, json_t **model, struct cpl_error *error);
cpl_status cpl_learn_unigram(struct cpl_tokenizer_trainer *trainer,
                             const struct cpl_counted_words *words, struct cpl_pieces *pieces,
                             int32_t limit, json_t **model, struct cpl_error *error);

/* Sets trainer->kind and defaults; CPL_ERROR_USAGE names the option. */
cpl_status cpl_training_check(struct cpl_tokenizer_trainer *trainer,
                              const struct cpl_tokenizer_training *options,
                              struct cpl_error *error);
/* Sets trainer->file and ->config from checked options, of which the texts are still there. */
cpl_status cpl_training_compose(struct cpl_tokenizer_trainer *trainer, struct cpl_error *error);

enum { CPL_WORDPIECE_LONGEST = 100 }; /* characters; longer words are unknown */

/* What the learners share: adds the one-character pieces of the words' alphabet; `taken` of `limit` ids
 * are used already, and all must fit. */
cpl_status cpl_learn_alphabet(const struct cpl_tokenizer_trainer *trainer,
                              struct cpl_pieces *pieces, const struct cpl_counted_words *words,
                              int32_t taken, int32_t limit, struct cpl_error *error);
/* Adds pieces merged in the words as split, until there are `limit`; `merges` may be NULL. */
cpl_status cpl_learn_merges(const struct cpl_tokenizer_trainer *trainer,
                            struct cpl_pieces *pieces, struct cpl_merge_list *merges,
                            const struct cpl_counted_words *words,
                            const struct cpl_word_split_options *split, int32_t limit,
                            struct cpl_error *error);
/* {"piece": id, …}, or NULL when out of memory. */
json_t *cpl_learned_vocabulary(const struct cpl_pieces *pieces);

#endif
