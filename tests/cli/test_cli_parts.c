/* labels: sanitize fast */
/* Parts of the program that no shell script can look at: widths of text, the live line, the tables of
 * commands. */
#include "../../cli/progress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void test_widths(void **state)
{
    (void)state;
    assert_int_equal(cli_width(""), 0);
    assert_int_equal(cli_width("abc"), 3);
    assert_int_equal(cli_width("对联 ab"), 7);
    assert_int_equal(cli_width("，。「」"), 8);
    assert_int_equal(cli_width("한국어かな"), 10);
    assert_int_equal(cli_width("e\xCC\x81"), 1); /* e and a combining acute accent */
    assert_int_equal(cli_width("\xF0\x9F\x98\x80"), 2);
    assert_int_equal(cli_width("—é…"), 3);
    assert_int_equal(cli_width("\xE5\xAF"), 1); /* cut off: shown as one mark */
}

static void test_text_is_cut_between_characters(void **state)
{
    (void)state;
    size_t width;
    assert_int_equal(cli_fit("对联ab", 3, &width), 3);
    assert_int_equal(width, 2);
    assert_int_equal(cli_fit("对联ab", 5, &width), 7);
    assert_int_equal(width, 5);
    assert_int_equal(cli_fit("对联", 0, &width), 0);
    assert_int_equal(cli_fit("e\xCC\x81x", 1, NULL), 3); /* the accent stays with its letter */
}

/* What `show` writes to stderr. */
static size_t written(char *out, size_t size, struct cli_progress *progress, const char *line)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    int before = dup(STDERR_FILENO);
    fflush(stderr);
    dup2(fileno(file), STDERR_FILENO);
    cli_progress_show(progress, line);
    fflush(stderr);
    dup2(before, STDERR_FILENO);
    close(before);
    rewind(file);
    size_t length = fread(out, 1, size - 1, file);
    out[length] = 0;
    fclose(file);
    return length;
}

static void test_live_line_is_cut_and_rare(void **state)
{
    (void)state;
    char out[512], line[400] = "";
    struct cli_progress progress = {.live = true};
    for (int i = 0; i < 60; i++)
        strcat(line, "对");
    written(out, sizeof out, &progress, line);
    assert_memory_equal(out, "\r对", 4);
    assert_int_equal(cli_width(out + 1), 78 + strlen("[K")); /* 79 columns hold 39 characters */
    assert_true(progress.shown);
    assert_int_equal(written(out, sizeof out, &progress, line),
                     0); /* too soon after the first */
    assert_false(cli_progress_due(&progress));
}

static void test_plain_lines_and_silence(void **state)
{
    (void)state;
    char out[512];
    struct cli_progress plain = {.live = false}, silent = {.silent = true};
    written(out, sizeof out, &plain, "step 1");
    assert_string_equal(out, "step 1\n");
    assert_false(plain.shown);
    assert_int_equal(written(out, sizeof out, &silent, "step 1"), 0);
}

static void test_commands_are_sound(void **state)
{
    (void)state;
    size_t count = 0;
    const struct cli_entry *entries = cli_entries(&count);
    for (size_t i = 0; i < count; i++) {
        struct cpl_options *options = NULL;
        struct cpl_error error = {0};
        const struct cli_command *command = entries[i].command;
        assert_non_null(command->usage);
        assert_non_null(command->run);
        assert_true(command->min_arguments <= command->max_arguments);
        assert_true(cli_width(entries[i].summary) <= 64);
        if (command->options && cpl_options_new(&options, command->options, &error) != CPL_OK)
            fail_msg("couplet %s: %s", entries[i].name, error.message);
        cpl_options_free(options);
    }
}

static void test_examples_belong_to_their_command(void **state)
{
    (void)state;
    size_t count = 0;
    const struct cli_entry *entries = cli_entries(&count);
    for (size_t i = 0; i < count; i++) {
        const struct cli_example *example = entries[i].command->examples;
        for (; example && example->line; example++) {
            char name[64];
            snprintf(name, sizeof name, "couplet %s", entries[i].name);
            if (!strstr(example->line, name))
                fail_msg("%s: the example is of another command: %s", name, example->line);
            assert_non_null(example->what);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_widths),
        cmocka_unit_test(test_text_is_cut_between_characters),
        cmocka_unit_test(test_live_line_is_cut_and_rare),
        cmocka_unit_test(test_plain_lines_and_silence),
        cmocka_unit_test(test_commands_are_sound),
        cmocka_unit_test(test_examples_belong_to_their_command),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
