/* Reading a Hugging Face model directory: config.json and safetensors.
 *
 * All shapes are checked before memory is taken for the values.  A missing tensor of the
 * backbone is an error; a missing head leaves a model that gives hidden states and names what
 * it lacks; what the file has besides is kept as a list of names. */
#include "model/model.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/try.h"
#include "format/safetensors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_BYTES 160

struct loading {
    struct cpl_model *model;
    const char *directory;
    struct cpl_safetensors file;
    bool *used;      /* [entries of the file] */
    int64_t *filled; /* [parameters]: rows found so far */
    float *buffer;   /* of the largest tensor */
    bool values;     /* false: only the checks */
};

static const struct cpl_safetensors_entry *find_without_prefix(const struct loading *loading,
                                                               const char *name)
{
    const struct cpl_safetensors_entry *entry = cpl_safetensors_find(&loading->file, name);
    const char *prefix = loading->model->family->prefix;
    size_t length = strlen(prefix);
    if (!entry && strncmp(name, prefix, length) == 0)
        entry = cpl_safetensors_find(&loading->file, name + length);
    return entry;
}

/* The tensor under its name, without the family's prefix, or with the names that norms had in
 * old files: LayerNorm.gamma and LayerNorm.beta. */
static const struct cpl_safetensors_entry *find_entry(const struct loading *loading,
                                                      const char *name)
{
    const struct cpl_safetensors_entry *entry = find_without_prefix(loading, name);
    const char *norm = strstr(name, "LayerNorm.");
    if (entry || !norm)
        return entry;
    char old[NAME_BYTES];
    snprintf(old, sizeof old, "%.*sLayerNorm.%s", (int)(norm - name), name,
             strstr(norm, ".weight") ? "gamma" : "beta");
    return find_without_prefix(loading, old);
}

static void shape_text(char *out, size_t size, int rank, const int64_t *shape)
{
    size_t length = (size_t)snprintf(out, size, "[");
    for (int i = 0; i < rank && length < size; i++)
        length += (size_t)snprintf(out + length, size - length, "%s%lld", i ? ", " : "",
                                   (long long)shape[i]);
    if (length < size)
        snprintf(out + length, size - length, "]");
}

static cpl_status check_shape(const struct loading *loading,
                              const struct cpl_named_tensor *tensor,
                              const struct cpl_safetensors_entry *entry,
                              struct cpl_error *error)
{
    bool same = entry->rank == tensor->rank;
    for (int i = 0; same && i < tensor->rank; i++)
        same = entry->shape[i] == tensor->shape[i];
    if (same)
        return CPL_OK;
    char expected[80], found[200];
    shape_text(expected, sizeof expected, tensor->rank, tensor->shape);
    shape_text(found, sizeof found, entry->rank, entry->shape);
    return cpl_error_set(error, CPL_ERROR_INPUT, loading->directory,
                         "tensor %s: config.json asks for the shape %s, the file has %s",
                         entry->name, expected, found);
}

/* Which entry a tensor is read from; NULL: none, or another name gave it already. */
static const struct cpl_safetensors_entry *source_of(const struct loading *loading,
                                                     const struct cpl_named_tensor *tensor)
{
    int64_t filled = loading->filled[tensor->parameter - loading->model->parameters.item];
    if (tensor->role != CPL_NAME_MAIN && filled > 0)
        return NULL;
    return find_entry(loading, tensor->name);
}

static cpl_status check_tensor(void *context, const struct cpl_named_tensor *tensor,
                               struct cpl_error *error)
{
    struct loading *loading = context;
    const struct cpl_safetensors_entry *entry = source_of(loading, tensor);
    if (!entry)
        return CPL_OK;
    CPL_TRY(check_shape(loading, tensor, entry, error));
    loading->used[entry - loading->file.entry] = true;
    loading->filled[tensor->parameter - loading->model->parameters.item] += tensor->rows;
    return CPL_OK;
}

/* After all names were tried: what has no source at all. */
static cpl_status check_missing(void *context, const struct cpl_named_tensor *tensor,
                                struct cpl_error *error)
{
    struct loading *loading = context;
    struct cpl_model *model = loading->model;
    int64_t filled = loading->filled[tensor->parameter - model->parameters.item];
    struct cpl_tensor value = tensor->parameter->weight.value;
    bool complete = filled == (tensor->rank == 1 ? value.cols : value.rows);
    if (complete || tensor->role != CPL_NAME_MAIN || find_entry(loading, tensor->name))
        return CPL_OK;
    if (!tensor->head)
        return cpl_error_set(error, CPL_ERROR_INPUT, loading->directory, "tensor %s is missing",
                             tensor->name);
    return model->missing_head ? CPL_OK
                               : cpl_text_copy(&model->missing_head, tensor->name, error);
}

