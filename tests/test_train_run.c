/* labels: sanitize */
/* Whole trainings on a corpus made here: checkpoints, resuming, everything that must be refused. */
#include "base/buffer.h"
#include "base/file.h"
#include "base/json_file.h"
#include "base/memory.h"
#include "base/rng.h"
#include "format/safetensors.h"

#include <couplet/train.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char root[] = "/tmp/couplet-train-XXXXXX";
static struct cpl_device *device;

static const char *in_root(const char *name)
{
    static char paths[8][512];
    static int next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", root, name);
    return path;
}

/* ---- text -------------------------------------------------------------------------------- */

static const char characters[] =
    "天地玄黄宇宙洪荒日月盈昃辰宿列张寒来暑往秋收冬藏闰余成岁律吕调阳";
enum { N_CHARACTERS = (sizeof characters - 1) / 3 };

static void write_text(const char *name, const struct cpl_buffer *text)
{
    assert_int_equal(cpl_file_write(in_root(name), text->data, text->length, NULL), CPL_OK);
}

/* Documents of random walks over the characters: there is something to learn. */
static void write_corpus(const char *source, const char *corpus, uint64_t seed, int documents)
{
    struct cpl_buffer text = {0};
    struct cpl_rng_key key = {seed, CPL_RNG_TEST, 0};
    uint64_t draw = 0;
    for (int d = 0; d < documents; d++) {
        cpl_buffer_add_text(&text, "{\"text\": \"");
        int at = (int)cpl_rng_below(key, draw++, N_CHARACTERS);
        for (int i = 0; i < 60; i++) {
            at = (at + 1 + (int)cpl_rng_below(key, draw++, 3)) % N_CHARACTERS;
            cpl_buffer_add(&text, characters + 3 * at, 3);
            if (i % 12 == 11)
                cpl_buffer_add_text(&text, "。");
        }
        cpl_buffer_add_text(&text, "\"}\n");
    }
    write_text(source, &text);
    cpl_buffer_clear(&text);
    const char *sources[] = {in_root(source)};
    struct cpl_corpus_build build = {
        .sources = sources, .n_sources = 1, .split = {80, 15, 5}, .format = "jsonl"};
    assert_int_equal(cpl_corpus_build(&build, in_root(corpus), NULL), CPL_OK);
}

/* vocab.txt: special tokens and a token a character. */
static void write_tokenizer(const char *name)
{
    struct cpl_buffer text = {0};
    assert_int_equal(cpl_directory_make(in_root(name), NULL), CPL_OK);
    cpl_buffer_add_text(&text, "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n。\n");
    for (int i = 0; i < N_CHARACTERS; i++) {
        cpl_buffer_add(&text, characters + 3 * i, 3);
        cpl_buffer_add_text(&text, "\n");
    }
    char path[64];
    snprintf(path, sizeof path, "%s/vocab.txt", name);
    write_text(path, &text);
    cpl_buffer_clear(&text);
}

static int set_up(void **state)
{
    (void)state;
    struct cpl_device_options machine = {.threads = 2, .dtype = "f32"};
    struct cpl_buffer words = {0};
    if (!mkdtemp(root))
        return -1;
    cpl_buffer_add_text(&words, "天地 10 n\n宇宙 10 n\n日月 10 n\n");
    write_text("words.txt", &words);
    cpl_buffer_clear(&words);
    setenv("COUPLET_DICTIONARY", in_root("words.txt"), 1);
    write_corpus("one.jsonl", "corpus", 1, 200);
    write_corpus("two.jsonl", "other-corpus", 2, 200);
    write_corpus("few.jsonl", "small-corpus", 3, 10);
    write_tokenizer("tokenizer");
    return cpl_device_new(&device, &machine, NULL) == CPL_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    cpl_device_free(device);
    return cpl_path_remove(root, NULL) == CPL_OK ? 0 : -1;
}

/* ---- runs -------------------------------------------------------------------------------- */

