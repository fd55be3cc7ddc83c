/* vocab.json and merges.txt (of GPT-2 also encoder.json and vocab.bpe): pieces with their ids, and two
 * pieces a line; as transformers' GPT2Tokenizer, RobertaTokenizer or Qwen2Tokenizer, whichever
 * tokenizer_config.json names, sets them up. */
#include "base/file.h"
#include "base/memory.h"
#include "base/try.h"
#include "tokenizer/config_tokens.h"
#include "tokenizer/tokenizer_model.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char qwen2_pattern[] = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+"
                                    "|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*"
                                    "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

enum style { GPT2, ROBERTA, QWEN2 };
enum { BOS, EOS, UNKNOWN, SEP, PAD, CLS, MASK, ROLES };
static const char *const role_keys[ROLES] = {"bos_token", "eos_token", "unk_token", "sep_token",
                                             "pad_token", "cls_token", "mask_token"};
static const char *const usual_tokens[][ROLES] = {
    [GPT2] = {"<|endoftext|>", "<|endoftext|>", "<|endoftext|>", NULL, NULL, NULL, NULL},
    [ROBERTA] = {"<s>", "</s>", "<unk>", "</s>", "<pad>", "<s>", "<mask>"},
    [QWEN2] = {NULL, "<|endoftext|>", "<|endoftext|>", NULL, "<|endoftext|>", NULL, NULL},
};

/* What is being made. */
struct maker {
    const json_t *config;
    const char *where; /* the config's path */
    enum style style;
    json_t *vocabulary, *merges, *added;
    json_int_t next_id; /* of a token that the vocabulary lacks */
};

static cpl_status out_of_memory(struct cpl_error *error)
{
    return cpl_error_set(error, CPL_ERROR_SYSTEM, NULL, "out of memory");
}

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
    return out_of_memory(error);
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

static void find_next_id(struct maker *maker)
{
    const char *key;
    json_t *id;
    json_object_foreach (maker->vocabulary, key, id)
        if (json_integer_value(id) >= maker->next_id && json_integer_value(id) < INT32_MAX - 1)
            maker->next_id = json_integer_value(id) + 1;
}

/* ---- special tokens --------------------------------------------------------------------------- */

/* `value`: a text, or an object with its flags; what is there already stays. */
static cpl_status add_token(struct maker *maker, const char *content, const json_t *value,
                            struct cpl_error *error)
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
    return json_array_append_new(maker->added, entry) == 0 ? CPL_OK : out_of_memory(error);
}

static const char *role(const struct maker *maker, int number)
{
    const json_t *value = json_object_get(maker->config, role_keys[number]);
    if (json_is_null(value))
        return NULL;
    return cpl_config_token(maker->config, role_keys[number],
                            usual_tokens[maker->style][number]);
}

static cpl_status add_tokens(struct maker *maker, struct cpl_error *error)
{
    static const char *const lists[] = {"additional_special_tokens", "extra_special_tokens"};
    CPL_TRY(cpl_config_copy_decoder(maker->added, maker->config, maker->where, error));
    for (size_t i = 0; i < json_array_size(maker->added); i++) {
        const json_t *id = json_object_get(json_array_get(maker->added, i), "id");
        if (json_integer_value(id) >= maker->next_id)
            maker->next_id = json_integer_value(id) + 1;
    }
    for (int number = 0; number < ROLES; number++)
        CPL_TRY(add_token(maker, role(maker, number),
                          json_object_get(maker->config, role_keys[number]), error));
    for (size_t k = 0; k < sizeof lists / sizeof *lists; k++) {
        const json_t *list = json_object_get(maker->config, lists[k]);
        for (size_t i = 0; i < json_array_size(list); i++) {
            const json_t *value = json_array_get(list, i);
            const char *content = json_string_value(
                json_is_object(value) ? json_object_get(value, "content") : value);
            CPL_TRY(add_token(maker, content, value, error));
        }
    }
    return CPL_OK;
}

/* ---- sections --------------------------------------------------------------------------------- */

static cpl_status find_style(struct maker *maker, struct cpl_error *error)
{
    static const struct {
        const char *name;
        enum style style;
    } classes[] = {{"GPT2Tokenizer", GPT2},    {"RobertaTokenizer", ROBERTA},
                   {"BartTokenizer", ROBERTA}, {"LongformerTokenizer", ROBERTA},
                   {"LEDTokenizer", ROBERTA},  {"Qwen2Tokenizer", QWEN2}};
    const char *name = "GPT2Tokenizer";
    CPL_TRY(cpl_json_get_text(&name, maker->config, "tokenizer_class", maker->where, error));
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        size_t n = strlen(classes[i].name);
        if (strncmp(name, classes[i].name, n) != 0 ||
            (name[n] && strcmp(name + n, "Fast") != 0))
            continue;
        maker->style = classes[i].style;
        return CPL_OK;
    }
    return cpl_error_set(
        error, CPL_ERROR_INPUT, maker->where,
        "tokenizer_class is %.60s; with a vocabulary and merges GPT2Tokenizer, "
        "RobertaTokenizer and Qwen2Tokenizer are known",
        name);
}

static json_t *byte_level(bool prefix_space, bool regex)
{
    return json_pack("{s:s, s:b, s:b, s:b}", "type", "ByteLevel", "add_prefix_space",
                     prefix_space, "trim_offsets", 1, "use_regex", regex);
}

