/* labels: sanitize fast */
/* The decoder of JSON against jansson's, and what it takes beyond it: keys with U+0000. */
#include "base/json_file.h"
#include "text_fixture.h"

#include <math.h>

static const size_t all_flags[] = {0, JSON_ALLOW_NUL, JSON_DECODE_ANY,
                                   JSON_DECODE_ANY | JSON_ALLOW_NUL,
                                   JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL};

/* Both give the same value, or both refuse. */
static void compare(const char *text, size_t length)
{
    for (size_t i = 0; i < sizeof all_flags / sizeof *all_flags; i++) {
        struct cpl_error error = {0};
        json_t *value = NULL;
        json_t *expected =
            json_loadb(text, length, all_flags[i] | JSON_REJECT_DUPLICATES, NULL);
        cpl_status status = cpl_json_parse(&value, text, length, "in", all_flags[i], &error);
        if ((status == CPL_OK) != (expected != NULL) ||
            (expected && (!json_equal(value, expected) ||
                          (json_is_real(value) && signbit(json_real_value(value)) !=
                                                      signbit(json_real_value(expected))))))
            fail_msg("flags %zu: %.*s (%s)", all_flags[i], (int)length, text, error.message);
        if (status != CPL_OK)
            assert_memory_equal(error.message, "in: not valid JSON: line ", 25);
        json_decref(value);
        json_decref(expected);
    }
}

static void test_as_jansson(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        " ",
        "[]",
        "{}",
        "[ ]",
        "{ }",
        " \t\r\n[]\n",
        "[1,2]",
        "[1,]",
        "[,1]",
        "[1 2]",
        "[",
        "{",
        "]",
        "}",
        "[}",
        "{]",
        "[]]",
        "[] []",
        "[]x",
        "[],",
        "{\"a\":1}",
        "{\"a\":1,}",
        "{\"a\"}",
        "{\"a\":}",
        "{a:1}",
        "{1:1}",
        "{\"a\":1,\"a\":2}",
        "{\"a\":[],\"a\":{}}",
        "{\"a\":1,\"\\u0061\":1}",
        "{\"\":1}",
        "{\"\":1,\"\":2}",
        "{,}",
        "{\"a\" : {\"a\" :[{}, {\"b\":null}]} , \"c\":2}",
        "[true,false,null]",
        "[True]",
        "[nul]",
        "[nullx]",
        "[true1]",
        "[truefalse]",
        "null",
        "nul",
        "true",
        "\"a\"",
        "\"a",
        "\"",
        "1",
        "12 ",
        "[1]//",
        "[1]\f",
        "\xEF\xBB\xBF[]",
        "[NaN]",
        "[Infinity]",
        "[-Infinity]",
        "['a']",
        /* numbers */
        "[0]",
        "[-0]",
        "[00]",
        "[01]",
        "[-01]",
        "[-]",
        "[+1]",
        "[1.]",
        "[.5]",
        "[-.5]",
        "[1.5]",
        "[0.5]",
        "[1e5]",
        "[1E+2]",
        "[1e-2]",
        "[1e]",
        "[1e+]",
        "[1.e1]",
        "[1.5e3]",
        "[0e0]",
        "[-0.0]",
        "[-0e5]",
        "[0x10]",
        "[1a]",
        "[1.2.3]",
        "[--1]",
        "[1e308]",
        "[1e309]",
        "[-1e309]",
        "[1.7976931348623157e308]",
        "[1.7976931348623159e308]",
        "[5e-324]",
        "[1e-400]",
        "[1e99999999999]",
        "[1e-99999999999]",
        "[0e99999999999]",
        "[9223372036854775807]",
        "[9223372036854775808]",
        "[-9223372036854775808]",
        "[-9223372036854775809]",
        "[18446744073709551616]",
        "[18446744073709551617]",
        "[99999999999999999999999]",
        "[9007199254740993.0]",
        "[9007199254740992.0]",
        "[0.1]",
        "[-10.123456]",
        "[123456789012345678.5]",
        "[2.2250738585072011e-308]",
        "[1e22]",
        "[1e23]",
        "[3.14e-22]",
        "[0.000000000000000000000000000000000001]",
        "[100000000000000000000000.0]",
        "-",
        "-1",
        "0",
        "1.5",
        "1e",
        /* strings */
        "[\"\"]",
        "[\"a\\nb\"]",
        "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]",
        "[\"\\a\"]",
        "[\"\\",
        "[\"\\\"]",
        "[\"\\u\"]",
        "[\"\\u12\"]",
        "[\"\\u12g4\"]",
        "[\"\\u00e9\\u4F60\"]",
        "[\"\\u0000\"]",
        "[\"a\\u0000b\"]",
        "[\"\\ud83d\\ude00\"]",
        "[\"\\ud83d\"]",
        "[\"\\ud83dx\"]",
        "[\"\\ud83d\\n\"]",
        "[\"\\ud83d\\ud83d\"]",
        "[\"\\ude00\"]",
        "[\"\\ud83d\\u0041\"]",
        "[\"\\uD800\\uDC00\\uDBFF\\uDFFF\"]",
        "[\"\\ud83d\\u\"]",
        "[\"\\u007f\\u0080\\u07ff\\u0800\\uffff\"]",
        "[\"\x7f\"]",
        "[\"a\tb\"]",
        "[\"a\nb\"]",
        "[\"abcdefgh\x1f\"]",
        "[\"abcdefghijklmnopqrstuvwxyz\\tabcdefgh\"]",
        "[\"你好，世界 caf\u00e9 \U0001F600\"]",
        "[\"\x80\"]",
        "[\"\xC0\x80\"]",
        "[\"\xC1\xBF\"]",
        "[\"\xC2\"]",
        "[\"\xE0\x9F\xBF\"]",
        "[\"\xE0\xA0\x80\"]",
        "[\"\xED\x9F\xBF\"]",
        "[\"\xED\xA0\x80\"]",
        "[\"\xEF\xBF\xBF\"]",
        "[\"\xF0\x8F\xBF\xBF\"]",
        "[\"\xF0\x90\x80\x80\"]",
        "[\"\xF4\x8F\xBF\xBF\"]",
        "[\"\xF4\x90\x80\x80\"]",
        "[\"\xF5\x80\x80\x80\"]",
        "[\"\xFF\"]",
        "[\"\xE4\xBD\"]",
        "[\xE4\xBD\xA0]",
        "[\"12345678\xE4\xBD\xA0\x80\"]",
        "{\"\xE4\xBD\xA0\":\"\xE5\"}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        compare(texts[i], strlen(texts[i]));
    compare("[\0]", 3);
    compare("[\"a\0b\"]", 7);
    compare("\0", 1);
}

