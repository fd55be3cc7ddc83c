/* "..." % values, as Python formats in the manner of printf. */
#include "chat/builtins.h"
#include "chat/format.h"

#include "base/try.h"
#include "text/utf8.h"

#include <math.h>
#include <string.h>

struct percent {
    struct cpl_chat *chat;
    const struct cpl_text *format;
    size_t at;
    struct cpl_value arguments;
    size_t used;
    bool markup; /* the format is marked safe: texts that are not are escaped */
    struct cpl_buffer out;
};

static cpl_status next_argument(struct percent *percent, struct cpl_value *out)
{
    struct cpl_value arguments = percent->arguments;
    size_t count = arguments.kind == CPL_TUPLE ? arguments.as.list->count : 1;
    if (percent->used >= count)
        return cpl_chat_fail(percent->chat, "not enough values for the format");
    *out = arguments.kind == CPL_TUPLE ? arguments.as.list->item[percent->used] : arguments;
    percent->used++;
    return CPL_OK;
}

static char peek(const struct percent *percent)
{
    return percent->at < percent->format->length ? percent->format->data[percent->at] : 0;
}

/* "(name)": that member. */
static cpl_status named_argument(struct percent *percent, struct cpl_value *out)
{
    size_t begin = ++percent->at, depth = 1;
    struct cpl_dict_entry *entry = NULL;
    struct cpl_value name;
    for (; percent->at < percent->format->length; percent->at++) {
        char c = percent->format->data[percent->at];
        depth += c == '(';
        depth -= c == ')';
        if (depth == 0)
            break;
    }
    if (depth)
        return cpl_chat_fail(percent->chat, "a name in the format has no end");
    CPL_TRY(cpl_value_text_of(percent->chat, &name, percent->format->data + begin,
                              percent->at - begin));
    percent->at++;
    if (percent->arguments.kind != CPL_DICT)
        return cpl_chat_fail(percent->chat, "the format needs a mapping");
    CPL_TRY(cpl_dict_get(percent->chat, percent->arguments.as.dict, name, &entry));
    if (!entry)
        return cpl_chat_fail(percent->chat, "no value for a name in the format");
    *out = entry->value;
    return CPL_OK;
}

/* Digits, or "*" for an argument. */
static cpl_status read_number(struct percent *percent, int64_t *out)
{
    struct cpl_value value;
    *out = 0;
    if (peek(percent) == '*') {
        percent->at++;
        CPL_TRY(next_argument(percent, &value));
        return cpl_argument_int(percent->chat, value, 0, out);
    }
    for (; peek(percent) >= '0' && peek(percent) <= '9'; percent->at++) {
        *out = *out * 10 + (peek(percent) - '0');
        if (*out > INT32_MAX)
            return cpl_chat_fail(percent->chat, "a width or precision that is too large");
    }
    return CPL_OK;
}

static cpl_status add_integer(struct percent *percent, struct cpl_value value,
                              struct cpl_field field)
{
    struct cpl_buffer digits = {0};
    bool decimal = field.type == 'd';
    if (value.kind == CPL_REAL && decimal) {
        if (!(fabs(value.as.real) < 9.2e18))
            return cpl_chat_fail(percent->chat, "the number is no integer of 64 bits");
        value = cpl_value_int((int64_t)value.as.real);
    }
    if (value.kind == CPL_BOOL)
        value = cpl_value_int(value.as.truth);
    if (value.kind != CPL_INT)
        return cpl_chat_fail(percent->chat, "%%%c takes a number, not %s", field.type,
                             cpl_kind_name(value.kind));
    if (field.precision < 0)
        return cpl_field_integer(percent->chat, &percent->out, value.as.integer, &field);
    /* so many digits at least, then the field around them */
    struct cpl_field inner = {.zero = true,
                              .width = field.precision,
                              .precision = -1,
                              .type = field.type,
                              .alternate = field.alternate,
                              .sign = field.sign};
    inner.width += (value.as.integer < 0 || field.sign) + (field.alternate && !decimal ? 2 : 0);
    cpl_status status = cpl_field_integer(percent->chat, &digits, value.as.integer, &inner);
    field.precision = -1;
    field.align = field.align == '<' ? '<' : '>';
    field.zero = false;
    if (status == CPL_OK)
        status =
            cpl_field_text(percent->chat, &percent->out, digits.data, digits.length, &field);
    cpl_buffer_clear(&digits);
    return status;
}

static cpl_status add_text(struct percent *percent, struct cpl_value value,
                           struct cpl_field field)
{
    struct cpl_buffer text = {0};
    field.zero = false;
    field.align = field.align ? field.align : '>';
    cpl_status status = field.type == 's' ? cpl_value_print(percent->chat, &text, value)
                                          : cpl_value_represent(percent->chat, &text, value);
    if (status == CPL_OK && percent->markup && !(value.kind == CPL_TEXT && value.markup)) {
        status = cpl_value_from_buffer(percent->chat, &value, &text);
        if (status == CPL_OK)
            status = cpl_text_escape(percent->chat, value, &value);
        if (status == CPL_OK)
            status = cpl_value_print(percent->chat, &text, value);
    }
    if (status == CPL_OK)
        status = cpl_field_text(percent->chat, &percent->out, text.data, text.length, &field);
    cpl_buffer_clear(&text);
    return status;
}

