/* Generators, evaluated item by item: map, select, a loop's test, reversed. */
#include "chat/chat.h"

#include "base/try.h"
#include "chat/iterator.h"

cpl_status cpl_iterator_next_mapped(struct cpl_chat *chat, struct cpl_iterator *iterator,
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

cpl_status cpl_iterator_next_selected(struct cpl_chat *chat, struct cpl_iterator *iterator,
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

cpl_status cpl_iterator_next_tested(struct cpl_chat *chat, struct cpl_iterator *iterator,
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

static struct cpl_value as_value(struct cpl_iterator *iterator)
{
    return (struct cpl_value){.kind = CPL_ITERATOR, .as.iterator = iterator};
}

cpl_status cpl_iterator_once(struct cpl_chat *chat, struct cpl_value list,
                             struct cpl_value *out)
{
    struct cpl_iterator *iterator = NULL;
    CPL_TRY(cpl_iterator_make(chat, ITERATE_LIST, list, &iterator));
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

static cpl_status from_source(struct cpl_chat *chat, enum cpl_iterator_kind kind,
                              struct cpl_value source, struct cpl_iterator **made)
{
    CPL_TRY(cpl_iterator_make(chat, kind, source, made));
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
    CPL_TRY(cpl_iterator_make(chat, ITERATE_LOOP_TEST, source, &iterator));
    CPL_TRY(cpl_iterator_open(chat, source, &iterator->source));
    iterator->loop = loop;
    *out = as_value(iterator);
    struct cpl_scope *present = chat->scope;
    CPL_TRY(cpl_scope_push(chat, scope, NULL));
    iterator->scope = chat->scope;
    chat->scope = present;
    return CPL_OK;
}