static cpl_status read_tensor(void *context, const struct cpl_named_tensor *tensor,
                              struct cpl_error *error)
{
    struct loading *loading = context;
    const struct cpl_safetensors_entry *entry = source_of(loading, tensor);
    if (!entry)
        return CPL_OK;
    CPL_TRY(cpl_safetensors_read_f32(entry, loading->buffer, error));
    cpl_named_tensor_import(tensor, loading->model->parameters.values, loading->buffer);
    loading->filled[tensor->parameter - loading->model->parameters.item] += tensor->rows;
    return CPL_OK;
}

static bool is_ignored(const struct cpl_family *family, const char *name)
{
    size_t length = strlen(name);
    for (const char *const *end = family->ignored; *end; end++) {
        size_t tail = strlen(*end);
        if (length >= tail && strcmp(name + length - tail, *end) == 0)
            return true;
    }
    return false;
}

static cpl_status list_unused(struct loading *loading, struct cpl_error *error)
{
    json_t *unused = json_array();
    bool failed = !unused;
    for (size_t i = 0; i < loading->file.count; i++)
        if (!loading->used[i] &&
            !is_ignored(loading->model->family, loading->file.entry[i].name))
            failed |=
                json_array_append_new(unused, json_string(loading->file.entry[i].name)) != 0;
    loading->model->unused = unused;
    return failed ? cpl_error_set(error, CPL_ERROR_SYSTEM, loading->directory, "out of memory")
                  : CPL_OK;
}

static cpl_status new_buffer(struct loading *loading, struct cpl_error *error)
{
    int64_t largest = 0;
    const struct cpl_parameters *parameters = &loading->model->parameters;
    for (int i = 0; i < parameters->count; i++) {
        int64_t count = cpl_tensor_count(parameters->item[i].weight.value);
        largest = count > largest ? count : largest;
    }
    return cpl_memory_new(&loading->buffer, (size_t)largest, sizeof *loading->buffer, error);
}

static cpl_status load_weights(struct loading *loading, struct cpl_error *error)
{
    struct cpl_model *model = loading->model;
    size_t count = (size_t)model->parameters.count;
    CPL_TRY(cpl_memory_new(&loading->used, loading->file.count, sizeof *loading->used, error));
    CPL_TRY(cpl_memory_new(&loading->filled, count, sizeof *loading->filled, error));
    CPL_TRY(cpl_model_each_tensor(model, check_tensor, loading, error));
    CPL_TRY(cpl_model_each_tensor(model, check_missing, loading, error));
    CPL_TRY(list_unused(loading, error));
    if (!loading->values)
        return CPL_OK;
    CPL_TRY(cpl_parameters_allocate(&model->parameters, false, error));
    CPL_TRY(new_buffer(loading, error));
    memset(loading->filled, 0, count * sizeof *loading->filled);
    return cpl_model_each_tensor(model, read_tensor, loading, error);
}

static cpl_status load_directory(struct cpl_model **out, const char *directory,
                                 struct cpl_device *device, bool values,
                                 struct cpl_error *error)
{
    char *config_path = NULL;
    struct cpl_config config = {0};
    struct loading loading = {.directory = directory, .values = values};
    cpl_status status;
    CPL_TRY_GOTO(cpl_path_join(&config_path, directory, "config.json", error));
    CPL_TRY_GOTO(cpl_config_read(&config, config_path, error));
    CPL_TRY_GOTO(cpl_safetensors_open_directory(&loading.file, directory, error));
    CPL_TRY_GOTO(cpl_model_declare(&loading.model, &config, device, error));
    CPL_TRY_GOTO(cpl_text_copy(&loading.model->path, directory, error));
    CPL_TRY_GOTO(load_weights(&loading, error));
    *out = loading.model;
    loading.model = NULL;
done:
    cpl_model_free(loading.model);
    cpl_safetensors_close(&loading.file);
    cpl_config_clear(&config);
    free(loading.used);
    free(loading.filled);
    free(loading.buffer);
    free(config_path);
    return status;
}

cpl_status cpl_model_load(struct cpl_model **out, const char *path, struct cpl_device *device,
                          struct cpl_error *error)
{
    *out = NULL;
    char *directory = NULL;
    CPL_TRY(cpl_model_resolve(&directory, path, error));
    cpl_status status = load_directory(out, directory, device, true, error);
    free(directory);
    return status;
}

cpl_status cpl_model_examine(struct cpl_model **out, const char *directory,
                             struct cpl_error *error)
{
    *out = NULL;
    return load_directory(out, directory, NULL, false, error);
}
