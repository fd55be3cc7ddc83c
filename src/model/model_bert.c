/* BERT (Devlin et al., 2019) as Hugging Face's BertForMaskedLM has it: post-norm, exact GELU,
 * learned positions, segments, and a masked-LM head of dense + activation + norm before the
 * (tied) vocabulary. */
#include "model/families.h"

#include "base/try.h"

static const struct cpl_config_key keys[] = {
    CPL_CONFIG_KEY("vocab_size", SIZE, vocab_size, true),
    CPL_CONFIG_KEY("hidden_size", SIZE, width, true),
    CPL_CONFIG_KEY("num_hidden_layers", SIZE, layers, true),
    CPL_CONFIG_KEY("num_attention_heads", SIZE, heads, true),
    CPL_CONFIG_KEY("intermediate_size", SIZE, ff_width, true),
    CPL_CONFIG_KEY("hidden_act", ACTIVATION, activation, false),
    CPL_CONFIG_KEY("hidden_dropout_prob", REAL, dropout, false),
    CPL_CONFIG_KEY("attention_probs_dropout_prob", REAL, attention_dropout, false),
    CPL_CONFIG_KEY("max_position_embeddings", SIZE, max_positions, false),
    CPL_CONFIG_KEY("type_vocab_size", SIZE, types, false),
    CPL_CONFIG_KEY("initializer_range", REAL, init_range, false),
    CPL_CONFIG_KEY("layer_norm_eps", REAL, norm_eps, false),
    CPL_CONFIG_KEY("pad_token_id", TOKEN, pad, false),
    CPL_CONFIG_KEY("tie_word_embeddings", BOOL, tied, false),
    {0},
};

static const struct cpl_config_refusal refusals[] = {
    {"position_embedding_type", "\"absolute\""},
    {"is_decoder", "false"},
    {"add_cross_attention", "false"},
    {"is_encoder_decoder", "false"},
    {0},
};

static void preset(struct cpl_config *config)
{
    *config = (struct cpl_config){.family = CPL_FAMILY_bert,
                                  .vocab_size = 30522,
                                  .max_positions = 512,
                                  .types = 2,
                                  .norm_place = CPL_NORM_POST,
                                  .norm_kind = CPL_NORM_LAYER,
                                  .norm_eps = 1e-12,
                                  .activation = CPL_ACTIVATION_gelu,
                                  .embedding_norm = true,
                                  .head_transform = true,
                                  .head_bias = true,
                                  .tied = true,
                                  .dropout = 0.1,
                                  .attention_dropout = 0.1,
                                  .embedding_dropout = 0.1,
                                  .init_range = 0.02,
                                  .bos = -1,
                                  .eos = -1};
}

static cpl_status read(struct cpl_config *config, const json_t *json, const char *where,
                       struct cpl_error *error)
{
    CPL_TRY(cpl_config_read_keys(config, keys, refusals, json, where, error));
    config->kv_heads = config->heads;
    config->head_width = config->heads > 0 ? config->width / config->heads : 0;
    config->embedding_dropout = config->dropout;
    return CPL_OK;
}

static bool write(const struct cpl_config *config, json_t *json)
{
    return cpl_config_write_keys(config, keys, json);
}

#define LAYER "bert.encoder.layer.%d."
static const struct cpl_name_rule names[] = {
    {.canonical = "token.weight", .checkpoint = "bert.embeddings.word_embeddings.weight"},
    {.canonical = "position.weight",
     .checkpoint = "bert.embeddings.position_embeddings.weight"},
    {.canonical = "type.weight", .checkpoint = "bert.embeddings.token_type_embeddings.weight"},
    {.canonical = "embed_norm.weight", .checkpoint = "bert.embeddings.LayerNorm.weight"},
    {.canonical = "embed_norm.bias", .checkpoint = "bert.embeddings.LayerNorm.bias"},
#define QKV(part_number, name)                                                                 \
    {.canonical = "layer.%d.qkv.weight",                                                       \
     .checkpoint = LAYER "attention.self." name ".weight",                                     \
     .part = part_number,                                                                      \
     .parts = 3},                                                                              \
    {                                                                                          \
        .canonical = "layer.%d.qkv.bias", .checkpoint = LAYER "attention.self." name ".bias",  \
        .part = part_number, .parts = 3                                                        \
    }
    QKV(0, "query"),
    QKV(1, "key"),
    QKV(2, "value"),
#undef QKV
    {.canonical = "layer.%d.out.weight", .checkpoint = LAYER "attention.output.dense.weight"},
    {.canonical = "layer.%d.out.bias", .checkpoint = LAYER "attention.output.dense.bias"},
    {.canonical = "layer.%d.norm1.weight",
     .checkpoint = LAYER "attention.output.LayerNorm.weight"},
    {.canonical = "layer.%d.norm1.bias", .checkpoint = LAYER "attention.output.LayerNorm.bias"},
    {.canonical = "layer.%d.up.weight", .checkpoint = LAYER "intermediate.dense.weight"},
    {.canonical = "layer.%d.up.bias", .checkpoint = LAYER "intermediate.dense.bias"},
    {.canonical = "layer.%d.down.weight", .checkpoint = LAYER "output.dense.weight"},
    {.canonical = "layer.%d.down.bias", .checkpoint = LAYER "output.dense.bias"},
    {.canonical = "layer.%d.norm2.weight", .checkpoint = LAYER "output.LayerNorm.weight"},
    {.canonical = "layer.%d.norm2.bias", .checkpoint = LAYER "output.LayerNorm.bias"},
    {.canonical = "head.transform.weight",
     .checkpoint = "cls.predictions.transform.dense.weight"},
    {.canonical = "head.transform.bias", .checkpoint = "cls.predictions.transform.dense.bias"},
    {.canonical = "head.norm.weight",
     .checkpoint = "cls.predictions.transform.LayerNorm.weight"},
    {.canonical = "head.norm.bias", .checkpoint = "cls.predictions.transform.LayerNorm.bias"},
    {.canonical = "output.weight", .checkpoint = "cls.predictions.decoder.weight"},
    /* Tied models have one bias under two names; untied ones use the decoder's and keep the
       other. */
    {.canonical = "output.bias", .checkpoint = "cls.predictions.bias", .when = CPL_NAME_TIED},
    {.canonical = "output.bias",
     .checkpoint = "cls.predictions.decoder.bias",
     .when = CPL_NAME_TIED,
     .role = CPL_NAME_OLD},
    {.canonical = "output.bias",
     .checkpoint = "cls.predictions.decoder.bias",
     .when = CPL_NAME_UNTIED},
    {.canonical = "output.bias",
     .checkpoint = "cls.predictions.bias",
     .when = CPL_NAME_UNTIED,
     .role = CPL_NAME_COPY},
    {0},
};

/* Buffers, and the parts of pre-training that this model does not have. */
static const char *const ignored[] = {"embeddings.position_ids",
                                      "embeddings.token_type_ids",
                                      "pooler.dense.weight",
                                      "pooler.dense.bias",
                                      "cls.seq_relationship.weight",
                                      "cls.seq_relationship.bias",
                                      "cls.predictions.decoder.weight",
                                      "cls.predictions.decoder.bias",
                                      "cls.predictions.bias",
                                      NULL};

const struct cpl_family cpl_family_bert = {.name = "bert",
                                           .architecture = "BertForMaskedLM",
                                           .masked = true,
                                           .read = read,
                                           .write = write,
                                           .preset = preset,
                                           .names = names,
                                           .ignored = ignored,
                                           .prefix = "bert."};
