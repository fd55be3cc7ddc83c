/* Reading JSON through <couplet/json.h>: jansson's values behind the public name. */
#include <couplet/json.h>

#include "base/json_file.h"
#include "base/try.h"

static const json_t *json_of(const struct cpl_json_value *value)
{
    return (const json_t *)value;
}

static const struct cpl_json_value *value_of(const json_t *json)
{
    return (const struct cpl_json_value *)json;
}

cpl_status cpl_json_value_parse(struct cpl_json_value **out, const char *text, size_t length,
                                const char *where, struct cpl_error *error)
{
    json_t *json = NULL;
    CPL_TRY(
        cpl_json_parse(&json, text, length, where, JSON_DECODE_ANY | JSON_ALLOW_NUL, error));
    *out = (struct cpl_json_value *)json;
    return CPL_OK;
}

void cpl_json_value_free(struct cpl_json_value *value) { json_decref((json_t *)value); }

enum cpl_json_kind cpl_json_value_kind(const struct cpl_json_value *value)
{
    switch (json_typeof(json_of(value))) {
    case JSON_OBJECT: return CPL_JSON_OBJECT;
    case JSON_ARRAY: return CPL_JSON_ARRAY;
    case JSON_STRING: return CPL_JSON_TEXT;
    case JSON_INTEGER: return CPL_JSON_INT;
    case JSON_REAL: return CPL_JSON_REAL;
    case JSON_TRUE:
    case JSON_FALSE: return CPL_JSON_BOOL;
    case JSON_NULL: break;
    }
    return CPL_JSON_NULL;
}

size_t cpl_json_value_count(const struct cpl_json_value *value)
{
    return json_is_array(json_of(value)) ? json_array_size(json_of(value))
                                         : json_object_size(json_of(value));
}

const struct cpl_json_value *cpl_json_value_at(const struct cpl_json_value *array, size_t index)
{
    return value_of(json_array_get(json_of(array), index));
}

const struct cpl_json_value *cpl_json_value_member(const struct cpl_json_value *object,
                                                   const char *key)
{
    return value_of(json_object_get(json_of(object), key));
}

const char *cpl_json_value_text(const struct cpl_json_value *value, size_t *length)
{
    if (length)
        *length = json_string_length(json_of(value));
    return json_string_value(json_of(value));
}

int64_t cpl_json_value_int(const struct cpl_json_value *value)
{
    return json_integer_value(json_of(value));
}

double cpl_json_value_real(const struct cpl_json_value *value)
{
    return json_number_value(json_of(value));
}

bool cpl_json_value_bool(const struct cpl_json_value *value)
{
    return json_is_true(json_of(value));
}
