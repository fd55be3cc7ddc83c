/* labels: sanitize fast */
/* Decoders against what Hugging Face's packages gave (tests/golden/decoding), at once and one id after
 * the other. */
#include "tokenizer_fixture.h"

#include "base/memory.h"
#include "tokenizer/tokenizer_model.h"

static json_t *read_golden(const char *name, char **lines)
{
    const char *source = getenv("COUPLET_SOURCE");
    char path[500];
    json_t *file = NULL;
    size_t size = 0;
    snprintf(path, sizeof path, "%s/tests/golden/decoding/%s", source ? source : ".", name);
    if (lines)
        CHECK(cpl_file_read(lines, &size, path, error));
    else
        CHECK(cpl_json_load(&file, path, 0, error));
    return file;
}

static struct cpl_tokenizer *with_decoder(const json_t *file, json_t *decoder, bool cleanup)
{
    struct cpl_tokenizer *tokenizer = NULL;
    json_t *changed = json_copy((json_t *)file);
    json_t *config = json_pack("{s:b}", "clean_up_tokenization_spaces", cleanup);
    json_object_set(changed, "decoder", decoder);
    CHECK(cpl_tokenizer_from_json(&tokenizer, changed, config, "golden", error));
    json_decref(changed);
    json_decref(config);
    return tokenizer;
}

static void assert_text(const char *found, size_t length, const json_t *expected,
                        const char *what, const json_t *ids)
{
    if (length == json_string_length(expected) &&
        memcmp(found, json_string_value(expected), length) == 0)
        return;
    char *list = json_dumps(ids, JSON_COMPACT);
    fail_msg("%s %s: \"%s\", expected \"%s\"", what, list, found, json_string_value(expected));
}

/* Every piece is whole characters; together they are the text. */
static void check_stream(struct cpl_decode_stream *stream, const int32_t *ids, size_t n,
                         const json_t *expected, const json_t *list)
{
    struct cpl_buffer all = {0};
    const char *piece = NULL;
    size_t length = 0;
    for (size_t i = 0; i <= n; i++) {
        if (i < n)
            CHECK(cpl_decode_stream_take(stream, ids[i], &piece, &length, error));
        else
            CHECK(cpl_decode_stream_finish(stream, &piece, &length, error));
        assert_int_equal(cpl_utf8_valid_prefix(piece, length), length);
        cpl_buffer_add(&all, piece, length);
    }
    assert_text(all.data, all.length, expected, "stream", list);
    cpl_buffer_clear(&all);
}

static void check_row(const struct cpl_tokenizer *tokenizer,
                      struct cpl_decode_stream *stream[2], const json_t *row)
{
    int32_t ids[100];
    char *text = NULL;
    size_t length = 0, n = json_array_size(json_array_get(row, 0));
    struct cpl_decode_options options = {CPL_DECODE_EXACT,
                                         json_is_true(json_array_get(row, 1))};
    assert_true(n <= 100);
    for (size_t i = 0; i < n; i++)
        ids[i] = (int32_t)json_integer_value(json_array_get(json_array_get(row, 0), i));
    CHECK(cpl_tokenizer_decode(tokenizer, &text, &length, ids, n, &options, error));
    assert_text(text, length, json_array_get(row, 2), "decode", json_array_get(row, 0));
    free(text);
    check_stream(stream[options.skip_special], ids, n, json_array_get(row, 2),
                 json_array_get(row, 0));
}

static void test_goldens(void **state)
{
    (void)state;
    char *lines = NULL;
    size_t rows = 0;
    json_t *file = read_golden("tokenizer.json", NULL);
    read_golden("expected.jsonl", &lines);
    for (char *line = lines, *end; (end = strchr(line, '\n')); line = end + 1) {
        json_t *value = json_loadb(line, (size_t)(end - line), JSON_ALLOW_NUL, NULL), *row;
        size_t i;
        assert_non_null(value);
        struct cpl_tokenizer *tokenizer =
            with_decoder(file, json_object_get(value, "decoder"),
                         json_is_true(json_object_get(value, "cleanup")));
        struct cpl_decode_stream *stream[2] = {NULL, NULL};
        for (int skip = 0; skip < 2; skip++) {
            struct cpl_decode_options options = {CPL_DECODE_EXACT, skip};
            CHECK(cpl_decode_stream_new(&stream[skip], tokenizer, &options, error));
        }
        json_array_foreach (json_object_get(value, "rows"), i, row)
            check_row(tokenizer, stream, row);
        rows += i;
        cpl_decode_stream_free(stream[0]);
        cpl_decode_stream_free(stream[1]);
        cpl_tokenizer_free(tokenizer);
        json_decref(value);
    }
    assert_true(rows > 4000);
    free(lines);
    json_decref(file);
}

/* ---- post-processors ------------------------------------------------------------------------- */

static const char *text_at(const json_t *row, size_t i)
{
    return json_string_value(json_array_get(row, i));
}

