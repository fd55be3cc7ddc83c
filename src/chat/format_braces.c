/* "...".format(values): Python's replacement fields, with attributes and items, conversions and format
 * specifications that may hold fields themselves. */
#include "chat/builtins.h"
#include "chat/format.h"

#include "base/number.h"
#include "base/try.h"
#include "text/utf8.h"

#include <string.h>

struct braces {
    struct cpl_chat *chat;
    const struct cpl_call *call;
    size_t next; /* number of the next "{}" */
    bool automatic, manual;
};

static cpl_status format_text(struct braces *braces, const char *data, size_t length, int depth,
                              struct cpl_buffer *out);

static bool parse_index(const char *data, size_t length, int64_t *out)
{
    char digits[20];
    if (length == 0 || length > 18 || strspn(data, "0123456789") < length)
        return false;
    memcpy(digits, data, length);
    digits[length] = 0;
    return cpl_number_parse_int(out, digits);
}

static cpl_status first_value(struct braces *braces, const char *name, size_t length,
                              struct cpl_value *out)
{
    int64_t index = 0;
    bool number = length == 0 || parse_index(name, length, &index);
    braces->automatic |= length == 0;
    braces->manual |= length > 0 && number;
    if (braces->automatic && braces->manual)
        return cpl_chat_fail(braces->chat, "fields are numbered either all or not at all");
    if (length == 0)
        index = (int64_t)braces->next++;
    if (number) {
        if ((uint64_t)index >= braces->call->n)
            return cpl_chat_fail(braces->chat, "no value for field %lld", (long long)index);
        *out = braces->call->positional[index];
        return CPL_OK;
    }
    const struct cpl_dict_entry *entry =
        braces->call->keywords
            ? cpl_dict_find(braces->chat, braces->call->keywords, name, length)
            : NULL;
    if (!entry)
        return cpl_chat_fail(braces->chat, "no value for the field \"%.*s\"",
                             (int)(length < 60 ? length : 60), name);
    *out = entry->value;
    return CPL_OK;
}

/* "name.attribute[item]" */
static cpl_status field_value(struct braces *braces, const char *name, size_t length,
                              struct cpl_value *out)
{
    size_t at = 0;
    while (at < length && name[at] != '.' && name[at] != '[')
        at++;
    CPL_TRY(first_value(braces, name, at, out));
    while (at < length) {
        struct cpl_value key;
        bool dot = name[at] == '.';
        size_t begin = ++at;
        int64_t index;
        while (at < length && (dot ? name[at] != '.' && name[at] != '[' : name[at] != ']'))
            at++;
        if (at == begin || (!dot && at == length))
            return cpl_chat_fail(braces->chat, "a field with an empty attribute or item");
        CPL_TRY(cpl_value_text_of(braces->chat, &key, name + begin, at - begin));
        if (!dot && parse_index(name + begin, at - begin, &index))
            key = cpl_value_int(index);
        CPL_TRY(dot ? cpl_value_getattr(braces->chat, *out, key, out)
                    : cpl_value_getitem(braces->chat, *out, key, out));
        at += !dot;
        if (at < length && name[at] != '.' && name[at] != '[')
            return cpl_chat_fail(braces->chat, "a field with something behind \"]\"");
    }
    return CPL_OK;
}

static bool read_count(const char *spec, size_t length, size_t *at, int64_t *out)
{
    for (*out = 0; *at < length && spec[*at] >= '0' && spec[*at] <= '9'; ++*at) {
        *out = *out * 10 + (spec[*at] - '0');
        if (*out > INT32_MAX)
            return false;
    }
    return true;
}

static bool parse_field(const char *spec, size_t length, struct cpl_field *field)
{
    size_t at = 0, first = 0;
    *field = (struct cpl_field){.precision = -1};
    if (length)
        cpl_utf8_next(spec, &first);
    if (first && first < length && strchr("<>^=", spec[first])) {
        memcpy(field->fill, spec, first);
        field->align = spec[first];
        at = first + 1;
    } else if (length && spec[0] && strchr("<>^=", spec[0])) {
        field->align = spec[at++];
    }
    if (at < length && spec[at] && strchr("+- ", spec[at]))
        field->sign = spec[at++];
    if (at < length && spec[at] == '#')
        field->alternate = true, at++;
    if (at < length && spec[at] == '0' && !field->fill[0]) {
        field->zero = true;
        at++;
    }
    if (!read_count(spec, length, &at, &field->width))
        return false;
    if (at < length && (spec[at] == ',' || spec[at] == '_'))
        field->group = spec[at++];
    if (at < length && spec[at] == '.') {
        size_t begin = ++at;
        if (!read_count(spec, length, &at, &field->precision) || at == begin)
            return false;
    }
    if (at < length)
        field->type = spec[at++];
    return at == length;
}

