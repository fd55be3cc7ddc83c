/* Reading files, paths and locks: see file.h.  Writing is in file_write.c, directories in
 * directory.c. */
#include "base/file.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "base/try.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static cpl_status map_descriptor(struct cpl_map *map, int descriptor, const char *path,
                                 struct cpl_error *error)
{
    struct stat info;
    if (fstat(descriptor, &info) != 0)
        return cpl_error_errno(error, path, "read");
    if (!S_ISREG(info.st_mode))
        return cpl_error_set(error, CPL_ERROR_INPUT, path, "not a regular file");
    *map = (struct cpl_map){0};
    if (info.st_size == 0)
        return CPL_OK;
    void *data = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (data == MAP_FAILED)
        return cpl_error_errno(error, path, "map");
    *map = (struct cpl_map){data, (size_t)info.st_size};
    return CPL_OK;
}

cpl_status cpl_map_open(struct cpl_map *map, const char *path, struct cpl_error *error)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return cpl_error_errno(error, path, "open");
    cpl_status status = map_descriptor(map, descriptor, path, error);
    close(descriptor);
    return status;
}

void cpl_map_close(struct cpl_map *map)
{
    if (map->data)
        munmap((void *)(uintptr_t)map->data, map->size);
    *map = (struct cpl_map){0};
}

static cpl_status read_descriptor(struct cpl_buffer *content, int descriptor, const char *path,
                                  struct cpl_error *error)
{
    char part[65536];
    for (;;) {
        ssize_t got = read(descriptor, part, sizeof part);
        if (got == 0)
            return cpl_buffer_check(content, error);
        if (got < 0 && errno != EINTR)
            return cpl_error_errno(error, path, "read");
        if (got > 0)
            cpl_buffer_add(content, part, (size_t)got);
        CPL_TRY(cpl_buffer_check(content, error));
    }
}

cpl_status cpl_file_read(char **data, size_t *size, const char *path, struct cpl_error *error)
{
    bool standard_input = strcmp(path, "-") == 0;
    const char *name = standard_input ? "standard input" : path;
    int descriptor = standard_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return cpl_error_errno(error, name, "open");
    struct cpl_buffer content = {0};
    cpl_buffer_add_text(&content, ""); /* so that an empty file is an empty text, not NULL */
    cpl_status status = read_descriptor(&content, descriptor, name, error);
    if (!standard_input)
        close(descriptor);
    if (status != CPL_OK) {
        cpl_buffer_clear(&content);
        return status;
    }
    *data = content.data;
    *size = content.length;
    return CPL_OK;
}

bool cpl_file_exists(const char *path) { return access(path, F_OK) == 0; }

bool cpl_path_is_directory(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

size_t cpl_path_free_bytes(const char *path)
{
    struct statvfs info;
    size_t bytes;
    if (statvfs(path, &info) != 0 || !cpl_size_multiply(&bytes, info.f_bavail, info.f_frsize))
        return 0;
    return bytes;
}

cpl_status cpl_path_join(char **out, const char *a, const char *b, struct cpl_error *error)
{
    size_t length = strlen(a);
    const char *between = length == 0 || a[length - 1] == '/' ? "" : "/";
    return cpl_text_format(out, error, "%s%s%s", a, between, b);
}

/* Opens above 2, so that 0 can mean "not held" also when standard input is closed. */
static int open_lock_file(const char *path)
{
    int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (descriptor < 0 || descriptor > 2)
        return descriptor;
    int higher = fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
    close(descriptor);
    return higher;
}

cpl_status cpl_lock_take(struct cpl_lock *lock, const char *directory, struct cpl_error *error)
{
    char *path = NULL;
    CPL_TRY(cpl_path_join(&path, directory, "lock", error));
    cpl_status status = CPL_OK;
    int descriptor = open_lock_file(path);
    if (descriptor < 0) {
        status = cpl_error_errno(error, path, "open");
    } else if (flock(descriptor, LOCK_EX | LOCK_NB) == 0) {
        lock->descriptor = descriptor;
    } else {
        status = errno == EWOULDBLOCK
                     ? cpl_error_set(error, CPL_ERROR_STATE, directory,
                                     "in use by another process (it holds %s)", path)
                     : cpl_error_errno(error, path, "lock");
        close(descriptor);
    }
    free(path);
    return status;
}

void cpl_lock_release(struct cpl_lock *lock)
{
    if (lock->descriptor)
        close(lock->descriptor);
    lock->descriptor = 0;
}
