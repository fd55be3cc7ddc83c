/* Global functions, and the methods of loops and cyclers. */
#include "chat/builtins.h"

#include "base/try.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { RANGE_MAX = 100000 }; /* as jinja2's sandbox */

CPL_BUILTIN(make_range)
{
    struct cpl_range *range = NULL;
    int64_t start, stop, step, span;
    (void)call;
    CPL_TRY(cpl_argument_int(chat, value[1], 0, &start));
    CPL_TRY(cpl_argument_int(chat, value[2], 0, &stop));
    CPL_TRY(cpl_argument_int(chat, value[3], 1, &step));
    if (value[2].kind == CPL_MISSING) {
        stop = start;
        start = 0;
    }
    if (step == 0)
        return cpl_chat_fail(chat, "the step of a range cannot be 0");
    CPL_TRY(cpl_chat_take(chat, &range, 1, sizeof *range));
    range->start = start;
    range->stop = stop;
    range->step = step;
    bool empty = step > 0 ? stop <= start : stop >= start;
    if (!empty) {
        bool far = step > 0 ? __builtin_sub_overflow(stop, start, &span)
                            : __builtin_sub_overflow(start, stop, &span);
        uint64_t stride = step > 0 ? (uint64_t)step : 0 - (uint64_t)step;
        range->count = far ? INT64_MAX : (int64_t)(((uint64_t)span - 1) / stride + 1);
    }
    if (range->count > RANGE_MAX)
        return cpl_chat_fail(chat, "a range of more than %d items", RANGE_MAX);
    *out = (struct cpl_value){.kind = CPL_RANGE, .as.range = range};
    return CPL_OK;
}

/* dict(mapping or pairs, name=value ...) */
static cpl_status build_dict(struct cpl_chat *chat, const struct cpl_call *call,
                             struct cpl_dict **out)
{
    struct cpl_value items = {0};
    CPL_TRY(cpl_dict_new(chat, out));
    if (call->n > 1)
        return cpl_chat_fail(chat, "at most one mapping is taken, not %zu", call->n);
    const struct cpl_dict *from = NULL;
    if (call->n == 1 && call->positional[0].kind == CPL_UNDEFINED)
        return cpl_undefined_fail(chat, call->positional[0]);
    if (call->n == 1 && call->positional[0].kind == CPL_DICT)
        from = call->positional[0].as.dict;
    else if (call->n == 1)
        CPL_TRY(cpl_value_to_list(chat, call->positional[0], &items));
    for (size_t i = 0; from && i < from->count; i++)
        CPL_TRY(cpl_dict_set(chat, *out, from->entry[i].key, from->entry[i].value));
    for (size_t i = 0; items.kind == CPL_LIST && i < items.as.list->count; i++) {
        struct cpl_value pair;
        CPL_TRY(cpl_value_to_list(chat, items.as.list->item[i], &pair));
        if (pair.as.list->count != 2)
            return cpl_chat_fail(chat, "a mapping is made of pairs");
        CPL_TRY(cpl_dict_set(chat, *out, pair.as.list->item[0], pair.as.list->item[1]));
    }
    for (size_t i = 0; call->keywords && i < call->keywords->count; i++)
        CPL_TRY(cpl_dict_set(chat, *out, call->keywords->entry[i].key,
                             call->keywords->entry[i].value));
    return CPL_OK;
}

CPL_BUILTIN(make_dict)
{
    (void)value;
    *out = (struct cpl_value){.kind = CPL_DICT};
    return build_dict(chat, call, &out->as.dict);
}

CPL_BUILTIN(make_namespace)
{
    (void)value;
    *out = (struct cpl_value){.kind = CPL_NAMESPACE};
    CPL_TRY(build_dict(chat, call, &out->as.dict));
    for (size_t i = 0; i < out->as.dict->count; i++) {
        struct cpl_value key = out->as.dict->entry[i].key;
        if (key.kind == CPL_TEXT && key.as.text->length && key.as.text->data[0] == '_')
            return cpl_chat_fail(chat, "attributes cannot begin with \"_\"");
    }
    return CPL_OK;
}

CPL_BUILTIN(raise_exception)
{
    struct cpl_value message;
    (void)call, (void)out;
    CPL_TRY(cpl_value_to_text(chat, value[1], &message));
    size_t length = message.as.text->length < 700 ? message.as.text->length : 700;
    while (length && length < message.as.text->length &&
           ((unsigned char)message.as.text->data[length] & 0xC0) == 0x80)
        length--;
    return cpl_chat_fail(chat, "%.*s", (int)length, message.as.text->data);
}

/* ---- time -------------------------------------------------------------------------------- */