static struct cpl_train_options options_for(const char *out)
{
    static char paths[3][512];
    struct cpl_train_options options;
    cpl_train_options_init(&options);
    snprintf(paths[0], sizeof paths[0], "%s/corpus", root);
    snprintf(paths[1], sizeof paths[1], "%s/tokenizer", root);
    snprintf(paths[2], sizeof paths[2], "%s/%s", root, out);
    options.corpus = paths[0];
    options.tokenizer = paths[1];
    options.out = paths[2];
    options.size = "tiny";
    options.length = 32;
    options.max_positions = 32;
    options.batch_tokens = 256;
    options.steps = 8;
    options.save_every = 2;
    options.evaluate_every = 4;
    options.log_every = 1;
    return options;
}

static cpl_status train(const struct cpl_train_options *options, struct cpl_error *error)
{
    *error = (struct cpl_error){0};
    return cpl_pretrain(options, device, NULL, error);
}

static void assert_refused(const struct cpl_train_options *options, cpl_status status,
                           const char *message)
{
    struct cpl_error error;
    assert_int_equal(train(options, &error), status);
    if (!strstr(error.message, message))
        fail_msg("\"%s\" does not say \"%s\"", error.message, message);
}

/* Stops the training after `at` steps. */
struct stopper {
    int64_t at;
};

static bool stop_at(void *context, const struct cpl_train_progress *progress)
{
    const struct stopper *stopper = context;
    return progress->step < stopper->at;
}

static bool same_file(const char *run, const char *other, const char *name)
{
    char a[600], b[600];
    char *x = NULL, *y = NULL;
    size_t n = 0, m = 0;
    snprintf(a, sizeof a, "%s/%s/latest/%s", root, run, name);
    snprintf(b, sizeof b, "%s/%s/latest/%s", root, other, name);
    assert_int_equal(cpl_file_read(&x, &n, a, NULL), CPL_OK);
    assert_int_equal(cpl_file_read(&y, &m, b, NULL), CPL_OK);
    bool same = n == m && memcmp(x, y, n) == 0;
    free(x);
    free(y);
    return same;
}

static void assert_same_checkpoint(const char *run, const char *other)
{
    assert_true(same_file(run, other, "model.safetensors"));
    assert_true(same_file(run, other, "training.safetensors"));
    assert_true(same_file(run, other, "training.json"));
    assert_true(same_file(run, other, "config.json"));
}

static size_t count_lines(const char *path)
{
    char *text = NULL;
    size_t size = 0, lines = 0;
    assert_int_equal(cpl_file_read(&text, &size, path, NULL), CPL_OK);
    for (size_t i = 0; i < size; i++)
        lines += text[i] == '\n';
    free(text);
    return lines;
}

static size_t count_checkpoints(const char *run)
{
    char path[600], **names;
    size_t count;
    snprintf(path, sizeof path, "%s/%s/checkpoints", root, run);
    assert_int_equal(cpl_directory_list(&names, &count, path, NULL), CPL_OK);
    for (size_t i = 0; i < count; i++)
        assert_true(names[i][0] != '.');
    cpl_names_free(names, count);
    return count;
}

/* Every value of every tensor of the latest checkpoint. */
static void assert_finite(const char *run, const char *name)
{
    char path[600];
    struct cpl_safetensors file;
    snprintf(path, sizeof path, "%s/%s/latest/%s", root, run, name);
    assert_int_equal(cpl_safetensors_open(&file, path, NULL), CPL_OK);
    for (size_t i = 0; i < file.count; i++) {
        int64_t count = cpl_safetensors_elements(&file.entry[i]);
        float *values = malloc((size_t)count * sizeof *values);
        assert_non_null(values);
        assert_int_equal(cpl_safetensors_read_f32(&file.entry[i], values, NULL), CPL_OK);
        for (int64_t k = 0; k < count; k++)
            assert_true(isfinite(values[k]));
        free(values);
    }
    cpl_safetensors_close(&file);
}

/* ---- what must work ---------------------------------------------------------------------- */

