/* Directories: see file.h. */
#include "base/file.h"
#include "base/memory.h"
#include "base/try.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static cpl_status make_one(const char *path, struct cpl_error *error)
{
    if (mkdir(path, 0777) == 0 || (errno == EEXIST && cpl_path_is_directory(path)))
        return CPL_OK;
    if (errno == EEXIST)
        return cpl_error_set(error, CPL_ERROR_SYSTEM, path, "is a file, a directory is needed");
    return cpl_error_errno(error, path, "make the directory");
}

cpl_status cpl_directory_make(const char *path, struct cpl_error *error)
{
    char *copy = NULL;
    CPL_TRY(cpl_text_copy(&copy, path, error));
    cpl_status status = CPL_OK;
    for (char *slash = copy; status == CPL_OK && (slash = strchr(slash + 1, '/'));) {
        *slash = 0;
        status = make_one(copy, error);
        *slash = '/';
    }
    free(copy);
    return status == CPL_OK ? make_one(path, error) : status;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

struct name_list {
    char **names;
    size_t count, capacity;
};

static cpl_status add_name(struct name_list *list, const char *name, struct cpl_error *error)
{
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return CPL_OK;
    CPL_TRY(
        cpl_memory_grow(&list->names, &list->capacity, list->count + 1, sizeof(char *), error));
    CPL_TRY(cpl_text_copy(&list->names[list->count], name, error));
    list->count++;
    return CPL_OK;
}

static cpl_status read_names(struct name_list *list, DIR *directory, const char *path,
                             struct cpl_error *error)
{
    for (;;) {
        errno = 0;
        struct dirent *entry = readdir(directory);
        if (!entry)
            return errno ? cpl_error_errno(error, path, "read the directory") : CPL_OK;
        CPL_TRY(add_name(list, entry->d_name, error));
    }
}

cpl_status cpl_directory_list(char ***names, size_t *n_names, const char *path,
                              struct cpl_error *error)
{
    DIR *directory = opendir(path);
    if (!directory)
        return cpl_error_errno(error, path, "open the directory");
    struct name_list list = {0};
    cpl_status status = read_names(&list, directory, path, error);
    closedir(directory);
    if (status != CPL_OK) {
        cpl_names_free(list.names, list.count);
        return status;
    }
    if (list.count)
        qsort(list.names, list.count, sizeof(char *), compare_names);
    *names = list.names;
    *n_names = list.count;
    return CPL_OK;
}

void cpl_names_free(char **names, size_t n_names)
{
    for (size_t i = 0; i < n_names; i++)
        free(names[i]);
    free(names);
}

static cpl_status remove_content(const char *path, struct cpl_error *error)
{
    char **names = NULL;
    size_t n_names = 0;
    CPL_TRY(cpl_directory_list(&names, &n_names, path, error));
    cpl_status status = CPL_OK;
    for (size_t i = 0; i < n_names && status == CPL_OK; i++) {
        char *child = NULL;
        status = cpl_path_join(&child, path, names[i], error);
        if (status == CPL_OK)
            status = cpl_path_remove(child, error);
        free(child);
    }
    cpl_names_free(names, n_names);
    return status;
}

cpl_status cpl_path_remove(const char *path, struct cpl_error *error)
{
    struct stat info;
    if (lstat(path, &info) != 0)
        return errno == ENOENT ? CPL_OK : cpl_error_errno(error, path, "remove");
    bool directory = S_ISDIR(info.st_mode);
    if (directory)
        CPL_TRY(remove_content(path, error));
    int failed = directory ? rmdir(path) : unlink(path);
    return failed && errno != ENOENT ? cpl_error_errno(error, path, "remove") : CPL_OK;
}
