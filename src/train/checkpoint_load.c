/* Reading checkpoints: a run goes on only with what it began with. */
#include "train/checkpoint.h"

#include "base/json_file.h"
#include "base/memory.h"
#include "base/try.h"
#include "format/safetensors.h"

#include <stdlib.h>
#include <string.h>

/* A value as people write it: without quotes, "unset" for null. */
static void print_value(char out[128], const json_t *value)
{
    if (json_is_string(value)) {
        snprintf(out, 128, "%s", json_string_value(value));
        return;
    }
    char *text = value && !json_is_null(value) ? json_dumps(value, JSON_ENCODE_ANY) : NULL;
    snprintf(out, 128, "%s", text ? text : "unset");
    free(text);
}

static cpl_status refuse(const char *directory, const char *dashes, const char *name,
                         const json_t *was, const json_t *is, struct cpl_error *error)
{
    char before[128], now[128];
    print_value(before, was);
    print_value(now, is);
    return cpl_error_set(error, CPL_ERROR_STATE, directory,
                         "cannot be resumed: %s%s was %s, now it is %s", dashes, name, before,
                         now);
}

/* Every member of one against the other, both ways. */
static cpl_status compare_objects(const char *directory, const char *dashes, const json_t *was,
                                  const json_t *is, struct cpl_error *error)
{
    const char *name;
    json_t *value;
    json_object_foreach ((json_t *)(uintptr_t)is, name, value) {
        const json_t *before = json_object_get(was, name);
        if (json_is_object(value) && json_is_object(before))
            CPL_TRY(compare_objects(directory, "--", before, value, error));
        else if (!before || !json_equal(before, value))
            return refuse(directory, dashes, name, before, value, error);
    }
    json_object_foreach ((json_t *)(uintptr_t)was, name, value) {
        if (!json_object_get(is, name))
            return refuse(directory, dashes, name, value, NULL, error);
    }
    return CPL_OK;
}

static cpl_status read_position(struct cpl_batcher_position *position, const json_t *record,
                                const char *path, struct cpl_error *error)
{
    int64_t epoch = 0, next = 0;
    const json_t *object = json_object_get(record, "position");
    CPL_TRY(cpl_json_get_int(&epoch, object, "epoch", 0, INT64_MAX, path, error));
    CPL_TRY(cpl_json_get_int(&next, object, "next", 0, INT64_MAX, path, error));
    *position = (struct cpl_batcher_position){(uint64_t)epoch, (uint64_t)next};
    return CPL_OK;
}

static cpl_status take_record(struct cpl_train_state *state, const json_t *record,
                              const char *path, struct cpl_error *error)
{
    int64_t format = 0;
    CPL_TRY(cpl_json_get_int(&format, record, "format", 0, INT64_MAX, path, error));
    if (format != CPL_CHECKPOINT_FORMAT)
        return cpl_error_set(error, CPL_ERROR_STATE, path, "format %lld, this program knows %d",
                             (long long)format, CPL_CHECKPOINT_FORMAT);
    *state = (struct cpl_train_state){.best_step = -1, .evaluated_step = -1};
    CPL_TRY(cpl_json_get_int(&state->step, record, "step", 0, INT64_MAX, path, error));
    CPL_TRY(cpl_json_get_int(&state->tokens, record, "tokens", 0, INT64_MAX, path, error));
    CPL_TRY(cpl_json_get_double(&state->flops, record, "flops", path, error));
    CPL_TRY(cpl_json_get_int(&state->evaluated_step, record, "evaluated_step", -1, INT64_MAX,
                             path, error));
    CPL_TRY(cpl_json_get_double(&state->best_loss, record, "best_loss", path, error));
    CPL_TRY(
        cpl_json_get_int(&state->best_step, record, "best_step", -1, INT64_MAX, path, error));
    return read_position(&state->position, record, path, error);
}

cpl_status cpl_checkpoint_read_state(const char *directory,
                                     const struct cpl_checkpoint *expected,
                                     struct cpl_error *error)
{
    char *path = NULL;
    json_t *record = NULL, *bound = cpl_checkpoint_binding(expected);
    cpl_status status;
    CPL_TRY_GOTO(cpl_path_join(&path, directory, "training.json", error));
    CPL_TRY_GOTO(cpl_json_load(&record, path, 0, error));
    CPL_TRY_GOTO(take_record(expected->state, record, path, error));
    if (!bound)
        status = cpl_error_set(error, CPL_ERROR_SYSTEM, path, "out of memory");
    else
        status =
            compare_objects(directory, "the ", json_object_get(record, "bound"), bound, error);
done:
    free(path);
    json_decref(record);
    json_decref(bound);
    return status;
}

struct reading {
    const struct cpl_safetensors *file;
    const struct cpl_trainer *trainer;
    const char *path;
};

static cpl_status read_state(void *context, int block, const char *name, cpl_real *data,
                             int64_t count, struct cpl_error *error)
{
    const struct reading *reading = context;
    char full[CPL_STATE_NAME];
    cpl_state_name(full, reading->trainer, block, name);
    const struct cpl_safetensors_entry *entry = cpl_safetensors_find(reading->file, full);
    if (!entry || cpl_safetensors_elements(entry) != count)
        return cpl_error_set(error, CPL_ERROR_STATE, reading->path,
                             "tensor \"%s\" of %lld values is not in it", full,
                             (long long)count);
    return cpl_safetensors_read_f32(entry, data, error);
}

cpl_status cpl_checkpoint_read_optimizer(const char *directory, struct cpl_trainer *trainer,
                                         int64_t step, struct cpl_error *error)
{
    char *path = NULL;
    struct cpl_safetensors file;
    CPL_TRY(cpl_path_join(&path, directory, "training.safetensors", error));
    cpl_status status = cpl_safetensors_open(&file, path, error);
    if (status == CPL_OK) {
        struct reading reading = {&file, trainer, path};
        status = cpl_optimizer_each_state(trainer->optimizer, read_state, &reading, error);
        cpl_safetensors_close(&file);
    }
    if (status == CPL_OK)
        cpl_optimizer_set_steps(trainer->optimizer, step);
    free(path);
    return status;
}
