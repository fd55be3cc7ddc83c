/* Reading and writing post-processors: see template.h. */
#include "tokenizer/template.h"

#include "base/try.h"
#include <string.h>

static cpl_status add_item(struct cpl_template *template, int32_t id, int64_t type,
                           const char *where, struct cpl_error *error)
{
    if (template->n == CPL_TEMPLATE_MAX)
        return cpl_error_set(error, CPL_ERROR_INPUT, where,
                             "post_processor: more than %d parts in a template",
                             CPL_TEMPLATE_MAX);
    template->item[template->n++] = (struct cpl_template_item){id, (uint8_t)type};
    return CPL_OK;
}

static cpl_status check_id(int64_t id, int32_t vocab_size, const char *where,
                           struct cpl_error *error)
{
    if (id >= 0 && id < vocab_size)
        return CPL_OK;
    return cpl_error_set(error, CPL_ERROR_INPUT, where,
                         "post_processor: id %lld is not in 0..%d", (long long)id,
                         vocab_size - 1);
}

/* All ids that the special token `name` stands for. */
static cpl_status add_special(struct cpl_template *template, const json_t *specials,
                              const char *name, int64_t type, int32_t vocab_size,
                              const char *where, struct cpl_error *error)
{
    const json_t *ids = json_object_get(json_object_get(specials, name), "ids");
    if (!json_is_array(ids))
        return cpl_error_set(error, CPL_ERROR_INPUT, where,
                             "post_processor: no ids for the special token \"%s\"", name);
    for (size_t i = 0; i < json_array_size(ids); i++) {
        const json_t *id = json_array_get(ids, i);
        CPL_TRY(check_id(json_is_integer(id) ? json_integer_value(id) : -1, vocab_size, where,
                         error));
        CPL_TRY(add_item(template, (int32_t)json_integer_value(id), type, where, error));
    }
    return CPL_OK;
}

static cpl_status read_part(struct cpl_template *template, const json_t *part,
                            const json_t *specials, int32_t vocab_size, const char *where,
                            struct cpl_error *error)
{
    const json_t *special = json_object_get(part, "SpecialToken");
    const json_t *sequence = json_object_get(part, "Sequence");
    const json_t *body = special ? special : sequence;
    const char *name = NULL;
    int64_t type = 0;
    CPL_TRY(cpl_json_get_text(&name, body, "id", where, error));
    CPL_TRY(cpl_json_get_int(&type, body, "type_id", 0, 255, where, error));
    if (!name)
        return cpl_error_set(error, CPL_ERROR_INPUT, where,
                             "post_processor: a part of a template is neither SpecialToken nor "
                             "Sequence");
    if (special)
        return add_special(template, specials, name, type, vocab_size, where, error);
    if (strcmp(name, "A") != 0 && strcmp(name, "B") != 0)
        return cpl_error_set(error, CPL_ERROR_INPUT, where,
                             "post_processor: sequence \"%s\", expected A or B", name);
    return add_item(template, name[0] == 'A' ? CPL_TEMPLATE_FIRST : CPL_TEMPLATE_SECOND, type,
                    where, error);
}

static cpl_status read_list(struct cpl_template *template, const json_t *processor,
                            const char *key, int32_t vocab_size, const char *where,
                            struct cpl_error *error)
{
    const json_t *list = json_object_get(processor, key);
    const json_t *specials = json_object_get(processor, "special_tokens");
    if (!json_is_array(list))
        return cpl_error_set(error, CPL_ERROR_INPUT, where, "post_processor: no list \"%s\"",
                             key);
    for (size_t i = 0; i < json_array_size(list); i++)
        CPL_TRY(
            read_part(template, json_array_get(list, i), specials, vocab_size, where, error));
    return CPL_OK;
}

