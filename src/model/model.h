/* Inside a model: configuration, parameters, one forward for all families.
 *
 * A family is a reader and writer of its config.json, declared choices (struct cpl_config), a
 * table of the names and layouts of its checkpoints, and its initialisation.  The wiring is
 * shared: src/model/transformer.c reads like the papers. */
#ifndef CPL_MODEL_MODEL_H
#define CPL_MODEL_MODEL_H

#include "kernel/device.h"
#include "nn/parameters.h"
#include "op/op.h"
#include <couplet/model.h>
#include <jansson.h>

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
    int64_t vocab_size, width, layers, heads, kv_heads, head_width,
        ff_width;                 /* V D L H G E F */
    int64_t max_positions, types; /* types 0: no segment table */
    enum cpl_norm_place norm_place;
    enum cpl_norm_kind norm_kind;
    double norm_eps;
    enum cpl_activation activation;
    bool causal;
    bool embedding_norm, final_norm;
    bool head_transform,
        head_bias; /* BERT's dense + activation + norm before the vocabulary; V biases */
    bool tied;
    double dropout, attention_dropout, embedding_dropout;
    double init_range;
    bool scale_residual_init; /* GPT-2: projections into the residual stream / sqrt(2 L) */
    int32_t bos, eos, pad;    /* -1: none */
    json_t *source;           /* the config.json as read: unknown keys are kept when writing */
};

/* How a name of a checkpoint is used. */
enum cpl_name_role {
    CPL_NAME_MAIN, /* written, and looked for first */
    CPL_NAME_COPY, /* written too, with the same values; read where the main name is absent */
    CPL_NAME_OLD   /* never written; read where the others are absent */
};
enum cpl_name_when { CPL_NAME_ALWAYS, CPL_NAME_TIED, CPL_NAME_UNTIED };

/* One entry of a family's name table: canonical parameter <-> tensor of a checkpoint. */
struct cpl_name_rule {
    const char *canonical;  /* "layer.%d.qkv.weight" */
    const char *checkpoint; /* "bert.encoder.layer.%d.attention.self.query.weight" */
    int part, parts;        /* row block of the canonical matrix; parts 0: all of it */
    bool transposed;        /* stored [in, out] */
    enum cpl_name_role role;
    enum cpl_name_when when;
};

struct cpl_family {
    const char *name;
    const char *architecture; /* "BertForMaskedLM" */
    bool masked;
    cpl_status (*read)(struct cpl_config *config, const json_t *json, const char *where,
                       struct cpl_error *error);
    /* Sets the family's keys in an object, others stay; false: out of memory. */
    bool (*write)(const struct cpl_config *config, json_t *json);
    void (*preset)(
        struct cpl_config *config);    /* choices and defaults; sizes are the caller's */
    const struct cpl_name_rule *names; /* ends with canonical NULL */
    const char *const
        *ignored;       /* ends of names in files that are no parameters; ends with NULL */
    const char *prefix; /* of names, absent in some files: "bert." */
};
const struct cpl_family *cpl_family_get(enum cpl_family_id id);
const struct cpl_family *cpl_family_find(const char *name); /* NULL: unknown */

/* Hugging Face's names of activations; false: unknown. */
bool cpl_activation_parse(enum cpl_activation *out, const char *name);
const char *cpl_activation_name(enum cpl_activation activation);

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
    char *missing_head; /* heap: first tensor of the head that the checkpoint lacks; NULL:
                           complete */
    char *path;         /* heap: where it was read from, for messages; NULL: new */
    json_t *unused;     /* names in the checkpoint that were not used; NULL: none */
};

/* Declares the parameters of a configuration, which is copied; allocates no values yet. */
cpl_status cpl_model_declare(struct cpl_model **out, const struct cpl_config *config,
                             struct cpl_device *device, struct cpl_error *error);
/* The same with memory for values and, if asked, gradients; all zero. */
cpl_status cpl_model_build(struct cpl_model **out, const struct cpl_config *config,
                           struct cpl_device *device, bool gradients, struct cpl_error *error);
/* The family's initialisation, a pure function of the seed. */
void cpl_model_init(struct cpl_model *model, uint64_t seed);
/* The same for the head alone where the checkpoint had none; the model is complete then. */
void cpl_model_init_head(struct cpl_model *model, uint64_t seed);
/* A model that a directory holds, checked as loading does, but without device and values: for what
 * only describes it. */
cpl_status cpl_model_examine(struct cpl_model **out, const char *directory,
                             struct cpl_error *error);
/* Is it of what stands between the last hidden state and the vocabulary? */
bool cpl_parameter_is_head(const struct cpl_parameter *parameter);
/* Gives a model loaded for inference its gradient memory. */
cpl_status cpl_model_enable_gradients(struct cpl_model *model, struct cpl_error *error);

