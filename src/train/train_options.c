/* Options of a training: defaults, checks, what is derived from them. */
#include "train/training.h"

#include "base/memory.h"
#include "base/number.h"
#include "base/try.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- defaults and values from the option table ------------------------------------------ */

static const char *default_text(enum cpl_option_id id)
{
    return cpl_option_row(id)->default_text;
}

static int64_t default_int(enum cpl_option_id id)
{
    int64_t value = 0;
    cpl_number_parse_int(&value, default_text(id));
    return value;
}

static double default_real(enum cpl_option_id id)
{
    double value = 0;
    cpl_number_parse_real(&value, default_text(id));
    return value;
}

static bool default_flag(enum cpl_option_id id) { return strcmp(default_text(id), "yes") == 0; }

void cpl_train_options_init(struct cpl_train_options *options)
{
    *options = (struct cpl_train_options){0};
#define TRAIN_OPTION(field, type, binds) options->field = default_##type(CPL_OPTION_##field);
#include <couplet/train.def>
#undef TRAIN_OPTION
}

void cpl_train_options_read(struct cpl_train_options *options, const struct cpl_options *values)
{
#define TRAIN_OPTION(field, type, binds)                                                       \
    if (cpl_options_accepts(values, CPL_OPTION_##field))                                       \
        options->field = cpl_options_##type(values, CPL_OPTION_##field);
#include <couplet/train.def>
    TRAIN_OPTION(resume, flag, 0)
    TRAIN_OPTION(force, flag, 0)
#undef TRAIN_OPTION
}

/* ---- checks ----------------------------------------------------------------------------- */

static const struct {
    const char *name;
    bool masked;
} objectives[CPL_OBJECTIVE_COUNT] = {
#define OBJECTIVE(name, masked, help) {#name, masked},
#include "batch/objectives.def"
#undef OBJECTIVE
};

/* The one of that name, or the first that suits the family. */
static enum cpl_objective_id choose_objective(const char *name, bool masked)
{
    int id = 0;
    if (name)
        return cpl_objective_find(name);
    while (id < CPL_OBJECTIVE_COUNT && objectives[id].masked != masked)
        id++;
    return (enum cpl_objective_id)id;
}

static cpl_status find_objective(enum cpl_objective_id *out, const char *name, bool masked,
                                 const char *family, struct cpl_error *error)
{
    enum cpl_objective_id id = choose_objective(name, masked);
    if (id == CPL_OBJECTIVE_COUNT)
        return cpl_error_set(error, CPL_ERROR_USAGE, "--objective",
                             "\"%s\" is none of mlm, clm", name);
    if (objectives[id].masked != masked)
        return cpl_error_set(error, CPL_ERROR_USAGE, "--objective",
                             "%s sees %s; the objective %s needs a family that sees %s", family,
                             masked ? "both sides" : "the left side only", objectives[id].name,
                             masked ? "the left side only" : "both sides");
    *out = id;
    return CPL_OK;
}

cpl_status cpl_train_objective(const char **out, const struct cpl_train_options *options,
                               struct cpl_error *error)
{
    const struct cpl_family *family = NULL;
    enum cpl_objective_id id = CPL_OBJECTIVE_mlm;
    CPL_TRY(cpl_train_family(&family, options, error));
    CPL_TRY(find_objective(&id, options->objective, family->masked, family->name, error));
    *out = objectives[id].name;
    return CPL_OK;
}

cpl_status cpl_task_resolve(struct cpl_batcher_options *out,
                            const struct cpl_task_options *options, bool masked,
                            const char *family, struct cpl_error *error)
{
    *out = (struct cpl_batcher_options){
        .length = (int32_t)(options->length ? options->length : 128),
        .batch_tokens = options->batch_tokens ? options->batch_tokens : 4096,
        .mask_share = options->mask_share > 0 ? options->mask_share : 0.15,
        .seed = options->seed};
    if (out->batch_tokens < out->length)
        return cpl_error_set(error, CPL_ERROR_USAGE, "--batch-tokens",
                             "%lld tokens in a batch, but a sequence may have %d",
                             (long long)out->batch_tokens, out->length);
    out->mask_unit = options->mask ? cpl_mask_unit_find(options->mask) : CPL_MASK_WORD;
    if (out->mask_unit == CPL_MASK_UNIT_COUNT)
        return cpl_error_set(error, CPL_ERROR_USAGE, "--mask",
                             "\"%s\" is none of word, token, span", options->mask);
    return find_objective(&out->objective, options->objective, masked, family, error);
}

static cpl_status check_needed(const char *value, const char *option, const char *what,
                               struct cpl_error *error)
{
    if (value && value[0])
        return CPL_OK;
    return cpl_error_set(error, CPL_ERROR_USAGE, option, "is needed: %s", what);
}

static cpl_status check_duration(const struct cpl_train_options *options,
                                 enum cpl_schedule_id schedule, struct cpl_error *error)
{
    bool counted = options->steps > 0 || options->tokens > 0 || options->epochs > 0;
    if (counted)
        return CPL_OK;
    if (!(options->max_time > 0))
        return cpl_error_set(
            error, CPL_ERROR_USAGE, "--steps",
            "say how long to train: --steps, --epochs, --tokens or --max-time");
    if (cpl_schedule_has_end(schedule))
        return cpl_error_set(error, CPL_ERROR_USAGE, "--max-time",
                             "schedule %s needs to know its end: give --steps, --epochs or "
                             "--tokens too, or take --schedule constant",
                             options->schedule);
    return CPL_OK;
}

static cpl_status resolve_optimizer(struct cpl_train_setup *setup,
                                    const struct cpl_device *device, struct cpl_error *error)
{
    const struct cpl_train_options *options = &setup->options;
    setup->optimizer = (struct cpl_optimizer_options){
        .id = cpl_optimizer_find(options->optimizer),
        .lr = options->lr,
        .adamw_lr = options->adamw_lr,
        .beta1 = options->beta1,
        .beta2 = options->beta2,
        .eps = options->eps,
        .weight_decay = options->weight_decay,
        .momentum = options->momentum,
        .adjust = strcmp(options->muon_adjust, "original") == 0 ? CPL_MUON_ORIGINAL
                                                                : CPL_MUON_MATCH_RMS,
        .compute = device->dtype};
    if (setup->optimizer.id == CPL_OPTIMIZER_COUNT)
        return cpl_error_set(error, CPL_ERROR_USAGE, "--optimizer", "\"%s\" is not known",
                             options->optimizer);
    cpl_optimizer_resolve(&setup->optimizer);
    setup->options.lr = setup->optimizer.lr;
    setup->options.adamw_lr = setup->optimizer.adamw_lr;
    setup->schedule = (struct cpl_schedule){.id = cpl_schedule_find(options->schedule),
                                            .min_share = options->min_lr_share};
    if (setup->schedule.id == CPL_SCHEDULE_COUNT)
        return cpl_error_set(error, CPL_ERROR_USAGE, "--schedule", "\"%s\" is not known",
                             options->schedule);
    return check_duration(options, setup->schedule.id, error);
}

cpl_status cpl_train_setup_init(struct cpl_train_setup *setup,
                                const struct cpl_train_options *options,
                                const struct cpl_device *device, struct cpl_error *error)
{
    *setup = (struct cpl_train_setup){.options = *options};
    CPL_TRY(
        check_needed(options->corpus, "--corpus", "a directory made by corpus build", error));
    CPL_TRY(check_needed(options->tokenizer, "--tokenizer",
                         "a directory or file of a tokenizer", error));
    const struct cpl_family *family;
    CPL_TRY(cpl_train_family(&family, options, error));
    setup->options.family = family->name;
    struct cpl_task_options task = {.objective = options->objective,
                                    .mask = options->mask,
                                    .mask_share = options->mask_share,
                                    .length = options->length,
                                    .batch_tokens = options->batch_tokens,
                                    .seed = (uint64_t)options->seed};
    CPL_TRY(cpl_task_resolve(&setup->batcher, &task, family->masked, family->name, error));
    setup->objective = setup->batcher.objective;
    setup->options.objective = objectives[setup->objective].name;
    return resolve_optimizer(setup, device, error);
}

cpl_status cpl_train_setup_length(struct cpl_train_setup *setup,
                                  const struct cpl_batcher *batcher,
                                  const struct cpl_shard *shard, struct cpl_error *error)
{
    const struct cpl_train_options *options = &setup->options;
    double epoch = (double)(shard->n_tokens + 2 * cpl_batcher_sequences(batcher));
    double batch = (double)options->batch_tokens, steps = INFINITY;
    if (options->steps > 0)
        steps = (double)options->steps;
    if (options->tokens > 0)
        steps = fmin(steps, ceil((double)options->tokens / batch));
    if (options->epochs > 0)
        steps = fmin(steps, ceil(options->epochs * epoch / batch));
    if (isfinite(steps) && steps > 1e15)
        return cpl_error_set(error, CPL_ERROR_USAGE, "--epochs",
                             "more steps than can be counted");
    setup->schedule.steps = isfinite(steps) ? (int64_t)steps : 0;
    if (options->warmup < 0)
        setup->options.warmup = setup->schedule.steps / 20;
    setup->schedule.warmup = setup->options.warmup;
    return CPL_OK;
}
