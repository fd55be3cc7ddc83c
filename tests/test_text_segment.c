/* labels: sanitize fast */
/* Words: a dictionary of our own for exact cuts, bad dictionaries, and jieba's where it is installed. */
#include "base/memory.h"
#include "text_fixture.h"

#include <couplet/text.h>

static const char dictionary[] = "我 100 r\n喜欢 50 v\n喜 5 n\n欢 5 n\n自然 40 n\n语言 40 n\n"
                                 "自然语言 30 l\n处理 60 v\n处 10 n\n理 10 n\n研究 50 v\n"
                                 "研究生 20 n\n生命 30 n\n生 10 n\n命 8 n\nC++ 3 nz\nT恤 4 n\n"
                                 "IP地址 3 n\n地址 30 n\n的 500 uj\nAB 5 x\n";

static struct cpl_segmenter *new_segmenter(const char *content, const char *user)
{
    struct cpl_segmenter *segmenter = NULL;
    char path[100];
    snprintf(path, sizeof path, "%s", write_text("dict.txt", content));
    const char *user_path = user ? write_text("user.txt", user) : NULL;
    CHECK(cpl_segmenter_new(&segmenter, path, user_path, error));
    return segmenter;
}

static void assert_words(const struct cpl_segmenter *segmenter, const char *text,
                         const char *expected)
{
    struct cpl_spans words = {0};
    char found[1000] = "";
    size_t n = 0;
    CHECK(cpl_segment(segmenter, &words, text, strlen(text), error));
    for (size_t i = 0; i < words.count; i++) {
        struct cpl_span span = words.span[i];
        n += (size_t)snprintf(found + n, sizeof found - n, "%s%.*s", i ? " / " : "",
                              (int)(span.end - span.begin), text + span.begin);
    }
    assert_string_equal(found, expected);
    cpl_spans_clear(&words);
}

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
                 "3.14% / 2.0 / . / 1 / café / naïve / 100 / ％");
    assert_words(segmenter, "foo_bar@x.org…", "foo / _ / bar / @ / x / . / org / …");
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
    assert_bad("我 99999999999999999999 r\n", "dict.txt:1");
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

static void assert_spans(const struct cpl_segmenter *segmenter, const char *text, size_t length)
{
    struct cpl_spans words = {0};
    size_t at = 0;
    CHECK(cpl_segment(segmenter, &words, text, length, error));
    for (size_t i = 0; i < words.count; i++) {
        struct cpl_span span = words.span[i];
        assert_true(span.begin >= at && span.end > span.begin && span.end <= length);
        for (; at < span.begin; at++) /* what no word has is white space of ASCII or U+3000 … */
            assert_true((unsigned char)text[at] <= ' ' || (unsigned char)text[at] >= 0x80);
        assert_true(((unsigned char)text[span.begin] & 0xC0) != 0x80);
        at = span.end;
        assert_true(at == length || ((unsigned char)text[at] & 0xC0) != 0x80);
    }
    cpl_spans_clear(&words);
}

static void test_any_text(void **state)
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

/* Words that overlap without end, and runs longer than any buffer. */
static void test_long_runs(void **state)
{
    (void)state;
    struct cpl_segmenter *segmenter =
        new_segmenter("一一 10\n一一一 10\n二 5\n+ 1\n++ 1\n", NULL);
    struct cpl_buffer text = {0};
    for (int i = 0; i < 5000; i++)
        cpl_buffer_add_text(&text, "一");
    cpl_buffer_add_text(&text, " ");
    for (int i = 0; i < 5000; i++)
        cpl_buffer_add_text(&text, "x");
    for (int i = 0; i < 5000; i++)
        cpl_buffer_add_text(&text, "+");
    for (int i = 0; i < 5000; i++)
        cpl_buffer_add_text(&text, "丁");
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

static struct cpl_segmenter *usual_segmenter(void)
{
    struct cpl_segmenter *segmenter = NULL;
    struct cpl_error problem = {0};
    if (cpl_segmenter_new(&segmenter, NULL, NULL, &problem) != CPL_OK) {
        print_message("skipped: %s\n", problem.message);
        skip();
    }
    return segmenter;
}

/* Cuts that jieba 0.42.1 itself makes, its model for unknown words included. */
static void test_jieba_dictionary(void **state)
{
    (void)state;
    struct cpl_segmenter *segmenter = usual_segmenter();
    assert_words(segmenter, "我喜欢自然语言处理", "我 / 喜欢 / 自然语言 / 处理");
    assert_words(
        segmenter, "小明硕士毕业于中国科学院计算所，后在日本京都大学深造",
        "小明 / 硕士 / 毕业 / 于 / 中国科学院 / 计算所 / ， / 后 / 在 / 日本京都大学 / 深造");
    assert_words(segmenter, "他来到了网易杭研大厦", "他 / 来到 / 了 / 网易 / 杭研 / 大厦");
    assert_words(segmenter, "乒乓球拍卖完了", "乒乓球 / 拍卖 / 完 / 了");
    cpl_segmenter_free(segmenter);
}

struct boundaries {
    uint64_t right, gold, found;
};

/* Counts words of `line` ("word/TAG word/TAG …") that the segmenter finds. */
static void count_words(struct boundaries *count, const struct cpl_segmenter *segmenter,
                        char *line)
{
    char text[4000];
    unsigned char ends[4000] = {0}, begins[4000] = {0};
    size_t length = 0;
    struct cpl_spans words = {0};
    for (char *save = NULL, *word = strtok_r(line, " \n", &save); word;
         word = strtok_r(NULL, " \n", &save)) {
        char *slash = strrchr(word, '/');
        assert_non_null(slash);
        size_t n = (size_t)(slash - word);
        assert_true(length + n < sizeof text);
        memcpy(text + length, word, n);
        begins[length] = 1;
        for (size_t i = 1; i < n; i++)
            begins[length + i] = 0;
        length += n;
        ends[length] = 1;
        count->gold++;
    }
    CHECK(cpl_segment(segmenter, &words, text, length, error));
    for (size_t i = 0; i < words.count; i++) {
        struct cpl_span span = words.span[i];
        bool inner = false;
        for (size_t at = span.begin + 1; at < span.end; at++)
            inner = inner || begins[at];
        count->right += begins[span.begin] && ends[span.end] && !inner;
    }
    count->found += words.count;
    cpl_spans_clear(&words);
}

/* jieba's own word F1 on this treebank is 0.791 (its dictionary cuts coarser than the treebank). */
static void test_gold_words(void **state)
{
    (void)state;
    const char *data = getenv("COUPLET_DATA");
    char path[500];
    snprintf(path, sizeof path, "%s/zh_words_gsd/dev.txt", data ? data : "../shared/data");
    FILE *stream = fopen(path, "r");
    if (!stream) {
        print_message("skipped: %s is not there\n", path);
        skip();
    }
    struct cpl_segmenter *segmenter = usual_segmenter();
    struct boundaries count = {0};
    char line[8000];
    while (fgets(line, sizeof line, stream))
        count_words(&count, segmenter, line);
    fclose(stream);
    double f1 = 2.0 * (double)count.right / (double)(count.gold + count.found);
    print_message("word F1 %.4f\n", f1);
    assert_true(f1 > 0.785);
    cpl_segmenter_free(segmenter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_own_dictionary),   cmocka_unit_test(test_user_dictionary),
        cmocka_unit_test(test_bad_dictionaries), cmocka_unit_test(test_finding),
        cmocka_unit_test(test_any_text),         cmocka_unit_test(test_long_runs),
        cmocka_unit_test(test_jieba_dictionary), cmocka_unit_test(test_gold_words),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
