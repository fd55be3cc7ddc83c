/* vocab.txt: one piece a line, its id the number of the line from 0; transformers' BertTokenizer as
 * tokenizer_config.json sets it up.
 *
 * Without a tokenizer_config.json the text stays cased; with one, what it does not say is as
 * transformers has it (lower case). */
#include "base/file.h"
#include "base/memory.h"
#include "base/try.h"
#include "tokenizer/config_tokens.h"
#include "tokenizer/tokenizer_model.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Lines end with LF, CR LF or CR, as Python reads text files. */
static cpl_status read_lines(json_t *vocabulary, const char *text, size_t length,
                             const char *path, struct cpl_error *error)
{
    char where[600];
    json_int_t id = 0;
    for (size_t at = 0; at < length; id++) {
        size_t end = at;
        while (end < length && text[end] != '\n' && text[end] != '\r')
            end++;
        snprintf(where, sizeof where, "%.500s:%lld", path, (long long)id + 1);
        if (memchr(text + at, 0, end - at))
            return cpl_error_set(error, CPL_ERROR_INPUT, where,
                                 "a NUL byte: this is no vocabulary");
        if (cpl_utf8_valid_prefix(text + at, end - at) != end - at)
            return cpl_error_set(error, CPL_ERROR_INPUT, where, "not UTF-8");
        if (id >= INT32_MAX / 4)
            return cpl_error_set(error, CPL_ERROR_INPUT, where, "too many lines");
        if (json_object_setn_new(vocabulary, text + at, end - at, json_integer(id)) != 0)
            return cpl_out_of_memory(error);
        at = end + 1 + (end + 1 < length && text[end] == '\r' && text[end + 1] == '\n');
    }
    if (id == 0)
        return cpl_error_set(error, CPL_ERROR_INPUT, path, "the vocabulary is empty");
    return CPL_OK;
}

static json_t *special_token(const json_t *vocabulary, const char *content)
{
    json_t *id = json_object_get(vocabulary, content);
    return id ? json_pack("{s:O, s:s, s:b, s:b}", "id", id, "content", content, "special", 1,
                          "normalized", 0)
              : NULL;
}

static cpl_status list_added(json_t *added, const json_t *vocabulary, const json_t *config,
                             const char *config_path, struct cpl_error *error)
{
    static const char *const roles[][2] = {{"pad_token", "[PAD]"},
                                           {"unk_token", "[UNK]"},
                                           {"cls_token", "[CLS]"},
                                           {"sep_token", "[SEP]"},
                                           {"mask_token", "[MASK]"}};
    CPL_TRY(cpl_config_copy_decoder(added, config, config_path, error));
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
        const char *content = cpl_config_token(config, roles[i][0], roles[i][1]);
        json_t *token =
            cpl_config_lists(added, content) ? NULL : special_token(vocabulary, content);
        if (token && json_array_append_new(added, token) != 0)
            return cpl_out_of_memory(error);
    }
    return CPL_OK;
}

static json_t *make_processor(const json_t *vocabulary, const json_t *config)
{
    const char *cls = cpl_config_token(config, "cls_token", "[CLS]");
    const char *sep = cpl_config_token(config, "sep_token", "[SEP]");
    json_t *cls_id = json_object_get(vocabulary, cls),
           *sep_id = json_object_get(vocabulary, sep);
    if (!cls_id || !sep_id)
        return json_null();
    return json_pack("{s:s, s:[s, O], s:[s, O]}", "type", "BertProcessing", "sep", sep, sep_id,
                     "cls", cls, cls_id);
}

static cpl_status make_file(json_t **file, json_t *vocabulary, const json_t *config,
                            const char *config_path, struct cpl_error *error)
{
    bool lowercase = config != NULL, chinese = true;
    json_t *added = json_array();
    cpl_status status = CPL_OK;
    CPL_TRY_GOTO(cpl_json_get_bool(&lowercase, config, "do_lower_case", config_path, error));
    CPL_TRY_GOTO(
        cpl_json_get_bool(&chinese, config, "tokenize_chinese_chars", config_path, error));
    bool accents = lowercase;
    CPL_TRY_GOTO(cpl_json_get_bool(&accents, config, "strip_accents", config_path, error));
    CPL_TRY_GOTO(list_added(added, vocabulary, config, config_path, error));
    *file = json_pack("{s:{s:s, s:b, s:b, s:b, s:b}, s:{s:s}, s:O, s:o, s:{s:s, s:s, s:b},"
                      " s:{s:s, s:s, s:O}}",
                      "normalizer", "type", "BertNormalizer", "clean_text", 1,
                      "handle_chinese_chars", chinese, "strip_accents", accents, "lowercase",
                      lowercase, "pre_tokenizer", "type", "BertPreTokenizer", "added_tokens",
                      added, "post_processor", make_processor(vocabulary, config), "decoder",
                      "type", "WordPiece", "prefix", "##", "cleanup", 1, "model", "type",
                      "WordPiece", "unk_token", cpl_config_token(config, "unk_token", "[UNK]"),
                      "vocab", vocabulary);
    status = *file ? CPL_OK : cpl_out_of_memory(error);
done:
    json_decref(added);
    return status;
}

cpl_status cpl_vocabulary_parse(json_t **file, const char *text, size_t length,
                                const char *path, const json_t *config, const char *config_path,
                                struct cpl_error *error)
{
    json_t *vocabulary = json_object();
    cpl_status status = read_lines(vocabulary, text, length, path, error);
    if (status == CPL_OK)
        status = make_file(file, vocabulary, config, config_path, error);
    json_decref(vocabulary);
    return status;
}

cpl_status cpl_vocabulary_read(json_t **file, const char *path, const json_t *config,
                               const char *config_path, struct cpl_error *error)
{
    char *text = NULL;
    size_t length = 0;
    CPL_TRY(cpl_file_read(&text, &length, path, error));
    cpl_status status =
        cpl_vocabulary_parse(file, text, length, path, config, config_path, error);
    free(text);
    return status;
}
