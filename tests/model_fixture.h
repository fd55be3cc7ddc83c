/* What the tests of models share: devices, places, small models and batches. */
#ifndef CPL_TESTS_MODEL_FIXTURE_H
#define CPL_TESTS_MODEL_FIXTURE_H

#include "base/file.h"
#include "model/model.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define CHECK(call)                                                                            \
    do {                                                                                       \
        struct cpl_error check_error_ = {0};                                                   \
        struct cpl_error *error = &check_error_;                                               \
        if ((call) != CPL_OK)                                                                  \
            fail_msg("%s: %s", #call, check_error_.message);                                   \
    } while (0)

static inline struct cpl_device *new_device(int threads, const char *isa, const char *dtype)
{
    struct cpl_device *device = NULL;
    struct cpl_device_options options = {.threads = threads, .isa = isa, .dtype = dtype};
    CHECK(cpl_device_new(&device, &options, error));
    return device;
}

/* A fresh directory, removed with remove_scratch. */
static inline void make_scratch(char path[64])
{
    snprintf(path, 64, "/tmp/couplet-test-XXXXXX");
    assert_non_null(mkdtemp(path));
}

static inline void remove_scratch(const char *path) { CHECK(cpl_path_remove(path, error)); }

static inline uint32_t draw_number(uint64_t index, uint32_t below)
{
    return cpl_rng_u32((struct cpl_rng_key){.seed = 3, .stream = CPL_RNG_TEST}, index) % below;
}

/* A batch of sequences of the given lengths with random ids; every third row is predicted. */
struct test_batch {
    struct cpl_input input;
    int32_t *ids, *positions, *types, *offsets, *rows, *labels;
    int64_t n_rows;
};

static inline void batch_init(struct test_batch *batch, const int32_t *lengths,
                              int64_t sequences, const struct cpl_model *model)
{
    int64_t tokens = 0;
    for (int64_t b = 0; b < sequences; b++)
        tokens += lengths[b];
    int32_t *memory = calloc((size_t)(5 * tokens + sequences + 1), sizeof *memory);
    assert_non_null(memory);
    *batch = (struct test_batch){.ids = memory,
                                 .positions = memory + tokens,
                                 .types = memory + 2 * tokens,
                                 .rows = memory + 3 * tokens,
                                 .labels = memory + 4 * tokens,
                                 .offsets = memory + 5 * tokens};
    int32_t vocab_size = (int32_t)model->config.vocab_size;
    for (int64_t b = 0, i = 0; b < sequences; b++) {
        for (int32_t t = 0; t < lengths[b]; t++, i++) {
            batch->ids[i] = (int32_t)draw_number((uint64_t)i, (uint32_t)vocab_size);
            batch->positions[i] = t;
            batch->types[i] = model->config.types > 1 && t > lengths[b] / 2;
            if (i % 3 == 0) {
                batch->rows[batch->n_rows] = (int32_t)i;
                batch->labels[batch->n_rows++] = (batch->ids[i] * 7 + 3) % vocab_size;
            }
        }
        batch->offsets[b + 1] = (int32_t)i;
    }
    batch->input = (struct cpl_input){.tokens = tokens,
                                      .sequences = sequences,
                                      .ids = batch->ids,
                                      .positions = batch->positions,
                                      .types = model->config.types ? batch->types : NULL,
                                      .offsets = batch->offsets};
}

static inline void batch_clear(struct test_batch *batch) { free(batch->ids); }

/* Small sizes that are no multiples of anything, weights large enough to matter. */
static inline struct cpl_model *new_model(const char *family, struct cpl_device *device)
{
    struct cpl_config config;
    struct cpl_model *model = NULL;
    CHECK(cpl_config_preset(&config, family, "tiny", error));
    config.vocab_size = 301;
    config.width = 36;
    config.heads = config.kv_heads = 3;
    config.head_width = 12;
    config.ff_width = 76;
    config.max_positions = 150;
    config.init_range = 0.2;
    config.bos = config.eos = -1;
    CHECK(cpl_model_build(&model, &config, device, true, error));
    cpl_model_init(model, 11);
    return model;
}

/* Loss of the batch; with a recording tape gradients are added to the model's. */
static inline double run_loss(struct cpl_model *model, struct cpl_tape *tape,
                              const struct test_batch *batch)
{
    struct cpl_loss loss;
    cpl_tape_reset(tape);
    struct cpl_value *hidden = cpl_model_hidden(model, tape, &batch->input, NULL);
    struct cpl_value *head = cpl_model_head(model, tape, hidden, batch->rows, batch->n_rows);
    cpl_model_loss(model, tape, &loss, head, batch->labels, batch->n_rows, 1);
    CHECK(cpl_tape_check(tape, error));
    if (tape->recording)
        CHECK(cpl_tape_backward(tape, error));
    return loss.sum;
}

static inline void zero_gradients(struct cpl_model *model)
{
    size_t bytes = (size_t)model->parameters.flat_size * sizeof(cpl_real);
    memset(model->parameters.gradients, 0, bytes);
}

#endif