/* ["[SEP]", 102] of a BertProcessing. */
static cpl_status read_token(int32_t *id, const json_t *processor, const char *key,
                             int32_t vocab_size, const char *where, struct cpl_error *error)
{
    const json_t *number = json_array_get(json_object_get(processor, key), 1);
    CPL_TRY(check_id(json_is_integer(number) ? json_integer_value(number) : -1, vocab_size,
                     where, error));
    *id = (int32_t)json_integer_value(number);
    return CPL_OK;
}

static cpl_status read_bert(struct cpl_template *single, struct cpl_template *pair,
                            const json_t *processor, int32_t vocab_size, const char *where,
                            struct cpl_error *error)
{
    int32_t cls, sep;
    CPL_TRY(read_token(&cls, processor, "cls", vocab_size, where, error));
    CPL_TRY(read_token(&sep, processor, "sep", vocab_size, where, error));
    *single = (struct cpl_template){{{cls, 0}, {CPL_TEMPLATE_FIRST, 0}, {sep, 0}}, 3};
    *pair = (struct cpl_template){
        {{cls, 0}, {CPL_TEMPLATE_FIRST, 0}, {sep, 0}, {CPL_TEMPLATE_SECOND, 1}, {sep, 1}}, 5};
    return CPL_OK;
}

cpl_status cpl_template_read(struct cpl_template *single, struct cpl_template *pair,
                             const json_t *processor, int32_t vocab_size, const char *where,
                             struct cpl_error *error)
{
    *single = (struct cpl_template){{{CPL_TEMPLATE_FIRST, 0}}, 1};
    *pair = (struct cpl_template){{{CPL_TEMPLATE_FIRST, 0}, {CPL_TEMPLATE_SECOND, 1}}, 2};
    if (!processor || json_is_null(processor))
        return CPL_OK;
    const char *type = NULL;
    CPL_TRY(cpl_json_get_text(&type, processor, "type", where, error));
    if (type && strcmp(type, "BertProcessing") == 0)
        return read_bert(single, pair, processor, vocab_size, where, error);
    if (!type || strcmp(type, "TemplateProcessing") != 0)
        return cpl_error_set(error, CPL_ERROR_INPUT, where,
                             "post_processor of type \"%s\", expected TemplateProcessing or "
                             "BertProcessing",
                             type ? type : "none");
    single->n = pair->n = 0;
    CPL_TRY(read_list(single, processor, "single", vocab_size, where, error));
    return read_list(pair, processor, "pair", vocab_size, where, error);
}

static json_t *write_list(const struct cpl_template *template,
                          const char *(*piece)(const void *context, int32_t id),
                          const void *context)
{
    json_t *list = json_array();
    for (size_t i = 0; i < template->n; i++) {
        struct cpl_template_item item = template->item[i];
        const char *kind = item.id >= 0 ? "SpecialToken" : "Sequence";
        const char *name = item.id >= 0                    ? piece(context, item.id)
                           : item.id == CPL_TEMPLATE_FIRST ? "A"
                                                           : "B";
        json_array_append_new(
            list, json_pack("{s:{s:s, s:i}}", kind, "id", name, "type_id", (int)item.type));
    }
    return list;
}

static void write_specials(json_t *specials, const struct cpl_template *template,
                           const char *(*piece)(const void *context, int32_t id),
                           const void *context)
{
    for (size_t i = 0; i < template->n; i++) {
        int32_t id = template->item[i].id;
        if (id < 0)
            continue;
        const char *name = piece(context, id);
        json_object_set_new(
            specials, name,
            json_pack("{s:s, s:[i], s:[s]}", "id", name, "ids", (int)id, "tokens", name));
    }
}

json_t *cpl_template_write(const struct cpl_template *single, const struct cpl_template *pair,
                           const char *(*piece)(const void *context, int32_t id),
                           const void *context)
{
    json_t *specials = json_object();
    write_specials(specials, single, piece, context);
    write_specials(specials, pair, piece, context);
    return json_pack("{s:s, s:o, s:o, s:o}", "type", "TemplateProcessing", "single",
                     write_list(single, piece, context), "pair",
                     write_list(pair, piece, context), "special_tokens", specials);
}
