/* What the tests of tokenizers and batches share: learning a tokenizer from a text, shards of it. */
#ifndef CPL_TESTS_TOKENIZER_FIXTURE_H
#define CPL_TESTS_TOKENIZER_FIXTURE_H

#include "text_fixture.h"

#include "corpus/shard.h"
#include <couplet/tokenizer.h>

static const char *const verse[] = {
    "床前明月光，疑是地上霜。\n举头望明月，低头思故乡。",
    "我喜欢自然语言处理。今天天气很好，我们去公园吧！你呢？",
    "The player plays a new game. The players are playing the games again; they played well.",
    "打开文件 readme.txt ，然后按 Ctrl-C。\n\n第二行在这里。",
};
enum { VERSES = sizeof verse / sizeof *verse };

static inline struct cpl_tokenizer *learn(const char *const *texts, size_t n,
                                          int32_t vocab_size, int32_t min_frequency)
{
    struct cpl_tokenizer_training options = {.vocab_size = vocab_size,
                                             .min_frequency = min_frequency};
    struct cpl_tokenizer_trainer *trainer = NULL;
    struct cpl_tokenizer *tokenizer = NULL;
    CHECK(cpl_tokenizer_trainer_new(&trainer, &options, error));
    for (size_t i = 0; i < n; i++)
        CHECK(cpl_tokenizer_trainer_add(trainer, texts[i], strlen(texts[i]), error));
    CHECK(cpl_tokenizer_trainer_finish(trainer, &tokenizer, error));
    cpl_tokenizer_trainer_free(trainer);
    return tokenizer;
}

/* A dictionary of our own, so that words do not depend on what is installed. */
static inline struct cpl_segmenter *small_segmenter(void)
{
    struct cpl_segmenter *segmenter = NULL;
    const char *path = write_text(
        "words.txt", "喜欢 50 v\n自然 40 n\n语言 40 n\n自然语言 90 l\n处理 60 v\n今天 40 t\n"
                     "天气 40 n\n公园 20 n\n我们 50 r\n明月 30 n\n明月光 9 n\n故乡 20 n\n"
                     "打开 20 v\n文件 40 n\n然后 30 c\n第二 9 m\n这里 20 r\n地上 10 s\n");
    CHECK(cpl_segmenter_new(&segmenter, path, NULL, error));
    return segmenter;
}

#endif