static void check_resume(const char *family, const char *straight, const char *stopped)
{
    struct cpl_error error;
    struct cpl_train_options options = options_for(straight);
    options.family = family;
    assert_int_equal(train(&options, &error), CPL_OK);

    options = options_for(stopped);
    options.family = family;
    for (int64_t at = 3; at < 8;
         at += 2) { /* at a step that is saved only because of the stop */
        struct stopper stopper = {at};
        options.progress = stop_at;
        options.context = &stopper;
        assert_int_equal(train(&options, &error), CPL_STOPPED);
        options.resume = true;
    }
    options.progress = NULL;
    assert_int_equal(train(&options, &error), CPL_OK);
    assert_same_checkpoint(straight, stopped);
    assert_int_equal(count_checkpoints(stopped), 2);
}

static void test_resume_bert(void **state)
{
    (void)state;
    check_resume("bert", "bert", "bert-stopped");
}

static void test_resume_gpt2(void **state)
{
    (void)state;
    check_resume("gpt2", "gpt2", "gpt2-stopped");
}

static void test_files_of_a_run(void **state)
{
    (void)state;
    struct cpl_error error;
    struct cpl_train_options options = options_for("files");
    options.steps = 4;
    options.save_initial = true;
    options.keep_last = 3;
    assert_int_equal(train(&options, &error), CPL_OK);
    assert_true(cpl_file_exists(in_root("files/config.yaml")));
    assert_true(cpl_file_exists(in_root("files/log.txt")));
    assert_true(cpl_file_exists(in_root("files/best/training.json")));
    assert_true(cpl_file_exists(in_root("files/latest/tokenizer.json")));
    assert_true(cpl_file_exists(in_root("files/checkpoints/step-000000/model.safetensors")));
    assert_int_equal(count_checkpoints("files"), 3);
    assert_int_equal(count_lines(in_root("files/metrics.jsonl")),
                     5); /* 4 steps, 1 evaluation */
    assert_finite("files", "model.safetensors");
    assert_finite("files", "training.safetensors");
}

/* Lines behind the checkpoint that is resumed, and half lines, go; so does what is half written. */
static void test_resume_after_a_crash(void **state)
{
    (void)state;
    struct cpl_error error;
    struct stopper stopper = {4};
    struct cpl_train_options options = options_for("crash");
    options.progress = stop_at;
    options.context = &stopper;
    assert_int_equal(train(&options, &error), CPL_STOPPED);
    FILE *metrics = fopen(in_root("crash/metrics.jsonl"), "a");
    assert_non_null(metrics);
    fputs("{\"step\": 5, \"loss\": 1}\n{\"step\": 3, \"lo", metrics);
    fclose(metrics);
    assert_int_equal(cpl_directory_make(in_root("crash/checkpoints/.step-000006"), NULL),
                     CPL_OK);
    assert_int_equal(
        cpl_file_write(in_root("crash/checkpoints/.step-000006/config.json"), "{", 1, NULL),
        CPL_OK);
    options.progress = NULL;
    options.resume = true;
    assert_int_equal(train(&options, &error), CPL_OK);
    assert_int_equal(count_lines(in_root("crash/metrics.jsonl")), 8 + 2);
    assert_int_equal(count_checkpoints("crash"), 2);
    assert_same_checkpoint("crash", "bert"); /* trained by an earlier test */
}

