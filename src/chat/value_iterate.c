/* Walking through values.  Generators (map, select, a loop's test, reversed ...) are evaluated item by
 * item, as in Python: what a template changes meanwhile in a namespace is seen, and what nobody
 * asks for is never computed. */
#include "chat/chat.h"

#include "base/try.h"
#include "text/utf8.h"

#include <string.h>

enum iterator_kind {
    ITERATE_LIST,
    ITERATE_TEXT,
    ITERATE_DICT,
    ITERATE_RANGE,
    ITERATE_MAP,
    ITERATE_SELECT,
    ITERATE_LOOP_TEST
};
struct cpl_iterator {
    enum iterator_kind kind;
    bool backward, over;
    bool attribute, want; /* of select */
    enum cpl_view_part part;
    struct cpl_value value;
    size_t at; /* items, or bytes of a text, done */
    struct cpl_iterator *source;
    struct cpl_call call;
    const struct cpl_builtin *builtin; /* of map and select; NULL: path or truth */
    struct cpl_value path, fallback;
    const struct cpl_node *loop;
    struct cpl_scope *scope; /* of the loop's test */
};

static cpl_status make(struct cpl_chat *chat, enum iterator_kind kind, struct cpl_value value,
                       struct cpl_iterator **out)
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
    case CPL_UNDEFINED: value.as.list = &nothing; return make(chat, ITERATE_LIST, value, out);
    case CPL_LIST:
    case CPL_TUPLE: return make(chat, ITERATE_LIST, value, out);
    case CPL_TEXT: return make(chat, ITERATE_TEXT, value, out);
    case CPL_DICT: return make(chat, ITERATE_DICT, value, out);
    case CPL_RANGE: return make(chat, ITERATE_RANGE, value, out);
    case CPL_ITERATOR: *out = value.as.iterator; return CPL_OK;
    case CPL_VIEW:
        CPL_TRY(make(chat, ITERATE_DICT, value, out));
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

static cpl_status next_mapped(struct cpl_chat *chat, struct cpl_iterator *iterator,
                              struct cpl_value *out, bool *more)
{
    struct cpl_value item;
    CPL_TRY(cpl_iterator_next(chat, iterator->source, &item, more));
    if (!*more)
        return CPL_OK;
    if (iterator->builtin)
        return cpl_builtin_call(chat, iterator->builtin, "filter", item, &iterator->call, out);
    return cpl_value_path(chat, item, iterator->path, iterator->fallback, out);
}

static cpl_status next_selected(struct cpl_chat *chat, struct cpl_iterator *iterator,
                                struct cpl_value *out, bool *more)
{
    for (;;) {
        struct cpl_value tested, answer;
        CPL_TRY(cpl_iterator_next(chat, iterator->source, out, more));
        if (!*more)
            return CPL_OK;
        tested = *out;
        if (iterator->attribute)
            CPL_TRY(cpl_value_path(chat, *out, iterator->path, cpl_none, &tested));
        answer = tested;
        if (iterator->builtin)
            CPL_TRY(cpl_builtin_call(chat, iterator->builtin, "test", tested, &iterator->call,
                                     &answer));
        if (cpl_value_truth(answer) == iterator->want)
            return CPL_OK;
    }
}

