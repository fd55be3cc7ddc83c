/* labels: sanitize fast */
/* The option table, and values from flags, environment and files. */
#include "base/file.h"
#include "base/memory.h"

#include <couplet/options.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char *const accepted[] = {
    "steps=100", "lr",    "min-lr-share", "family",       "resume",  "max-time", "out",
    "config",    "quiet", "help",         "batch-tokens", "verbose", NULL};

static struct cpl_options *make(void)
{
    struct cpl_options *options = NULL;
    assert_int_equal(cpl_options_new(&options, accepted, NULL), CPL_OK);
    return options;
}

/* Parses arguments that end with NULL. */
static cpl_status parse(struct cpl_options *options, char *const *arguments,
                        struct cpl_error *error)
{
    int count = 0;
    while (arguments[count])
        count++;
    return cpl_options_parse(options, count, arguments, error);
}

#define PARSE(options, error, ...) parse(options, (char *const[]){__VA_ARGS__, NULL}, error)

static void test_table_is_sound(void **state)
{
    (void)state;
    for (enum cpl_option_id id = 0; id < CPL_OPTION_COUNT; id++) {
        const struct cpl_option *row = cpl_option_row(id);
        if (row->type == CPL_OPTION_TYPE_group)
            continue;
        struct cpl_options *options = NULL;
        const char *const only[] = {row->name, NULL};
        assert_int_equal(cpl_options_new(&options, only, NULL), CPL_OK); /* default in range */
        cpl_options_free(options);
        assert_int_equal(cpl_option_find(row->name), id); /* no name twice */
        assert_null(strchr(row->name, '_'));
        assert_true(strlen(row->help) > 0 && strlen(row->help) < 64);
        assert_true(row->minimum <= row->maximum);
        assert_true(row->type == CPL_OPTION_TYPE_flag || row->unit);
    }
}

static void test_defaults(void **state)
{
    (void)state;
    struct cpl_options *options = make();
    assert_int_equal(cpl_options_int(options, CPL_OPTION_steps), 100);
    assert_true(cpl_options_real(options, CPL_OPTION_lr) == 0);
    assert_string_equal(cpl_options_text(options, CPL_OPTION_family), "bert");
    assert_null(cpl_options_text(options, CPL_OPTION_out));
    assert_false(cpl_options_flag(options, CPL_OPTION_resume));
    assert_int_equal(cpl_options_origin(options, CPL_OPTION_steps), CPL_ORIGIN_DEFAULT);
    assert_true(cpl_options_accepts(options, CPL_OPTION_out));
    assert_false(cpl_options_accepts(options, CPL_OPTION_prompt));
    cpl_options_free(options);
    cpl_options_free(NULL);
}

static void test_flags(void **state)
{
    (void)state;
    struct cpl_options *options = make();
    size_t count = 0;
    assert_int_equal(PARSE(options, NULL, "a", "--steps", "5", "--lr=1.5e-3", "-",
                           "--max-time=1h30m", "--resume", "-qv", "--steps=10k", "--", "--out",
                           "-h"),
                     CPL_OK);
    assert_int_equal(cpl_options_int(options, CPL_OPTION_steps),
                     10000); /* the last one counts */
    assert_true(cpl_options_real(options, CPL_OPTION_lr) == 1.5e-3);
    assert_true(cpl_options_real(options, CPL_OPTION_max_time) == 5400);
    assert_true(cpl_options_flag(options, CPL_OPTION_resume));
    assert_true(cpl_options_flag(options, CPL_OPTION_quiet));
    assert_true(cpl_options_flag(options, CPL_OPTION_verbose));
    assert_false(cpl_options_flag(options, CPL_OPTION_help));
    assert_int_equal(cpl_options_origin(options, CPL_OPTION_steps), CPL_ORIGIN_FLAG);
    const char *const *positional = cpl_options_positional(options, &count);
    assert_int_equal(count, 4);
    assert_string_equal(positional[0], "a");
    assert_string_equal(positional[1], "-");
    assert_string_equal(positional[2], "--out");
    assert_string_equal(positional[3], "-h");
    assert_int_equal(PARSE(options, NULL, "--no-resume"), CPL_OK);
    assert_false(cpl_options_flag(options, CPL_OPTION_resume));
    cpl_options_free(options);
}

static void check_mistake(const char *first, const char *second, const char *message)
{
    struct cpl_options *options = make();
    struct cpl_error error = {0};
    char *arguments[] = {(char *)first, (char *)second, NULL};
    assert_int_equal(parse(options, arguments, &error), CPL_ERROR_USAGE);
    assert_string_equal(error.message, message);
    cpl_options_free(options);
}

