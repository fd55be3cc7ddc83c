/* labels: sanitize fast */
/* Checkpoints: round trips, names of other writers, incomplete and hostile files, names of runs. */
#include "model_fixture.h"

#include "base/json_file.h"
#include "base/memory.h"
#include "format/safetensors.h"

#include <sys/stat.h>

static char scratch[64];
static struct cpl_device *device;

static int setup(void **state)
{
    (void)state;
    make_scratch(scratch);
    device = new_device(1, "auto", "f32");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    remove_scratch(scratch);
    cpl_device_free(device);
    return 0;
}

static const char *golden_directory(const char *name)
{
    static char path[600];
    const char *source = getenv("COUPLET_SOURCE");
    snprintf(path, sizeof path, "%s/tests/golden/models/%s", source ? source : ".", name);
    return path;
}

static const char *in_scratch(const char *name)
{
    static char path[4][200];
    static int next;
    next = (next + 1) % 4;
    snprintf(path[next], sizeof path[next], "%s/%s", scratch, name);
    return path[next];
}

static struct cpl_model *load(const char *path)
{
    struct cpl_model *model = NULL;
    CHECK(cpl_model_load(&model, path, device, error));
    return model;
}

/* Loading must fail with this status and a message that holds all the words. */
static void expect_failure(const char *path, cpl_status status, const char *word,
                           const char *other)
{
    struct cpl_model *model = NULL;
    struct cpl_error failure = {0};
    assert_int_equal(cpl_model_load(&model, path, device, &failure), status);
    assert_null(model);
    if (!strstr(failure.message, word) || !strstr(failure.message, other))
        fail_msg("expected '%s' and '%s' in: %s", word, other, failure.message);
}

/* ---- round trips --------------------------------------------------------------------------------*/

static void expect_same_file(const char *a, const char *b)
{
    char *first = NULL, *second = NULL;
    size_t first_size, second_size;
    CHECK(cpl_file_read(&first, &first_size, a, error));
    CHECK(cpl_file_read(&second, &second_size, b, error));
    assert_int_equal(first_size, second_size);
    assert_memory_equal(first, second, first_size);
    free(first);
    free(second);
}

static void check_round_trip(const char *name)
{
    char first[64], second[64], a[100], b[100];
    make_scratch(first);
    make_scratch(second);
    struct cpl_model *model = load(golden_directory(name));
    CHECK(cpl_model_save(model, first, error));
    struct cpl_model *again = load(first);
    assert_int_equal(again->parameters.flat_size, model->parameters.flat_size);
    size_t bytes = (size_t)model->parameters.flat_size * sizeof(cpl_real);
    assert_memory_equal(model->parameters.values, again->parameters.values, bytes);
    CHECK(cpl_model_save(again, second, error));
    for (int i = 0; i < 2; i++) {
        const char *file = i ? "config.json" : "model.safetensors";
        snprintf(a, sizeof a, "%s/%s", first, file);
        snprintf(b, sizeof b, "%s/%s", second, file);
        expect_same_file(a, b);
    }
    cpl_model_free(model);
    cpl_model_free(again);
    remove_scratch(first);
    remove_scratch(second);
}

static void test_round_trips(void **state)
{
    (void)state;
    const char *const names[] = {"bert-gelu", "bert-silu-untied", "gpt2-gelu-new",
                                 "gpt2-silu-untied"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        check_round_trip(names[i]);
}

/* What is saved has the names, shapes and values that transformers wrote. */
static void test_saved_file_is_theirs(void **state)
{
    (void)state;
    const char *const names[] = {"bert-gelu", "gpt2-gelu-new", "gpt2-silu-untied"};
    for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
        char path[700], output[64];
        struct cpl_safetensors theirs = {0}, ours = {0};
        make_scratch(output);
        struct cpl_model *model = load(golden_directory(names[n]));
        CHECK(cpl_model_save(model, output, error));
        CHECK(cpl_safetensors_open_directory(&ours, output, error));
        snprintf(path, sizeof path, "%s/model.safetensors", golden_directory(names[n]));
        CHECK(cpl_safetensors_open(&theirs, path, error));
        assert_int_equal(ours.count, theirs.count);
        for (size_t i = 0; i < theirs.count; i++) {
            const struct cpl_safetensors_entry *entry = &theirs.entry[i];
            const struct cpl_safetensors_entry *found =
                cpl_safetensors_find(&ours, entry->name);
            assert_non_null(found);
            assert_int_equal(found->rank, entry->rank);
            assert_int_equal(found->bytes, entry->bytes);
            assert_memory_equal(found->data, entry->data, entry->bytes);
        }
        cpl_safetensors_close(&ours);
        cpl_safetensors_close(&theirs);
        cpl_model_free(model);
        remove_scratch(output);
    }
}

