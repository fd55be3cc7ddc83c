/* The Transformer: one forward for all families, in the words of the papers (Vaswani et al.,
 * 2017; Devlin et al., 2019; Radford et al., 2019).
 *
 *     post-norm (BERT)                            pre-norm (GPT-2)
 *     x = norm(token + position + segment)        x = token + position
 *     x = norm(x + attention(x))        L times   x = x + attention(norm(x))
 *     x = norm(x + feed_forward(x))               x = x + feed_forward(norm(x))
 *                                                 x = norm(x)
 *
 * All on [N, D]: the tokens of all sequences one behind the other; only attention looks at
 * offsets. */
#include "model/model.h"

#include <string.h>

/* x W^T + b, dropped out, + residual: in one product where nothing is dropped. */
static struct cpl_value *project(struct cpl_tape *tape, struct cpl_value *x,
                                 struct cpl_weight *weight, struct cpl_weight *bias,
                                 struct cpl_value *residual, double dropout)
{
    if (!tape->training || dropout <= 0)
        return cpl_op_linear(tape, x, weight, bias,
                             &(struct cpl_linear_options){.residual = residual});
    struct cpl_value *y = cpl_op_linear(tape, x, weight, bias, NULL);
    return cpl_op_add(tape, cpl_op_dropout(tape, y, dropout), residual);
}

struct place { /* where in the model and in the batch */
    const struct cpl_model *model;
    const struct cpl_layer *layer;
    const struct cpl_input *input;
    struct cpl_kv_cache *cache;
    int64_t number; /* of the layer */
};

static struct cpl_value *attention(struct cpl_tape *tape, struct cpl_value *x,
                                   struct cpl_value *residual, const struct place *at)
{
    const struct cpl_config *config = &at->model->config;
    const struct cpl_layer *layer = at->layer;
    const struct cpl_input *input = at->input;
    struct cpl_attention_options options = {.heads = config->heads,
                                            .kv_heads = config->kv_heads,
                                            .width = config->head_width,
                                            .causal = config->causal,
                                            .dropout = config->attention_dropout};
    struct cpl_value *qkv = cpl_op_linear(tape, x, layer->qkv, layer->qkv_bias, NULL);
    struct cpl_value *mixed;
    if (at->cache)
        mixed = cpl_op_attention_cached(tape, qkv, input->offsets, input->sequences, &options,
                                        &at->cache->layer[at->number], at->cache->length);
    else
        mixed = cpl_op_attention(tape, qkv, input->offsets, input->sequences, &options);
    cpl_tape_drop(tape, qkv);
    struct cpl_value *y =
        project(tape, mixed, layer->out, layer->out_bias, residual, config->dropout);
    cpl_tape_drop(tape, mixed);
    return y;
}

static struct cpl_value *feed_forward(struct cpl_tape *tape, struct cpl_value *x,
                                      struct cpl_value *residual, const struct place *at)
{
    const struct cpl_config *config = &at->model->config;
    const struct cpl_layer *layer = at->layer;
    struct cpl_value *wide =
        cpl_op_linear(tape, x, layer->up, layer->up_bias,
                      &(struct cpl_linear_options){.activation = config->activation});
    struct cpl_value *y =
        project(tape, wide, layer->down, layer->down_bias, residual, config->dropout);
    cpl_tape_drop(tape, wide);
    return y;
}

static struct cpl_value *norm(struct cpl_tape *tape, struct cpl_value *x,
                              struct cpl_weight *gamma, struct cpl_weight *beta,
                              const struct cpl_config *config)
{
    return cpl_op_norm(tape, x, config->norm_kind, gamma, beta, config->norm_eps);
}

/* norm(x), and x is not needed any more. */
static struct cpl_value *norm_instead(struct cpl_tape *tape, struct cpl_value *x,
                                      struct cpl_weight *gamma, struct cpl_weight *beta,
                                      const struct cpl_config *config)
{
    struct cpl_value *y = norm(tape, x, gamma, beta, config);
    cpl_tape_drop(tape, x);
    return y;
}

typedef struct cpl_value *sublayer(struct cpl_tape *, struct cpl_value *x,
                                   struct cpl_value *residual, const struct place *);

