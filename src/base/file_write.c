/* Atomic writes: see file.h. */
#include "base/file.h"
#include "base/memory.h"
#include "base/try.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A terminal, a pipe or /dev/stdout is written in place: there is nothing to replace by
 * renaming. */
static bool is_stream(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode);
}

static void clear_names(struct cpl_writer *writer)
{
    free(writer->path);
    free(writer->partial);
    *writer = (struct cpl_writer){0};
}

cpl_status cpl_writer_open(struct cpl_writer *writer, const char *path, struct cpl_error *error)
{
    cpl_status status;
    *writer = (struct cpl_writer){0};
    if (cpl_path_is_directory(path))
        return cpl_error_set(error, CPL_ERROR_SYSTEM, path,
                             "is a directory, a file is to be written");
    CPL_TRY_GOTO(cpl_text_copy(&writer->path, path, error));
    if (!is_stream(path))
        CPL_TRY_GOTO(cpl_text_format(&writer->partial, error, "%s.partial", path));
    writer->stream = fopen(writer->partial ? writer->partial : path, "wbe");
    if (!writer->stream)
        status = cpl_error_errno(error, path, "write");
done:
    if (status != CPL_OK)
        clear_names(writer);
    return status;
}

/* All bytes on disk, stream closed. */
static cpl_status finish_stream(struct cpl_writer *writer, struct cpl_error *error)
{
    cpl_status status = CPL_OK;
    if (fflush(writer->stream) != 0)
        status = cpl_error_errno(error, writer->path, "write");
    else if (ferror(writer->stream))
        status = cpl_error_set(error, CPL_ERROR_SYSTEM, writer->path, "a write failed");
    else if (writer->partial && fsync(fileno(writer->stream)) != 0)
        status = cpl_error_errno(error, writer->path, "flush");
    if (fclose(writer->stream) != 0 && status == CPL_OK)
        status = cpl_error_errno(error, writer->path, "write");
    writer->stream = NULL;
    return status;
}

cpl_status cpl_writer_commit(struct cpl_writer *writer, struct cpl_error *error)
{
    cpl_status status = finish_stream(writer, error);
    if (status == CPL_OK && writer->partial)
        status = cpl_path_rename(writer->partial, writer->path, error);
    if (status != CPL_OK && writer->partial)
        unlink(writer->partial);
    clear_names(writer);
    return status;
}

void cpl_writer_abandon(struct cpl_writer *writer)
{
    if (!writer->stream)
        return;
    fclose(writer->stream);
    if (writer->partial)
        unlink(writer->partial);
    clear_names(writer);
}

cpl_status cpl_file_write(const char *path, const void *data, size_t size,
                          struct cpl_error *error)
{
    struct cpl_writer writer;
    CPL_TRY(cpl_writer_open(&writer, path, error));
    if (size && fwrite(data, 1, size, writer.stream) != size) {
        cpl_status status = cpl_error_errno(error, path, "write");
        cpl_writer_abandon(&writer);
        return status;
    }
    return cpl_writer_commit(&writer, error);
}

static cpl_status open_directory(int *descriptor, const char *path, struct cpl_error *error)
{
    *descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return *descriptor < 0 ? cpl_error_errno(error, path, "open") : CPL_OK;
}

/* Some file systems cannot flush a directory and say EINVAL; there is nothing more to do then. */
static cpl_status sync_directory(int descriptor, const char *path, struct cpl_error *error)
{
    return fsync(descriptor) != 0 && errno != EINVAL ? cpl_error_errno(error, path, "flush")
                                                     : CPL_OK;
}

cpl_status cpl_directory_sync(const char *path, struct cpl_error *error)
{
    int descriptor;
    CPL_TRY(open_directory(&descriptor, path, error));
    cpl_status status = sync_directory(descriptor, path, error);
    close(descriptor);
    return status;
}

static cpl_status open_parent(int *descriptor, const char *path, struct cpl_error *error)
{
    char *parent = NULL;
    const char *slash = strrchr(path, '/');
    if (!slash)
        return open_directory(descriptor, ".", error);
    CPL_TRY(cpl_text_copy_n(&parent, path, slash == path ? 1 : (size_t)(slash - path), error));
    cpl_status status = open_directory(descriptor, parent, error);
    free(parent);
    return status;
}

/* The directory is opened first: after the rename nothing but the flush itself can fail. */
cpl_status cpl_path_rename(const char *from, const char *to, struct cpl_error *error)
{
    int parent;
    CPL_TRY(open_parent(&parent, to, error));
    cpl_status status = rename(from, to) == 0 ? sync_directory(parent, to, error)
                                              : cpl_error_errno(error, to, "replace");
    close(parent);
    return status;
}
