/* Walking through values.  Generators (map, select, a loop's test, reversed ...) are evaluated item by
 * item, as in Python: what a template changes meanwhile in a namespace is seen, and what nobody
 * asks for is never computed. */
#include "chat/chat.h"

#include "base/try.h"
#include "chat/iterator.h"
#include "text/utf8.h"

#include <string.h>

cpl_status cpl_iterator_make(struct cpl_chat *chat, enum cpl_iterator_kind kind,
                             struct cpl_value value, struct cpl_iterator **out)
{
    CPL_TRY(cpl_chat_take(chat, out, 1, sizeof **out));
    (*out)->kind = kind;
    (*out)->value = value;
    return CPL_OK;
}

cpl_status cpl_iterator_open(struct cpl_chat *chat, struct cpl_value value,
                             struct cpl_iterator **out)
{
    static const struct cpl_list nothing = {0};
    switch ((enum cpl_kind)value.kind) {
    case CPL_UNDEFINED:
        value.as.list = &nothing;
        return cpl_iterator_make(chat, ITERATE_LIST, value, out);
    case CPL_LIST:
    case CPL_TUPLE: return cpl_iterator_make(chat, ITERATE_LIST, value, out);
    case CPL_TEXT: return cpl_iterator_make(chat, ITERATE_TEXT, value, out);
    case CPL_DICT: return cpl_iterator_make(chat, ITERATE_DICT, value, out);
    case CPL_RANGE: return cpl_iterator_make(chat, ITERATE_RANGE, value, out);
    case CPL_ITERATOR: *out = value.as.iterator; return CPL_OK;
    case CPL_VIEW:
        CPL_TRY(cpl_iterator_make(chat, ITERATE_DICT, value, out));
        (*out)->part = value.as.view->part;
        (*out)->value.as.dict = (struct cpl_dict *)(uintptr_t)value.as.view->dict;
        return CPL_OK;
    default:
        return cpl_chat_fail(chat, "%s cannot be walked through", cpl_kind_name(value.kind));
    }
}

bool cpl_iterator_is_over(const struct cpl_iterator *iterator) { return iterator->over; }

static cpl_status next_of_dict(struct cpl_chat *chat, struct cpl_iterator *iterator,
                               struct cpl_value *out, bool *more)
{
    const struct cpl_dict *dict = iterator->value.as.dict;
    *more = iterator->at < dict->count;
    if (!*more)
        return CPL_OK;
    size_t i = iterator->at++;
    const struct cpl_dict_entry *entry =
        &dict->entry[iterator->backward ? dict->count - 1 - i : i];
    if (iterator->part == CPL_VIEW_ITEMS)
        return cpl_value_pair(chat, out, entry->key, entry->value);
    *out = iterator->part == CPL_VIEW_KEYS ? entry->key : entry->value;
    return CPL_OK;
}

static cpl_status next_of_text(struct cpl_chat *chat, struct cpl_iterator *iterator,
                               struct cpl_value *out, bool *more)
{
    const struct cpl_text *text = iterator->value.as.text;
    size_t end = iterator->at;
    *more = end < text->length;
    if (!*more)
        return CPL_OK;
    cpl_utf8_next(text->data, &end);
    const char *data = text->data + iterator->at;
    size_t length = end - iterator->at;
    iterator->at = end;
    return cpl_value_text_of(chat, out, data, length);
}

cpl_status cpl_iterator_next(struct cpl_chat *chat, struct cpl_iterator *iterator,
                             struct cpl_value *out, bool *more)
{
    cpl_status status = CPL_OK;
    CPL_TRY(cpl_chat_spend(chat, 1));
    *more = false;
    if (iterator->over)
        return CPL_OK;
    CPL_TRY(cpl_chat_enter(chat));
    switch (iterator->kind) {
    case ITERATE_LIST: {
        const struct cpl_list *list = iterator->value.as.list;
        size_t i = iterator->at;
        *more = i < list->count;
        if (*more)
            *out = list->item[iterator->backward ? list->count - 1 - i : i];
        iterator->at += *more;
        break;
    }
    case ITERATE_RANGE: {
        const struct cpl_range *range = iterator->value.as.range;
        int64_t i = (int64_t)iterator->at;
        *more = i < range->count;
        if (*more)
            *out = cpl_value_int(range->start +
                                 range->step * (iterator->backward ? range->count - 1 - i : i));
        iterator->at += *more;
        break;
    }
    case ITERATE_TEXT: status = next_of_text(chat, iterator, out, more); break;
    case ITERATE_DICT: status = next_of_dict(chat, iterator, out, more); break;
    case ITERATE_MAP: status = cpl_iterator_next_mapped(chat, iterator, out, more); break;
    case ITERATE_SELECT: status = cpl_iterator_next_selected(chat, iterator, out, more); break;
    case ITERATE_LOOP_TEST: status = cpl_iterator_next_tested(chat, iterator, out, more); break;
    }
    chat->depth--;
    iterator->over = !*more;
    return status;
}

cpl_status cpl_value_to_list(struct cpl_chat *chat, struct cpl_value value,
                             struct cpl_value *out)
{
    struct cpl_iterator *iterator = NULL;
    struct cpl_list_builder builder = {0};
    struct cpl_value item;
    bool more = true;
    CPL_TRY(cpl_iterator_open(chat, value, &iterator));
    CPL_TRY(cpl_value_list(chat, out, &builder.list, 0));
    while (more) {
        CPL_TRY(cpl_iterator_next(chat, iterator, &item, &more));
        if (more)
            CPL_TRY(cpl_list_add(chat, &builder, item));
    }
    return CPL_OK;
}

void cpl_value_length(struct cpl_value value, int64_t *length, bool *has)
{
    *has = true;
    switch ((enum cpl_kind)value.kind) {
    case CPL_UNDEFINED: *length = 0; break;
    case CPL_TEXT: *length = (int64_t)value.as.text->count; break;
    case CPL_LIST:
    case CPL_TUPLE: *length = (int64_t)value.as.list->count; break;
    case CPL_DICT: *length = (int64_t)value.as.dict->count; break;
    case CPL_RANGE: *length = value.as.range->count; break;
    case CPL_VIEW: *length = (int64_t)value.as.view->dict->count; break;
    default: *has = false; break;
    }
}
