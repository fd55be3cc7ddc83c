/* labels: sanitize fast */
/* Building corpora: duplicates, splits, policies for bad text, walks, errors, equal bytes. */
#include "corpus_fixture.h"

#include "base/memory.h"
#include "corpus/corpus_split.h"

#include <sys/stat.h>

/* N documents as JSON lines, document i "第i篇文章。", in files of one. */
static const char *write_numbered(const char *name, int begin, int end)
{
    struct cpl_buffer text = {0};
    for (int i = begin; i < end; i++)
        cpl_buffer_format(&text, "{\"text\": \"第%d篇文章，内容各不相同。\"}\n", i);
    const char *path = write_bytes(name, text.data, text.length);
    cpl_buffer_clear(&text);
    return path;
}

static struct cpl_corpus_counts counts_of(const char *directory, enum cpl_split split)
{
    struct cpl_corpus *corpus = NULL;
    CHECK(cpl_corpus_open(&corpus, directory, error));
    struct cpl_corpus_counts counts = cpl_corpus_counts(corpus, split);
    cpl_corpus_close(corpus);
    return counts;
}

static void build_one(const char *source, const char *directory, struct cpl_corpus_build build)
{
    char path[256];
    snprintf(path, sizeof path, "%s", source);
    const char *sources[] = {path};
    build.sources = sources;
    build.n_sources = 1;
    CHECK(cpl_corpus_build(&build, directory, error));
}

static void test_duplicates(void **state)
{
    (void)state;
    const char *out = in_scratch("dup");
    write_text("d.jsonl",
               "{\"text\": \"甲乙\"}\n{\"text\": \"丙\"}\n{\"text\": \" 甲乙 \\r\\n\"}\n"
               "{\"text\": \"\"}\n{\"text\": \"甲 乙\"}\n");
    build_one(in_scratch("d.jsonl"), out, (struct cpl_corpus_build){.split = {1, 0, 0}});
    assert_int_equal(counts_of(out, CPL_SPLIT_TRAIN).documents, 3);
    assert_int_equal(counts_of(out, CPL_SPLIT_TRAIN).chinese_characters, 5);
    assert_int_equal(counts_of(out, CPL_SPLIT_TRAIN).characters, 6);
    assert_int_equal(report_number(out, "dropped", "documents_duplicate"), 1);
    assert_int_equal(report_number(out, "dropped", "documents_empty"), 1);
    build_one(in_scratch("d.jsonl"), out,
              (struct cpl_corpus_build){.split = {1, 0, 0}, .dedup = "off"});
    assert_int_equal(counts_of(out, CPL_SPLIT_TRAIN).documents, 4);
}

/* A long line stays in the first five documents that have it, a short one in all. */
static void test_repeated_lines(void **state)
{
    (void)state;
    struct cpl_buffer text = {0}, all = {0};
    const char *out = in_scratch("rep");
    for (int i = 0; i < 9; i++)
        cpl_buffer_format(
            &text, "{\"text\": \"短行\\n第%d篇\\n本文档按照某某许可证发布，保留所有权利。\"}\n",
            i);
    write_bytes("r.jsonl", text.data, text.length);
    build_one(in_scratch("r.jsonl"), out, (struct cpl_corpus_build){.split = {1, 0, 0}});
    collect_split(&all, out, CPL_SPLIT_TRAIN);
    int n_long = 0, n_short = 0;
    for (const char *at = all.data; (at = strstr(at, "许可证")); at++)
        n_long++;
    for (const char *at = all.data; (at = strstr(at, "短行")); at++)
        n_short++;
    assert_int_equal(n_long, 5);
    assert_int_equal(n_short, 9);
    assert_int_equal(report_number(out, "dropped", "lines_repeated"), 4);
    cpl_buffer_clear(&all);
    cpl_buffer_clear(&text);
}