/* ---- changed checkpoints ------------------------------------------------------------------------*/

/* Copies a golden model, its tensors through `rename`, which gives the new name, or NULL to leave the
 * tensor out. */
typedef const char *renamer(const char *name);

static void copy_weights(const char *from, const char *to, renamer *rename, bool wrong_shape)
{
    struct cpl_safetensors file = {0};
    struct cpl_safetensors_writer *writer = NULL;
    CHECK(cpl_safetensors_open(&file, from, error));
    CHECK(cpl_safetensors_writer_new(&writer, to, error));
    for (size_t i = 0; i < file.count; i++) {
        const struct cpl_safetensors_entry *entry = &file.entry[i];
        int64_t shape[CPL_SAFETENSORS_MAX_RANK];
        memcpy(shape, entry->shape, sizeof shape);
        if (wrong_shape && entry->rank == 2) { /* the same elements, transposed */
            shape[0] = entry->shape[1];
            shape[1] = entry->shape[0];
        }
        if (rename(entry->name))
            CHECK(cpl_safetensors_writer_declare(writer, rename(entry->name), entry->dtype,
                                                 entry->rank, shape, error));
    }
    for (size_t i = 0; i < file.count; i++) {
        const struct cpl_safetensors_entry *entry = &file.entry[i];
        if (rename(entry->name))
            CHECK(cpl_safetensors_writer_write(writer, rename(entry->name), entry->data,
                                               entry->bytes, error));
    }
    CHECK(cpl_safetensors_writer_commit(writer, error));
    cpl_safetensors_close(&file);
}

static const char *copy_model(const char *golden, const char *name, renamer *rename,
                              bool wrong_shape)
{
    char from[700], to[300], *config = NULL;
    size_t size;
    const char *directory = in_scratch(name);
    CHECK(cpl_directory_make(directory, error));
    snprintf(from, sizeof from, "%s/config.json", golden_directory(golden));
    snprintf(to, sizeof to, "%s/config.json", directory);
    CHECK(cpl_file_read(&config, &size, from, error));
    CHECK(cpl_file_write(to, config, size, error));
    free(config);
    snprintf(from, sizeof from, "%s/model.safetensors", golden_directory(golden));
    snprintf(to, sizeof to, "%s/model.safetensors", directory);
    copy_weights(from, to, rename, wrong_shape);
    return directory;
}

static const char *same_name(const char *name) { return name; }

static const char *without_prefix(const char *name)
{
    if (strncmp(name, "bert.", 5) == 0)
        return name + 5;
    return strncmp(name, "transformer.", 12) == 0 ? name + 12 : name;
}

static const char *old_norm_name(const char *name)
{
    static char renamed[200];
    const char *norm = strstr(name, "LayerNorm.");
    if (!norm)
        return name;
    snprintf(renamed, sizeof renamed, "%.*sLayerNorm.%s", (int)(norm - name), name,
             strstr(norm, "weight") ? "gamma" : "beta");
    return renamed;
}

static const char *without_head(const char *name)
{
    return strncmp(name, "cls.", 4) == 0 ? NULL : without_prefix(name);
}

static const char *without_a_tensor(const char *name)
{
    return strstr(name, "layer.1.attention.self.key.weight") ? NULL : name;
}

static const char *odd_name(const char *name)
{
    return strstr(name, "position_embeddings") ? "bert.embeddings.positions" : name;
}

static void expect_same_values(const char *path, const char *golden)
{
    struct cpl_model *model = load(path), *expected = load(golden_directory(golden));
    size_t bytes = (size_t)model->parameters.flat_size * sizeof(cpl_real);
    assert_memory_equal(model->parameters.values, expected->parameters.values, bytes);
    assert_int_equal(json_array_size(model->unused), 0);
    cpl_model_free(model);
    cpl_model_free(expected);
}

