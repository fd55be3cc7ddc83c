/* Which files a corpus is built from: see sources.h. */
#include "corpus/sources.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/try.h"
#include "corpus/hash_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

const struct cpl_format_row cpl_formats[CPL_FORMAT_COUNT] = {
#define FORMAT(name, function, extensions, about) {#name, cpl_##function, extensions},
#include "corpus/formats.def"
#undef FORMAT
};

struct walk {
    struct cpl_source_files *files;
    struct cpl_hash_table seen; /* device and inode of files and directories */
    enum cpl_format format;
    uint64_t *dropped;
    size_t source;
};

/* ---- kinds by name ------------------------------------------------------------------------ */

struct name_parts {
    char stem[256];      /* the name without .gz and the like */
    char extension[32];  /* of the stem, lower case, without the dot; "" if it has none */
    char directory[256]; /* name of the directory it is in */
};

static void lower_copy(char *out, size_t size, const char *text)
{
    size_t n = 0;
    for (; text[n] && n + 1 < size; n++)
        out[n] = text[n] >= 'A' && text[n] <= 'Z' ? (char)(text[n] + 32) : text[n];
    out[n] = 0;
}

static void split_name(struct name_parts *parts, const char *path)
{
    static const char *const packed[] = {".gz", ".zst", ".xz"};
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    size_t length = strlen(name);
    for (size_t i = 0; i < sizeof packed / sizeof *packed; i++) {
        size_t n = strlen(packed[i]);
        if (length > n && strcmp(name + length - n, packed[i]) == 0) {
            length -= n;
            break;
        }
    }
    snprintf(parts->stem, sizeof parts->stem, "%.*s", (int)length, name);
    const char *dot = strrchr(parts->stem, '.');
    lower_copy(parts->extension, sizeof parts->extension,
               dot && dot > parts->stem ? dot + 1 : "");
    const char *parent = slash;
    while (parent && parent > path && parent[-1] != '/')
        parent--;
    snprintf(parts->directory, sizeof parts->directory, "%.*s",
             parent ? (int)(slash - parent) : 0, parent ? parent : "");
}

/* "1", "3tcl", "7" */
static bool is_man_section(const char *extension)
{
    return extension[0] >= '1' && extension[0] <= '9' && strlen(extension) <= 6 &&
           strspn(extension + 1, "0123456789") == 0;
}

/* strfile's index beside a file tells that it is a fortune file. */
static bool has_index(const char *path)
{
    char *index = NULL;
    if (cpl_text_format(&index, NULL, "%s.dat", path) != CPL_OK)
        return false;
    bool found = cpl_file_exists(index);
    free(index);
    return found;
}

/* CPL_FORMAT_COUNT if the name tells nothing.  In a directory that is walked, "x.1" is a manual page
 * only in a directory "man…": elsewhere it may be an old log. */
static enum cpl_format format_of(const char *path, bool walked)
{
    struct name_parts parts;
    char wanted[40];
    split_name(&parts, path);
    snprintf(wanted, sizeof wanted, " %s ", parts.extension);
    for (int i = 0; parts.extension[0] && i < CPL_FORMAT_COUNT; i++)
        if (strstr(cpl_formats[i].extensions, wanted))
            return (enum cpl_format)i;
    if (is_man_section(parts.extension) && (!walked || strncmp(parts.directory, "man", 3) == 0))
        return CPL_FORMAT_man;
    if (parts.extension[0] == 0 && has_index(path))
        return CPL_FORMAT_fortune;
    return CPL_FORMAT_COUNT;
}

/* ---- the walk ----------------------------------------------------------------------------- */

static cpl_status add_file(struct walk *walk, const char *path, enum cpl_format format,
                           struct cpl_error *error)
{
    struct cpl_source_files *files = walk->files;
    struct cpl_source_file file = {.format = format, .source = walk->source};
    CPL_TRY(cpl_memory_grow(&files->file, &files->capacity, files->count + 1,
                            sizeof *files->file, error));
    CPL_TRY(cpl_text_copy(&file.path, path, error));
    files->file[files->count++] = file;
    return CPL_OK;
}

