/* labels: sanitize fast */
/* Pre-tokenizers against what Hugging Face's tokenizers gave (tests/golden/pre_tokenizers), and what of
 * them cannot be read. */
#include "tokenizer_fixture.h"

#include "text/utf8.h"
#include "tokenizer/tokenizer_model.h"

static json_t *load_golden(const char *name)
{
    char path[500];
    json_t *value = NULL;
    const char *source = getenv("COUPLET_SOURCE");
    snprintf(path, sizeof path, "%s/tests/golden/pre_tokenizers/%s", source ? source : ".",
             name);
    CHECK(cpl_json_load(&value, path, 0, error));
    return value;
}

/* `file` is a whole tokenizer.json; the others become sections of it. */
static struct cpl_tokenizer *build(json_t *file, json_t *pre_tokenizer, bool lowercase)
{
    struct cpl_tokenizer *tokenizer = NULL;
    json_t *normalizer = lowercase
                             ? json_pack("{s:s, s:b}", "type", "BertNormalizer", "lowercase", 1)
                             : json_null();
    json_object_set(file, "pre_tokenizer", pre_tokenizer);
    json_object_set_new(file, "normalizer", normalizer);
    CHECK(cpl_tokenizer_from_json(&tokenizer, file, NULL, "golden", error));
    return tokenizer;
}

static void check_text(const struct cpl_tokenizer *tokenizer, struct cpl_encoding *encoding,
                       const char *name, const char *text, const json_t *ids,
                       const json_t *offsets)
{
    CHECK(cpl_tokenizer_encode(tokenizer, encoding, text, strlen(text), error));
    if (encoding->count != json_array_size(ids))
        fail_msg("%s: %zu tokens, expected %zu: %s", name, encoding->count,
                 json_array_size(ids), text);
    for (size_t i = 0; i < encoding->count; i++) {
        json_int_t begin = (json_int_t)cpl_utf8_count(text, encoding->span[i].begin);
        json_int_t end = (json_int_t)cpl_utf8_count(text, encoding->span[i].end);
        if (encoding->id[i] != json_integer_value(json_array_get(ids, i)) ||
            begin != json_integer_value(json_array_get(offsets, 2 * i)) ||
            end != json_integer_value(json_array_get(offsets, 2 * i + 1)))
            fail_msg("%s: token %zu is %d at %d-%d: %s", name, i, (int)encoding->id[i],
                     (int)begin, (int)end, text);
    }
}

static void check_line(json_t *file, const json_t *texts, const json_t *line)
{
    struct cpl_encoding encoding = {0};
    const char *name = json_string_value(json_object_get(line, "name"));
    struct cpl_tokenizer *tokenizer = build(file, json_object_get(line, "pre_tokenizer"),
                                            json_is_true(json_object_get(line, "lowercase")));
    for (size_t i = 0; i < json_array_size(texts); i++)
        check_text(tokenizer, &encoding, name, json_string_value(json_array_get(texts, i)),
                   json_array_get(json_object_get(line, "ids"), i),
                   json_array_get(json_object_get(line, "offsets"), i));
    cpl_encoding_clear(&encoding);
    cpl_tokenizer_free(tokenizer);
}