/* One conversion of a naive datetime: no zone, and %f in microseconds. */
static void add_conversion(struct cpl_buffer *out, const char *conversion, size_t length,
                           const struct tm *now)
{
    char format[8] = {0}, text[128];
    char letter = conversion[length - 1];
    if (letter == 'z' || letter == 'Z')
        return;
    if (letter == 'f') {
        cpl_buffer_add_text(out, "000000");
        return;
    }
    memcpy(format, conversion, length);
    size_t n = strftime_l(text, sizeof text, format, now, newlocale(LC_ALL_MASK, "C", NULL));
    cpl_buffer_add(out, text, n);
}

CPL_BUILTIN(strftime_now)
{
    struct cpl_buffer buffer = {0};
    struct tm now = {0};
    time_t seconds = (time_t)chat->now;
    (void)call;
    if (value[1].kind != CPL_TEXT)
        return cpl_chat_fail(chat, "the format must be a text");
    const struct cpl_text *text = value[1].as.text;
    if (!(chat->utc ? gmtime_r(&seconds, &now) : localtime_r(&seconds, &now)))
        return cpl_chat_fail(chat, "the time has no date");
    CPL_TRY(cpl_chat_spend(chat, text->length * 4));
    for (size_t i = 0; i < text->length; i++) {
        size_t end = i + 1;
        if (text->data[i] != '%') {
            cpl_buffer_add_byte(&buffer, text->data[i]);
            continue;
        }
        while (end < text->length && end < i + 4 && text->data[end] &&
               strchr("-_0^#EO", text->data[end]))
            end++;
        if (end == text->length || (unsigned char)text->data[end] >= 0x80 || !text->data[end]) {
            cpl_buffer_add_byte(&buffer, '%');
            continue;
        }
        add_conversion(&buffer, text->data + i, end + 1 - i, &now);
        i = end;
    }
    return cpl_value_from_buffer(chat, out, &buffer);
}

/* ---- loops, cyclers, joiners ------------------------------------------------------------- */

CPL_BUILTIN(loop_cycle)
{
    if (call->n == 0 || call->keywords)
        return cpl_chat_fail(chat, "cycle needs something to choose from");
    *out = call->positional[value[0].as.loop->index0 % (int64_t)call->n];
    return CPL_OK;
}

CPL_BUILTIN(loop_changed)
{
    struct cpl_loop *loop = value[0].as.loop;
    struct cpl_list *list = NULL;
    struct cpl_value now;
    bool equal = false;
    if (call->keywords)
        return cpl_chat_fail(chat, "changed takes values without names");
    CPL_TRY(cpl_value_list(chat, &now, &list, call->n));
    if (call->n)
        memcpy(list->item, call->positional, call->n * sizeof *list->item);
    list->count = call->n;
    if (loop->has_changed)
        CPL_TRY(cpl_value_equal(chat, now, loop->changed, &equal));
    loop->has_changed = true;
    loop->changed = now;
    *out = cpl_value_bool(!equal);
    return CPL_OK;
}

static cpl_status make_cycler_of(struct cpl_chat *chat, enum cpl_kind kind,
                                 const struct cpl_value *item, size_t count,
                                 struct cpl_value *out)
{
    struct cpl_cycler *cycler = NULL;
    CPL_TRY(cpl_chat_take(chat, &cycler, 1, sizeof *cycler));
    CPL_TRY(cpl_chat_take(chat, &cycler->items.item, count, sizeof *item));
    memcpy(cycler->items.item, item, count * sizeof *item);
    cycler->items.count = count;
    *out = (struct cpl_value){.kind = (uint8_t)kind, .as.cycler = cycler};
    return CPL_OK;
}

CPL_BUILTIN(make_cycler)
{
    (void)value;
    if (call->n == 0 || call->keywords)
        return cpl_chat_fail(chat, "a cycler needs something to choose from");
    return make_cycler_of(chat, CPL_CYCLER, call->positional, call->n, out);
}

CPL_BUILTIN(make_joiner)
{
    struct cpl_value separator = value[1];
    (void)call;
    if (separator.kind == CPL_MISSING)
        CPL_TRY(cpl_value_text_of(chat, &separator, ", ", 2));
    return make_cycler_of(chat, CPL_JOINER, &separator, 1, out);
}

CPL_BUILTIN(cycler_next)
{
    struct cpl_cycler *cycler = value[0].as.cycler;
    (void)chat, (void)call;
    *out = cycler->items.item[cycler->at];
    cycler->at = (cycler->at + 1) % cycler->items.count;
    return CPL_OK;
}

CPL_BUILTIN(cycler_reset)
{
    (void)chat, (void)call;
    value[0].as.cycler->at = 0;
    *out = cpl_none;
    return CPL_OK;
}