static void assert_ints(const json_t *expected, size_t n, const struct cpl_encoding *encoding,
                        bool types, const json_t *row)
{
    char *list = json_dumps(row, JSON_COMPACT);
    for (size_t i = 0; i < n; i++) {
        int64_t found = types ? encoding->type[i] : encoding->id[i];
        if (json_integer_value(json_array_get(expected, i)) != found)
            fail_msg("%s %zu is %d: %s", types ? "type" : "id", i, (int)found, list);
    }
    free(list);
}

static void check_encoding(const struct cpl_tokenizer *tokenizer, const json_t *row)
{
    struct cpl_encoding encoding = {0};
    struct cpl_span spans[100] = {{0, 0}};
    const char *text[2] = {text_at(row, 0), text_at(row, 1)}, *strategy = text_at(row, 5);
    size_t length[2] = {strlen(text[0]), text[1] ? strlen(text[1]) : 0};
    struct cpl_encode_options options = {
        .special = json_is_true(json_array_get(row, 2)),
        .max_length = (size_t)json_integer_value(json_array_get(row, 3)),
        .truncate_left = strcmp(text_at(row, 4), "left") == 0,
        .truncation = strcmp(strategy, "only_first") == 0    ? CPL_TRUNCATE_FIRST
                      : strcmp(strategy, "only_second") == 0 ? CPL_TRUNCATE_SECOND
                                                             : CPL_TRUNCATE_LONGEST};
    const json_t *ids = json_array_get(row, 6);
    cpl_status status = cpl_tokenizer_encode_with(tokenizer, &encoding, text, length,
                                                  text[1] ? 2 : 1, &options, NULL);
    char *list = json_dumps(row, JSON_COMPACT);
    if (status != (json_is_null(ids) ? CPL_ERROR_INPUT : CPL_OK))
        fail_msg("status %d: %s", (int)status, list);
    if (status == CPL_OK && (encoding.count != json_array_size(ids) || encoding.count > 100))
        fail_msg("%zu tokens: %s", encoding.count, list);
    if (status == CPL_OK) {
        assert_ints(ids, encoding.count, &encoding, false, row);
        assert_ints(json_array_get(row, 7), encoding.count, &encoding, true, row);
        for (uint8_t k = 0; k < 2 && text[k]; k++)
            cpl_encoding_characters(&encoding, k, text[k], length[k], spans);
        for (size_t i = 0; i < encoding.count; i++) {
            const json_t *pair = json_array_get(json_array_get(row, 8), i);
            if (json_integer_value(json_array_get(pair, 0)) != (json_int_t)spans[i].begin ||
                json_integer_value(json_array_get(pair, 1)) != (json_int_t)spans[i].end)
                fail_msg("offsets of %zu are %zu, %zu: %s", i, spans[i].begin, spans[i].end,
                         list);
        }
    }
    free(list);
    cpl_encoding_clear(&encoding);
}

static void test_post_processors(void **state)
{
    (void)state;
    char *lines = NULL;
    size_t rows = 0;
    json_t *file = read_golden("tokenizer.json", NULL);
    read_golden("postprocessed.jsonl", &lines);
    for (char *line = lines, *end; (end = strchr(line, '\n')); line = end + 1) {
        json_t *value = json_loadb(line, (size_t)(end - line), 0, NULL), *row;
        struct cpl_tokenizer *tokenizer = NULL;
        size_t i;
        assert_non_null(value);
        json_object_set(file, "post_processor", json_object_get(value, "post_processor"));
        CHECK(cpl_tokenizer_from_json(&tokenizer, file, NULL, "golden", error));
        json_array_foreach (json_object_get(value, "rows"), i, row)
            check_encoding(tokenizer, row);
        rows += i;
        cpl_tokenizer_free(tokenizer);
        json_decref(value);
    }
    assert_true(rows > 900);
    free(lines);
    json_decref(file);
}

/* ---- what is refused --------------------------------------------------------------------------- */

static void fails(const json_t *file, const char *words, const char *decoder)
{
    struct cpl_tokenizer *tokenizer = NULL;
    json_t *changed = json_copy((json_t *)file);
    json_object_set_new(changed, "decoder", json_loads(decoder, JSON_DECODE_ANY, NULL));
    CHECK_FAILS(CPL_ERROR_INPUT, words,
                cpl_tokenizer_from_json(&tokenizer, changed, NULL, "golden", error));
    assert_null(tokenizer);
    json_decref(changed);
}

