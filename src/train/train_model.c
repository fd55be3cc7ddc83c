/* The model of a training: new, from another model's weights, or from a checkpoint of the run.
 */
#include "base/file.h"
#include "base/try.h"
#include "train/training.h"

#include <stdlib.h>

/* config.json of --from. */
static cpl_status read_config_of(struct cpl_config *config, const char *model,
                                 struct cpl_error *error)
{
    char *directory = NULL, *path = NULL;
    cpl_status status;
    CPL_TRY_GOTO(cpl_model_resolve(&directory, model, error));
    CPL_TRY_GOTO(cpl_path_join(&path, directory, "config.json", error));
    CPL_TRY_GOTO(cpl_config_read(config, path, error));
done:
    free(directory);
    free(path);
    return status;
}

cpl_status cpl_train_config(struct cpl_config *config, const struct cpl_train_options *options,
                            int32_t vocab_size, struct cpl_error *error)
{
    struct cpl_model_options wanted = {.family = options->family,
                                       .size = options->size,
                                       .config_path = options->model_config,
                                       .vocab_size = vocab_size,
                                       .max_positions = (int32_t)options->max_positions,
                                       .ff_width = (int32_t)options->ff_width,
                                       .dropout = options->dropout};
    if (options->from)
        return read_config_of(config, options->from, error);
    return cpl_config_choose(config, &wanted, error);
}

cpl_status cpl_train_family(const struct cpl_family **out,
                            const struct cpl_train_options *options, struct cpl_error *error)
{
    struct cpl_config config = {0};
    cpl_status status = CPL_OK;
    if (options->from || options->model_config) {
        status = cpl_train_config(&config, options, 0, error);
        if (status == CPL_OK)
            *out = cpl_family_get(config.family);
        cpl_config_clear(&config);
        return status;
    }
    *out = cpl_family_find(options->family);
    if (!*out)
        status = cpl_error_set(error, CPL_ERROR_USAGE, "--family", "\"%s\" is not known",
                               options->family);
    return status;
}

static cpl_status load_model(struct cpl_model **out, const struct cpl_train_setup *setup,
                             const char *path, struct cpl_device *device,
                             struct cpl_error *error)
{
    CPL_TRY(cpl_model_load(out, path, device, error));
    if ((*out)->missing_head)
        cpl_model_init_head(*out, (uint64_t)setup->options.seed);
    struct cpl_config *config = &(*out)->config;
    if (setup->options.dropout >= 0)
        config->dropout = config->attention_dropout = config->embedding_dropout =
            setup->options.dropout;
    return CPL_OK;
}

static cpl_status make_model(struct cpl_model **out, const struct cpl_train_setup *setup,
                             const struct cpl_tokenizer *tokenizer, struct cpl_device *device,
                             struct cpl_error *error)
{
    const struct cpl_train_options *options = &setup->options;
    struct cpl_model_options wanted = {.family = options->family,
                                       .size = options->size,
                                       .config_path = options->model_config,
                                       .vocab_size = cpl_tokenizer_size(tokenizer),
                                       .max_positions = (int32_t)options->max_positions,
                                       .ff_width = (int32_t)options->ff_width,
                                       .dropout = options->dropout,
                                       .seed = (uint64_t)options->seed};
    CPL_TRY(cpl_model_new(out, &wanted, device, error));
    struct cpl_special_ids special = cpl_tokenizer_special(tokenizer);
    struct cpl_config *config = &(*out)->config;
    config->bos = special.bos >= 0 ? special.bos : special.cls;
    config->eos = special.eos >= 0 ? special.eos : special.sep;
    config->pad = special.pad;
    return CPL_OK;
}

cpl_status cpl_train_model(struct cpl_model **out, const struct cpl_train_setup *setup,
                           const struct cpl_tokenizer *tokenizer, const char *directory,
                           struct cpl_device *device, struct cpl_error *error)
{
    const char *path = directory ? directory : setup->options.from;
    struct cpl_model *model = NULL;
    cpl_status status;
    if (path)
        CPL_TRY_GOTO(load_model(&model, setup, path, device, error));
    else
        CPL_TRY_GOTO(make_model(&model, setup, tokenizer, device, error));
    if (cpl_model_vocab_size(model) < cpl_tokenizer_size(tokenizer)) {
        status = cpl_error_set(error, CPL_ERROR_INPUT, path,
                               "the model has %d tokens, the tokenizer %d",
                               cpl_model_vocab_size(model), cpl_tokenizer_size(tokenizer));
        goto done;
    }
    if (setup->batcher.length > cpl_model_max_positions(model)) {
        status = cpl_error_set(error, CPL_ERROR_USAGE, "--length",
                               "%d tokens, but the model takes at most %d",
                               setup->batcher.length, cpl_model_max_positions(model));
        goto done;
    }
    *out = model;
    return CPL_OK;
done:
    cpl_model_free(model);
    return status;
}
