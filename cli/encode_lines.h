/* Encoded texts as lines of JSON. */
#ifndef COUPLET_CLI_ENCODE_LINES_H
#define COUPLET_CLI_ENCODE_LINES_H

#include "encode_window.h"

#include <couplet/text.h>

/* One thread's; begin with the first three set. */
struct cli_line_writer {
    const struct cli_encode_window *window;
    const struct cpl_segmenter *segmenter; /* with "words"; NULL: without */
    bool offsets;                          /* with "offsets" */
    struct cpl_json *json;
    struct cpl_encoding one;
    struct cpl_span *spans;
    size_t n_spans;
    char *out; /* the lines written so far */
    size_t length, capacity;
    cpl_status status; /* of the first line that failed; those before it are in `out` */
    struct cpl_error error;
};
/* Appends lines [begin, end) of the window. */
void cli_line_writer_add(struct cli_line_writer *writer, size_t begin, size_t end);
void cli_line_writer_clear(struct cli_line_writer *writer);

#endif
