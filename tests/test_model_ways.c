/* labels: sanitize fast */
/* The same thing computed two ways: packed and one by one, cached and whole, one and several threads,
 * one batch and micro-batches, with and without recording. */
#include "model_fixture.h"

static const char *const families[] = {"bert", "gpt2"};
static const int32_t lengths[] = {5, 67, 1, 130, 2, 18};
#define SEQUENCES 6

static void hidden_of(float *out, struct cpl_model *model, struct cpl_tape *tape,
                      const struct cpl_input *input)
{
    cpl_tape_reset(tape);
    struct cpl_value *hidden = cpl_model_hidden(model, tape, input, NULL);
    CHECK(cpl_tape_check(tape, error));
    for (int64_t row = 0; row < hidden->data.rows; row++)
        for (int64_t col = 0; col < hidden->data.cols; col++)
            *out++ = (float)cpl_tensor_get(hidden->data, row, col);
}

/* One sequence of a batch as a batch of its own. */
static struct cpl_input sequence_of(const struct cpl_input *all, int64_t b, int32_t offsets[2])
{
    int32_t begin = all->offsets[b];
    offsets[0] = 0;
    offsets[1] = all->offsets[b + 1] - begin;
    return (struct cpl_input){.tokens = offsets[1],
                              .sequences = 1,
                              .ids = all->ids + begin,
                              .positions = all->positions + begin,
                              .types = all->types ? all->types + begin : NULL,
                              .offsets = offsets};
}

static void check_packed(const char *family, const char *isa, const char *dtype)
{
    struct cpl_device *device = new_device(1, isa, dtype);
    struct cpl_model *model = new_model(family, device);
    struct test_batch batch;
    struct cpl_tape tape;
    batch_init(&batch, lengths, SEQUENCES, model);
    cpl_tape_init(&tape, &device->queue, device->dtype);
    size_t width = (size_t)model->config.width, count = (size_t)batch.input.tokens * width;
    float *packed = calloc(2 * count, sizeof *packed), *alone = packed + count;
    assert_non_null(packed);
    hidden_of(packed, model, &tape, &batch.input);
    tape.recording = false;
    for (int64_t b = 0; b < SEQUENCES; b++) {
        int32_t offsets[2];
        struct cpl_input one = sequence_of(&batch.input, b, offsets);
        hidden_of(alone + (size_t)batch.offsets[b] * width, model, &tape, &one);
    }
    assert_memory_equal(packed, alone, count * sizeof *packed);
    free(packed);
    batch_clear(&batch);
    cpl_tape_clear(&tape);
    cpl_model_free(model);
    cpl_device_free(device);
}

/* Bit for bit: what a token gets does not depend on what else is in the batch, or on recording. */
static void test_packed_and_one_by_one(void **state)
{
    (void)state;
    for (int f = 0; f < 2; f++) {
        for (int isa = 0; isa < CPL_ISA_COUNT; isa++)
            if (cpl_isa_mask() & 1u << isa)
                check_packed(families[f], cpl_isa_name((enum cpl_isa)isa), "f32");
        check_packed(families[f], "auto", "bf16");
    }
}

/* ---- the cache ----------------------------------------------------------------------------------*/

/* Feeds sequences of the batch through one cache: first `head` tokens of each at once, then the rest
 * one token a step for all that still have some. */
static void run_cached(float *out, struct cpl_model *model, struct cpl_tape *tape,
                       const struct cpl_input *all, int32_t head)
{
    struct cpl_kv_cache *cache = NULL;
    size_t width = (size_t)model->config.width;
    CHECK(cpl_kv_cache_new(&cache, model, 1, model->config.max_positions, error));
    for (int64_t b = 0; b < all->sequences; b++) {
        int32_t begin = all->offsets[b], length = all->offsets[b + 1] - begin;
        cache->length[0] = 0;
        for (int32_t t = 0, step; t < length; t += step) {
            step = t == 0 && head < length ? head : 1;
            int32_t offsets[2] = {0, step};
            struct cpl_input some = {.tokens = step,
                                     .sequences = 1,
                                     .ids = all->ids + begin + t,
                                     .positions = all->positions + begin + t,
                                     .offsets = offsets};
            cpl_tape_reset(tape);
            struct cpl_value *hidden = cpl_model_hidden(model, tape, &some, cache);
            CHECK(cpl_tape_check(tape, error));
            for (int32_t row = 0; row < step; row++)
                for (size_t col = 0; col < width; col++)
                    out[(size_t)(begin + t + row) * width + col] =
                        (float)cpl_tensor_get(hidden->data, row, (int64_t)col);
        }
        assert_int_equal(cache->length[0], length);
    }
    cpl_kv_cache_free(cache);
}

