/* Models: made from a configuration or read from a Hugging Face directory.
 *
 *     struct cpl_model *model = NULL;
 *     if (cpl_model_load(&model, "runs/bert", device, &error) == CPL_OK)
 *         printf("%s: %lld parameters\n", cpl_model_family(model),
 *                (long long)cpl_model_parameter_count(model));
 *     cpl_model_free(model);
 */
#ifndef COUPLET_MODEL_H
#define COUPLET_MODEL_H

#include <couplet/device.h>
#include <couplet/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cpl_model;

/* What a new model shall be. */
struct cpl_model_options {
    const char *family;      /* "bert", "gpt2" */
    const char *size;        /* preset: tiny mini small medium base; NULL with config_path */
    const char *config_path; /* config.json in Hugging Face's form, instead of a preset */
    int32_t vocab_size; /* of the tokenizer; must agree with config_path's; 0: of the config */
    int32_t max_positions; /* 0: 512 for bert, 1024 for gpt2 */
    int32_t ff_width;      /* of the feed-forward layers; 0: the preset's or file's own */
    double dropout;        /* < 0: the family's own */
    uint64_t seed;         /* of the initial weights */
};
CPL_API cpl_status cpl_model_new(struct cpl_model **out,
                                 const struct cpl_model_options *options,
                                 struct cpl_device *device, struct cpl_error *error);
/* A Hugging Face directory, a run directory (its latest checkpoint), RUN@best, or a checkpoint.
 */
CPL_API cpl_status cpl_model_load(struct cpl_model **out, const char *path,
                                  struct cpl_device *device, struct cpl_error *error);
CPL_API void cpl_model_free(struct cpl_model *model);
/* Writes config.json and model.safetensors into an existing directory. */
CPL_API cpl_status cpl_model_save(struct cpl_model *model, const char *directory,
                                  struct cpl_error *error);
/* *path: heap text, the directory that `path` (RUN, RUN@best, checkpoint, model) stands for. */
CPL_API cpl_status cpl_model_resolve(char **path, const char *name, struct cpl_error *error);

CPL_API const char *cpl_model_family(const struct cpl_model *model);
CPL_API bool cpl_model_is_masked(const struct cpl_model *model); /* encoder with an MLM head */
CPL_API int64_t cpl_model_parameter_count(const struct cpl_model *model);
CPL_API int32_t cpl_model_vocab_size(const struct cpl_model *model);
CPL_API int32_t cpl_model_max_positions(const struct cpl_model *model);
/* Heap JSON text: configuration, parameters by name with shapes. */
CPL_API cpl_status cpl_model_describe(const struct cpl_model *model, char **json,
                                      struct cpl_error *error);

/* Arithmetic that one training step needs, in FLOPs, as everyone counts it: 6 x weights of the
 * layers x tokens, 6 (V + D) D x predicted rows (no D for decoders without a transform), 12 L T
 * D a token for attention, half of it for causal. `sum_squared_lengths` is the sum of T^2 over
 * the sequences. */
CPL_API double cpl_model_training_flops(const struct cpl_model *model, int64_t tokens,
                                        int64_t predicted, double sum_squared_lengths);

/* `couplet forward`: see commands; reads JSON lines, writes a safetensors file. */
struct cpl_forward_options {
    bool gradients;
    bool cached; /* decoders: one token at a time through the key/value cache */
};
CPL_API cpl_status cpl_model_forward_file(struct cpl_model *model, const char *input,
                                          const char *output,
                                          const struct cpl_forward_options *options,
                                          struct cpl_error *error);

#endif
