/* Files: whole reads, memory maps, atomic writes, directories, locks.  Paths are UTF-8 bytes. */
#ifndef CPL_BASE_FILE_H
#define CPL_BASE_FILE_H

#include <couplet/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* A read-only map of a whole file.  The zero value is an empty map. */
struct cpl_map {
    const unsigned char *data; /* NULL for an empty file */
    size_t size;
};
cpl_status cpl_map_open(struct cpl_map *map, const char *path, struct cpl_error *error);
void cpl_map_close(struct cpl_map *map);

/* *data = heap copy of the file followed by a NUL, *size without it.  Path "-" is standard input. */
cpl_status cpl_file_read(char **data, size_t *size, const char *path, struct cpl_error *error);
bool cpl_file_exists(const char *path);
bool cpl_path_is_directory(const char *path);
/* Bytes free for us on the file system of `path`; 0 if unknown. */
size_t cpl_path_free_bytes(const char *path);

/* Atomic write: everything goes to "PATH.partial"; commit flushes file and directory and renames.
 * An abandoned or failed write leaves the old file as it was. */
struct cpl_writer {
    FILE *stream; /* write with fwrite/fputs; errors are noticed at commit */
    char *path;
    char *partial;
};
cpl_status cpl_writer_open(struct cpl_writer *writer, const char *path,
                           struct cpl_error *error);
cpl_status cpl_writer_commit(struct cpl_writer *writer, struct cpl_error *error);
void cpl_writer_abandon(struct cpl_writer *writer); /* no effect after commit */
/* open, write, commit in one. */
cpl_status cpl_file_write(const char *path, const void *data, size_t size,
                          struct cpl_error *error);

/* Makes the directory and its parents; an existing one is fine. */
cpl_status cpl_directory_make(const char *path, struct cpl_error *error);
/* Names in a directory, sorted by bytes, without "." and ".."; a heap array of heap texts. */
cpl_status cpl_directory_list(char ***names, size_t *n_names, const char *path,
                              struct cpl_error *error);
void cpl_names_free(char **names, size_t n_names);
/* Removes a file or a directory with all it holds; a missing path is fine. */
cpl_status cpl_path_remove(const char *path, struct cpl_error *error);
/* Flushes a directory's entries to disk. */
cpl_status cpl_directory_sync(const char *path, struct cpl_error *error);
/* rename() plus flushing the parent directory. */
cpl_status cpl_path_rename(const char *from, const char *to, struct cpl_error *error);
/* *out = "a/b" on the heap. */
cpl_status cpl_path_join(char **out, const char *a, const char *b, struct cpl_error *error);

/* An exclusive flock on DIR/lock, held until closed; CPL_ERROR_STATE if another process has it. */
struct cpl_lock {
    int descriptor; /* 0 means not held */
};
cpl_status cpl_lock_take(struct cpl_lock *lock, const char *directory, struct cpl_error *error);
void cpl_lock_release(struct cpl_lock *lock);

#endif
