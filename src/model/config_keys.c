/* Reading and writing the keys of a config.json by table: see families.h. */
#include "model/families.h"

#include "base/json_file.h"
#include "base/try.h"

#include <stdlib.h>
#include <string.h>

static cpl_status read_activation(enum cpl_activation *out, const json_t *json, const char *key,
                                  const char *where, struct cpl_error *error)
{
    const char *name = NULL;
    CPL_TRY(cpl_json_get_text(&name, json, key, where, error));
    if (name && !cpl_activation_parse(out, name))
        return cpl_error_set(error, CPL_ERROR_INPUT, where,
                             "%s: unknown activation '%s', known are gelu, gelu_new, "
                             "gelu_pytorch_tanh, relu, silu, swish and tanh",
                             key, name);
    return CPL_OK;
}

/* A token id; a list (several end tokens) gives its first. */
static cpl_status read_token(int32_t *out, const json_t *json, const char *key,
                             const char *where, struct cpl_error *error)
{
    const json_t *list = json_object_get(json, key);
    if (json_is_array(list) && json_is_integer(json_array_get(list, 0))) {
        json_int_t first = json_integer_value(json_array_get(list, 0));
        *out = first >= 0 && first <= INT32_MAX ? (int32_t)first : -1;
        return CPL_OK;
    }
    int64_t value = *out;
    CPL_TRY(cpl_json_get_int(&value, json, key, -1, INT32_MAX, where, error));
    *out = (int32_t)value;
    return CPL_OK;
}

static cpl_status read_key(struct cpl_config *config, const struct cpl_config_key *key,
                           const json_t *json, const char *where, struct cpl_error *error)
{
    void *place = (char *)config + key->offset;
    const json_t *found = json_object_get(json, key->name);
    if (key->required && (!found || json_is_null(found)))
        return cpl_error_set(error, CPL_ERROR_INPUT, where, "%s is missing", key->name);
    switch (key->type) {
    case CPL_CONFIG_SIZE:
        return cpl_json_get_int(place, json, key->name, 0, INT32_MAX, where, error);
    case CPL_CONFIG_TOKEN: return read_token(place, json, key->name, where, error);
    case CPL_CONFIG_REAL: return cpl_json_get_double(place, json, key->name, where, error);
    case CPL_CONFIG_ACTIVATION: return read_activation(place, json, key->name, where, error);
    case CPL_CONFIG_BOOL: return cpl_json_get_bool(place, json, key->name, where, error);
    }
    return CPL_OK;
}

static cpl_status refuse(const struct cpl_config_refusal *refusal, const json_t *json,
                         const char *where, struct cpl_error *error)
{
    const json_t *found = json_object_get(json, refusal->name);
    if (!found || json_is_null(found))
        return CPL_OK;
    json_t *accepted = json_loads(refusal->accepted, JSON_DECODE_ANY, NULL);
    bool fine = json_equal(found, accepted) == 1;
    json_decref(accepted);
    if (fine)
        return CPL_OK;
    char *text = json_dumps(found, JSON_ENCODE_ANY | JSON_COMPACT);
    cpl_status status =
        cpl_error_set(error, CPL_ERROR_INPUT, where, "%s: %s is not supported, only %s is",
                      refusal->name, text ? text : "this value", refusal->accepted);
    free(text);
    return status;
}

cpl_status cpl_config_read_keys(struct cpl_config *config, const struct cpl_config_key *keys,
                                const struct cpl_config_refusal *refusals, const json_t *json,
                                const char *where, struct cpl_error *error)
{
    for (; refusals->name; refusals++)
        CPL_TRY(refuse(refusals, json, where, error));
    for (; keys->name; keys++)
        CPL_TRY(read_key(config, keys, json, where, error));
    return CPL_OK;
}

static json_t *value_of(const struct cpl_config *config, const struct cpl_config_key *key)
{
    const void *place = (const char *)config + key->offset;
    switch (key->type) {
    case CPL_CONFIG_SIZE: return json_integer(*(const int64_t *)place);
    case CPL_CONFIG_TOKEN:
        return *(const int32_t *)place < 0 ? json_null()
                                           : json_integer(*(const int32_t *)place);
    case CPL_CONFIG_REAL: return json_real(*(const double *)place);
    case CPL_CONFIG_ACTIVATION:
        return json_string(cpl_activation_name(*(const enum cpl_activation *)place));
    case CPL_CONFIG_BOOL: return json_boolean(*(const bool *)place);
    }
    return NULL;
}

bool cpl_config_write_keys(const struct cpl_config *config, const struct cpl_config_key *keys,
                           json_t *json)
{
    for (; keys->name; keys++)
        if (json_object_set_new(json, keys->name, value_of(config, keys)) != 0)
            return false;
    return true;
}
