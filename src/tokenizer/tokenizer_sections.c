/* A tokenizer from the sections of tokenizer.json, and what tokenizer_config.json says about it: see
 * tokenizer_model.h. */
#include "base/try.h"
#include "tokenizer/config_tokens.h"
#include "tokenizer/tokenizer_model.h"
#include <string.h>

static cpl_status read_added_token(struct cpl_tokenizer *tokenizer, const json_t *entry,
                                   const char *where, struct cpl_error *error)
{
    struct cpl_added_token token = {.id = -1, .normalized = true};
    const json_t *content = json_object_get(entry, "content");
    int64_t id = -1; /* Hugging Face's tokenizers reads it and counts for itself */
    CPL_TRY(cpl_json_get_int(&id, entry, "id", 0, UINT32_MAX, where, error));
    CPL_TRY(cpl_json_get_bool(&token.single_word, entry, "single_word", where, error));
    CPL_TRY(cpl_json_get_bool(&token.lstrip, entry, "lstrip", where, error));
    CPL_TRY(cpl_json_get_bool(&token.rstrip, entry, "rstrip", where, error));
    CPL_TRY(cpl_json_get_bool(&token.special, entry, "special", where, error));
    token.normalized = !token.special;
    CPL_TRY(cpl_json_get_bool(&token.normalized, entry, "normalized", where, error));
    if (!json_is_string(content) || id < 0)
        return cpl_error_set(error, CPL_ERROR_INPUT, where,
                             "an entry of added_tokens lacks its id or content");
    token.content = (char *)json_string_value(content);
    token.length = json_string_length(content);
    return cpl_tokenizer_add_token(tokenizer, &token, where, error);
}

static cpl_status read_added_tokens(struct cpl_tokenizer *tokenizer, const json_t *list,
                                    const char *where, struct cpl_error *error)
{
    if (list && !json_is_null(list) && !json_is_array(list))
        return cpl_error_set(error, CPL_ERROR_INPUT, where, "added_tokens is not a list");
    for (size_t i = 0; i < json_array_size(list); i++)
        CPL_TRY(read_added_token(tokenizer, json_array_get(list, i), where, error));
    return CPL_OK;
}

/* Files of 2020 name no type; what only one kind of model has tells.  A SentencePiece model that was
 * written for others keeps what is exact beside it. */
static const char *model_type(const json_t *model)
{
    if (json_object_get(model, "sentencepiece"))
        return "SentencePiece";
    const char *type = json_string_value(json_object_get(model, "type"));
    if (type)
        return type;
    if (json_object_get(model, "merges"))
        return "BPE";
    return json_object_get(model, "max_input_chars_per_word") ? "WordPiece" : "unknown";
}

static cpl_status find_model(const struct cpl_tokenizer_model **model, const json_t *file,
                             const char *where, struct cpl_error *error)
{
    static const char known[] =
#define MODEL(type, symbol) " " #type
#include "tokenizer/tokenizer_models.def"
#undef MODEL
        ;
    const json_t *section = json_object_get(file, "model");
    if (!json_is_object(section))
        return cpl_error_set(error, CPL_ERROR_INPUT, where,
                             "not a tokenizer.json: there is no \"model\" in it");
    *model = cpl_tokenizer_model_find(model_type(section));
    if (*model)
        return CPL_OK;
    return cpl_error_set(error, CPL_ERROR_INPUT, where,
                         "tokenizers of type \"%.50s\" cannot be read; known are:%s",
                         model_type(section), known);
}

/* What is neither vocabulary nor added token is kept as it is, to be written and hashed. */
static cpl_status keep_sections(struct cpl_tokenizer *tokenizer, const json_t *file,
                                const char *where, struct cpl_error *error)
{
    static const char *const names[] = {"truncation",    "padding",        "normalizer",
                                        "pre_tokenizer", "post_processor", "decoder"};
    tokenizer->sections = json_object();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        json_t *section = json_object_get(file, names[i]);
        json_t *copy = section ? json_deep_copy(section) : json_null();
        if (json_object_set_new(tokenizer->sections, names[i], copy) != 0)
            return cpl_error_set(error, CPL_ERROR_SYSTEM, where, "out of memory");
    }
    return CPL_OK;
}

