/* Lines of JSON from a file or standard input, one value at a time.  A line of more than CLI_LONGEST_LINE
 * bytes is an error that names it, and is not read to its end. */
#ifndef COUPLET_CLI_JSON_LINES_H
#define COUPLET_CLI_JSON_LINES_H

#include "cli.h"

enum { CLI_LONGEST_LINE = 256 << 20 };

struct cli_lines {
    int file; /* descriptor */
    bool open;
    const char *path;
    char *line; /* the line that was read last, with a NUL behind it */
    size_t capacity;
    char *block; /* what was read and not yet given out: [begin, end) */
    size_t begin, end;
    unsigned long long number;
    char where[300]; /* "path:number" of the line that was read last, for messages */
};
/* `path` NULL or "-": standard input.  Close also after errors. */
cpl_status cli_lines_open(struct cli_lines *lines, const char *path, struct cpl_error *error);
/* The next line that is not blank, in lines->line; *length 0 at the end. */
cpl_status cli_lines_read(struct cli_lines *lines, size_t *length, struct cpl_error *error);
/* The same, as a value; *value NULL at the end, else free it with cpl_json_value_free. */
cpl_status cli_lines_next(struct cli_lines *lines, struct cpl_json_value **value,
                          struct cpl_error *error);
void cli_lines_close(struct cli_lines *lines);

#endif
