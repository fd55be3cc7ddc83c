/* Calling macros: their arguments, defaults and special variables, as jinja2.runtime.Macro does. */
#include "chat/chat.h"

#include "base/try.h"

#include <string.h>

/* Binds what was passed, then evaluates defaults in the macro's own scope, in order. */
static cpl_status bind_parameters(struct cpl_chat *chat, const struct cpl_node *node,
                                  const struct cpl_call *call)
{
    struct cpl_scope *scope = chat->scope;
    size_t i = 0;
    for (const struct cpl_node *item = node->items; item; item = item->next, i++) {
        struct cpl_value value = {0};
        const struct cpl_dict_entry *named = NULL;
        if (i < call->n)
            value = call->positional[i];
        else if (call->keywords)
            named = cpl_dict_find(chat, call->keywords, item->name->text, item->name->length);
        if (named)
            value = named->value;
        CPL_TRY(cpl_scope_set(chat, scope, item->name, value));
    }
    i = 0;
    for (const struct cpl_node *item = node->items; item; item = item->next, i++) {
        struct cpl_value value;
        if (scope->variable[i].value.kind != CPL_MISSING || !item->first)
            continue;
        CPL_TRY(cpl_chat_evaluate(chat, item->first, &value));
        CPL_TRY(cpl_scope_set(chat, scope, item->name, value));
    }
    return CPL_OK;
}

static cpl_status set_special(struct cpl_chat *chat, const char *name, struct cpl_value value)
{
    struct cpl_name *found = cpl_template_find_name(chat->template, name, strlen(name));
    return found ? cpl_scope_set(chat, chat->scope, found, value) : CPL_OK;
}

/* `caller`, `kwargs` and `varargs`, for macros that read them; an error for arguments that nobody
 * takes. */
static cpl_status bind_specials(struct cpl_chat *chat, const struct cpl_node *node,
                                const struct cpl_call *call)
{
    struct cpl_value rest = {.kind = CPL_DICT}, list;
    struct cpl_dict_entry *caller = NULL;
    struct cpl_list *more = NULL;
    if (call->keywords && node->flags & CPL_MACRO_CALLER)
        caller = cpl_dict_find(chat, call->keywords, "caller", 6);
    if (node->flags & CPL_MACRO_CALLER)
        CPL_TRY(set_special(chat, "caller",
                            caller ? caller->value : cpl_value_undefined("caller")));
    CPL_TRY(cpl_dict_new(chat, &rest.as.dict));
    for (size_t i = 0; call->keywords && i < call->keywords->count; i++) {
        const struct cpl_dict_entry *entry = &call->keywords->entry[i];
        bool taken = entry == caller;
        for (size_t k = 0; k < node->n_items && !taken; k++) {
            const struct cpl_name *name = chat->scope->variable[k].name;
            taken = k >= call->n && name->length == entry->key.as.text->length &&
                    memcmp(name->text, entry->key.as.text->data, name->length) == 0;
        }
        CPL_TRY(cpl_chat_spend(chat, node->n_items));
        if (!taken)
            CPL_TRY(cpl_dict_set(chat, rest.as.dict, entry->key, entry->value));
    }
    if (node->flags & CPL_MACRO_KEYWORDS)
        CPL_TRY(set_special(chat, "kwargs", rest));
    else if (rest.as.dict->count)
        return cpl_chat_fail(chat, "the macro takes no argument \"%.*s\"",
                             (int)rest.as.dict->entry[0].key.as.text->length,
                             rest.as.dict->entry[0].key.as.text->data);
    size_t beyond = call->n > node->n_items ? call->n - node->n_items : 0;
    if (!(node->flags & CPL_MACRO_REST))
        return beyond ? cpl_chat_fail(chat, "the macro takes at most %zu arguments, not %zu",
                                      node->n_items, call->n)
                      : CPL_OK;
    CPL_TRY(cpl_value_list(chat, &list, &more, beyond));
    if (beyond)
        memcpy(more->item, call->positional + node->n_items, beyond * sizeof *more->item);
    more->count = beyond;
    list.kind = CPL_TUPLE;
    return set_special(chat, "varargs", list);
}

cpl_status cpl_chat_call_macro(struct cpl_chat *chat, const struct cpl_macro *macro,
                               const struct cpl_call *call, struct cpl_value *out)
{
    struct cpl_scope *outer = chat->scope;
    size_t mark = chat->out.length;
    CPL_TRY(cpl_scope_push(chat, macro->scope, NULL));
    CPL_TRY(bind_parameters(chat, macro->node, call));
    CPL_TRY(bind_specials(chat, macro->node, call));
    for (size_t i = 0; i < macro->node->body->n_missing; i++)
        CPL_TRY(cpl_scope_set(chat, chat->scope, macro->node->body->missing[i],
                              (struct cpl_value){0}));
    CPL_TRY(cpl_chat_run(chat, macro->node->body->items));
    chat->scope = outer;
    return cpl_chat_capture(chat, mark, out);
}