static void test_bad_decoders(void **state)
{
    (void)state;
    json_t *file = read_golden("tokenizer.json", NULL);
    fails(file, "decoder of type \"Enigma\"; known are: BPEDecoder", "{\"type\":\"Enigma\"}");
    fails(file, "decoder is not an object", "[]");
    fails(file, "decoder has no \"type\"", "{}");
    fails(file, "a Sequence without its list", "{\"type\":\"Sequence\"}");
    fails(file, "not one character", "{\"type\":\"Strip\",\"content\":\"ab\"}");
    fails(file, "not one character", "{\"type\":\"Metaspace\",\"replacement\":\"\"}");
    fails(file, "start", "{\"type\":\"Strip\",\"content\":\" \",\"start\":-1}");
    fails(file, "a Replace needs", "{\"type\":\"Replace\",\"content\":\" \"}");
    fails(file, "a Replace needs",
          "{\"type\":\"Replace\",\"content\":\" \",\"pattern\":{\"String\":\"\"}}");
    char deep[2000] = "";
    for (int i = 0; i < 20; i++)
        strcat(deep, "{\"type\":\"Sequence\",\"decoders\":[");
    for (int i = 0; i < 20; i++)
        strcat(deep, "]}");
    fails(file, "nested too deeply", deep);
    json_decref(file);
}

/* Replacements that replace one another make no text without end. */
static void test_growing(void **state)
{
    (void)state;
    static const char *const patterns[] = {"{\"String\":\"a\"}", "{\"Regex\":\"a\"}"};
    json_t *file = read_golden("tokenizer.json", NULL);
    for (size_t k = 0; k < 2; k++) {
        struct cpl_tokenizer *tokenizer = NULL;
        char text[8000] = "{\"type\":\"Sequence\",\"decoders\":[";
        for (int i = 0; i < 40; i++)
            sprintf(text + strlen(text),
                    "%s{\"type\":\"Replace\",\"pattern\":%s,\"content\":\"aaaaaaaaaa\"}",
                    i ? "," : "", patterns[k]);
        strcat(text, "]}");
        json_t *decoder = json_loads(text, 0, NULL);
        assert_non_null(decoder);
        tokenizer = with_decoder(file, decoder, false);
        int32_t ids[2] = {cpl_tokenizer_id(tokenizer, "a"), 4};
        char *out = NULL;
        CHECK_FAILS(CPL_ERROR_INPUT, "too long",
                    cpl_tokenizer_decode(tokenizer, &out, NULL, ids, 2, NULL, error));
        assert_null(out);
        cpl_tokenizer_free(tokenizer);
        json_decref(decoder);
    }
    json_decref(file);
}

/* Memory that runs out anywhere is an error, and nothing is lost. */
/* An added token that is looked for in normalised text is shown in that form, as tokenizers 0.23 does. */
static void test_normalized_token(void **state)
{
    (void)state;
    json_t *file =
        json_pack("{s:{s:s}, s:[{s:i, s:s, s:b}, {s:i, s:s, s:b}],"
                  " s:{s:s, s:s, s:{s:i, s:i}}}",
                  "normalizer", "type", "Lowercase", "added_tokens", "id", 2, "content", "ABC",
                  "normalized", 1, "id", 3, "content", "DEF", "normalized", 0, "model", "type",
                  "WordLevel", "unk_token", "?", "vocab", "?", 0, "a", 1);
    static const int32_t ids[] = {2, 3, 1};
    struct cpl_tokenizer *tokenizer = NULL;
    char *text = NULL;
    assert_non_null(file);
    CHECK(cpl_tokenizer_from_json(&tokenizer, file, NULL, "test", error));
    CHECK(cpl_tokenizer_decode(tokenizer, &text, NULL, ids, 3, NULL, error));
    assert_string_equal(text, "abc DEF a");
    free(text);
    cpl_tokenizer_free(tokenizer);
    json_decref(file);
}

static void test_out_of_memory(void **state)
{
    (void)state;
    static const char *const decoders[] = {
        "{\"type\":\"WordPiece\",\"prefix\":\"##\",\"cleanup\":true}",
        "{\"type\":\"Sequence\",\"decoders\":[{\"type\":\"ByteFallback\"},{\"type\":\"Fuse\"},"
        "{\"type\":\"Strip\",\"content\":\" "
        "\",\"start\":1,\"stop\":0},{\"type\":\"ByteLevel\"}]}",
        "{\"type\":\"CTC\"}"};
    json_t *file = read_golden("tokenizer.json", NULL);
    for (size_t k = 0; k < 3; k++) {
        json_t *decoder = json_loads(decoders[k], 0, NULL);
        struct cpl_tokenizer *tokenizer = with_decoder(file, decoder, true);
        int32_t ids[60];
        for (int32_t i = 0; i < 60; i++)
            ids[i] = i;
        cpl_status status = CPL_ERROR_SYSTEM;
        char *text = NULL;
        size_t n = 0;
        for (; status != CPL_OK; n++) {
            cpl_memory_fail_at(n + 1);
            status = cpl_tokenizer_decode(tokenizer, &text, NULL, ids, 60, NULL, NULL);
            cpl_memory_fail_at(0);
            assert_true(status == CPL_OK || (status == CPL_ERROR_SYSTEM && !text));
        }
        assert_true(n > 4);
        free(text);
        cpl_tokenizer_free(tokenizer);
        json_decref(decoder);
    }
    json_decref(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_goldens),          cmocka_unit_test(test_post_processors),
        cmocka_unit_test(test_bad_decoders),     cmocka_unit_test(test_growing),
        cmocka_unit_test(test_normalized_token), cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