static void check_cached(const char *isa, const char *dtype, int32_t head)
{
    struct cpl_device *device = new_device(1, isa, dtype);
    struct cpl_model *model = new_model("gpt2", device);
    struct test_batch batch;
    struct cpl_tape tape;
    batch_init(&batch, lengths, SEQUENCES, model);
    cpl_tape_init(&tape, &device->queue, device->dtype);
    tape.recording = false;
    size_t count = (size_t)(batch.input.tokens * model->config.width);
    float *whole = calloc(2 * count, sizeof *whole), *cached = whole + count;
    assert_non_null(whole);
    hidden_of(whole, model, &tape, &batch.input);
    run_cached(cached, model, &tape, &batch.input, head);
    assert_memory_equal(whole, cached, count * sizeof *whole);
    free(whole);
    batch_clear(&batch);
    cpl_tape_clear(&tape);
    cpl_model_free(model);
    cpl_device_free(device);
}

static void test_cached_and_whole(void **state)
{
    (void)state;
    for (int isa = 0; isa < CPL_ISA_COUNT; isa++) {
        if (!(cpl_isa_mask() & 1u << isa))
            continue;
        check_cached(cpl_isa_name((enum cpl_isa)isa), "f32", 1);
        check_cached(cpl_isa_name((enum cpl_isa)isa), "f32", 41);
    }
    check_cached("auto", "bf16", 7);
}

/* Several sequences of different lengths share a cache, each in its own slots. */
static void test_cache_of_many(void **state)
{
    (void)state;
    struct cpl_device *device = new_device(1, "auto", "f32");
    struct cpl_model *model = new_model("gpt2", device);
    struct test_batch batch;
    struct cpl_tape tape;
    struct cpl_kv_cache *cache = NULL;
    batch_init(&batch, lengths, SEQUENCES, model);
    cpl_tape_init(&tape, &device->queue, device->dtype);
    tape.recording = false;
    size_t count = (size_t)(batch.input.tokens * model->config.width);
    float *whole = calloc(count, sizeof *whole);
    assert_non_null(whole);
    hidden_of(whole, model, &tape, &batch.input);
    CHECK(cpl_kv_cache_new(&cache, model, SEQUENCES, 140, error));
    int32_t ids[400], positions[400], offsets[SEQUENCES + 1];
    for (int32_t half = 0; half < 2;
         half++) { /* the first half of each sequence, then the second */
        int32_t n = 0;
        offsets[0] = 0;
        for (int b = 0; b < SEQUENCES; b++) {
            int32_t middle = (lengths[b] + 1) / 2;
            int32_t begin = half ? middle : 0, end = half ? lengths[b] : middle;
            for (int32_t t = begin; t < end; t++, n++) {
                ids[n] = batch.ids[batch.offsets[b] + t];
                positions[n] = t;
            }
            offsets[b + 1] = n;
        }
        struct cpl_input input = {.tokens = n,
                                  .sequences = SEQUENCES,
                                  .ids = ids,
                                  .positions = positions,
                                  .offsets = offsets};
        cpl_tape_reset(&tape);
        struct cpl_value *hidden = cpl_model_hidden(model, &tape, &input, cache);
        CHECK(cpl_tape_check(&tape, error));
        for (int b = 0; b < SEQUENCES; b++)
            for (int32_t row = offsets[b]; row < offsets[b + 1]; row++)
                for (int64_t col = 0; col < model->config.width; col++)
                    assert_true(
                        (float)cpl_tensor_get(hidden->data, row, col) ==
                        whole[(batch.offsets[b] + positions[row]) * model->config.width + col]);
    }
    for (int b = 0; b < SEQUENCES; b++)
        assert_int_equal(cache->length[b], lengths[b]);
    cpl_kv_cache_free(cache);
    free(whole);
    batch_clear(&batch);
    cpl_tape_clear(&tape);
    cpl_model_free(model);
    cpl_device_free(device);
}

