/* What the tests of generation and comparison share: a tokenizer of single characters, and small
 * models over it. */
#ifndef CPL_TESTS_GENERATE_FIXTURE_H
#define CPL_TESTS_GENERATE_FIXTURE_H

#include "base/memory.h"
#include "model_fixture.h"

#include <couplet/tokenizer.h>

/* `call` must fail with `status` and a message that holds `words`. */
#define CHECK_FAILS(status_, words, call)                                                      \
    do {                                                                                       \
        struct cpl_error check_error_ = {0};                                                   \
        struct cpl_error *error = &check_error_;                                               \
        assert_int_equal((call), (status_));                                                   \
        if (!strstr(check_error_.message, (words)))                                            \
            fail_msg("\"%s\" is not in \"%s\"", (words), check_error_.message);                \
    } while (0)

static inline struct cpl_tokenizer *new_tokenizer(void)
{
    static const char *const texts[] = {
        "床前明月光，疑是地上霜。\n举头望明月，低头思故乡。",
        "我喜欢自然语言处理。\n今天天气很好，我们去公园吧！",
        "The player plays a new game; the players played well.",
        "打开文件，然后选择保存。\n天地玄黄，宇宙洪荒，日月盈昃，辰宿列张。",
    };
    struct cpl_tokenizer_training options = {.vocab_size = 140, .min_frequency = 1};
    struct cpl_tokenizer_trainer *trainer = NULL;
    struct cpl_tokenizer *tokenizer = NULL;
    CHECK(cpl_tokenizer_trainer_new(&trainer, &options, error));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        CHECK(cpl_tokenizer_trainer_add(trainer, texts[i], strlen(texts[i]), error));
    CHECK(cpl_tokenizer_trainer_finish(trainer, &tokenizer, error));
    cpl_tokenizer_trainer_free(trainer);
    assert_true(cpl_tokenizer_special(tokenizer).newline >= 0);
    return tokenizer;
}

/* Two layers of width 36 over the tokenizer's vocabulary, with random weights. */
static inline struct cpl_model *new_model_for(const struct cpl_tokenizer *tokenizer,
                                              const char *family, struct cpl_device *device,
                                              int64_t max_positions, double init_range)
{
    struct cpl_config config;
    struct cpl_model *model = NULL;
    CHECK(cpl_config_preset(&config, family, "tiny", error));
    config.vocab_size = cpl_tokenizer_size(tokenizer);
    config.width = 36;
    config.heads = config.kv_heads = 3;
    config.head_width = 12;
    config.ff_width = 76;
    config.max_positions = max_positions;
    config.init_range = init_range;
    config.bos = config.eos = -1;
    CHECK(cpl_model_build(&model, &config, device, false, error));
    cpl_model_init(model, 5);
    return model;
}

/* Logits [V] at `row` of one sequence, by a whole forward pass without a cache. */
static inline void whole_logits(float *out, struct cpl_model *model, const int32_t *ids,
                                int32_t count, int32_t row)
{
    struct cpl_tape tape;
    int32_t positions[512], offsets[2] = {0, count};
    assert_in_range(count, 1, 512);
    for (int32_t i = 0; i < count; i++)
        positions[i] = i;
    cpl_tape_init(&tape, &model->device->queue, model->device->dtype);
    tape.recording = false;
    struct cpl_input input = {.tokens = count,
                              .sequences = 1,
                              .ids = ids,
                              .positions = positions,
                              .offsets = offsets};
    struct cpl_value *hidden = cpl_model_hidden(model, &tape, &input, NULL);
    struct cpl_value *head = cpl_model_head(model, &tape, hidden, &row, 1);
    struct cpl_value *logits = cpl_model_logits(model, &tape, head);
    CHECK(cpl_tape_check(&tape, error));
    memcpy(out, logits->data.data, (size_t)model->config.vocab_size * sizeof *out);
    cpl_tape_clear(&tape);
}

#endif
