/* vocab.json and merges.txt (of GPT-2 also encoder.json and vocab.bpe): pieces with their ids, and two
 * pieces a line; as transformers' GPT2Tokenizer, RobertaTokenizer or Qwen2Tokenizer, whichever
 * tokenizer_config.json names, sets them up. */
#include "base/file.h"
#include "base/memory.h"
#include "base/try.h"
#include "tokenizer/merges_sections.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const usual_tokens[][CPL_ROLES] = {
    [CPL_MERGES_GPT2] = {"<|endoftext|>", "<|endoftext|>", "<|endoftext|>", NULL, NULL, NULL,
                         NULL},
    [CPL_MERGES_ROBERTA] = {"<s>", "</s>", "<unk>", "</s>", "<pad>", "<s>", "<mask>"},
    [CPL_MERGES_QWEN2] = {NULL, "<|endoftext|>", "<|endoftext|>", NULL, "<|endoftext|>", NULL,
                          NULL},
};

/* ---- files ------------------------------------------------------------------------------------ */

static cpl_status add_merge(json_t *merges, const char *line, size_t n, const char *where,
                            struct cpl_error *error)
{
    const char *space = memchr(line, ' ', n), *end = line + n;
    if (n >= 8 && memcmp(line, "#version", 8) == 0)
        return CPL_OK;
    if (!space || memchr(space + 1, ' ', (size_t)(end - space - 1)))
        return cpl_error_set(error, CPL_ERROR_INPUT, where,
                             "expected two pieces with a space between them");
    if (memchr(line, 0, n) || cpl_utf8_valid_prefix(line, n) != n)
        return cpl_error_set(error, CPL_ERROR_INPUT, where, "not UTF-8, or a NUL byte");
    json_t *pair = json_array();
    json_array_append_new(pair, json_stringn(line, (size_t)(space - line)));
    json_array_append_new(pair, json_stringn(space + 1, (size_t)(end - space - 1)));
    if (json_array_size(pair) == 2 && json_array_append_new(merges, pair) == 0)
        return CPL_OK;
    return cpl_out_of_memory(error);
}

/* Lines end with LF or CR LF; an empty one may be the last. */
static cpl_status read_merges(json_t *merges, const char *path, struct cpl_error *error)
{
    char *text = NULL, where[600];
    size_t length = 0, number = 1;
    cpl_status status = cpl_file_read(&text, &length, path, error);
    for (size_t at = 0; status == CPL_OK && at < length; number++) {
        const char *line = text + at, *end = memchr(line, '\n', length - at);
        size_t n = end ? (size_t)(end - line) : length - at;
        at += n + 1;
        n -= n > 0 && line[n - 1] == '\r';
        snprintf(where, sizeof where, "%.500s:%zu", path, number);
        if (n > 0 || at < length)
            status = add_merge(merges, line, n, where, error);
    }
    free(text);
    return status;
}

static void find_next_id(struct cpl_merges_maker *maker)
{
    const char *key;
    json_t *id;
    json_object_foreach (maker->vocabulary, key, id)
        if (json_integer_value(id) >= maker->next_id && json_integer_value(id) < INT32_MAX - 1)
            maker->next_id = json_integer_value(id) + 1;
}

/* ---- special tokens --------------------------------------------------------------------------- */

/* `value`: a text, or an object with its flags; what is there already stays. */
static cpl_status add_token(struct cpl_merges_maker *maker, const char *content,
                            const json_t *value, struct cpl_error *error)
{
    static const char *const flags[] = {"single_word", "lstrip", "rstrip"};
    if (!content || !content[0] || cpl_config_lists(maker->added, content))
        return CPL_OK;
    json_t *id = json_object_get(maker->vocabulary, content);
    json_t *entry = json_pack("{s:s, s:b}", "content", content, "special", 1);
    bool plain = !json_is_object(value) || json_is_true(json_object_get(value, "special"));
    const json_t *normalized = json_object_get(value, "normalized");
    json_object_set_new(entry, "normalized",
                        json_boolean(normalized ? json_is_true(normalized) : !plain));
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        json_object_set_new(entry, flags[i],
                            json_boolean(json_is_true(json_object_get(value, flags[i]))));
    json_object_set_new(entry, "id",
                        json_is_integer(id) ? json_incref(id) : json_integer(maker->next_id++));
    return json_array_append_new(maker->added, entry) == 0 ? CPL_OK : cpl_out_of_memory(error);
}

const char *cpl_merges_role(const struct cpl_merges_maker *maker, int number)
{
    const json_t *value = json_object_get(maker->config, cpl_role_keys[number]);
    if (json_is_null(value))
        return NULL;
    return cpl_config_token(maker->config, cpl_role_keys[number],
                            usual_tokens[maker->style][number]);
}

static cpl_status add_tokens(struct cpl_merges_maker *maker, struct cpl_error *error)
{
    CPL_TRY(cpl_config_copy_decoder(maker->added, maker->config, maker->where, error));
    for (size_t i = 0; i < json_array_size(maker->added); i++) {
        const json_t *id = json_object_get(json_array_get(maker->added, i), "id");
        if (json_integer_value(id) >= maker->next_id)
            maker->next_id = json_integer_value(id) + 1;
    }
    for (int number = 0; number < CPL_ROLES; number++)
        CPL_TRY(add_token(maker, cpl_merges_role(maker, number),
                          json_object_get(maker->config, cpl_role_keys[number]), error));
    for (size_t k = 2; k-- > 0;) { /* the older list has the lower ids */
        const json_t *list = json_object_get(maker->config, cpl_special_lists[k]);
        for (size_t i = 0; i < json_array_size(list); i++) {
            const json_t *value = json_array_get(list, i);
            CPL_TRY(add_token(maker, cpl_token_content(value), value, error));
        }
    }
    return CPL_OK;
}

cpl_status cpl_merges_read(json_t **file, const char *vocabulary_path, const char *merges_path,
                           const json_t *config, const char *config_path,
                           struct cpl_error *error)
{
    struct cpl_merges_maker maker = {
        .config = config, .where = config_path, .merges = json_array(), .added = json_array()};
    cpl_status status = CPL_OK;
    CPL_TRY_GOTO(cpl_merges_find_style(&maker, error));
    CPL_TRY_GOTO(cpl_json_load(&maker.vocabulary, vocabulary_path, JSON_ALLOW_NUL, error));
    CPL_TRY_GOTO(read_merges(maker.merges, merges_path, error));
    find_next_id(&maker);
    CPL_TRY_GOTO(add_tokens(&maker, error));
    status = cpl_merges_make_file(&maker, file, error);
done:
    json_decref(maker.vocabulary);
    json_decref(maker.merges);
    json_decref(maker.added);
    return status;
}