/* ---- threads ------------------------------------------------------------------------------------*/

struct outcome {
    double loss;
    cpl_real *gradients;
    size_t bytes;
};

static struct outcome train_once(const char *family, int threads, const char *isa,
                                 const char *dtype)
{
    struct cpl_device *device = new_device(threads, isa, dtype);
    struct cpl_model *model = new_model(family, device);
    model->config.dropout = model->config.attention_dropout = 0.1;
    struct test_batch batch;
    struct cpl_tape tape;
    batch_init(&batch, lengths, SEQUENCES, model);
    cpl_tape_init(&tape, &device->queue, device->dtype);
    tape.training = true;
    tape.dropout_key = (struct cpl_rng_key){.seed = 1, .step = 2};
    struct outcome outcome = {.bytes = (size_t)model->parameters.flat_size * sizeof(cpl_real)};
    outcome.loss = run_loss(model, &tape, &batch);
    outcome.gradients = malloc(outcome.bytes);
    assert_non_null(outcome.gradients);
    memcpy(outcome.gradients, model->parameters.gradients, outcome.bytes);
    batch_clear(&batch);
    cpl_tape_clear(&tape);
    cpl_model_free(model);
    cpl_device_free(device);
    return outcome;
}

static void check_threads(const char *family, const char *isa, const char *dtype)
{
    struct outcome one = train_once(family, 1, isa, dtype);
    assert_true(isfinite(one.loss) && one.loss > 0);
    for (int threads = 2; threads <= 3; threads++) {
        struct outcome several = train_once(family, threads, isa, dtype);
        assert_true(one.loss == several.loss);
        assert_memory_equal(one.gradients, several.gradients, one.bytes);
        free(several.gradients);
    }
    free(one.gradients);
}

static void test_threads_do_not_change_bits(void **state)
{
    (void)state;
    for (int f = 0; f < 2; f++) {
        for (int isa = 0; isa < CPL_ISA_COUNT; isa++)
            if (cpl_isa_mask() & 1u << isa)
                check_threads(families[f], cpl_isa_name((enum cpl_isa)isa), "f32");
        check_threads(families[f], "auto", "bf16");
    }
}

/* ---- micro-batches ------------------------------------------------------------------------------*/

static double norm_of(const cpl_real *x, int64_t count)
{
    double squares = 0;
    for (int64_t i = 0; i < count; i++)
        squares += (double)x[i] * (double)x[i];
    return sqrt(squares);
}

/* Sequences [begin, end) of `all`; borrows all but offsets, rows and labels. */
static void cut_batch(struct test_batch *part, int32_t *offsets, int32_t *rows,
                      const struct test_batch *all, int64_t begin, int64_t end)
{
    int32_t first = all->offsets[begin], last = all->offsets[end];
    *part = *all;
    part->rows = rows;
    part->offsets = offsets;
    part->n_rows = 0;
    for (int64_t b = begin; b <= end; b++)
        offsets[b - begin] = all->offsets[b] - first;
    for (int64_t p = 0; p < all->n_rows; p++) {
        if (all->rows[p] < first || all->rows[p] >= last)
            continue;
        if (part->n_rows == 0)
            part->labels = all->labels + p;
        rows[part->n_rows++] = all->rows[p] - first;
    }
    part->input = (struct cpl_input){.tokens = last - first,
                                     .sequences = end - begin,
                                     .ids = all->ids + first,
                                     .positions = all->positions + first,
                                     .types = all->input.types ? all->types + first : NULL,
                                     .offsets = offsets};
}

