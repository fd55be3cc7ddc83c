/* Models, configurations and safetensors files. */
#include "inspect/inspect.h"

#include "base/file.h"
#include "base/json_file.h"
#include "base/try.h"
#include "format/safetensors.h"
#include "model/model.h"

#include <stdlib.h>

/* The tensors of a file and what they add up to. */
static cpl_status add_tensors(json_t *out, const struct cpl_safetensors *file,
                              struct cpl_error *error)
{
    json_t *list = json_array();
    json_int_t elements = 0, bytes = 0;
    bool failed = !list;
    for (size_t i = 0; i < file->count; i++) {
        const struct cpl_safetensors_entry *entry = &file->entry[i];
        json_t *shape = json_array();
        for (int d = 0; d < entry->rank; d++)
            failed |= json_array_append_new(shape, json_integer(entry->shape[d])) != 0;
        json_t *item = json_pack("{s:s, s:s, s:o}", "name", entry->name, "dtype",
                                 cpl_safetensors_dtype_name(entry->dtype), "shape", shape);
        failed |= !item || json_array_append_new(list, item) != 0;
        elements += cpl_safetensors_elements(entry);
        bytes += (json_int_t)entry->bytes;
    }
    failed |=
        json_object_set_new(out, "tensor_count", json_integer((json_int_t)file->count)) != 0;
    failed |= json_object_set_new(out, "tensor_elements", json_integer(elements)) != 0;
    failed |= json_object_set_new(out, "tensor_bytes", json_integer(bytes)) != 0;
    failed |= json_object_set_new(out, "tensors", list) != 0;
    return failed ? cpl_error_set(error, CPL_ERROR_SYSTEM, "inspect", "out of memory") : CPL_OK;
}

cpl_status cpl_inspect_safetensors(json_t *out, const char *path, struct cpl_error *error)
{
    struct cpl_safetensors file = {0};
    CPL_TRY(cpl_safetensors_open(&file, path, error));
    cpl_status status = add_tensors(out, &file, error);
    cpl_safetensors_close(&file);
    return status;
}

static cpl_status add_facts(json_t *out, const struct cpl_model *model, struct cpl_error *error)
{
    bool failed = json_object_set_new(out, "family", json_string(cpl_model_family(model)));
    failed |= json_object_set_new(out, "masked", json_boolean(cpl_model_is_masked(model)));
    failed |=
        json_object_set_new(out, "parameters", json_integer(cpl_model_parameter_count(model)));
    if (model->missing_head)
        failed |= json_object_set_new(out, "missing", json_string(model->missing_head));
    if (json_array_size(model->unused) > 0)
        failed |= json_object_set(out, "unused", model->unused);
    failed |= json_object_set(out, "config", model->config.source);
    return failed ? cpl_error_set(error, CPL_ERROR_SYSTEM, "inspect", "out of memory") : CPL_OK;
}

cpl_status cpl_inspect_configuration(json_t *out, const char *path, struct cpl_error *error)
{
    struct cpl_config config;
    struct cpl_model *model = NULL;
    cpl_status status = cpl_config_read(&config, path, error);
    if (status == CPL_OK)
        status = cpl_model_declare(&model, &config, NULL, error);
    if (status == CPL_OK)
        status = add_facts(out, model, error);
    cpl_model_free(model);
    cpl_config_clear(&config);
    return status;
}

/* Where the training that wrote a checkpoint stands. */
static cpl_status add_training(json_t *out, const char *directory, struct cpl_error *error)
{
    char *path = NULL;
    json_t *training = NULL;
    cpl_status status;
    CPL_TRY_GOTO(cpl_path_join(&path, directory, "training.json", error));
    if (cpl_file_exists(path)) {
        CPL_TRY_GOTO(cpl_json_load(&training, path, 0, error));
        json_object_set(out, "training", training);
    }
done:
    json_decref(training);
    free(path);
    return status;
}

cpl_status cpl_inspect_model(json_t *out, const char *directory, struct cpl_error *error)
{
    struct cpl_model *model = NULL;
    struct cpl_safetensors file = {0};
    cpl_status status;
    CPL_TRY_GOTO(cpl_model_examine(&model, directory, error));
    CPL_TRY_GOTO(add_facts(out, model, error));
    CPL_TRY_GOTO(add_training(out, directory, error));
    CPL_TRY_GOTO(cpl_safetensors_open_directory(&file, directory, error));
    status = add_tensors(out, &file, error);
done:
    cpl_safetensors_close(&file);
    cpl_model_free(model);
    return status;
}
