/* labels: sanitize fast */
/* What each kind of file becomes, and that no bytes crash a reader. */
#include "corpus_fixture.h"

static void test_txt(void **state)
{
    (void)state;
    assert_documents("a.txt", "第一行\r\n　　第二行。  \n\n\n\n第三行\n", NULL,
                     "第一行\n第二行。\n\n第三行\n%\n");
    assert_documents("a.txt", "int main(void)\n{\n    return 0; // 零\n}\n=====\n", NULL,
                     "int main(void)\n{\n    return 0; // 零\n}\n%\n");
    assert_documents("a.txt", "一\n二\n\n三\n", "lines", "一\n%\n二\n%\n三\n%\n");
    assert_documents("a.txt", "一\n二\n\n\n三\n", "paragraphs", "一\n二\n%\n三\n%\n");
    assert_documents("b.txt", "a\u200Bb\uFEFFc\u00ADd\u00A0e\x1b[1mf\x1b[m\n", NULL,
                     "abcd ef\n%\n");
}

/* A long file is cut at line ends; nothing is lost. */
static void test_long_txt(void **state)
{
    (void)state;
    struct cpl_buffer text = {0}, all = {0};
    for (int i = 0; i < 3000; i++)
        cpl_buffer_format(&text, "第%d行，有一些字。\n", i);
    const char *sources[] = {write_bytes("long.txt", text.data, text.length)};
    struct cpl_corpus_build build = {.sources = sources, .n_sources = 1, .split = {1, 0, 0}};
    CHECK(cpl_corpus_build(&build, in_scratch("long"), error));
    collect_split(&all, in_scratch("long"), CPL_SPLIT_TRAIN);
    size_t kept = 0, n_documents = 0;
    for (char *at = all.data; *at;) { /* takes the parting lines out again */
        char *end = strchr(at, '\n') + 1;
        if (at[0] == '%')
            n_documents++;
        else
            memmove(all.data + kept, at, (size_t)(end - at)), kept += (size_t)(end - at);
        at = end;
    }
    assert_int_equal(kept, text.length);
    assert_memory_equal(all.data, text.data, kept);
    assert_in_range(n_documents, text.length / 9000, text.length / 8000 + 1);
    cpl_buffer_clear(&all);
    cpl_buffer_clear(&text);
}

static void test_jsonl(void **state)
{
    (void)state;
    assert_documents(
        "a.jsonl",
        "{\"title\": \"x\", \"text\": \"一\\n二\"}\n\n{\"content\": \"\\u4e09\"}\r\n"
        "\"四\"\n{\"text\": \"五\\u0000\\ud83d\\ude00\"}",
        NULL, "一\n二\n%\n三\n%\n四\n%\n五😀\n%\n");
}

static void test_html(void **state)
{
    (void)state;
    assert_documents(
        "a.html",
        "<!DOCTYPE html><html><head><title>不要</title><script>if (a</b>) x</script>"
        "</head><body><nav><a href=x>菜单</a></nav><!-- <p>注释</p> -->\n"
        "<h1><a href='y'>标题</a></h1><p>第一\n段，<b>粗</b>&amp;&lt;&#20013;&#x6587;&nbsp;"
        "x\n  y</p><div>第二段<br>换行</div><ul><li><a href=z>只有链接</a>\n<li>有 <a "
        "href=z>链接</a> 的项</ul><pre>a  b\n  c</pre><table><tr><td>甲<td>乙</table>"
        "<p hidden>看不见</p><style>p{}</style>尾<footer>页脚</footer></body></html>",
        NULL,
        "标题\n第一段，粗&<中文 x y\n第二段\n换行\n有 链接 的项\na  b\n  c\n甲 乙\n尾\n%\n");
    assert_documents(
        "b.html",
        "<p>按 <span class=\"switchinline\"><span hidden=\"true\" class=\"MAC\">Command"
        "</span><span hidden=\"true\">Ctrl</span></span>+C。</p>",
        NULL, "按 Ctrl+C。\n%\n");
    assert_documents("c.html", "<head><script>w('<head>')</script><body><p>正文", NULL,
                     "正文\n%\n");
}

static void test_markdown(void **state)
{
    (void)state;
    assert_documents(
        "a.md",
        "---\ntitle: x\n---\n标题\n=====\n\n## <a name=\"a\"></a>小标题 ##\n\n第一\n行 **粗** "
        "和 `code`，[链接]"
        "(http://x.y/z_(a)) ![图](p.png)。\n\n- 项一\n- 项二\n  继续\n\n1. 甲\n2. 乙\n\n> "
        "引用\n> 两行\n\n"
        "```c\nint  x_y = 2 * 3;\n\n```\n\n| 列 | 二 |\n|----|----|\n| 1 | *2* |\n\nsnake_case "
        "2 * 3 "
        "\\*星\\* &lt;\n<!-- 注\n释 -->\n[1]: http://x\n<https://a.b/c>\n",
        NULL,
        "标题\n小标题\n第一行 粗 和 code，链接 。\n项一\n项二继续\n1. 甲\n2. 乙\n引用两行\n"
        "int  x_y = 2 * 3;\n列 二\n1 2\nsnake_case 2 * 3 *星* <\nhttps://a.b/c\n%\n");
}

