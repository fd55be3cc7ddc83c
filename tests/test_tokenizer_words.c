/* labels: sanitize fast */
/* Reading back (decode), characters of tokens, and which tokens belong to one word. */
#include "tokenizer_fixture.h"

static struct cpl_tokenizer *tokenizer;
static struct cpl_segmenter *segmenter;
static const struct cpl_decode_options reading = {CPL_DECODE_READING, false},
                                       skipping = {CPL_DECODE_READING, true};

static int set_up(void **state)
{
    static const char *const texts[] = {
        "我喜欢自然语言处理。今天天气很好，在这里！（打开文件）",
        "the player is playing a game: hello world 3 14 10 000 don t re use costs abc xyz"
        " Hello World ! ? . , ; : ( ) [ ] $ - ' / % # qjkvw",
        "the player is playing"};
    if (make_scratch(state) != 0)
        return -1;
    tokenizer = learn(texts, 3, 1000, 1);
    segmenter = small_segmenter();
    return 0;
}

static int tear_down(void **state)
{
    cpl_segmenter_free(segmenter);
    cpl_tokenizer_free(tokenizer);
    return remove_scratch(state);
}

static void assert_round(const char *text, const char *expected)
{
    struct cpl_encoding encoding = {0};
    char *decoded = NULL;
    CHECK(cpl_tokenizer_encode(tokenizer, &encoding, text, strlen(text), error));
    CHECK(cpl_tokenizer_decode(tokenizer, &decoded, NULL, encoding.id, encoding.count, &reading,
                               error));
    assert_string_equal(decoded, expected);
    free(decoded);
    cpl_encoding_clear(&encoding);
}

static void test_decode(void **state)
{
    (void)state;
    static const char *const same[] = {
        "",
        "\n",
        "今天天气很好，我喜欢这里！\n\n（打开文件）",
        "the player is playing a game: hello world!",
        "hello, world; is it (the game) or [the] player?",
        "don't re-use abc/xyz",
        "costs $3.14 or 10,000 or 3%",
        "我[MASK]自然[MASK]处理",
    };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        assert_round(same[i], same[i]);
    assert_round("hello   world", "hello world");
    assert_round("hello\n world", "hello\nworld");
    assert_round("我 喜 欢 hello 天气", "我喜欢hello天气");
    assert_round("[CLS] hello [SEP]", "[CLS] hello [SEP]");
    assert_round("我[MASK][MASK] [MASK]", "我[MASK][MASK][MASK]");
    int32_t ids[] = {2, cpl_tokenizer_id(tokenizer, "hello"), 4, 1, 3, 0};
    char *decoded = NULL;
    CHECK(cpl_tokenizer_decode(tokenizer, &decoded, NULL, ids, 6, &skipping, error));
    assert_string_equal(decoded, "hello [UNK]");
    free(decoded);
    ids[3] = cpl_tokenizer_size(tokenizer);
    CHECK_FAILS(CPL_ERROR_INPUT, "is not in the vocabulary",
                cpl_tokenizer_decode(tokenizer, &decoded, NULL, ids, 6, &skipping, error));
}

static void test_characters(void **state)
{
    (void)state;
    struct cpl_special_ids special = cpl_tokenizer_special(tokenizer);
    assert_int_equal(cpl_tokenizer_characters(tokenizer, special.mask), 0);
    assert_int_equal(cpl_tokenizer_characters(tokenizer, special.unknown), 1);
    assert_int_equal(cpl_tokenizer_characters(tokenizer, special.newline), 1);
    assert_int_equal(cpl_tokenizer_characters(tokenizer, cpl_tokenizer_id(tokenizer, "我")), 1);
    assert_int_equal(cpl_tokenizer_characters(tokenizer, cpl_tokenizer_id(tokenizer, "hello")),
                     5);
    assert_int_equal(cpl_tokenizer_characters(tokenizer, cpl_tokenizer_id(tokenizer, "##a")),
                     1);
    assert_int_equal(cpl_tokenizer_characters(tokenizer, -1), 0);
}

/* Tokens with '|' where a word begins and '+' where one goes on. */
static void assert_words(const char *text, const char *expected)
{
    struct cpl_encoding encoding = {0};
    uint8_t *flags = NULL;
    char found[500] = "";
    size_t n = 0;
    CHECK(cpl_tokenizer_encode(tokenizer, &encoding, text, strlen(text), error));
    CHECK(cpl_tokenizer_word_flags(tokenizer, segmenter, &flags, &encoding, text, strlen(text),
                                   error));
    for (size_t i = 0; i < encoding.count; i++)
        n += (size_t)snprintf(found + n, sizeof found - n, "%s%s",
                              i == 0     ? ""
                              : flags[i] ? "+"
                                         : "|",
                              cpl_tokenizer_piece(tokenizer, encoding.id[i]));
    assert_string_equal(found, expected);
    free(flags);
    cpl_encoding_clear(&encoding);
}

static void test_word_flags(void **state)
{
    (void)state;
    assert_words("", "");
    assert_words("我喜欢自然语言处理", "我|喜+欢|自+然+语+言|处+理");
    assert_words("我喜欢。\n今天 天气", "我|喜+欢|。|\n|今+天|天+气");
    assert_words("喜 欢", "喜|欢");
    assert_words("自然[MASK]言", "自+然|[MASK]|言");
    assert_words("喜[MASK]欢", "喜|[MASK]|欢");
    assert_words("the playing", "the|playing");
    assert_words("gamea", "game+##a");
    assert_words("处理3.14", "处+理|3+.+14");
    assert_words("今天饕气", "今+天|[UNK]|气");
    assert_words("\n\n\n", "\n|\n|\n");
}

/* A word with a character that the vocabulary lacks stays one word. */
static void test_unknown_inside(void **state)
{
    (void)state;
    struct cpl_segmenter *own = segmenter;
    segmenter = NULL;
    CHECK(
        cpl_segmenter_new(&segmenter, write_text("饕.txt", "今饕 9 n\n自 9 n\n"), NULL, error));
    assert_words("自今饕自", "自|今+[UNK]|自");
    cpl_segmenter_free(segmenter);
    segmenter = own;
}

static void test_bad_text(void **state)
{
    (void)state;
    struct cpl_encoding encoding = {0};
    CHECK_FAILS(CPL_ERROR_INPUT, "not UTF-8 at byte 4",
                cpl_tokenizer_encode(tokenizer, &encoding, "我a\xE6\x88", 6, error));
    CHECK(cpl_tokenizer_encode(tokenizer, &encoding, "a\0b", 3, error)); /* NUL is dropped */
    assert_int_equal(encoding.span[0].begin, 0);
    assert_int_equal(encoding.span[encoding.count - 1].end, 3);
    cpl_encoding_clear(&encoding);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decode),     cmocka_unit_test(test_characters),
        cmocka_unit_test(test_word_flags), cmocka_unit_test(test_unknown_inside),
        cmocka_unit_test(test_bad_text),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
