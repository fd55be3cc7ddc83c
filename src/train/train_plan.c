/* What a run would take: memory by a dry run of the model, arithmetic by real batches of the corpus. */
#include "base/file.h"
#include "base/memory.h"
#include "base/try.h"
#include "train/training.h"

#include <couplet/measure.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLED_STEPS 16
#define PEAK_SECONDS 0.1
#define LIKELY_SHARE 0.5 /* of the peak that training reaches */

/* Averages of the batches that training would see first. */
struct shape {
    double tokens, predicted, squared_lengths;
};

static cpl_status sample_batches(struct shape *shape, struct cpl_batcher *batcher,
                                 struct cpl_error *error)
{
    struct cpl_batch batch = {0};
    cpl_status status = CPL_OK;
    *shape = (struct shape){0};
    for (int i = 0; i < SAMPLED_STEPS && status == CPL_OK; i++) {
        status = cpl_batcher_next(batcher, &batch, error);
        if (status != CPL_OK)
            break;
        shape->tokens += (double)batch.n_tokens / SAMPLED_STEPS;
        shape->predicted += (double)batch.n_predicted / SAMPLED_STEPS;
        shape->squared_lengths += cpl_batch_squared_lengths(&batch) / SAMPLED_STEPS;
    }
    cpl_batch_clear(&batch);
    return status;
}

/* Sequences and tokens of the largest micro-batch. */
static cpl_status plan_memory(struct cpl_train_plan *plan, const struct cpl_train_setup *setup,
                              const struct cpl_config *config, const struct shape *shape,
                              struct cpl_device *device, struct cpl_error *error)
{
    struct cpl_memory_plan memory;
    int64_t micro = setup->options.micro_batch_tokens, length = setup->batcher.length;
    int64_t tokens =
        micro > 0 && micro < setup->batcher.batch_tokens ? micro : setup->batcher.batch_tokens;
    int64_t sequences = tokens / length > 0 ? tokens / length : 1;
    double share = shape->tokens > 0 ? shape->predicted / shape->tokens : 1;
    CPL_TRY(cpl_model_plan_memory(&memory, config, device, sequences, length,
                                  (int64_t)(share * (double)(sequences * length)) + 1, error));
    plan->weight_bytes = memory.parameters;
    plan->gradient_bytes = memory.gradients;
    plan->packed_bytes = memory.packed;
    plan->activation_bytes = memory.activations;
    return CPL_OK;
}

static cpl_status plan_model(struct cpl_train_plan *plan, const struct cpl_train_setup *setup,
                             const struct cpl_config *config, const struct shape *shape,
                             struct cpl_device *device, struct cpl_error *error)
{
    struct cpl_model *model = NULL;
    CPL_TRY(cpl_config_check(config, setup->options.family, error));
    CPL_TRY(cpl_model_declare(&model, config, device, error));
    plan->parameters = cpl_model_parameter_count(model);
    plan->ff_width = model->config.ff_width;
    plan->flops_per_step =
        cpl_model_training_flops(model, (int64_t)(shape->tokens + 0.5),
                                 (int64_t)(shape->predicted + 0.5), shape->squared_lengths);
    plan->optimizer_bytes = cpl_trainer_optimizer_bytes(model, &setup->optimizer);
    cpl_model_free(model);
    return plan_memory(plan, setup, config, shape, device, error);
}

/* Free bytes where a path lies or would lie; 0: unknown. */
static size_t free_disk(const char *path)
{
    char *parent = NULL;
    if (!path)
        return 0;
    if (cpl_file_exists(path))
        return cpl_path_free_bytes(path);
    const char *slash = strrchr(path, '/');
    if (!slash)
        return cpl_path_free_bytes(".");
    if (cpl_text_copy_n(&parent, path, (size_t)(slash - path) + 1, NULL) != CPL_OK)
        return 0;
    size_t bytes = cpl_path_free_bytes(parent);
    free(parent);
    return bytes;
}

static void add_up(struct cpl_train_plan *plan, const struct cpl_train_setup *setup)
{
    plan->steps = setup->schedule.steps;
    plan->total_bytes = plan->weight_bytes + plan->gradient_bytes + plan->optimizer_bytes +
                        plan->packed_bytes + plan->activation_bytes;
    plan->checkpoint_bytes = plan->weight_bytes + plan->optimizer_bytes;
    plan->free_memory_bytes = (size_t)cpl_measure_memory_available();
    plan->seconds =
        (double)plan->steps * plan->flops_per_step / (plan->peak_gflops * 1e9 * LIKELY_SHARE);
    plan->free_disk_bytes = free_disk(setup->options.out);
}

cpl_status cpl_pretrain_plan(const struct cpl_train_options *options, struct cpl_device *device,
                             struct cpl_train_plan *plan, struct cpl_error *error)
{
    cpl_status status;
    struct cpl_train_setup setup;
    struct cpl_train_data data = {0};
    struct cpl_batcher *batcher = NULL;
    struct cpl_config config = {0};
    struct shape shape;
    *plan = (struct cpl_train_plan){0};
    CPL_TRY(cpl_train_setup_init(&setup, options, device, error));
    CPL_TRY_GOTO(cpl_train_data_open(&data, setup.options.corpus, setup.options.tokenizer,
                                     setup.options.dict, NULL, NULL, error));
    const struct cpl_shard *train = &data.shard[CPL_SPLIT_TRAIN];
    CPL_TRY_GOTO(cpl_batcher_new(&batcher, train, data.tokenizer, &setup.batcher, error));
    CPL_TRY_GOTO(cpl_train_setup_length(&setup, batcher, train, error));
    CPL_TRY_GOTO(sample_batches(&shape, batcher, error));
    CPL_TRY_GOTO(
        cpl_train_config(&config, &setup.options, cpl_tokenizer_size(data.tokenizer), error));
    CPL_TRY_GOTO(plan_model(plan, &setup, &config, &shape, device, error));
    CPL_TRY_GOTO(cpl_machine_peak(&plan->peak_gflops, cpl_device_isa(device),
                                  cpl_device_dtype(device), cpl_device_threads(device),
                                  PEAK_SECONDS, error));
    add_up(plan, &setup);
done:
    cpl_config_clear(&config);
    cpl_batcher_free(batcher);
    cpl_train_data_close(&data);
    return status;
}
