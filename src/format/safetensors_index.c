/* The weights of a model directory: one safetensors file, or the shards that
 * model.safetensors.index.json names. */
#include "format/safetensors.h"

#include "base/json_file.h"
#include "base/try.h"

#include <stdlib.h>
#include <string.h>

/* Shard names come from an untrusted file: plain names only, so that nothing outside the
 * directory is opened. */
static bool is_plain_name(const char *name)
{
    return name && name[0] != '\0' && name[0] != '.' && !strchr(name, '/');
}

static cpl_status add_shards(struct cpl_safetensors *file, json_t *seen, json_t *weight_map,
                             const char *directory, const char *index_path,
                             struct cpl_error *error)
{
    const char *tensor;
    json_t *shard;
    json_object_foreach (weight_map, tensor, shard) {
        const char *name = json_string_value(shard);
        if (!is_plain_name(name))
            return cpl_error_set(error, CPL_ERROR_INPUT, index_path,
                                 "the file of tensor \"%s\" is not a plain file name", tensor);
        if (json_object_get(seen, name))
            continue;
        char *path = NULL;
        CPL_TRY(cpl_path_join(&path, directory, name, error));
        cpl_status status = cpl_safetensors_add(file, path, error);
        free(path);
        CPL_TRY(status);
        if (json_object_set_new(seen, name, json_true()) != 0)
            return cpl_error_set(error, CPL_ERROR_SYSTEM, index_path, "out of memory");
    }
    return CPL_OK;
}

static cpl_status check_weight_map(const struct cpl_safetensors *file, json_t *weight_map,
                                   const char *index_path, struct cpl_error *error)
{
    const char *tensor;
    json_t *shard;
    json_object_foreach (weight_map, tensor, shard) {
        if (!cpl_safetensors_find(file, tensor))
            return cpl_error_set(error, CPL_ERROR_INPUT, index_path,
                                 "tensor \"%s\" is not in %s", tensor,
                                 json_string_value(shard));
    }
    return CPL_OK;
}

static cpl_status open_sharded(struct cpl_safetensors *file, const char *directory,
                               const char *index_path, struct cpl_error *error)
{
    cpl_status status;
    json_t *index = NULL, *seen = json_object();
    CPL_TRY_GOTO(cpl_json_load(&index, index_path, 0, error));
    json_t *weight_map = json_object_get(index, "weight_map");
    if (!json_is_object(weight_map)) {
        status = cpl_error_set(error, CPL_ERROR_INPUT, index_path, "no object \"weight_map\"");
        goto done;
    }
    status = add_shards(file, seen, weight_map, directory, index_path, error);
    CPL_TRY_GOTO(cpl_safetensors_finish(file, status, index_path, error));
    status = check_weight_map(file, weight_map, index_path, error);
    if (status != CPL_OK)
        cpl_safetensors_close(file);
done:
    json_decref(index);
    json_decref(seen);
    return status;
}

cpl_status cpl_safetensors_open_directory(struct cpl_safetensors *file, const char *directory,
                                          struct cpl_error *error)
{
    char *single = NULL, *index = NULL;
    cpl_status status;
    *file = (struct cpl_safetensors){0};
    CPL_TRY_GOTO(cpl_path_join(&single, directory, "model.safetensors", error));
    CPL_TRY_GOTO(cpl_path_join(&index, directory, "model.safetensors.index.json", error));
    if (!cpl_file_exists(single) && cpl_file_exists(index))
        status = open_sharded(file, directory, index, error);
    else
        status = cpl_safetensors_open(file, single, error);
done:
    free(single);
    free(index);
    return status;
}
