/* Configurations: reading, writing, presets and what is possible. */
#include "model/model.h"

#include "base/json_file.h"
#include "base/try.h"

#include <string.h>

/* ---- activations
 * --------------------------------------------------------------------------------*/

/* The first name of each is what we write. */
static const struct {
    const char *name;
    enum cpl_activation activation;
} activations[] = {
    {"gelu", CPL_ACTIVATION_gelu},
    {"gelu_new", CPL_ACTIVATION_gelu_tanh},
    {"gelu_pytorch_tanh", CPL_ACTIVATION_gelu_tanh},
    {"gelu_fast", CPL_ACTIVATION_gelu_tanh},
    {"relu", CPL_ACTIVATION_relu},
    {"silu", CPL_ACTIVATION_silu},
    {"swish", CPL_ACTIVATION_silu},
    {"tanh", CPL_ACTIVATION_tanh},
};

bool cpl_activation_parse(enum cpl_activation *out, const char *name)
{
    for (size_t i = 0; i < sizeof activations / sizeof *activations; i++) {
        if (strcmp(activations[i].name, name) == 0) {
            *out = activations[i].activation;
            return true;
        }
    }
    return false;
}

const char *cpl_activation_name(enum cpl_activation activation)
{
    for (size_t i = 0; i < sizeof activations / sizeof *activations; i++)
        if (activations[i].activation == activation)
            return activations[i].name;
    return "linear";
}

/* ---- presets
 * ------------------------------------------------------------------------------------*/

static const struct {
    const char *name;
    int64_t layers, width, heads;
} presets[] = {
    {"tiny", 2, 128, 2},   {"mini", 4, 256, 4},   {"small", 4, 512, 8},
    {"medium", 8, 512, 8}, {"base", 12, 768, 12},
};

static cpl_status find_family(const struct cpl_family **out, const char *name,
                              const char *where, struct cpl_error *error)
{
    *out = name ? cpl_family_find(name) : NULL;
    if (*out)
        return CPL_OK;
    char known[200] = "";
    size_t length = 0;
    for (int i = 0; i < CPL_FAMILY_COUNT; i++)
        length += (size_t)snprintf(known + length, sizeof known - length, "%s%s", i ? ", " : "",
                                   cpl_family_get((enum cpl_family_id)i)->name);
    return cpl_error_set(error, where ? CPL_ERROR_INPUT : CPL_ERROR_USAGE,
                         where ? where : "family", "unknown model family '%s', known are: %s",
                         name ? name : "", known);
}

cpl_status cpl_config_preset(struct cpl_config *config, const char *family, const char *size,
                             struct cpl_error *error)
{
    *config = (struct cpl_config){0};
    const struct cpl_family *found;
    CPL_TRY(find_family(&found, family, NULL, error));
    for (size_t i = 0; i < sizeof presets / sizeof *presets; i++) {
        if (!size || strcmp(presets[i].name, size) != 0)
            continue;
        found->preset(config);
        config->layers = presets[i].layers;
        config->width = presets[i].width;
        config->heads = config->kv_heads = presets[i].heads;
        config->head_width = config->width / config->heads;
        config->ff_width = 4 * config->width;
        return CPL_OK;
    }
    return cpl_error_set(error, CPL_ERROR_USAGE, "size",
                         "unknown size '%s', expected tiny, mini, small, medium or base",
                         size ? size : "");
}

/* ---- files
 * --------------------------------------------------------------------------------------*/

cpl_status cpl_config_read(struct cpl_config *config, const char *path, struct cpl_error *error)
{
    *config = (struct cpl_config){0};
    json_t *json = NULL;
    CPL_TRY(cpl_json_load(&json, path, 0, error));
    const struct cpl_family *family;
    const char *name = NULL;
    cpl_status status = CPL_OK;
    if (!json_is_object(json))
        CPL_TRY_GOTO(cpl_error_set(error, CPL_ERROR_INPUT, path, "expected a JSON object"));
    CPL_TRY_GOTO(cpl_json_get_text(&name, json, "model_type", path, error));
    if (!name)
        CPL_TRY_GOTO(cpl_error_set(error, CPL_ERROR_INPUT, path, "model_type is missing"));
    CPL_TRY_GOTO(find_family(&family, name, path, error));
    family->preset(config);
    config->source = json_incref(json);
    CPL_TRY_GOTO(family->read(config, json, path, error));
    CPL_TRY_GOTO(cpl_config_check(config, path, error));
done:
    json_decref(json);
    return status;
}