static void test_names_of_other_writers(void **state)
{
    (void)state;
    expect_same_values(copy_model("bert-gelu", "bare", without_prefix, false), "bert-gelu");
    expect_same_values(copy_model("gpt2-relu", "bare2", without_prefix, false), "gpt2-relu");
    expect_same_values(copy_model("bert-relu", "old", old_norm_name, false), "bert-relu");
}

static void test_incomplete(void **state)
{
    (void)state;
    expect_failure(copy_model("bert-gelu", "no-key", without_a_tensor, false), CPL_ERROR_INPUT,
                   "bert.encoder.layer.1.attention.self.key.weight is missing", "no-key");
    expect_failure(copy_model("bert-gelu", "renamed", odd_name, false), CPL_ERROR_INPUT,
                   "position_embeddings.weight is missing", "renamed");
    expect_failure(copy_model("bert-gelu", "shapes", same_name, true), CPL_ERROR_INPUT,
                   "config.json asks for the shape [", "the file has [");
}

/* A bare encoder gives hidden states; asked for its head it says what is missing; it can get one. */
static void test_missing_head(void **state)
{
    (void)state;
    struct cpl_model *model = load(copy_model("bert-gelu", "headless", without_head, false));
    const int32_t lengths[] = {7, 3};
    struct test_batch batch;
    struct cpl_tape tape;
    struct cpl_error failure = {0};
    batch_init(&batch, lengths, 2, model);
    cpl_tape_init(&tape, &device->queue, device->dtype);
    tape.recording = false;
    struct cpl_value *hidden = cpl_model_hidden(model, &tape, &batch.input, NULL);
    assert_int_equal(cpl_tape_check(&tape, &failure), CPL_OK);
    assert_int_equal(hidden->data.rows, 10);
    cpl_model_head(model, &tape, hidden, batch.rows, batch.n_rows);
    assert_int_equal(cpl_tape_check(&tape, &failure), CPL_ERROR_INPUT);
    assert_non_null(strstr(failure.message, "headless"));
    assert_non_null(
        strstr(failure.message, "cls.predictions.transform.dense.weight is missing"));
    cpl_model_init_head(model, 5);
    assert_true(run_loss(model, &tape, &batch) > 0);
    batch_clear(&batch);
    cpl_tape_clear(&tape);
    cpl_model_free(model);
}

/* ---- configurations -----------------------------------------------------------------------------*/

/* The golden BERT with one key of its configuration changed. */
static void expect_refused(const char *golden, const char *key, const char *json,
                           const char *word)
{
    const char *directory = copy_model(golden, "changed", same_name, false);
    char path[300];
    snprintf(path, sizeof path, "%s/config.json", directory);
    json_t *config = NULL;
    CHECK(cpl_json_load(&config, path, 0, error));
    json_t *value = json_loads(json, JSON_DECODE_ANY, NULL);
    assert_non_null(value);
    json_object_set_new(config, key, value);
    CHECK(cpl_json_save(config, path, error));
    json_decref(config);
    expect_failure(directory, CPL_ERROR_INPUT, word, "config.json");
}

static void test_configurations_that_cannot_be(void **state)
{
    (void)state;
    expect_refused("bert-gelu", "position_embedding_type", "\"relative_key\"",
                   "position_embedding_type: \"relative_key\" is not supported");
    expect_refused("bert-gelu", "is_decoder", "true", "is_decoder: true is not supported");
    expect_refused("bert-gelu", "hidden_size", "25", "not divisible by the 3 heads");
    expect_refused("bert-gelu", "hidden_size", "0", "the width must be between 1");
    expect_refused("bert-gelu", "hidden_size", "\"24\"", "hidden_size");
    expect_refused("bert-gelu", "num_attention_heads", "-3", "num_attention_heads");
    expect_refused("bert-gelu", "num_hidden_layers", "2000000000", "number of layers");
    expect_refused("bert-gelu", "vocab_size", "null", "vocab_size is missing");
    expect_refused("bert-gelu", "vocab_size", "38", "asks for the shape [38, 24]");
    expect_refused("bert-gelu", "hidden_act", "\"mish\"", "unknown activation 'mish'");
    expect_refused("bert-gelu", "hidden_dropout_prob", "1.5", "dropout must be");
    expect_refused("bert-gelu", "layer_norm_eps", "0", "epsilon");
    expect_refused("bert-gelu", "model_type", "\"mamba\"", "unknown model family 'mamba'");
    expect_refused("gpt2-relu", "scale_attn_by_inverse_layer_idx", "true",
                   "scale_attn_by_inverse_layer_idx");
    expect_refused("gpt2-relu", "reorder_and_upcast_attn", "true", "reorder_and_upcast_attn");
    expect_refused("gpt2-relu", "add_cross_attention", "true", "add_cross_attention");
}

