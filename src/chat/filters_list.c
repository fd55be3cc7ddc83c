/* Filters of sequences. */
#include "chat/builtins.h"

#include "base/try.h"

#include <string.h>

CPL_BUILTIN(value_count)
{
    int64_t length = 0;
    bool has = false;
    (void)call;
    cpl_value_length(value[0], &length, &has);
    *out = cpl_value_int(length);
    return has ? CPL_OK : cpl_chat_fail(chat, "%s has no length", cpl_kind_name(value[0].kind));
}

CPL_BUILTIN(list_made)
{
    (void)call;
    return cpl_value_to_list(chat, value[0], out);
}

CPL_BUILTIN(list_first)
{
    struct cpl_iterator *iterator = NULL;
    bool more = false;
    (void)call;
    CPL_TRY(cpl_iterator_open(chat, value[0], &iterator));
    CPL_TRY(cpl_iterator_next(chat, iterator, out, &more));
    if (!more)
        *out = cpl_value_undefined("the first item of nothing");
    return CPL_OK;
}

CPL_BUILTIN(list_last)
{
    struct cpl_value list;
    int64_t length = 0;
    bool has = false;
    (void)call;
    cpl_value_length(value[0], &length, &has);
    if (!has)
        return cpl_chat_fail(chat, "%s has no last item", cpl_kind_name(value[0].kind));
    CPL_TRY(cpl_value_to_list(chat, value[0], &list));
    *out = length ? list.as.list->item[length - 1]
                  : cpl_value_undefined("the last item of nothing");
    return CPL_OK;
}

CPL_BUILTIN(list_reverse)
{
    struct cpl_value bound[3] = {cpl_none, cpl_none, cpl_value_int(-1)};
    (void)call;
    if (value[0].kind == CPL_TEXT)
        return cpl_value_slice(chat, value[0], bound, out);
    return cpl_iterator_reversed(chat, value[0], out);
}

CPL_BUILTIN(list_join)
{
    struct cpl_value separator = {0}, item;
    struct cpl_buffer buffer = {0};
    struct cpl_iterator *iterator = NULL;
    bool more = true;
    cpl_status status;
    (void)call;
    if (value[1].kind == CPL_MISSING)
        CPL_TRY(cpl_value_text_of(chat, &separator, "", 0));
    else
        CPL_TRY(cpl_value_to_text(chat, value[1], &separator));
    CPL_TRY(cpl_iterator_open(chat, value[0], &iterator));
    for (bool first = true;; first = false) {
        CPL_TRY_GOTO(cpl_iterator_next(chat, iterator, &item, &more));
        if (!more)
            break;
        CPL_TRY_GOTO(cpl_value_path(chat, item, value[2], cpl_none, &item));
        if (!first)
            CPL_TRY_GOTO(cpl_value_print(chat, &buffer, separator));
        CPL_TRY_GOTO(cpl_value_print(chat, &buffer, item));
    }
    return cpl_value_from_buffer(chat, out, &buffer);
done:
    cpl_buffer_clear(&buffer);
    return status;
}

CPL_BUILTIN(list_map) { return cpl_iterator_map(chat, value[0], call, out); }
CPL_BUILTIN(list_select) { return cpl_iterator_select(chat, value[0], call, false, true, out); }
CPL_BUILTIN(list_reject)
{
    return cpl_iterator_select(chat, value[0], call, false, false, out);
}
CPL_BUILTIN(list_selectattr)
{
    return cpl_iterator_select(chat, value[0], call, true, true, out);
}
CPL_BUILTIN(list_rejectattr)
{
    return cpl_iterator_select(chat, value[0], call, true, false, out);
}

/* ---- rows -------------------------------------------------------------------------------- */

/* Items [begin, end) as a list of their own, filled up to `width` if there is something to fill with. */
static cpl_status cut(struct cpl_chat *chat, const struct cpl_list *all, size_t begin,
                      size_t end, size_t width, struct cpl_value fill, struct cpl_value *out)
{
    struct cpl_list *row = NULL;
    bool filled = fill.kind != CPL_MISSING && fill.kind != CPL_NONE;
    CPL_TRY(
        cpl_value_list(chat, out, &row, filled && width > end - begin ? width : end - begin));
    while (begin < end)
        row->item[row->count++] = all->item[begin++];
    while (filled && row->count < width)
        row->item[row->count++] = fill;
    return CPL_OK;
}

CPL_BUILTIN(list_batch)
{
    struct cpl_value all, rows, row;
    struct cpl_list_builder builder = {0};
    int64_t width;
    (void)call;
    CPL_TRY(cpl_argument_int(chat, value[1], 0, &width));
    CPL_TRY(cpl_value_to_list(chat, value[0], &all));
    CPL_TRY(cpl_value_list(chat, &rows, &builder.list, 0));
    size_t count = all.as.list->count, step = width > 0 ? (size_t)width : count;
    if (width == 0 && count) { /* as jinja2: an empty row, then everything */
        CPL_TRY(cut(chat, all.as.list, 0, 0, 0, cpl_none, &row));
        CPL_TRY(cpl_list_add(chat, &builder, row));
    }
    for (size_t begin = 0; begin < count; begin += step) {
        size_t end = count - begin < step ? count : begin + step;
        CPL_TRY(cut(chat, all.as.list, begin, end, width > 0 ? step : 0, value[2], &row));
        CPL_TRY(cpl_list_add(chat, &builder, row));
    }
    return cpl_iterator_once(chat, rows, out);
}