static json_t *pre_tokenizer(enum style style, bool prefix_space)
{
    if (style != QWEN2)
        return byte_level(prefix_space, true);
    return json_pack("{s:s, s:[{s:s, s:{s:s}, s:s, s:b}, o]}", "type", "Sequence",
                     "pretokenizers", "type", "Split", "pattern", "Regex", qwen2_pattern,
                     "behavior", "Isolated", "invert", 0, byte_level(prefix_space, false));
}

/* Id of a role's token, NULL if it has none; borrowed. */
static json_t *id_of(const struct maker *maker, const char *content)
{
    for (size_t i = 0; content && i < json_array_size(maker->added); i++) {
        const json_t *entry = json_array_get(maker->added, i);
        const char *other = json_string_value(json_object_get(entry, "content"));
        if (other && strcmp(other, content) == 0)
            return json_object_get(entry, "id");
    }
    return NULL;
}

static void add_special(json_t *list, const char *content, int type)
{
    json_array_append_new(
        list, json_pack("{s:{s:s, s:i}}", "SpecialToken", "id", content, "type_id", type));
}

/* Text `name` with the tokens that belong around it. */
static void add_text(json_t *list, const char *bos, const char *eos, const char *name, int type)
{
    if (bos)
        add_special(list, bos, type);
    json_array_append_new(list,
                          json_pack("{s:{s:s, s:i}}", "Sequence", "id", name, "type_id", type));
    if (eos)
        add_special(list, eos, type);
}

static json_t *template_processor(const struct maker *maker, const char *bos, const char *eos)
{
    json_t *single = json_array(), *pair = json_array(), *tokens = json_object();
    add_text(single, bos, eos, "A", 0);
    add_text(pair, bos, eos, "A", 0);
    add_text(pair, bos, eos, "B", 1);
    for (int i = 0; i < 2; i++) {
        const char *content = i == 0 ? bos : eos;
        if (content)
            json_object_set_new(tokens, content,
                                json_pack("{s:s, s:[O], s:[s]}", "id", content, "ids",
                                          id_of(maker, content), "tokens", content));
    }
    return json_pack("{s:s, s:o, s:o, s:o}", "type", "TemplateProcessing", "single", single,
                     "pair", pair, "special_tokens", tokens);
}

static cpl_status post_processor(const struct maker *maker, json_t **out, bool prefix_space,
                                 struct cpl_error *error)
{
    bool trim = true, bos = false, eos = false;
    const char *cls = role(maker, CLS), *sep = role(maker, SEP);
    const char *first = role(maker, BOS), *last = role(maker, EOS);
    CPL_TRY(cpl_json_get_bool(&trim, maker->config, "trim_offsets", maker->where, error));
    CPL_TRY(cpl_json_get_bool(&bos, maker->config, "add_bos_token", maker->where, error));
    CPL_TRY(cpl_json_get_bool(&eos, maker->config, "add_eos_token", maker->where, error));
    if (maker->style != ROBERTA)
        *out = template_processor(maker, bos ? first : NULL, eos ? last : NULL);
    else if (id_of(maker, cls) && id_of(maker, sep))
        *out = json_pack("{s:s, s:[s, O], s:[s, O], s:b, s:b}", "type", "RobertaProcessing",
                         "sep", sep, id_of(maker, sep), "cls", cls, id_of(maker, cls),
                         "trim_offsets", trim, "add_prefix_space", prefix_space);
    else
        *out = json_null();
    return CPL_OK;
}

static cpl_status make_file(const struct maker *maker, json_t **file, struct cpl_error *error)
{
    bool prefix_space = false;
    json_t *processor = NULL;
    CPL_TRY(cpl_json_get_bool(&prefix_space, maker->config, "add_prefix_space", maker->where,
                              error));
    CPL_TRY(post_processor(maker, &processor, prefix_space, error));
    json_t *normalizer =
        maker->style == QWEN2 ? json_pack("{s:s}", "type", "NFC") : json_null();
    *file =
        json_pack("{s:o, s:o, s:O, s:o, s:o, s:{s:s, s:O, s:O}}", "normalizer", normalizer,
                  "pre_tokenizer", pre_tokenizer(maker->style, prefix_space), "added_tokens",
                  maker->added, "post_processor", processor, "decoder", byte_level(true, true),
                  "model", "type", "BPE", "vocab", maker->vocabulary, "merges", maker->merges);
    return *file ? CPL_OK : out_of_memory(error);
}

cpl_status cpl_merges_read(json_t **file, const char *vocabulary_path, const char *merges_path,
                           const json_t *config, const char *config_path,
                           struct cpl_error *error)
{
    struct maker maker = {
        .config = config, .where = config_path, .merges = json_array(), .added = json_array()};
    cpl_status status = CPL_OK;
    CPL_TRY_GOTO(find_style(&maker, error));
    CPL_TRY_GOTO(cpl_json_load(&maker.vocabulary, vocabulary_path, 0, error));
    CPL_TRY_GOTO(read_merges(maker.merges, merges_path, error));
    find_next_id(&maker);
    CPL_TRY_GOTO(add_tokens(&maker, error));
    status = make_file(&maker, file, error);
done:
    json_decref(maker.vocabulary);
    json_decref(maker.merges);
    json_decref(maker.added);
    return status;
}
