/* tokenizer_config.json: what transformers (5.x) wants to know besides tokenizer.json, and what of it
 * changes tokens: see tokenizer_model.h. */
#include "base/file.h"
#include "base/memory.h"
#include "base/try.h"
#include "tokenizer/tokenizer_model.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static cpl_status out_of_memory(struct cpl_error *error)
{
    return cpl_error_set(error, CPL_ERROR_SYSTEM, NULL, "out of memory");
}

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
        status = out_of_memory(error);
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
        status = out_of_memory(error);
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

/* In transformers' order. */
static const char *const roles[] = {"bos_token", "eos_token", "unk_token", "sep_token",
                                    "pad_token", "cls_token", "mask_token"};
static const char *const lists[] = {"extra_special_tokens", "additional_special_tokens"};
enum { ROLES = sizeof roles / sizeof *roles };

/* "[CLS]", or {"content": "[CLS]", ...}. */
static const char *content_of(const json_t *value)
{
    return json_string_value(json_is_object(value) ? json_object_get(value, "content") : value);
}

/* A piece that the configuration calls special is one for text, too. */
static cpl_status add_special(struct cpl_tokenizer *tokenizer, const json_t *value,
                              const char *where, struct cpl_error *error)
{
    const char *content = content_of(value);
    if (!content)
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
    for (size_t i = 0; i < ROLES; i++)
        CPL_TRY(
            add_special(tokenizer, json_object_get(tokenizer->config, roles[i]), where, error));
    for (size_t k = 0; k < 2; k++) {
        const json_t *list = json_object_get(tokenizer->config, lists[k]);
        for (size_t i = 0; i < json_array_size(list); i++)
            CPL_TRY(add_special(tokenizer, json_array_get(list, i), where, error));
    }
    return CPL_OK;
}

void cpl_tokenizer_config_mark(struct cpl_tokenizer *tokenizer)
{
    for (size_t k = 0; k < 2; k++) {
        const json_t *list = json_object_get(tokenizer->config, lists[k]);
        for (size_t i = 0; i < json_array_size(list); i++) {
            const char *name = content_of(json_array_get(list, i));
            int32_t id = name ? cpl_pieces_find(&tokenizer->pieces, name, strlen(name)) : -1;
            if (id >= 0)
                tokenizer->flags[id] |= CPL_PIECE_SPECIAL;
        }
    }
}

/* ---- writing --------------------------------------------------------------------------------- */

/* Roles whose tokens text can have; others transformers would add. */
static void write_roles(const struct cpl_tokenizer *tokenizer, json_t *config)
{
    const struct cpl_special_ids *special = &tokenizer->special;
    const int32_t ids[ROLES] = {special->bos, special->eos, special->unknown, special->sep,
                                special->pad, special->cls, special->mask};
    for (size_t i = 0; i < ROLES; i++)
        if (ids[i] >= 0 && (tokenizer->flags[ids[i]] & CPL_PIECE_ADDED))
            json_object_set_new(config, roles[i],
                                json_string(cpl_tokenizer_piece(tokenizer, ids[i])));
}

static bool has_text(const json_t *object, const char *key, const char *expected)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text && strcmp(text, expected) == 0;
}

/* [CLS] a [SEP], [CLS] a [SEP] b [SEP] */
static bool has_bert_plans(const struct cpl_tokenizer *tokenizer)
{
    int32_t cls = tokenizer->special.cls, sep = tokenizer->special.sep;
    const struct cpl_template_item expected[] = {{cls, 0, true},
                                                 {CPL_TEMPLATE_FIRST, 0, true},
                                                 {sep, 0, true},
                                                 {CPL_TEMPLATE_SECOND, 1, true},
                                                 {sep, 1, true}};
    const struct cpl_post_processor *processor = &tokenizer->processor;
    if (processor->n_trims > 0)
        return false;
    for (size_t pair = 0; pair < 2; pair++) {
        const struct cpl_template *plan = &processor->plan[1][pair];
        if (plan->n != 3 + 2 * pair)
            return false;
        for (size_t i = 0; i < plan->n; i++)
            if (plan->item[i].id != expected[i].id || plan->item[i].type != expected[i].type)
                return false;
    }
    return true;
}

/* Whether transformers' BertTokenizer, which builds everything anew from the vocabulary, would build
 * this tokenizer. */
