/* labels: sanitize fast */
/* Heap memory, the arena, the buffer: sizes, growth, and what happens when memory runs out. */
#include "base/arena.h"
#include "base/buffer.h"
#include "base/memory.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_sizes_are_checked(void **state)
{
    (void)state;
    size_t size;
    assert_true(cpl_size_multiply(&size, 6, 7));
    assert_int_equal(size, 42);
    assert_false(cpl_size_multiply(&size, SIZE_MAX / 2, 3));
    assert_false(cpl_size_add(&size, SIZE_MAX, 1));

    void *memory = NULL;
    struct cpl_error error = {0};
    assert_int_equal(cpl_memory_new(&memory, SIZE_MAX / 4, 8, &error), CPL_ERROR_SYSTEM);
    assert_non_null(strstr(error.message, "out of memory"));
    assert_null(memory);
}

static void test_new_memory_is_zeroed_and_aligned(void **state)
{
    (void)state;
    unsigned char *memory = NULL;
    assert_int_equal(cpl_memory_new(&memory, 100, 3, NULL), CPL_OK);
    assert_int_equal((uintptr_t)memory % 64, 0);
    for (int i = 0; i < 300; i++)
        assert_int_equal(memory[i], 0);
    free(memory);
    assert_int_equal(cpl_memory_new(&memory, 0, 3, NULL), CPL_OK);
    assert_non_null(memory);
    free(memory);
}

static void test_nth_allocation_fails(void **state)
{
    (void)state;
    void *first = NULL, *second = NULL;
    cpl_memory_fail_at(2);
    assert_int_equal(cpl_memory_new(&first, 1, 1, NULL), CPL_OK);
    assert_int_equal(cpl_memory_new(&second, 1, 1, NULL), CPL_ERROR_SYSTEM);
    assert_null(second);
    assert_int_equal(cpl_memory_new(&second, 1, 1, NULL), CPL_OK);
    cpl_memory_fail_at(0);
    free(first);
    free(second);
}

static void test_arena_stacks(void **state)
{
    (void)state;
    struct cpl_arena arena = {.chunk_bytes = 1024};
    char *a = cpl_arena_take(&arena, 1, 100);
    assert_int_equal((uintptr_t)a % 64, 0);
    assert_int_equal(arena.used, 128);
    struct cpl_arena_mark mark = cpl_arena_mark(&arena);
    memset(a, 1, 100);
    char *big = cpl_arena_take(&arena, 5000, 1); /* larger than a chunk */
    memset(big, 2, 5000);
    char *c = cpl_arena_take(&arena, 1, 1000);
    memset(c, 3, 1000);
    assert_int_equal(a[99], 1);
    assert_int_equal(big[4999], 2);
    size_t reserved = arena.reserved, peak = arena.peak;

    for (int round = 0; round < 3; round++) { /* the same requests again take no new memory */
        cpl_arena_release(&arena, mark);
        assert_int_equal(arena.used, 128);
        assert_ptr_equal(cpl_arena_take(&arena, 5000, 1), big);
        assert_ptr_equal(cpl_arena_take(&arena, 1, 1000), c);
        assert_int_equal(arena.reserved, reserved);
        assert_int_equal(arena.peak, peak);
    }
    assert_null(cpl_arena_take(&arena, SIZE_MAX / 2, 4));
    cpl_arena_clear(&arena);
    assert_int_equal(arena.reserved, 0);
    assert_int_equal(arena.chunk_bytes, 1024);
}

static void test_arena_mark_before_first_chunk(void **state)
{
    (void)state;
    struct cpl_arena arena = {.chunk_bytes = 256};
    struct cpl_arena_mark empty = cpl_arena_mark(&arena);
    void *first = cpl_arena_take(&arena, 1, 64);
    cpl_arena_release(&arena, empty);
    assert_int_equal(arena.used, 0);
    assert_ptr_equal(cpl_arena_take(&arena, 1, 64), first);
    cpl_arena_clear(&arena);
}

