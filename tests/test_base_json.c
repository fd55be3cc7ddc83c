/* labels: sanitize fast */
/* JSON: the public writer and reader, files, and numbers as text. */
#include "base/file.h"
#include "base/json_file.h"
#include "base/memory.h"
#include "base/number.h"

#include <couplet/json.h>
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static void write_example(struct cpl_json *json)
{
    cpl_json_begin_object(json, NULL);
    cpl_json_add_text(json, "name", "对\"联\"");
    cpl_json_begin_array(json, "values");
    cpl_json_add_int(json, NULL, -3);
    cpl_json_add_real(json, NULL, 0.1);
    cpl_json_add_real(json, NULL, NAN);
    cpl_json_end(json);
    cpl_json_begin_array(json, "none");
    cpl_json_end(json);
    cpl_json_add_bool(json, "yes", true);
    cpl_json_add_text(json, "missing", NULL);
    cpl_json_add_raw(json, "raw", "{\"a\": 1}");
    cpl_json_end(json);
}

static void test_writer(void **state)
{
    (void)state;
    struct cpl_json *json = NULL;
    const char *text = NULL;
    size_t length = 0;
    assert_int_equal(cpl_json_new(&json, 0, NULL), CPL_OK);
    for (int round = 0; round < 2; round++) { /* a finished writer begins a new text */
        write_example(json);
        assert_int_equal(cpl_json_finish(json, &text, &length, NULL), CPL_OK);
        assert_string_equal(text, "{\"name\": \"对\\\"联\\\"\", \"values\": [-3, 0.1, null], "
                                  "\"none\": [], \"yes\": true, \"missing\": null, "
                                  "\"raw\": {\"a\": 1}}");
        assert_int_equal(length, strlen(text));
    }
    cpl_json_begin_array(json, NULL);
    assert_int_equal(cpl_json_finish(json, &text, NULL, NULL), CPL_ERROR_INTERNAL);
    cpl_json_free(json);
    cpl_json_free(NULL);
}

static void test_writer_indents(void **state)
{
    (void)state;
    struct cpl_json *json = NULL;
    const char *text = NULL;
    assert_int_equal(cpl_json_new(&json, 2, NULL), CPL_OK);
    cpl_json_begin_object(json, NULL);
    cpl_json_begin_array(json, "a");
    cpl_json_add_int(json, NULL, 1);
    cpl_json_add_int(json, NULL, 2);
    cpl_json_end(json);
    cpl_json_end(json);
    assert_int_equal(cpl_json_finish(json, &text, NULL, NULL), CPL_OK);
    assert_string_equal(text, "{\n  \"a\": [\n    1,\n    2\n  ]\n}");
    cpl_json_free(json);
}

static void test_writer_reports_lost_memory(void **state)
{
    (void)state;
    struct cpl_json *json = NULL;
    const char *text = NULL;
    assert_int_equal(cpl_json_new(&json, 0, NULL), CPL_OK);
    cpl_memory_fail_at(1);
    write_example(json);
    cpl_memory_fail_at(0);
    assert_int_equal(cpl_json_finish(json, &text, NULL, NULL), CPL_ERROR_SYSTEM);
    cpl_json_free(json);
}

static void test_reader(void **state)
{
    (void)state;
    static const char text[] = "{\"ids\": [1, 2.5, \"\\u8054\", null, true]}";
    struct cpl_json_value *value = NULL;
    size_t length = 0;
    assert_int_equal(cpl_json_value_parse(&value, text, sizeof text - 1, "t", NULL), CPL_OK);
    const struct cpl_json_value *ids = cpl_json_value_member(value, "ids");
    assert_int_equal(cpl_json_value_kind(ids), CPL_JSON_ARRAY);
    assert_int_equal(cpl_json_value_count(ids), 5);
    assert_int_equal(cpl_json_value_int(cpl_json_value_at(ids, 0)), 1);
    assert_true(cpl_json_value_real(cpl_json_value_at(ids, 1)) == 2.5);
    assert_string_equal(cpl_json_value_text(cpl_json_value_at(ids, 2), &length), "联");
    assert_int_equal(length, 3);
    assert_int_equal(cpl_json_value_kind(cpl_json_value_at(ids, 3)), CPL_JSON_NULL);
    assert_true(cpl_json_value_bool(cpl_json_value_at(ids, 4)));
    assert_null(cpl_json_value_at(ids, 5));
    assert_null(cpl_json_value_member(value, "other"));
    assert_null(cpl_json_value_text(ids, NULL));
    cpl_json_value_free(value);
}

static void test_reader_is_strict(void **state)
{
    (void)state;
    static const char *const bad[] = {"",   "{\"a\": 1, \"a\": 2}", "[1] 2", "\"\xFF\"", "[1,]",
                                      "nan"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct cpl_json_value *value = NULL;
        struct cpl_error error = {0};
        assert_int_equal(cpl_json_value_parse(&value, bad[i], strlen(bad[i]), "in:3", &error),
                         CPL_ERROR_INPUT);
        assert_memory_equal(error.message, "in:3: not valid JSON", 20);
    }
}

