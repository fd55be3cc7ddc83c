/* labels: sanitize fast */
/* Every function of base that allocates, with its first allocation failing, then its second, and so on
 * until it succeeds: each failure must be CPL_ERROR_SYSTEM with a text, and nothing may leak (the
 * sanitizer runs look for that). */
#include "base/arena.h"
#include "base/buffer.h"
#include "base/file.h"
#include "base/json_file.h"
#include "base/memory.h"

#include <couplet/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char directory[] = "/tmp/couplet-failing-XXXXXX";

typedef cpl_status attempt(struct cpl_error *error);

/* How many allocations had to be let through. */
static size_t fail_each(attempt *call)
{
    for (size_t n = 1; n < 1000; n++) {
        struct cpl_error error = {0};
        cpl_memory_fail_at(n);
        cpl_status status = call(&error);
        cpl_memory_fail_at(0);
        if (status == CPL_OK)
            return n - 1;
        assert_int_equal(status, CPL_ERROR_SYSTEM);
        assert_int_equal(error.status, CPL_ERROR_SYSTEM);
        assert_non_null(strstr(error.message, "out of memory"));
    }
    fail_msg("it never succeeds");
    return 0;
}

static char *path_of(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return path;
}

static cpl_status copy_texts(struct cpl_error *error)
{
    char *copy = NULL, *formatted = NULL;
    cpl_status status = cpl_text_copy(&copy, "对联", error);
    if (status == CPL_OK)
        status = cpl_text_format(&formatted, error, "%s/%d", copy, 5);
    free(copy);
    free(formatted);
    return status;
}

static cpl_status grow_array(struct cpl_error *error)
{
    int *array = NULL;
    size_t capacity = 0;
    cpl_status status = CPL_OK;
    for (size_t i = 0; i < 200 && status == CPL_OK; i++) {
        status = cpl_memory_grow(&array, &capacity, i + 1, sizeof *array, error);
        if (status == CPL_OK)
            array[i] = (int)i;
    }
    if (status == CPL_OK)
        assert_int_equal(array[199], 199);
    free(array);
    return status;
}

static cpl_status fill_buffer(struct cpl_error *error)
{
    struct cpl_buffer buffer = {0};
    for (int i = 0; i < 50; i++)
        cpl_buffer_format(&buffer, "%d ", i);
    cpl_buffer_add_json_string(&buffer, "a\n", 2);
    cpl_status status = cpl_buffer_check(&buffer, error);
    cpl_buffer_clear(&buffer);
    return status;
}

static cpl_status read_file(struct cpl_error *error)
{
    char *data = NULL;
    size_t size = 0;
    cpl_status status = cpl_file_read(&data, &size, path_of("file"), error);
    if (status == CPL_OK)
        assert_string_equal(data, "content");
    free(data);
    return status;
}

static cpl_status write_file(struct cpl_error *error)
{
    return cpl_file_write(path_of("file"), "content", 7, error);
}

static cpl_status make_and_remove(struct cpl_error *error)
{
    cpl_status status = cpl_directory_make(path_of("a/b/c"), error);
    if (status == CPL_OK)
        status = cpl_path_remove(path_of("a"), error);
    return status;
}

static cpl_status list_directory(struct cpl_error *error)
{
    char **names = NULL;
    size_t n_names = 0;
    cpl_status status = cpl_directory_list(&names, &n_names, directory, error);
    if (status == CPL_OK)
        cpl_names_free(names, n_names);
    return status;
}

static cpl_status take_lock(struct cpl_error *error)
{
    struct cpl_lock lock = {0};
    cpl_status status = cpl_lock_take(&lock, directory, error);
    cpl_lock_release(&lock);
    return status;
}

static cpl_status save_json(struct cpl_error *error)
{
    json_t *value = json_pack("{s:i, s:[f, s]}", "a", 1, "b", 0.5, "c");
    assert_non_null(value);
    cpl_status status = cpl_json_save(value, path_of("value.json"), error);
    json_decref(value);
    return status;
}

static cpl_status load_json(struct cpl_error *error)
{
    json_t *value = NULL;
    cpl_status status = cpl_json_load(&value, path_of("value.json"), 0, error);
    json_decref(value);
    return status;
}

static void test_each_allocation_may_fail(void **state)
{
    (void)state;
    static const struct {
        attempt *call;
        size_t allocations; /* at least */
    } cases[] = {
        {copy_texts, 2}, {grow_array, 5},      {fill_buffer, 4}, {write_file, 3},
        {read_file, 1},  {make_and_remove, 4}, {write_file, 3},  {list_directory, 2},
        {take_lock, 1},  {save_json, 5},       {load_json, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_true(fail_each(cases[i].call) >= cases[i].allocations);
}

static void test_failed_write_keeps_the_file(void **state)
{
    (void)state;
    assert_int_equal(write_file(NULL), CPL_OK);
    for (size_t n = 1; n <= 3; n++) {
        cpl_memory_fail_at(n);
        cpl_status status = cpl_file_write(path_of("file"), "other", 5, NULL);
        cpl_memory_fail_at(0);
        assert_int_equal(status, CPL_ERROR_SYSTEM);
        assert_int_equal(read_file(NULL), CPL_OK); /* still "content" */
        assert_false(cpl_file_exists(path_of("file.partial")));
    }
}

static int make_directory(void **state)
{
    (void)state;
    return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
    (void)state;
    return cpl_path_remove(directory, NULL) == CPL_OK ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_allocation_may_fail),
        cmocka_unit_test(test_failed_write_keeps_the_file),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