static void test_prefixes(void **state)
{
    (void)state;
    static const char sample[] =
        "{\"id\": [1, -2.5e3, true, false, null, [], {}],\n\"名\\u00e9\\ud83d\\ude00\\n\": "
        "{\"x\": \"你好 caf\u00e9, a longer text\"}, \"\U0001F600\": -0}";
    for (size_t length = 0; length < sizeof sample; length++) {
        char *exact = malloc(length + 1); /* a read behind the end is seen by ASan */
        memmove(exact + 1, sample, length);
        compare(exact + 1, length);
        free(exact);
    }
}

/* A byte at each distance from the start, for the eight at a time. */
static void test_bytes(void **state)
{
    (void)state;
    for (size_t place = 2; place < 20; place++)
        for (int byte = 1; byte < 256; byte++) {
            char text[24] = "[\"aaaaaaaaaaaaaaaaaaaa";
            text[place] = (char)byte;
            text[20] = '"';
            text[21] = ']';
            compare(text, 22);
        }
}

static void check_depth(size_t depth, bool scalar)
{
    char text[5000];
    memset(text, '[', depth);
    text[depth] = '1';
    memset(text + depth + scalar, ']', depth);
    compare(text, 2 * depth + scalar);
}

static void test_depth(void **state)
{
    (void)state;
    json_t *value = NULL;
    char text[4096], deep[2049];
    for (size_t depth = 2046; depth <= 2050; depth++) {
        check_depth(depth, false);
        check_depth(depth, true);
    }
    memset(deep, '[', sizeof deep);
    memset(text, '[', 2048);
    memset(text + 2048, ']', 2048);
    CHECK(cpl_json_parse(&value, text, 4096, "in", 0, error));
    json_decref(value);
    CHECK_FAILS(CPL_ERROR_INPUT, "line 1, column 2049",
                cpl_json_parse(&value, deep, sizeof deep, "in", 0, error));
}

static void test_nul_keys(void **state)
{
    (void)state;
    static const char text[] =
        "{\"\\u0000\": 1, \"a\\u0000b\": [2], \"a\": 3, \"a\\u0000\": 4}";
    static const char twice[] = "{\"a\\u0000b\": 1,\n \"a\\u0000b\": 2}";
    json_t *value = NULL;
    CHECK(cpl_json_parse(&value, text, strlen(text), "in", JSON_ALLOW_NUL, error));
    assert_int_equal(json_object_size(value), 4);
    assert_int_equal(json_integer_value(json_object_getn(value, "\0", 1)), 1);
    assert_int_equal(json_array_size(json_object_getn(value, "a\0b", 3)), 1);
    assert_int_equal(json_integer_value(json_object_getn(value, "a", 1)), 3);
    assert_int_equal(json_integer_value(json_object_getn(value, "a\0", 2)), 4);
    json_decref(value);
    CHECK_FAILS(CPL_ERROR_INPUT, "in: not valid JSON: line 1, column 3: \\u0000",
                cpl_json_parse(&value, text, strlen(text), "in", 0, error));
    CHECK_FAILS(CPL_ERROR_INPUT, "in: not valid JSON: line 2, column 2: duplicate object key",
                cpl_json_parse(&value, twice, strlen(twice), "in", JSON_ALLOW_NUL, error));
}

static void test_places(void **state)
{
    (void)state;
    json_t *value = NULL;
    CHECK_FAILS(CPL_ERROR_INPUT, "f.json: not valid JSON: line 2, column 5: expected a value",
                cpl_json_parse(&value, "[\n\"你\",x]", 9, "f.json", 0, error));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_jansson), cmocka_unit_test(test_prefixes),
        cmocka_unit_test(test_bytes),      cmocka_unit_test(test_depth),
        cmocka_unit_test(test_nul_keys),   cmocka_unit_test(test_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
