/* labels: sanitize fast */
/* Cutting with a dictionary of our own, users' dictionaries, bad ones, any text, little memory. */
#include "base/memory.h"
#include "segment_fixture.h"
#include "text/utf8.h"

static void test_own_dictionary(void **state)
{
    (void)state;
    struct cpl_segmenter *segmenter = new_segmenter(dictionary, NULL);
    assert_words(segmenter, "", "");
    assert_words(segmenter, "我喜欢自然语言处理", "我 / 喜欢 / 自然语言 / 处理");
    assert_words(segmenter, "研究生命", "研究 / 生命");
    assert_words(segmenter, "研究生的命", "研究生 / 的 / 命");
    assert_words(segmenter, "用C++写T恤的IP地址", "用 / C++ / 写 / T恤 / 的 / IP地址");
    assert_words(segmenter, "VIP地址，ABC AB", "VIP / 地址 / ， / ABC / AB");
    assert_words(segmenter, "3.14% 2.0.1 café naïve 100％",
                 "3.14% / 2.0.1 / café / naïve / 100％");
    assert_words(segmenter, "Привет, мир! 한국어 の", "Привет / , / мир / ! / 한국어 / の");
    cpl_segmenter_free(segmenter);
}

static void test_user_dictionary(void **state)
{
    (void)state;
    struct cpl_segmenter *plain = new_segmenter(dictionary, NULL);
    uint64_t hash = cpl_segmenter_hash(plain);
    cpl_segmenter_free(plain);
    /* without a count a word gets one that makes it win; with 0 it goes */
    struct cpl_segmenter *own =
        new_segmenter(dictionary, "\xEF\xBB\xBF自然语言处理\r\n\n研究生 0\n喜欢的 9 v\n");
    assert_true(cpl_segmenter_hash(own) != hash);
    assert_words(own, "我喜欢自然语言处理", "我 / 喜欢 / 自然语言处理");
    assert_words(own, "研究生的", "研究 / 生 / 的");
    assert_words(own, "我喜欢的", "我 / 喜欢 / 的"); /* rarer than its parts */
    cpl_segmenter_free(own);
    /* it wins over the whole words that it is made of, numbers and compounds too */
    own = new_segmenter(dictionary, "我喜欢\n5号楼 n\n喜欢自然 nz\n的地址 999 n\n");
    assert_words(own, "我喜欢的地址是5号楼，", "我喜欢 / 的地址 / 是 / 5号楼 / ，");
    cpl_segmenter_free(own);
    struct cpl_segmenter *again = new_segmenter(dictionary, NULL);
    assert_true(cpl_segmenter_hash(again) == hash);
    cpl_segmenter_free(again);
}

static void assert_bad(const char *content, const char *words)
{
    struct cpl_segmenter *segmenter = NULL;
    const char *path = write_text("dict.txt", content);
    CHECK_FAILS(CPL_ERROR_INPUT, words, cpl_segmenter_new(&segmenter, path, NULL, error));
    assert_null(segmenter);
}

static void test_bad_dictionaries(void **state)
{
    (void)state;
    assert_bad("", "no words");
    assert_bad("我 1 r\n喜欢\n", "dict.txt:2: expected \"word count tag\"");
    assert_bad("我 1 r\n喜欢 x v\n", "dict.txt:2");
    assert_bad("我 1 r x\n", "more than three");
    assert_bad("我 1\n\xFF 1\n", "dict.txt:2: not UTF-8");
    assert_bad("我 99999999999999999999 r\n", "dict.txt:1: expected a count");
    char long_word[300];
    memset(long_word, 'x', sizeof long_word);
    memcpy(long_word + 256, " 1\n", 4);
    assert_bad(long_word, "dict.txt:1: a word of more than 255 bytes");
    assert_bad("我 -1 r\n", "dict.txt:1: expected a count");
    assert_bad("我 1\n我　你 1\n", "dict.txt:2: white space");
    assert_bad("\xEF\xBB\xBF\n\n我 r\n", "dict.txt:3: expected \"word count tag\"");
    struct cpl_segmenter *segmenter = NULL;
    CHECK_FAILS(CPL_ERROR_SYSTEM, "none.txt",
                cpl_segmenter_new(&segmenter, in_scratch("none.txt"), NULL, error));
}

/* The message that a user without any dictionary sees, and the places in order. */
static void test_finding(void **state)
{
    (void)state;
    struct cpl_segmenter *segmenter = NULL;
    write_text("named.txt", "我 1 r\n");
    setenv("COUPLET_DICTIONARY", in_scratch("named.txt"), 1);
    CHECK(cpl_segmenter_new(&segmenter, NULL, NULL, error));
    cpl_segmenter_free(segmenter);
    setenv("COUPLET_DICTIONARY", in_scratch("gone.txt"), 1);
    CHECK_FAILS(CPL_ERROR_SYSTEM, "gone.txt", cpl_segmenter_new(&segmenter, NULL, NULL, error));
    unsetenv("COUPLET_DICTIONARY");
    if (access("/usr/lib/python3/dist-packages/jieba/dict.txt", R_OK) == 0)
        return;
    char *before = getenv("XDG_CACHE_HOME");
    char kept[500];
    snprintf(kept, sizeof kept, "%s", before ? before : "");
    setenv("XDG_CACHE_HOME", scratch, 1);
    segmenter = NULL;
    CHECK_FAILS(CPL_ERROR_INPUT, "COUPLET_DICTIONARY",
                cpl_segmenter_new(&segmenter, NULL, NULL, error));
    if (before)
        setenv("XDG_CACHE_HOME", kept, 1);
    else
        unsetenv("XDG_CACHE_HOME");
}

