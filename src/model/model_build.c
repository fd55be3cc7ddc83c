/* Declaring a model's parameters and giving them their first values. */
#include "model/model.h"

#include "base/memory.h"
#include "base/try.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Declares parameters until one fails; weights are connected when the table no longer moves. */
struct declaration {
    struct cpl_parameters *parameters;
    bool failed;
};

#define NAME_BYTES CPL_PARAMETER_NAME

static void declare(struct declaration *d, enum cpl_parameter_kind kind, int64_t rows,
                    int64_t cols, int parts, const char *name)
{
    d->failed =
        d->failed || cpl_parameters_add(d->parameters, kind, rows, cols, parts, "%s", name) < 0;
}

/* NAME.weight [out, in] and NAME.bias [1, out] of layer l, or of the model when l < 0. */
static void declare_linear(struct declaration *d, int64_t l, const char *name, int64_t out,
                           int64_t in, int parts)
{
    char weight[NAME_BYTES], bias[NAME_BYTES];
    char prefix[32] = "";
    if (l >= 0)
        snprintf(prefix, sizeof prefix, "layer.%d.", (int)l);
    snprintf(weight, sizeof weight, "%s%s.weight", prefix, name);
    snprintf(bias, sizeof bias, "%s%s.bias", prefix, name);
    declare(d, CPL_PARAMETER_MATRIX, out, in, parts, weight);
    declare(d, CPL_PARAMETER_VECTOR, 1, out, 1, bias);
}

static void declare_norm(struct declaration *d, const struct cpl_config *c, int64_t l,
                         const char *name)
{
    char weight[NAME_BYTES], bias[NAME_BYTES];
    char prefix[32] = "";
    if (l >= 0)
        snprintf(prefix, sizeof prefix, "layer.%d.", (int)l);
    snprintf(weight, sizeof weight, "%s%s.weight", prefix, name);
    snprintf(bias, sizeof bias, "%s%s.bias", prefix, name);
    declare(d, CPL_PARAMETER_VECTOR, 1, c->width, 1, weight);
    if (c->norm_kind == CPL_NORM_LAYER)
        declare(d, CPL_PARAMETER_VECTOR, 1, c->width, 1, bias);
}

static void declare_embeddings(struct declaration *d, const struct cpl_config *c)
{
    declare(d, CPL_PARAMETER_EMBEDDING, c->vocab_size, c->width, 1, "token.weight");
    declare(d, CPL_PARAMETER_EMBEDDING, c->max_positions, c->width, 1, "position.weight");
    if (c->types > 0)
        declare(d, CPL_PARAMETER_EMBEDDING, c->types, c->width, 1, "type.weight");
    if (c->embedding_norm)
        declare_norm(d, c, -1, "embed_norm");
}

static void declare_layer(struct declaration *d, const struct cpl_config *c, int64_t l)
{
    bool pre = c->norm_place == CPL_NORM_PRE;
    int parts = c->kv_heads == c->heads ? 3 : 1;
    if (pre)
        declare_norm(d, c, l, "norm1");
    declare_linear(d, l, "qkv", (c->heads + 2 * c->kv_heads) * c->head_width, c->width, parts);
    declare_linear(d, l, "out", c->width, c->heads * c->head_width, 1);
    declare_norm(d, c, l, pre ? "norm2" : "norm1");
    declare_linear(d, l, "up", c->ff_width, c->width, 1);
    declare_linear(d, l, "down", c->width, c->ff_width, 1);
    if (!pre)
        declare_norm(d, c, l, "norm2");
}

static void declare_head(struct declaration *d, const struct cpl_config *c)
{
    if (c->final_norm)
        declare_norm(d, c, -1, "final_norm");
    if (c->head_transform) {
        declare_linear(d, -1, "head.transform", c->width, c->width, 1);
        declare_norm(d, c, -1, "head.norm");
    }
    if (!c->tied)
        declare(d, CPL_PARAMETER_EMBEDDING, c->vocab_size, c->width, 1, "output.weight");
    if (c->head_bias)
        declare(d, CPL_PARAMETER_VECTOR, 1, c->vocab_size, 1, "output.bias");
}

/* ---- connecting names to the struct
 * -------------------------------------------------------------*/

static struct cpl_weight *weight_of(const struct cpl_model *model, const char *name)
{
    struct cpl_parameter *parameter = cpl_parameters_find(&model->parameters, name);
    return parameter ? &parameter->weight : NULL;
}

static struct cpl_weight *layer_weight(const struct cpl_model *model, int64_t l,
                                       const char *name)
{
    char full[NAME_BYTES];
    snprintf(full, sizeof full, "layer.%d.%s", (int)l, name);
    return weight_of(model, full);
}

static void connect_layer(struct cpl_model *model, int64_t l)
{
    model->layer[l] = (struct cpl_layer){
        .norm1_gamma = layer_weight(model, l, "norm1.weight"),
        .norm1_beta = layer_weight(model, l, "norm1.bias"),
        .qkv = layer_weight(model, l, "qkv.weight"),
        .qkv_bias = layer_weight(model, l, "qkv.bias"),
        .out = layer_weight(model, l, "out.weight"),
        .out_bias = layer_weight(model, l, "out.bias"),
        .norm2_gamma = layer_weight(model, l, "norm2.weight"),
        .norm2_beta = layer_weight(model, l, "norm2.bias"),
        .up = layer_weight(model, l, "up.weight"),
        .up_bias = layer_weight(model, l, "up.bias"),
        .down = layer_weight(model, l, "down.weight"),
        .down_bias = layer_weight(model, l, "down.bias"),
    };
}

