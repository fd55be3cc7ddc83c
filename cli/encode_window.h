/* Lines of JSON encoded many at a time: memory holds one window of them, all cores work on it. */
#ifndef COUPLET_CLI_ENCODE_WINDOW_H
#define COUPLET_CLI_ENCODE_WINDOW_H

#include "json_lines.h"

#include <couplet/tokenizer.h>

enum { CLI_WINDOW_LINES = 4096 };
struct cli_encode_window {
    const struct cpl_tokenizer *tokenizer;
    struct cpl_encode_options options;
    bool pairs;  /* each line is ["first", "second"] */
    int threads; /* at least 1 */
    size_t n;
    char *raw; /* the lines as they were read, one behind the other */
    size_t raw_length, raw_capacity;
    size_t begin[CLI_WINDOW_LINES + 1];             /* of the lines in raw */
    unsigned long long number[CLI_WINDOW_LINES];    /* of the lines in the file */
    struct cpl_json_value *value[CLI_WINDOW_LINES]; /* own the texts */
    struct cpl_encode_input input[CLI_WINDOW_LINES];
    struct cpl_encoding encoding[CLI_WINDOW_LINES];
};
/* Reads and encodes the next lines; n is 0 at their end.  Messages name file and line; of lines with an
 * error the first counts, and those before it are not lost: `n` of them are encoded. */
cpl_status cli_encode_window_next(struct cli_encode_window *window, struct cli_lines *lines,
                                  struct cpl_error *error);
void cli_encode_window_clear(struct cli_encode_window *window);

#endif