/* Where the file had dtype keys they described its tensors; ours are always f32. */
static bool set_common(const struct cpl_config *config, json_t *json)
{
    const struct cpl_family *family = cpl_family_get(config->family);
    bool failed =
        json_object_set_new(json, "architectures", json_pack("[s]", family->architecture));
    failed |= json_object_set_new(json, "model_type", json_string(family->name));
    failed |= json_object_set_new(json, "torch_dtype", json_string("float32"));
    if (json_object_get(json, "dtype"))
        failed |= json_object_set_new(json, "dtype", json_string("float32"));
    return !failed;
}

cpl_status cpl_config_write(json_t **out, const struct cpl_config *config,
                            struct cpl_error *error)
{
    json_t *json = config->source ? json_deep_copy(config->source) : json_object();
    if (!json || !set_common(config, json) ||
        !cpl_family_get(config->family)->write(config, json)) {
        json_decref(json);
        return cpl_error_set(error, CPL_ERROR_SYSTEM, "config.json", "out of memory");
    }
    *out = json;
    return CPL_OK;
}

void cpl_config_clear(struct cpl_config *config)
{
    json_decref(config->source);
    config->source = NULL;
}

/* ---- what is possible
 * ---------------------------------------------------------------------------*/

static cpl_status check_size(int64_t value, int64_t most, const char *name, const char *where,
                             struct cpl_error *error)
{
    if (value >= 1 && value <= most)
        return CPL_OK;
    return cpl_error_set(error, where ? CPL_ERROR_INPUT : CPL_ERROR_USAGE,
                         where ? where : "model", "%s must be between 1 and %lld, found %lld",
                         name, (long long)most, (long long)value);
}

static cpl_status check_share(double value, const char *name, const char *where,
                              struct cpl_error *error)
{
    if (value >= 0 && value < 1)
        return CPL_OK;
    return cpl_error_set(error, where ? CPL_ERROR_INPUT : CPL_ERROR_USAGE,
                         where ? where : "model", "%s must be at least 0 and below 1, found %g",
                         name, value);
}

/* The bounds keep every product of two sizes far inside 64 bits. */
cpl_status cpl_config_check(const struct cpl_config *c, const char *where,
                            struct cpl_error *error)
{
    cpl_status kind = where ? CPL_ERROR_INPUT : CPL_ERROR_USAGE;
    CPL_TRY(check_size(c->vocab_size, 1 << 24, "the vocabulary's size", where, error));
    CPL_TRY(check_size(c->width, 1 << 16, "the width", where, error));
    CPL_TRY(check_size(c->layers, 1024, "the number of layers", where, error));
    CPL_TRY(check_size(c->heads, 1 << 12, "the number of heads", where, error));
    CPL_TRY(check_size(c->kv_heads, c->heads, "the number of key/value heads", where, error));
    CPL_TRY(check_size(c->ff_width, 1 << 20, "the feed-forward width", where, error));
    CPL_TRY(check_size(c->max_positions, 1 << 24, "the number of positions", where, error));
    if (c->types != 0)
        CPL_TRY(check_size(c->types, 1 << 16, "the number of token types", where, error));
    if (c->width % c->heads != 0)
        return cpl_error_set(error, kind, where ? where : "model",
                             "the width %lld is not divisible by the %lld heads",
                             (long long)c->width, (long long)c->heads);
    if (!(c->norm_eps > 0 && c->norm_eps < 1))
        return cpl_error_set(error, kind, where ? where : "model",
                             "the norm's epsilon must be between 0 and 1, found %g",
                             c->norm_eps);
    if (!(c->init_range >= 0 && c->init_range < 1000))
        return cpl_error_set(error, kind, where ? where : "model",
                             "the initial range cannot be %g", c->init_range);
    CPL_TRY(check_share(c->dropout, "dropout", where, error));
    CPL_TRY(check_share(c->attention_dropout, "attention dropout", where, error));
    return check_share(c->embedding_dropout, "embedding dropout", where, error);
}
