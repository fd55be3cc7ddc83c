/* labels: sanitize fast */
/* Files: whole reads, maps, atomic writes, directories, locks, and the errors of each. */
#include "base/file.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char directory[] = "/tmp/couplet-file-XXXXXX";

static const char *in_directory(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return path;
}

static void assert_content(const char *path, const char *expected)
{
    char *data = NULL;
    size_t size = 0;
    assert_int_equal(cpl_file_read(&data, &size, path, NULL), CPL_OK);
    assert_int_equal(size, strlen(expected));
    assert_string_equal(data, expected);
    free(data);
}

static void test_write_and_read(void **state)
{
    (void)state;
    const char *path = in_directory("对联 a.txt");
    struct cpl_map map;
    assert_int_equal(cpl_file_write(path, "one", 3, NULL), CPL_OK);
    assert_content(path, "one");
    assert_int_equal(cpl_map_open(&map, path, NULL), CPL_OK);
    assert_int_equal(map.size, 3);
    assert_memory_equal(map.data, "one", 3);
    cpl_map_close(&map);
    assert_int_equal(cpl_file_write(path, "", 0, NULL), CPL_OK);
    assert_content(path, "");
    assert_int_equal(cpl_map_open(&map, path, NULL), CPL_OK);
    assert_null(map.data);
    cpl_map_close(&map);
}

static void test_missing_files_are_named(void **state)
{
    (void)state;
    struct cpl_error error = {0};
    struct cpl_map map;
    assert_int_equal(cpl_map_open(&map, "/no/such", &error), CPL_ERROR_SYSTEM);
    assert_string_equal(error.message, "/no/such: cannot open: No such file or directory");
    error = (struct cpl_error){0};
    assert_int_equal(cpl_map_open(&map, directory, &error), CPL_ERROR_INPUT);
    assert_non_null(strstr(error.message, "not a regular file"));
    char *data;
    size_t size;
    assert_int_equal(cpl_file_read(&data, &size, directory, NULL), CPL_ERROR_SYSTEM);
    assert_int_equal(cpl_file_write("/no/such", "a", 1, NULL), CPL_ERROR_SYSTEM);
    assert_int_equal(cpl_file_write(directory, "a", 1, NULL), CPL_ERROR_SYSTEM);
}

static void test_abandoned_write_keeps_the_old_file(void **state)
{
    (void)state;
    const char *path = in_directory("kept");
    struct cpl_writer writer;
    assert_int_equal(cpl_file_write(path, "old", 3, NULL), CPL_OK);
    assert_int_equal(cpl_writer_open(&writer, path, NULL), CPL_OK);
    fputs("new", writer.stream);
    cpl_writer_abandon(&writer);
    cpl_writer_abandon(&writer);
    assert_content(path, "old");
    assert_false(cpl_file_exists(in_directory("kept.partial")));
}

static void test_failed_write_keeps_the_old_file(void **state)
{
    (void)state;
    const char *path = in_directory("limited");
    char *large = calloc(1, 1 << 20);
    struct rlimit before, small;
    struct cpl_error error = {0};
    assert_non_null(large);
    assert_int_equal(cpl_file_write(path, "old", 3, NULL), CPL_OK);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 1000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    cpl_status status = cpl_file_write(path, large, 1 << 20, &error);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(status, CPL_ERROR_SYSTEM);
    assert_non_null(strstr(error.message, "cannot write"));
    assert_content(path, "old");
    assert_false(cpl_file_exists(in_directory("limited.partial")));
    free(large);
}

static void test_full_disk_is_noticed(void **state)
{
    (void)state;
    struct cpl_error error = {0};
    if (!cpl_file_exists("/dev/full")) {
        print_message("no /dev/full here\n");
        skip();
    }
    assert_int_equal(cpl_file_write("/dev/full", "a", 1, &error), CPL_ERROR_SYSTEM);
    assert_string_equal(error.message, "/dev/full: cannot write: No space left on device");
}

