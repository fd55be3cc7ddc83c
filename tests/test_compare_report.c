/* labels: sanitize fast */
/* The three forms of a comparison: JSON that parses, a page that needs nothing else, a table whose
 * columns stand under each other; what is unequal is pointed out. */
#include "compare/comparison.h"

#include "compare/records.h"
#include "generate_fixture.h"
#include "text/utf8.h"

#include <couplet/json.h>
#include <utf8proc.h>

struct fixture {
    struct cpl_tokenizer *tokenizer;
    struct cpl_device *device;
    struct cpl_comparison comparison;
};

static void curve_add(struct cpl_curve *curve, double flops, double loss)
{
    CHECK(cpl_memory_grow(&curve->point, &curve->capacity, curve->count + 1,
                          sizeof *curve->point, error));
    curve->point[curve->count++] = (struct cpl_curve_point){.step = (double)curve->count,
                                                            .tokens = 100,
                                                            .seconds = 1,
                                                            .flops = flops,
                                                            .loss = loss};
}

static void sample_add(struct cpl_side *side, const char *given, const char *made,
                       const char *truth)
{
    struct cpl_side_sample *sample = &side->sample[side->n_samples++];
    CHECK(cpl_text_copy(&sample->given, given, error));
    CHECK(cpl_text_copy(&sample->made, made, error));
    if (truth)
        CHECK(cpl_text_copy(&sample->truth, truth, error));
}

static void fixture_init(struct fixture *f)
{
    f->tokenizer = new_tokenizer();
    f->device = new_device(1, "auto", "f32");
    f->comparison = (struct cpl_comparison){.seed = 1,
                                            .train_characters = 1000,
                                            .test_characters = 100,
                                            .vocab_size = cpl_tokenizer_size(f->tokenizer),
                                            .machine = "a <processor> & \"more\"",
                                            .threads = 2,
                                            .dtype = "f32"};
    CHECK(cpl_text_copy(&f->comparison.corpus, "the corpus", error));
    CHECK(cpl_text_copy(&f->comparison.tokenizer_path, "tokenizer", error));
    for (int i = 0; i < 2; i++) {
        struct cpl_side *side = &f->comparison.side[i];
        side->model =
            new_model_for(f->tokenizer, i == CPL_ENCODER ? "bert" : "gpt2", f->device, 32, 0.1);
        side->masked = i == CPL_ENCODER;
        CHECK(cpl_text_copy(&side->run, "runs/x", error));
        side->steps = i == CPL_ENCODER ? 117 : 42;
        side->tokens = 1e5;
        side->flops = 2e12;
        side->loss = 5;
        side->unigram_loss = 6.5;
        side->blanks = 10;
        side->recovered = 3;
        side->bits = 100;
        side->bits_characters = 20;
        side->generated_tokens_per_s = side->fill_seconds = NAN;
        for (int step = 1; step <= 4; step++)
            curve_add(&side->training, 5e11 * step, step == 2 ? NAN : 8 - step);
        curve_add(&side->evaluation, 2e12, 5);
    }
    sample_add(&f->comparison.side[CPL_ENCODER], "\n\n天[MASK]<script>", "\n天地\n玄黄",
               "天地");
    sample_add(&f->comparison.side[CPL_DECODER], "床前", "\n明月\n\n光\n", NULL);
    sample_add(&f->comparison.side[CPL_DECODER], "春", "", NULL);
}

static void fixture_clear(struct fixture *f)
{
    for (int i = 0; i < 2; i++)
        cpl_side_clear(&f->comparison.side[i]);
    free(f->comparison.corpus);
    free(f->comparison.tokenizer_path);
    cpl_device_free(f->device);
    cpl_tokenizer_free(f->tokenizer);
}

static struct cpl_json_value *report_json(const struct cpl_comparison *comparison)
{
    char *text = NULL;
    struct cpl_json_value *json = NULL;
    CHECK(cpl_comparison_json(comparison, &text, error));
    CHECK(cpl_json_value_parse(&json, text, strlen(text), "compare.json", error));
    free(text);
    return json;
}

static const struct cpl_json_value *member(const struct cpl_json_value *json, const char *key)
{
    const struct cpl_json_value *value = cpl_json_value_member(json, key);
    if (!value)
        fail_msg("no member %s", key);
    return value;
}