/* transformers' clean_up_tokenization_spaces, which version 5 keeps away from BPE unless told twice. */
static cpl_status read_decoders(struct cpl_tokenizer *tokenizer, const json_t *section,
                                const char *where, struct cpl_error *error)
{
    bool cleanup = false, even_bpe = false;
    CPL_TRY(cpl_json_get_bool(&cleanup, tokenizer->config, "clean_up_tokenization_spaces",
                              where, error));
    CPL_TRY(cpl_json_get_bool(
        &even_bpe, tokenizer->config,
        "clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output", where,
        error));
    if (strcmp(tokenizer->model->type, "BPE") == 0)
        cleanup = cleanup && even_bpe;
    return cpl_decoders_read(&tokenizer->decoders, section, cleanup, where, error);
}

cpl_status cpl_tokenizer_read_sections(struct cpl_tokenizer *tokenizer, const json_t *file,
                                       const char *where, struct cpl_error *error)
{
    const char *version = NULL;
    if (!json_is_object(file))
        return cpl_error_set(error, CPL_ERROR_INPUT, where, "not a tokenizer: no JSON object");
    CPL_TRY(find_model(&tokenizer->model, file, where, error));
    CPL_TRY(cpl_json_get_text(&version, file, "version", where, error));
    if (version && strcmp(version, "1.0") != 0)
        return cpl_error_set(error, CPL_ERROR_INPUT, where,
                             "version \"%.50s\", expected \"1.0\"", version);
    CPL_TRY(keep_sections(tokenizer, file, where, error));
    const json_t *exact = json_object_get(json_object_get(file, "model"), "sentencepiece");
    CPL_TRY(cpl_stages_read(&tokenizer->normalizers, CPL_NORMALIZERS,
                            json_object_get(exact ? exact : file, "normalizer"), where, error));
    if (!exact)
        CPL_TRY(cpl_stages_read(&tokenizer->pre_tokenizers, CPL_PRE_TOKENIZERS,
                                json_object_get(file, "pre_tokenizer"), where, error));
    CPL_TRY(read_decoders(tokenizer, json_object_get(exact ? exact : file, "decoder"), where,
                          error));
    CPL_TRY(tokenizer->model->read(tokenizer, json_object_get(file, "model"), where, error));
    tokenizer->n_model = tokenizer->pieces.count;
    CPL_TRY(read_added_tokens(tokenizer, json_object_get(file, "added_tokens"), where, error));
    return cpl_post_processor_read(&tokenizer->processor,
                                   json_object_get(file, "post_processor"),
                                   tokenizer->pieces.count, where, error);
}

/* Names that the configuration does not give are the model's own, if it has some. */
static struct cpl_special_names read_names(const json_t *config, const json_t *file)
{
    const json_t *exact = json_object_get(json_object_get(file, "model"), "sentencepiece");
    const json_t *own = json_object_get(exact, "special");
    struct cpl_special_names names = {0};
    const struct {
        const char *key, **name;
    } roles[] = {{"pad_token", &names.pad},   {"unk_token", &names.unknown},
                 {"cls_token", &names.cls},   {"sep_token", &names.sep},
                 {"mask_token", &names.mask}, {"bos_token", &names.bos},
                 {"eos_token", &names.eos}};
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
        const char *name = cpl_config_token(own, roles[i].key, NULL);
        *roles[i].name = cpl_config_token(config, roles[i].key, name);
    }
    return names;
}

cpl_status cpl_tokenizer_from_json(struct cpl_tokenizer **out, const json_t *file,
                                   const json_t *config, const char *where,
                                   struct cpl_error *error)
{
    struct cpl_tokenizer *tokenizer = NULL;
    struct cpl_special_names names = read_names(config, file);
    cpl_status status = CPL_OK;
    CPL_TRY_GOTO(cpl_tokenizer_new(&tokenizer, error));
    tokenizer->config = json_incref((json_t *)config);
    CPL_TRY_GOTO(cpl_tokenizer_read_sections(tokenizer, file, where, error));
    CPL_TRY_GOTO(cpl_tokenizer_config_add(tokenizer, where, error));
    CPL_TRY_GOTO(cpl_tokenizer_complete(tokenizer, &names, error));
    *out = tokenizer;
    tokenizer = NULL;
done:
    cpl_tokenizer_free(tokenizer);
    return status;
}
