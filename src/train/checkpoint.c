/* Writing checkpoints: everything goes to a hidden directory, is flushed, read back and compared, and
 * only then gets its name; older checkpoints go afterwards.
 *
 *     config.json, model.safetensors, tokenizer files    what transformers loads
 *     training.safetensors   the optimizer's state: "exp_avg.layer.0.qkv.weight" ...
 *     training.json          step, place in the data, what the run is bound to; nothing volatile */
#include "train/checkpoint.h"

#include "base/json_file.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/try.h"
#include "format/safetensors.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- training.safetensors --------------------------------------------------------------- */

void cpl_state_name(char out[CPL_STATE_NAME], const struct cpl_trainer *trainer, int block,
                    const char *name)
{
    snprintf(out, CPL_STATE_NAME, "%s.%s", name, trainer->model->parameters.item[block].name);
}

struct state_visit {
    const struct cpl_trainer *trainer;
    struct cpl_safetensors_writer *writer;
};

static cpl_status declare_state(void *context, int block, const char *name, cpl_real *data,
                                int64_t count, struct cpl_error *error)
{
    const struct state_visit *visit = context;
    char full[CPL_STATE_NAME];
    (void)data;
    cpl_state_name(full, visit->trainer, block, name);
    return cpl_safetensors_writer_declare(visit->writer, full, CPL_SAFETENSORS_F32, 1, &count,
                                          error);
}

static cpl_status write_state(void *context, int block, const char *name, cpl_real *data,
                              int64_t count, struct cpl_error *error)
{
    const struct state_visit *visit = context;
    char full[CPL_STATE_NAME];
    cpl_state_name(full, visit->trainer, block, name);
    return cpl_safetensors_writer_write(visit->writer, full, data, (size_t)count * sizeof *data,
                                        error);
}

static cpl_status save_optimizer(struct cpl_trainer *trainer, const char *path,
                                 struct cpl_error *error)
{
    struct state_visit visit = {.trainer = trainer};
    cpl_status status;
    CPL_TRY(cpl_safetensors_writer_new(&visit.writer, path, error));
    CPL_TRY_GOTO(cpl_optimizer_each_state(trainer->optimizer, declare_state, &visit, error));
    CPL_TRY_GOTO(cpl_optimizer_each_state(trainer->optimizer, write_state, &visit, error));
    return cpl_safetensors_writer_commit(visit.writer, error);
done:
    cpl_safetensors_writer_abandon(visit.writer);
    return status;
}

/* ---- training.json ---------------------------------------------------------------------- */

static json_t *checksum_text(uint64_t checksum)
{
    char text[20];
    snprintf(text, sizeof text, "%016" PRIx64, checksum);
    return json_string(text);
}

json_t *cpl_checkpoint_binding(const struct cpl_checkpoint *checkpoint)
{
    json_t *options = cpl_train_setup_bound(checkpoint->setup);
    if (!options)
        return NULL;
    return json_pack(
        "{s:s, s:o, s:o, s:o, s:o}", "dtype", checkpoint->dtype, "tokenizer",
        checksum_text(cpl_tokenizer_hash(checkpoint->data->tokenizer)), "training text",
        checksum_text(cpl_shard_checksum(&checkpoint->data->shard[CPL_SPLIT_TRAIN])),
        "validation text",
        checksum_text(cpl_shard_checksum(&checkpoint->data->shard[CPL_SPLIT_VALID])), "options",
        options);
}

static cpl_status save_state(const struct cpl_checkpoint *checkpoint, const char *path,
                             struct cpl_error *error)
{
    const struct cpl_train_state *state = checkpoint->state;
    json_t *bound = cpl_checkpoint_binding(checkpoint);
    json_t *record =
        json_pack("{s:i, s:I, s:I, s:f, s:{s:I, s:I}, s:I, s:o, s:I, s:o}", "format",
                  CPL_CHECKPOINT_FORMAT, "step", (json_int_t)state->step, "tokens",
                  (json_int_t)state->tokens, "flops", state->flops, "position", "epoch",
                  (json_int_t)state->position.epoch, "next", (json_int_t)state->position.next,
                  "evaluated_step", (json_int_t)state->evaluated_step, "best_loss",
                  state->best_step >= 0 ? json_real(state->best_loss) : json_null(),
                  "best_step", (json_int_t)state->best_step, "bound", bound);
    if (!record)
        return cpl_error_set(error, CPL_ERROR_SYSTEM, path, "out of memory");
    cpl_status status = cpl_json_save(record, path, error);
    json_decref(record);
    return status;
}

/* ---- saving ----------------------------------------------------------------------------- */

/* A value that is not finite never reaches a file. */
static cpl_status check_state(void *context, int block, const char *name, cpl_real *data,
                              int64_t count, struct cpl_error *error)
{
    struct cpl_trainer *trainer = context;
    char full[CPL_STATE_NAME];
    if (isfinite(cpl_flat_norm(trainer->queue, data, count)))
        return CPL_OK;
    cpl_state_name(full, trainer, block, name);
    return cpl_error_set(error, CPL_ERROR_NUMERIC, full,
                         "not finite; no checkpoint was written");
}

static cpl_status check_finite(struct cpl_trainer *trainer, int64_t step,
                               struct cpl_error *error)
{
    const char *tensor = cpl_trainer_bad_tensor(trainer, true);
    if (tensor)
        return cpl_error_set(error, CPL_ERROR_NUMERIC, tensor,
                             "not finite after step %lld; no checkpoint was written",
                             (long long)step);
    return cpl_optimizer_each_state(trainer->optimizer, check_state, trainer, error);
}

