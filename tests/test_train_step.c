/* labels: sanitize */
/* One training step: cutting a batch into micro-batches, and the number of threads, change nothing. */
#include "base/memory.h"
#include "kernel/device.h"
#include "train/training.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { VOCAB = 211, SEQUENCES = 32, LONGEST = 24 };

static void *array(size_t count, size_t size)
{
    void *out;
    assert_int_equal(cpl_memory_new(&out, count, size, NULL), CPL_OK);
    return out;
}

/* Sequences of 1 to LONGEST random tokens; every third token is predicted. */
static void make_batch(struct cpl_batch *batch)
{
    struct cpl_rng_key key = {7, CPL_RNG_TEST, 0};
    size_t capacity = SEQUENCES * LONGEST;
    *batch = (struct cpl_batch){.n_sequences = SEQUENCES};
    batch->ids = array(capacity, sizeof(int32_t));
    batch->positions = array(capacity, sizeof(int32_t));
    batch->types = array(capacity, sizeof(int32_t));
    batch->rows = array(capacity, sizeof(int32_t));
    batch->labels = array(capacity, sizeof(int32_t));
    batch->original = array(capacity, sizeof(int32_t));
    batch->continues = array(capacity, 1);
    batch->samples = array(SEQUENCES, sizeof(uint64_t));
    batch->offsets = array(SEQUENCES + 1, sizeof(int32_t));
    for (int b = 0; b < SEQUENCES; b++) {
        int length = 1 + (int)cpl_rng_below(key, (uint64_t)(1000000 + b), LONGEST);
        for (int i = 0; i < length; i++) {
            int64_t n = batch->n_tokens++;
            batch->ids[n] = (int32_t)cpl_rng_below(key, (uint64_t)n, VOCAB);
            batch->positions[n] = i;
            if (n % 3 != 0)
                continue;
            batch->rows[batch->n_predicted] = (int32_t)n;
            batch->labels[batch->n_predicted++] =
                (int32_t)cpl_rng_below(key, (uint64_t)(2000000 + n), VOCAB);
        }
        batch->offsets[b + 1] = (int32_t)batch->n_tokens;
    }
}

struct engine {
    struct cpl_device *device;
    struct cpl_trainer trainer;
};

static void start(struct engine *engine, const char *family, const char *dtype, int threads,
                  enum cpl_optimizer_id id)
{
    struct cpl_device_options machine = {.threads = threads, .dtype = dtype};
    struct cpl_model_options wanted = {
        .family = family, .size = "tiny", .vocab_size = VOCAB, .dropout = -1, .seed = 3};
    struct cpl_model *model = NULL;
    struct cpl_optimizer_options optimizer = {
        .id = id, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .momentum = 0.95};
    cpl_optimizer_resolve(&optimizer);
    assert_int_equal(cpl_device_new(&engine->device, &machine, NULL), CPL_OK);
    optimizer.compute = engine->device->dtype;
    assert_int_equal(cpl_model_new(&model, &wanted, engine->device, NULL), CPL_OK);
    assert_int_equal(
        cpl_trainer_init(&engine->trainer, model, engine->device, &optimizer, 5, NULL), CPL_OK);
}

static void finish(struct engine *engine)
{
    cpl_trainer_clear(&engine->trainer);
    cpl_device_free(engine->device);
}

/* Gradients of step 9 on the batch: a heap copy. */
static float *gradients(struct engine *engine, const struct cpl_batch *batch, int64_t micro,
                        struct cpl_step_sums *sums)
{
    const struct cpl_parameters *parameters = &engine->trainer.model->parameters;
    float *copy = array((size_t)parameters->flat_size, sizeof *copy);
    assert_int_equal(cpl_trainer_gradients(&engine->trainer, batch, micro, 9, sums, NULL),
                     CPL_OK);
    memcpy(copy, parameters->gradients, (size_t)parameters->flat_size * sizeof *copy);
    return copy;
}

static double norm(const float *x, const float *y, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) {
        double d = (double)x[i] - (y ? (double)y[i] : 0);
        sum += d * d;
    }
    return sqrt(sum);
}

