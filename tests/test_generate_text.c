/* labels: sanitize fast */
/* Continuing a text: against whole forward passes without a cache, and what streaming and stopping
 * promise. */
#include "generate_fixture.h"

#include "tokenizer/tokenizer_model.h"
#include <couplet/generate.h>

enum { MOST = 512, NEW = 30 };

static struct cpl_tokenizer *tokenizer;

static int begin(void **state)
{
    (void)state;
    tokenizer = new_tokenizer();
    return 0;
}

static int end(void **state)
{
    (void)state;
    cpl_tokenizer_free(tokenizer);
    return 0;
}

static int32_t largest(const float *logits)
{
    struct cpl_special_ids special = cpl_tokenizer_special(tokenizer);
    int32_t best = -1;
    for (int32_t id = 0; id < cpl_tokenizer_size(tokenizer); id++) {
        bool allowed = id == special.sep || !cpl_tokenizer_is_special(tokenizer, id);
        if (allowed && (best < 0 || logits[id] > logits[best]))
            best = id;
    }
    return best;
}

/* The definition: argmax of whole passes over a window that, when the model's positions are used
 * up, begins anew with the last half of them. */
static char *decode_greedily(struct cpl_model *model, const char *prompt, int32_t most)
{
    struct cpl_special_ids special = cpl_tokenizer_special(tokenizer);
    struct cpl_encoding encoding = {0};
    int32_t ids[MOST] = {special.cls}, window[MOST];
    int32_t count = 1, held = 0, positions = (int32_t)model->config.max_positions;
    float *logits = calloc((size_t)model->config.vocab_size, sizeof *logits);
    char *text = NULL;
    assert_non_null(logits);
    CHECK(cpl_tokenizer_encode(tokenizer, &encoding, prompt, strlen(prompt), error));
    for (size_t i = 0; i < encoding.count; i++)
        ids[count++] = encoding.id[i];
    int32_t n_prompt = count;
    memcpy(window, ids, sizeof ids);
    held = count;
    for (int32_t i = 0; i < most; i++) {
        if (held > positions) {
            int32_t tail = positions / 2;
            window[0] = special.cls;
            memcpy(window + 1, ids + count - tail, (size_t)tail * sizeof *ids);
            held = tail + 1;
        }
        whole_logits(logits, model, window, held, held - 1);
        int32_t id = largest(logits);
        if (id == special.sep)
            break;
        ids[count++] = window[held++] = id;
    }
    struct cpl_decode_options reading = {CPL_DECODE_READING, true};
    CHECK(cpl_tokenizer_decode(tokenizer, &text, NULL, ids + n_prompt,
                               (size_t)(count - n_prompt), &reading, error));
    cpl_encoding_clear(&encoding);
    free(logits);
    return text;
}

static void test_greedy_equals_whole_passes(void **state)
{
    (void)state;
    static const char *const prompts[] = {
        "", "床前明月光，", "The player",
        "我们去公园吧！今天天气很好，我喜欢自然语言处理。天地玄黄"};
    static const int64_t positions[] = {100, 16, 3, 2};
    struct cpl_device *device = new_device(1, "auto", "f32");
    size_t written = 0;
    for (int p = 0; p < 4; p++) {
        struct cpl_model *model = new_model_for(tokenizer, "gpt2", device, positions[p], 0.2);
        for (int i = 0; i < 4; i++) {
            struct cpl_generate_options options = {.greedy = true, .max_tokens = 40};
            struct cpl_generate_counts counts;
            char *expected = decode_greedily(model, prompts[i], 40), *text = NULL;
            CHECK(cpl_generate(model, tokenizer, &options, prompts[i], &text, &counts, error));
            assert_string_equal(text, expected);
            assert_true(counts.new_tokens == 40 || counts.ended);
            written += (size_t)counts.new_tokens;
            free(expected);
            free(text);
        }
        cpl_model_free(model);
    }
    assert_true(written > 100); /* so that windows did slide */
    cpl_device_free(device);
}

