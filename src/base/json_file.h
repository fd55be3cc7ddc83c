/* JSON files on top of jansson, strict: duplicate keys, bad UTF-8 and trailing text are errors that
 * name file, line and column.  jansson's own types are used elsewhere in the library. */
#ifndef CPL_BASE_JSON_FILE_H
#define CPL_BASE_JSON_FILE_H

#include <couplet/status.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* *out: new reference, free with json_decref.  `flags`: jansson's JSON_ALLOW_NUL, JSON_DECODE_ANY and
 * JSON_DECODE_INT_AS_REAL, usually 0.  JSON text (RFC 8259) is taken as strictly as by json_loadb with
 * JSON_REJECT_DUPLICATES, up to 2048 values inside each other; unlike there, keys may hold U+0000 where
 * JSON_ALLOW_NUL is set. */
cpl_status cpl_json_load(json_t **out, const char *path, size_t flags, struct cpl_error *error);
cpl_status cpl_json_parse(json_t **out, const char *text, size_t length, const char *where,
                          size_t flags, struct cpl_error *error);
/* Writes atomically, indented by 2, keys in order of insertion, numbers so that they read back. */
cpl_status cpl_json_save(const json_t *value, const char *path, struct cpl_error *error);

/* Typed members of an object: missing key -> *out unchanged, CPL_OK; wrong type or range ->
 * CPL_ERROR_INPUT naming `where` and key.  null counts as missing. */
cpl_status cpl_json_get_int(int64_t *out, const json_t *object, const char *key,
                            int64_t minimum, int64_t maximum, const char *where,
                            struct cpl_error *error);
cpl_status cpl_json_get_double(double *out, const json_t *object, const char *key,
                               const char *where, struct cpl_error *error);
cpl_status cpl_json_get_bool(bool *out, const json_t *object, const char *key,
                             const char *where, struct cpl_error *error);
/* *out borrowed from the object. */
cpl_status cpl_json_get_text(const char **out, const json_t *object, const char *key,
                             const char *where, struct cpl_error *error);

#endif
