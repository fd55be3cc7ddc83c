/* Writing tokenizers as transformers reads them: tokenizer.json for its fast tokenizers,
 * tokenizer_config.json for the class around it, other files for older readers. */
#include "base/buffer.h"
#include "base/file.h"
#include "base/memory.h"
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
    return json_pack("{s:s%, s:b, s:b, s:b, s:b, s:b}", "content", token->content,
                     token->length, "single_word", token->single_word, "lstrip", token->lstrip,
                     "rstrip", token->rstrip, "normalized", token->normalized, "special",
                     token->special);
}

/* All added tokens by id: the list of tokenizer.json and the object of tokenizer_config.json. */
static cpl_status write_added(const struct cpl_tokenizer *tokenizer, json_t *list,
                              json_t *decoder, struct cpl_error *error)
{
    size_t n_raw = tokenizer->raw.n, n = n_raw + tokenizer->normalized.n;
    const struct cpl_added_token **tokens = calloc(n + 1, sizeof *tokens);
    if (!tokens)
        return cpl_out_of_memory(error);
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

static cpl_status save_json(const json_t *value, const char *directory, const char *name,
                            struct cpl_error *error)
{
    char *path = NULL;
    CPL_TRY(cpl_path_join(&path, directory, name, error));
    cpl_status status = cpl_json_save(value, path, error);
    free(path);
    return status;
}

/* Lines can hold the vocabulary unless an id is missing or a piece has a line end or a NUL in it. */
static cpl_status save_vocabulary(const struct cpl_tokenizer *tokenizer, const char *directory,
                                  struct cpl_error *error)
{
    struct cpl_buffer lines = {0};
    char *path = NULL;
    cpl_status status = CPL_OK;
    for (int32_t id = 0; id < tokenizer->n_model; id++) {
        const char *piece = cpl_tokenizer_piece(tokenizer, id);
        if (!piece || strpbrk(piece, "\r\n") || strlen(piece) != tokenizer->pieces.length[id])
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

/* Parts that a line cannot hold are kept by tokenizer.json alone. */
static bool fits_line(const json_t *part)
{
    const char *text = json_string_value(part);
    return text && *text && !strpbrk(text, " \t\r\n") &&
           strlen(text) == json_string_length(part);
}

/* "#version: 0.2", then a merge a line, its parts with a space between; nothing when that cannot be. */
static cpl_status save_merges(const json_t *merges, const char *directory,
                              struct cpl_error *error)
{
    struct cpl_buffer lines = {0};
    char *path = NULL;
    cpl_status status = CPL_OK;
    cpl_buffer_add_text(&lines, "#version: 0.2\n");
    for (size_t i = 0; i < json_array_size(merges); i++) {
        const json_t *merge = json_array_get(merges, i);
        const char *whole = json_string_value(merge);
        const char *left = json_string_value(json_array_get(merge, 0));
        const char *right = json_string_value(json_array_get(merge, 1));
        if (!whole &&
            !(fits_line(json_array_get(merge, 0)) && fits_line(json_array_get(merge, 1))))
            goto done;
        if (whole)
            cpl_buffer_format(&lines, "%s\n", whole);
        else
            cpl_buffer_format(&lines, "%s %s\n", left, right);
    }
    CPL_TRY_GOTO(cpl_buffer_check(&lines, error));
    CPL_TRY_GOTO(cpl_path_join(&path, directory, "merges.txt", error));
    status = cpl_file_write(path, lines.data, lines.length, error);
done:
    free(path);
    cpl_buffer_clear(&lines);
    return status;
}

/* Whether the section, or a member of it when it is a Sequence, is of that type. */
static bool has_type(const json_t *section, const char *members, const char *type)
{
    const char *own = json_string_value(json_object_get(section, "type"));
    const json_t *list = json_object_get(section, members);
    bool found = own && strcmp(own, type) == 0;
    for (size_t i = 0; i < json_array_size(list) && !found; i++)
        found = has_type(json_array_get(list, i), "", type);
    return found;
}

/* What readers before tokenizer.json know: vocab.txt, or GPT-2's pair of files. */
static cpl_status save_older(const struct cpl_tokenizer *tokenizer, const json_t *model,
                             const char *directory, struct cpl_error *error)
{
    const json_t *stages = json_object_get(tokenizer->sections, "pre_tokenizer");
    if (strcmp(tokenizer->model->type, "WordPiece") == 0)
        return save_vocabulary(tokenizer, directory, error);
    if (strcmp(tokenizer->model->type, "BPE") != 0 ||
        !has_type(stages, "pretokenizers", "ByteLevel"))
        return CPL_OK;
    CPL_TRY(save_json(json_object_get(model, "vocab"), directory, "vocab.json", error));
    return save_merges(json_object_get(model, "merges"), directory, error);
}

static void copy_sections(const struct cpl_tokenizer *tokenizer, json_t *file,
                          const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        json_object_set(file, names[i], json_object_get(tokenizer->sections, names[i]));
}

/* In the order in which Hugging Face's packages write it. */
static cpl_status save_all(const struct cpl_tokenizer *tokenizer, json_t *file, json_t *config,
                           const char *directory, struct cpl_error *error)
{
    static const char *const before[] = {"truncation", "padding"};
    static const char *const behind[] = {"normalizer", "pre_tokenizer", "post_processor",
                                         "decoder"};
    json_t *list = json_array(), *decoder = json_object();
    json_t *model = json_pack("{s:s}", "type", tokenizer->model->type);
    copy_sections(tokenizer, file, before, 2);
    json_object_set_new(file, "added_tokens", list);
    copy_sections(tokenizer, file, behind, 4);
    json_object_set_new(config, "added_tokens_decoder", decoder);
    if (json_object_set_new(file, "model", model) != 0)
        return cpl_error_set(error, CPL_ERROR_SYSTEM, directory, "out of memory");
    CPL_TRY(write_added(tokenizer, list, decoder, error));
    CPL_TRY(tokenizer->model->write(tokenizer, model, error));
    CPL_TRY(cpl_tokenizer_config_write(tokenizer, config, model, error));
    CPL_TRY(cpl_directory_make(directory, error));
    CPL_TRY(save_older(tokenizer, model, directory, error));
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