static cpl_status add_character(struct percent *percent, struct cpl_value value,
                                struct cpl_field field)
{
    char data[4];
    int64_t code = value.kind == CPL_INT ? value.as.integer : -1;
    field.zero = false;
    field.align = field.align ? field.align : '>';
    field.precision = -1;
    if (value.kind == CPL_TEXT && value.as.text->count == 1)
        return cpl_field_text(percent->chat, &percent->out, value.as.text->data,
                              value.as.text->length, &field);
    if (code < 0 || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000))
        return cpl_chat_fail(percent->chat, "%%c takes a character or its number");
    return cpl_field_text(percent->chat, &percent->out, data,
                          cpl_utf8_encode(data, (uint32_t)code), &field);
}

static cpl_status add_real(struct percent *percent, struct cpl_value value,
                           struct cpl_field field)
{
    if (value.kind == CPL_UNDEFINED)
        return cpl_undefined_fail(percent->chat, value);
    if (!cpl_value_is_number(value))
        return cpl_chat_fail(percent->chat, "%%%c takes a number, not %s", field.type,
                             cpl_kind_name(value.kind));
    double real = cpl_value_as_real(value);
    if (!isfinite(real))
        field.zero = false;
    return cpl_field_real(percent->chat, &percent->out, real, &field);
}

/* Behind the "%". */
static cpl_status add_conversion(struct percent *percent)
{
    struct cpl_field field = {.precision = -1};
    struct cpl_value value = {0};
    if (peek(percent) == '(')
        CPL_TRY(named_argument(percent, &value));
    for (char c; (c = peek(percent)) && strchr("-+ #0", c); percent->at++) {
        field.align = c == '-' ? '<' : field.align;
        field.sign = c == '+' ? '+' : c == ' ' && !field.sign ? ' ' : field.sign;
        field.alternate |= c == '#';
        field.zero |= c == '0';
    }
    CPL_TRY(read_number(percent, &field.width));
    if (field.width < 0) {
        field.align = '<';
        field.width = -field.width;
    }
    if (peek(percent) == '.') {
        percent->at++;
        CPL_TRY(read_number(percent, &field.precision));
        field.precision = field.precision < 0 ? 0 : field.precision;
    }
    while (peek(percent) && strchr("hlL", peek(percent)))
        percent->at++;
    field.type = peek(percent);
    percent->at++;
    if (field.align == '<')
        field.zero = false;
    if (field.type == '%') {
        cpl_buffer_add_byte(&percent->out, '%');
        return CPL_OK;
    }
    if (!field.type || !strchr("srdiuoxXeEfFgGc", field.type))
        return cpl_chat_fail(percent->chat, "the format has a conversion that is none");
    if (value.kind == CPL_MISSING)
        CPL_TRY(next_argument(percent, &value));
    if (strchr("diu", field.type))
        field.type = 'd';
    if (strchr("doxX", field.type))
        return add_integer(percent, value, field);
    if (field.type == 'c')
        return add_character(percent, value, field);
    return strchr("sr", field.type) ? add_text(percent, value, field)
                                    : add_real(percent, value, field);
}

cpl_status cpl_format_percent(struct cpl_chat *chat, struct cpl_value format,
                              struct cpl_value arguments, struct cpl_value *out)
{
    struct percent percent = {.chat = chat,
                              .format = format.as.text,
                              .arguments = arguments,
                              .markup = format.markup};
    cpl_status status = cpl_chat_spend(chat, format.as.text->length);
    while (status == CPL_OK && percent.at < percent.format->length) {
        const char *begin = percent.format->data + percent.at;
        const char *found = memchr(begin, '%', percent.format->length - percent.at);
        size_t plain = found ? (size_t)(found - begin) : percent.format->length - percent.at;
        cpl_buffer_add(&percent.out, begin, plain);
        percent.at += plain + 1;
        if (found)
            status = add_conversion(&percent);
    }
    size_t count = arguments.kind == CPL_TUPLE ? arguments.as.list->count : 1;
    bool by_name = arguments.kind == CPL_DICT || arguments.kind == CPL_LIST ||
                   arguments.kind == CPL_RANGE || arguments.kind == CPL_UNDEFINED;
    if (status == CPL_OK && percent.used < count && !by_name)
        status = cpl_chat_fail(chat, "more values than the format takes");
    if (status == CPL_OK)
        status = cpl_value_from_buffer(chat, out, &percent.out);
    cpl_buffer_clear(&percent.out);
    if (status == CPL_OK)
        out->markup = format.markup;
    return status;
}