/* A configuration from config.json in Hugging Face's form; clear it, also after errors. */
cpl_status cpl_config_read(struct cpl_config *config, const char *path,
                           struct cpl_error *error);
/* A family's configuration with a preset's sizes. */
cpl_status cpl_config_preset(struct cpl_config *config, const char *family, const char *size,
                             struct cpl_error *error);
/* The configuration of a new model: preset or file, with what the options add. */
cpl_status cpl_config_choose(struct cpl_config *config, const struct cpl_model_options *options,
                             struct cpl_error *error);
/* New reference: config.json's object, with the keys of the file it was read from. */
cpl_status cpl_config_write(json_t **out, const struct cpl_config *config,
                            struct cpl_error *error);
cpl_status cpl_config_check(const struct cpl_config *config, const char *where,
                            struct cpl_error *error);
void cpl_config_clear(struct cpl_config *config);

/* The ragged input; all arrays borrowed until the tape is reset. */
struct cpl_input {
    int64_t tokens, sequences;              /* N, B */
    const int32_t *ids, *positions, *types; /* [N]; types NULL: all 0 */
    const int32_t *offsets;                 /* [B+1] */
};
/* Key/value cache of a decoder for generation. */
struct cpl_kv_cache {
    struct cpl_kv_layer *layer; /* [L] */
    int64_t sequences, capacity, layers;
    int32_t *length; /* [sequences] */
    cpl_dtype dtype;
};
cpl_status cpl_kv_cache_new(struct cpl_kv_cache **out, const struct cpl_model *model,
                            int64_t sequences, int64_t capacity, struct cpl_error *error);
void cpl_kv_cache_free(struct cpl_kv_cache *cache);

/* hidden [N, D]: the last layer's output after the final norm if there is one.  With a cache,
 * the input continues the cached sequences, whose lengths are then raised. */
struct cpl_value *cpl_model_hidden(struct cpl_model *model, struct cpl_tape *tape,
                                   const struct cpl_input *input, struct cpl_kv_cache *cache);
/* Rows of hidden on their way to the vocabulary: gather (rows NULL: all), transform for BERT.
 */
struct cpl_value *cpl_model_head(struct cpl_model *model, struct cpl_tape *tape,
                                 struct cpl_value *hidden, const int32_t *rows, int64_t n_rows);
/* logits [P, V] f32 of head rows. */
struct cpl_value *cpl_model_logits(struct cpl_model *model, struct cpl_tape *tape,
                                   struct cpl_value *head);
/* Summed cross-entropy of head rows; with a recording tape gradients too (see
 * cpl_op_vocabulary_loss). */
void cpl_model_loss(struct cpl_model *model, struct cpl_tape *tape, struct cpl_loss *out,
                    struct cpl_value *head, const int32_t *labels, int64_t n_labels,
                    double weight);

/* Bytes that one training micro-batch of `sequences` sequences of `length` tokens with
 * `predicted` predicted rows would take, by a dry run of the real code. */
struct cpl_memory_plan {
    size_t parameters, gradients; /* flat arrays */
    size_t packed;                /* weights packed for the matrix products */
    size_t activations;           /* peak of the tape, gradients of activations included */
};
cpl_status cpl_model_plan_memory(struct cpl_memory_plan *plan, const struct cpl_config *config,
                                 const struct cpl_device *device, int64_t sequences,
                                 int64_t length, int64_t predicted, struct cpl_error *error);

/* Checkpoint tensors by their names in the family's files: calls `visit` for each with the
 * canonical flat array's view; used to write, to read and to compare (values, gradients,
 * optimizer state alike: `flat` is any array laid out like parameters.values). */
struct cpl_named_tensor {
    const char *name; /* in the checkpoint */
    int rank;
    int64_t shape[2]; /* in the checkpoint, after transposition */
    const struct cpl_parameter *parameter;
    int64_t row_begin, rows; /* block of the canonical matrix; of a vector: its elements */
    bool transposed;
    enum cpl_name_role role;
    bool head; /* of the masked-LM head or the vocabulary: absent in checkpoints of bare models
                */
};
typedef cpl_status cpl_named_visitor(void *context, const struct cpl_named_tensor *tensor,
                                     struct cpl_error *error);
cpl_status cpl_model_each_tensor(const struct cpl_model *model, cpl_named_visitor *visit,
                                 void *context, struct cpl_error *error);
int64_t cpl_named_tensor_elements(const struct cpl_named_tensor *tensor);
/* Copies one named tensor between a flat canonical array and the checkpoint's layout (f32). */
void cpl_named_tensor_export(const struct cpl_named_tensor *tensor, const cpl_real *flat,
                             float *out);
void cpl_named_tensor_import(const struct cpl_named_tensor *tensor, cpl_real *flat,
                             const float *in);

#endif
