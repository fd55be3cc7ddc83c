/* Every kind of tokenizer that can be trained, with its options in use. */
#ifndef CPL_TESTS_TRAINING_FIXTURE_H
#define CPL_TESTS_TRAINING_FIXTURE_H

#include "tokenizer_fixture.h"

static const struct cpl_tokenizer_training kinds[] = {
    {.type = "wordpiece", .vocab_size = 300},
    {.type = "wordpiece", .vocab_size = 300, .normalization = "nfkc", .alphabet = 90},
    {.type = "bpe", .vocab_size = 400},
    {.type = "bpe", .vocab_size = 400, .pattern = "llama3", .lowercase = true},
    {.type = "bpe", .vocab_size = 400, .pattern = "qwen2", .normalization = "nfc"},
    {.type = "char-bpe", .vocab_size = 400},
    {.type = "char-bpe", .vocab_size = 500, .byte_fallback = true, .alphabet = 60},
    {.type = "char-bpe", .vocab_size = 400, .chinese = "any", .max_length = 2},
    {.type = "unigram", .vocab_size = 300},
    {.type = "unigram", .vocab_size = 450, .byte_fallback = true, .prefix_space = "always"},
    {.type = "unigram", .vocab_size = 300, .chinese = "character", .shrinking_factor = 0.5},
};
enum { N_KINDS = sizeof kinds / sizeof *kinds };

static inline struct cpl_tokenizer *learn_kind(const struct cpl_tokenizer_training *kind,
                                               const char *const *texts, size_t n, int threads)
{
    struct cpl_tokenizer_training options = *kind;
    struct cpl_tokenizer_trainer *trainer = NULL;
    struct cpl_tokenizer *tokenizer = NULL;
    options.min_frequency = options.min_frequency ? options.min_frequency : 1;
    options.threads = threads;
    CHECK(cpl_tokenizer_trainer_new(&trainer, &options, error));
    for (size_t i = 0; i < n; i++)
        CHECK(cpl_tokenizer_trainer_add(trainer, texts[i], strlen(texts[i]), error));
    CHECK(cpl_tokenizer_trainer_finish(trainer, &tokenizer, error));
    cpl_tokenizer_trainer_free(trainer);
    return tokenizer;
}

#endif