/* *again: this file or directory was met before, by this name or through a link. */
static cpl_status meet(struct walk *walk, bool *again, const struct stat *info,
                       struct cpl_error *error)
{
    uint64_t identity[2] = {(uint64_t)info->st_dev, (uint64_t)info->st_ino};
    struct cpl_hash_entry *entry;
    bool is_new = false;
    CPL_TRY(cpl_hash_table_find(&walk->seen, &entry, &is_new,
                                XXH64(identity, sizeof identity, 0), error));
    *again = !is_new;
    return CPL_OK;
}

static cpl_status walk_path(struct walk *walk, const char *path, bool walked,
                            struct cpl_error *error);

static cpl_status walk_directory(struct walk *walk, const char *path, struct cpl_error *error)
{
    char **names = NULL;
    size_t n_names = 0;
    char *child = NULL;
    cpl_status status;
    CPL_TRY(cpl_directory_list(&names, &n_names, path, error));
    status = CPL_OK;
    for (size_t i = 0; i < n_names; i++) {
        if (names[i][0] == '.')
            continue;
        CPL_TRY_GOTO(cpl_path_join(&child, path, names[i], error));
        CPL_TRY_GOTO(walk_path(walk, child, true, error));
        free(child);
        child = NULL;
    }
done:
    free(child);
    cpl_names_free(names, n_names);
    return status;
}

static cpl_status walk_file(struct walk *walk, const char *path, bool walked,
                            struct cpl_error *error)
{
    enum cpl_format format = walk->format;
    if (format == CPL_FORMAT_COUNT)
        format = format_of(path, walked);
    if (format == CPL_FORMAT_COUNT && !walked)
        format = CPL_FORMAT_txt;
    if (format == CPL_FORMAT_COUNT) {
        walk->dropped[CPL_DROP_files_unknown]++;
        return CPL_OK;
    }
    return add_file(walk, path, format, error);
}

static cpl_status walk_path(struct walk *walk, const char *path, bool walked,
                            struct cpl_error *error)
{
    struct stat info;
    bool again = false;
    if (strcmp(path, "-") == 0)
        return add_file(walk, path,
                        walk->format == CPL_FORMAT_COUNT ? CPL_FORMAT_txt : walk->format,
                        error);
    if (stat(path, &info) != 0) {
        bool dangling = walked && lstat(path, &info) == 0 && S_ISLNK(info.st_mode);
        walk->dropped[CPL_DROP_files_linked] += dangling;
        return dangling ? CPL_OK : cpl_error_errno(error, path, "read");
    }
    if (!S_ISDIR(info.st_mode) && !S_ISREG(info.st_mode) && walked)
        return CPL_OK;
    CPL_TRY(meet(walk, &again, &info, error));
    if (again) {
        walk->dropped[CPL_DROP_files_linked]++;
        return CPL_OK;
    }
    return S_ISDIR(info.st_mode) ? walk_directory(walk, path, error)
                                 : walk_file(walk, path, walked, error);
}

cpl_status cpl_source_files_list(struct cpl_source_files *files, const char *const *sources,
                                 size_t n_sources, enum cpl_format format, uint64_t *dropped,
                                 struct cpl_error *error)
{
    struct walk walk = {.files = files, .format = format, .dropped = dropped};
    cpl_status status = CPL_OK;
    for (walk.source = 0; walk.source < n_sources && status == CPL_OK; walk.source++)
        status = walk_path(&walk, sources[walk.source], false, error);
    cpl_hash_table_clear(&walk.seen);
    return status;
}

void cpl_source_files_clear(struct cpl_source_files *files)
{
    for (size_t i = 0; i < files->count; i++)
        free(files->file[i].path);
    free(files->file);
    *files = (struct cpl_source_files){0};
}