static void test_learns(void **state)
{
    (void)state;
    struct cpl_error error;
    struct cpl_train_result result;
    struct cpl_evaluation found;
    struct cpl_model *model = NULL;
    struct cpl_tokenizer *tokenizer = NULL;
    struct cpl_train_options options = options_for("learns");
    options.family = "gpt2";
    options.steps = 80;
    options.batch_tokens = 1024;
    options.save_every = options.evaluate_every = 0;
    error = (struct cpl_error){0};
    assert_int_equal(cpl_pretrain(&options, device, &result, &error), CPL_OK);
    assert_true(result.saved && result.last.step == 80);
    assert_int_equal(cpl_model_load(&model, options.out, device, NULL), CPL_OK);
    assert_int_equal(cpl_tokenizer_load(&tokenizer, options.tokenizer, NULL), CPL_OK);
    struct cpl_evaluate_options wanted = {
        .split = CPL_SPLIT_VALID, .length = 32, .batch_tokens = 1024, .seed = 1};
    assert_int_equal(cpl_evaluate(model, tokenizer, options.corpus, &wanted, &found, &error),
                     CPL_OK);
    assert_true(fabs(found.loss - result.eval_loss) < 1e-12);
    assert_true(found.loss <
                0.7 * found.unigram_loss); /* three successors are likely: log 3 = 1.1 */
    assert_true(found.bits_per_character > 0 && found.unknown == 0);
    assert_true(found.accuracy > 3 * found.most_frequent_accuracy);
    cpl_tokenizer_free(tokenizer);
    cpl_model_free(model);
}

static void test_evaluate_a_file(void **state)
{
    (void)state;
    struct cpl_model *model = NULL;
    struct cpl_tokenizer *tokenizer = NULL;
    struct cpl_evaluation found;
    struct cpl_evaluate_options wanted = {.length = 32};
    struct cpl_buffer text = {0};
    cpl_buffer_add_text(&text, "天地玄黄，宇宙洪荒。\n日月盈昃\n");
    write_text("held-out.txt", &text);
    cpl_buffer_clear(&text);
    assert_int_equal(cpl_model_load(&model, in_root("learns"), device, NULL), CPL_OK);
    assert_int_equal(cpl_tokenizer_load(&tokenizer, in_root("tokenizer"), NULL), CPL_OK);
    assert_int_equal(
        cpl_evaluate(model, tokenizer, in_root("held-out.txt"), &wanted, &found, NULL), CPL_OK);
    assert_true(found.characters > 12 && found.unknown > 0); /* the comma has no token */
    assert_true(found.bits_per_character * (double)found.characters >=
                20.0 * (double)found.unknown);
    assert_true(found.unigram_loss == 0);
    assert_int_equal(
        cpl_evaluate(model, tokenizer, in_root("nothing.txt"), &wanted, &found, NULL),
        CPL_ERROR_SYSTEM);
    wanted.objective = "mlm";
    assert_int_equal(
        cpl_evaluate(model, tokenizer, in_root("held-out.txt"), &wanted, &found, NULL),
        CPL_ERROR_USAGE);
    cpl_tokenizer_free(tokenizer);
    cpl_model_free(model);
}

static void test_plan(void **state)
{
    (void)state;
    struct cpl_train_plan plan;
    struct cpl_error error = {0};
    struct cpl_train_options options = options_for("planned");
    options.steps = 0;
    options.epochs = 2;
    assert_int_equal(cpl_pretrain_plan(&options, device, &plan, &error), CPL_OK);
    assert_true(plan.parameters > 100000 && plan.steps > 10 && plan.flops_per_step > 1e8);
    assert_true(plan.activation_bytes > 0 &&
                plan.total_bytes > 3 * 4 * (size_t)plan.parameters);
    assert_true(plan.peak_gflops > 0 && plan.seconds > 0);
    assert_false(cpl_file_exists(options.out));
}

/* ---- what must be refused ---------------------------------------------------------------- */

static void test_existing_run(void **state)
{
    (void)state;
    struct cpl_error error;
    struct cpl_train_options options = options_for("twice");
    options.steps = 2;
    assert_int_equal(train(&options, &error), CPL_OK);
    assert_refused(&options, CPL_ERROR_STATE, "--resume");
    options.force = true;
    assert_int_equal(train(&options, &error), CPL_OK);
    assert_int_equal(count_checkpoints("twice"), 1);
    options = options_for("foreign");
    assert_int_equal(cpl_directory_make(options.out, NULL), CPL_OK);
    assert_int_equal(cpl_file_write(in_root("foreign/letter.txt"), "x", 1, NULL), CPL_OK);
    assert_refused(&options, CPL_ERROR_STATE, "letter.txt");
    assert_true(cpl_file_exists(in_root("foreign/letter.txt")));
}

