/* Calls: arguments, macros, functions, methods, filters and tests. */
#include "chat/chat.h"

#include "base/try.h"

#include <string.h>

#define NOINLINE __attribute__((noinline))

/* ---- arguments --------------------------------------------------------------------------- */

static cpl_status add_keyword(struct cpl_chat *chat, struct cpl_dict *keywords,
                              struct cpl_value name, struct cpl_value value)
{
    size_t before = keywords->count;
    if (name.kind != CPL_TEXT)
        return cpl_chat_fail(chat, "the names of arguments must be texts");
    CPL_TRY(cpl_dict_set(chat, keywords, name, value));
    if (keywords->count == before)
        return cpl_chat_fail(chat, "the argument \"%.*s\" is given twice",
                             (int)name.as.text->length, name.as.text->data);
    return CPL_OK;
}

static cpl_status spread(struct cpl_chat *chat, const struct cpl_node *argument,
                         struct cpl_value value, struct cpl_list_builder *positional,
                         struct cpl_dict *keywords)
{
    struct cpl_iterator *iterator = NULL;
    struct cpl_value item, name;
    bool more = true;
    chat->position = argument->position;
    if (argument->name) {
        CPL_TRY(cpl_value_text_of(chat, &name, argument->name->text, argument->name->length));
        return add_keyword(chat, keywords, name, value);
    }
    if (argument->token == CPL_TOKEN_POWER) {
        if (value.kind != CPL_DICT)
            return cpl_chat_fail(chat, "** takes a mapping, not %s", cpl_kind_name(value.kind));
        for (size_t i = 0; i < value.as.dict->count; i++)
            CPL_TRY(add_keyword(chat, keywords, value.as.dict->entry[i].key,
                                value.as.dict->entry[i].value));
        return CPL_OK;
    }
    if (argument->token != CPL_TOKEN_MULTIPLY)
        return cpl_list_add(chat, positional, value);
    CPL_TRY(cpl_iterator_open(chat, value, &iterator));
    while (more) {
        CPL_TRY(cpl_iterator_next(chat, iterator, &item, &more));
        if (more)
            CPL_TRY(cpl_list_add(chat, positional, item));
    }
    return CPL_OK;
}

static NOINLINE cpl_status evaluate_arguments(struct cpl_chat *chat,
                                              const struct cpl_node *node,
                                              const struct cpl_value *caller,
                                              struct cpl_call *out)
{
    struct cpl_list_builder positional = {0};
    struct cpl_dict *keywords = NULL;
    struct cpl_value list, name;
    *out = (struct cpl_call){0};
    if (!node->items && !caller)
        return CPL_OK;
    CPL_TRY(cpl_value_list(chat, &list, &positional.list, node->n_items));
    positional.capacity = node->n_items;
    CPL_TRY(cpl_dict_new(chat, &keywords));
    for (const struct cpl_node *argument = node->items; argument; argument = argument->next) {
        struct cpl_value value;
        CPL_TRY(cpl_chat_evaluate(chat, argument->first, &value));
        CPL_TRY(spread(chat, argument, value, &positional, keywords));
    }
    if (caller) {
        CPL_TRY(cpl_value_text_of(chat, &name, "caller", 6));
        CPL_TRY(add_keyword(chat, keywords, name, *caller));
    }
    *out = (struct cpl_call){positional.list->item, positional.list->count,
                             keywords->count ? keywords : NULL};
    return CPL_OK;
}

/* ---- builtins ---------------------------------------------------------------------------- */

/* The next word of a list of parameters; its length. */
static size_t next_parameter(const char **at, bool *optional, bool *unnamed)
{
    *at += strspn(*at, " ");
    *unnamed = **at == '-';
    *at += *unnamed;
    size_t length = strcspn(*at, " ?");
    *optional = (*at)[length] == '?';
    return length;
}

/* value[1..] from the call, as the list of parameters says. */
static cpl_status bind(struct cpl_chat *chat, const struct cpl_builtin *builtin,
                       const char *what, const struct cpl_call *call, struct cpl_value *value)
{
    const char *at = builtin->parameters;
    size_t n = 0, used = 0, n_keywords = call->keywords ? call->keywords->count : 0;
    bool optional, unnamed;
    for (;; n++) {
        size_t length = next_parameter(&at, &optional, &unnamed);
        if (length == 0)
            break;
        const struct cpl_dict_entry *named =
            call->keywords && !unnamed ? cpl_dict_find(chat, call->keywords, at, length) : NULL;
        if (n < call->n && named)
            return cpl_chat_fail(chat, "the %s \"%s\" got \"%.*s\" twice", what, builtin->name,
                                 (int)length, at);
        if (n < call->n)
            value[n + 1] = call->positional[n];
        else if (named)
            value[n + 1] = named->value;
        else if (!optional)
            return cpl_chat_fail(chat, "the %s \"%s\" needs \"%.*s\"", what, builtin->name,
                                 (int)length, at);
        used += named != NULL;
        at += length + optional;
    }
    if (call->n > n)
        return cpl_chat_fail(chat, "the %s \"%s\" takes at most %zu arguments, not %zu", what,
                             builtin->name, n, call->n);
    if (used < n_keywords)
        return cpl_chat_fail(chat, "the %s \"%s\" knows its arguments by other names", what,
                             builtin->name);
    return CPL_OK;
}

