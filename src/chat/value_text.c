/* Values as texts: Python's str and repr. */
#include "chat/chat.h"

#include "base/number.h"
#include "base/try.h"
#include "chat/text.h"
#include "text/utf8.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* vsnprintf of one real in the C locale, with the sign and letters as asked. */
static int print_real(char *out, size_t size, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = cpl_number_format(out, size, format, arguments);
    va_end(arguments);
    return length;
}

void cpl_real_format(struct cpl_buffer *out, double value, int precision, char kind,
                     bool alternate)
{
    char format[] = {'%', '#', '.', '*', kind, 0}, plain[] = {'%', '.', '*', kind, 0};
    cpl_buffer_format(out, alternate ? format : plain, precision, value);
}

/* The fewest digits that read back as the same double, laid out as Python does: with an exponent
 * below 1e-4 and from 1e16 on, always with a point or an exponent. */
void cpl_real_represent(struct cpl_buffer *out, double value)
{
    char digits[40];
    double back = 0;
    if (isnan(value) || isinf(value)) {
        cpl_buffer_add_text(out, isnan(value) ? "nan" : value < 0 ? "-inf" : "inf");
        return;
    }
    for (int precision = 0; precision <= 16; precision++) {
        print_real(digits, sizeof digits, "%.*e", precision, value);
        if (cpl_number_parse_real(&back, digits) && back == value)
            break;
    }
    char *exponent_text = strchr(digits, 'e');
    int64_t exponent = 0;
    cpl_number_parse_int(&exponent, exponent_text + 1);
    const char *begin = digits + (digits[0] == '-');
    size_t n = (size_t)(exponent_text - begin);
    char plain[24];
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        if (begin[i] != '.')
            plain[count++] = begin[i];
    if (signbit(value))
        cpl_buffer_add_byte(out, '-');
    if (exponent < -4 || exponent >= 16) {
        cpl_buffer_add(out, plain, 1);
        if (count > 1)
            cpl_buffer_add_byte(out, '.');
        cpl_buffer_add(out, plain + 1, count - 1);
        cpl_buffer_format(out, "e%c%02d", exponent < 0 ? '-' : '+', abs((int)exponent));
        return;
    }
    for (int64_t i = exponent < 0 ? exponent : 0; i < (int64_t)count || i <= exponent + 1;
         i++) {
        if (i == exponent + 1)
            cpl_buffer_add_byte(out, '.');
        cpl_buffer_add_byte(out, i >= 0 && i < (int64_t)count ? plain[i] : '0');
    }
}

/* repr(): in single quotes, unless those occur inside and double ones do not. */
static cpl_status represent_text(struct cpl_chat *chat, struct cpl_buffer *out,
                                 const struct cpl_text *text)
{
    bool single = text->length && memchr(text->data, '\'', text->length);
    char quote = single && !memchr(text->data, '"', text->length) ? '"' : '\'';
    CPL_TRY(cpl_chat_spend(chat, text->length));
    cpl_buffer_add_byte(out, quote);
    for (size_t at = 0, begin = 0; at < text->length; begin = at) {
        uint32_t code = cpl_utf8_next(text->data, &at);
        if (code == (unsigned char)quote || code == '\\')
            cpl_buffer_format(out, "\\%c", (int)code);
        else if (code == '\n' || code == '\r' || code == '\t')
            cpl_buffer_add_text(out, code == '\n' ? "\\n" : code == '\r' ? "\\r" : "\\t");
        else if (cpl_code_is_printable(code))
            cpl_buffer_add(out, text->data + begin, at - begin);
        else
            cpl_buffer_format(out,
                              code < 0x100     ? "\\x%02x"
                              : code < 0x10000 ? "\\u%04x"
                                               : "\\U%08x",
                              code);
    }
    cpl_buffer_add_byte(out, quote);
    return CPL_OK;
}

static cpl_status represent_items(struct cpl_chat *chat, struct cpl_buffer *out,
                                  struct cpl_value value)
{
    const struct cpl_list *list = value.as.list;
    bool tuple = value.kind == CPL_TUPLE;
    cpl_buffer_add_byte(out, tuple ? '(' : '[');
    for (size_t i = 0; i < list->count; i++) {
        if (i)
            cpl_buffer_add_text(out, ", ");
        CPL_TRY(cpl_value_represent(chat, out, list->item[i]));
    }
    if (tuple && list->count == 1)
        cpl_buffer_add_byte(out, ',');
    cpl_buffer_add_byte(out, tuple ? ')' : ']');
    return CPL_OK;
}