static void test_chinese_only(void **state)
{
    (void)state;
    struct cpl_buffer all = {0};
    const char *out = in_scratch("zh");
    build_one(write_text("z.txt", "English\n中文 and English\n\n-----\n123\n完\n"), out,
              (struct cpl_corpus_build){.split = {1, 0, 0}, .chinese_lines_only = true});
    collect_split(&all, out, CPL_SPLIT_TRAIN);
    assert_string_equal(all.data, "中文 and English\n\n完\n%\n");
    assert_int_equal(report_number(out, "dropped", "lines_without_chinese"), 2);
    assert_int_equal(report_number(out, "dropped", "lines_rule"), 1);
    cpl_buffer_clear(&all);
}

/* Every document is in the split of its hash, shares come out right, and a corpus that grows moves
 * no document. */
static void test_splits(void **state)
{
    (void)state;
    struct cpl_corpus_build build = {.split = {8, 1, 1}};
    struct cpl_buffer before = {0}, after = {0};
    build_one(write_numbered("n.jsonl", 0, 3000), in_scratch("s1"), build);
    build_one(write_numbered("n.jsonl", 0, 4000), in_scratch("s2"), build);
    uint64_t n_all = 0;
    for (int i = 0; i < CPL_SPLIT_COUNT; i++) {
        uint64_t n = counts_of(in_scratch("s1"), (enum cpl_split)i).documents;
        uint64_t expected = i == CPL_SPLIT_TRAIN ? 2400 : 300;
        assert_in_range(n, expected - 70, expected + 70);
        n_all += n;
    }
    assert_int_equal(n_all, 3000);
    collect_split(&before, in_scratch("s1"), CPL_SPLIT_VALID);
    collect_split(&after, in_scratch("s2"), CPL_SPLIT_VALID);
    assert_true(after.length > before.length);
    assert_memory_equal(before.data, after.data, before.length);
    for (char *at = before.data, *end; (end = strstr(at, "\n%\n")); at = end + 3)
        assert_int_equal(cpl_split_of(at, (size_t)(end - at), build.split), CPL_SPLIT_VALID);
    cpl_buffer_clear(&before);
    cpl_buffer_clear(&after);
}

/* A small corpus has something to validate and to test with; nothing is lost or doubled. */
static void test_small_splits(void **state)
{
    (void)state;
    for (int n = 1; n <= 6; n++) {
        uint64_t documents[CPL_SPLIT_COUNT], sum = 0;
        build_one(write_numbered("n.jsonl", 0, n), in_scratch("small"),
                  (struct cpl_corpus_build){0});
        for (int i = 0; i < CPL_SPLIT_COUNT; i++) {
            struct cpl_buffer all = {0};
            documents[i] = counts_of(in_scratch("small"), (enum cpl_split)i).documents;
            collect_split(&all, in_scratch("small"), (enum cpl_split)i);
            cpl_buffer_clear(&all);
            sum += documents[i];
        }
        assert_int_equal(sum, n);
        assert_true(documents[CPL_SPLIT_TRAIN] > 0);
        if (n >= 3)
            assert_true(documents[CPL_SPLIT_VALID] > 0 && documents[CPL_SPLIT_TEST] > 0);
    }
    build_one(write_numbered("n.jsonl", 0, 5), in_scratch("small"),
              (struct cpl_corpus_build){.split = {[CPL_SPLIT_TEST] = 1}});
    assert_int_equal(counts_of(in_scratch("small"), CPL_SPLIT_TEST).documents, 5);
    assert_int_equal(counts_of(in_scratch("small"), CPL_SPLIT_TRAIN).documents, 0);
}