static cpl_status check_space(const struct cpl_run *run, struct cpl_trainer *trainer,
                              struct cpl_error *error)
{
    size_t needed = cpl_checkpoint_bytes(trainer), available = cpl_path_free_bytes(run->path);
    if (available == 0 || available >= needed)
        return CPL_OK;
    return cpl_error_set(error, CPL_ERROR_SYSTEM, run->path,
                         "a checkpoint takes %zu MB, the disk has %zu MB left", needed >> 20,
                         available >> 20);
}

size_t cpl_checkpoint_bytes(const struct cpl_trainer *trainer)
{
    return (size_t)trainer->model->parameters.elements * sizeof(float) +
           cpl_optimizer_bytes(trainer->optimizer) + ((size_t)2 << 20);
}

static cpl_status write_files(const struct cpl_checkpoint *checkpoint, const char *directory,
                              const char *state_path, const char *optimizer_path,
                              struct cpl_error *error)
{
    struct cpl_trainer *trainer = checkpoint->trainer;
    CPL_TRY(cpl_directory_make(directory, error));
    CPL_TRY(cpl_model_save(trainer->model, directory, error));
    CPL_TRY(cpl_tokenizer_save(checkpoint->data->tokenizer, directory, error));
    CPL_TRY(save_optimizer(trainer, optimizer_path, error));
    CPL_TRY(save_state(checkpoint, state_path, error));
    CPL_TRY(cpl_directory_sync(directory, error));
    return cpl_checkpoint_verify(checkpoint, directory, error);
}

static cpl_status write_verified(const struct cpl_checkpoint *checkpoint, const char *directory,
                                 struct cpl_error *error)
{
    char *state = NULL, *optimizer = NULL;
    cpl_status status;
    CPL_TRY_GOTO(cpl_path_join(&state, directory, "training.json", error));
    CPL_TRY_GOTO(cpl_path_join(&optimizer, directory, "training.safetensors", error));
    status = write_files(checkpoint, directory, state, optimizer, error);
done:
    free(state);
    free(optimizer);
    return status;
}

cpl_status cpl_checkpoint_save(struct cpl_run *run, const struct cpl_checkpoint *checkpoint,
                               struct cpl_error *error)
{
    char *path = NULL, *partial = NULL;
    int64_t step = checkpoint->state->step;
    cpl_status status;
    CPL_TRY(check_finite(checkpoint->trainer, step, error));
    CPL_TRY(check_space(run, checkpoint->trainer, error));
    CPL_TRY_GOTO(cpl_run_checkpoint_path(&path, run, step, error));
    CPL_TRY_GOTO(
        cpl_text_format(&partial, error, "%s/.step-%06lld", run->checkpoints, (long long)step));
    CPL_TRY_GOTO(cpl_path_remove(partial, error));
    CPL_TRY_GOTO(write_verified(checkpoint, partial, error));
    CPL_TRY_GOTO(cpl_path_remove(path, error)); /* of a run that was resumed from before it */
    CPL_TRY_GOTO(cpl_path_rename(partial, path, error));
    CPL_TRY_GOTO(cpl_run_link(run, "latest", step, error));
done:
    if (status != CPL_OK && partial)
        cpl_path_remove(partial, NULL);
    free(path);
    free(partial);
    return status;
}

/* ---- pruning ---------------------------------------------------------------------------- */

/* Step of a name "step-000100", -1 for other names. */
static int64_t step_of(const char *name)
{
    int64_t step;
    return strncmp(name, "step-", 5) == 0 && cpl_number_parse_int(&step, name + 5) ? step : -1;
}

/* Renamed first, so that a checkpoint is whole or has no name. */
static cpl_status remove_checkpoint(const struct cpl_run *run, int64_t step,
                                    struct cpl_error *error)
{
    char *path = NULL, *hidden = NULL;
    cpl_status status;
    CPL_TRY_GOTO(cpl_run_checkpoint_path(&path, run, step, error));
    CPL_TRY_GOTO(
        cpl_text_format(&hidden, error, "%s/.old-%06lld", run->checkpoints, (long long)step));
    CPL_TRY_GOTO(cpl_path_rename(path, hidden, error));
    CPL_TRY_GOTO(cpl_path_remove(hidden, error));
done:
    free(path);
    free(hidden);
    return status;
}

static int compare_steps(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

cpl_status cpl_checkpoint_prune(struct cpl_run *run, int64_t keep, struct cpl_error *error)
{
    char **names = NULL;
    size_t count = 0;
    int64_t *steps = NULL, n_steps = 0;
    int64_t best = cpl_run_linked_step(run, "best"),
            latest = cpl_run_linked_step(run, "latest");
    CPL_TRY(cpl_directory_list(&names, &count, run->checkpoints, error));
    cpl_status status = cpl_memory_new(&steps, count, sizeof *steps, error);
    for (size_t i = 0; status == CPL_OK && i < count; i++)
        if (step_of(names[i]) >= 0)
            steps[n_steps++] = step_of(names[i]);
    if (status == CPL_OK)
        qsort(steps, (size_t)n_steps, sizeof *steps, compare_steps);
    for (int64_t i = 0; status == CPL_OK && i < n_steps - keep; i++)
        if (steps[i] != best && steps[i] != latest)
            status = remove_checkpoint(run, steps[i], error);
    free(steps);
    cpl_names_free(names, count);
    return status;
}