CPL_BUILTIN(list_slices)
{
    struct cpl_value all, rows, row;
    struct cpl_list_builder builder = {0};
    int64_t slices;
    size_t at = 0;
    (void)call;
    CPL_TRY(cpl_argument_int(chat, value[1], 0, &slices));
    CPL_TRY(cpl_value_to_list(chat, value[0], &all));
    if (slices == 0)
        return cpl_chat_fail(chat, "division by zero");
    CPL_TRY(cpl_value_list(chat, &rows, &builder.list, 0));
    for (int64_t i = 0; i < slices; i++) {
        size_t count = all.as.list->count, each = count / (size_t)slices;
        size_t longer = count % (size_t)slices, width = each + (longer > 0);
        bool extra = (size_t)i < longer;
        /* jinja2 fills every short row, also when all are equally long */
        size_t filled = extra ? width : each + 1;
        CPL_TRY(cut(chat, all.as.list, at, at + each + extra, filled,
                    extra ? cpl_none : value[2], &row));
        at += each + extra;
        CPL_TRY(cpl_list_add(chat, &builder, row));
    }
    return cpl_iterator_once(chat, rows, out);
}

CPL_BUILTIN(list_unique)
{
    struct cpl_value all, kept, key;
    struct cpl_list_builder builder = {0};
    struct cpl_dict *seen = NULL;
    bool exact = cpl_value_truth(value[1]);
    (void)call;
    CPL_TRY(cpl_value_to_list(chat, value[0], &all));
    CPL_TRY(cpl_value_list(chat, &kept, &builder.list, 0));
    CPL_TRY(cpl_dict_new(chat, &seen));
    for (size_t i = 0; i < all.as.list->count; i++) {
        size_t before = seen->count;
        CPL_TRY(cpl_value_path(chat, all.as.list->item[i], value[2], cpl_none, &key));
        if (!exact)
            CPL_TRY(cpl_value_ignore_case(chat, key, &key));
        CPL_TRY(cpl_dict_set(chat, seen, key, cpl_none));
        if (seen->count > before)
            CPL_TRY(cpl_list_add(chat, &builder, all.as.list->item[i]));
    }
    return cpl_iterator_once(chat, kept, out);
}

/* ---- numbers ----------------------------------------------------------------------------- */

CPL_BUILTIN(list_sum)
{
    struct cpl_iterator *iterator = NULL;
    struct cpl_value item;
    bool more = true;
    (void)call;
    *out = value[2].kind == CPL_MISSING ? cpl_value_int(0) : value[2];
    if (out->kind == CPL_TEXT)
        return cpl_chat_fail(chat, "texts are joined, not summed");
    CPL_TRY(cpl_iterator_open(chat, value[0], &iterator));
    for (;;) {
        CPL_TRY(cpl_iterator_next(chat, iterator, &item, &more));
        if (!more)
            return CPL_OK;
        CPL_TRY(cpl_value_path(chat, item, value[1], cpl_none, &item));
        CPL_TRY(cpl_value_binary(chat, CPL_TOKEN_ADD, *out, item, out));
    }
}

static cpl_status extreme(struct cpl_chat *chat, const struct cpl_value *value, bool largest,
                          struct cpl_value *out)
{
    struct cpl_iterator *iterator = NULL;
    struct cpl_value item, key, best = {0};
    bool more = true, better = true, exact = cpl_value_truth(value[1]);
    CPL_TRY(cpl_iterator_open(chat, value[0], &iterator));
    *out = cpl_value_undefined("the extreme of nothing");
    for (;;) {
        CPL_TRY(cpl_iterator_next(chat, iterator, &item, &more));
        if (!more)
            return CPL_OK;
        CPL_TRY(cpl_value_path(chat, item, value[2], cpl_none, &key));
        if (!exact)
            CPL_TRY(cpl_value_ignore_case(chat, key, &key));
        if (best.kind != CPL_MISSING)
            CPL_TRY(
                cpl_value_order(chat, key, best, largest ? CPL_GREATER : CPL_LESS, &better));
        if (!better)
            continue;
        best = key;
        *out = item;
    }
}

CPL_BUILTIN(list_max)
{
    (void)call;
    return extreme(chat, value, true, out);
}
CPL_BUILTIN(list_min)
{
    (void)call;
    return extreme(chat, value, false, out);
}

/* ---- methods of lists -------------------------------------------------------------------- */

CPL_BUILTIN(list_count)
{
    int64_t count = 0;
    (void)call;
    for (size_t i = 0; i < value[0].as.list->count; i++) {
        bool equal = false;
        CPL_TRY(cpl_value_equal(chat, value[0].as.list->item[i], value[1], &equal));
        count += equal;
    }
    *out = cpl_value_int(count);
    return CPL_OK;
}

CPL_BUILTIN(list_index)
{
    int64_t n = (int64_t)value[0].as.list->count, begin, end;
    (void)call;
    CPL_TRY(cpl_argument_int(chat, value[2], 0, &begin));
    CPL_TRY(cpl_argument_int(chat, value[3], n, &end));
    begin = begin < 0 && begin + n > 0 ? begin + n : begin < 0 ? 0 : begin;
    end = end < 0 ? end + n : end > n ? n : end;
    for (int64_t i = begin; i < end; i++) {
        bool equal = false;
        CPL_TRY(cpl_value_equal(chat, value[0].as.list->item[i], value[1], &equal));
        *out = cpl_value_int(i);
        if (equal)
            return CPL_OK;
    }
    return cpl_chat_fail(chat, "the value is not in the list");
}

CPL_BUILTIN(value_copy)
{
    (void)call, (void)chat;
    *out = value[0];
    return CPL_OK;
}