static void test_arena_counts_what_it_would_take(void **state)
{
    (void)state;
    struct cpl_arena counting = {.counting = 1}, real = {.chunk_bytes = 4096};
    struct cpl_arena *both[] = {&counting, &real};
    for (int i = 0; i < 2; i++) {
        cpl_arena_take(both[i], 10, 10);
        struct cpl_arena_mark mark = cpl_arena_mark(both[i]);
        cpl_arena_take(both[i], 7, 1000);
        cpl_arena_release(both[i], mark);
        cpl_arena_take(both[i], 1, 1);
    }
    assert_int_equal(counting.used, real.used);
    assert_int_equal(counting.peak, real.peak);
    assert_int_equal(counting.reserved, 0);
    assert_non_null(
        cpl_arena_take(&counting, 1 << 20, (size_t)1 << 20)); /* a TiB costs nothing */
    cpl_arena_clear(&real);
}

static void test_arena_survives_failed_chunks(void **state)
{
    (void)state;
    for (size_t n = 1; n <= 2; n++) {
        struct cpl_arena arena = {0};
        cpl_memory_fail_at(n);
        assert_null(cpl_arena_take(&arena, 1, 64));
        assert_int_equal(arena.used, 0);
        assert_non_null(cpl_arena_take(&arena, 1, 64));
        cpl_arena_clear(&arena);
    }
}

static void test_buffer_is_sticky(void **state)
{
    (void)state;
    struct cpl_buffer buffer = {0};
    struct cpl_error error = {0};
    cpl_buffer_add_text(&buffer, "ab");
    cpl_memory_fail_at(1);
    for (int i = 0; i < 20; i++)
        cpl_buffer_add_text(&buffer, "0123456789");
    assert_int_equal(buffer.length,
                     12); /* one append fitted, the second failed, none came later */
    assert_int_equal(cpl_buffer_check(&buffer, &error), CPL_ERROR_SYSTEM);
    cpl_buffer_clear(&buffer);
    assert_int_equal(cpl_buffer_check(&buffer, NULL), CPL_OK);
}

static void test_buffer_formats_alike_in_every_locale(void **state)
{
    (void)state;
    struct cpl_buffer buffer = {0};
    if (!setlocale(LC_ALL, "de_DE.UTF-8"))
        print_message("no German locale here (./dev test makes one): only \"C\" is tested\n");
    cpl_buffer_format(&buffer, "%d %.2f", 5, 0.5);
    cpl_buffer_add_byte(&buffer, '!');
    setlocale(LC_ALL, "C");
    assert_string_equal(buffer.data, "5 0.50!");
    cpl_buffer_reset(&buffer);
    assert_string_equal(buffer.data, "");
    cpl_buffer_clear(&buffer);
}

static void test_json_strings(void **state)
{
    (void)state;
    struct cpl_buffer buffer = {0};
    static const char text[] = "a\"\\\n\x01\0对\xE5\xAF\xFF\xED\xA0\x80\xF0\x9F\x98\x80";
    cpl_buffer_add_json_string(&buffer, text, sizeof text - 1);
    assert_string_equal(buffer.data, "\"a\\\"\\\\\\n\\u0001\\u0000对���"
                                     "���\xF0\x9F\x98\x80\"");
    cpl_buffer_clear(&buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes_are_checked),
        cmocka_unit_test(test_new_memory_is_zeroed_and_aligned),
        cmocka_unit_test(test_nth_allocation_fails),
        cmocka_unit_test(test_arena_stacks),
        cmocka_unit_test(test_arena_mark_before_first_chunk),
        cmocka_unit_test(test_arena_counts_what_it_would_take),
        cmocka_unit_test(test_arena_survives_failed_chunks),
        cmocka_unit_test(test_buffer_is_sticky),
        cmocka_unit_test(test_buffer_formats_alike_in_every_locale),
        cmocka_unit_test(test_json_strings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
