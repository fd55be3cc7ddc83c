/* labels: sanitize fast */
/* Encoding many texts at once: the same as one by one, for any number of threads; and spans in
 * characters. */
#include "tokenizer_fixture.h"

#include "text/utf8.h"

enum { TEXTS = 300 };

static struct cpl_tokenizer *tokenizer;
static char text[2 * TEXTS][400];
static struct cpl_encode_input input[TEXTS];

static int set_up(void **state)
{
    uint64_t index = 0;
    if (make_scratch(state) != 0)
        return -1;
    tokenizer = learn(verse, VERSES, 150, 1);
    for (size_t i = 0; i < 2 * TEXTS; i++)
        for (size_t n = 0, wanted = draw(&index, 6); n < wanted; n++) {
            const char *line = verse[draw(&index, VERSES)];
            size_t room = sizeof text[i] - strlen(text[i]) - 1, length = draw(&index, 60);
            length = length < room ? length : room;
            strncat(text[i], line, cpl_utf8_valid_prefix(line, strnlen(line, length)));
        }
    for (size_t i = 0; i < TEXTS; i++)
        input[i] = (struct cpl_encode_input){text[2 * i], i % 3 ? NULL : text[2 * i + 1],
                                             strlen(text[2 * i]), strlen(text[2 * i + 1])};
    return 0;
}

static int tear_down(void **state)
{
    cpl_tokenizer_free(tokenizer);
    return remove_scratch(state);
}

static void assert_same(const struct cpl_encoding *one, const struct cpl_encoding *two)
{
    assert_int_equal(one->count, two->count);
    for (size_t i = 0; i < one->count; i++) {
        assert_int_equal(one->id[i], two->id[i]);
        assert_int_equal(one->type[i], two->type[i]);
        assert_int_equal(one->source[i], two->source[i]);
        assert_int_equal(one->span[i].begin, two->span[i].begin);
        assert_int_equal(one->span[i].end, two->span[i].end);
    }
}

static void test_threads(void **state)
{
    (void)state;
    struct cpl_encoding many[TEXTS] = {{0}}, one = {0};
    for (int threads = 0; threads < 5; threads++) {
        struct cpl_encode_options options = {.special = threads % 2,
                                             .max_length = threads > 2 ? 12 : 0};
        CHECK(cpl_tokenizer_encode_batch(tokenizer, many, input, TEXTS, &options, threads,
                                         error));
        for (size_t i = 0; i < TEXTS; i++) {
            const char *const texts[2] = {input[i].text, input[i].second};
            const size_t length[2] = {input[i].length, input[i].second_length};
            CHECK(cpl_tokenizer_encode_with(tokenizer, &one, texts, length,
                                            input[i].second ? 2 : 1, &options, error));
            assert_same(&many[i], &one);
            assert_true(!options.max_length || one.count <= options.max_length);
        }
    }
    for (size_t i = 0; i < TEXTS; i++)
        cpl_encoding_clear(&many[i]);
    cpl_encoding_clear(&one);
}

static void test_first_error(void **state)
{
    (void)state;
    struct cpl_encoding many[TEXTS] = {{0}};
    struct cpl_encode_options options = {0};
    struct cpl_encode_input bad[TEXTS];
    memcpy(bad, input, sizeof bad);
    for (int threads = 1; threads < 4; threads++) {
        bad[200].text = bad[201].text = bad[290].text = "a\xFFz";
        bad[200].length = bad[201].length = bad[290].length = 3;
        CHECK_FAILS(
            CPL_ERROR_INPUT, "text 200: the text is not UTF-8 at byte 1",
            cpl_tokenizer_encode_batch(tokenizer, many, bad, TEXTS, &options, threads, error));
    }
    options.special = true;
    options.max_length = 1;
    CHECK_FAILS(CPL_ERROR_USAGE, "text 0: 1 tokens leave no room",
                cpl_tokenizer_encode_batch(tokenizer, many, input, TEXTS, &options, 2, error));
    CHECK(cpl_tokenizer_encode_batch(tokenizer, many, NULL, 0, &options, 2, error));
    for (size_t i = 0; i < TEXTS; i++)
        cpl_encoding_clear(&many[i]);
}

static void test_characters(void **state)
{
    (void)state;
    struct cpl_encoding encoding = {0};
    struct cpl_span span[400];
    for (size_t i = 0; i < TEXTS; i++) {
        const char *const texts[2] = {text[i], text[i + 1]};
        const size_t length[2] = {strlen(text[i]), strlen(text[i + 1])};
        CHECK(cpl_tokenizer_encode_pair(tokenizer, &encoding, texts, length, true, error));
        assert_true(encoding.count <= 400);
        for (uint8_t k = 0; k < 2; k++)
            cpl_encoding_characters(&encoding, k, texts[k], length[k], span);
        for (size_t t = 0; t < encoding.count; t++) {
            if (encoding.source[t] == CPL_SOURCE_NONE)
                continue;
            const char *from = texts[encoding.source[t]];
            assert_int_equal(span[t].begin, cpl_utf8_count(from, encoding.span[t].begin));
            assert_int_equal(span[t].end, cpl_utf8_count(from, encoding.span[t].end));
        }
    }
    cpl_encoding_clear(&encoding);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_first_error),
        cmocka_unit_test(test_characters),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
