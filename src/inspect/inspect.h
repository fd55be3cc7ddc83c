/* Describing each kind of thing as JSON: every function sets members of `out`. */
#ifndef CPL_INSPECT_INSPECT_H
#define CPL_INSPECT_INSPECT_H

#include <couplet/status.h>
#include <jansson.h>

/* `directory` holds config.json; weights and training.json are described if they are there. */
cpl_status cpl_inspect_model(json_t *out, const char *directory, struct cpl_error *error);
cpl_status cpl_inspect_configuration(json_t *out, const char *path, struct cpl_error *error);
cpl_status cpl_inspect_safetensors(json_t *out, const char *path, struct cpl_error *error);
cpl_status cpl_inspect_shard(json_t *out, const char *path, struct cpl_error *error);
cpl_status cpl_inspect_corpus(json_t *out, const char *directory, struct cpl_error *error);
cpl_status cpl_inspect_tokenizer(json_t *out, const char *path, struct cpl_error *error);
cpl_status cpl_inspect_run(json_t *out, const char *directory, struct cpl_error *error);

#endif