/* Keys that we do not know stay; a null n_inner means four times the width. */
static void test_configuration_keeps_keys(void **state)
{
    (void)state;
    struct cpl_config config;
    const char *text =
        "{\"model_type\":\"gpt2\",\"vocab_size\":9,\"n_embd\":6,\"n_layer\":1,"
        "\"n_head\":2,\"n_ctx\":20,\"n_inner\":null,\"task_specific\":{\"a\":[1]},"
        "\"eos_token_id\":[3,4],\"activation_function\":\"gelu_pytorch_tanh\"}";
    CHECK(cpl_file_write(in_scratch("config.json"), text, strlen(text), error));
    CHECK(cpl_config_read(&config, in_scratch("config.json"), error));
    assert_int_equal(config.ff_width, 24);
    assert_int_equal(config.max_positions, 20);
    assert_int_equal(config.eos, 3);
    assert_int_equal(config.activation, CPL_ACTIVATION_gelu_tanh);
    json_t *written = NULL;
    CHECK(cpl_config_write(&written, &config, error));
    assert_non_null(json_object_get(json_object_get(written, "task_specific"), "a"));
    assert_int_equal(json_integer_value(json_object_get(written, "n_inner")), 24);
    json_decref(written);
    cpl_config_clear(&config);
}

static void test_new_models_are_checked(void **state)
{
    (void)state;
    struct cpl_model *model = NULL;
    struct cpl_error failure = {0};
    struct cpl_model_options options = {.family = "brt", .size = "tiny", .dropout = -1};
    assert_int_equal(cpl_model_new(&model, &options, device, &failure), CPL_ERROR_USAGE);
    assert_non_null(strstr(failure.message, "known are: bert, gpt2"));
    failure = (struct cpl_error){0};
    options = (struct cpl_model_options){.family = "bert", .size = "huge", .dropout = -1};
    assert_int_equal(cpl_model_new(&model, &options, device, &failure), CPL_ERROR_USAGE);
    assert_non_null(strstr(failure.message, "huge"));
    failure = (struct cpl_error){0};
    char path[700];
    snprintf(path, sizeof path, "%s/config.json", golden_directory("bert-gelu"));
    options = (struct cpl_model_options){.config_path = path, .vocab_size = 40, .dropout = -1};
    assert_int_equal(cpl_model_new(&model, &options, device, &failure), CPL_ERROR_INPUT);
    assert_non_null(strstr(failure.message, "40"));
    assert_null(model);
}

/* Initial weights are a function of the seed alone and as spread as the papers have them. */
static void test_initial_weights(void **state)
{
    (void)state;
    struct cpl_device *three = new_device(3, "auto", "f32");
    struct cpl_model *model = NULL, *again = NULL, *other = NULL;
    struct cpl_model_options options = {
        .family = "gpt2", .size = "tiny", .vocab_size = 997, .seed = 4};
    CHECK(cpl_model_new(&model, &options, device, error));
    CHECK(cpl_model_new(&again, &options, three, error));
    options.seed = 5;
    CHECK(cpl_model_new(&other, &options, device, error));
    size_t bytes = (size_t)model->parameters.flat_size * sizeof(cpl_real);
    assert_memory_equal(model->parameters.values, again->parameters.values, bytes);
    assert_memory_not_equal(model->parameters.values, other->parameters.values, bytes);
    for (int i = 0; i < 2; i++) {
        struct cpl_tensor x = i ? model->layer[1].down->value : model->token->value;
        double squares = 0, expected = i ? 0.02 / 2 : 0.02; /* sqrt(2 * 2 layers) = 2 */
        for (int64_t k = 0; k < cpl_tensor_count(x); k++)
            squares += (double)((float *)x.data)[k] * ((float *)x.data)[k];
        double deviation = sqrt(squares / (double)cpl_tensor_count(x));
        assert_true(fabs(deviation - expected) < 0.02 * expected);
    }
    cpl_model_free(model);
    cpl_model_free(again);
    cpl_model_free(other);
    cpl_device_free(three);
}

