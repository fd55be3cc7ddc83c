/* JSON: writing texts, and reading small ones.
 *
 *     struct cpl_json *json = NULL;
 *     const char *text = NULL;
 *     if (cpl_json_new(&json, 2, &error) == CPL_OK) {
 *         cpl_json_begin_object(json, NULL);
 *         cpl_json_add_text(json, "name", "对联");
 *         cpl_json_add_real(json, "loss", 3.25);
 *         cpl_json_end(json);
 *         if (cpl_json_finish(json, &text, NULL, &error) == CPL_OK)
 *             puts(text);
 *     }
 *     cpl_json_free(json);
 */
#ifndef COUPLET_JSON_H
#define COUPLET_JSON_H

#include <couplet/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- writing ----------------------------------------------------------------------------- */

struct cpl_json;

/* `indent`: spaces a level, 0 for everything on one line. */
CPL_API cpl_status cpl_json_new(struct cpl_json **out, int indent, struct cpl_error *error);
CPL_API void cpl_json_free(struct cpl_json *json);

/* `key` is the member's name inside an object and NULL inside an array or at the top.  Failures
 * (out of memory) are kept and reported by cpl_json_finish. */
CPL_API void cpl_json_begin_object(struct cpl_json *json, const char *key);
CPL_API void cpl_json_begin_array(struct cpl_json *json, const char *key);
CPL_API void cpl_json_end(struct cpl_json *json); /* closes the innermost object or array */
/* The key of the next value, which is then added with NULL: for names that may hold NUL characters. */
CPL_API void cpl_json_add_key_n(struct cpl_json *json, const char *key, size_t length);
/* NULL becomes null; bytes that are not valid UTF-8 become U+FFFD. */
CPL_API void cpl_json_add_text(struct cpl_json *json, const char *key, const char *text);
CPL_API void cpl_json_add_text_n(struct cpl_json *json, const char *key, const char *text,
                                 size_t length);
CPL_API void cpl_json_add_int(struct cpl_json *json, const char *key, int64_t value);
/* The shortest text that reads back as the same double; null for NaN and infinities. */
CPL_API void cpl_json_add_real(struct cpl_json *json, const char *key, double value);
CPL_API void cpl_json_add_bool(struct cpl_json *json, const char *key, bool value);
CPL_API void cpl_json_add_null(struct cpl_json *json, const char *key);
/* `text` is a whole JSON value already. */
CPL_API void cpl_json_add_raw(struct cpl_json *json, const char *key, const char *text);

/* *text: the finished text without a line end, *length (may be NULL) its bytes; both belong to
 * `json` until its next use, which begins a new text.  CPL_ERROR_INTERNAL when something was
 * left open. */
CPL_API cpl_status cpl_json_finish(struct cpl_json *json, const char **text, size_t *length,
                                   struct cpl_error *error);

/* ---- reading ----------------------------------------------------------------------------- */

struct cpl_json_value;
enum cpl_json_kind {
    CPL_JSON_NULL,
    CPL_JSON_BOOL,
    CPL_JSON_INT,
    CPL_JSON_REAL,
    CPL_JSON_TEXT,
    CPL_JSON_ARRAY,
    CPL_JSON_OBJECT
};

/* One whole value, strict: duplicate keys, bad UTF-8 and text behind it are CPL_ERROR_INPUT,
 * with `where` (a file or "file:line") in the message.  Free with cpl_json_value_free. */
CPL_API cpl_status cpl_json_value_parse(struct cpl_json_value **out, const char *text,
                                        size_t length, const char *where,
                                        struct cpl_error *error);
CPL_API void cpl_json_value_free(struct cpl_json_value *value);

/* What is returned belongs to the value that was parsed. */
CPL_API enum cpl_json_kind cpl_json_value_kind(const struct cpl_json_value *value);
CPL_API size_t
cpl_json_value_count(const struct cpl_json_value *value); /* elements or members */
/* NULL when there is no such element or member, or `value` is not an array or object. */
CPL_API const struct cpl_json_value *cpl_json_value_at(const struct cpl_json_value *array,
                                                       size_t index);
CPL_API const struct cpl_json_value *cpl_json_value_member(const struct cpl_json_value *object,
                                                           const char *key);
/* NULL unless a text; *length (may be NULL) in bytes: a text may hold NUL characters. */
CPL_API const char *cpl_json_value_text(const struct cpl_json_value *value, size_t *length);
CPL_API int64_t
cpl_json_value_int(const struct cpl_json_value *value); /* 0 unless an integer */
CPL_API double cpl_json_value_real(const struct cpl_json_value *value); /* 0 unless a number */
CPL_API bool cpl_json_value_bool(const struct cpl_json_value *value);   /* false unless true */

#endif