static char *sample_text(int threads, uint64_t seed, uint32_t sample)
{
    struct cpl_device *device = new_device(threads, "auto", "f32");
    struct cpl_model *model = new_model_for(tokenizer, "gpt2", device, 24, 0.2);
    struct cpl_generate_options options = {.max_tokens = NEW,
                                           .temperature = 1.5,
                                           .top_k = 100,
                                           .top_p = 0.98,
                                           .repetition_penalty = 1.2,
                                           .seed = seed,
                                           .sample = sample};
    char *text = NULL;
    CHECK(cpl_generate(model, tokenizer, &options, "春天明月", &text, NULL, error));
    cpl_model_free(model);
    cpl_device_free(device);
    return text;
}

static void test_seed_and_threads(void **state)
{
    (void)state;
    char *one = sample_text(1, 7, 0);
    for (int threads = 1; threads <= 3; threads++) {
        char *again = sample_text(threads, 7, 0);
        assert_string_equal(again, one);
        free(again);
    }
    char *seed = sample_text(1, 8, 0), *sample = sample_text(1, 7, 1);
    assert_string_not_equal(seed, one);
    assert_string_not_equal(sample, one);
    free(seed);
    free(sample);
    free(one);
}

struct stream {
    char text[4096];
    int pieces, most;
};

static bool take_piece(void *context, const char *piece)
{
    struct stream *stream = context;
    assert_true(piece[0] != '\0');
    assert_true(((unsigned char)piece[0] & 0xc0) != 0x80);
    assert_true(strlen(stream->text) + strlen(piece) < sizeof stream->text);
    assert_true(stream->pieces < stream->most);
    strncat(stream->text, piece, sizeof stream->text - strlen(stream->text) - 1);
    return ++stream->pieces < stream->most;
}

/* Not inlined: gcc 12 would warn of a pointer that dangles. */
__attribute__((noinline)) static char *stream_text(struct cpl_model *model,
                                                   struct stream *stream, const char *stop,
                                                   struct cpl_generate_counts *counts)
{
    struct cpl_generate_options options = {.max_tokens = NEW,
                                           .temperature = 2,
                                           .seed = 3,
                                           .stop = stop,
                                           .stream = stream ? take_piece : NULL,
                                           .context = stream};
    char *text = NULL;
    CHECK(cpl_generate(model, tokenizer, &options, "天", &text, counts, error));
    return text;
}

/* With `length` bytes of the text as a stop string it ends before them, and nothing behind was shown. */
static void check_stop(struct cpl_model *model, const char *text, size_t at, size_t length)
{
    struct stream shown = {.most = 1000};
    struct cpl_generate_counts counts;
    char stop[8] = {0};
    memcpy(stop, text + at, length);
    char *cut = stream_text(model, &shown, stop, &counts);
    size_t expected = (size_t)(strstr(text, stop) - text);
    assert_int_equal(strlen(cut), expected);
    assert_memory_equal(cut, text, expected);
    assert_string_equal(shown.text, cut);
    assert_true(counts.ended);
    free(cut);
}

static void test_stop_and_stream(void **state)
{
    (void)state;
    struct cpl_device *device = new_device(1, "auto", "f32");
    struct cpl_model *model = new_model_for(tokenizer, "gpt2", device, 64, 0.05);
    struct cpl_generate_counts counts;
    struct stream all = {.most = 1000};
    char *text = stream_text(model, &all, NULL, &counts);
    assert_true(all.pieces > 5 && strlen(text) > 20);
    assert_string_equal(all.text, text);
    for (size_t at = 0; at + 5 < strlen(text); at++) {
        if (((unsigned char)text[at] & 0xc0) == 0x80)
            continue;
        for (size_t length = 1; length <= 5; length += 2) /* also parts of characters */
            check_stop(model, text, at, length);
    }
    struct stream few = {.most = 3};
    char *some = stream_text(model, &few, NULL, &counts);
    assert_int_equal(few.pieces, 3);
    assert_false(counts.ended);
    assert_string_equal(some, few.text);
    free(some);
    free(text);
    cpl_model_free(model);
    cpl_device_free(device);
}

