/* labels: sanitize fast */
/* What becomes one word: units, numbers with measure words, compounds, unknown words; the treebank. */
#include "segment_fixture.h"
#include "text/utf8.h"

static void test_units(void **state)
{
    (void)state;
    static const char *const cuts[][2] = {
        {"BERT模型", "BERT / 模 / 型"},
        {"café naïve GPT-4 don't O'Neil", "café / naïve / GPT-4 / don't / O'Neil"},
        {"snake_case __init__ foo__bar _ a_", "snake_case / __init__ / foo__bar / _ / a / _"},
        {"C++ C++11 C# F#的 a#b g+", "C++ / C++11 / C# / F# / 的 / a / # / b / g / +"},
        {"Node.js libc.so.6 end.The v2.0.1-rc1",
         "Node.js / libc.so.6 / end / . / The / v2.0.1-rc1"},
        {"3.14 16,250 1,000,000.5 1,23 1,2345",
         "3.14 / 16,250 / 1,000,000.5 / 1 / , / 23 / 1 / , / 2345"},
        {"12.3% 100％ 5‰ x%", "12.3% / 100％ / 5‰ / x / %"},
        {"20万的1.3万余40多30几5几3百万", "20万 / 的 / 1.3万余 / 40多 / 30几 / 5 / 几 / 3百万"},
        {"2024-05-01 2024/5/1 2019-2020 5-6",
         "2024-05-01 / 2024/5/1 / 2019 / - / 2020 / 5 / - / 6"},
        {"12:30 12:30:05 1:2 12:345", "12:30 / 12:30:05 / 1 / : / 2 / 12 / : / 345"},
        {"2024年5月1日", "2024 / 年 / 5 / 月 / 1 / 日"},
        {"第6号，第十一号，第的", "第6 / 号 / ， / 第十一 / 号 / ， / 第 / 的"},
        {"二百五十的几十万，三十多，十几，万几",
         "二百五十 / 的 / 几十万 / ， / 三十多 / ， / 十几 / ， / 万几"},
        {"一九四九年，二〇二四", "一九四九 / 年 / ， / 二〇二四"},
        {"见https://example.org/a?b=1（http://x.y.）",
         "见 / https://example.org/a?b=1 / （ / http://x.y / . / ）"},
        {"http://, a.b-c@d-e.org. a@b @x",
         "http / : / / / / / , / a.b-c@d-e.org / . / a / @ / b / @ / x"},
        {"……——---！！。（（", "…… / —— / --- / ！！ / 。 / （ / （"},
        {"Привет, мир! 한국어 の", "Привет / , / мир / ! / 한국어 / の"},
    };
    struct cpl_segmenter *segmenter = new_segmenter("的 500 uj\n", NULL);
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++)
        assert_words(segmenter, cuts[i][0], cuts[i][1]);
    cpl_segmenter_free(segmenter);
}

static const char counted[] =
    "一 90 m\n两 70 m\n五 20 m\n个 80 q\n人 100 n\n个人 60 n\n一个 90 m\n两个 60 m\n月 30 m\n"
    "五月 20 t\n七 10 m\n夕 1 n\n七夕 9 t\n一些 50 m\n些 2 q\n种 30 m\n一种 40 m\n种植 20 v\n"
    "植物 30 n\n物 5 n\n平方米 9 q\n万平方米 3 m\n第一 40 m\n第一个 20 m\n分钟 9 q\n十分钟 4 "
    "m\n"
    "一个个 50 m\n个个 3 n\n一元论 4 n\n天 50 q\n两天 30 m\n天气 40 n\n气 5 n\n多 30 m\n多个 9 "
    "m\n";

/* A number and what it counts are two words, but found as one. */
static void test_measures(void **state)
{
    (void)state;
    struct cpl_segmenter *segmenter = new_segmenter(counted, NULL);
    assert_words(segmenter, "一个人", "一 / 个 / 人");
    assert_words(segmenter, "一种植物", "一 / 种 / 植物");
    assert_words(segmenter, "20个人3天5天气", "20 / 个 / 人 / 3 / 天 / 5 / 天气");
    assert_words(segmenter, "五月七夕", "五 / 月 / 七夕");
    assert_words(segmenter, "一些人，一元论", "一些 / 人 / ， / 一元论");
    assert_words(segmenter, "第一个，多个", "第一 / 个 / ， / 多 / 个");
    assert_words(segmenter, "万平方米十分钟", "万 / 平方米 / 十 / 分钟");
    assert_words(segmenter, "一个个", "一个个");
    assert_true(cpl_segmenter_has(segmenter, "一个", 6));
    cpl_segmenter_free(segmenter);
    segmenter = new_segmenter(counted, "一个\n"); /* the user's stay whole */
    assert_words(segmenter, "一个人", "一个 / 人");
    cpl_segmenter_free(segmenter);
}

