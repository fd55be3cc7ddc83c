/* labels: fast sanitize */
/* Which tokens make a word together, with pieces that mark spaces, pieces that are parts of characters,
 * and pieces that do neither. */
#include "generate/fill_words.h"

#include "tokenizer/tokenizer_model.h"
#include "tokenizer_fixture.h"

static struct cpl_tokenizer *new_tokenizer(const char *pre_tokenizer, const char *const *pieces,
                                           size_t n)
{
    struct cpl_tokenizer *tokenizer = NULL;
    json_t *vocabulary = json_object();
    for (size_t i = 0; i < n; i++)
        json_object_set_new(vocabulary, pieces[i], json_integer((json_int_t)i));
    json_t *file = json_pack("{s:{s:s}, s:{s:s, s:s, s:o, s:[]}}", "pre_tokenizer", "type",
                             pre_tokenizer, "model", "type", "BPE", "unk_token", pieces[0],
                             "vocab", vocabulary, "merges");
    assert_non_null(file);
    CHECK(cpl_tokenizer_from_json(&tokenizer, file, NULL, "made here", error));
    json_decref(file);
    return tokenizer;
}

static int32_t id_of(const struct cpl_tokenizer *tokenizer, const char *piece)
{
    int32_t id = cpl_tokenizer_id(tokenizer, piece);
    assert_true(id >= 0);
    return id;
}

static bool joins(const struct cpl_tokenizer *tokenizer, const char *a, const char *b)
{
    return cpl_fill_joins(tokenizer, id_of(tokenizer, a), id_of(tokenizer, b));
}

static void test_byte_level(void **state)
{
    (void)state;
    static const char *const pieces[] = {"<unk>", "Ġplay", "ing", "æĪĳ", "ä»",
                                         "¬",     "Ġ",     "ï¼Į", "!",   "Ġthe"};
    struct cpl_tokenizer *t =
        new_tokenizer("ByteLevel", pieces, sizeof pieces / sizeof *pieces);
    static const char *const parts[] = {"Ġplay", "ing", "æĪĳ", "ä»", "¬"};
    static const char *const others[] = {"Ġ", "ï¼Į", "!", "<unk>"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        assert_true(cpl_fill_is_word_part(t, id_of(t, parts[i])));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(cpl_fill_is_word_part(t, id_of(t, others[i])));
    assert_true(cpl_fill_begins_word(t, id_of(t, "Ġplay")));
    assert_true(cpl_fill_begins_word(t, id_of(t, "ä»")));
    assert_false(cpl_fill_begins_word(t, id_of(t, "¬"))); /* goes on with a character */
    assert_true(joins(t, "Ġplay", "ing"));
    assert_true(joins(t, "ä»", "¬"));
    assert_true(joins(t, "æĪĳ", "ä»"));
    assert_false(joins(t, "ing", "Ġthe"));
    cpl_tokenizer_free(t);
}

static void test_metaspace(void **state)
{
    (void)state;
    static const char *const pieces[] = {"<unk>", "▁play", "ing", "我", "们", "▁", "，", "▁我"};
    struct cpl_tokenizer *t =
        new_tokenizer("Metaspace", pieces, sizeof pieces / sizeof *pieces);
    assert_true(joins(t, "▁play", "ing"));
    assert_true(joins(t, "▁我", "们"));
    assert_false(joins(t, "我", "▁play"));
    assert_false(cpl_fill_is_word_part(t, id_of(t, "▁")));
    assert_false(cpl_fill_is_word_part(t, id_of(t, "，")));
    cpl_tokenizer_free(t);
}

/* Where nothing says that a piece goes on, only Chinese characters join. */
static void test_plain(void **state)
{
    (void)state;
    static const char *const pieces[] = {"<unk>", "play", "ing", "我", "们"};
    struct cpl_tokenizer *t =
        new_tokenizer("Whitespace", pieces, sizeof pieces / sizeof *pieces);
    assert_false(joins(t, "play", "ing"));
    assert_true(joins(t, "我", "们"));
    assert_false(joins(t, "我", "play"));
    cpl_tokenizer_free(t);
}

static void assert_word(const struct cpl_segmenter *segmenter, const char *text, int n_tokens,
                        bool expected)
{
    bool word = !expected;
    CHECK(cpl_fill_is_word(&word, segmenter, text, n_tokens, error));
    if (word != expected)
        fail_msg("\"%s\" is %sa word", text, word ? "" : "not ");
}

static void test_is_word(void **state)
{
    (void)state;
    struct cpl_segmenter *segmenter = small_segmenter();
    assert_word(segmenter, "喜欢", 2, true);
    assert_word(segmenter, "欢喜", 2, false);
    assert_word(NULL, "欢喜", 2, true);
    assert_word(segmenter, "欢喜", 1, true);
    assert_word(segmenter, "playing", 2, true);
    assert_word(segmenter, "play ing", 2, false);
    assert_word(segmenter, "喜\xEF\xBF\xBD", 2, false);
    assert_word(segmenter, "\xEF\xBF\xBD", 1, false);
    assert_word(segmenter, "", 1, false);
    cpl_segmenter_free(segmenter);
    char text[] = "  a b\n";
    cpl_fill_trim(text);
    assert_string_equal(text, "a b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_byte_level),
        cmocka_unit_test(test_metaspace),
        cmocka_unit_test(test_plain),
        cmocka_unit_test(test_is_word),
    };
    return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
