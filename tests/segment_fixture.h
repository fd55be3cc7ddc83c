/* What the tests of words share: a small dictionary, and cuts written as text. */
#ifndef CPL_TESTS_SEGMENT_FIXTURE_H
#define CPL_TESTS_SEGMENT_FIXTURE_H

#include "text_fixture.h"

#include <couplet/text.h>

static const char dictionary[] = "我 100 r\n喜欢 50 v\n喜 5 n\n欢 5 n\n自然 40 n\n语言 40 n\n"
                                 "自然语言 30 l\n处理 60 v\n处 10 n\n理 10 n\n研究 50 v\n"
                                 "研究生 20 n\n生命 30 n\n生 10 n\n命 8 n\nC++ 3 nz\nT恤 4 n\n"
                                 "IP地址 3 n\n地址 30 n\n的 500 uj\nAB 5 x\n";

static inline struct cpl_segmenter *new_segmenter(const char *content, const char *user)
{
    struct cpl_segmenter *segmenter = NULL;
    char path[100];
    snprintf(path, sizeof path, "%s", write_text("dict.txt", content));
    const char *user_path = user ? write_text("user.txt", user) : NULL;
    CHECK(cpl_segmenter_new(&segmenter, path, user_path, error));
    return segmenter;
}

static inline void assert_words(const struct cpl_segmenter *segmenter, const char *text,
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

/* With the dictionary that users have; skips the test without it. */
static inline struct cpl_segmenter *usual_segmenter(void)
{
    struct cpl_segmenter *segmenter = NULL;
    struct cpl_error problem = {0};
    if (cpl_segmenter_new(&segmenter, NULL, NULL, &problem) != CPL_OK) {
        print_message("skipped: %s\n", problem.message);
        skip();
    }
    return segmenter;
}

#endif
