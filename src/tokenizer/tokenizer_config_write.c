/* Writing tokenizer_config.json so that transformers (5.x) loads what tokenizer.json says: see
 * tokenizer_model.h. */
#include "base/memory.h"
#include "base/try.h"
#include "tokenizer/config_tokens.h"
#include "tokenizer/tokenizer_model.h"
#include <string.h>

/* Whether the configuration says which roles there are; else they are those that tokens' names tell. */
static bool names_roles(const json_t *config)
{
    bool names = json_object_get(config, "added_tokens_decoder") != NULL;
    for (size_t i = 0; i < CPL_ROLES; i++)
        names = names || json_object_get(config, cpl_role_keys[i]);
    return names;
}

/* The token with that role for transformers: it is named, and text can have it (others would be added);
 * -1 if there is none. */
static int32_t role_id(const struct cpl_tokenizer *tokenizer, size_t role)
{
    const struct cpl_special_ids *special = &tokenizer->special;
    const int32_t ids[CPL_ROLES] = {special->bos, special->eos, special->unknown, special->sep,
                                    special->pad, special->cls, special->mask};
    bool named = cpl_token_content(json_object_get(tokenizer->config, cpl_role_keys[role])) ||
                 !names_roles(tokenizer->config);
    bool added = ids[role] >= 0 && (tokenizer->flags[ids[role]] & CPL_PIECE_ADDED);
    return named && added ? ids[role] : -1;
}

static void write_roles(const struct cpl_tokenizer *tokenizer, json_t *config)
{
    for (size_t i = 0; i < CPL_ROLES; i++)
        if (role_id(tokenizer, i) >= 0)
            json_object_set_new(
                config, cpl_role_keys[i],
                json_string(cpl_tokenizer_piece(tokenizer, role_id(tokenizer, i))));
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
    for (size_t i = CPL_ROLE_UNKNOWN; i < CPL_ROLES; i++)
        if (role_id(tokenizer, i) < 0)
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
        return cpl_out_of_memory(error);
    json_object_del(others, "auto_map");
    for (size_t i = 0; i < CPL_ROLES; i++)
        json_object_del(others, cpl_role_keys[i]);
    for (size_t k = 0; k < 2; k++) {
        json_t *list = json_object_get(others, cpl_special_lists[k]);
        for (size_t i = json_array_size(list); i-- > 0;) {
            const char *name = cpl_token_content(json_array_get(list, i));
            if (!name || cpl_pieces_find(&tokenizer->pieces, name, strlen(name)) < 0)
                json_array_remove(list, i);
        }
    }
    int failed = json_object_update_missing(config, others);
    json_decref(others);
    return failed ? cpl_out_of_memory(error) : CPL_OK;
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
