/* Text put together from pieces: white space between them collapses, lines are closed
 * explicitly. What the readers of marked-up text share. */
#ifndef CPL_CORPUS_FLOW_H
#define CPL_CORPUS_FLOW_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stdint.h>

struct cpl_flow {
    struct cpl_buffer text;
    size_t line_begin; /* of the open line, in text */
    bool space_waits;  /* white space since the last character */
    bool feed_waits;   /* some of it was a line feed */
    uint32_t last;     /* last character of the open line, 0: none */
};

/* Appends characters; white space collapses to one blank, and to nothing where a line feed
 * stands between two wide characters. */
void cpl_flow_add(struct cpl_flow *flow, const char *text, size_t length);
void cpl_flow_add_code(struct cpl_flow *flow, uint32_t code);
/* Appends as it is, spaces and line feeds too. */
void cpl_flow_add_verbatim(struct cpl_flow *flow, const char *text, size_t length);
/* Closes the open line if there is anything on it. */
void cpl_flow_end_line(struct cpl_flow *flow);
/* Takes back what was added since a place in text (of the open line). */
void cpl_flow_cut(struct cpl_flow *flow, size_t length);
void cpl_flow_clear(struct cpl_flow *flow);

/* Chinese characters and their punctuation: no blank belongs between two of them. */
bool cpl_code_is_wide(uint32_t code);

#endif
