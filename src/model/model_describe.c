/* A model in JSON: its configuration and its parameters by name. */
#include "model/model.h"

#include "base/memory.h"
#include "base/try.h"

#include <stdlib.h>

static const char *const kinds[] = {
    [CPL_PARAMETER_MATRIX] = "matrix",
    [CPL_PARAMETER_EMBEDDING] = "embedding",
    [CPL_PARAMETER_VECTOR] = "vector",
};

static cpl_status describe_tensor(void *context, const struct cpl_named_tensor *tensor,
                                  struct cpl_error *error)
{
    json_t *list = context;
    if (tensor->role != CPL_NAME_MAIN)
        return CPL_OK;
    json_t *shape = json_array();
    for (int i = 0; i < tensor->rank; i++)
        json_array_append_new(shape, json_integer(tensor->shape[i]));
    json_t *item = json_pack("{s:s, s:o, s:s}", "name", tensor->name, "shape", shape, "kind",
                             kinds[tensor->parameter->kind]);
    if (!item || json_array_append_new(list, item) != 0)
        return cpl_error_set(error, CPL_ERROR_SYSTEM, "model", "out of memory");
    return CPL_OK;
}

static cpl_status fill(json_t *json, const struct cpl_model *model, struct cpl_error *error)
{
    json_t *config = NULL, *tensors = json_array();
    CPL_TRY(cpl_config_write(&config, &model->config, error));
    bool failed = json_object_set_new(json, "family", json_string(model->family->name)) != 0;
    failed |= json_object_set_new(json, "masked", json_boolean(model->family->masked)) != 0;
    failed |=
        json_object_set_new(json, "parameters", json_integer(model->parameters.elements)) != 0;
    failed |= json_object_set_new(json, "config", config) != 0;
    failed |= json_object_set_new(json, "missing_head",
                                  model->missing_head ? json_string(model->missing_head)
                                                      : json_null()) != 0;
    failed |=
        json_object_set_new(json, "unused_tensors",
                            model->unused ? json_incref(model->unused) : json_array()) != 0;
    failed |= json_object_set_new(json, "tensors", tensors) != 0;
    if (failed)
        return cpl_error_set(error, CPL_ERROR_SYSTEM, "model", "out of memory");
    return cpl_model_each_tensor(model, describe_tensor, tensors, error);
}

cpl_status cpl_model_describe(const struct cpl_model *model, char **json,
                              struct cpl_error *error)
{
    *json = NULL;
    json_t *object = json_object();
    if (!object)
        return cpl_error_set(error, CPL_ERROR_SYSTEM, "model", "out of memory");
    cpl_status status = fill(object, model, error);
    if (status == CPL_OK) {
        *json = json_dumps(object, JSON_INDENT(2));
        if (!*json)
            status = cpl_error_set(error, CPL_ERROR_SYSTEM, "model", "out of memory");
    }
    json_decref(object);
    return status;
}