/* Where pieces begin with their space, the first new one has it, too, since a prompt is before it. */
static void test_space_behind_prompt(void **state)
{
    (void)state;
    static const char file[] =
        "{\"version\":\"1.0\",\"added_tokens\":[{\"id\":0,\"content\":\"<unk>\",\"special\":"
        "true}],"
        "\"pre_tokenizer\":{\"type\":\"Metaspace\"},\"decoder\":{\"type\":\"Metaspace\"},"
        "\"model\":{\"type\":\"WordLevel\",\"unk_token\":\"<unk>\",\"vocab\":{\"<unk>\":0,"
        "\"▁春\":1,\"▁x\":2,\"▁yz\":3}}}";
    struct cpl_tokenizer *spaced = NULL;
    struct cpl_device *device = new_device(1, "auto", "f32");
    struct cpl_generate_options options = {.max_tokens = 20, .seed = 2};
    struct cpl_generate_counts counts;
    struct stream stream = {.most = 1000};
    json_t *json = json_loads(file, 0, NULL);
    char *text = NULL;
    options.stream = take_piece;
    options.context = &stream;
    CHECK(cpl_tokenizer_from_json(&spaced, json, NULL, "test", error));
    struct cpl_model *model = new_model_for(spaced, "gpt2", device, 32, 0.05);
    CHECK(cpl_generate(model, spaced, &options, "x 春", &text, &counts, error));
    assert_int_equal(counts.new_tokens, 20);
    size_t spaces = 0;
    for (const char *at = text; *at; at++)
        spaces += *at == ' ';
    assert_int_equal(text[0], ' ');
    assert_int_equal(spaces, 20);
    assert_string_equal(stream.text, text);
    free(text);
    json_decref(json);
    cpl_model_free(model);
    cpl_tokenizer_free(spaced);
    cpl_device_free(device);
}

static void test_errors(void **state)
{
    (void)state;
    struct cpl_device *device = new_device(1, "auto", "f32");
    struct cpl_model *encoder = new_model_for(tokenizer, "bert", device, 32, 0.2);
    struct cpl_model *decoder = new_model_for(tokenizer, "gpt2", device, 32, 0.2);
    struct cpl_generate_options options = {.max_tokens = 4};
    char *text = NULL;
    CHECK_FAILS(CPL_ERROR_USAGE, "decoder",
                cpl_generate(encoder, tokenizer, &options, "天", &text, NULL, error));
    options.temperature = -1;
    CHECK_FAILS(CPL_ERROR_USAGE, "negative",
                cpl_generate(decoder, tokenizer, &options, "天", &text, NULL, error));
    options.temperature = NAN;
    CHECK_FAILS(CPL_ERROR_USAGE, "negative",
                cpl_generate(decoder, tokenizer, &options, "天", &text, NULL, error));
    options.temperature = 1;
    ((cpl_real *)decoder->final_beta->value.data)[0] = NAN;
    CHECK_FAILS(CPL_ERROR_NUMERIC, "finite",
                cpl_generate(decoder, tokenizer, &options, "天", &text, NULL, error));
    assert_null(text);
    cpl_model_free(encoder);
    cpl_model_free(decoder);
    cpl_device_free(device);
}

/* Memory that runs out at any allocation is an error and leaks nothing. */
static void test_memory_failures(void **state)
{
    (void)state;
    struct cpl_device *device = new_device(1, "auto", "f32");
    struct cpl_model *model = new_model_for(tokenizer, "gpt2", device, 8, 0.2);
    struct cpl_generate_options options = {.max_tokens = 6, .stop = "xyz"};
    int failures = 0;
    for (size_t n = 1; n < 2000; n += n < 60 ? 1 : 7) {
        char *text = NULL;
        cpl_memory_fail_at(n);
        cpl_status status =
            cpl_generate(model, tokenizer, &options, "天地玄黄宇宙洪荒", &text, NULL, NULL);
        cpl_memory_fail_at(0);
        free(text);
        if (status == CPL_OK)
            break;
        assert_int_equal(status, CPL_ERROR_SYSTEM);
        assert_null(text);
        failures++;
    }
    assert_true(failures > 10);
    cpl_model_free(model);
    cpl_device_free(device);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_greedy_equals_whole_passes),
        cmocka_unit_test(test_seed_and_threads),
        cmocka_unit_test(test_stop_and_stream),
        cmocka_unit_test(test_space_behind_prompt),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_memory_failures),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