static void test_goldens(void **state)
{
    (void)state;
    char path[500];
    char *lines = NULL;
    size_t size = 0, n = 0;
    const char *source = getenv("COUPLET_SOURCE");
    json_t *file = load_golden("tokenizer.json"), *texts = load_golden("texts.json");
    snprintf(path, sizeof path, "%s/tests/golden/pre_tokenizers/expected.jsonl",
             source ? source : ".");
    CHECK(cpl_file_read(&lines, &size, path, error));
    for (char *at = lines, *end; (end = strchr(at, '\n')); at = end + 1, n++) {
        json_t *line = NULL;
        CHECK(cpl_json_parse(&line, at, (size_t)(end - at), path, 0, error));
        check_line(file, texts, line);
        json_decref(line);
    }
    assert_true(n >= 100);
    free(lines);
    json_decref(texts);
    json_decref(file);
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"[]", "pre_tokenizer is not an object"},
        {"{}", "has no \"type\""},
        {"{\"type\": \"Knife\"}", "\"Knife\"; known are: "},
        {"{\"type\": \"Punctuation\", \"behavior\": \"Away\"}", "behavior \"Away\", expected"},
        {"{\"type\": \"Punctuation\", \"behavior\": 3}", "behavior"},
        {"{\"type\": \"Digits\", \"individual_digits\": 1}", "individual_digits"},
        {"{\"type\": \"CharDelimiterSplit\"}", "without its delimiter"},
        {"{\"type\": \"CharDelimiterSplit\", \"delimiter\": \"ab\"}", "expected one character"},
        {"{\"type\": \"CharDelimiterSplit\", \"delimiter\": \"\"}", "expected one character"},
        {"{\"type\": \"FixedLength\", \"length\": 0}", "length"},
        {"{\"type\": \"FixedLength\", \"length\": -5}", "length"},
        {"{\"type\": \"Metaspace\", \"replacement\": \"__\"}", "expected one character"},
        {"{\"type\": \"Metaspace\", \"prepend_scheme\": \"last\"}", "prepend_scheme \"last\""},
        {"{\"type\": \"Metaspace\", \"prepend_scheme\": \"first\", \"add_prefix_space\": "
         "false}",
         "add_prefix_space is false"},
        {"{\"type\": \"ByteLevel\", \"use_regex\": \"yes\"}", "use_regex"},
        {"{\"type\": \"Split\", \"behavior\": \"Isolated\"}", "pattern is neither"},
        {"{\"type\": \"Split\", \"pattern\": {\"Regex\": 1}}", "pattern is neither"},
        {"{\"type\": \"Split\", \"pattern\": \"a\"}", "pattern is neither"},
        {"{\"type\": \"Split\", \"pattern\": {\"Regex\": \"(a\"}}", "golden"},
        {"{\"type\": \"Sequence\"}", "without its list"},
    };
    json_t *file = load_golden("tokenizer.json");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cpl_tokenizer *tokenizer = NULL;
        json_object_set_new(file, "pre_tokenizer",
                            json_loads(cases[i][0], JSON_DECODE_ANY, NULL));
        CHECK_FAILS(CPL_ERROR_INPUT, cases[i][1],
                    cpl_tokenizer_from_json(&tokenizer, file, NULL, "golden", error));
        assert_null(tokenizer);
    }
    json_decref(file);
}

static void assert_ids(const char *pre_tokenizer, const char *text, size_t n,
                       const char *const *pieces)
{
    struct cpl_encoding encoding = {0};
    json_t *file = load_golden("tokenizer.json"), *section = json_loads(pre_tokenizer, 0, NULL);
    struct cpl_tokenizer *tokenizer = build(file, section, false);
    CHECK(cpl_tokenizer_encode(tokenizer, &encoding, text, strlen(text), error));
    assert_int_equal(encoding.count, n);
    for (size_t i = 0; i < n; i++)
        assert_string_equal(cpl_tokenizer_piece(tokenizer, encoding.id[i]), pieces[i]);
    cpl_encoding_clear(&encoding);
    cpl_tokenizer_free(tokenizer);
    json_decref(section);
    json_decref(file);
}

/* What files of older versions leave out or say in another way. */
static void test_older_files(void **state)
{
    (void)state;
    assert_ids("{\"type\": \"Metaspace\", \"replacement\": \"▁\", \"add_prefix_space\": true, "
               "\"str_rep\": \"▁\"}",
               "a b", 4, (const char *const[]){"▁", "##a", "▁", "##b"});
    assert_ids("{\"type\": \"Metaspace\", \"replacement\": \"▁\", \"add_prefix_space\": false}",
               "a b", 3, (const char *const[]){"a", "▁", "##b"});
    assert_ids("{\"type\": \"ByteLevel\", \"add_prefix_space\": false, \"trim_offsets\": true}",
               "a b", 3, (const char *const[]){"a", "Ġ", "##b"});
    assert_ids("{\"type\": \"Punctuation\"}", "a,b", 3, (const char *const[]){"a", ",", "b"});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_goldens),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_older_files),
    };
    return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
