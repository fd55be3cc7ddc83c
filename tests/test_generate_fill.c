/* labels: sanitize fast */
/* Filling blanks: against the softmax of whole passes. */
#include "generate_fixture.h"

#include <couplet/generate.h>

static struct cpl_tokenizer *tokenizer;
static struct cpl_device *device;
static struct cpl_model *model;

static int begin(void **state)
{
    (void)state;
    tokenizer = new_tokenizer();
    device = new_device(2, "auto", "f32");
    model = new_model_for(tokenizer, "bert", device, 24, 0.2);
    return 0;
}

static int end(void **state)
{
    (void)state;
    cpl_model_free(model);
    cpl_device_free(device);
    cpl_tokenizer_free(tokenizer);
    return 0;
}

/* Log-probabilities [V] of the token at `row`. */
static void log_softmax(double *out, const int32_t *ids, int32_t count, int32_t row)
{
    int32_t vocab_size = (int32_t)model->config.vocab_size;
    float *logits = calloc((size_t)vocab_size, sizeof *logits);
    double sum = 0;
    assert_non_null(logits);
    whole_logits(logits, model, ids, count, row);
    for (int32_t id = 0; id < vocab_size; id++)
        sum += exp(logits[id]);
    for (int32_t id = 0; id < vocab_size; id++)
        out[id] = logits[id] - log(sum);
    free(logits);
}

/* Geometric mean of the probabilities of a filling's tokens, from left to right, by definition. */
static double expected_probability(const struct cpl_encoding *text, size_t place,
                                   const struct cpl_filling *filling)
{
    int32_t mask = cpl_tokenizer_special(tokenizer).mask;
    int32_t ids[64];
    double values[200], sum = 0;
    int32_t count = (int32_t)text->count + filling->n_ids - 1;
    assert_true(count <= 64 && model->config.vocab_size <= 200);
    for (int done = 0; done < filling->n_ids; done++) {
        for (size_t i = 0; i < place; i++)
            ids[i] = text->id[i];
        for (int i = 0; i < filling->n_ids; i++)
            ids[place + (size_t)i] = i < done ? filling->id[i] : mask;
        for (size_t i = place + 1; i < text->count; i++)
            ids[i + (size_t)filling->n_ids - 1] = text->id[i];
        log_softmax(values, ids, count, (int32_t)place + done);
        sum += values[filling->id[done]];
    }
    return exp(sum / filling->n_ids);
}

static void check_probabilities(const char *text, bool words)
{
    struct cpl_fill_options options = {.top = 7, .words = words};
    struct cpl_fill_result result;
    struct cpl_encoding encoding = {0};
    struct cpl_special_ids special = cpl_tokenizer_special(tokenizer);
    CHECK(cpl_tokenizer_encode_special(tokenizer, &encoding, text, strlen(text), error));
    CHECK(cpl_fill(model, tokenizer, &options, text, &result, error));
    size_t place = 0;
    for (int b = 0; b < result.n_blanks; b++, place++) {
        while (encoding.id[place] != special.mask)
            place++;
        const struct cpl_blank *blank = &result.blank[b];
        assert_int_equal(blank->count, 7);
        assert_memory_equal(text + blank->begin, "[MASK]", 6);
        assert_int_equal(blank->end, blank->begin + 6);
        for (int k = 0; k < blank->count; k++) {
            const struct cpl_filling *filling = &blank->filling[k];
            double expected = expected_probability(&encoding, place, filling);
            assert_true(fabs(filling->probability - expected) < 1e-5 * expected);
            assert_true(k == 0 || filling->probability <= filling[-1].probability);
            assert_in_range(filling->n_ids, 1, words ? CPL_FILL_TOKENS : 1);
            for (int i = 0; i < filling->n_ids; i++) {
                assert_false(cpl_tokenizer_is_special(tokenizer, filling->id[i]));
                assert_int_not_equal(filling->id[i], special.newline);
            }
        }
    }
    assert_null(strstr(result.text, "[MASK]"));
    cpl_encoding_clear(&encoding);
    cpl_fill_result_clear(&result);
}

static void test_probabilities(void **state)
{
    (void)state;
    for (int words = 0; words < 2; words++) {
        check_probabilities("床前明[MASK]光，", words);
        check_probabilities("我[MASK]自然[MASK]处理。", words);
        check_probabilities("The [MASK] player", words);
    }
}

/* Not one token that may be a filling is left out. */
static void test_best_tokens(void **state)
{
    (void)state;
    const char *text = "天地[MASK]黄";
    struct cpl_fill_options options = {.top = 64};
    struct cpl_fill_result result;
    struct cpl_encoding encoding = {0};
    double values[200];
    struct cpl_special_ids special = cpl_tokenizer_special(tokenizer);
    CHECK(cpl_tokenizer_encode_special(tokenizer, &encoding, text, strlen(text), error));
    CHECK(cpl_fill(model, tokenizer, &options, text, &result, error));
    log_softmax(values, encoding.id, (int32_t)encoding.count, 3);
    assert_int_equal(encoding.id[3], special.mask);
    const struct cpl_blank *blank = &result.blank[0];
    assert_int_equal(blank->count, 64);
    int better = 0;
    for (int32_t id = 0; id < cpl_tokenizer_size(tokenizer); id++)
        better += !cpl_tokenizer_is_special(tokenizer, id) && id != special.newline &&
                  exp(values[id]) > blank->filling[63].probability * (1 + 1e-6);
    assert_int_equal(better, 63);
    cpl_encoding_clear(&encoding);
    cpl_fill_result_clear(&result);
}

