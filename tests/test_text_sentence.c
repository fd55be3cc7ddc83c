/* labels: sanitize fast */
/* Sentences: known cuts in Chinese and English, and that spans cover every text. */
#include "text_fixture.h"

#include <couplet/text.h>

/* The text with a | where sentences meet must be cut just there. */
static void assert_cuts(const char *marked)
{
    char text[600], found[800];
    struct cpl_spans sentences = {0};
    size_t length = 0, n = 0;
    for (const char *at = marked; *at; at++)
        if (*at != '|')
            text[length++] = *at;
    CHECK(cpl_sentences(&sentences, text, length, error));
    for (size_t i = 0; i < sentences.count; i++) {
        struct cpl_span span = sentences.span[i];
        n += (size_t)snprintf(found + n, sizeof found - n, "%s%.*s", i ? "|" : "",
                              (int)(span.end - span.begin), text + span.begin);
    }
    assert_string_equal(found, marked);
    cpl_spans_clear(&sentences);
}

static void test_chinese(void **state)
{
    (void)state;
    assert_cuts("他说：“你好！”|然后走了。|真的吗？！|是的……|好吧；|再见。");
    assert_cuts("“走吧！”，他喊。|《出发！》节目。|（完。）|没有标点");
    assert_cuts("「是嗎？」|他問。|『好。』|圆周率是3.14左右。");
    assert_cuts("第一行没有句号\n|第二行。\n\n|第三行");
    assert_cuts("\"你来了。\"|他说。|\"是的。\"");
    assert_cuts("行!|好吧?|走;|停.|完");
}

static void test_english(void **state)
{
    (void)state;
    assert_cuts("Dr. Smith went to Washington on Jan. 5. |He paid $3.50. |Really?");
    assert_cuts("See http://example.com/a.b?c=d. |Then e.g. this, i.e. that, etc. |The end.");
    assert_cuts("The U.S. Army is big. |J. R. R. Tolkien wrote it. |So do I. |Then he left.");
    assert_cuts("Version 2.0.1 is out... |But wait... no. |Mr. and Mrs. Jones vs. Bob.");
    assert_cuts("No. 5 is alive. |Is it? |(Yes.) |OK.");
    assert_cuts("1. Introduction. |It is Node.js! |Fine.");
    assert_cuts("He said \"Stop!\" and left. |\"Go.\" |Then she said \"no.\"");
}

static void test_mixed(void **state)
{
    (void)state;
    assert_cuts("我用Python 3.9。|It works. |很好！|OK?");
    assert_cuts("文件 a.txt 和 b.c 都在。|见 www.example.com/x.html。");
}

static void assert_covered(const char *text, size_t length)
{
    struct cpl_spans sentences = {0};
    size_t at = 0;
    CHECK(cpl_sentences(&sentences, text, length, error));
    for (size_t i = 0; i < sentences.count; i++) {
        assert_int_equal(sentences.span[i].begin, at);
        assert_true(sentences.span[i].end > at);
        at = sentences.span[i].end;
        assert_true(at == length || ((unsigned char)text[at] & 0xC0) != 0x80);
    }
    assert_int_equal(at, length);
    cpl_spans_clear(&sentences);
}

static void test_cover(void **state)
{
    (void)state;
    char bytes[400];
    uint64_t index = 1u << 20;
    assert_covered("", 0);
    assert_covered("\n\n", 2);
    assert_covered("\n\n。", 5);
    for (int round = 0; round < 3000; round++) {
        char *text = NULL;
        size_t length = draw_bytes(&index, bytes, sizeof bytes);
        CHECK(cpl_text_clean(&text, &length, NULL, bytes, length, CPL_FORM_NONE, error));
        assert_covered(text, length);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chinese),
        cmocka_unit_test(test_english),
        cmocka_unit_test(test_mixed),
        cmocka_unit_test(test_cover),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
