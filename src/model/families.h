/* What every family file defines, and the small helpers that their readers and writers share.
 */
#ifndef CPL_MODEL_FAMILIES_H
#define CPL_MODEL_FAMILIES_H

#include "model/model.h"
#include <stddef.h>

#define FAMILY(name, masked, help) extern const struct cpl_family cpl_family_##name;
#include "model/families.def"
#undef FAMILY

/* One key of config.json and the place of its value in a struct cpl_config. */
enum cpl_config_type {
    CPL_CONFIG_SIZE,
    CPL_CONFIG_TOKEN,
    CPL_CONFIG_REAL,
    CPL_CONFIG_ACTIVATION,
    CPL_CONFIG_BOOL
};
struct cpl_config_key {
    const char *name;
    enum cpl_config_type type;
    size_t offset; /* of an int64_t, int32_t, double, enum cpl_activation, bool */
    bool required;
};
#define CPL_CONFIG_KEY(name, type, field, required)                                            \
    {                                                                                          \
        name, CPL_CONFIG_##type, offsetof(struct cpl_config, field), required                  \
    }
/* A choice that other checkpoints may make and that this engine does not compute. */
struct cpl_config_refusal {
    const char *name;
    const char
        *accepted; /* JSON text of the only value that is fine; a missing key is fine too */
};
/* Both tables end with name NULL. */
cpl_status cpl_config_read_keys(struct cpl_config *config, const struct cpl_config_key *keys,
                                const struct cpl_config_refusal *refusals, const json_t *json,
                                const char *where, struct cpl_error *error);
bool cpl_config_write_keys(const struct cpl_config *config, const struct cpl_config_key *keys,
                           json_t *json);

#endif
