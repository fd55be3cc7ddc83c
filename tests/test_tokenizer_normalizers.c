/* labels: fast sanitize */
/* Normalizers, added tokens and regular expressions against what Hugging Face's tokenizers gave
 * (tests/golden/normalizers), and what cannot be read. */
#include "tokenizer_fixture.h"

#include "base/file.h"
#include "text/utf8.h"
#include "tokenizer/normal_form.h"
#include "tokenizer/regex.h"
#include "tokenizer/tokenizer_model.h"

/* Calls `check` with every line of a golden file. */
static void each_line(const char *name, void (*check)(const json_t *line))
{
    char path[500];
    char *text = NULL;
    size_t length = 0, n = 0;
    const char *source = getenv("COUPLET_SOURCE");
    snprintf(path, sizeof path, "%s/tests/golden/normalizers/%s", source ? source : ".", name);
    CHECK(cpl_file_read(&text, &length, path, error));
    for (size_t at = 0; at < length; n++) {
        size_t end = at;
        json_t *line = NULL;
        while (end < length && text[end] != '\n')
            end++;
        CHECK(cpl_json_parse(&line, text + at, end - at, path, JSON_ALLOW_NUL, error));
        check(line);
        json_decref(line);
        at = end + 1;
    }
    assert_true(n > 0);
    free(text);
}

static void check_text(const struct cpl_tokenizer *tokenizer, struct cpl_encoding *encoding,
                       const char *name, const json_t *row)
{
    const json_t *ids = json_array_get(row, 1), *offsets = json_array_get(row, 2);
    const char *text = json_string_value(json_array_get(row, 0));
    CHECK(cpl_tokenizer_encode(tokenizer, encoding, text,
                               json_string_length(json_array_get(row, 0)), error));
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

static void check_tokenizer(const json_t *line)
{
    struct cpl_tokenizer *tokenizer = NULL;
    struct cpl_encoding encoding = {0};
    const json_t *texts = json_object_get(line, "texts");
    CHECK(cpl_tokenizer_from_json(&tokenizer, json_object_get(line, "tokenizer"), NULL,
                                  "golden", error));
    for (size_t i = 0; i < json_array_size(texts); i++)
        check_text(tokenizer, &encoding, json_string_value(json_object_get(line, "name")),
                   json_array_get(texts, i));
    cpl_encoding_clear(&encoding);
    cpl_tokenizer_free(tokenizer);
}

static void test_normalizers(void **state)
{
    (void)state;
    each_line("bytes.jsonl", check_tokenizer);
    each_line("triples.jsonl", check_tokenizer);
}

static void test_added_tokens(void **state)
{
    (void)state;
    each_line("added.jsonl", check_tokenizer);
}

/* ---- regular expressions ----------------------------------------------------------------------- */

/* [pattern, text, the text with every match replaced]. */
static void check_pattern(const json_t *line)
{
    struct cpl_regex *regex = NULL;
    struct cpl_regex_search *search = NULL;
    struct cpl_buffer out = {0};
    const char *pattern = json_string_value(json_array_get(line, 0));
    const char *text = json_string_value(json_array_get(line, 1));
    size_t length = json_string_length(json_array_get(line, 1)), begin, end, done = 0;
    bool found;
    CHECK(cpl_regex_compile(&regex, pattern, strlen(pattern), "golden", error));
    CHECK(cpl_regex_search_new(&search, regex, text, length, error));
    for (;;) {
        CHECK(cpl_regex_search_next(search, &begin, &end, &found, error));
        if (!found)
            break;
        cpl_buffer_add(&out, text + done, begin - done);
        cpl_buffer_add_text(&out, "☃");
        done = end;
    }
    cpl_buffer_add(&out, text + done, length - done);
    if (strcmp(out.data, json_string_value(json_array_get(line, 2))) != 0)
        fail_msg("%s: %s", pattern, out.data);
    cpl_buffer_clear(&out);
    cpl_regex_search_free(search);
    cpl_regex_free(regex);
}

static void test_regex(void **state)
{
    (void)state;
    each_line("regex.jsonl", check_pattern);
}

static void test_regex_refused(void **state)
{
    (void)state;
    static const char *const patterns[][2] = {
        {"(", "without its"},      {")", "without its"},       {"[a", "without its"},
        {"*a", "nothing"},         {"a\\", "backslash"},       {"[z-a]", "empty range"},
        {"[a-\\d]", "set"},        {"\\p{Nonsense}", "known"}, {"(?~a)", "not supported"},
        {"(*FAIL)", "callouts"},   {"(?(1)a|b)", "supported"}, {"\\X", "not supported"},
        {"\\x{110000}", "number"}, {"[[:foo:]]", "known"},     {"(?<=a+)b", "lookbehind"},
        {"(?s)a", "supported"},
    };
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        struct cpl_regex *regex = NULL;
        struct cpl_error error = {0};
        assert_int_equal(
            cpl_regex_compile(&regex, patterns[i][0], strlen(patterns[i][0]), "file", &error),
            CPL_ERROR_INPUT);
        assert_non_null(strstr(error.message, patterns[i][1]));
    }
}

static void test_regex_explodes(void **state)
{
    (void)state;
    static const char *const patterns[] = {"(a+)+$", "(a|aa)+$"};
    char text[64];
    memset(text, 'a', sizeof text);
    text[sizeof text - 1] = '!';
    for (size_t i = 0; i < 2; i++) {
        struct cpl_regex *regex = NULL;
        struct cpl_regex_search *search = NULL;
        struct cpl_error refused = {0};
        size_t begin, end;
        bool found;
        CHECK(cpl_regex_compile(&regex, patterns[i], strlen(patterns[i]), "file", error));
        CHECK(cpl_regex_search_new(&search, regex, text, sizeof text, error));
        assert_int_equal(cpl_regex_search_next(search, &begin, &end, &found, &refused),
                         CPL_ERROR_INPUT);
        assert_non_null(strstr(refused.message, "too many steps"));
        cpl_regex_search_free(search);
        cpl_regex_free(regex);
    }
}

