/* Strings and numbers of JSON text (RFC 8259), for json_decode.c. */
#ifndef CPL_BASE_JSON_SCAN_H
#define CPL_BASE_JSON_SCAN_H

#include "base/buffer.h"

#include <jansson.h>
#include <stdbool.h>

/* Where the reading is; `fault` and its place are set by what returns false, and stay NULL when memory
 * ran out. */
struct cpl_json_scan {
    const char *text, *end, *at;
    size_t flags; /* jansson's, of decoding */
    const char *fault, *fault_at;
};

/* Decoded bytes, inside the text or in a buffer. */
struct cpl_json_string {
    const char *bytes;
    size_t length;
};

/* Sets the fault; returns false. */
bool cpl_json_scan_fail(struct cpl_json_scan *scan, const char *at, const char *fault);

/* The string that begins at scan->at, which is moved behind its closing quote.  *out stays valid until
 * `buffer` is used again. */
bool cpl_json_scan_string(struct cpl_json_scan *scan, struct cpl_json_string *out,
                          struct cpl_buffer *buffer);

/* The number that begins at scan->at with a minus sign or a digit; *out: a new reference. */
bool cpl_json_scan_number(struct cpl_json_scan *scan, json_t **out, struct cpl_buffer *buffer);

#endif
