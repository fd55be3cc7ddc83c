/* GPT-2 (Radford et al., 2019) as Hugging Face's GPT2LMHeadModel has it: pre-norm, tanh GELU,
 * learned positions; its linear layers (Conv1D) are stored as [in, out]. */
#include "model/families.h"

#include "base/try.h"

static const struct cpl_config_key keys[] = {
    CPL_CONFIG_KEY("vocab_size", SIZE, vocab_size, true),
    CPL_CONFIG_KEY("n_positions", SIZE, max_positions, false),
    CPL_CONFIG_KEY("n_embd", SIZE, width, true),
    CPL_CONFIG_KEY("n_layer", SIZE, layers, true),
    CPL_CONFIG_KEY("n_head", SIZE, heads, true),
    CPL_CONFIG_KEY("n_inner", SIZE, ff_width, false),
    CPL_CONFIG_KEY("activation_function", ACTIVATION, activation, false),
    CPL_CONFIG_KEY("resid_pdrop", REAL, dropout, false),
    CPL_CONFIG_KEY("embd_pdrop", REAL, embedding_dropout, false),
    CPL_CONFIG_KEY("attn_pdrop", REAL, attention_dropout, false),
    CPL_CONFIG_KEY("layer_norm_epsilon", REAL, norm_eps, false),
    CPL_CONFIG_KEY("initializer_range", REAL, init_range, false),
    CPL_CONFIG_KEY("bos_token_id", TOKEN, bos, false),
    CPL_CONFIG_KEY("eos_token_id", TOKEN, eos, false),
    CPL_CONFIG_KEY("pad_token_id", TOKEN, pad, false),
    CPL_CONFIG_KEY("tie_word_embeddings", BOOL, tied, false),
    {0},
};
/* The name of n_positions in old files; converters still ask for it. */
static const struct cpl_config_key old_keys[] = {
    CPL_CONFIG_KEY("n_ctx", SIZE, max_positions, false),
    {0},
};

static const struct cpl_config_refusal refusals[] = {
    {"scale_attn_weights", "true"},       {"scale_attn_by_inverse_layer_idx", "false"},
    {"reorder_and_upcast_attn", "false"}, {"add_cross_attention", "false"},
    {"is_encoder_decoder", "false"},      {0},
};
static const struct cpl_config_refusal no_refusals[] = {{0}};

static void preset(struct cpl_config *config)
{
    *config = (struct cpl_config){.family = CPL_FAMILY_gpt2,
                                  .vocab_size = 50257,
                                  .max_positions = 1024,
                                  .norm_place = CPL_NORM_PRE,
                                  .norm_kind = CPL_NORM_LAYER,
                                  .norm_eps = 1e-5,
                                  .activation = CPL_ACTIVATION_gelu_tanh,
                                  .causal = true,
                                  .final_norm = true,
                                  .tied = true,
                                  .dropout = 0.1,
                                  .attention_dropout = 0.1,
                                  .embedding_dropout = 0.1,
                                  .init_range = 0.02,
                                  .scale_residual_init = true,
                                  .bos = 50256,
                                  .eos = 50256,
                                  .pad = -1};
}

static cpl_status read(struct cpl_config *config, const json_t *json, const char *where,
                       struct cpl_error *error)
{
    CPL_TRY(cpl_config_read_keys(config, old_keys, no_refusals, json, where, error));
    CPL_TRY(cpl_config_read_keys(config, keys, refusals, json, where, error));
    config->kv_heads = config->heads;
    config->head_width = config->heads > 0 ? config->width / config->heads : 0;
    if (config->ff_width == 0) /* n_inner null */
        config->ff_width = 4 * config->width;
    return CPL_OK;
}

static bool write(const struct cpl_config *config, json_t *json)
{
    return cpl_config_write_keys(config, keys, json) &&
           cpl_config_write_keys(config, old_keys, json);
}

#define LAYER "transformer.h.%d."
static const struct cpl_name_rule names[] = {
    {.canonical = "token.weight", .checkpoint = "transformer.wte.weight"},
    {.canonical = "position.weight", .checkpoint = "transformer.wpe.weight"},
    {.canonical = "layer.%d.norm1.weight", .checkpoint = LAYER "ln_1.weight"},
    {.canonical = "layer.%d.norm1.bias", .checkpoint = LAYER "ln_1.bias"},
    {.canonical = "layer.%d.qkv.weight",
     .checkpoint = LAYER "attn.c_attn.weight",
     .transposed = true},
    {.canonical = "layer.%d.qkv.bias", .checkpoint = LAYER "attn.c_attn.bias"},
    {.canonical = "layer.%d.out.weight",
     .checkpoint = LAYER "attn.c_proj.weight",
     .transposed = true},
    {.canonical = "layer.%d.out.bias", .checkpoint = LAYER "attn.c_proj.bias"},
    {.canonical = "layer.%d.norm2.weight", .checkpoint = LAYER "ln_2.weight"},
    {.canonical = "layer.%d.norm2.bias", .checkpoint = LAYER "ln_2.bias"},
    {.canonical = "layer.%d.up.weight",
     .checkpoint = LAYER "mlp.c_fc.weight",
     .transposed = true},
    {.canonical = "layer.%d.up.bias", .checkpoint = LAYER "mlp.c_fc.bias"},
    {.canonical = "layer.%d.down.weight",
     .checkpoint = LAYER "mlp.c_proj.weight",
     .transposed = true},
    {.canonical = "layer.%d.down.bias", .checkpoint = LAYER "mlp.c_proj.bias"},
    {.canonical = "final_norm.weight", .checkpoint = "transformer.ln_f.weight"},
    {.canonical = "final_norm.bias", .checkpoint = "transformer.ln_f.bias"},
    {.canonical = "output.weight", .checkpoint = "lm_head.weight"},
    {0},
};

/* Causal masks kept as buffers, and the vocabulary's matrix where it is tied. */
static const char *const ignored[] = {".attn.bias", ".attn.masked_bias", "lm_head.weight",
                                      NULL};

const struct cpl_family cpl_family_gpt2 = {.name = "gpt2",
                                           .architecture = "GPT2LMHeadModel",
                                           .masked = false,
                                           .read = read,
                                           .write = write,
                                           .preset = preset,
                                           .names = names,
                                           .ignored = ignored,
                                           .prefix = "transformer."};
