/* Filters of any value, of mappings, and tojson. */
#include "chat/builtins.h"

#include "base/try.h"

#include <string.h>

CPL_BUILTIN(value_default)
{
    (void)call;
    bool missing = value[0].kind == CPL_UNDEFINED ||
                   (cpl_value_truth(value[2]) && !cpl_value_truth(value[0]));
    *out = missing ? value[1] : value[0];
    return out->kind == CPL_MISSING ? cpl_value_text_of(chat, out, "", 0) : CPL_OK;
}

CPL_BUILTIN(value_attr)
{
    (void)call;
    *out = cpl_value_undefined(NULL);
    if (value[1].kind != CPL_TEXT)
        return cpl_chat_fail(chat, "the name of an attribute must be a text");
    if (value[0].kind == CPL_UNDEFINED)
        return cpl_undefined_fail(chat, value[0]);
    CPL_TRY(cpl_value_attribute(chat, value[0], value[1].as.text->data,
                                value[1].as.text->length, out));
    if (out->kind == CPL_MISSING)
        *out = cpl_value_undefined("the attribute");
    return CPL_OK;
}

/* ---- mappings ---------------------------------------------------------------------------- */

static cpl_status view_of(struct cpl_chat *chat, struct cpl_value dict, enum cpl_view_part part,
                          struct cpl_value *out)
{
    struct cpl_view *view = NULL;
    CPL_TRY(cpl_chat_take(chat, &view, 1, sizeof *view));
    view->dict = dict.as.dict;
    view->part = part;
    *out = (struct cpl_value){.kind = CPL_VIEW, .as.view = view};
    return CPL_OK;
}

CPL_BUILTIN(dict_view_items)
{
    (void)call;
    return view_of(chat, value[0], CPL_VIEW_ITEMS, out);
}
CPL_BUILTIN(dict_view_keys)
{
    (void)call;
    return view_of(chat, value[0], CPL_VIEW_KEYS, out);
}
CPL_BUILTIN(dict_view_values)
{
    (void)call;
    return view_of(chat, value[0], CPL_VIEW_VALUES, out);
}

CPL_BUILTIN(dict_items)
{
    struct cpl_value list = {0};
    struct cpl_list *nothing = NULL;
    (void)call;
    if (value[0].kind == CPL_UNDEFINED) {
        CPL_TRY(cpl_value_list(chat, &list, &nothing, 0));
    } else if (value[0].kind == CPL_DICT) {
        CPL_TRY(view_of(chat, value[0], CPL_VIEW_ITEMS, &list));
        CPL_TRY(cpl_value_to_list(chat, list, &list));
    } else {
        return cpl_chat_fail(chat, "a mapping is needed, not %s", cpl_kind_name(value[0].kind));
    }
    return cpl_iterator_once(chat, list, out);
}

CPL_BUILTIN(dict_get)
{
    struct cpl_dict_entry *entry = NULL;
    (void)call;
    CPL_TRY(cpl_dict_get(chat, value[0].as.dict, value[1], &entry));
    *out = entry ? entry->value : value[2].kind == CPL_MISSING ? cpl_none : value[2];
    return CPL_OK;
}

/* ---- JSON -------------------------------------------------------------------------------- */

static cpl_status json_separators(struct cpl_chat *chat, struct cpl_value pair,
                                  struct cpl_json_style *style)
{
    if ((pair.kind != CPL_LIST && pair.kind != CPL_TUPLE) || pair.as.list->count != 2 ||
        pair.as.list->item[0].kind != CPL_TEXT || pair.as.list->item[1].kind != CPL_TEXT)
        return cpl_chat_fail(chat, "separators are two texts");
    const struct cpl_text *item = pair.as.list->item[0].as.text;
    const struct cpl_text *key = pair.as.list->item[1].as.text;
    style->item_separator = item->data;
    style->item_separator_length = item->length;
    style->key_separator = key->data;
    style->key_separator_length = key->length;
    return CPL_OK;
}

CPL_BUILTIN(value_tojson)
{
    struct cpl_json_style style = {.ascii = cpl_value_truth(value[1]),
                                   .sort_keys = cpl_value_truth(value[4]),
                                   .item_separator = ", ",
                                   .item_separator_length = 2,
                                   .key_separator = ": ",
                                   .key_separator_length = 2};
    struct cpl_value indent = value[2];
    struct cpl_buffer buffer = {0};
    (void)call;
    if (indent.kind != CPL_MISSING && indent.kind != CPL_NONE) {
        style.lines = true;
        style.item_separator_length = 1;
        if (indent.kind != CPL_TEXT) {
            int64_t width = 0;
            CPL_TRY(cpl_argument_int(chat, indent, 0, &width));
            CPL_TRY(cpl_value_text_of(chat, &indent, " ", 1));
            CPL_TRY(cpl_text_repeat(chat, indent, width, &indent));
        }
        style.indent = indent.as.text->data;
        style.indent_length = indent.as.text->length;
    }
    if (value[3].kind != CPL_MISSING && value[3].kind != CPL_NONE)
        CPL_TRY(json_separators(chat, value[3], &style));
    cpl_status status = cpl_value_to_json(chat, &buffer, value[0], &style);
    if (status == CPL_OK)
        return cpl_value_from_buffer(chat, out, &buffer);
    cpl_buffer_clear(&buffer);
    return status;
}