static cpl_status next_tested(struct cpl_chat *chat, struct cpl_iterator *iterator,
                              struct cpl_value *out, bool *more)
{
    struct cpl_scope *scope = chat->scope;
    struct cpl_value answer = cpl_none;
    for (;;) {
        CPL_TRY(cpl_iterator_next(chat, iterator->source, out, more));
        if (!*more)
            break;
        chat->scope = iterator->scope;
        CPL_TRY(cpl_scope_reset(chat, chat->scope, NULL));
        CPL_TRY(cpl_chat_assign(chat, iterator->loop->first, *out));
        CPL_TRY(cpl_chat_evaluate(chat, iterator->loop->third, &answer));
        if (cpl_value_truth(answer))
            break;
    }
    chat->scope = scope;
    return CPL_OK;
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
    case ITERATE_MAP: status = next_mapped(chat, iterator, out, more); break;
    case ITERATE_SELECT: status = next_selected(chat, iterator, out, more); break;
    case ITERATE_LOOP_TEST: status = next_tested(chat, iterator, out, more); break;
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

/* ---- generators -------------------------------------------------------------------------- */

static struct cpl_value as_value(struct cpl_iterator *iterator)
{
    return (struct cpl_value){.kind = CPL_ITERATOR, .as.iterator = iterator};
}

cpl_status cpl_iterator_once(struct cpl_chat *chat, struct cpl_value list,
                             struct cpl_value *out)
{
    struct cpl_iterator *iterator = NULL;
    CPL_TRY(make(chat, ITERATE_LIST, list, &iterator));
    *out = as_value(iterator);
    return CPL_OK;
}

cpl_status cpl_iterator_reversed(struct cpl_chat *chat, struct cpl_value source,
                                 struct cpl_value *out)
{
    struct cpl_iterator *iterator = NULL;
    CPL_TRY(cpl_iterator_open(chat, source, &iterator));
    if (source.kind == CPL_ITERATOR || source.kind == CPL_TEXT ||
        source.kind == CPL_UNDEFINED) {
        struct cpl_list *list;
        CPL_TRY(cpl_value_to_list(chat, source, &source));
        list = (struct cpl_list *)(uintptr_t)source.as.list; /* made just now */
        for (size_t i = 0, k = list->count; i + 1 < k; i++) {
            struct cpl_value item = list->item[i];
            list->item[i] = list->item[--k];
            list->item[k] = item;
        }
        *out = source;
        return CPL_OK;
    }
    iterator->backward = true;
    *out = as_value(iterator);
    return CPL_OK;
}

static cpl_status from_source(struct cpl_chat *chat, enum iterator_kind kind,
                              struct cpl_value source, struct cpl_iterator **made)
{
    CPL_TRY(make(chat, kind, source, made));
    if (!cpl_value_truth(source)) { /* nothing to walk through, whatever it is */
        (*made)->over = true;
        return CPL_OK;
    }
    return cpl_iterator_open(chat, source, &(*made)->source);
}

static cpl_status find_builtin(struct cpl_chat *chat, struct cpl_value name, bool filter,
                               const struct cpl_builtin **out)
{
    if (name.kind != CPL_TEXT)
        return cpl_chat_fail(chat, "the name of a %s must be a text, not %s",
                             filter ? "filter" : "test", cpl_kind_name(name.kind));
    const struct cpl_text *text = name.as.text;
    *out = filter ? cpl_filter_find(text->data, text->length)
                  : cpl_test_find(text->data, text->length);
    if (*out)
        return CPL_OK;
    return cpl_chat_fail(chat, "unknown %s \"%.*s\"", filter ? "filter" : "test",
                         (int)(text->length < 60 ? text->length : 60), text->data);
}

/* The call's arguments behind the first `n`. */
static struct cpl_call behind(const struct cpl_call *call, size_t n)
{
    return (struct cpl_call){call->positional + n, call->n - n, call->keywords};
}

cpl_status cpl_iterator_map(struct cpl_chat *chat, struct cpl_value source,
                            const struct cpl_call *call, struct cpl_value *out)
{
    struct cpl_iterator *iterator = NULL;
    struct cpl_dict_entry *path = NULL, *fallback = NULL;
    CPL_TRY(from_source(chat, ITERATE_MAP, source, &iterator));
    *out = as_value(iterator);
    if (iterator->over)
        return CPL_OK;
    if (call->n == 0 && call->keywords) {
        path = cpl_dict_find(chat, call->keywords, "attribute", 9);
        fallback = cpl_dict_find(chat, call->keywords, "default", 7);
    }
    if (path) {
        if (call->keywords->count > 1u + (fallback != NULL))
            return cpl_chat_fail(chat, "map knows only \"attribute\" and \"default\"");
        iterator->path = path->value;
        iterator->fallback = fallback ? fallback->value : cpl_none;
        return CPL_OK;
    }
    if (call->n == 0)
        return cpl_chat_fail(chat, "map needs a filter or an attribute");
    iterator->call = behind(call, 1);
    return find_builtin(chat, call->positional[0], true, &iterator->builtin);
}

cpl_status cpl_iterator_select(struct cpl_chat *chat, struct cpl_value source,
                               const struct cpl_call *call, bool attribute, bool want,
                               struct cpl_value *out)
{
    struct cpl_iterator *iterator = NULL;
    size_t used = attribute;
    CPL_TRY(from_source(chat, ITERATE_SELECT, source, &iterator));
    *out = as_value(iterator);
    iterator->attribute = attribute;
    iterator->want = want;
    if (iterator->over)
        return CPL_OK;
    if (call->n < used)
        return cpl_chat_fail(chat, "the attribute's name is missing");
    if (attribute)
        iterator->path = call->positional[0];
    if (call->n == used)
        return CPL_OK;
    iterator->call = behind(call, used + 1);
    return find_builtin(chat, call->positional[used], false, &iterator->builtin);
}

cpl_status cpl_iterator_loop_test(struct cpl_chat *chat, struct cpl_value source,
                                  const struct cpl_node *loop, struct cpl_scope *scope,
                                  struct cpl_value *out)
{
    struct cpl_iterator *iterator = NULL;
    CPL_TRY(make(chat, ITERATE_LOOP_TEST, source, &iterator));
    CPL_TRY(cpl_iterator_open(chat, source, &iterator->source));
    iterator->loop = loop;
    *out = as_value(iterator);
    struct cpl_scope *present = chat->scope;
    CPL_TRY(cpl_scope_push(chat, scope, NULL));
    iterator->scope = chat->scope;
    chat->scope = present;
    return CPL_OK;
}
