/* Inside a model: configuration, parameters, one forward for all families.
 *
 * A family is a reader and writer of its config.json, declared choices (struct cpl_config), a table of
 * the names and layouts of its checkpoints, and its initialisation.  The wiring is shared:
 * src/model/transformer.c reads like the papers. */
#ifndef CPL_MODEL_MODEL_H
#define CPL_MODEL_MODEL_H

#include "nn/parameters.h"
#include "op/op.h"
#include <couplet/model.h>
#include <jansson.h>

struct cpl_device { /* owner of a queue; made by cpl_device_new */
    struct cpl_kernels kernels;
    struct cpl_queue queue;
    enum cpl_isa isa;
    cpl_dtype dtype; /* of activations and products */
};

enum cpl_family_id {
#define FAMILY(name, masked, help) CPL_FAMILY_##name,
#include "model/families.def"
#undef FAMILY
    CPL_FAMILY_COUNT
};

enum cpl_norm_place { CPL_NORM_POST, CPL_NORM_PRE };

/* What a Transformer of ours can be; families choose. */
struct cpl_config {
    enum cpl_family_id family;
    int64_t vocab_size, width, layers, heads, kv_heads, head_width, ff_width; /* V D L H G E F */
    int64_t max_positions, types; /* types 0: no segment table */
    enum cpl_norm_place norm_place;
    enum cpl_norm_kind norm_kind;
    double norm_eps;
    enum cpl_activation activation;
    bool causal;
    bool embedding_norm, final_norm;
    bool head_transform, head_bias; /* BERT's dense + activation + norm before the vocabulary; V biases */
    bool tied;
    double dropout, attention_dropout, embedding_dropout;
    double init_range;
    bool scale_residual_init; /* GPT-2: projections into the residual stream / sqrt(2 L) */
    int32_t bos, eos, pad;    /* -1: none */
    json_t *source;           /* the config.json as read: unknown keys are kept when writing */
};

/* One entry of a family's name table: canonical parameter <-> tensor of a checkpoint. */
struct cpl_name_rule {
    const char *canonical;  /* "layer.%d.qkv.weight" */
    const char *checkpoint; /* "bert.encoder.layer.%d.attention.self.query.weight" */
    int part, parts;        /* row block of the canonical matrix; 0, 1: all of it */
    bool transposed;        /* stored [in, out] */
    bool optional;          /* may be absent in a file */
};

struct cpl_family {
    const char *name;
    const char *architecture; /* "BertForMaskedLM" */
    bool masked;
    cpl_status (*read)(struct cpl_config *config, const json_t *json, const char *where,
                       struct cpl_error *error);
    cpl_status (*write)(const struct cpl_config *config, json_t *json, struct cpl_error *error);
    void (*preset)(struct cpl_config *config); /* defaults; sizes are set by the caller */
    const struct cpl_name_rule *names;         /* ends with canonical NULL */
    const char *const *ignored;                /* names in files that are no parameters (buffers) */
    const char *const *prefixes;               /* tried before names, e.g. "" and "transformer." */
};
const struct cpl_family *cpl_family_get(enum cpl_family_id id);
const struct cpl_family *cpl_family_find(const char *name); /* NULL: unknown */

struct cpl_layer {
    struct cpl_weight *norm1_gamma, *norm1_beta, *qkv, *qkv_bias, *out, *out_bias;
    struct cpl_weight *norm2_gamma, *norm2_beta, *up, *up_bias, *down, *down_bias;
};
struct cpl_model {
    struct cpl_device *device; /* borrowed */
    const struct cpl_family *family;
    struct cpl_config config;
    struct cpl_parameters parameters;
    struct cpl_weight *token, *position, *type, *embed_gamma, *embed_beta;
    struct cpl_layer *layer; /* [L] */
    struct cpl_weight *final_gamma, *final_beta;
    struct cpl_weight *transform, *transform_bias, *transform_gamma, *transform_beta;
    struct cpl_weight *output, *output_bias; /* output == token when tied */
};

/* Declares and allocates the parameters of a configuration; weights not yet set. */
cpl_status cpl_model_build(struct cpl_model **out, const struct cpl_config *config,
                           struct cpl_device *device, bool gradients, struct cpl_error *error);
/* The family's initialisation, a pure function of the seed. */
void cpl_model_init(struct cpl_model *model, uint64_t seed);
/* Gives a model loaded for inference its gradient memory. */
cpl_status cpl_model_enable_gradients(struct cpl_model *model, struct cpl_error *error);
cpl_status cpl_config_check(const struct cpl_config *config, const char *where,
                            struct cpl_error *error);
void cpl_config_clear(struct cpl_config *config);

/* The ragged input; all arrays borrowed until the tape is reset. */
struct cpl_input {
    int64_t tokens, sequences;            /* N, B */
    const int32_t *ids, *positions, *types; /* [N]; types NULL: all 0 */
    const int32_t *offsets;               /* [B+1] */
};
/* Key/value cache of a decoder for generation. */
struct cpl_kv_cache {
    struct cpl_kv_layer *layer; /* [L] */
    int64_t sequences, capacity;
    int32_t *length; /* [sequences] */
    cpl_dtype dtype;
};
cpl_status cpl_kv_cache_new(struct cpl_kv_cache **out, const struct cpl_model *model, int64_t sequences,
                            int64_t capacity, struct cpl_error *error);
void cpl_kv_cache_free(struct cpl_kv_cache *cache);

/* hidden [N, D]: the last layer's output after the final norm if there is one.  With a cache, the
 * input continues the cached sequences, whose lengths are then raised. */
struct cpl_value *cpl_model_hidden(struct cpl_model *model, struct cpl_tape *tape,
                                   const struct cpl_input *input, struct cpl_kv_cache *cache);
/* Rows of hidden on their way to the vocabulary: gather (rows NULL: all), transform for BERT. */
struct cpl_value *cpl_model_head(struct cpl_model *model, struct cpl_tape *tape,
                                 struct cpl_value *hidden, const int32_t *rows, int64_t n_rows);
/* logits [P, V] f32 of head rows. */
struct cpl_value *cpl_model_logits(struct cpl_model *model, struct cpl_tape *tape,
                                   struct cpl_value *head);
/* Summed cross-entropy of head rows; with a recording tape gradients too (see cpl_op_vocabulary_loss). */
void cpl_model_loss(struct cpl_model *model, struct cpl_tape *tape, struct cpl_loss *out,
                    struct cpl_value *head, const int32_t *labels, int64_t n_labels, double weight);

/* Checkpoint tensors by their names in the family's files: calls `visit` for each with the canonical
 * flat array's view; used to write, to read and to compare (values, gradients, optimizer state alike:
 * `flat` is any array laid out like parameters.values). */
struct cpl_named_tensor {
    const char *name; /* in the checkpoint */
    int rank;
    int64_t shape[2]; /* in the checkpoint, after transposition */
    const struct cpl_parameter *parameter;
    int64_t row_begin, rows; /* block of the canonical matrix */
    bool transposed, optional;
};
typedef cpl_status cpl_named_visitor(void *context, const struct cpl_named_tensor *tensor,
                                     struct cpl_error *error);
cpl_status cpl_model_each_tensor(const struct cpl_model *model, cpl_named_visitor *visit, void *context,
                                 struct cpl_error *error);
/* Copies one named tensor between a flat canonical array and the checkpoint's layout (f32). */
void cpl_named_tensor_export(const struct cpl_named_tensor *tensor, const cpl_real *flat, float *out);
void cpl_named_tensor_import(const struct cpl_named_tensor *tensor, cpl_real *flat, const float *in);

#endif