static void test_compounds(void **state)
{
    (void)state;
    static const char words[] =
        "自然 300 n\n资源 300 n\n保护 200 v\n自然资源 150 n\n自然资源保护 40 n\n语言 300 n\n"
        "自然语言 151 n\n人山 900 n\n人海 900 n\n人山人海 440 i\n马来 400 nr\n西亚 400 ns\n"
        "马来西亚 190 ns\n而然 99 n\n自然而然 49 n\n";
    struct cpl_segmenter *segmenter = new_segmenter(words, NULL);
    assert_words(segmenter, "自然资源", "自然 / 资源");
    assert_words(segmenter, "自然资源保护", "自然 / 资源 / 保护");
    assert_words(segmenter, "自然语言", "自然语言"); /* more than half as frequent */
    assert_words(segmenter, "人山人海", "人山人海"); /* an idiom */
    assert_words(segmenter, "马来西亚", "马来西亚"); /* ends in a name */
    assert_words(segmenter, "自然而然", "自然而然"); /* a part is rare */
    cpl_segmenter_free(segmenter);
    segmenter = new_segmenter(words, "自然资源 150\n");
    assert_words(segmenter, "自然资源保护", "自然 / 资源 / 保护");
    assert_words(segmenter, "自然资源", "自然资源");
    cpl_segmenter_free(segmenter);
}

/* A dictionary in which 王 begins many words, 明 ends many, and 是 stands alone. */
static void test_unknown_words(void **state)
{
    (void)state;
    struct cpl_buffer words = {0};
    cpl_buffer_add_text(&words, "是 90000 v\n说 40000 v\n王 8 n\n明 8 n\n");
    for (uint32_t i = 0; i < 6000; i++) {
        char other[5] = {0}, line[40];
        cpl_utf8_encode(other, 0x5000 + i / 2);
        snprintf(line, sizeof line, i % 2 ? "王%s 5 nr\n" : "%s明 5 nr\n", other);
        cpl_buffer_add_text(&words, line);
    }
    CHECK(cpl_buffer_check(&words, error));
    const char *path = write_bytes("names.txt", words.data, words.length);
    cpl_buffer_clear(&words);
    struct cpl_segmenter *segmenter = NULL;
    CHECK(cpl_segmenter_new(&segmenter, path, NULL, error));
    assert_words(segmenter, "是王明说", "是 / 王明 / 说");
    assert_words(segmenter, "是明王说", "是 / 明 / 王 / 说");
    assert_words(segmenter, "是说是说", "是 / 说 / 是 / 说");
    cpl_segmenter_free(segmenter);
}

/* ---- the usual dictionary ----------------------------------------------------------------- */

static void test_jieba_dictionary(void **state)
{
    (void)state;
    struct cpl_segmenter *segmenter = usual_segmenter();
    assert_words(segmenter, "我喜欢自然语言处理", "我 / 喜欢 / 自然 / 语言 / 处理");
    assert_words(
        segmenter, "小明硕士毕业于中国科学院计算所，后在日本京都大学深造",
        "小明 / 硕士 / 毕业 / 于 / 中国科学院 / 计算所 / ， / 后 / 在 / 日本京都大学 / 深造");
    assert_words(segmenter, "他来到了网易杭研大厦", "他 / 来到 / 了 / 网易 / 杭研 / 大厦");
    assert_words(segmenter, "乒乓球拍卖完了", "乒乓球 / 拍卖 / 完 / 了");
    assert_words(segmenter, "5种植物，20个人", "5 / 种 / 植物 / ， / 20 / 个 / 人");
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

/* jieba's own word F1 on this treebank is 0.791; 0.852 was measured here. */
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
    assert_true(f1 >= 0.84);
    cpl_segmenter_free(segmenter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_units),
        cmocka_unit_test(test_measures),
        cmocka_unit_test(test_compounds),
        cmocka_unit_test(test_unknown_words),
        cmocka_unit_test(test_jieba_dictionary),
        cmocka_unit_test(test_gold_words),
    };
    return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
