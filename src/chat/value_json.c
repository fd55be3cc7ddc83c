/* JSON: variables from their text, and tojson as Python's json.dumps writes it. */
#include "chat/chat.h"

#include "base/json_file.h"
#include "base/try.h"
#include "text/utf8.h"

#include <math.h>
#include <string.h>

enum { JSON_DEPTH = 200 };

/* ---- reading ----------------------------------------------------------------------------- */

/* The parser goes down by calls: too deep a text must not reach it. */
static cpl_status check_depth(const char *json, struct cpl_error *error)
{
    int depth = 0;
    bool text = false;
    for (const char *at = json; *at; at++) {
        if (text && *at == '\\' && at[1])
            at++;
        else if (*at == '"')
            text = !text;
        else if (!text && (*at == '{' || *at == '['))
            depth++;
        else if (!text && (*at == '}' || *at == ']'))
            depth--;
        if (depth > JSON_DEPTH)
            return cpl_error_set(error, CPL_ERROR_INPUT, "chat variables",
                                 "JSON nested deeper than %d levels", JSON_DEPTH);
    }
    return CPL_OK;
}

static cpl_status read_value(struct cpl_chat *chat, json_t *json, struct cpl_value *out);

static cpl_status read_object(struct cpl_chat *chat, json_t *json, struct cpl_dict **out)
{
    const char *key;
    size_t length;
    json_t *member;
    CPL_TRY(cpl_dict_new(chat, out));
    json_object_keylen_foreach(json, key, length, member)
    {
        struct cpl_value name, value;
        CPL_TRY(cpl_value_text(chat, &name, key, length));
        CPL_TRY(read_value(chat, member, &value));
        CPL_TRY(cpl_dict_set(chat, *out, name, value));
    }
    return CPL_OK;
}

static cpl_status read_array(struct cpl_chat *chat, json_t *json, struct cpl_value *out)
{
    struct cpl_list *list = NULL;
    json_t *item;
    size_t i;
    CPL_TRY(cpl_value_list(chat, out, &list, json_array_size(json)));
    json_array_foreach (json, i, item)
        CPL_TRY(read_value(chat, item, &list->item[list->count++]));
    return CPL_OK;
}

static cpl_status read_value(struct cpl_chat *chat, json_t *json, struct cpl_value *out)
{
    switch (json_typeof(json)) {
    case JSON_OBJECT:
        out->kind = CPL_DICT;
        *out = (struct cpl_value){.kind = CPL_DICT};
        return read_object(chat, json, &out->as.dict);
    case JSON_ARRAY: return read_array(chat, json, out);
    case JSON_STRING:
        return cpl_value_text(chat, out, json_string_value(json), json_string_length(json));
    case JSON_INTEGER: *out = cpl_value_int(json_integer_value(json)); return CPL_OK;
    case JSON_REAL: *out = cpl_value_real(json_real_value(json)); return CPL_OK;
    case JSON_TRUE:
    case JSON_FALSE: *out = cpl_value_bool(json_is_true(json)); return CPL_OK;
    case JSON_NULL: break;
    }
    *out = cpl_none;
    return CPL_OK;
}

cpl_status cpl_variables_read(struct cpl_chat *chat, const char *json, struct cpl_dict **out)
{
    json_t *value = NULL;
    cpl_status status;
    CPL_TRY(check_depth(json, chat->error));
    CPL_TRY(cpl_json_parse(&value, json, strlen(json), "chat variables", JSON_ALLOW_NUL,
                           chat->error));
    if (json_is_object(value))
        status = read_object(chat, value, out);
    else
        status = cpl_error_set(chat->error, CPL_ERROR_INPUT, "chat variables",
                               "expected one JSON object");
    json_decref(value);
    return status;
}

/* ---- writing ----------------------------------------------------------------------------- */

static void write_text(struct cpl_buffer *out, const struct cpl_text *text, bool ascii)
{
    if (!ascii) {
        cpl_buffer_add_json_string(out, text->data, text->length);
        return;
    }
    cpl_buffer_add_byte(out, '"');
    for (size_t at = 0; at < text->length;) {
        static const char special[] = "\"\\\b\f\n\r\t", letter[] = "\"\\bfnrt";
        uint32_t code = cpl_utf8_next(text->data, &at);
        const char *found = code && code < 0x80 ? strchr(special, (int)code) : NULL;
        if (found)
            cpl_buffer_format(out, "\\%c", letter[found - special]);
        else if (code >= ' ' && code < 0x7F)
            cpl_buffer_add_byte(out, (char)code);
        else if (code < 0x10000)
            cpl_buffer_format(out, "\\u%04x", code);
        else
            cpl_buffer_format(out, "\\u%04x\\u%04x", 0xD800 + ((code - 0x10000) >> 10),
                              0xDC00 + (code & 0x3FF));
    }
    cpl_buffer_add_byte(out, '"');
}

static void write_real(struct cpl_buffer *out, double value)
{
    if (isnan(value))
        cpl_buffer_add_text(out, "NaN");
    else if (isinf(value))
        cpl_buffer_add_text(out, value < 0 ? "-Infinity" : "Infinity");
    else
        cpl_real_represent(out, value);
}

static cpl_status new_line(struct cpl_chat *chat, struct cpl_buffer *out,
                           const struct cpl_json_style *style, int level)
{
    if (!style->lines)
        return CPL_OK;
    CPL_TRY(cpl_chat_spend(chat, (uint64_t)level * style->indent_length / 16));
    cpl_buffer_add_byte(out, '\n');
    for (int i = 0; i < level; i++)
        cpl_buffer_add(out, style->indent, style->indent_length);
    return cpl_chat_check(chat, out);
}