static void test_run_in_use(void **state)
{
    (void)state;
    struct cpl_lock lock = {0};
    struct cpl_train_options options = options_for("used");
    assert_int_equal(cpl_directory_make(options.out, NULL), CPL_OK);
    assert_int_equal(cpl_lock_take(&lock, options.out, NULL), CPL_OK);
    assert_refused(&options, CPL_ERROR_STATE, "in use");
    cpl_lock_release(&lock);
}

static void test_resume_differs(void **state)
{
    (void)state;
    struct cpl_error error;
    struct stopper stopper = {2};
    struct cpl_train_options options = options_for("differs"), changed;
    options.progress = stop_at;
    options.context = &stopper;
    assert_int_equal(train(&options, &error), CPL_STOPPED);
    options.progress = NULL;
    options.resume = true;
    changed = options;
    changed.lr = 0.5;
    assert_refused(&changed, CPL_ERROR_STATE, "--lr was 0.02, now it is 0.5");
    changed = options;
    changed.steps = 9;
    assert_refused(&changed, CPL_ERROR_STATE, "--steps was 8, now it is 9");
    changed = options;
    changed.mask = "token";
    assert_refused(&changed, CPL_ERROR_STATE, "--mask was word, now it is token");
    changed = options;
    changed.corpus = in_root("other-corpus");
    assert_refused(&changed, CPL_ERROR_STATE, "the training text was");
    changed = options;
    changed.keep_last = 5;
    changed.save_every = 3;
    changed.log_every = 100;
    assert_int_equal(train(&changed, &error), CPL_OK);
    assert_true(same_file("differs", "bert", "model.safetensors"));
}

/* Without an end in its schedule a run can go on for as long as one likes. */
static void test_resume_longer(void **state)
{
    (void)state;
    struct cpl_error error;
    struct cpl_train_options options = options_for("longer");
    options.schedule = "constant";
    options.warmup = 2;
    options.steps = 2;
    assert_int_equal(train(&options, &error), CPL_OK);
    options.resume = true;
    options.steps = 4;
    assert_int_equal(train(&options, &error), CPL_OK);
    assert_true(cpl_file_exists(in_root("longer/checkpoints/step-000004/config.json")));
}

static void test_not_finite(void **state)
{
    (void)state;
    struct cpl_error error;
    struct cpl_train_options options = options_for("not-finite");
    options.lr = options.adamw_lr = 1e12;
    options.save_every = 1;
    options.steps = 100;
    options.save_initial = true;
    options.warmup = 0;
    assert_int_equal(train(&options, &error), CPL_ERROR_NUMERIC);
    assert_non_null(strstr(error.message, "finite"));
    assert_finite("not-finite", "model.safetensors");
    assert_finite("not-finite", "training.safetensors");
    options = options_for("no-loss");
    options.lr = options.adamw_lr = 1e12;
    options.save_every = 0;
    options.steps = 100;
    options.warmup = 0;
    assert_int_equal(train(&options, &error), CPL_ERROR_NUMERIC);
    assert_non_null(strstr(error.message, "bad-batch-step-"));
    assert_false(cpl_file_exists(in_root("no-loss/latest")));
    const char *name = strstr(error.message, "bad-batch-step-");
    char path[600];
    snprintf(path, sizeof path, "%s/no-loss/%.*s", root,
             (int)(strstr(name, ".json") + 5 - name), name);
    json_t *record = NULL;
    assert_int_equal(cpl_json_load(&record, path, 0, NULL), CPL_OK);
    assert_true(json_array_size(json_object_get(record, "input_ids")) > 100);
    json_decref(record);
}

/* No file may grow: the checkpoint of step 4 cannot be written, that of step 2 stays. */
static bool fill_disk(void *context, const struct cpl_train_progress *progress)
{
    struct rlimit *limit = context;
    if (progress->step == 3) {
        struct rlimit tight = *limit;
        tight.rlim_cur = 20000;
        setrlimit(RLIMIT_FSIZE, &tight);
    }
    return true;
}