static void test_mistakes_are_explained(void **state)
{
    (void)state;
    check_mistake("--stesp", "3", "--stesp: unknown option; did you mean --steps?");
    check_mistake("--batch", "3", "--batch: unknown option; did you mean --batch-tokens?");
    check_mistake("--xyzzy", NULL, "--xyzzy: unknown option");
    check_mistake("--prompt", "a", "--prompt: not an option of this command");
    check_mistake("-x", NULL, "-x: unknown option");
    check_mistake("--steps", NULL, "--steps: needs a value: N");
    check_mistake("--steps", "12x",
                  "--steps: \"12x\" is not a whole number from 0 to 1000000000");
    check_mistake("--steps", "-1",
                  "--steps: \"-1\" is not a whole number from 0 to 1000000000");
    check_mistake(
        "--steps", "9223372036854775807G",
        "--steps: \"9223372036854775807G\" is not a whole number from 0 to 1000000000");
    check_mistake("--min-lr-share=1,5", NULL,
                  "--min-lr-share: \"1,5\" is not a number from 0 to 1");
    check_mistake("--min-lr-share=nan", NULL,
                  "--min-lr-share: \"nan\" is not a number from 0 to 1");
    check_mistake("--min-lr-share=1e4", NULL,
                  "--min-lr-share: \"1e4\" is not a number from 0 to 1");
    check_mistake("--family", "brt", "--family: \"brt\" is none of bert|gpt2");
    check_mistake("--family=", NULL, "--family: \"\" is none of bert|gpt2");
    check_mistake("--max-time", "5x",
                  "--max-time: \"5x\" is not a time such as 90s, 5m or 1h30m");
    check_mistake("--max-time", "5m30",
                  "--max-time: \"5m30\" is not a time such as 90s, 5m or 1h30m");
    check_mistake("--resume=maybe", NULL, "--resume: \"maybe\" is neither yes nor no");
    check_mistake("--no-resume=no", NULL, "--no-resume: takes no value");
    check_mistake("--no-steps", NULL, "--no-steps: unknown option; did you mean --steps?");
}

static void test_locale_changes_nothing(void **state)
{
    (void)state;
    struct cpl_options *options = make();
    if (!setlocale(LC_ALL, "de_DE.UTF-8"))
        print_message("no German locale here (./dev test makes one): only \"C\" is tested\n");
    assert_int_equal(PARSE(options, NULL, "--lr=0.25"), CPL_OK);
    setlocale(LC_ALL, "C");
    assert_true(cpl_options_real(options, CPL_OPTION_lr) == 0.25);
    cpl_options_free(options);
}

static char config_path[] = "/tmp/couplet-options-XXXXXX";

static cpl_status parse_config(struct cpl_options *options, const char *yaml,
                               struct cpl_error *error)
{
    assert_int_equal(cpl_file_write(config_path, yaml, strlen(yaml), NULL), CPL_OK);
    return PARSE(options, error, "--config", config_path, "--lr", "0.5");
}

static void test_flag_beats_environment_beats_file(void **state)
{
    (void)state;
    struct cpl_options *options = make();
    setenv("COUPLET_STEPS", "7", 1);
    setenv("COUPLET_LR", "0.1", 1);
    setenv("COUPLET_FAMILY", "", 1); /* empty: not set */
    assert_int_equal(parse_config(options,
                                  "# what to do\n"
                                  "steps: 5\nlr: 0.2\nfamily: gpt2\nresume: true\n"
                                  "batch:\n  tokens: 512\nout: ~\nprompt: not taken here\n",
                                  NULL),
                     CPL_OK);
    unsetenv("COUPLET_STEPS");
    unsetenv("COUPLET_LR");
    unsetenv("COUPLET_FAMILY");
    assert_true(cpl_options_real(options, CPL_OPTION_lr) == 0.5);
    assert_int_equal(cpl_options_int(options, CPL_OPTION_steps), 7);
    assert_int_equal(cpl_options_origin(options, CPL_OPTION_steps), CPL_ORIGIN_ENVIRONMENT);
    assert_string_equal(cpl_options_text(options, CPL_OPTION_family), "gpt2");
    assert_int_equal(cpl_options_origin(options, CPL_OPTION_family), CPL_ORIGIN_CONFIG);
    assert_true(cpl_options_flag(options, CPL_OPTION_resume));
    assert_int_equal(cpl_options_int(options, CPL_OPTION_batch_tokens), 512);
    assert_null(cpl_options_text(options, CPL_OPTION_out));
    cpl_options_free(options);
}

static void test_bad_environment_is_named(void **state)
{
    (void)state;
    struct cpl_options *options = make();
    struct cpl_error error = {0};
    setenv("COUPLET_BATCH_TOKENS", "many", 1);
    assert_int_equal(PARSE(options, &error, "a"), CPL_ERROR_USAGE);
    unsetenv("COUPLET_BATCH_TOKENS");
    assert_non_null(
        strstr(error.message, "COUPLET_BATCH_TOKENS: \"many\" is not a whole number"));
    cpl_options_free(options);
}