/* The characters of [begin, end) are white space, or none is. */
static void assert_spaces(const char *text, size_t begin, size_t end, bool are_spaces)
{
    while (begin < end)
        assert_int_equal(cpl_code_is_space(cpl_utf8_next(text, &begin)), are_spaces);
    assert_true(begin == end);
}

/* Words are in order, whole characters, and all that is no white space. */
static void assert_spans(const struct cpl_segmenter *segmenter, const char *text, size_t length)
{
    struct cpl_spans words = {0};
    size_t at = 0;
    CHECK(cpl_segment(segmenter, &words, text, length, error));
    for (size_t i = 0; i < words.count; i++) {
        struct cpl_span span = words.span[i];
        assert_true(span.begin >= at && span.end > span.begin && span.end <= length);
        assert_spaces(text, at, span.begin, true);
        assert_spaces(text, span.begin, span.end, false);
        at = span.end;
    }
    assert_spaces(text, at, length, true);
    cpl_spans_clear(&words);
}

static void test_any_bytes(void **state)
{
    (void)state;
    struct cpl_segmenter *segmenter = new_segmenter(dictionary, NULL);
    char bytes[400];
    uint64_t index = 1u << 21;
    for (int round = 0; round < 2000; round++) {
        char *text = NULL;
        size_t length = draw_bytes(&index, bytes, sizeof bytes);
        CHECK(cpl_text_clean(&text, &length, NULL, bytes, length, CPL_FORM_NONE, error));
        assert_spans(segmenter, text, length);
        free(text);
    }
    cpl_segmenter_free(segmenter);
}

/* Pieces of everything that some rule looks at, in any order. */
static void test_any_mixture(void **state)
{
    (void)state;
    static const char *const pieces[] = {
        "我", "喜欢", "自然语言", "研究生", "第",  "一", "十", "万", "多",  "余",    "几",
        "数", "个",   "的",       "龘",     "年",  "C",  "++", "#",  "T",   "恤",    "x",
        "_",  "__",   "-",        ".",      ",",   ":",  "/",  "@",  "://", "%",     "％",
        "'",  "1",    "20",       "2024",   "000", "é",  "ü",  "ß",  "の",  "한국",  "😀",
        "…",  "—",    "。",       "！",     " ",   "\n", "\t", "　", "　 ", "\u2028"};
    struct cpl_segmenter *segmenter = new_segmenter(dictionary, "的一\nx_1\n");
    uint64_t index = 1u << 22;
    for (int round = 0; round < 20000; round++) {
        struct cpl_buffer text = {0};
        for (uint32_t n = draw(&index, 24); n > 0; n--)
            cpl_buffer_add_text(&text, pieces[draw(&index, sizeof pieces / sizeof *pieces)]);
        CHECK(cpl_buffer_check(&text, error));
        /* from the heap without a byte behind it, so that looking too far is seen */
        char *exact = malloc(text.length + 1);
        assert_non_null(exact);
        char *end = exact + 1;
        if (text.length > 0)
            memcpy(end, text.data, text.length);
        assert_spans(segmenter, end, text.length);
        free(exact);
        cpl_buffer_clear(&text);
    }
    assert_spans(segmenter, "\0我\0的\0", 9);
    cpl_segmenter_free(segmenter);
}

/* Words that overlap without end, and runs longer than any buffer. */
static void test_long_runs(void **state)
{
    (void)state;
    struct cpl_segmenter *segmenter =
        new_segmenter("丁丁 10\n丁丁丁 10\n二 5\n+ 1\n++ 1\n", NULL);
    struct cpl_buffer text = {0};
    for (int i = 0; i < 5000; i++)
        cpl_buffer_add_text(&text, "丁");
    cpl_buffer_add_text(&text, " ");
    for (int i = 0; i < 5000; i++)
        cpl_buffer_add_text(&text, "x");
    for (int i = 0; i < 5000; i++)
        cpl_buffer_add_text(&text, "+");
    for (int i = 0; i < 5000; i++)
        cpl_buffer_add_text(&text, "龘");
    CHECK(cpl_buffer_check(&text, error));
    assert_spans(segmenter, text.data, text.length);
    struct cpl_spans words = {0};
    CHECK(cpl_segment(segmenter, &words, text.data + 15001, 5000, error));
    assert_int_equal(words.count, 1);
    cpl_spans_clear(&words);
    cpl_buffer_clear(&text);
    cpl_segmenter_free(segmenter);
}

static void test_out_of_memory(void **state)
{
    (void)state;
    const char *path = write_text("dict.txt", dictionary);
    const char *user = write_text("user.txt", "自然语言处理\n");
    cpl_status status = CPL_ERROR_SYSTEM;
    for (size_t n = 1; status != CPL_OK; n++) {
        struct cpl_segmenter *segmenter = NULL;
        cpl_memory_fail_at(n);
        status = cpl_segmenter_new(&segmenter, path, user, NULL);
        cpl_memory_fail_at(0);
        assert_true(status == CPL_OK || status == CPL_ERROR_SYSTEM);
        assert_int_equal(segmenter != NULL, status == CPL_OK);
        cpl_segmenter_free(segmenter);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own_dictionary),   cmocka_unit_test(test_user_dictionary),
        cmocka_unit_test(test_bad_dictionaries), cmocka_unit_test(test_finding),
        cmocka_unit_test(test_any_bytes),        cmocka_unit_test(test_any_mixture),
        cmocka_unit_test(test_long_runs),        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