/* ---- hostile files and names --------------------------------------------------------------------*/

static void test_hostile_files(void **state)
{
    (void)state;
    const char *directory = copy_model("bert-gelu", "hostile", same_name, false);
    char path[300], *data = NULL;
    size_t size;
    snprintf(path, sizeof path, "%s/model.safetensors", directory);
    CHECK(cpl_file_read(&data, &size, path, error));
    CHECK(cpl_file_write(path, data, size - 4, error));
    expect_failure(directory, CPL_ERROR_INPUT, "model.safetensors", "");
    CHECK(cpl_file_write(path, data, 5, error));
    expect_failure(directory, CPL_ERROR_INPUT, "model.safetensors", "");
    CHECK(cpl_path_remove(path, error));
    expect_failure(directory, CPL_ERROR_SYSTEM, "model.safetensors", "");
    snprintf(path, sizeof path, "%s/config.json", directory);
    CHECK(cpl_file_write(path, "{\"model_type\": \"bert\",", 22, error));
    expect_failure(directory, CPL_ERROR_INPUT, "config.json", "");
    CHECK(cpl_file_write(path, "[]", 2, error));
    expect_failure(directory, CPL_ERROR_INPUT, "config.json", "object");
    free(data);
}

static void test_names_of_runs(void **state)
{
    (void)state;
    char *path = NULL;
    struct cpl_error failure = {0};
    CHECK(cpl_directory_make(in_scratch("run/checkpoints"), error));
    copy_model("bert-relu", "run/checkpoints/step-000010", same_name, false);
    copy_model("bert-relu", "run/checkpoints/step-000020", same_name, false);
    assert_int_equal(symlink("checkpoints/step-000020", in_scratch("run/latest")), 0);
    assert_int_equal(symlink("checkpoints/step-000010", in_scratch("run/best")), 0);
    CHECK(cpl_model_resolve(&path, in_scratch("run"), error));
    assert_non_null(strstr(path, "step-000020"));
    free(path);
    CHECK(cpl_model_resolve(&path, in_scratch("run@best"), error));
    assert_non_null(strstr(path, "step-000010"));
    free(path);
    cpl_model_free(load(in_scratch("run@best")));
    assert_int_equal(cpl_model_resolve(&path, in_scratch("run@worst"), &failure),
                     CPL_ERROR_USAGE);
    failure = (struct cpl_error){0};
    assert_int_equal(cpl_model_resolve(&path, in_scratch("none"), &failure), CPL_ERROR_SYSTEM);
    failure = (struct cpl_error){0};
    assert_int_equal(cpl_model_resolve(&path, in_scratch("run/checkpoints"), &failure),
                     CPL_ERROR_INPUT);
    assert_non_null(strstr(failure.message, "config.json"));
    assert_int_equal(unlink(in_scratch("run/best")), 0);
    failure = (struct cpl_error){0};
    assert_int_equal(cpl_model_resolve(&path, in_scratch("run@best"), &failure),
                     CPL_ERROR_INPUT);
    assert_non_null(strstr(failure.message, "best"));
}

/* A real checkpoint: BERT without its head, in f16, without the prefix. */
static void test_real_checkpoint(void **state)
{
    (void)state;
    char path[600];
    const char *data = getenv("COUPLET_DATA");
    snprintf(path, sizeof path, "%s/checkpoint_bge_small_zh", data ? data : "../shared/data");
    if (!cpl_path_is_directory(path)) {
        print_message("no %s: skipped\n", path);
        skip();
    }
    struct cpl_model *model = load(path);
    assert_int_equal(model->config.layers, 4);
    assert_string_equal(model->missing_head, "cls.predictions.transform.dense.weight");
    assert_int_equal(json_array_size(model->unused), 0);
    char *description = NULL;
    CHECK(cpl_model_describe(model, &description, error));
    assert_non_null(strstr(description, "\"missing_head\": \"cls.predictions"));
    free(description);
    cpl_model_free(model);
}

