/* Lines of JSON: see json_lines.h. */
#include "json_lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK = 1 << 16 };

cpl_status cli_lines_open(struct cli_lines *lines, const char *path, struct cpl_error *error)
{
    bool standard_input = !path || strcmp(path, "-") == 0;
    lines->path = standard_input ? "standard input" : path;
    lines->file = standard_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    lines->open = lines->file >= 0 && !standard_input;
    return lines->file >= 0 ? CPL_OK : cpl_error_errno(error, path, "read it");
}

void cli_lines_close(struct cli_lines *lines)
{
    if (lines->open)
        close(lines->file);
    free(lines->line);
    free(lines->block);
}

/* Reads what there is, so that lines of a pipe come as they are written; nothing at the end. */
static cpl_status fill_block(struct cli_lines *lines, struct cpl_error *error)
{
    ssize_t n;
    if (!lines->block && !(lines->block = malloc(BLOCK)))
        return cpl_error_set(error, CPL_ERROR_SYSTEM, NULL, "out of memory");
    do
        n = read(lines->file, lines->block, BLOCK);
    while (n < 0 && errno == EINTR && !cli_stop_requested());
    if (n < 0)
        return cpl_error_errno(error, lines->path, "read it");
    lines->begin = 0;
    lines->end = (size_t)n;
    return CPL_OK;
}

/* Puts `n` bytes of the block behind the `length` of the line. */
static cpl_status take_bytes(struct cli_lines *lines, size_t length, size_t n,
                             struct cpl_error *error)
{
    if (length + n > CLI_LONGEST_LINE) {
        snprintf(lines->where, sizeof lines->where, "%.250s:%llu", lines->path,
                 lines->number + 1);
        return cpl_error_set(error, CPL_ERROR_INPUT, lines->where,
                             "the line is longer than %d MiB", CLI_LONGEST_LINE >> 20);
    }
    if (length + n + 1 > lines->capacity) {
        size_t capacity = 2 * (length + n + 1);
        char *grown = realloc(lines->line, capacity);
        if (!grown)
            return cpl_error_set(error, CPL_ERROR_SYSTEM, NULL, "out of memory");
        lines->line = grown;
        lines->capacity = capacity;
    }
    memcpy(lines->line + length, lines->block + lines->begin, n);
    lines->line[length + n] = '\0';
    lines->begin += n;
    return CPL_OK;
}

/* One line with its line feed, if it has one; *length 0 at the end of the file. */
static cpl_status read_line(struct cli_lines *lines, size_t *length, struct cpl_error *error)
{
    *length = 0;
    for (bool whole = false; !whole;) {
        cpl_status status = CPL_OK;
        if (lines->begin == lines->end)
            status = fill_block(lines, error);
        if (status != CPL_OK || lines->begin == lines->end)
            return status;
        size_t there = lines->end - lines->begin;
        const char *from = lines->block + lines->begin, *feed = memchr(from, '\n', there);
        size_t n = feed ? (size_t)(feed - from) + 1 : there;
        status = take_bytes(lines, *length, n, error);
        if (status != CPL_OK)
            return status;
        *length += n;
        whole = feed != NULL;
    }
    return CPL_OK;
}

cpl_status cli_lines_read(struct cli_lines *lines, size_t *length, struct cpl_error *error)
{
    for (;;) {
        cpl_status status = read_line(lines, length, error);
        if (status != CPL_OK || *length == 0)
            return status;
        lines->number++;
        if (strspn(lines->line, " \t\r\n") != *length)
            return CPL_OK;
    }
}

cpl_status cli_lines_next(struct cli_lines *lines, struct cpl_json_value **value,
                          struct cpl_error *error)
{
    size_t length;
    *value = NULL;
    cpl_status status = cli_lines_read(lines, &length, error);
    if (status != CPL_OK || length == 0)
        return status;
    snprintf(lines->where, sizeof lines->where, "%.250s:%llu", lines->path, lines->number);
    return cpl_json_value_parse(value, lines->line, length, lines->where, error);
}