static void test_json(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    struct cpl_json_value *json = report_json(&f.comparison);
    const struct cpl_json_value *encoder = member(json, "encoder"),
                                *decoder = member(json, "decoder");
    assert_string_equal(cpl_json_value_text(member(encoder, "kind"), NULL), "encoder");
    assert_string_equal(cpl_json_value_text(member(encoder, "objective"), NULL), "mlm");
    assert_string_equal(cpl_json_value_text(member(encoder, "bits_kind"), NULL),
                        "pseudo-likelihood");
    assert_string_equal(cpl_json_value_text(member(decoder, "kind"), NULL), "decoder");
    assert_string_equal(cpl_json_value_text(member(decoder, "bits_kind"), NULL), "likelihood");
    assert_int_equal(cpl_json_value_int(member(encoder, "steps")), 117);
    assert_int_equal(cpl_json_value_int(member(decoder, "steps")), 42);
    assert_true(cpl_json_value_real(member(encoder, "bits_per_character")) == 5);
    assert_int_equal(cpl_json_value_kind(member(encoder, "fill_seconds")), CPL_JSON_NULL);
    assert_int_equal(cpl_json_value_count(member(encoder, "training")), 4);
    assert_int_equal(cpl_json_value_count(member(decoder, "samples")), 2);
    cpl_json_value_free(json);
    fixture_clear(&f);
}

static void test_page(void **state)
{
    (void)state;
    struct fixture f;
    struct cpl_buffer page = {0};
    fixture_init(&f);
    cpl_comparison_page(&f.comparison, &page);
    CHECK(cpl_buffer_check(&page, error));
    static const char *const never[] = {"http",  "<script", "src=", "url(",       "@import",
                                        "<link", "nan",     "inf,", "<processor>"};
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        if (strstr(page.data, never[i]))
            fail_msg("the page holds %s", never[i]);
    static const char *const always[] = {"<!doctype html>",
                                         "&lt;script&gt;",
                                         "a &lt;processor&gt; &amp; &quot;more&quot;",
                                         "<polyline",
                                         "</html>",
                                         "masked (mlm)",
                                         "autoregressive",
                                         "pseudo-likelihood",
                                         ">117<",
                                         ">42<"};
    for (size_t i = 0; i < sizeof always / sizeof *always; i++)
        if (!strstr(page.data, always[i]))
            fail_msg("the page lacks %s", always[i]);
    cpl_buffer_clear(&page);
    fixture_clear(&f);
}

static int columns(const char *text, size_t length)
{
    int n = 0;
    for (size_t at = 0; at < length;)
        n += utf8proc_charwidth((utf8proc_int32_t)cpl_utf8_next(text, &at));
    return n;
}

static void test_table(void **state)
{
    (void)state;
    struct fixture f;
    struct cpl_buffer table = {0};
    fixture_init(&f);
    cpl_comparison_table(&f.comparison, &table);
    CHECK(cpl_buffer_check(&table, error));
    assert_null(strstr(table.data, "nan"));
    assert_non_null(strstr(table.data, "    天[MASK]<script>\n  > 天地⏎玄黄\n  = 天地\n"));
    assert_non_null(strstr(table.data, "  床前|明月⏎⏎光\n  春|(ends at once)\n"));
    int rows = 0, width = 0;
    for (const char *line = table.data; strncmp(line, "Bits per", 8) != 0;) {
        size_t length = strcspn(line, "\n");
        if (line[0] == ' ') {
            width = rows++ ? width : columns(line, length);
            assert_int_equal(columns(line, length), width);
        }
        line += length + 1;
    }
    assert_true(rows > 20 && width < 80);
    cpl_buffer_clear(&table);
    fixture_clear(&f);
}

/* `words` in all three forms, or in none (NULL). */
static void check_note(const struct cpl_comparison *comparison, const char *words)
{
    struct cpl_buffer page = {0}, table = {0};
    struct cpl_json_value *json = report_json(comparison);
    cpl_comparison_page(comparison, &page);
    cpl_comparison_table(comparison, &table);
    const char *note = cpl_json_value_text(member(json, "note"), NULL);
    if (words) {
        assert_non_null(strstr(page.data, words));
        assert_non_null(note);
        assert_non_null(strstr(note, words));
        for (char *p = table.data; *p; p++) /* the table breaks lines */
            *p = *p == '\n' ? ' ' : *p;
        assert_non_null(strstr(table.data, words));
    } else {
        assert_null(note);
        assert_null(strstr(page.data, "class=warning"));
        assert_null(strstr(table.data, "equal size:"));
    }
    cpl_json_value_free(json);
    cpl_buffer_clear(&page);
    cpl_buffer_clear(&table);
}