/* ---- running out of memory ----------------------------------------------------------------------*/

/* Loads a model and computes a training step while the n-th allocation fails; true if none did. */
static bool survive(const char *path, size_t n)
{
    struct cpl_model *model = NULL;
    struct cpl_error failure = {0};
    struct cpl_tape tape;
    struct cpl_loss loss;
    const int32_t lengths[] = {3, 30};
    cpl_tape_init(&tape, &device->queue, device->dtype);
    cpl_memory_fail_at(n);
    cpl_status status = cpl_model_load(&model, path, device, &failure);
    if (status == CPL_OK)
        status = cpl_model_enable_gradients(model, &failure);
    if (status == CPL_OK) {
        struct test_batch batch;
        batch_init(&batch, lengths, 2, model);
        struct cpl_value *hidden = cpl_model_hidden(model, &tape, &batch.input, NULL);
        struct cpl_value *head = cpl_model_head(model, &tape, hidden, batch.rows, batch.n_rows);
        cpl_model_loss(model, &tape, &loss, head, batch.labels, batch.n_rows, 1);
        status = cpl_tape_backward(&tape, &failure);
        batch_clear(&batch);
    }
    cpl_memory_fail_at(0);
    if (status != CPL_OK && (status != CPL_ERROR_SYSTEM || !strstr(failure.message, "memory")))
        fail_msg("allocation %d: status %d, %s", (int)n, (int)status, failure.message);
    cpl_tape_clear(&tape);
    cpl_arena_clear(&device->queue.scratch);
    device->queue.out_of_memory = false;
    cpl_model_free(model);
    return status == CPL_OK;
}

static void test_every_failing_allocation(void **state)
{
    (void)state;
    const char *const names[] = {"bert-relu", "gpt2-silu-untied"};
    for (int i = 0; i < 2; i++) {
        size_t n = 1;
        while (!survive(golden_directory(names[i]), n))
            assert_true(++n < 10000);
        assert_true(n > 20);
    }
}

/* The numbers everyone counts: see cpl_model_training_flops. */
static void test_needed_arithmetic(void **state)
{
    (void)state;
    struct cpl_model *bert = NULL, *gpt2 = NULL;
    struct cpl_model_options options = {.family = "bert", .size = "mini", .vocab_size = 21128};
    CHECK(cpl_model_new(&bert, &options, device, error));
    options.family = "gpt2";
    CHECK(cpl_model_new(&gpt2, &options, device, error));
    double tokens = 4096, layers = 4 * 12 * 256.0 * 256.0, squares = 32 * 128.0 * 128.0;
    double expected =
        6 * layers * tokens + 6 * (21128 + 256) * 256.0 * 600 + 12 * 4 * 256 * squares;
    assert_true(fabs(cpl_model_training_flops(bert, 4096, 600, squares) - expected) < 1);
    expected = 6 * layers * tokens + 6 * 21128 * 256.0 * 4064 + 6 * 4 * 256 * squares;
    assert_true(fabs(cpl_model_training_flops(gpt2, 4096, 4064, squares) - expected) < 1);
    cpl_model_free(bert);
    cpl_model_free(gpt2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_saved_file_is_theirs),
        cmocka_unit_test(test_names_of_other_writers),
        cmocka_unit_test(test_incomplete),
        cmocka_unit_test(test_missing_head),
        cmocka_unit_test(test_configurations_that_cannot_be),
        cmocka_unit_test(test_configuration_keeps_keys),
        cmocka_unit_test(test_new_models_are_checked),
        cmocka_unit_test(test_initial_weights),
        cmocka_unit_test(test_hostile_files),
        cmocka_unit_test(test_names_of_runs),
        cmocka_unit_test(test_real_checkpoint),
        cmocka_unit_test(test_every_failing_allocation),
        cmocka_unit_test(test_needed_arithmetic),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