static void test_man(void **state)
{
    (void)state;
    assert_documents(
        "ls.1",
        ".\\\" 注释\n.de XX\n不要\n..\n.TH LS 1 2022 \"GNU\" 命令\n.SH 名称\nls \\- "
        "列出目录\n.SH \"概 述\"\n"
        "\\fBls\\fP [\\fI\\,选项\\/\\fP]...\n.PP\n列出信息，\n按字母\n排序 "
        "the\nfiles.\n.TP\n\\fB\\-a\\fP, "
        "\\fB\\-\\-all\\fP\n不忽略 . 开头的\n.BR ls (1),\n.IR x\n.IP \\(bu 2\n项\n.IP 1. "
        "3\n编号\n.if t 打印机\n"
        ".ie n 终端\n.el 不要\n.if t \\{\\\n不要\n.\\}\n.nf\n  a\n    b\\en\n.fi\n\\(lq引\\(rq "
        "\\(co\\(aq "
        "\\s-1X\\s0\\h'2n'Y\n.TS\nallbox;\nl l.\n甲\t乙\n_\n.TE\n",
        NULL,
        "名称\nls - 列出目录\n概 述\nls [选项]...\n列出信息，按字母排序 the files.\n-a, --all\n"
        "不忽略 . 开头的 ls(1), x\n项\n1. 编号终端\n  a\n    b\\n\n“引” ©' XY\n甲 乙\n%\n");
    assert_documents(
        "dig.1",
        ".Dd 1990\n.Dt DIG 1\n.Os\n.Sh NAME\n.Nm dig\n.Nd 查询\n.Sh 用法\n.Nm\n.Op Fl f Ar "
        "file\n.Op Fl x\n见\n.Xr named 8 ,\n.Dq 引文 .\n.Bl -tag\n.It Fl v\n版本\n.El\n",
        NULL, "NAME\ndig - 查询\n用法\ndig [-f file] [-x] 见 named(8), “引文.”\n-v\n版本\n%\n");
}

static void test_fortune(void **state)
{
    (void)state;
    write_text("poems.dat", "");
    assert_documents("poems",
                     "\x1b[32m《静夜思》\x1b[m\n\n    床前明月光，\n    "
                     "疑是地上霜。\n%\n在这种规模的项目中，"
                     "很难避免遇到与你意见不和，或者难以合作啊啊\n的人。\n    -- 某人\n%\n%\n  "
                     "│ x │ y │\n%\n",
                     NULL,
                     "《静夜思》\n\n床前明月光，\n疑是地上霜。\n%"
                     "\n在这种规模的项目中，很难避免遇到与你意见不和，"
                     "或者难以合作啊啊的人。\n-- 某人\n%\n");
}

/* Whatever the bytes, every reader ends with a corpus of valid text or with an error. */
static void test_random_bytes(void **state)
{
    (void)state;
    static const char *const formats[] = {"txt",  "lines", "paragraphs", "jsonl",
                                          "html", "md",    "man",        "fortune"};
    char bytes[800], path[256];
    uint64_t index = 1u << 23;
    for (int round = 0; round < 400; round++) {
        size_t length = draw_bytes(&index, bytes, sizeof bytes);
        snprintf(path, sizeof path, "%s", write_bytes("random", bytes, length));
        const char *sources[] = {path};
        struct cpl_buffer all = {0};
        struct cpl_corpus_build build = {.sources = sources,
                                         .n_sources = 1,
                                         .split = {1, 0, 0},
                                         .format = formats[round % 8]};
        cpl_status status = cpl_corpus_build(&build, in_scratch("random corpus"), NULL);
        assert_true(status == CPL_OK || status == CPL_ERROR_INPUT);
        if (status == CPL_OK) {
            collect_split(&all, in_scratch("random corpus"), CPL_SPLIT_TRAIN);
            assert_int_equal(cpl_utf8_valid_prefix(all.data, all.length), all.length);
        }
        cpl_buffer_clear(&all);
    }
}

/* Nesting and repetition that would take quadratic time or a deep stack. */
static void test_bombs(void **state)
{
    (void)state;
    static const struct {
        const char *format, *part;
    } bombs[] = {{"md", "["},       {"md", "[a](b"}, {"md", "<a"},      {"md", "**`"},
                 {"html", "<div>"}, {"html", "<"},   {"html", "&"},     {"html", "<svg>"},
                 {"man", "\\["},    {"man", "\\h'"}, {"man", ".if n "}, {"fortune", "x"}};
    for (size_t i = 0; i < sizeof bombs / sizeof *bombs; i++) {
        struct cpl_buffer text = {0};
        cpl_buffer_add_text(&text, "好\n");
        while (text.length < 300000)
            cpl_buffer_add_text(&text, bombs[i].part);
        char path[256];
        snprintf(path, sizeof path, "%s", write_bytes("bomb", text.data, text.length));
        const char *sources[] = {path};
        struct cpl_corpus_build build = {
            .sources = sources, .n_sources = 1, .format = bombs[i].format};
        CHECK(cpl_corpus_build(&build, in_scratch("bomb corpus"), error));
        cpl_buffer_clear(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_txt),      cmocka_unit_test(test_long_txt),
        cmocka_unit_test(test_jsonl),    cmocka_unit_test(test_html),
        cmocka_unit_test(test_markdown), cmocka_unit_test(test_man),
        cmocka_unit_test(test_fortune),  cmocka_unit_test(test_random_bytes),
        cmocka_unit_test(test_bombs),
    };
    return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
