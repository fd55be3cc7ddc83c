/* JSON files: see json_file.h. */
#include "base/json_file.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/try.h"

#include <couplet/json.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

cpl_status cpl_json_load(json_t **out, const char *path, size_t flags, struct cpl_error *error)
{
    char *text = NULL;
    size_t length = 0;
    CPL_TRY(cpl_file_read(&text, &length, path, error));
    cpl_status status = cpl_json_parse(out, text, length, path, flags, error);
    free(text);
    return status;
}

static void write_value(struct cpl_json *json, const json_t *value)
{
    const char *name;
    json_t *member;
    size_t index, length;
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        cpl_json_begin_object(json, NULL);
        json_object_keylen_foreach((json_t *)value, name, length, member)
        {
            cpl_json_add_key_n(json, name, length);
            write_value(json, member);
        }
        cpl_json_end(json);
        break;
    case JSON_ARRAY:
        cpl_json_begin_array(json, NULL);
        json_array_foreach (value, index, member)
            write_value(json, member);
        cpl_json_end(json);
        break;
    case JSON_STRING:
        cpl_json_add_text_n(json, NULL, json_string_value(value), json_string_length(value));
        break;
    case JSON_INTEGER: cpl_json_add_int(json, NULL, json_integer_value(value)); break;
    case JSON_REAL: cpl_json_add_real(json, NULL, json_real_value(value)); break;
    case JSON_TRUE:
    case JSON_FALSE: cpl_json_add_bool(json, NULL, json_is_true(value)); break;
    case JSON_NULL: cpl_json_add_null(json, NULL); break;
    }
}

cpl_status cpl_json_save(const json_t *value, const char *path, struct cpl_error *error)
{
    struct cpl_json *json = NULL;
    struct cpl_writer writer = {0};
    const char *text = NULL;
    cpl_status status;
    CPL_TRY_GOTO(cpl_json_new(&json, 2, error));
    write_value(json, value);
    CPL_TRY_GOTO(cpl_json_finish(json, &text, NULL, error));
    CPL_TRY_GOTO(cpl_writer_open(&writer, path, error));
    fputs(text, writer.stream);
    fputc('\n', writer.stream);
    status = cpl_writer_commit(&writer, error);
done:
    cpl_json_free(json);
    return status;
}

static const json_t *present(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_null(value) ? NULL : value;
}

static cpl_status wrong(const char *where, const char *key, const char *expected,
                        struct cpl_error *error)
{
    return cpl_error_set(error, CPL_ERROR_INPUT, where, "\"%s\" must be %s", key, expected);
}

cpl_status cpl_json_get_int(int64_t *out, const json_t *object, const char *key,
                            int64_t minimum, int64_t maximum, const char *where,
                            struct cpl_error *error)
{
    const json_t *value = present(object, key);
    if (!value)
        return CPL_OK;
    if (!json_is_integer(value))
        return wrong(where, key, "an integer", error);
    int64_t number = json_integer_value(value);
    if (number < minimum || number > maximum)
        return cpl_error_set(error, CPL_ERROR_INPUT, where,
                             "\"%s\" is %" PRId64 ", must be %" PRId64 " to %" PRId64, key,
                             number, minimum, maximum);
    *out = number;
    return CPL_OK;
}

cpl_status cpl_json_get_double(double *out, const json_t *object, const char *key,
                               const char *where, struct cpl_error *error)
{
    const json_t *value = present(object, key);
    if (!value)
        return CPL_OK;
    if (!json_is_number(value))
        return wrong(where, key, "a number", error);
    *out = json_number_value(value);
    return CPL_OK;
}

cpl_status cpl_json_get_bool(bool *out, const json_t *object, const char *key,
                             const char *where, struct cpl_error *error)
{
    const json_t *value = present(object, key);
    if (!value)
        return CPL_OK;
    if (!json_is_boolean(value))
        return wrong(where, key, "true or false", error);
    *out = json_is_true(value);
    return CPL_OK;
}

cpl_status cpl_json_get_text(const char **out, const json_t *object, const char *key,
                             const char *where, struct cpl_error *error)
{
    const json_t *value = present(object, key);
    if (!value)
        return CPL_OK;
    if (!json_is_string(value))
        return wrong(where, key, "a text", error);
    if (strlen(json_string_value(value)) != json_string_length(value))
        return wrong(where, key, "a text without NUL", error);
    *out = json_string_value(value);
    return CPL_OK;
}