/* 32 sequences at once and eight times 4, with dropout: the masks are those of the whole batch. */
static void check_micro_batches(const char *family)
{
    struct cpl_device *device = new_device(2, "auto", "f32");
    struct cpl_model *model = new_model(family, device);
    model->config.dropout = model->config.attention_dropout = model->config.embedding_dropout =
        0.1;
    struct test_batch batch, part;
    struct cpl_tape tape;
    int32_t many[32], offsets[33], rows[4096];
    for (int b = 0; b < 32; b++)
        many[b] = 1 + (int32_t)draw_number(1000 + (uint64_t)b, 100);
    batch_init(&batch, many, 32, model);
    cpl_tape_init(&tape, &device->queue, device->dtype);
    tape.training = true;
    int64_t size = model->parameters.flat_size;
    cpl_real *whole = malloc((size_t)size * sizeof *whole);
    assert_non_null(whole);
    double loss = run_loss(model, &tape, &batch), sum = 0;
    memcpy(whole, model->parameters.gradients, (size_t)size * sizeof *whole);
    zero_gradients(model);
    for (int64_t begin = 0; begin < 32; begin += 4) {
        cut_batch(&part, offsets, rows, &batch, begin, begin + 4);
        tape.token_base = batch.offsets[begin];
        sum += run_loss(model, &tape, &part);
    }
    assert_true(fabs(sum - loss) <= 1e-6 * loss);
    double norm = norm_of(whole, size);
    for (int64_t i = 0; i < size; i++)
        whole[i] -= model->parameters.gradients[i];
    double difference = norm_of(whole, size);
    if (!(difference <= 1e-6 * norm) || norm == 0)
        fail_msg("%s: the gradients differ by %g, their norm is %g", family, difference, norm);
    free(whole);
    batch_clear(&batch);
    cpl_tape_clear(&tape);
    cpl_model_free(model);
    cpl_device_free(device);
}

static void test_micro_batches(void **state)
{
    (void)state;
    check_micro_batches("bert");
    check_micro_batches("gpt2");
}

/* ---- memory -------------------------------------------------------------------------------------*/

/* After the first step of a size, further steps take no memory; and the plan knew how much it is. */
static void test_steps_take_no_new_memory(void **state)
{
    (void)state;
    const int32_t same[] = {64, 64, 64, 64};
    struct cpl_device *device = new_device(2, "auto", "auto");
    for (int f = 0; f < 2; f++) {
        struct cpl_model *model = new_model(families[f], device);
        struct test_batch batch;
        struct cpl_tape tape;
        struct cpl_memory_plan plan;
        batch_init(&batch, same, 4, model);
        cpl_tape_init(&tape, &device->queue, device->dtype);
        tape.training = true;
        run_loss(model, &tape, &batch);
        size_t reserved = tape.storage.reserved + tape.notes.reserved, peak = tape.storage.peak;
        size_t scratch = device->queue.scratch.reserved;
        for (int step = 0; step < 3; step++)
            run_loss(model, &tape, &batch);
        assert_int_equal(tape.storage.reserved + tape.notes.reserved, reserved);
        assert_int_equal(tape.storage.peak, peak);
        assert_int_equal(device->queue.scratch.reserved, scratch);
        CHECK(cpl_model_plan_memory(&plan, &model->config, device, 4, 64, batch.n_rows, error));
        assert_int_equal(plan.activations, peak + tape.notes.reserved);
        assert_int_equal(plan.parameters,
                         (size_t)model->parameters.flat_size * sizeof(cpl_real));
        size_t packed = 0;
        for (int i = 0; i < model->parameters.count; i++) {
            struct cpl_weight *weight = &model->parameters.item[i].weight;
            packed += weight->forward.bytes + weight->backward.bytes;
        }
        assert_int_equal(plan.packed, packed);
        batch_clear(&batch);
        cpl_tape_clear(&tape);
        cpl_model_free(model);
    }
    cpl_device_free(device);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_packed_and_one_by_one),
        cmocka_unit_test(test_cached_and_whole),
        cmocka_unit_test(test_cache_of_many),
        cmocka_unit_test(test_threads_do_not_change_bits),
        cmocka_unit_test(test_micro_batches),
        cmocka_unit_test(test_steps_take_no_new_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