static void test_bad_text(void **state)
{
    (void)state;
    struct cpl_error problem = {0};
    char path[256];
    const char *out = in_scratch("bad");
    snprintf(path, sizeof path, "%s",
             write_text("bad.txt", "好的一行。这一行很长，足够长。\n坏\xFF的一行。\n"));
    const char *sources[] = {path};
    struct cpl_corpus_build build = {.sources = sources, .n_sources = 1, .split = {1, 0, 0}};
    build.on_bad_text = "error";
    assert_int_equal(cpl_corpus_build(&build, out, &problem), CPL_ERROR_INPUT);
    assert_non_null(strstr(problem.message, "bad.txt:2: not UTF-8: byte FF at byte 4"));
    assert_false(cpl_file_exists(out));
    build.on_bad_text = "repair";
    CHECK(cpl_corpus_build(&build, out, error));
    struct cpl_buffer all = {0};
    collect_split(&all, out, CPL_SPLIT_TRAIN);
    assert_string_equal(all.data, "好的一行。这一行很长，足够长。\n坏\uFFFD的一行。\n%\n");
    cpl_buffer_clear(&all);
    build.on_bad_text = "skip";
    build.format = "lines";
    CHECK(cpl_corpus_build(&build, out, error));
    assert_int_equal(counts_of(out, CPL_SPLIT_TRAIN).documents, 1);
    assert_int_equal(report_number(out, "dropped", "documents_bad_text"), 1);
    /* another encoding is not repaired into rubbish */
    write_text("bad.txt", "\xC4\xE3\xBA\xC3\xCA\xC0\xBD\xE7\n");
    build.on_bad_text = "repair";
    CHECK_FAILS(CPL_ERROR_INPUT, "a tenth was not UTF-8", cpl_corpus_build(&build, out, error));
}

/* A directory: known kinds, sorted, packed or not; others, hidden ones and links are passed over. */
static void test_walk(void **state)
{
    (void)state;
    struct cpl_buffer all = {0};
    CHECK(cpl_directory_make(in_scratch("tree/b/man1"), error));
    write_text("tree/b/2.md", "# 二\n");
    write_text("tree/a.txt", "一\n");
    write_text("tree/c.html", "<p>四</p>");
    write_text("tree/b/man1/x.1", ".TH X 1\n三\n");
    write_text("tree/b/x.1", "旧日志\n");
    write_text("tree/z.bin", "x");
    write_text("tree/.hidden.txt", "x");
    assert_int_equal(symlink("a.txt", in_scratch("tree/d.txt")), 0);
    assert_int_equal(symlink("..", in_scratch("tree/b/loop")), 0);
    assert_int_equal(symlink("gone", in_scratch("tree/e.txt")), 0);
    build_one(in_scratch("tree"), in_scratch("walked"),
              (struct cpl_corpus_build){.split = {1, 0, 0}});
    collect_split(&all, in_scratch("walked"), CPL_SPLIT_TRAIN);
    assert_string_equal(all.data, "一\n%\n二\n%\n三\n%\n四\n%\n");
    assert_int_equal(report_number(in_scratch("walked"), "dropped", "files_unknown"), 2);
    assert_int_equal(report_number(in_scratch("walked"), "dropped", "files_linked"), 3);
    cpl_buffer_clear(&all);
}

static void test_errors(void **state)
{
    (void)state;
    char missing[256], empty[256], json[256], text[256];
    const char *out = in_scratch("err");
    snprintf(missing, sizeof missing, "%s", in_scratch("missing.txt"));
    snprintf(empty, sizeof empty, "%s", write_text("empty.txt", "\n \n"));
    snprintf(json, sizeof json, "%s",
             write_text("b.jsonl", "{\"text\": \"好\"}\n{\"text\": 3}\n"));
    snprintf(text, sizeof text, "%s", write_text("t.txt", "好\n"));
    const char *sources[] = {missing};
    struct cpl_corpus_build build = {.sources = sources, .n_sources = 1};
    CHECK_FAILS(CPL_ERROR_SYSTEM, "missing.txt", cpl_corpus_build(&build, out, error));
    sources[0] = empty;
    CHECK_FAILS(CPL_ERROR_INPUT, "empty corpus", cpl_corpus_build(&build, out, error));
    sources[0] = json;
    CHECK_FAILS(CPL_ERROR_INPUT, "b.jsonl:2: expected an object",
                cpl_corpus_build(&build, out, error));
    write_text("b.jsonl", "{\"text\": \"好\"}\n{\"text\": \n");
    CHECK_FAILS(CPL_ERROR_INPUT, "b.jsonl:2: not valid JSON",
                cpl_corpus_build(&build, out, error));
    sources[0] = text;
    build.dedup = "near";
    CHECK_FAILS(CPL_ERROR_USAGE, "near", cpl_corpus_build(&build, out, error));
    build.dedup = NULL;
    build.format = "pdf";
    CHECK_FAILS(CPL_ERROR_USAGE, "pdf", cpl_corpus_build(&build, out, error));
    build.format = NULL;
    build.split[0] = -1;
    CHECK_FAILS(CPL_ERROR_USAGE, "split", cpl_corpus_build(&build, out, error));
    build.split[0] = 0;
    build.n_sources = 0;
    CHECK_FAILS(CPL_ERROR_USAGE, "no sources", cpl_corpus_build(&build, out, error));
    build.n_sources = 1;
    /* nothing else than a corpus is replaced, and failures leave nothing behind */
    CHECK_FAILS(CPL_ERROR_STATE, "not a corpus", cpl_corpus_build(&build, scratch, error));
    CHECK_FAILS(CPL_ERROR_STATE, "is a file", cpl_corpus_build(&build, text, error));
    assert_false(cpl_file_exists(out));
    assert_false(cpl_file_exists(in_scratch("err.partial")));
}