NOINLINE cpl_status cpl_builtin_call(struct cpl_chat *chat, const struct cpl_builtin *builtin,
                                     const char *what, struct cpl_value self,
                                     const struct cpl_call *call, struct cpl_value *out)
{
    struct cpl_value value[CPL_PARAMETERS_MAX + 1] = {self};
    if (cpl_builtin_is_refused(builtin))
        return cpl_chat_fail(chat, "the %s \"%s\" is not rendered here", what, builtin->name);
    if (builtin->parameters)
        CPL_TRY(bind(chat, builtin, what, call, value));
    return builtin->function(chat, value, call, out);
}

static NOINLINE cpl_status call_loop(struct cpl_chat *chat, const struct cpl_loop *loop,
                                     const struct cpl_call *call, struct cpl_value *out)
{
    size_t mark = chat->out.length;
    if (!loop->recursive)
        return cpl_chat_fail(chat, "only loops marked \"recursive\" can be called");
    if (call->n != 1 || call->keywords)
        return cpl_chat_fail(chat, "a loop is called with what it walks through");
    CPL_TRY(cpl_chat_run_loop(chat, loop->recursive, call->positional[0], loop->scope,
                              loop->depth0 + 1));
    return cpl_chat_capture(chat, mark, out);
}

/* What a method makes of a safe text is safe, be it in parts. */
static void mark(struct cpl_value *value)
{
    bool parts = value->kind == CPL_LIST || value->kind == CPL_TUPLE;
    value->markup = value->kind == CPL_TEXT;
    for (size_t i = 0; parts && i < value->as.list->count; i++)
        value->as.list->item[i].markup = true;
}

/* ---- all kinds --------------------------------------------------------------------------- */

cpl_status cpl_chat_call(struct cpl_chat *chat, struct cpl_value function,
                         const struct cpl_call *call, struct cpl_value *out)
{
    const struct cpl_method *method = function.as.method;
    switch ((enum cpl_kind)function.kind) {
    case CPL_UNDEFINED: return cpl_undefined_fail(chat, function);
    case CPL_MACRO: return cpl_chat_call_macro(chat, function.as.macro, call, out);
    case CPL_LOOP: return call_loop(chat, function.as.loop, call, out);
    case CPL_FUNCTION:
        return cpl_builtin_call(chat, function.as.function, "function", cpl_none, call, out);
    case CPL_METHOD:
        CPL_TRY(cpl_builtin_call(chat, method->function, "method", method->self, call, out));
        if (method->self.kind == CPL_TEXT && method->self.markup)
            mark(out);
        return CPL_OK;
    case CPL_JOINER:
        if (call->n || call->keywords)
            return cpl_chat_fail(chat, "a joiner is called without arguments");
        if (function.as.cycler->at++)
            *out = function.as.cycler->items.item[0];
        else
            return cpl_value_text_of(chat, out, "", 0);
        return CPL_OK;
    default: return cpl_chat_fail(chat, "%s cannot be called", cpl_kind_name(function.kind));
    }
}

cpl_status cpl_chat_call_node(struct cpl_chat *chat, const struct cpl_node *node,
                              const struct cpl_value *caller, struct cpl_value *out)
{
    struct cpl_value function;
    struct cpl_call call;
    CPL_TRY(cpl_chat_evaluate(chat, node->first, &function));
    CPL_TRY(evaluate_arguments(chat, node, caller, &call));
    chat->position = node->position;
    return cpl_chat_call(chat, function, &call, out);
}

cpl_status cpl_chat_filter_node(struct cpl_chat *chat, const struct cpl_node *node,
                                const struct cpl_value *captured, struct cpl_value *out)
{
    struct cpl_value value;
    struct cpl_call call;
    if (!node->first)
        value = *captured;
    else if (captured && node->first->kind == CPL_NODE_FILTER)
        CPL_TRY(cpl_chat_filter_node(chat, node->first, captured, &value));
    else
        CPL_TRY(cpl_chat_evaluate(chat, node->first, &value));
    CPL_TRY(evaluate_arguments(chat, node, NULL, &call));
    chat->position = node->position;
    if (!node->builtin)
        return cpl_chat_fail(chat, "unknown filter \"%s\"", node->name->text);
    return cpl_builtin_call(chat, node->builtin, "filter", value, &call, out);
}

cpl_status cpl_chat_test_node(struct cpl_chat *chat, const struct cpl_node *node,
                              struct cpl_value *out)
{
    struct cpl_value value;
    struct cpl_call call;
    CPL_TRY(cpl_chat_evaluate(chat, node->first, &value));
    CPL_TRY(evaluate_arguments(chat, node, NULL, &call));
    chat->position = node->position;
    if (!node->builtin)
        return cpl_chat_fail(chat, "unknown test \"%s\"", node->name->text);
    return cpl_builtin_call(chat, node->builtin, "test", value, &call, out);
}