static void test_directories(void **state)
{
    (void)state;
    char deep[200];
    snprintf(deep, sizeof deep, "%s/a/b/c/", directory);
    assert_int_equal(cpl_directory_make(deep, NULL), CPL_OK);
    assert_int_equal(cpl_directory_make(deep, NULL), CPL_OK);
    assert_true(cpl_path_is_directory(deep));
    assert_int_equal(cpl_file_write(in_directory("a/z"), "1", 1, NULL), CPL_OK);
    assert_int_equal(cpl_file_write(in_directory("a/B"), "1", 1, NULL), CPL_OK);
    assert_int_equal(symlink("nowhere", in_directory("a/link")), 0);
    assert_int_equal(cpl_directory_make(in_directory("a/z"), NULL), CPL_ERROR_SYSTEM);
    assert_int_equal(cpl_directory_make(in_directory("a/z/y"), NULL), CPL_ERROR_SYSTEM);

    char **names = NULL;
    size_t n_names = 0;
    assert_int_equal(cpl_directory_list(&names, &n_names, in_directory("a"), NULL), CPL_OK);
    assert_int_equal(n_names, 4);
    assert_string_equal(names[0], "B");
    assert_string_equal(names[3], "z");
    cpl_names_free(names, n_names);
    assert_int_equal(cpl_directory_list(&names, &n_names, "/no/such", NULL), CPL_ERROR_SYSTEM);

    assert_int_equal(cpl_path_remove(in_directory("a"), NULL), CPL_OK);
    assert_false(cpl_file_exists(in_directory("a")));
    assert_int_equal(cpl_path_remove(in_directory("a"), NULL), CPL_OK);
    assert_true(cpl_path_free_bytes(directory) > 0);
}

static void test_rename_and_join(void **state)
{
    (void)state;
    char *joined = NULL;
    assert_int_equal(cpl_path_join(&joined, "a/", "b", NULL), CPL_OK);
    assert_string_equal(joined, "a/b");
    free(joined);
    assert_int_equal(cpl_path_join(&joined, "a", "b", NULL), CPL_OK);
    assert_string_equal(joined, "a/b");
    free(joined);
    char from[100];
    snprintf(from, sizeof from, "%s", in_directory("from"));
    assert_int_equal(cpl_file_write(from, "x", 1, NULL), CPL_OK);
    assert_int_equal(cpl_path_rename(from, in_directory("to"), NULL), CPL_OK);
    assert_content(in_directory("to"), "x");
    assert_int_equal(cpl_path_rename(from, in_directory("to"), NULL), CPL_ERROR_SYSTEM);
}

/* The status that another process gets when it asks for the lock. */
static int lock_from_another_process(void)
{
    pid_t child = fork();
    if (child == 0) {
        struct cpl_lock lock = {0};
        _exit((int)cpl_lock_take(&lock, directory, NULL));
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WEXITSTATUS(status);
}

static void test_lock_is_for_one_process(void **state)
{
    (void)state;
    struct cpl_lock lock = {0}, again = {0};
    struct cpl_error error = {0};
    assert_int_equal(cpl_lock_take(&lock, directory, NULL), CPL_OK);
    assert_int_equal(lock_from_another_process(), CPL_ERROR_STATE);
    assert_int_equal(cpl_lock_take(&again, directory, &error), CPL_ERROR_STATE);
    assert_non_null(strstr(error.message, "in use"));
    cpl_lock_release(&lock);
    cpl_lock_release(&lock);
    assert_int_equal(lock_from_another_process(), CPL_OK);
    assert_int_equal(cpl_lock_take(&again, directory, NULL), CPL_OK);
    cpl_lock_release(&again);
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
        cmocka_unit_test(test_write_and_read),
        cmocka_unit_test(test_missing_files_are_named),
        cmocka_unit_test(test_abandoned_write_keeps_the_old_file),
        cmocka_unit_test(test_failed_write_keeps_the_old_file),
        cmocka_unit_test(test_full_disk_is_noticed),
        cmocka_unit_test(test_directories),
        cmocka_unit_test(test_rename_and_join),
        cmocka_unit_test(test_lock_is_for_one_process),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
