/* Special tokens in tokenizer_config.json: see config_tokens.h. */
#include "tokenizer/config_tokens.h"

#include "base/memory.h"
#include <inttypes.h>
#include <string.h>

const char *const cpl_role_keys[CPL_ROLES] = {
    "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"};
const char *const cpl_special_lists[2] = {"extra_special_tokens", "additional_special_tokens"};

const char *cpl_token_content(const json_t *value)
{
    return json_string_value(json_is_object(value) ? json_object_get(value, "content") : value);
}

const char *cpl_config_token(const json_t *config, const char *key, const char *usual)
{
    const char *name = cpl_token_content(json_object_get(config, key));
    return name ? name : usual;
}

cpl_status cpl_config_copy_decoder(json_t *added, const json_t *config, const char *where,
                                   struct cpl_error *error)
{
    const char *key;
    json_t *value;
    json_object_foreach (json_object_get(config, "added_tokens_decoder"), key, value) {
        char *end;
        intmax_t id = strtoimax(key, &end, 10);
        json_t *entry = json_is_object(value) ? json_copy(value) : NULL;
        if (!entry || *end || end == key || id < 0 || id >= INT32_MAX) {
            json_decref(entry);
            return cpl_error_set(error, CPL_ERROR_INPUT, where,
                                 "added_tokens_decoder: \"%.50s\" is not an id with its token",
                                 key);
        }
        json_object_set_new(entry, "id", json_integer(id));
        if (json_array_append_new(added, entry) != 0)
            return cpl_out_of_memory(error);
    }
    return CPL_OK;
}

bool cpl_config_lists(const json_t *added, const char *content)
{
    for (size_t i = 0; i < json_array_size(added); i++) {
        const char *other =
            json_string_value(json_object_get(json_array_get(added, i), "content"));
        if (other && strcmp(other, content) == 0)
            return true;
    }
    return false;
}