static cpl_status format_value(struct cpl_chat *chat, struct cpl_value value, const char *spec,
                               size_t length, struct cpl_buffer *out)
{
    struct cpl_field field;
    if (length == 0)
        return cpl_value_print(chat, out, value);
    bool good = parse_field(spec, length, &field);
    bool whole = value.kind == CPL_INT || value.kind == CPL_BOOL;
    char type = field.type;
    if (good && value.kind == CPL_TEXT && (!type || type == 's') && field.align != '=' &&
        !field.sign && !field.group && !field.alternate)
        return cpl_field_text(chat, out, value.as.text->data, value.as.text->length, &field);
    if (good && whole && (!type || strchr("dxXob", type)) && field.precision < 0 &&
        !(field.group == ',' && type && type != 'd')) {
        int64_t integer = value.kind == CPL_BOOL ? value.as.truth : value.as.integer;
        field.type = type ? type : 'd';
        return cpl_field_integer(chat, out, integer, &field);
    }
    if (good && cpl_value_is_number(value) && (type ? strchr("eEfFgG%", type) != NULL : !whole))
        return cpl_field_real(chat, out, cpl_value_as_real(value), &field);
    return cpl_chat_fail(chat, "the format \"%.*s\" is not rendered for %s",
                         (int)(length < 60 ? length : 60), spec, cpl_kind_name(value.kind));
}

/* One field: data[0..length) is what stands between its braces. */
static cpl_status add_field(struct braces *braces, const char *data, size_t length, int depth,
                            struct cpl_buffer *out)
{
    struct cpl_buffer spec = {0}, text = {0};
    struct cpl_value value;
    size_t name = 0, at;
    cpl_status status;
    bool bracket = false;
    for (; name < length; name++) {
        bracket = data[name] == '[' || (bracket && data[name] != ']');
        if (!bracket && (data[name] == ':' || data[name] == '!'))
            break;
    }
    at = name;
    char conversion = 0;
    if (at < length && data[at] == '!') {
        conversion = at + 1 < length ? data[at + 1] : 0;
        at += 2;
        if ((conversion != 's' && conversion != 'r') || (at < length && data[at] != ':'))
            return cpl_chat_fail(braces->chat, "the conversion behind ! is s or r");
    }
    CPL_TRY(field_value(braces, data, name, &value));
    if (at < length)
        CPL_TRY_GOTO(format_text(braces, data + at + 1, length - at - 1, depth + 1, &spec));
    if (conversion) {
        CPL_TRY_GOTO(conversion == 's' ? cpl_value_print(braces->chat, &text, value)
                                       : cpl_value_represent(braces->chat, &text, value));
        CPL_TRY_GOTO(cpl_value_from_buffer(braces->chat, &value, &text));
    }
    CPL_TRY_GOTO(cpl_chat_check(braces->chat, &spec));
    status = format_value(braces->chat, value, spec.data, spec.length, out);
done:
    cpl_buffer_clear(&spec);
    cpl_buffer_clear(&text);
    return status;
}

static cpl_status format_text(struct braces *braces, const char *data, size_t length, int depth,
                              struct cpl_buffer *out)
{
    if (depth > 1 && memchr(data, '{', length))
        return cpl_chat_fail(braces->chat, "fields in a format's fields are too deep");
    for (size_t at = 0; at < length; at++) {
        char c = data[at];
        if (c != '{' && c != '}') {
            cpl_buffer_add_byte(out, c);
            continue;
        }
        if (at + 1 < length && data[at + 1] == c) {
            cpl_buffer_add_byte(out, c);
            at++;
            continue;
        }
        size_t end = at + 1, open = 1;
        for (; end < length && open; end++)
            open = open + (data[end] == '{') - (data[end] == '}');
        if (c == '}' || open)
            return cpl_chat_fail(braces->chat, "a single '%c' in the format", c);
        CPL_TRY(add_field(braces, data + at + 1, end - at - 2, depth, out));
        CPL_TRY(cpl_chat_check(braces->chat, out));
        at = end - 1;
    }
    return CPL_OK;
}

cpl_status cpl_format_braces(struct cpl_chat *chat, struct cpl_value format,
                             const struct cpl_call *call, struct cpl_value *out)
{
    struct braces braces = {.chat = chat, .call = call};
    struct cpl_buffer buffer = {0};
    const struct cpl_text *text = format.as.text;
    CPL_TRY(cpl_chat_spend(chat, text->length));
    cpl_status status = format_text(&braces, text->data, text->length, 0, &buffer);
    if (status == CPL_OK)
        status = cpl_value_from_buffer(chat, out, &buffer);
    cpl_buffer_clear(&buffer);
    return status;
}

CPL_BUILTIN(text_format) { return cpl_format_braces(chat, value[0], call, out); }
