/* What the tests of text and corpora share: checks, a scratch directory, files in it. */
#ifndef CPL_TESTS_TEXT_FIXTURE_H
#define CPL_TESTS_TEXT_FIXTURE_H

#include "base/buffer.h"
#include "base/file.h"
#include "base/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define CHECK(call)                                                                            \
    do {                                                                                       \
        struct cpl_error check_error_ = {0};                                                   \
        struct cpl_error *error = &check_error_;                                               \
        if ((call) != CPL_OK)                                                                  \
            fail_msg("%s: %s", #call, check_error_.message);                                   \
    } while (0)

/* `call` must fail with `status` and a message that holds `words`. */
#define CHECK_FAILS(status_, words, call)                                                      \
    do {                                                                                       \
        struct cpl_error check_error_ = {0};                                                   \
        struct cpl_error *error = &check_error_;                                               \
        assert_int_equal((call), (status_));                                                   \
        assert_int_equal(check_error_.status, (status_));                                      \
        if (!strstr(check_error_.message, (words)))                                            \
            fail_msg("\"%s\" is not in \"%s\"", (words), check_error_.message);                \
    } while (0)

static char scratch[64];

static inline int make_scratch(void **state)
{
    (void)state;
    snprintf(scratch, sizeof scratch, "/tmp/couplet-text-XXXXXX");
    return mkdtemp(scratch) ? 0 : -1;
}

static inline int remove_scratch(void **state)
{
    (void)state;
    return cpl_path_remove(scratch, NULL) == CPL_OK ? 0 : -1;
}

/* Path in the scratch directory; the last 32 stay valid. */
static inline const char *in_scratch(const char *name)
{
    static char paths[32][256];
    static int next;
    char *path = paths[next++ % 32];
    snprintf(path, sizeof paths[0], "%s/%s", scratch, name);
    return path;
}

static inline const char *write_bytes(const char *name, const void *bytes, size_t length)
{
    const char *path = in_scratch(name);
    CHECK(cpl_file_write(path, bytes, length, error));
    return path;
}

static inline const char *write_text(const char *name, const char *text)
{
    return write_bytes(name, text, strlen(text));
}

/* A stream of test numbers. */
static inline uint32_t draw(uint64_t *index, uint32_t below)
{
    struct cpl_rng_key key = {.seed = 7, .stream = CPL_RNG_TEST};
    return (uint32_t)cpl_rng_below(key, (*index)++, below);
}

/* Bytes that are often, but not always, UTF-8, and full of what the code looks for. */
static inline size_t draw_bytes(uint64_t *index, char *out, size_t size)
{
    static const char *const parts[] = {"我",
                                        "喜欢",
                                        "。",
                                        "！”",
                                        "…",
                                        "a",
                                        "Mr.",
                                        "3.14%",
                                        " ",
                                        "\n",
                                        "\r\n",
                                        "<p>",
                                        "</a>",
                                        "&lt;",
                                        "&#x4e2d;",
                                        "[x](y)",
                                        "**",
                                        "\\fB",
                                        ".SH ",
                                        "\\(",
                                        "%\n",
                                        "\xE4\xB8",
                                        "\xFF",
                                        "\xED\xA0\x80",
                                        "\xF4\x90\x80\x80",
                                        "\xC0\xAF",
                                        "\x1b[31m",
                                        "\t",
                                        "```\n",
                                        "<!--",
                                        "-->",
                                        "😀",
                                        "é",
                                        "\xEF\xBB\xBF",
                                        "\"",
                                        "'",
                                        ".TS\n",
                                        ".de X\n",
                                        "{\"text\": \"",
                                        "\\n",
                                        "<script>"};
    size_t length = 0;
    size_t wanted = draw(index, (uint32_t)size);
    while (length < wanted) {
        const char *part = parts[draw(index, sizeof parts / sizeof *parts)];
        char byte[2] = {(char)draw(index, 256), 0};
        if (draw(index, 8) == 0)
            part = byte;
        size_t n = part == byte ? 1 : strlen(part);
        if (length + n > size)
            break;
        memcpy(out + length, part, n);
        length += n;
    }
    return length;
}

#endif