/* With dropout: its masks count tokens over the whole batch. */
static void check_accumulation(const char *family)
{
    struct engine engine;
    struct cpl_batch batch;
    struct cpl_step_sums whole, cut;
    make_batch(&batch);
    start(&engine, family, "f32", 2, CPL_OPTIMIZER_adamw);
    int64_t size = engine.trainer.model->parameters.flat_size;
    float *at_once = gradients(&engine, &batch, 0, &whole);
    float *in_parts = gradients(&engine, &batch, batch.n_tokens / 8, &cut);
    assert_true(norm(at_once, NULL, size) > 1);
    assert_true(norm(at_once, in_parts, size) <= 1e-6 * norm(at_once, NULL, size));
    assert_true(fabs(whole.loss - cut.loss) <= 1e-6 * whole.loss);
    assert_int_equal(whole.predicted, batch.n_predicted);
    assert_int_equal(cut.predicted, batch.n_predicted);
    free(at_once);
    free(in_parts);
    finish(&engine);
    cpl_batch_clear(&batch);
}

static void test_accumulation_bert(void **state)
{
    (void)state;
    check_accumulation("bert");
}

static void test_accumulation_gpt2(void **state)
{
    (void)state;
    check_accumulation("gpt2");
}

/* Three steps; a heap copy of the values behind them. */
static float *train(const char *family, const char *dtype, enum cpl_optimizer_id id,
                    int threads, int64_t *size)
{
    struct engine engine;
    struct cpl_batch batch;
    struct cpl_step_sums sums;
    make_batch(&batch);
    start(&engine, family, dtype, threads, id);
    struct cpl_trainer *trainer = &engine.trainer;
    const struct cpl_parameters *parameters = &trainer->model->parameters;
    for (int64_t step = 0; step < 3; step++) {
        assert_int_equal(cpl_trainer_gradients(trainer, &batch, 256, step, &sums, NULL),
                         CPL_OK);
        cpl_trainer_update(trainer, &sums, cpl_trainer_norm(trainer, &sums), 1, 1);
    }
    *size = parameters->flat_size;
    float *copy = array((size_t)*size, sizeof *copy);
    memcpy(copy, parameters->values, (size_t)*size * sizeof *copy);
    finish(&engine);
    cpl_batch_clear(&batch);
    return copy;
}

static void check_threads(const char *family, const char *dtype, enum cpl_optimizer_id id)
{
    int64_t size = 0;
    float *one = train(family, dtype, id, 1, &size);
    for (int threads = 2; threads <= 3; threads++) {
        float *more = train(family, dtype, id, threads, &size);
        assert_memory_equal(one, more, (size_t)size * sizeof *one);
        free(more);
    }
    free(one);
}

static void test_threads(void **state)
{
    (void)state;
    struct cpl_device *device = NULL;
    struct cpl_device_options best = {0};
    assert_int_equal(cpl_device_new(&device, &best, NULL), CPL_OK);
    const char *dtype = cpl_device_dtype(device);
    check_threads("bert", "f32", CPL_OPTIMIZER_muon);
    check_threads("gpt2", "f32", CPL_OPTIMIZER_adamw);
    check_threads("bert", dtype, CPL_OPTIMIZER_adamw);
    check_threads("gpt2", dtype, CPL_OPTIMIZER_muon);
    cpl_device_free(device);
}

static void test_bad_tensor_is_named(void **state)
{
    (void)state;
    struct engine engine;
    struct cpl_batch batch;
    struct cpl_step_sums sums;
    make_batch(&batch);
    start(&engine, "gpt2", "f32", 1, CPL_OPTIMIZER_adamw);
    struct cpl_parameter *bad = &engine.trainer.model->parameters.item[3];
    assert_null(cpl_trainer_bad_tensor(&engine.trainer, true));
    ((float *)bad->weight.value.data)[1] = NAN;
    assert_string_equal(cpl_trainer_bad_tensor(&engine.trainer, true), bad->name);
    assert_int_equal(cpl_trainer_gradients(&engine.trainer, &batch, 0, 0, &sums, NULL), CPL_OK);
    assert_false(isfinite(cpl_trainer_norm(&engine.trainer, &sums)));
    assert_non_null(cpl_trainer_bad_tensor(&engine.trainer, false));
    finish(&engine);
    cpl_batch_clear(&batch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accumulation_bert),
        cmocka_unit_test(test_accumulation_gpt2),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_bad_tensor_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
