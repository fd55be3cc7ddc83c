/* Writing tokenizers as transformers reads them: tokenizer.json for its fast tokenizers,
 * tokenizer_config.json for the class around it, vocab.txt for older readers. */
#include "base/buffer.h"
#include "base/file.h"
#include "base/try.h"
#include "tokenizer/tokenizer_model.h"
#include <stdlib.h>
#include <string.h>

static int compare_ids(const void *left, const void *right)
{
    int32_t a = (*(const struct cpl_added_token *const *)left)->id;
    int32_t b = (*(const struct cpl_added_token *const *)right)->id;
    return (a > b) - (a < b);
}

static json_t *token_object(const struct cpl_added_token *token)
{
    return json_pack("{s:s, s:b, s:b, s:b, s:b, s:b}", "content", token->content, "single_word",
                     token->single_word, "lstrip", token->lstrip, "rstrip", token->rstrip,
                     "normalized", token->normalized, "special", token->special);
}

/* All added tokens by id: the list of tokenizer.json and the object of tokenizer_config.json. */
static cpl_status write_added(const struct cpl_tokenizer *tokenizer, json_t *list,
                              json_t *decoder, struct cpl_error *error)
{
    size_t n_raw = tokenizer->raw.n, n = n_raw + tokenizer->normalized.n;
    const struct cpl_added_token **tokens = calloc(n + 1, sizeof *tokens);
    if (!tokens)
        return cpl_error_set(error, CPL_ERROR_SYSTEM, NULL, "out of memory");
    for (size_t i = 0; i < n; i++)
        tokens[i] =
            i < n_raw ? &tokenizer->raw.token[i] : &tokenizer->normalized.token[i - n_raw];
    qsort(tokens, n, sizeof *tokens, compare_ids);
    for (size_t i = 0; i < n; i++) {
        char key[20];
        snprintf(key, sizeof key, "%d", (int)tokens[i]->id);
        json_object_set_new(decoder, key, token_object(tokens[i]));
        json_t *entry = json_pack("{s:i}", "id", (int)tokens[i]->id);
        json_object_update_new(entry, token_object(tokens[i]));
        json_array_append_new(list, entry);
    }
    free(tokens);
    return CPL_OK;
}

static void write_names(const struct cpl_tokenizer *tokenizer, json_t *config)
{
    const struct cpl_special_ids *special = &tokenizer->special;
    const struct {
        const char *key;
        int32_t id;
    } roles[] = {{"pad_token", special->pad},   {"unk_token", special->unknown},
                 {"cls_token", special->cls},   {"sep_token", special->sep},
                 {"mask_token", special->mask}, {"bos_token", special->bos},
                 {"eos_token", special->eos}};
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++)
        if (roles[i].id >= 0)
            json_object_set_new(config, roles[i].key,
                                json_string(cpl_tokenizer_piece(tokenizer, roles[i].id)));
}

static cpl_status save_json(const json_t *value, const char *directory, const char *name,
                            struct cpl_error *error)
{
    char *path = NULL;
    CPL_TRY(cpl_path_join(&path, directory, name, error));
    cpl_status status = cpl_json_save(value, path, error);
    free(path);
    return status;
}

/* Lines can hold the vocabulary unless an id is missing or a piece has a line end in it. */
static cpl_status save_vocabulary(const struct cpl_tokenizer *tokenizer, const char *directory,
                                  struct cpl_error *error)
{
    struct cpl_buffer lines = {0};
    char *path = NULL;
    cpl_status status = CPL_OK;
    for (int32_t id = 0; id < tokenizer->n_model; id++) {
        const char *piece = cpl_tokenizer_piece(tokenizer, id);
        if (!piece || strpbrk(piece, "\r\n"))
            goto done;
        cpl_buffer_add_text(&lines, piece);
        cpl_buffer_add_byte(&lines, '\n');
    }
    CPL_TRY_GOTO(cpl_buffer_check(&lines, error));
    CPL_TRY_GOTO(cpl_path_join(&path, directory, "vocab.txt", error));
    status = cpl_file_write(path, lines.data, lines.length, error);
done:
    free(path);
    cpl_buffer_clear(&lines);
    return status;
}

/* The class of transformers and what it wants to know are as the configuration had them; else the
 * class is the one that takes everything from tokenizer.json, or BERT's. */
static cpl_status complete_config(const struct cpl_tokenizer *tokenizer, json_t *config,
                                  struct cpl_error *error)
{
    const json_t *normalizer = json_object_get(tokenizer->sections, "normalizer");
    const char *type = json_string_value(json_object_get(normalizer, "type"));
    bool bert = type && strcmp(type, "BertNormalizer") == 0;
    write_names(tokenizer, config);
    json_object_set_new(config, "clean_up_tokenization_spaces", json_false());
    json_object_set_new(config, "tokenizer_class",
                        json_string(bert ? "BertTokenizer" : "PreTrainedTokenizerFast"));
    if (bert) {
        json_t *lower = json_object_get(normalizer, "lowercase");
        json_t *accents = json_object_get(normalizer, "strip_accents");
        json_t *chinese = json_object_get(normalizer, "handle_chinese_chars");
        json_object_set(config, "do_lower_case", lower ? lower : json_true());
        json_object_set(config, "strip_accents", accents ? accents : json_null());
        json_object_set(config, "tokenize_chinese_chars", chinese ? chinese : json_true());
    }
    if (tokenizer->config && json_object_update_existing(config, tokenizer->config) != 0)
        return cpl_error_set(error, CPL_ERROR_SYSTEM, NULL, "out of memory");
    if (tokenizer->config && json_object_update_missing(config, tokenizer->config) != 0)
        return cpl_error_set(error, CPL_ERROR_SYSTEM, NULL, "out of memory");
    return CPL_OK;
}

static cpl_status save_all(const struct cpl_tokenizer *tokenizer, json_t *file, json_t *config,
                           const char *directory, struct cpl_error *error)
{
    json_t *list = json_array(), *decoder = json_object();
    json_t *model = json_pack("{s:s}", "type", tokenizer->model->type);
    json_object_set_new(file, "added_tokens", list);
    json_object_set_new(config, "added_tokens_decoder", decoder);
    CPL_TRY(write_added(tokenizer, list, decoder, error));
    json_object_update(file, tokenizer->sections);
    if (json_object_set_new(file, "model", model) != 0)
        return cpl_error_set(error, CPL_ERROR_SYSTEM, directory, "out of memory");
    CPL_TRY(tokenizer->model->write(tokenizer, model, error));
    CPL_TRY(complete_config(tokenizer, config, error));
    CPL_TRY(cpl_directory_make(directory, error));
    CPL_TRY(save_vocabulary(tokenizer, directory, error));
    CPL_TRY(save_json(config, directory, "tokenizer_config.json", error));
    return save_json(file, directory, "tokenizer.json", error);
}

cpl_status cpl_tokenizer_save(const struct cpl_tokenizer *tokenizer, const char *directory,
                              struct cpl_error *error)
{
    json_t *file = json_pack("{s:s}", "version", "1.0");
    json_t *config = json_object();
    cpl_status status =
        file && config ? save_all(tokenizer, file, config, directory, error)
                       : cpl_error_set(error, CPL_ERROR_SYSTEM, directory, "out of memory");
    json_decref(file);
    json_decref(config);
    return status;
}