static cpl_status write_key(struct cpl_chat *chat, struct cpl_buffer *out, struct cpl_value key,
                            const struct cpl_json_style *style)
{
    switch ((enum cpl_kind)key.kind) {
    case CPL_TEXT: write_text(out, key.as.text, style->ascii); return CPL_OK;
    case CPL_NONE: cpl_buffer_add_text(out, "\"null\""); return CPL_OK;
    case CPL_BOOL:
        cpl_buffer_add_text(out, key.as.truth ? "\"true\"" : "\"false\"");
        return CPL_OK;
    case CPL_INT: cpl_buffer_format(out, "\"%lld\"", (long long)key.as.integer); return CPL_OK;
    case CPL_REAL:
        cpl_buffer_add_byte(out, '"');
        write_real(out, key.as.real);
        cpl_buffer_add_byte(out, '"');
        return CPL_OK;
    default: return cpl_chat_fail(chat, "%s cannot be a key in JSON", cpl_kind_name(key.kind));
    }
}

static cpl_status write_value(struct cpl_chat *chat, struct cpl_buffer *out,
                              struct cpl_value value, const struct cpl_json_style *style,
                              int level);

static cpl_status write_list(struct cpl_chat *chat, struct cpl_buffer *out,
                             const struct cpl_list *list, const struct cpl_json_style *style,
                             int level)
{
    cpl_buffer_add_byte(out, '[');
    for (size_t i = 0; i < list->count; i++) {
        if (i)
            cpl_buffer_add(out, style->item_separator, style->item_separator_length);
        CPL_TRY(new_line(chat, out, style, level + 1));
        CPL_TRY(write_value(chat, out, list->item[i], style, level + 1));
    }
    if (list->count)
        CPL_TRY(new_line(chat, out, style, level));
    cpl_buffer_add_byte(out, ']');
    return CPL_OK;
}

/* [count] entries in order of their keys. */
static cpl_status sorted_items(struct cpl_chat *chat, const struct cpl_dict *dict,
                               struct cpl_dict_entry **out)
{
    struct cpl_dict_entry *entry = NULL;
    CPL_TRY(cpl_chat_take(chat, &entry, dict->count + 1, sizeof *entry));
    for (size_t i = 0; i < dict->count; i++) {
        size_t low = 0, high = i;
        while (low < high) { /* behind all that are not greater */
            size_t middle = (low + high) / 2;
            bool less = false;
            CPL_TRY(cpl_value_less(chat, dict->entry[i].key, entry[middle].key, &less));
            if (less)
                high = middle;
            else
                low = middle + 1;
        }
        CPL_TRY(cpl_chat_spend(chat, (i - low) / 4));
        memmove(entry + low + 1, entry + low, (i - low) * sizeof *entry);
        entry[low] = dict->entry[i];
    }
    *out = entry;
    return CPL_OK;
}

static cpl_status write_dict(struct cpl_chat *chat, struct cpl_buffer *out,
                             const struct cpl_dict *dict, const struct cpl_json_style *style,
                             int level)
{
    struct cpl_dict_entry *entry = dict->entry;
    if (style->sort_keys)
        CPL_TRY(sorted_items(chat, dict, &entry));
    cpl_buffer_add_byte(out, '{');
    for (size_t i = 0; i < dict->count; i++) {
        if (i)
            cpl_buffer_add(out, style->item_separator, style->item_separator_length);
        CPL_TRY(new_line(chat, out, style, level + 1));
        CPL_TRY(write_key(chat, out, entry[i].key, style));
        cpl_buffer_add(out, style->key_separator, style->key_separator_length);
        CPL_TRY(write_value(chat, out, entry[i].value, style, level + 1));
    }
    if (dict->count)
        CPL_TRY(new_line(chat, out, style, level));
    cpl_buffer_add_byte(out, '}');
    return CPL_OK;
}

static cpl_status write_value(struct cpl_chat *chat, struct cpl_buffer *out,
                              struct cpl_value value, const struct cpl_json_style *style,
                              int level)
{
    cpl_status status = CPL_OK;
    CPL_TRY(cpl_chat_spend(chat, 1));
    CPL_TRY(cpl_chat_enter(chat));
    switch ((enum cpl_kind)value.kind) {
    case CPL_NONE: cpl_buffer_add_text(out, "null"); break;
    case CPL_BOOL: cpl_buffer_add_text(out, value.as.truth ? "true" : "false"); break;
    case CPL_INT: cpl_buffer_format(out, "%lld", (long long)value.as.integer); break;
    case CPL_REAL: write_real(out, value.as.real); break;
    case CPL_TEXT:
        status = cpl_chat_spend(chat, value.as.text->length / 8);
        write_text(out, value.as.text, style->ascii);
        break;
    case CPL_LIST:
    case CPL_TUPLE: status = write_list(chat, out, value.as.list, style, level); break;
    case CPL_DICT: status = write_dict(chat, out, value.as.dict, style, level); break;
    default:
        status = cpl_chat_fail(chat, "%s cannot be written as JSON", cpl_kind_name(value.kind));
    }
    chat->depth--;
    return status == CPL_OK ? cpl_chat_check(chat, out) : status;
}

cpl_status cpl_value_to_json(struct cpl_chat *chat, struct cpl_buffer *out,
                             struct cpl_value value, const struct cpl_json_style *style)
{
    return write_value(chat, out, value, style, 0);
}