static bool is_bert(const struct cpl_tokenizer *tokenizer, const json_t *model)
{
    const json_t *sections = tokenizer->sections;
    const json_t *normalizer = json_object_get(sections, "normalizer");
    const json_t *decoder = json_object_get(sections, "decoder");
    const json_t *most = json_object_get(model, "max_input_chars_per_word");
    const struct cpl_special_ids *special = &tokenizer->special;
    const int32_t needed[] = {special->pad, special->unknown, special->cls, special->sep,
                              special->mask};
    for (size_t i = 0; i < 5; i++)
        if (needed[i] < 0 || !(tokenizer->flags[needed[i]] & CPL_PIECE_ADDED))
            return false;
    return tokenizer->model == &cpl_tokenizer_wordpiece &&
           has_text(normalizer, "type", "BertNormalizer") &&
           !json_is_false(json_object_get(normalizer, "clean_text")) &&
           has_text(json_object_get(sections, "pre_tokenizer"), "type", "BertPreTokenizer") &&
           has_text(decoder, "type", "WordPiece") && has_text(decoder, "prefix", "##") &&
           json_is_true(json_object_get(decoder, "cleanup")) &&
           has_text(model, "unk_token", cpl_tokenizer_piece(tokenizer, special->unknown)) &&
           has_text(model, "continuing_subword_prefix", "##") &&
           (!most || json_integer_value(most) == 100) && has_bert_plans(tokenizer);
}

static void write_bert(const struct cpl_tokenizer *tokenizer, json_t *config)
{
    const json_t *normalizer = json_object_get(tokenizer->sections, "normalizer");
    json_t *lower = json_object_get(normalizer, "lowercase");
    json_t *accents = json_object_get(normalizer, "strip_accents");
    json_t *chinese = json_object_get(normalizer, "handle_chinese_chars");
    json_object_set(config, "do_lower_case", lower ? lower : json_true());
    json_object_set(config, "strip_accents", accents ? accents : json_null());
    json_object_set(config, "tokenize_chinese_chars", chinese ? chinese : json_true());
}

/* Models with segments want them; the general class gives none unless told. */
static void write_inputs(const struct cpl_tokenizer *tokenizer, json_t *config)
{
    const struct cpl_template *pair = &tokenizer->processor.plan[1][1];
    bool segments = tokenizer->sections &&
                    !json_is_null(json_object_get(tokenizer->sections, "post_processor"));
    bool any = false;
    for (size_t i = 0; i < pair->n; i++)
        any = any || pair->item[i].type != 0;
    if (segments && any)
        json_object_set_new(
            config, "model_input_names",
            json_pack("[s, s, s]", "input_ids", "token_type_ids", "attention_mask"));
}

/* What else the configuration said, without what would make transformers change the tokenizer: code of
 * its own, and special tokens that are not there. */
static cpl_status copy_others(const struct cpl_tokenizer *tokenizer, json_t *config,
                              struct cpl_error *error)
{
    json_t *others = tokenizer->config ? json_deep_copy(tokenizer->config) : json_object();
    if (!others)
        return out_of_memory(error);
    json_object_del(others, "auto_map");
    for (size_t i = 0; i < ROLES; i++)
        json_object_del(others, roles[i]);
    for (size_t k = 0; k < 2; k++) {
        json_t *list = json_object_get(others, lists[k]);
        for (size_t i = json_array_size(list); i-- > 0;) {
            const char *name = content_of(json_array_get(list, i));
            if (!name || cpl_pieces_find(&tokenizer->pieces, name, strlen(name)) < 0)
                json_array_remove(list, i);
        }
    }
    int failed = json_object_update_missing(config, others);
    json_decref(others);
    return failed ? out_of_memory(error) : CPL_OK;
}

cpl_status cpl_tokenizer_config_write(const struct cpl_tokenizer *tokenizer, json_t *config,
                                      const json_t *model, struct cpl_error *error)
{
    bool bert = is_bert(tokenizer, model), cleanup = false;
    CPL_TRY(cpl_json_get_bool(&cleanup, tokenizer->config, "clean_up_tokenization_spaces",
                              "tokenizer_config.json", error));
    write_roles(tokenizer, config);
    json_object_set_new(config, "clean_up_tokenization_spaces", json_boolean(cleanup));
    json_object_set_new(config, "tokenizer_class",
                        json_string(bert ? "BertTokenizer" : "PreTrainedTokenizerFast"));
    if (bert)
        write_bert(tokenizer, config);
    CPL_TRY(copy_others(tokenizer, config, error));
    if (!bert && !json_object_get(config, "model_input_names"))
        write_inputs(tokenizer, config);
    return CPL_OK;
}
