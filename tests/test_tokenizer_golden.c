/* labels: sanitize fast */
/* Ids, offsets and pairs against what Hugging Face's tokenizers gave (tests/golden/tokenizer), and the
 * two ways of encoding against each other. */
#include "tokenizer_fixture.h"

#include "text/utf8.h"
#include "tokenizer/wordpiece.h"
#include <couplet/json.h>

static void golden_path(char path[500], const char *name, const char *file)
{
    const char *source = getenv("COUPLET_SOURCE");
    snprintf(path, 500, "%s/tests/golden/tokenizer/%s/%s", source ? source : ".", name, file);
}

static void assert_numbers(const struct cpl_json_value *expected, const int32_t *found,
                           size_t n, const char *text)
{
    if (cpl_json_value_count(expected) != n)
        fail_msg("%zu tokens, expected %zu: %s", n, cpl_json_value_count(expected), text);
    for (size_t i = 0; i < n; i++)
        if (cpl_json_value_int(cpl_json_value_at(expected, i)) != found[i])
            fail_msg("token %zu is %d, expected %ld: %s", i, (int)found[i],
                     (long)cpl_json_value_int(cpl_json_value_at(expected, i)), text);
}

static void assert_offsets(const struct cpl_json_value *expected,
                           const struct cpl_encoding *encoding, const char *text)
{
    if (cpl_json_value_kind(expected) == CPL_JSON_NULL)
        return;
    for (size_t i = 0; i < encoding->count; i++) {
        const struct cpl_json_value *pair = cpl_json_value_at(expected, i);
        int64_t begin = (int64_t)cpl_utf8_count(text, encoding->span[i].begin);
        int64_t end = (int64_t)cpl_utf8_count(text, encoding->span[i].end);
        assert_int_equal(cpl_json_value_int(cpl_json_value_at(pair, 0)), begin);
        assert_int_equal(cpl_json_value_int(cpl_json_value_at(pair, 1)), end);
    }
}

static void check_row(const struct cpl_tokenizer *tokenizer, const struct cpl_json_value *row)
{
    struct cpl_encoding encoding = {0};
    const char *text[2] = {NULL, "自然 play"};
    size_t length[2] = {0, strlen(text[1])};
    int32_t types[4000];
    text[0] = cpl_json_value_text(cpl_json_value_member(row, "text"), &length[0]);
    CHECK(cpl_tokenizer_encode(tokenizer, &encoding, text[0], length[0], error));
    assert_numbers(cpl_json_value_member(row, "ids"), encoding.id, encoding.count, text[0]);
    assert_offsets(cpl_json_value_member(row, "offsets"), &encoding, text[0]);
    CHECK(cpl_tokenizer_encode_pair(tokenizer, &encoding, text, length, true, error));
    assert_numbers(cpl_json_value_member(row, "pair_ids"), encoding.id, encoding.count,
                   text[0]);
    assert_true(encoding.count < 4000);
    for (size_t i = 0; i < encoding.count; i++)
        types[i] = encoding.type[i];
    assert_numbers(cpl_json_value_member(row, "pair_types"), types, encoding.count, text[0]);
    cpl_encoding_clear(&encoding);
}

static void check_folder(const char *name)
{
    char path[500];
    char *lines = NULL;
    size_t size = 0, rows = 0;
    struct cpl_tokenizer *tokenizer = NULL;
    golden_path(path, name, "");
    CHECK(cpl_tokenizer_load(&tokenizer, path, error));
    golden_path(path, name, "expected.jsonl");
    CHECK(cpl_file_read(&lines, &size, path, error));
    for (char *line = lines, *end; (end = strchr(line, '\n')); line = end + 1, rows++) {
        struct cpl_json_value *row = NULL;
        CHECK(cpl_json_value_parse(&row, line, (size_t)(end - line), path, error));
        check_row(tokenizer, row);
        cpl_json_value_free(row);
    }
    assert_true(rows >= 190);
    free(lines);
    cpl_tokenizer_free(tokenizer);
}

static void test_cased(void **state) { (void)state, check_folder("cased"); }
static void test_uncased(void **state) { (void)state, check_folder("uncased"); }
static void test_accents_kept(void **state) { (void)state, check_folder("accents"); }
static void test_accents_stripped(void **state) { (void)state, check_folder("stripped"); }

/* Random text of all kinds; what cpl_utf8 calls invalid never comes up. */
static size_t random_text(uint64_t *index, char *out, size_t size)
{
    static const char *const parts[] = {"a",
                                        "B",
                                        "é",
                                        "e\xCC\x81",
                                        "한",
                                        "豈",
                                        "≠",
                                        "\xCC\xA7",
                                        "〮",
                                        "\xF0\x9D\x85\xA5",
                                        "\xF0\x9D\x85\xAD",
                                        "我",
                                        "。",
                                        " ",
                                        "\t",
                                        "\xE2\x80\x8B",
                                        "ing",
                                        "#",
                                        "İ",
                                        "ß",
                                        "𠀀",
                                        "\xEF\xBF\xBD"};
    size_t n = 0, wanted = draw(index, 60);
    for (size_t i = 0; i < wanted && n + 8 < size; i++) {
        uint32_t code = draw(index, 0x30000);
        char text[5] = {0};
        const char *part = parts[draw(index, sizeof parts / sizeof *parts)];
        if (draw(index, 3) == 0 && code != 0 && (code < 0xD800 || code > 0xDFFF)) {
            cpl_utf8_encode(text, code);
            part = text;
        }
        memcpy(out + n, part, strlen(part));
        n += strlen(part);
    }
    out[n] = 0;
    return n;
}

static void test_two_ways(void **state)
{
    (void)state;
    uint64_t index = 0;
    static const char *const names[] = {"cased", "uncased"};
    for (size_t k = 0; k < 2; k++) {
        char path[500], text[1000];
        struct cpl_tokenizer *tokenizer = NULL;
        struct cpl_encoding one = {0}, two = {0};
        golden_path(path, names[k], "");
        CHECK(cpl_tokenizer_load(&tokenizer, path, error));
        for (int i = 0; i < 3000; i++) {
            size_t n = random_text(&index, text, sizeof text);
            one.count = two.count = 0;
            CHECK(tokenizer->fused->encode(tokenizer, tokenizer->fused_state, &one, text, 0, n,
                                           true, error));
            CHECK(cpl_pipeline_encode(tokenizer, &two, text, 0, n, true, error));
            assert_int_equal(one.count, two.count);
            for (size_t t = 0; t < one.count; t++) {
                assert_int_equal(one.id[t], two.id[t]);
                assert_int_equal(one.span[t].begin, two.span[t].begin);
                assert_int_equal(one.span[t].end, two.span[t].end);
            }
        }
        cpl_encoding_clear(&one);
        cpl_encoding_clear(&two);
        cpl_tokenizer_free(tokenizer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cased),        cmocka_unit_test(test_uncased),
        cmocka_unit_test(test_accents_kept), cmocka_unit_test(test_accents_stripped),
        cmocka_unit_test(test_two_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