static void connect_weights(struct cpl_model *model)
{
    model->token = weight_of(model, "token.weight");
    model->position = weight_of(model, "position.weight");
    model->type = weight_of(model, "type.weight");
    model->embed_gamma = weight_of(model, "embed_norm.weight");
    model->embed_beta = weight_of(model, "embed_norm.bias");
    for (int64_t l = 0; l < model->config.layers; l++)
        connect_layer(model, l);
    model->final_gamma = weight_of(model, "final_norm.weight");
    model->final_beta = weight_of(model, "final_norm.bias");
    model->transform = weight_of(model, "head.transform.weight");
    model->transform_bias = weight_of(model, "head.transform.bias");
    model->transform_gamma = weight_of(model, "head.norm.weight");
    model->transform_beta = weight_of(model, "head.norm.bias");
    model->output = model->config.tied ? model->token : weight_of(model, "output.weight");
    model->output_bias = weight_of(model, "output.bias");
}

cpl_status cpl_model_declare(struct cpl_model **out, const struct cpl_config *config,
                             struct cpl_device *device, struct cpl_error *error)
{
    *out = NULL;
    CPL_TRY(cpl_config_check(config, NULL, error));
    struct cpl_model *model = NULL;
    CPL_TRY(cpl_memory_new(&model, 1, sizeof *model, error));
    model->device = device;
    model->config = *config;
    json_incref(model->config.source);
    model->family = cpl_family_get(config->family);
    cpl_status status;
    CPL_TRY_GOTO(
        cpl_memory_new(&model->layer, (size_t)config->layers, sizeof *model->layer, error));
    struct declaration declaration = {.parameters = &model->parameters};
    declare_embeddings(&declaration, config);
    for (int64_t l = 0; l < config->layers; l++)
        declare_layer(&declaration, config, l);
    declare_head(&declaration, config);
    if (declaration.failed)
        CPL_TRY_GOTO(cpl_error_set(error, CPL_ERROR_SYSTEM, "parameters", "out of memory"));
    connect_weights(model);
    *out = model;
    return CPL_OK;
done:
    cpl_model_free(model);
    return status;
}

cpl_status cpl_model_build(struct cpl_model **out, const struct cpl_config *config,
                           struct cpl_device *device, bool gradients, struct cpl_error *error)
{
    CPL_TRY(cpl_model_declare(out, config, device, error));
    cpl_status status = cpl_parameters_allocate(&(*out)->parameters, gradients, error);
    if (status != CPL_OK) {
        cpl_model_free(*out);
        *out = NULL;
    }
    return status;
}

cpl_status cpl_model_enable_gradients(struct cpl_model *model, struct cpl_error *error)
{
    return cpl_parameters_allocate(&model->parameters, true, error);
}

void cpl_model_free(struct cpl_model *model)
{
    if (!model)
        return;
    cpl_parameters_clear(&model->parameters);
    cpl_config_clear(&model->config);
    json_decref(model->unused);
    free(model->layer);
    free(model->missing_head);
    free(model->path);
    free(model);
}

/* ---- first values
 * -------------------------------------------------------------------------------*/

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

/* Every element is a function of (seed, parameter, element), so threads cannot change it. */
static void fill_normal(struct cpl_tensor x, struct cpl_rng_key key, uint64_t first,
                        double deviation, int threads)
{
    cpl_real *data = x.data;
    int64_t count = cpl_tensor_count(x);
#pragma omp parallel for num_threads(threads) schedule(static)
    for (int64_t i = 0; i < count; i++)
        data[i] = (cpl_real)(deviation * cpl_rng_normal(key, first + (uint64_t)i));
}

static void fill_constant(struct cpl_tensor x, cpl_real value)
{
    cpl_real *data = x.data;
    for (int64_t i = 0; i < cpl_tensor_count(x); i++)
        data[i] = value;
}

/* Matrices and embeddings normal, biases 0, norms 1; GPT-2's projections into the residual
 * stream are scaled by 1/sqrt(2L), the row of [PAD] in BERT's embedding is 0. */
static void init_parameter(struct cpl_model *model, int number, uint64_t seed)
{
    struct cpl_parameter *parameter = &model->parameters.item[number];
    const struct cpl_config *c = &model->config;
    struct cpl_tensor value = parameter->weight.value;
    parameter->weight.version++;
    if (parameter->kind == CPL_PARAMETER_VECTOR) {
        fill_constant(value, ends_with(parameter->name, ".weight") ? 1 : 0);
        return;
    }
    bool into_residual =
        ends_with(parameter->name, ".out.weight") || ends_with(parameter->name, ".down.weight");
    double deviation = c->init_range;
    if (c->scale_residual_init && into_residual)
        deviation /= sqrt(2.0 * (double)c->layers);
    struct cpl_rng_key key = {.seed = seed, .stream = CPL_RNG_INIT};
    fill_normal(value, key, (uint64_t)number << 40, deviation, model->device->queue.threads);
    bool has_padding = model->family->masked && c->pad >= 0 && c->pad < c->vocab_size;
    if (&parameter->weight == model->token && has_padding)
        fill_constant(cpl_tensor_rows(value, c->pad, 1), 0);
}

void cpl_model_init(struct cpl_model *model, uint64_t seed)
{
    for (int i = 0; i < model->parameters.count; i++)
        init_parameter(model, i, seed);
}

void cpl_model_init_head(struct cpl_model *model, uint64_t seed)
{
    if (!model->missing_head)
        return;
    for (int i = 0; i < model->parameters.count; i++)
        if (cpl_parameter_is_head(&model->parameters.item[i]))
            init_parameter(model, i, seed);
    free(model->missing_head);
    model->missing_head = NULL;
}
