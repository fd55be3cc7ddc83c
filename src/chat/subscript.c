/* Items by index or key, and slices, as Python counts them. */
#include "chat/chat.h"

#include "base/try.h"
#include "text/utf8.h"

/* -5 counts from the end; false when there is no such item. */
static bool find_index(struct cpl_value key, size_t count, size_t *index)
{
    if (key.kind != CPL_INT && key.kind != CPL_BOOL)
        return false;
    int64_t at = key.kind == CPL_BOOL ? key.as.truth : key.as.integer;
    if (at < 0)
        at += (int64_t)count;
    *index = (size_t)at;
    return at >= 0 && (size_t)at < count;
}

/* Byte of the n-th character. */
static size_t character_at(const struct cpl_text *text, size_t n)
{
    size_t at = 0;
    if (text->count == text->length)
        return n;
    while (n-- > 0)
        cpl_utf8_next(text->data, &at);
    return at;
}

/* object[key] alone; CPL_MISSING when there is none. */
cpl_status cpl_value_item(struct cpl_chat *chat, struct cpl_value object, struct cpl_value key,
                          struct cpl_value *out)
{
    struct cpl_dict_entry *entry = NULL;
    int64_t length = 0;
    size_t index = 0;
    bool has = false;
    *out = (struct cpl_value){0};
    if (object.kind == CPL_DICT) {
        if (key.kind == CPL_LIST || key.kind == CPL_DICT)
            return CPL_OK;
        CPL_TRY(cpl_dict_get(chat, object.as.dict, key, &entry));
        if (entry)
            *out = entry->value;
        return CPL_OK;
    }
    cpl_value_length(object, &length, &has);
    if (!has || object.kind == CPL_VIEW || !find_index(key, (size_t)length, &index))
        return CPL_OK;
    if (object.kind == CPL_LIST || object.kind == CPL_TUPLE) {
        *out = object.as.list->item[index];
    } else if (object.kind == CPL_RANGE) {
        *out = cpl_value_int(object.as.range->start + object.as.range->step * (int64_t)index);
    } else if (object.kind == CPL_TEXT) {
        CPL_TRY(cpl_chat_spend(chat, index / 16));
        size_t begin = character_at(object.as.text, index), end = begin;
        cpl_utf8_next(object.as.text->data, &end);
        CPL_TRY(cpl_value_text_of(chat, out, object.as.text->data + begin, end - begin));
        out->markup = object.markup;
    }
    return CPL_OK;
}

static cpl_status slice_bound(struct cpl_chat *chat, struct cpl_value bound, int64_t count,
                              int64_t low, int64_t high, int64_t absent, int64_t *out)
{
    *out = absent;
    if (bound.kind == CPL_NONE)
        return CPL_OK;
    if (bound.kind != CPL_INT && bound.kind != CPL_BOOL)
        return cpl_chat_fail(chat, "a slice needs integers, not %s", cpl_kind_name(bound.kind));
    *out = bound.kind == CPL_BOOL ? bound.as.truth : bound.as.integer;
    if (*out < 0)
        *out += count;
    *out = *out < low ? low : *out > high ? high : *out;
    return CPL_OK;
}

static cpl_status slice_text(struct cpl_chat *chat, const struct cpl_text *text, int64_t start,
                             int64_t step, int64_t count, struct cpl_value *out)
{
    struct cpl_buffer buffer = {0};
    size_t at = character_at(text, (size_t)start), end = at;
    if (step == 1) {
        for (int64_t i = 0; i < count; i++)
            cpl_utf8_next(text->data, &end);
        return cpl_value_text_of(chat, out, text->data + at, end - at);
    }
    for (int64_t i = 0; i < count; i++) {
        end = at;
        cpl_utf8_next(text->data, &end);
        cpl_buffer_add(&buffer, text->data + at, end - at);
        if (i + 1 == count)
            break;
        for (int64_t k = 0; k < step; k++)
            cpl_utf8_next(text->data, &at);
        for (int64_t k = 0; k > step; k--)
            at = cpl_utf8_before(text->data, at);
    }
    return cpl_value_from_buffer(chat, out, &buffer);
}

cpl_status cpl_value_slice(struct cpl_chat *chat, struct cpl_value object,
                           const struct cpl_value bound[3], struct cpl_value *out)
{
    int64_t length = 0, start, stop, step;
    bool has = false;
    struct cpl_list *list = NULL;
    struct cpl_range *range = NULL;
    cpl_value_length(object, &length, &has);
    if (object.kind == CPL_UNDEFINED)
        return cpl_undefined_fail(chat, object);
    if (!has || object.kind == CPL_DICT || object.kind == CPL_VIEW)
        return cpl_chat_fail(chat, "%s cannot be sliced", cpl_kind_name(object.kind));
    CPL_TRY(slice_bound(chat, bound[2], 0, INT64_MIN, INT64_MAX, 1, &step));
    if (step == 0)
        return cpl_chat_fail(chat, "a slice's step cannot be 0");
    int64_t low = step > 0 ? 0 : -1, high = step > 0 ? length : length - 1;
    CPL_TRY(slice_bound(chat, bound[0], length, low, high, step > 0 ? 0 : length - 1, &start));
    CPL_TRY(slice_bound(chat, bound[1], length, low, high, step > 0 ? length : -1, &stop));
    uint64_t distance = step > 0 ? (uint64_t)(stop - start) : (uint64_t)(start - stop);
    uint64_t stride = step > 0 ? (uint64_t)step : 0 - (uint64_t)step;
    bool empty = step > 0 ? stop <= start : start <= stop;
    int64_t count = empty ? 0 : (int64_t)((distance - 1) / stride + 1);
    CPL_TRY(cpl_chat_spend(chat, (uint64_t)length / 8));
    if (object.kind == CPL_TEXT) {
        CPL_TRY(slice_text(chat, object.as.text, count ? start : 0, step, count, out));
        out->markup = object.markup;
        return CPL_OK;
    }
    if (object.kind == CPL_RANGE) {
        CPL_TRY(cpl_chat_take(chat, &range, 1, sizeof *range));
        range->start = object.as.range->start + object.as.range->step * start;
        range->stop = object.as.range->start + object.as.range->step * stop;
        if (__builtin_mul_overflow(object.as.range->step, step, &range->step))
            range->step = step; /* then there is at most one item */
        range->count = count;
        *out = (struct cpl_value){.kind = CPL_RANGE, .as.range = range};
        return CPL_OK;
    }
    CPL_TRY(cpl_value_list(chat, out, &list, (size_t)count));
    for (int64_t i = 0; i < count; i++)
        list->item[list->count++] = object.as.list->item[start + i * step];
    out->kind = object.kind;
    return CPL_OK;
}
