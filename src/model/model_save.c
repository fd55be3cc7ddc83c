/* Writing a Hugging Face model directory: config.json and model.safetensors in f32. */
#include "model/model.h"

#include "base/file.h"
#include "base/json_file.h"
#include "base/memory.h"
#include "base/try.h"
#include "format/safetensors.h"

#include <stdlib.h>
#include <string.h>

struct saving {
    struct cpl_model *model;
    struct cpl_safetensors_writer *writer;
    float *buffer; /* as large as the flat array's largest tensor */
};

/* Names that belong in a file: none that are only read, no head that is not there. */
static bool is_written(const struct saving *saving, const struct cpl_named_tensor *tensor)
{
    return tensor->role != CPL_NAME_OLD && !(tensor->head && saving->model->missing_head);
}

static cpl_status declare_tensor(void *context, const struct cpl_named_tensor *tensor,
                                 struct cpl_error *error)
{
    struct saving *saving = context;
    if (!is_written(saving, tensor))
        return CPL_OK;
    return cpl_safetensors_writer_declare(saving->writer, tensor->name, CPL_SAFETENSORS_F32,
                                          tensor->rank, tensor->shape, error);
}

static cpl_status write_tensor(void *context, const struct cpl_named_tensor *tensor,
                               struct cpl_error *error)
{
    struct saving *saving = context;
    if (!is_written(saving, tensor))
        return CPL_OK;
    size_t elements = (size_t)cpl_named_tensor_elements(tensor);
    cpl_named_tensor_export(tensor, saving->model->parameters.values, saving->buffer);
    return cpl_safetensors_writer_write(saving->writer, tensor->name, saving->buffer,
                                        elements * sizeof *saving->buffer, error);
}

static cpl_status write_weights(struct cpl_model *model, const char *path,
                                struct cpl_error *error)
{
    struct saving saving = {.model = model};
    size_t largest = 0;
    for (int i = 0; i < model->parameters.count; i++) {
        size_t count = (size_t)cpl_tensor_count(model->parameters.item[i].weight.value);
        largest = count > largest ? count : largest;
    }
    CPL_TRY(cpl_memory_new(&saving.buffer, largest, sizeof *saving.buffer, error));
    cpl_status status;
    CPL_TRY_GOTO(cpl_safetensors_writer_new(&saving.writer, path, error));
    CPL_TRY_GOTO(cpl_model_each_tensor(model, declare_tensor, &saving, error));
    CPL_TRY_GOTO(cpl_model_each_tensor(model, write_tensor, &saving, error));
    status = cpl_safetensors_writer_commit(saving.writer, error);
    saving.writer = NULL;
done:
    cpl_safetensors_writer_abandon(saving.writer);
    free(saving.buffer);
    return status;
}

cpl_status cpl_model_save(struct cpl_model *model, const char *directory,
                          struct cpl_error *error)
{
    char *config_path = NULL, *weights_path = NULL;
    json_t *config = NULL;
    cpl_status status;
    CPL_TRY_GOTO(cpl_path_join(&config_path, directory, "config.json", error));
    CPL_TRY_GOTO(cpl_path_join(&weights_path, directory, "model.safetensors", error));
    CPL_TRY_GOTO(cpl_config_write(&config, &model->config, error));
    CPL_TRY_GOTO(cpl_json_save(config, config_path, error));
    status = write_weights(model, weights_path, error);
done:
    json_decref(config);
    free(config_path);
    free(weights_path);
    return status;
}
