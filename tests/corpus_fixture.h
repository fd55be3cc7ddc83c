/* What the tests of corpora share: building one in the scratch directory and collecting its
 * documents. */
#ifndef CPL_TESTS_CORPUS_FIXTURE_H
#define CPL_TESTS_CORPUS_FIXTURE_H

#include "text_fixture.h"

#include <couplet/corpus.h>

/* Appends a document and a line "%". */
static inline cpl_status collect(void *context, uint64_t index, const char *text, size_t length,
                                 struct cpl_error *error)
{
    struct cpl_buffer *all = context;
    (void)index;
    cpl_buffer_add(all, text, length);
    cpl_buffer_add_text(all, "\n%\n");
    return cpl_buffer_check(all, error);
}

/* The documents of one split of a corpus, each followed by a line "%". */
static inline void collect_split(struct cpl_buffer *all, const char *directory,
                                 enum cpl_split split)
{
    struct cpl_corpus *corpus = NULL;
    CHECK(cpl_corpus_open(&corpus, directory, error));
    CHECK(cpl_corpus_each(corpus, split, collect, all, error));
    cpl_corpus_close(corpus);
}

/* All documents of one file must be `expected`, a line "%" behind each. */
static inline void assert_documents(const char *name, const char *content, const char *format,
                                    const char *expected)
{
    struct cpl_buffer all = {0};
    char path[256];
    snprintf(path, sizeof path, "%s", write_text(name, content));
    const char *sources[] = {path};
    struct cpl_corpus_build build = {
        .sources = sources, .n_sources = 1, .split = {1, 0, 0}, .format = format};
    CHECK(cpl_corpus_build(&build, in_scratch("one"), error));
    collect_split(&all, in_scratch("one"), CPL_SPLIT_TRAIN);
    assert_string_equal(all.data, expected);
    cpl_buffer_clear(&all);
}

/* A number of corpus.json: "dropped", "lines_rule". */
static inline int64_t report_number(const char *directory, const char *group, const char *key)
{
    char *json = NULL;
    size_t size = 0;
    char path[300], wanted[100];
    snprintf(path, sizeof path, "%s/corpus.json", directory);
    CHECK(cpl_file_read(&json, &size, path, error));
    snprintf(wanted, sizeof wanted, "\"%s\": {", group);
    const char *at = strstr(json, wanted);
    assert_non_null(at);
    snprintf(wanted, sizeof wanted, "\"%s\": ", key);
    at = strstr(at, wanted);
    assert_non_null(at);
    int64_t value = 0;
    assert_int_equal(sscanf(at + strlen(wanted), "%ld", &value), 1);
    free(json);
    return value;
}

#endif
