/* Reading post-processors: see post_processor.h.  All four plans (with special tokens or without, one
 * text or two) go through every processor. */
#include "tokenizer/post_processor.h"

#include "base/try.h"
#include <string.h>

enum { DEEPEST_SEQUENCE = 8 };

struct reader {
    struct cpl_post_processor *out;
    int32_t vocab_size;
    const char *where;
};

static cpl_status add_item(struct cpl_template *template, struct cpl_template_item item,
                           const struct reader *reader, struct cpl_error *error)
{
    if (template->n == CPL_TEMPLATE_MAX)
        return cpl_error_set(error, CPL_ERROR_INPUT, reader->where,
                             "post_processor: more than %d parts in a template",
                             CPL_TEMPLATE_MAX);
    template->item[template->n++] = item;
    return CPL_OK;
}

static cpl_status check_id(int64_t id, const struct reader *reader, struct cpl_error *error)
{
    if (id >= 0 && id < reader->vocab_size)
        return CPL_OK;
    return cpl_error_set(error, CPL_ERROR_INPUT, reader->where,
                         "post_processor: id %lld is not in 0..%d", (long long)id,
                         reader->vocab_size - 1);
}

static size_t count_texts(const struct cpl_template *plan)
{
    size_t n = 0;
    for (size_t i = 0; i < plan->n; i++)
        n += plan->item[i].begins;
    return n;
}

/* ---- TemplateProcessing ---------------------------------------------------------------------- */

/* All ids that the special token `name` stands for. */
static cpl_status add_special(struct cpl_template *plan, const json_t *specials,
                              const char *name, uint8_t type, bool wanted,
                              const struct reader *reader, struct cpl_error *error)
{
    const json_t *ids = json_object_get(json_object_get(specials, name), "ids");
    if (!json_is_array(ids))
        return cpl_error_set(error, CPL_ERROR_INPUT, reader->where,
                             "post_processor: no ids for the special token \"%s\"", name);
    for (size_t i = 0; i < json_array_size(ids); i++) {
        const json_t *id = json_array_get(ids, i);
        CPL_TRY(check_id(json_is_integer(id) ? json_integer_value(id) : -1, reader, error));
        struct cpl_template_item item = {(int32_t)json_integer_value(id), type, i == 0};
        if (wanted)
            CPL_TRY(add_item(plan, item, reader, error));
    }
    return CPL_OK;
}

/* Text number `k` as the plan has it so far, as segment `type`. */
static cpl_status add_text(struct cpl_template *plan, const struct cpl_template *before,
                           size_t k, uint8_t type, const struct reader *reader,
                           struct cpl_error *error)
{
    size_t text = 0;
    for (size_t i = 0; i < before->n; i++) {
        struct cpl_template_item item = before->item[i];
        text += item.begins;
        item.type = type;
        if (text == k + 1)
            CPL_TRY(add_item(plan, item, reader, error));
    }
    return CPL_OK;
}

static cpl_status apply_part(struct cpl_template *plan, const struct cpl_template *before,
                             const json_t *part, const json_t *specials, bool wanted,
                             const struct reader *reader, struct cpl_error *error)
{
    const json_t *special = json_object_get(part, "SpecialToken");
    const json_t *body = special ? special : json_object_get(part, "Sequence");
    const char *name = NULL;
    int64_t type = 0;
    CPL_TRY(cpl_json_get_text(&name, body, "id", reader->where, error));
    CPL_TRY(cpl_json_get_int(&type, body, "type_id", 0, 255, reader->where, error));
    if (!name)
        return cpl_error_set(error, CPL_ERROR_INPUT, reader->where,
                             "post_processor: a part of a template is neither SpecialToken nor "
                             "Sequence");
    if (special)
        return add_special(plan, specials, name, (uint8_t)type, wanted, reader, error);
    if (strcmp(name, "A") != 0 && strcmp(name, "B") != 0)
        return cpl_error_set(error, CPL_ERROR_INPUT, reader->where,
                             "post_processor: sequence \"%s\", expected A or B", name);
    return add_text(plan, before, name[0] == 'B', (uint8_t)type, reader, error);
}

static cpl_status apply_template(struct cpl_template *plan, const json_t *section, bool pair,
                                 bool wanted, const struct reader *reader,
                                 struct cpl_error *error)
{
    const struct cpl_template before = *plan;
    const char *key = pair ? "pair" : "single";
    const json_t *list = json_object_get(section, key);
    if (!json_is_array(list))
        return cpl_error_set(error, CPL_ERROR_INPUT, reader->where,
                             "post_processor: no list \"%s\"", key);
    if (count_texts(plan) != 1u + pair)
        return cpl_error_set(error, CPL_ERROR_INPUT, reader->where,
                             "post_processor: a template behind another");
    plan->n = 0;
    for (size_t i = 0; i < json_array_size(list); i++)
        CPL_TRY(apply_part(plan, &before, json_array_get(list, i),
                           json_object_get(section, "special_tokens"), wanted, reader, error));
    return CPL_OK;
}

static cpl_status read_template(const struct reader *reader, const json_t *section,
                                struct cpl_error *error)
{
    struct cpl_post_processor *out = reader->out;
    for (int pair = 0; pair < 2; pair++) {
        size_t added = 0;
        for (size_t i = 0; i < out->plan[1][pair].n; i++)
            added += out->plan[1][pair].item[i].id >= 0;
        for (int special = 0; special < 2; special++)
            CPL_TRY(apply_template(&out->plan[special][pair], section, pair, special, reader,
                                   error));
        for (size_t i = 0; i < out->plan[1][pair].n; i++)
            out->n_added[pair] += out->plan[1][pair].item[i].id >= 0;
        out->n_added[pair] -= added;
    }
    return CPL_OK;
}