/* One attention or feed-forward with its residual connection and its norm. */
static struct cpl_value *connect(struct cpl_tape *tape, struct cpl_value *x, sublayer *inner,
                                 struct cpl_weight *gamma, struct cpl_weight *beta,
                                 const struct place *at)
{
    const struct cpl_config *config = &at->model->config;
    struct cpl_value *y;
    if (config->norm_place == CPL_NORM_POST) {
        y = inner(tape, x, x, at);
        y = norm_instead(tape, y, gamma, beta, config);
    } else {
        struct cpl_value *normed = norm(tape, x, gamma, beta, config);
        y = inner(tape, normed, x, at);
        cpl_tape_drop(tape, normed);
    }
    cpl_tape_drop(tape, x);
    return y;
}

/* Segment ids: all 0 where the input has none; NULL when the model has no segments. */
static const int32_t *segments(struct cpl_tape *tape, const struct cpl_model *model,
                               const struct cpl_input *input)
{
    if (!model->type || input->types)
        return model->type ? input->types : NULL;
    int32_t *zeros = cpl_tape_memory(tape, (size_t)input->tokens, sizeof *zeros);
    if (zeros)
        memset(zeros, 0, (size_t)input->tokens * sizeof *zeros);
    return zeros;
}

static struct cpl_value *embed(struct cpl_tape *tape, const struct cpl_model *model,
                               const struct cpl_input *input)
{
    const struct cpl_config *config = &model->config;
    struct cpl_weight *const tables[CPL_EMBED_TABLES] = {model->token, model->position,
                                                         model->type};
    const int32_t *const indices[CPL_EMBED_TABLES] = {input->ids, input->positions,
                                                      segments(tape, model, input)};
    struct cpl_value *x = cpl_op_embed(tape, tables, indices, input->tokens);
    if (config->embedding_norm)
        x = norm_instead(tape, x, model->embed_gamma, model->embed_beta, config);
    return cpl_op_dropout(tape, x, config->embedding_dropout);
}

struct cpl_value *cpl_model_hidden(struct cpl_model *model, struct cpl_tape *tape,
                                   const struct cpl_input *input, struct cpl_kv_cache *cache)
{
    const struct cpl_config *config = &model->config;
    struct cpl_value *x = embed(tape, model, input);
    for (int64_t l = 0; l < config->layers; l++) {
        const struct cpl_layer *layer = &model->layer[l];
        const struct place at = {model, layer, input, cache, l};
        x = connect(tape, x, attention, layer->norm1_gamma, layer->norm1_beta, &at);
        x = connect(tape, x, feed_forward, layer->norm2_gamma, layer->norm2_beta, &at);
    }
    if (config->final_norm)
        x = norm_instead(tape, x, model->final_gamma, model->final_beta, config);
    for (int64_t b = 0; cache && b < input->sequences; b++)
        cache->length[b] += input->offsets[b + 1] - input->offsets[b];
    return x;
}

struct cpl_value *cpl_model_head(struct cpl_model *model, struct cpl_tape *tape,
                                 struct cpl_value *hidden, const int32_t *rows, int64_t n_rows)
{
    const struct cpl_config *config = &model->config;
    if (model->missing_head)
        cpl_tape_fail(tape, CPL_ERROR_INPUT, model->path,
                      "the checkpoint has no %s head: %s is missing",
                      model->family->masked ? "masked language model" : "language model",
                      model->missing_head);
    struct cpl_value *x = rows ? cpl_op_gather(tape, hidden, rows, n_rows) : hidden;
    if (!config->head_transform)
        return x;
    x = cpl_op_linear(tape, x, model->transform, model->transform_bias,
                      &(struct cpl_linear_options){.activation = config->activation});
    return norm_instead(tape, x, model->transform_gamma, model->transform_beta, config);
}

struct cpl_value *cpl_model_logits(struct cpl_model *model, struct cpl_tape *tape,
                                   struct cpl_value *head)
{
    return cpl_op_logits(tape, head, model->output, model->output_bias);
}

void cpl_model_loss(struct cpl_model *model, struct cpl_tape *tape, struct cpl_loss *out,
                    struct cpl_value *head, const int32_t *labels, int64_t n_labels,
                    double weight)
{
    cpl_op_vocabulary_loss(tape, out, head, model->output, model->output_bias, labels, n_labels,
                           weight);
}
