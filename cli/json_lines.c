/* Lines of JSON: see json_lines.h. */
#include "json_lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

cpl_status cli_lines_open(struct cli_lines *lines, const char *path, struct cpl_error *error)
{
    bool standard_input = !path || strcmp(path, "-") == 0;
    lines->path = standard_input ? "standard input" : path;
    lines->file = standard_input ? stdin : fopen(path, "rb");
    return lines->file ? CPL_OK : cpl_error_errno(error, path, "read it");
}

void cli_lines_close(struct cli_lines *lines)
{
    if (lines->file && lines->file != stdin)
        fclose(lines->file);
    free(lines->line);
}

cpl_status cli_lines_read(struct cli_lines *lines, size_t *length, struct cpl_error *error)
{
    for (;;) {
        errno = 0;
        *length = 0;
        ssize_t n = getline(&lines->line, &lines->capacity, lines->file);
        if (n < 0)
            return ferror(lines->file) ? cpl_error_errno(error, lines->path, "read it")
                                       : CPL_OK;
        lines->number++;
        if (strspn(lines->line, " \t\r\n") == (size_t)n)
            continue;
        *length = (size_t)n;
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