static void test_disk_full(void **state)
{
    (void)state;
    struct cpl_error error;
    struct rlimit limit;
    struct cpl_train_options options = options_for("full");
    getrlimit(RLIMIT_FSIZE, &limit);
    signal(SIGXFSZ, SIG_IGN);
    options.progress = fill_disk;
    options.context = &limit;
    cpl_status status = train(&options, &error);
    setrlimit(RLIMIT_FSIZE, &limit);
    assert_int_equal(status, CPL_ERROR_SYSTEM);
    assert_int_equal(count_checkpoints("full"), 1);
    options.progress = NULL;
    options.resume = true;
    assert_int_equal(train(&options, &error), CPL_OK);
    assert_same_checkpoint("full", "bert");
}

static void write_config(const char *name, const char *width, const char *vocabulary)
{
    char text[400];
    snprintf(text, sizeof text,
             "{\"model_type\": \"bert\", \"vocab_size\": %s, \"hidden_size\": %s, "
             "\"num_hidden_layers\": 1, \"num_attention_heads\": 4, \"intermediate_size\": 64}",
             vocabulary, width);
    assert_int_equal(cpl_file_write(in_root(name), text, strlen(text), NULL), CPL_OK);
}

static void test_impossible(void **state)
{
    (void)state;
    struct cpl_train_options options = options_for("impossible");
    char vocabulary[20];
    snprintf(vocabulary, sizeof vocabulary, "%d", N_CHARACTERS + 6);
    options.corpus = in_root("small-corpus");
    options.batch_tokens = 4096;
    assert_refused(&options, CPL_ERROR_INPUT, "batch");
    options = options_for("impossible");
    options.corpus = in_root("no-corpus");
    assert_refused(&options, CPL_ERROR_SYSTEM, "no-corpus");
    options = options_for("impossible");
    options.tokenizer = in_root("no-tokenizer");
    assert_refused(&options, CPL_ERROR_SYSTEM, "no-tokenizer");
    options = options_for("impossible");
    options.length = 64;
    assert_refused(&options, CPL_ERROR_USAGE, "at most 32");
    options = options_for("impossible");
    options.batch_tokens = 16;
    assert_refused(&options, CPL_ERROR_USAGE, "--batch-tokens");
    options = options_for("impossible");
    options.steps = 0;
    assert_refused(&options, CPL_ERROR_USAGE, "--steps");
    options.max_time = 5;
    assert_refused(&options, CPL_ERROR_USAGE, "needs to know its end");
    options = options_for("impossible");
    options.objective = "clm";
    assert_refused(&options, CPL_ERROR_USAGE, "both sides");
    options = options_for("impossible");
    options.family = "elman";
    assert_refused(&options, CPL_ERROR_USAGE, "elman");
    options = options_for("impossible");
    options.model_config = in_root("odd.json");
    write_config("odd.json", "30", vocabulary);
    assert_refused(&options, CPL_ERROR_INPUT, "heads");
    write_config("odd.json", "32", "50");
    assert_refused(&options, CPL_ERROR_INPUT, "vocab_size");
    write_config("odd.json", "32", vocabulary);
    options.steps = 1;
    options.max_positions = 0;
    struct cpl_error error;
    assert_int_equal(train(&options, &error), CPL_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resume_bert),    cmocka_unit_test(test_resume_gpt2),
        cmocka_unit_test(test_files_of_a_run), cmocka_unit_test(test_resume_after_a_crash),
        cmocka_unit_test(test_learns),         cmocka_unit_test(test_evaluate_a_file),
        cmocka_unit_test(test_plan),           cmocka_unit_test(test_existing_run),
        cmocka_unit_test(test_run_in_use),     cmocka_unit_test(test_resume_differs),
        cmocka_unit_test(test_resume_longer),  cmocka_unit_test(test_not_finite),
        cmocka_unit_test(test_disk_full),      cmocka_unit_test(test_impossible),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
