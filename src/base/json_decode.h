/* JSON text to jansson's values (RFC 8259), as strict as json_loadb with JSON_REJECT_DUPLICATES.  Unlike it,
 * keys may hold U+0000 where JSON_ALLOW_NUL is set. */
#ifndef CPL_BASE_JSON_DECODE_H
#define CPL_BASE_JSON_DECODE_H

#include <couplet/status.h>
#include <jansson.h>

/* Values inside values, the innermost counted. */
enum { CPL_JSON_MAX_DEPTH = 2048 };

/* *out: a new reference.  `flags`: JSON_ALLOW_NUL, JSON_DECODE_ANY, JSON_DECODE_INT_AS_REAL.  Errors name
 * `where`, line and column. */
cpl_status cpl_json_decode(json_t **out, const char *text, size_t length, const char *where,
                           size_t flags, struct cpl_error *error);

#endif
