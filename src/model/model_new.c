/* New models, and the small facts about a model. */
#include "model/model.h"

#include "base/try.h"

cpl_status cpl_config_choose(struct cpl_config *config, const struct cpl_model_options *options,
                             struct cpl_error *error)
{
    if (!options->config_path) {
        CPL_TRY(cpl_config_preset(config, options->family, options->size, error));
        if (options->vocab_size > 0)
            config->vocab_size = options->vocab_size;
        if (config->bos >= config->vocab_size)
            config->bos = -1;
        if (config->eos >= config->vocab_size)
            config->eos = -1;
    } else {
        CPL_TRY(cpl_config_read(config, options->config_path, error));
        if (options->vocab_size > 0 && config->vocab_size != options->vocab_size)
            return cpl_error_set(error, CPL_ERROR_INPUT, options->config_path,
                                 "vocab_size is %lld, but the tokenizer has %d tokens",
                                 (long long)config->vocab_size, options->vocab_size);
    }
    if (options->max_positions > 0)
        config->max_positions = options->max_positions;
    if (options->ff_width > 0)
        config->ff_width = options->ff_width;
    if (options->dropout >= 0)
        config->dropout = config->attention_dropout = config->embedding_dropout =
            options->dropout;
    return CPL_OK;
}

cpl_status cpl_model_new(struct cpl_model **out, const struct cpl_model_options *options,
                         struct cpl_device *device, struct cpl_error *error)
{
    *out = NULL;
    struct cpl_config config = {0};
    cpl_status status;
    CPL_TRY_GOTO(cpl_config_choose(&config, options, error));
    CPL_TRY_GOTO(cpl_model_build(out, &config, device, true, error));
    cpl_model_init(*out, options->seed);
done:
    cpl_config_clear(&config);
    return status;
}

const char *cpl_model_family(const struct cpl_model *model) { return model->family->name; }

bool cpl_model_is_masked(const struct cpl_model *model) { return model->family->masked; }

int64_t cpl_model_parameter_count(const struct cpl_model *model)
{
    return model->parameters.elements;
}

int32_t cpl_model_vocab_size(const struct cpl_model *model)
{
    return (int32_t)model->config.vocab_size;
}

int32_t cpl_model_max_positions(const struct cpl_model *model)
{
    return (int32_t)model->config.max_positions;
}

double cpl_model_training_flops(const struct cpl_model *model, int64_t tokens,
                                int64_t predicted, double sum_squared_lengths)
{
    const struct cpl_config *c = &model->config;
    double width = (double)c->width, inner = (double)(c->heads * c->head_width);
    double key_inner = (double)(c->kv_heads * c->head_width);
    double layer =
        width * (inner + 2 * key_inner) + inner * width + 2 * width * (double)c->ff_width;
    double layers = 6 * (double)c->layers * layer * (double)tokens;
    double head = (double)c->vocab_size + (c->head_transform ? width : 0);
    double vocabulary = 6 * head * width * (double)predicted;
    double attention = 12 * (double)c->layers * inner * sum_squared_lengths;
    return layers + vocabulary + (c->causal ? attention / 2 : attention);
}