static void test_bad_files_are_named_with_their_line(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"steps: 5\nstep: 6\n", "line 2: step: unknown option; did you mean steps?"},
        {"steps: 5\nbatch:\n  tokens: x\n", ":3: batch-tokens: \"x\" is not a whole number"},
        {"steps: [1, 2]\n", "line 1: steps takes one value"},
        {"- steps\n", "line 1: lines of \"name: value\" are expected"},
        {"steps: 5\n\tlr: 3\n", "line 2: not valid YAML"},
        {"? [a]\n: 3\n", "line 1: a key must be a text"},
        {"&a batch: &b\n  x: *b\n", "more than 10000 values"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cpl_options *options = make();
        struct cpl_error error = {0};
        assert_int_equal(parse_config(options, cases[i][0], &error), CPL_ERROR_USAGE);
        assert_non_null(strstr(error.message, config_path));
        if (!strstr(error.message, cases[i][1]))
            fail_msg("\"%s\" lacks \"%s\"", error.message, cases[i][1]);
        cpl_options_free(options);
    }
    struct cpl_options *options = make();
    assert_int_equal(PARSE(options, NULL, "--config", "/no/such"), CPL_ERROR_SYSTEM);
    cpl_options_free(options);
}

static void test_dump_reads_back(void **state)
{
    (void)state;
    struct cpl_options *options = make(), *back = make();
    char *yaml = NULL, *again = NULL;
    assert_int_equal(
        PARSE(options, NULL, "--out", "a \"b\": #对\n联", "--max-time=5m", "--resume"), CPL_OK);
    assert_int_equal(cpl_options_dump(options, true, &yaml, NULL), CPL_OK);
    assert_non_null(strstr(yaml, "max-time: 5m                            # flag\n"));
    assert_int_equal(cpl_file_write(config_path, yaml, strlen(yaml), NULL), CPL_OK);
    assert_int_equal(PARSE(back, NULL, "--config", config_path), CPL_OK);
    free(yaml);
    assert_string_equal(cpl_options_text(back, CPL_OPTION_out), "a \"b\": #对\n联");
    assert_int_equal(cpl_options_dump(options, false, &yaml, NULL), CPL_OK);
    assert_int_equal(cpl_options_dump(back, false, &again, NULL), CPL_OK);
    assert_string_equal(yaml, again);
    free(yaml);
    free(again);
    cpl_options_free(options);
    cpl_options_free(back);
}

static void test_unknown_names_and_bad_defaults_are_faults(void **state)
{
    (void)state;
    struct cpl_options *options = NULL;
    const char *const unknown[] = {"no-such", NULL}, *const bad[] = {"steps=x", NULL};
    assert_int_equal(cpl_options_new(&options, unknown, NULL), CPL_ERROR_INTERNAL);
    assert_int_equal(cpl_options_new(&options, bad, NULL), CPL_ERROR_USAGE);
    assert_null(options);
}

static void test_suggestions(void **state)
{
    (void)state;
    const char *const names[] = {"pretrain", NULL, "predict", "plan", "n"};
    assert_string_equal(cpl_name_suggest(names, 5, "pretrian"), "pretrain");
    assert_string_equal(cpl_name_suggest(names, 5, "pre"), "pretrain");
    assert_string_equal(cpl_name_suggest(names, 5, "paln"), "plan");
    assert_null(cpl_name_suggest(names, 5, "frobnicate"));
    assert_null(cpl_name_suggest(names, 5, "x"));
}

/* Every allocation fails once; nothing may be lost or used after that. */
static void test_failing_allocations(void **state)
{
    (void)state;
    static const char yaml[] = "steps: 5\nbatch: {tokens: 512}\n";
    assert_int_equal(cpl_file_write(config_path, yaml, sizeof yaml - 1, NULL), CPL_OK);
    cpl_status status = CPL_ERROR_SYSTEM;
    size_t n = 1;
    for (; status != CPL_OK; n++) {
        struct cpl_options *options = NULL;
        struct cpl_error error = {0};
        char *text = NULL;
        assert_true(n < 1000);
        cpl_memory_fail_at(n);
        status = cpl_options_new(&options, accepted, &error);
        if (status == CPL_OK)
            status = PARSE(options, &error, "a", "--config", config_path, "--lr=0.5", "b");
        if (status == CPL_OK)
            status = cpl_options_dump(options, true, &text, &error);
        cpl_memory_fail_at(0);
        assert_true(status == CPL_OK || status == CPL_ERROR_SYSTEM);
        assert_int_equal(error.status, status);
        free(text);
        cpl_options_free(options);
    }
    assert_true(n > 30);
}

static int make_file(void **state)
{
    (void)state;
    int descriptor = mkstemp(config_path);
    return descriptor < 0 ? -1 : close(descriptor);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(config_path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_is_sound),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_flags),
        cmocka_unit_test(test_mistakes_are_explained),
        cmocka_unit_test(test_locale_changes_nothing),
        cmocka_unit_test(test_flag_beats_environment_beats_file),
        cmocka_unit_test(test_bad_environment_is_named),
        cmocka_unit_test(test_bad_files_are_named_with_their_line),
        cmocka_unit_test(test_dump_reads_back),
        cmocka_unit_test(test_unknown_names_and_bad_defaults_are_faults),
        cmocka_unit_test(test_suggestions),
        cmocka_unit_test(test_failing_allocations),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