/* ---- BertProcessing, RobertaProcessing --------------------------------------------------------- */

/* ["[SEP]", 102]. */
static cpl_status read_token(int32_t *id, const json_t *section, const char *key,
                             const struct reader *reader, struct cpl_error *error)
{
    const json_t *number = json_array_get(json_object_get(section, key), 1);
    CPL_TRY(check_id(json_is_integer(number) ? json_integer_value(number) : -1, reader, error));
    *id = (int32_t)json_integer_value(number);
    return CPL_OK;
}

/* [CLS] a [SEP] b [SEP] in two segments, or <s> a </s> </s> b </s> in one. */
static cpl_status surround(struct cpl_template *plan, int32_t cls, int32_t sep, bool roberta,
                           const struct reader *reader, struct cpl_error *error)
{
    const struct cpl_template before = *plan;
    plan->n = 0;
    for (size_t i = 0, text = 0; i < before.n; i++) {
        struct cpl_template_item item = before.item[i];
        bool led = item.begins && (text == 0 || roberta);
        bool last = i + 1 == before.n || before.item[i + 1].begins;
        text += item.begins;
        if (led)
            CPL_TRY(add_item(plan, (struct cpl_template_item){text == 1 ? cls : sep, 0, true},
                             reader, error));
        item.begins = item.begins && !led;
        CPL_TRY(add_item(plan, item, reader, error));
        uint8_t type = text > 1 && !roberta;
        if (last)
            CPL_TRY(
                add_item(plan, (struct cpl_template_item){sep, type, false}, reader, error));
    }
    return CPL_OK;
}

static cpl_status add_trim(const struct reader *reader, const json_t *section,
                           struct cpl_error *error)
{
    struct cpl_post_processor *out = reader->out;
    bool trim = true, prefixed = true;
    CPL_TRY(cpl_json_get_bool(&trim, section, "trim_offsets", reader->where, error));
    CPL_TRY(cpl_json_get_bool(&prefixed, section, "add_prefix_space", reader->where, error));
    if (trim && out->n_trims == CPL_TRIMS_MAX)
        return cpl_error_set(error, CPL_ERROR_INPUT, reader->where,
                             "post_processor: offsets are trimmed more than %d times",
                             CPL_TRIMS_MAX);
    if (trim)
        out->trim_prefixed[out->n_trims++] = prefixed;
    return CPL_OK;
}

static cpl_status read_surrounding(const struct reader *reader, const json_t *section,
                                   bool roberta, struct cpl_error *error)
{
    struct cpl_post_processor *out = reader->out;
    int32_t cls, sep;
    CPL_TRY(read_token(&cls, section, "cls", reader, error));
    CPL_TRY(read_token(&sep, section, "sep", reader, error));
    if (roberta)
        CPL_TRY(add_trim(reader, section, error));
    for (int pair = 0; pair < 2; pair++) {
        for (int special = 0; roberta && special < 2; special++)
            for (size_t i = 0; i < out->plan[special][pair].n; i++)
                out->plan[special][pair].item[i].type = 0;
        CPL_TRY(surround(&out->plan[1][pair], cls, sep, roberta, reader, error));
        out->n_added[pair] += !pair ? 2u : roberta ? 4u : 3u;
    }
    return CPL_OK;
}

/* ---- all ------------------------------------------------------------------------------------- */

static cpl_status read_processor(const struct reader *reader, const json_t *section, int depth,
                                 struct cpl_error *error)
{
    const char *type = NULL;
    CPL_TRY(cpl_json_get_text(&type, section, "type", reader->where, error));
    if (type && strcmp(type, "TemplateProcessing") == 0)
        return read_template(reader, section, error);
    if (type && strcmp(type, "BertProcessing") == 0)
        return read_surrounding(reader, section, false, error);
    if (type && strcmp(type, "RobertaProcessing") == 0)
        return read_surrounding(reader, section, true, error);
    if (type && strcmp(type, "ByteLevel") == 0)
        return add_trim(reader, section, error);
    if (!type || strcmp(type, "Sequence") != 0)
        return cpl_error_set(error, CPL_ERROR_INPUT, reader->where,
                             "post_processor of type \"%.50s\"; known are: TemplateProcessing "
                             "BertProcessing RobertaProcessing ByteLevel Sequence",
                             type ? type : "none");
    const json_t *members = json_object_get(section, "processors");
    if (!json_is_array(members) || depth == DEEPEST_SEQUENCE)
        return cpl_error_set(
            error, CPL_ERROR_INPUT, reader->where, "post_processor: a Sequence %s",
            depth == DEEPEST_SEQUENCE ? "is nested too deeply" : "without its list");
    for (size_t i = 0; i < json_array_size(members); i++)
        CPL_TRY(read_processor(reader, json_array_get(members, i), depth + 1, error));
    return CPL_OK;
}

cpl_status cpl_post_processor_read(struct cpl_post_processor *out, const json_t *section,
                                   int32_t vocab_size, const char *where,
                                   struct cpl_error *error)
{
    struct reader reader = {out, vocab_size, where};
    *out = (struct cpl_post_processor){0};
    for (int special = 0; special < 2; special++) {
        out->plan[special][0] = (struct cpl_template){{{CPL_TEMPLATE_FIRST, 0, true}}, 1};
        out->plan[special][1] = (struct cpl_template){
            {{CPL_TEMPLATE_FIRST, 0, true}, {CPL_TEMPLATE_SECOND, 1, true}}, 2};
    }
    if (!section || json_is_null(section))
        return CPL_OK;
    return read_processor(&reader, section, 0, error);
}