/* ---- hostile files and texts ------------------------------------------------------------------- */

static const char whole[] =
    "{\"version\":\"1.0\",\"added_tokens\":[{\"id\":3,\"content\":\"<s>\",\"special\":true,"
    "\"normalized\":false,\"single_word\":false,\"lstrip\":true,\"rstrip\":false}],"
    "\"normalizer\":{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"NFKC\"},{\"type\":"
    "\"Strip\",\"strip_left\":true,\"strip_right\":false},{\"type\":\"Replace\",\"pattern\":"
    "{\"Regex\":\"\\\\s+\"},\"content\":\" \"},{\"type\":\"Prepend\",\"prepend\":\"_\"}]},"
    "\"pre_tokenizer\":{\"type\":\"Digits\",\"individual_digits\":true},\"post_processor\":"
    "null,"
    "\"decoder\":null,\"model\":{\"type\":\"WordLevel\",\"unk_token\":\"<u>\",\"vocab\":{\"<u>"
    "\":0,"
    "\"a\":1,\"b\":2}}}";

static cpl_status read_text(const char *text, size_t length, struct cpl_error *error)
{
    struct cpl_tokenizer *tokenizer = NULL;
    json_t *file = NULL;
    cpl_status status = cpl_json_parse(&file, text, length, "file", JSON_ALLOW_NUL, error);
    if (status == CPL_OK)
        status = cpl_tokenizer_from_json(&tokenizer, file, NULL, "file", error);
    cpl_tokenizer_free(tokenizer);
    json_decref(file);
    return status;
}

static void test_prefixes(void **state)
{
    (void)state;
    CHECK(read_text(whole, sizeof whole - 1, error));
    for (size_t n = 0; n + 1 < sizeof whole; n++) {
        struct cpl_error error = {0};
        assert_int_equal(read_text(whole, n, &error), CPL_ERROR_INPUT);
        assert_ptr_equal(strstr(error.message, "file"), error.message);
    }
}

/* Any value in the place of each value: read or refused with a word. */
static void replace_all_values(json_t *root, json_t *value, size_t *n_refused)
{
    static const char *const others[] = {"null", "true", "-1",   "1.5",         "\"x\"",
                                         "[]",   "{}",   "[[]]", "18446744073", "\"\\u0000\""};
    const char *key;
    json_t *member;
    size_t index = 0;
    void *next;
    json_object_foreach_safe(value, next, key, member)
    {
        json_incref(member);
        for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
            struct cpl_error error = {0};
            struct cpl_tokenizer *tokenizer = NULL;
            json_object_set_new(value, key,
                                json_loads(others[i], JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL));
            if (cpl_tokenizer_from_json(&tokenizer, root, NULL, "file", &error) != CPL_OK) {
                assert_true(error.message[0] != 0);
                ++*n_refused;
            }
            cpl_tokenizer_free(tokenizer);
        }
        json_object_set(value, key, member);
        replace_all_values(root, member, n_refused);
        json_decref(member);
    }
    json_array_foreach (value, index, member)
        replace_all_values(root, member, n_refused);
}

static void test_wrong_types(void **state)
{
    (void)state;
    json_t *root = NULL;
    size_t n_refused = 0;
    CHECK(cpl_json_parse(&root, whole, sizeof whole - 1, "file", JSON_ALLOW_NUL, error));
    replace_all_values(root, root, &n_refused);
    assert_true(n_refused > 100);
    json_decref(root);
}

static void test_bad_text(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "{\"model\":{\"type\":\"WordLevel\",\"unk_token\":\"a\",\"vocab\":{\"a\":0,\"a\":1}}}",
        "{\"model\":{\"type\":\"WordLevel\",\"unk_token\":\"a\",\"vocab\":{\"a\":0,\"\\ud800\":"
        "1}}}",
        "{\"model\":{\"type\":\"WordLevel\",\"unk_token\":\"a\",\"vocab\":{\"a\":0,\"\xff\":1}}"
        "}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct cpl_error error = {0};
        assert_int_equal(read_text(bad[i], strlen(bad[i]), &error), CPL_ERROR_INPUT);
        assert_non_null(strstr(error.message, "line 1, column"));
    }
}

/* Marks whose order is wrong, hundreds of thousands in a run, take linear time. */
static void test_many_marks(void **state)
{
    (void)state;
    static const uint32_t marks[] = {0x301, 0x327, 0x302E, 0x345, 0x334};
    enum { MARKS = 200000 };
    struct cpl_form form = {0};
    CHECK(cpl_form_decompose(&form, 'a', false, error));
    for (size_t i = 0; i < MARKS; i++)
        CHECK(cpl_form_decompose(&form, marks[i % 5], false, error));
    CHECK(cpl_form_sort(&form, error));
    for (size_t i = 2; i < form.n; i++)
        assert_true(form.item[i - 1].combining_class <= form.item[i].combining_class);
    cpl_form_compose(&form);
    assert_int_equal(form.item[0].code, 0xE1);
    assert_int_equal(form.n, MARKS);
    cpl_form_clear(&form);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_normalizers),    cmocka_unit_test(test_added_tokens),
        cmocka_unit_test(test_regex),          cmocka_unit_test(test_regex_refused),
        cmocka_unit_test(test_regex_explodes), cmocka_unit_test(test_prefixes),
        cmocka_unit_test(test_wrong_types),    cmocka_unit_test(test_bad_text),
        cmocka_unit_test(test_many_marks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