static bool stop_at_once(void *context, size_t done, size_t total, uint64_t bytes)
{
    (void)done;
    (void)total;
    (void)bytes;
    ++*(int *)context;
    return false;
}

/* A stop, or an error, leaves the corpus that was there as it was. */
static void test_replacing(void **state)
{
    (void)state;
    int calls = 0;
    const char *out = in_scratch("kept");
    build_one(write_numbered("n.jsonl", 0, 5), out,
              (struct cpl_corpus_build){.split = {1, 0, 0}});
    char path[256];
    snprintf(path, sizeof path, "%s", write_numbered("n.jsonl", 0, 9));
    const char *sources[] = {path};
    struct cpl_corpus_build build = {
        .sources = sources, .n_sources = 1, .progress = stop_at_once, .context = &calls};
    assert_int_equal(cpl_corpus_build(&build, out, NULL), CPL_STOPPED);
    assert_int_equal(calls, 1);
    assert_int_equal(counts_of(out, CPL_SPLIT_TRAIN).documents, 5);
    build.progress = NULL;
    build.split[CPL_SPLIT_TRAIN] = 1;
    CHECK(cpl_corpus_build(&build, out, error));
    assert_int_equal(counts_of(out, CPL_SPLIT_TRAIN).documents, 9);
    assert_false(cpl_file_exists(in_scratch("kept.partial")));
    assert_false(cpl_file_exists(in_scratch("kept.old")));
}

static void test_equal_bytes(void **state)
{
    (void)state;
    static const char *const files[] = {"corpus.json", "train.jsonl.zst", "valid.jsonl.zst",
                                        "test.jsonl.zst"};
    const char *source = write_numbered("n.jsonl", 0, 500);
    build_one(source, in_scratch("e1"), (struct cpl_corpus_build){0});
    build_one(in_scratch("n.jsonl"), in_scratch("e2"), (struct cpl_corpus_build){0});
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char a_path[300], b_path[300], *a = NULL, *b = NULL;
        size_t n_a = 0, n_b = 0;
        snprintf(a_path, sizeof a_path, "%s/%s", in_scratch("e1"), files[i]);
        snprintf(b_path, sizeof b_path, "%s/%s", in_scratch("e2"), files[i]);
        CHECK(cpl_file_read(&a, &n_a, a_path, error));
        CHECK(cpl_file_read(&b, &n_b, b_path, error));
        assert_int_equal(n_a, n_b);
        assert_memory_equal(a, b, n_a);
        free(a);
        free(b);
    }
}

