/* Sorting, and what needs it: sort, dictsort, groupby. */
#include "chat/builtins.h"

#include "base/try.h"

#include <string.h>

struct pairs {
    struct cpl_value *item, *key;
};

/* Merges [begin, middle) and [middle, end) of `from` into `to`; equal keys keep their order. */
static cpl_status merge(struct cpl_chat *chat, struct pairs from, struct pairs to, size_t begin,
                        size_t middle, size_t end, bool reverse)
{
    size_t left = begin, right = middle;
    for (size_t at = begin; at < end; at++) {
        bool take_right = left == middle;
        if (left < middle && right < end)
            CPL_TRY(cpl_value_less(chat, from.key[reverse ? left : right],
                                   from.key[reverse ? right : left], &take_right));
        size_t taken = take_right ? right++ : left++;
        to.item[at] = from.item[taken];
        to.key[at] = from.key[taken];
    }
    return cpl_chat_spend(chat, end - begin);
}

cpl_status cpl_values_sort(struct cpl_chat *chat, struct cpl_value *item, struct cpl_value *key,
                           size_t count, bool reverse)
{
    struct pairs from = {item, key}, to = {NULL, NULL};
    CPL_TRY(cpl_chat_take(chat, &to.item, count + 1, sizeof *item));
    CPL_TRY(cpl_chat_take(chat, &to.key, count + 1, sizeof *key));
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t begin = 0; begin < count; begin += 2 * width) {
            size_t middle = count - begin < width ? count : begin + width;
            size_t end = count - begin < 2 * width ? count : begin + 2 * width;
            CPL_TRY(merge(chat, from, to, begin, middle, end, reverse));
        }
        struct pairs other = from;
        from = to;
        to = other;
    }
    if (from.item != item && count) {
        memcpy(item, from.item, count * sizeof *item);
        memcpy(key, from.key, count * sizeof *key);
    }
    return CPL_OK;
}

/* "a,b.c" of sort(attribute=...): one key for each, in a list. */
static cpl_status sort_key(struct cpl_chat *chat, struct cpl_value item, struct cpl_value path,
                           bool exact, struct cpl_value *out)
{
    const struct cpl_text *text = path.kind == CPL_TEXT ? path.as.text : NULL;
    struct cpl_list_builder keys = {0};
    size_t at = 0;
    CPL_TRY(cpl_value_list(chat, out, &keys.list, 1));
    keys.capacity = 1;
    do {
        struct cpl_value part = path, key;
        if (text) {
            const char *comma =
                at < text->length ? memchr(text->data + at, ',', text->length - at) : NULL;
            size_t end = comma ? (size_t)(comma - text->data) : text->length;
            CPL_TRY(cpl_value_text_of(chat, &part, text->data + at, end - at));
            at = end + 1;
        }
        CPL_TRY(cpl_value_path(chat, item, part, cpl_none, &key));
        if (!exact)
            CPL_TRY(cpl_value_ignore_case(chat, key, &key));
        CPL_TRY(cpl_list_add(chat, &keys, key));
    } while (text && at <= text->length);
    return CPL_OK;
}

CPL_BUILTIN(list_sort)
{
    struct cpl_value *key = NULL;
    bool exact = cpl_value_truth(value[2]);
    (void)call;
    CPL_TRY(cpl_value_to_list(chat, value[0], out));
    struct cpl_list *list = (struct cpl_list *)(uintptr_t)out->as.list; /* made just now */
    CPL_TRY(cpl_chat_take(chat, &key, list->count + 1, sizeof *key));
    for (size_t i = 0; i < list->count; i++)
        CPL_TRY(sort_key(chat, list->item[i], value[3], exact, &key[i]));
    return cpl_values_sort(chat, list->item, key, list->count, cpl_value_truth(value[1]));
}

CPL_BUILTIN(dict_sort)
{
    const struct cpl_text *by = NULL;
    struct cpl_value *key = NULL;
    struct cpl_list *list = NULL;
    (void)call;
    CPL_TRY(cpl_argument_text(chat, value[2], &by));
    bool by_value = by && by->length == 5 && memcmp(by->data, "value", 5) == 0;
    if (by && !by_value && !(by->length == 3 && memcmp(by->data, "key", 3) == 0))
        return cpl_chat_fail(chat, "dictsort sorts by \"key\" or \"value\"");
    if (value[0].kind != CPL_DICT)
        return cpl_chat_fail(chat, "a mapping is needed, not %s", cpl_kind_name(value[0].kind));
    const struct cpl_dict *dict = value[0].as.dict;
    CPL_TRY(cpl_value_list(chat, out, &list, dict->count));
    CPL_TRY(cpl_chat_take(chat, &key, dict->count + 1, sizeof *key));
    for (size_t i = 0; i < dict->count; i++) {
        CPL_TRY(cpl_value_pair(chat, &list->item[list->count++], dict->entry[i].key,
                               dict->entry[i].value));
        key[i] = by_value ? dict->entry[i].value : dict->entry[i].key;
        if (!cpl_value_truth(value[1]))
            CPL_TRY(cpl_value_ignore_case(chat, key[i], &key[i]));
    }
    return cpl_values_sort(chat, list->item, key, list->count, cpl_value_truth(value[3]));
}

/* Pairs (key, items) in order of the keys; the key is that of the first item, in its own case. */
CPL_BUILTIN(list_groups)
{
    struct cpl_value all, *key = NULL;
    struct cpl_list_builder groups = {0};
    bool exact = cpl_value_truth(value[3]);
    struct cpl_value fallback = value[2].kind == CPL_MISSING ? cpl_none : value[2];
    (void)call;
    CPL_TRY(cpl_value_to_list(chat, value[0], &all));
    struct cpl_value *item = all.as.list->item;
    size_t count = all.as.list->count;
    CPL_TRY(cpl_value_list(chat, out, &groups.list, 0));
    CPL_TRY(cpl_chat_take(chat, &key, count + 1, sizeof *key));
    for (size_t i = 0; i < count; i++) {
        CPL_TRY(cpl_value_path(chat, item[i], value[1], fallback, &key[i]));
        if (!exact)
            CPL_TRY(cpl_value_ignore_case(chat, key[i], &key[i]));
    }
    CPL_TRY(cpl_values_sort(chat, item, key, count, false));
    for (size_t begin = 0, end; begin < count; begin = end) {
        struct cpl_value group, members, name = key[begin];
        struct cpl_list *list = NULL;
        bool equal = true;
        for (end = begin + 1; end < count && equal; end += equal)
            CPL_TRY(cpl_value_equal(chat, key[begin], key[end], &equal));
        CPL_TRY(cpl_value_list(chat, &members, &list, end - begin));
        memcpy(list->item, item + begin, (end - begin) * sizeof *item);
        list->count = end - begin;
        if (!exact)
            CPL_TRY(cpl_value_path(chat, item[begin], value[1], fallback, &name));
        CPL_TRY(cpl_value_pair(chat, &group, name, members));
        group.group = true;
        CPL_TRY(cpl_list_add(chat, &groups, group));
    }
    return CPL_OK;
}
