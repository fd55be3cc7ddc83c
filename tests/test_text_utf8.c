/* labels: sanitize fast */
/* UTF-8: what is valid, what repair makes of the rest, cleaning, normal forms. */
#include "text/utf8.h"

#include "text_fixture.h"

#include <couplet/text.h>

static void assert_prefix(const char *bytes, size_t length, size_t expected)
{
    if (cpl_utf8_valid_prefix(bytes, length) != expected)
        fail_msg("valid prefix %zu of %zu bytes, expected %zu",
                 cpl_utf8_valid_prefix(bytes, length), length, expected);
}

static void test_valid_and_not(void **state)
{
    (void)state;
    assert_prefix("", 0, 0);
    assert_prefix("abcdefghijklmnop中文", 22, 22);
    assert_prefix("\xC2\x80\xDF\xBF", 4, 4);
    assert_prefix("\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF", 12, 12);
    assert_prefix("\xF0\x90\x80\x80\xF4\x8F\xBF\xBF", 8, 8);
    assert_prefix("a\x80", 2, 1);    /* continuation alone */
    assert_prefix("\xC0\x80", 2, 0); /* overlong */
    assert_prefix("\xC1\xBF", 2, 0);
    assert_prefix("\xE0\x9F\xBF", 3, 0);
    assert_prefix("\xF0\x8F\xBF\xBF", 4, 0);
    assert_prefix("\xED\xA0\x80", 3, 0);     /* surrogate */
    assert_prefix("\xF4\x90\x80\x80", 4, 0); /* above U+10FFFF */
    assert_prefix("\xF5\x80\x80\x80", 4, 0);
    assert_prefix("中\xE4\xB8", 5, 3); /* cut off */
    assert_prefix("中\xE4\xB8\x41", 6, 3);
}

/* Every code point goes through encoding and decoding, and nothing else is valid. */
static void test_all_code_points(void **state)
{
    (void)state;
    for (uint32_t code = 0; code < 0x110000; code++) {
        char bytes[4];
        uint32_t back = 0;
        if (code == 0xD800)
            code = 0xE000;
        size_t n = cpl_utf8_encode(bytes, code);
        assert_int_equal(cpl_utf8_decode(&back, bytes, n), n);
        assert_int_equal(back, code);
        for (size_t cut = 1; cut < n; cut++)
            assert_int_equal(cpl_utf8_valid_prefix(bytes, cut), 0);
    }
}

static void assert_clean(const char *in, size_t length, const char *expected, size_t repaired,
                         enum cpl_unicode_form form)
{
    char *out = NULL;
    size_t n = 0, count = 0;
    CHECK(cpl_text_clean(&out, &n, &count, in, length, form, error));
    assert_string_equal(out, expected);
    assert_int_equal(n, strlen(expected));
    assert_int_equal(count, repaired);
    free(out);
}

static void test_clean(void **state)
{
    (void)state;
    assert_clean("", 0, "", 0, CPL_FORM_NONE);
    assert_clean("a\r\nb\rc\n", 7, "a\nb\nc\n", 0, CPL_FORM_NONE);
    assert_clean("a\0b\x07"
                 "c\td\x7F",
                 8, "abc\td", 0, CPL_FORM_NONE);
    assert_clean("\x1b[32m题\x1b[m\x1b[1;31;4m目\x1b", 24, "题目", 0, CPL_FORM_NONE);
    assert_clean("\xEF\xBB\xBF中", 6, "中", 0, CPL_FORM_NONE);
    assert_clean("x\xC2\x85y", 4, "xy", 0, CPL_FORM_NONE);
    /* one U+FFFD for each maximal part: Unicode 15, table 3-11 */
    assert_clean("\xF1\x80\x80\xE1\x80\xC2\x62\x80\x63\x80\xBF\x64", 12,
                 "\uFFFD\uFFFD\uFFFDb\uFFFDc\uFFFD\uFFFDd", 6, CPL_FORM_NONE);
    assert_clean("\xED\xA0\x80", 3, "\uFFFD\uFFFD\uFFFD", 3, CPL_FORM_NONE);
}

static void test_normal_forms(void **state)
{
    (void)state;
    assert_clean("e\u0301 ﾊﾞ １２，中", strlen("e\u0301 ﾊﾞ １２，中"), "é ﾊﾞ １２，中", 0,
                 CPL_FORM_NFC);
    assert_clean("e\u0301\n１２，中ﬁ", strlen("e\u0301\n１２，中ﬁ"), "é\n12,中fi", 0,
                 CPL_FORM_NFKC);
    assert_clean("\uF900", 3, "\u8C48", 0, CPL_FORM_NFC);
    assert_clean("가", strlen("가"), "가", 0, CPL_FORM_NFC);
}

/* Cleaning random bytes gives valid UTF-8 without control characters, and doing it twice changes
 * nothing. */
static void test_random_bytes(void **state)
{
    (void)state;
    char bytes[300];
    uint64_t index = 0;
    for (int round = 0; round < 3000; round++) {
        size_t length = draw_bytes(&index, bytes, sizeof bytes);
        enum cpl_unicode_form form = (enum cpl_unicode_form)(round % 3);
        char *once = NULL, *twice = NULL;
        size_t n_once = 0, n_twice = 0, repaired = 0;
        CHECK(cpl_text_clean(&once, &n_once, NULL, bytes, length, form, error));
        assert_int_equal(cpl_utf8_valid_prefix(once, n_once), n_once);
        for (size_t i = 0; i < n_once; i++)
            assert_true((unsigned char)once[i] >= 32 || once[i] == '\n' || once[i] == '\t');
        if (n_once >= 3 && memcmp(once, "\xEF\xBB\xBF", 3) != 0) {
            CHECK(cpl_text_clean(&twice, &n_twice, &repaired, once, n_once, form, error));
            assert_int_equal(n_once, n_twice);
            assert_memory_equal(once, twice, n_once);
            assert_int_equal(repaired, 0);
        }
        free(once);
        free(twice);
    }
}

static void test_kinds(void **state)
{
    (void)state;
    assert_true(cpl_code_is_han(U'中') && cpl_code_is_han(0x3400) && cpl_code_is_han(0x20000));
    assert_true(cpl_code_is_han(U'〇') && cpl_code_is_han(U'々'));
    assert_false(cpl_code_is_han(U'の') || cpl_code_is_han(U'，') || cpl_code_is_han('a'));
    assert_true(cpl_code_is_word('Z') && cpl_code_is_word('0') && cpl_code_is_word(U'é'));
    assert_true(cpl_code_is_word(U'Ж') && cpl_code_is_word(U'한'));
    assert_false(cpl_code_is_word(U'中') || cpl_code_is_word(U'の') || cpl_code_is_word('_'));
    assert_true(cpl_code_is_space(0x3000) && cpl_code_is_space(' ') && cpl_code_is_space('\n'));
    assert_false(cpl_code_is_space(0x200B) || cpl_code_is_space('x'));
    assert_int_equal(cpl_utf8_count("中a😀", 8), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_valid_and_not), cmocka_unit_test(test_all_code_points),
        cmocka_unit_test(test_clean),         cmocka_unit_test(test_normal_forms),
        cmocka_unit_test(test_random_bytes),  cmocka_unit_test(test_kinds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