static void test_note(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    struct cpl_side *decoder = &f.comparison.side[CPL_DECODER];
    double ratio = cpl_comparison_parameters_ratio(&f.comparison);
    assert_true(ratio == (double)cpl_model_parameter_count(decoder->model) /
                             (double)cpl_model_parameter_count(f.comparison.side[0].model));
    bool equal = fabs(ratio - 1) <= CPL_COMPARISON_TOLERANCE;
    char parameters[64] = "";
    if (!equal)
        snprintf(parameters, sizeof parameters, "%.1f %% %s parameters", 100 * fabs(ratio - 1),
                 ratio > 1 ? "more" : "less");
    decoder->flops = 2e12 * 1.019;
    check_note(&f.comparison, equal ? NULL : parameters);
    decoder->flops = 2e12 * 1.125;
    assert_true(fabs(cpl_comparison_flops_ratio(&f.comparison) - 1.125) < 1e-12);
    check_note(&f.comparison, "12.5 % more training arithmetic");
    decoder->flops = 2e12 * 0.9;
    check_note(&f.comparison, "10.0 % less training arithmetic");
    decoder->flops = 0;
    assert_true(isnan(cpl_comparison_flops_ratio(&f.comparison)));
    check_note(&f.comparison, "unknown share");
    fixture_clear(&f);
}

/* The models that `compare` trains are of equal size at every preset. */
static void test_presets_are_equal(void **state)
{
    (void)state;
    static const char *const sizes[] = {"tiny", "mini", "small"};
    struct cpl_device *device = new_device(1, "auto", "f32");
    for (int s = 0; s < 3; s++) {
        double count[2];
        for (int i = 0; i < 2; i++) {
            struct cpl_config config;
            struct cpl_model *model = NULL;
            CHECK(cpl_config_preset(&config, i == 0 ? "bert" : "gpt2", sizes[s], error));
            config.vocab_size = 8000;
            config.max_positions = 128;
            CHECK(cpl_model_declare(&model, &config, device, error));
            count[i] = (double)cpl_model_parameter_count(model);
            cpl_model_free(model);
        }
        assert_true(fabs(count[1] / count[0] - 1) <= CPL_COMPARISON_TOLERANCE);
    }
    cpl_device_free(device);
}

/* Records of a run: curves, totals, and lines that are broken. */
static void test_records(void **state)
{
    (void)state;
    char scratch[64], path[100];
    struct cpl_side side = {0};
    make_scratch(scratch);
    snprintf(path, sizeof path, "%s/metrics.jsonl", scratch);
    static const char lines[] =
        "{\"step\": 1, \"loss\": 9.5, \"tokens\": 10, \"tokens_per_s\": 5, \"time_s\": 1, "
        "\"flops\": 1e6, \"peak_memory_bytes\": 7}\n"
        "{\"step\": 2, \"loss\": null, \"tokens\": 20, \"flops\": 2e6}\n\n"
        "{\"step\": 2, \"eval_loss\": 8.5, \"flops\": 2e6, \"peak_memory_bytes\": 9}\n"
        "{\"step\": 3, \"loss\": 7.5, \"tokens\": 30, \"tokens_per_s\": 7, \"time_s\": 3, "
        "\"flops\": 3e6}";
    CHECK(cpl_file_write(path, lines, strlen(lines), error));
    CHECK(cpl_text_copy(&side.run, scratch, error));
    CHECK(cpl_side_read_metrics(&side, error));
    assert_int_equal(side.training.count, 2);
    assert_int_equal(side.evaluation.count, 1);
    assert_true(side.steps == 3 && side.tokens == 30 && side.flops == 3e6 && side.seconds == 3);
    assert_true(side.peak_memory_bytes == 9 && side.tokens_per_s == 7);
    CHECK(cpl_file_write(path, "{\"step\": 1,\n", 12, error));
    CHECK_FAILS(CPL_ERROR_INPUT, "metrics.jsonl", cpl_side_read_metrics(&side, error));
    cpl_side_clear(&side);
    remove_scratch(scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json),    cmocka_unit_test(test_page),
        cmocka_unit_test(test_table),   cmocka_unit_test(test_note),
        cmocka_unit_test(test_records), cmocka_unit_test(test_presets_are_equal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