/* A model that likes the line break and the full stop best: the one is never a filling, the other
 * no word. */
static void test_what_is_no_filling(void **state)
{
    (void)state;
    int32_t newline = cpl_tokenizer_special(tokenizer).newline;
    int32_t stop = cpl_tokenizer_id(tokenizer, "。");
    struct cpl_fill_result result;
    assert_true(stop >= 0);
    ((cpl_real *)model->output_bias->value.data)[newline] = 50;
    ((cpl_real *)model->output_bias->value.data)[stop] = 40;
    CHECK(cpl_fill(model, tokenizer, &(struct cpl_fill_options){0}, "天[MASK]地[MASK]", &result,
                   error));
    assert_string_equal(result.text, "天。地。");
    assert_int_equal(result.blank[0].count, 5);
    cpl_fill_result_clear(&result);
    CHECK(cpl_fill(model, tokenizer, &(struct cpl_fill_options){.words = true, .top = 20},
                   "天[MASK]地", &result, error));
    for (int k = 0; k < result.blank[0].count; k++) {
        assert_null(strstr(result.blank[0].filling[k].text, "。"));
        assert_null(strstr(result.blank[0].filling[k].text, "，"));
        assert_null(strchr(result.blank[0].filling[k].text, '\n'));
    }
    cpl_fill_result_clear(&result);
    ((cpl_real *)model->output_bias->value.data)[newline] =
        ((cpl_real *)model->output_bias->value.data)[stop] = 0;
}

/* Words of several tokens come up, and the text around the masks stays as it was, byte for byte. */
static void test_words(void **state)
{
    (void)state;
    struct cpl_fill_result result;
    const char *text = "  天[MASK]地\t[MASK] ，ok";
    CHECK(cpl_fill(model, tokenizer, &(struct cpl_fill_options){.words = true, .top = 30}, text,
                   &result, error));
    int longer = 0;
    for (int k = 0; k < result.blank[0].count; k++)
        longer += result.blank[0].filling[k].n_ids > 1;
    assert_true(longer > 0);
    assert_memory_equal(result.text, "  天", 5);
    assert_non_null(strstr(result.text, "地\t"));
    assert_string_equal(result.text + strlen(result.text) - 6, " ，ok");
    cpl_fill_result_clear(&result);
}

static void test_full_positions(void **state)
{
    (void)state;
    struct cpl_fill_result result;
    char text[200] = "[MASK]";
    for (int i = 0; i < 21; i++)
        strcat(text, "天");
    struct cpl_fill_options options = {.words = true};
    CHECK(cpl_fill(model, tokenizer, &options, text, &result, error));
    for (int k = 0; k < result.blank[0].count; k++)
        assert_int_equal(result.blank[0].filling[k].n_ids, 1);
    cpl_fill_result_clear(&result);
    strcat(text, "地");
    CHECK_FAILS(CPL_ERROR_INPUT, "25 tokens",
                cpl_fill(model, tokenizer, &options, text, &result, error));
    cpl_fill_result_clear(&result);
}

static void test_errors(void **state)
{
    (void)state;
    struct cpl_model *decoder = new_model_for(tokenizer, "gpt2", device, 24, 0.2);
    struct cpl_fill_options options = {0};
    struct cpl_fill_result result;
    CHECK_FAILS(CPL_ERROR_USAGE, "encoder",
                cpl_fill(decoder, tokenizer, &options, "天[MASK]", &result, error));
    cpl_fill_result_clear(&result);
    CHECK_FAILS(CPL_ERROR_INPUT, "[MASK]",
                cpl_fill(model, tokenizer, &options, "天地", &result, error));
    cpl_fill_result_clear(&result);
    CHECK_FAILS(CPL_ERROR_INPUT, "[MASK]",
                cpl_fill(model, tokenizer, &options, "", &result, error));
    cpl_fill_result_clear(&result);
    options.top = 65;
    CHECK_FAILS(CPL_ERROR_USAGE, "65",
                cpl_fill(model, tokenizer, &options, "天[MASK]", &result, error));
    cpl_fill_result_clear(&result);
    options.top = 5;
    float kept = ((cpl_real *)model->output_bias->value.data)[7];
    ((cpl_real *)model->output_bias->value.data)[7] = NAN;
    CHECK_FAILS(CPL_ERROR_NUMERIC, "finite",
                cpl_fill(model, tokenizer, &options, "天[MASK]", &result, error));
    cpl_fill_result_clear(&result);
    ((cpl_real *)model->output_bias->value.data)[7] = kept;
    cpl_model_free(decoder);
}

static void test_memory_failures(void **state)
{
    (void)state;
    struct cpl_fill_options options = {.words = true, .top = 3};
    int failures = 0;
    for (size_t n = 1; n < 5000; n += n < 80 ? 1 : 23) {
        struct cpl_fill_result result;
        cpl_memory_fail_at(n);
        cpl_status status =
            cpl_fill(model, tokenizer, &options, "天[MASK]玄[MASK]", &result, NULL);
        cpl_memory_fail_at(0);
        cpl_fill_result_clear(&result);
        if (status == CPL_OK)
            break;
        assert_int_equal(status, CPL_ERROR_SYSTEM);
        failures++;
    }
    assert_true(failures > 5); /* the search itself works in the arena */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_probabilities),      cmocka_unit_test(test_best_tokens),
        cmocka_unit_test(test_what_is_no_filling), cmocka_unit_test(test_words),
        cmocka_unit_test(test_full_positions),     cmocka_unit_test(test_errors),
        cmocka_unit_test(test_memory_failures),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
