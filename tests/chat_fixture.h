/* What the tests of chat templates share. */
#ifndef CPL_TESTS_CHAT_FIXTURE_H
#define CPL_TESTS_CHAT_FIXTURE_H

#include <couplet/chat.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Compiles and renders; `text` is to be cleared. */
static inline cpl_status render_n(const char *source, size_t length, const char *variables,
                                  const struct cpl_chat_options *options,
                                  struct cpl_chat_text *text, struct cpl_error *error)
{
    struct cpl_chat_template *chat = NULL;
    *text = (struct cpl_chat_text){0};
    cpl_status status = cpl_chat_template_new(&chat, source, length, error);
    if (status == CPL_OK)
        status = cpl_chat_render(chat, variables, options, text, error);
    cpl_chat_template_free(chat);
    return status;
}

static inline void assert_rendered(const char *source, const char *variables,
                                   const char *expected)
{
    struct cpl_chat_text text;
    struct cpl_error error = {0};
    if (render_n(source, strlen(source), variables, NULL, &text, &error) != CPL_OK)
        fail_msg("%s: %s", source, error.message);
    assert_string_equal(text.data, expected);
    cpl_chat_text_clear(&text);
}

/* Fails with CPL_ERROR_INPUT and `message` somewhere in its text. */
static inline void assert_refused(const char *source, const char *variables,
                                  const struct cpl_chat_options *options, const char *message)
{
    struct cpl_chat_text text;
    struct cpl_error error = {0};
    cpl_status status = render_n(source, strlen(source), variables, options, &text, &error);
    if (status != CPL_ERROR_INPUT)
        fail_msg("status %d, expected bad input: %.200s", (int)status, source);
    if (!strstr(error.message, message))
        fail_msg("\"%s\" does not say \"%s\"", error.message, message);
    assert_null(text.data);
}

#endif
