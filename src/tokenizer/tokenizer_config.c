/* tokenizer_config.json: what transformers (5.x) wants to know besides tokenizer.json, and what of it
 * changes tokens: see tokenizer_model.h. */
#include "base/file.h"
#include "base/memory.h"
#include "base/try.h"
#include "tokenizer/config_tokens.h"
#include "tokenizer/tokenizer_model.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- reading --------------------------------------------------------------------------------- */

/* Numbers that are read as reals since one of them (model_max_length) may be 10^30 become integers
 * again where they can. */
static json_t *restore_integers(json_t *value)
{
    const char *key;
    json_t *member;
    void *next;
    size_t i;
    if (json_is_object(value))
        json_object_foreach_safe(value, next, key, member)
            json_object_set_new(value, key, restore_integers(json_incref(member)));
    if (json_is_array(value))
        json_array_foreach (value, i, member)
            json_array_set_new(value, i, restore_integers(json_incref(member)));
    double real = json_is_real(value) ? json_real_value(value) : 0.5;
    if (!(fabs(real) <= 9007199254740992.0) || real != floor(real))
        return value;
    json_decref(value);
    return json_integer((json_int_t)real);
}

static cpl_status beside(char **out, const char *path, const char *name,
                         struct cpl_error *error)
{
    const char *slash = strrchr(path, '/');
    int length = slash ? (int)(slash - path + 1) : 0;
    return cpl_text_format(out, error, "%.*s%s", length, path, name);
}

/* The template's own file goes before the member. */
static cpl_status read_chat_template(json_t *config, const char *path, struct cpl_error *error)
{
    char *file = NULL, *text = NULL;
    size_t length = 0;
    cpl_status status = CPL_OK;
    CPL_TRY_GOTO(beside(&file, path, "chat_template.jinja", error));
    if (!cpl_file_exists(file))
        goto done;
    CPL_TRY_GOTO(cpl_file_read(&text, &length, file, error));
    json_t *template = json_stringn(text, length);
    if (!template)
        status = cpl_error_set(error, CPL_ERROR_INPUT, file, "not UTF-8");
    else if (json_object_set_new(config, "chat_template", template) != 0)
        status = cpl_out_of_memory(error);
done:
    free(text);
    free(file);
    return status;
}

/* Roles of older directories, which do not list added_tokens_decoder. */
static cpl_status read_special_map(json_t *config, const char *path, struct cpl_error *error)
{
    char *file = NULL;
    json_t *map = NULL;
    cpl_status status = CPL_OK;
    if (json_object_get(config, "added_tokens_decoder"))
        return CPL_OK;
    CPL_TRY_GOTO(beside(&file, path, "special_tokens_map.json", error));
    if (!cpl_file_exists(file))
        goto done;
    CPL_TRY_GOTO(cpl_json_load(&map, file, 0, error));
    if (!json_is_object(map))
        status = cpl_error_set(error, CPL_ERROR_INPUT, file, "no JSON object");
    else if (json_object_update(config, map) != 0)
        status = cpl_out_of_memory(error);
done:
    json_decref(map);
    free(file);
    return status;
}

cpl_status cpl_tokenizer_config_read(json_t **out, const char *path, struct cpl_error *error)
{
    json_t *config = NULL;
    cpl_status status = CPL_OK;
    CPL_TRY(cpl_json_load(&config, path, JSON_DECODE_INT_AS_REAL, error));
    if (!json_is_object(config))
        status = cpl_error_set(error, CPL_ERROR_INPUT, path, "no JSON object");
    else
        config = restore_integers(config);
    if (status == CPL_OK)
        status = read_special_map(config, path, error);
    if (status == CPL_OK)
        status = read_chat_template(config, path, error);
    if (status == CPL_OK)
        *out = config;
    else
        json_decref(config);
    return status;
}

/* ---- special tokens ---------------------------------------------------------------------------- */

/* A piece that the configuration calls special is one for text, too. */
static cpl_status add_special(struct cpl_tokenizer *tokenizer, const json_t *value,
                              const char *where, struct cpl_error *error)
{
    const char *content = cpl_token_content(value);
    if (!content || !content[0])
        return CPL_OK;
    struct cpl_added_token token = {
        .id = cpl_pieces_find(&tokenizer->pieces, content, strlen(content)),
        .content = (char *)content,
        .length = strlen(content),
        .special = true};
    if (token.id < 0 || cpl_tokenizer_is_added(tokenizer, token.id))
        return CPL_OK;
    CPL_TRY(cpl_json_get_bool(&token.single_word, value, "single_word", where, error));
    CPL_TRY(cpl_json_get_bool(&token.lstrip, value, "lstrip", where, error));
    CPL_TRY(cpl_json_get_bool(&token.rstrip, value, "rstrip", where, error));
    CPL_TRY(cpl_json_get_bool(&token.normalized, value, "normalized", where, error));
    return cpl_tokenizer_add_token(tokenizer, &token, where, error);
}

cpl_status cpl_tokenizer_config_add(struct cpl_tokenizer *tokenizer, const char *where,
                                    struct cpl_error *error)
{
    for (size_t i = 0; i < CPL_ROLES; i++)
        CPL_TRY(add_special(tokenizer, json_object_get(tokenizer->config, cpl_role_keys[i]),
                            where, error));
    for (size_t k = 0; k < 2; k++) {
        const json_t *list = json_object_get(tokenizer->config, cpl_special_lists[k]);
        for (size_t i = 0; i < json_array_size(list); i++)
            CPL_TRY(add_special(tokenizer, json_array_get(list, i), where, error));
    }
    return CPL_OK;
}

void cpl_tokenizer_config_mark(struct cpl_tokenizer *tokenizer)
{
    for (size_t k = 0; k < 2; k++) {
        const json_t *list = json_object_get(tokenizer->config, cpl_special_lists[k]);
        for (size_t i = 0; i < json_array_size(list); i++) {
            const char *name = cpl_token_content(json_array_get(list, i));
            int32_t id = name ? cpl_pieces_find(&tokenizer->pieces, name, strlen(name)) : -1;
            if (id >= 0)
                tokenizer->flags[id] |= CPL_PIECE_SPECIAL;
        }
    }
}
