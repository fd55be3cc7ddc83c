/* The sections of tokenizer.json for a vocabulary with merges, as transformers' GPT2Tokenizer,
 * RobertaTokenizer and Qwen2Tokenizer (version 5) set them up: see merges_sections.h. */
#include "tokenizer/merges_sections.h"

#include "base/memory.h"
#include "base/try.h"
#include <string.h>

static const char qwen2_pattern[] = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+"
                                    "|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*"
                                    "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

cpl_status cpl_merges_find_style(struct cpl_merges_maker *maker, struct cpl_error *error)
{
    static const struct {
        const char *name;
        enum cpl_merges_style style;
    } classes[] = {
        {"GPT2Tokenizer", CPL_MERGES_GPT2},    {"RobertaTokenizer", CPL_MERGES_ROBERTA},
        {"BartTokenizer", CPL_MERGES_ROBERTA}, {"LongformerTokenizer", CPL_MERGES_ROBERTA},
        {"LEDTokenizer", CPL_MERGES_ROBERTA},  {"Qwen2Tokenizer", CPL_MERGES_QWEN2}};
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

static json_t *pre_tokenizer(enum cpl_merges_style style, bool prefix_space)
{
    if (style != CPL_MERGES_QWEN2)
        return byte_level(prefix_space, true);
    return json_pack("{s:s, s:[{s:s, s:{s:s}, s:s, s:b}, o]}", "type", "Sequence",
                     "pretokenizers", "type", "Split", "pattern", "Regex", qwen2_pattern,
                     "behavior", "Isolated", "invert", 0, byte_level(prefix_space, false));
}

/* Id of a role's token, NULL if it has none; borrowed. */
static json_t *id_of(const struct cpl_merges_maker *maker, const char *content)
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

static json_t *template_processor(const struct cpl_merges_maker *maker, const char *bos,
                                  const char *eos)
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

static cpl_status post_processor(const struct cpl_merges_maker *maker, json_t **out,
                                 bool prefix_space, struct cpl_error *error)
{
    bool trim = true, bos = false, eos = false;
    const char *cls = cpl_merges_role(maker, CPL_ROLE_CLS),
               *sep = cpl_merges_role(maker, CPL_ROLE_SEP);
    const char *first = cpl_merges_role(maker, CPL_ROLE_BOS),
               *last = cpl_merges_role(maker, CPL_ROLE_EOS);
    CPL_TRY(cpl_json_get_bool(&trim, maker->config, "trim_offsets", maker->where, error));
    CPL_TRY(cpl_json_get_bool(&bos, maker->config, "add_bos_token", maker->where, error));
    CPL_TRY(cpl_json_get_bool(&eos, maker->config, "add_eos_token", maker->where, error));
    if (maker->style != CPL_MERGES_ROBERTA)
        *out = template_processor(maker, bos ? first : NULL, eos ? last : NULL);
    else if (id_of(maker, cls) && id_of(maker, sep))
        *out = json_pack("{s:s, s:[s, O], s:[s, O], s:b, s:b}", "type", "RobertaProcessing",
                         "sep", sep, id_of(maker, sep), "cls", cls, id_of(maker, cls),
                         "trim_offsets", trim, "add_prefix_space", prefix_space);
    else
        *out = json_null();
    return CPL_OK;
}

cpl_status cpl_merges_make_file(const struct cpl_merges_maker *maker, json_t **file,
                                struct cpl_error *error)
{
    bool prefix_space = false;
    json_t *processor = NULL;
    CPL_TRY(cpl_json_get_bool(&prefix_space, maker->config, "add_prefix_space", maker->where,
                              error));
    CPL_TRY(post_processor(maker, &processor, prefix_space, error));
    json_t *normalizer =
        maker->style == CPL_MERGES_QWEN2 ? json_pack("{s:s}", "type", "NFC") : json_null();
    *file =
        json_pack("{s:o, s:o, s:O, s:o, s:o, s:{s:s, s:O, s:O}}", "normalizer", normalizer,
                  "pre_tokenizer", pre_tokenizer(maker->style, prefix_space), "added_tokens",
                  maker->added, "post_processor", processor, "decoder", byte_level(true, true),
                  "model", "type", "BPE", "vocab", maker->vocabulary, "merges", maker->merges);
    return *file ? CPL_OK : cpl_out_of_memory(error);
}