/* Corpora that were damaged or are none. */
static void test_bad_corpora(void **state)
{
    (void)state;
    struct cpl_corpus *corpus = NULL;
    struct cpl_buffer all = {0};
    char *bytes = NULL;
    size_t n = 0;
    CHECK_FAILS(CPL_ERROR_SYSTEM, "no such corpus",
                cpl_corpus_open(&corpus, in_scratch("nowhere"), error));
    CHECK_FAILS(CPL_ERROR_INPUT, "no corpus.json", cpl_corpus_open(&corpus, scratch, error));
    build_one(write_numbered("n.jsonl", 0, 50), in_scratch("hurt"),
              (struct cpl_corpus_build){.split = {1, 0, 0}});
    CHECK(cpl_file_read(&bytes, &n, in_scratch("hurt/train.jsonl.zst"), error));
    write_bytes("hurt/train.jsonl.zst", bytes, n / 2);
    CHECK(cpl_corpus_open(&corpus, in_scratch("hurt"), error));
    CHECK_FAILS(CPL_ERROR_INPUT, "cut off",
                cpl_corpus_each(corpus, CPL_SPLIT_TRAIN, collect, &all, error));
    write_bytes("hurt/train.jsonl.zst", "{\"text\": \"x\"}\n", 14);
    CHECK_FAILS(CPL_ERROR_INPUT, "expected 50 documents, found 1",
                cpl_corpus_each(corpus, CPL_SPLIT_TRAIN, collect, &all, error));
    cpl_corpus_close(corpus);
    corpus = NULL;
    write_text("hurt/corpus.json",
               "{\"format\": \"couplet corpus\", \"version\": 99, \"hash\": \"1\"}");
    CHECK_FAILS(CPL_ERROR_INPUT, "format 99",
                cpl_corpus_open(&corpus, in_scratch("hurt"), error));
    write_text("hurt/corpus.json", "{}");
    CHECK_FAILS(CPL_ERROR_INPUT, "not the description",
                cpl_corpus_open(&corpus, in_scratch("hurt"), error));
    free(bytes);
    cpl_buffer_clear(&all);
}

/* Every allocation of ours that fails ends the build with an error and leaves nothing behind. */
static void test_out_of_memory(void **state)
{
    (void)state;
    char path[256];
    const char *out = in_scratch("oom");
    snprintf(path, sizeof path, "%s", write_numbered("n.jsonl", 0, 4));
    const char *sources[] = {path};
    struct cpl_corpus_build build = {.sources = sources, .n_sources = 1, .form = CPL_FORM_NFC};
    cpl_status status = CPL_ERROR_SYSTEM;
    for (size_t n = 1; status != CPL_OK; n++) {
        cpl_memory_fail_at(n);
        status = cpl_corpus_build(&build, out, NULL);
        cpl_memory_fail_at(0);
        assert_true(status == CPL_OK || status == CPL_ERROR_SYSTEM);
        assert_int_equal(cpl_file_exists(out), status == CPL_OK);
    }
    assert_int_equal(report_number(out, "dropped", "documents_duplicate"), 0);
}

/* The hash follows the documents and nothing else. */
static void test_hash(void **state)
{
    (void)state;
    struct cpl_corpus *a = NULL, *b = NULL, *c = NULL;
    build_one(write_numbered("n.jsonl", 0, 50), in_scratch("h1"), (struct cpl_corpus_build){0});
    build_one(write_numbered("other.jsonl", 0, 50), in_scratch("h2"),
              (struct cpl_corpus_build){.on_bad_text = "skip"});
    build_one(write_numbered("n.jsonl", 1, 51), in_scratch("h3"), (struct cpl_corpus_build){0});
    CHECK(cpl_corpus_open(&a, in_scratch("h1"), error));
    CHECK(cpl_corpus_open(&b, in_scratch("h2"), error));
    CHECK(cpl_corpus_open(&c, in_scratch("h3"), error));
    assert_true(cpl_corpus_hash(a) == cpl_corpus_hash(b));
    assert_true(cpl_corpus_hash(a) != cpl_corpus_hash(c));
    cpl_corpus_close(a);
    cpl_corpus_close(b);
    cpl_corpus_close(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_duplicates),    cmocka_unit_test(test_repeated_lines),
        cmocka_unit_test(test_chinese_only),  cmocka_unit_test(test_splits),
        cmocka_unit_test(test_small_splits),  cmocka_unit_test(test_bad_text),
        cmocka_unit_test(test_walk),          cmocka_unit_test(test_errors),
        cmocka_unit_test(test_replacing),     cmocka_unit_test(test_equal_bytes),
        cmocka_unit_test(test_bad_corpora),   cmocka_unit_test(test_hash),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
