/* Reading a checkpoint back before it gets its name: every byte against what is in memory. */
#include "train/checkpoint.h"

#include "base/memory.h"
#include "base/try.h"
#include "format/safetensors.h"

#include <stdlib.h>
#include <string.h>

struct state_reading {
    const struct cpl_trainer *trainer;
    const struct cpl_safetensors *file;
};

static cpl_status differs(const char *tensor, struct cpl_error *error)
{
    return cpl_error_set(
        error, CPL_ERROR_SYSTEM, tensor,
        "what was read back from the checkpoint is not what was written: the disk "
        "is not to be trusted");
}

static cpl_status compare_state(void *context, int block, const char *name, cpl_real *data,
                                int64_t count, struct cpl_error *error)
{
    const struct state_reading *visit = context;
    char full[CPL_STATE_NAME];
    cpl_state_name(full, visit->trainer, block, name);
    const struct cpl_safetensors_entry *entry = cpl_safetensors_find(visit->file, full);
    if (!entry || entry->bytes != (size_t)count * sizeof *data ||
        memcmp(entry->data, data, entry->bytes) != 0)
        return differs(full, error);
    return CPL_OK;
}

struct model_visit {
    const struct cpl_model *model;
    const struct cpl_safetensors *file;
    float *buffer;
};

static cpl_status compare_tensor(void *context, const struct cpl_named_tensor *tensor,
                                 struct cpl_error *error)
{
    const struct model_visit *visit = context;
    const struct cpl_safetensors_entry *entry = cpl_safetensors_find(visit->file, tensor->name);
    if (tensor->role == CPL_NAME_OLD)
        return CPL_OK;
    cpl_named_tensor_export(tensor, visit->model->parameters.values, visit->buffer);
    size_t bytes = (size_t)cpl_named_tensor_elements(tensor) * sizeof *visit->buffer;
    if (!entry || entry->bytes != bytes || memcmp(entry->data, visit->buffer, bytes) != 0)
        return differs(tensor->name, error);
    return CPL_OK;
}

static cpl_status verify_model(const struct cpl_model *model, const char *path,
                               struct cpl_error *error)
{
    struct cpl_safetensors file;
    struct model_visit visit = {.model = model, .file = &file};
    size_t largest = 0;
    for (int i = 0; i < model->parameters.count; i++) {
        size_t count = (size_t)cpl_tensor_count(model->parameters.item[i].weight.value);
        largest = count > largest ? count : largest;
    }
    CPL_TRY(cpl_safetensors_open(&file, path, error));
    cpl_status status = cpl_memory_new(&visit.buffer, largest, sizeof *visit.buffer, error);
    if (status == CPL_OK)
        status = cpl_model_each_tensor(model, compare_tensor, &visit, error);
    free(visit.buffer);
    cpl_safetensors_close(&file);
    return status;
}

static cpl_status verify_optimizer(struct cpl_trainer *trainer, const char *path,
                                   struct cpl_error *error)
{
    struct cpl_safetensors file;
    struct state_reading visit = {.trainer = trainer, .file = &file};
    CPL_TRY(cpl_safetensors_open(&file, path, error));
    cpl_status status =
        cpl_optimizer_each_state(trainer->optimizer, compare_state, &visit, error);
    cpl_safetensors_close(&file);
    return status;
}

static cpl_status verify_tokenizer(const struct cpl_tokenizer *tokenizer, const char *directory,
                                   struct cpl_error *error)
{
    struct cpl_tokenizer *read = NULL;
    CPL_TRY(cpl_tokenizer_load(&read, directory, error));
    bool same = cpl_tokenizer_hash(read) == cpl_tokenizer_hash(tokenizer);
    cpl_tokenizer_free(read);
    return same ? CPL_OK : differs(directory, error);
}

cpl_status cpl_checkpoint_verify(const struct cpl_checkpoint *checkpoint, const char *directory,
                                 struct cpl_error *error)
{
    char *optimizer = NULL, *model = NULL;
    cpl_status status;
    CPL_TRY_GOTO(cpl_path_join(&optimizer, directory, "training.safetensors", error));
    CPL_TRY_GOTO(cpl_path_join(&model, directory, "model.safetensors", error));
    CPL_TRY_GOTO(verify_model(checkpoint->trainer->model, model, error));
    CPL_TRY_GOTO(verify_optimizer(checkpoint->trainer, optimizer, error));
    CPL_TRY_GOTO(verify_tokenizer(checkpoint->data->tokenizer, directory, error));
done:
    free(optimizer);
    free(model);
    return status;
}