static cpl_status represent_dict(struct cpl_chat *chat, struct cpl_buffer *out,
                                 const struct cpl_dict *dict)
{
    cpl_buffer_add_byte(out, '{');
    for (size_t i = 0; i < dict->count; i++) {
        if (i)
            cpl_buffer_add_text(out, ", ");
        CPL_TRY(cpl_value_represent(chat, out, dict->entry[i].key));
        cpl_buffer_add_text(out, ": ");
        CPL_TRY(cpl_value_represent(chat, out, dict->entry[i].value));
    }
    cpl_buffer_add_byte(out, '}');
    return CPL_OK;
}

static cpl_status represent_view(struct cpl_chat *chat, struct cpl_buffer *out,
                                 struct cpl_value view)
{
    static const char *const names[] = {"dict_keys(", "dict_values(", "dict_items("};
    struct cpl_value list;
    cpl_buffer_add_text(out, names[view.as.view->part]);
    CPL_TRY(cpl_value_to_list(chat, view, &list));
    CPL_TRY(represent_items(chat, out, list));
    cpl_buffer_add_byte(out, ')');
    return CPL_OK;
}

cpl_status cpl_value_represent(struct cpl_chat *chat, struct cpl_buffer *out,
                               struct cpl_value value)
{
    cpl_status status = CPL_OK;
    CPL_TRY(cpl_chat_spend(chat, 1));
    CPL_TRY(cpl_chat_enter(chat));
    CPL_TRY(cpl_chat_check(chat, out));
    switch ((enum cpl_kind)value.kind) {
    case CPL_MISSING:
    case CPL_UNDEFINED: cpl_buffer_add_text(out, "Undefined"); break;
    case CPL_NONE: cpl_buffer_add_text(out, "None"); break;
    case CPL_BOOL: cpl_buffer_add_text(out, value.as.truth ? "True" : "False"); break;
    case CPL_INT: cpl_buffer_format(out, "%lld", (long long)value.as.integer); break;
    case CPL_REAL: cpl_real_represent(out, value.as.real); break;
    case CPL_TEXT:
        cpl_buffer_add_text(out, value.markup ? "Markup(" : "");
        status = represent_text(chat, out, value.as.text);
        cpl_buffer_add_text(out, value.markup ? ")" : "");
        break;
    case CPL_LIST:
    case CPL_TUPLE: status = represent_items(chat, out, value); break;
    case CPL_DICT: status = represent_dict(chat, out, value.as.dict); break;
    case CPL_RANGE: {
        const struct cpl_range *range = value.as.range;
        cpl_buffer_format(out, "range(%lld, %lld", (long long)range->start,
                          (long long)range->stop);
        if (range->step != 1)
            cpl_buffer_format(out, ", %lld", (long long)range->step);
        cpl_buffer_add_byte(out, ')');
        break;
    }
    case CPL_VIEW: status = represent_view(chat, out, value); break;
    case CPL_NAMESPACE:
        cpl_buffer_add_text(out, "<Namespace ");
        status = represent_dict(chat, out, value.as.dict);
        cpl_buffer_add_byte(out, '>');
        break;
    case CPL_MACRO:
        cpl_buffer_format(out, "<Macro '%s'>",
                          value.as.macro->node->name ? value.as.macro->node->name->text : "");
        break;
    case CPL_LOOP: cpl_buffer_add_text(out, "<LoopContext>"); break;
    case CPL_ITERATOR: cpl_buffer_add_text(out, "<generator object>"); break;
    case CPL_FUNCTION:
    case CPL_METHOD:
    case CPL_CYCLER:
    case CPL_JOINER: cpl_buffer_add_text(out, "<function>"); break;
    }
    chat->depth--;
    return status;
}

cpl_status cpl_value_print(struct cpl_chat *chat, struct cpl_buffer *out,
                           struct cpl_value value)
{
    if (value.kind == CPL_UNDEFINED)
        return CPL_OK;
    if (value.kind != CPL_TEXT)
        return cpl_value_represent(chat, out, value);
    CPL_TRY(cpl_chat_spend(chat, value.as.text->length / 16));
    cpl_buffer_add(out, value.as.text->data, value.as.text->length);
    return cpl_chat_check(chat, out);
}

cpl_status cpl_value_to_text(struct cpl_chat *chat, struct cpl_value value,
                             struct cpl_value *out)
{
    struct cpl_buffer buffer = {0};
    *out = value;
    if (value.kind == CPL_TEXT)
        return CPL_OK;
    cpl_status status = cpl_value_print(chat, &buffer, value);
    if (status == CPL_OK)
        return cpl_value_from_buffer(chat, out, &buffer);
    cpl_buffer_clear(&buffer);
    return status;
}
