/* Texts on their way to counted words: cut into units, collected until there is work for all cores,
 * then normalised and split by the tokenizer's own stages and counted. */
#ifndef CPL_TOKENIZER_TRAIN_TRAINING_TEXT_H
#define CPL_TOKENIZER_TRAIN_TRAINING_TEXT_H

#include "tokenizer/pipeline.h"
#include "tokenizer/train/word_counts.h"

/* Where a text may be cut without another result than uncut. */
enum cpl_unit_cut {
    CPL_CUT_LINES,       /* at line feeds, which have a token of their own and are in no word */
    CPL_CUT_BEFORE_LINE, /* before a line feed that follows no white space (GPT-2's pattern) */
    CPL_CUT_AFTER_LINE, /* behind a line feed that no white space follows (Llama 3's, Qwen2's) */
};

struct cpl_text_options {
    struct cpl_stages normalizers, pre_tokenizers;
    enum cpl_unit_cut cut;
    size_t longest_word; /* characters; longer ones are left out; 0: any */
    const struct cpl_segmenter
        *segmenter; /* cuts Chinese in words into its words; NULL: none */
    size_t limit;   /* bytes that the counted words may take */
    int threads;
};

struct cpl_text_unit {
    size_t begin, end; /* in `bytes` */
    bool first;        /* of its text */
};
struct cpl_text_counter;

struct cpl_training_text {
    struct cpl_text_options options;
    char *bytes; /* of the units that wait */
    size_t n_bytes, capacity;
    struct cpl_text_unit *unit;
    size_t n_units, unit_capacity;
    struct cpl_text_counter *counter; /* [threads] */
    struct cpl_word_counts *own;      /* [threads] of each thread */
    struct cpl_word_counts counts;
};

/* `options` are taken over, also on failure. */
cpl_status cpl_training_text_init(struct cpl_training_text *texts,
                                  const struct cpl_text_options *options,
                                  struct cpl_error *error);
/* CPL_ERROR_INPUT when it is not UTF-8; nothing of it is taken then. */
cpl_status cpl_training_text_add(struct cpl_training_text *texts, const char *text,
                                 size_t length, struct cpl_error *error);
/* Counts what waits, and lists the words of all. */
cpl_status cpl_training_text_words(struct cpl_training_text *texts,
                                   struct cpl_counted_words *words, struct cpl_error *error);
void cpl_training_text_clear(struct cpl_training_text *texts);

#endif