static void test_typed_members(void **state)
{
    (void)state;
    static const char text[] =
        "{\"n\": 12, \"x\": 1e-12, \"s\": \"t\", \"b\": false, \"z\": null}";
    json_t *object = NULL;
    int64_t n = 5;
    double x = 0;
    bool b = true;
    const char *s = NULL;
    assert_int_equal(cpl_json_parse(&object, text, sizeof text - 1, "c", 0, NULL), CPL_OK);
    assert_int_equal(cpl_json_get_int(&n, object, "z", 0, 9, "c", NULL), CPL_OK);
    assert_int_equal(cpl_json_get_int(&n, object, "absent", 0, 9, "c", NULL), CPL_OK);
    assert_int_equal(n, 5);
    assert_int_equal(cpl_json_get_int(&n, object, "n", 0, 12, "c", NULL), CPL_OK);
    assert_int_equal(n, 12);
    assert_int_equal(cpl_json_get_double(&x, object, "x", "c", NULL), CPL_OK);
    assert_true(x == 1e-12);
    assert_int_equal(cpl_json_get_bool(&b, object, "b", "c", NULL), CPL_OK);
    assert_false(b);
    assert_int_equal(cpl_json_get_text(&s, object, "s", "c", NULL), CPL_OK);
    assert_string_equal(s, "t");

    struct cpl_error error = {0};
    assert_int_equal(cpl_json_get_int(&n, object, "n", 0, 11, "c", &error), CPL_ERROR_INPUT);
    assert_string_equal(error.message, "c: \"n\" is 12, must be 0 to 11");
    assert_int_equal(cpl_json_get_int(&n, object, "s", 0, 11, "c", NULL), CPL_ERROR_INPUT);
    assert_int_equal(cpl_json_get_double(&x, object, "s", "c", NULL), CPL_ERROR_INPUT);
    assert_int_equal(cpl_json_get_bool(&b, object, "s", "c", NULL), CPL_ERROR_INPUT);
    assert_int_equal(cpl_json_get_text(&s, object, "n", "c", NULL), CPL_ERROR_INPUT);
    json_decref(object);
}

static void test_saved_files_read_back(void **state)
{
    (void)state;
    char path[] = "/tmp/couplet-json-XXXXXX";
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    close(descriptor);
    json_t *value =
        json_pack("{s:f, s:i, s:[], s:{s:s}}", "eps", 1e-12, "n", 3, "l", "o", "k", "对");
    json_t *back = NULL;
    assert_int_equal(cpl_json_save(value, path, NULL), CPL_OK);
    assert_int_equal(cpl_json_load(&back, path, 0, NULL), CPL_OK);
    assert_true(json_equal(value, back));
    json_decref(value);
    json_decref(back);
    unlink(path);
    struct cpl_error error = {0};
    assert_int_equal(cpl_json_load(&back, path, 0, &error), CPL_ERROR_SYSTEM);
    assert_non_null(strstr(error.message, path));
}

static void test_numbers_in_any_locale(void **state)
{
    (void)state;
    static const char *const not_integers[] = {
        "", "-", " 1", "1 ", "0x10", "1.0", "9223372036854775808"};
    static const char *const not_reals[] = {"",      "nan",   "inf",  "1,5",
                                            "1e999", "0x1p3", "1.5x", " 1"};
    int64_t integer = 0;
    double real = 0;
    char text[40];
    if (!setlocale(LC_ALL, "de_DE.UTF-8"))
        print_message("no German locale here (./dev test makes one): only \"C\" is tested\n");
    for (size_t i = 0; i < sizeof not_integers / sizeof *not_integers; i++)
        assert_false(cpl_number_parse_int(&integer, not_integers[i]));
    for (size_t i = 0; i < sizeof not_reals / sizeof *not_reals; i++)
        assert_false(cpl_number_parse_real(&real, not_reals[i]));
    assert_true(cpl_number_parse_int(&integer, "-9223372036854775808"));
    assert_true(integer == INT64_MIN);
    assert_true(cpl_number_parse_real(&real, "-2.5e-3"));
    assert_true(real == -2.5e-3);
    static const double values[] = {0.1,  1e-12, 1.0 / 3, 5e-324, 1.7976931348623157e308,
                                    -0.0, 3.0};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        cpl_number_print_real(text, sizeof text, values[i]);
        assert_true(cpl_number_parse_real(&real, text));
        assert_memory_equal(&real, &values[i], sizeof real);
    }
    setlocale(LC_ALL, "C");
    cpl_number_print_real(text, sizeof text, 0.1);
    assert_string_equal(text, "0.1");
    cpl_number_print_real(text, sizeof text, 3.0);
    assert_string_equal(text, "3.0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_writer),
        cmocka_unit_test(test_writer_indents),
        cmocka_unit_test(test_writer_reports_lost_memory),
        cmocka_unit_test(test_reader),
        cmocka_unit_test(test_reader_is_strict),
        cmocka_unit_test(test_typed_members),
        cmocka_unit_test(test_saved_files_read_back),
        cmocka_unit_test(test_numbers_in_any_locale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
