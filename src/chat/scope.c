/* Variables: frames inside frames, then what the caller passed, then the global functions. */
#include "chat/chat.h"

#include "base/try.h"

#include <string.h>

cpl_status cpl_scope_push(struct cpl_chat *chat, struct cpl_scope *parent,
                          const struct cpl_node *frame)
{
    struct cpl_scope *scope = NULL;
    CPL_TRY(cpl_chat_take(chat, &scope, 1, sizeof *scope));
    scope->parent = parent;
    chat->scope = scope;
    return cpl_scope_reset(chat, scope, frame);
}

cpl_status cpl_scope_reset(struct cpl_chat *chat, struct cpl_scope *scope,
                           const struct cpl_node *frame)
{
    scope->count = 0;
    for (size_t i = 0; frame && i < frame->n_missing; i++)
        CPL_TRY(cpl_scope_set(chat, scope, frame->missing[i], (struct cpl_value){0}));
    return CPL_OK;
}

cpl_status cpl_scope_set(struct cpl_chat *chat, struct cpl_scope *scope,
                         const struct cpl_name *name, struct cpl_value value)
{
    size_t i = 0;
    while (i < scope->count && scope->variable[i].name != name)
        i++;
    CPL_TRY(cpl_chat_spend(chat, 1 + i / 8));
    if (i == scope->capacity) {
        struct cpl_variable *grown = NULL;
        size_t capacity = scope->capacity ? scope->capacity * 2 : 4;
        CPL_TRY(cpl_chat_take(chat, &grown, capacity, sizeof *grown));
        if (scope->count)
            memcpy(grown, scope->variable, scope->count * sizeof *grown);
        scope->variable = grown;
        scope->capacity = capacity;
    }
    scope->variable[i] = (struct cpl_variable){name, value};
    scope->count += i == scope->count;
    return CPL_OK;
}

cpl_status cpl_scope_get(struct cpl_chat *chat, const struct cpl_name *name,
                         struct cpl_value *out)
{
    for (const struct cpl_scope *scope = chat->scope; scope; scope = scope->parent) {
        CPL_TRY(cpl_chat_spend(chat, 1 + scope->count / 8));
        for (size_t i = 0; i < scope->count; i++) {
            if (scope->variable[i].name != name)
                continue;
            *out = scope->variable[i].value;
            if (out->kind == CPL_MISSING)
                *out = cpl_value_undefined(name->text);
            return CPL_OK;
        }
    }
    const struct cpl_dict_entry *entry =
        cpl_dict_find(chat, chat->variables, name->text, name->length);
    const struct cpl_builtin *function = NULL;
    *out = cpl_value_undefined(name->text);
    if (entry)
        *out = entry->value;
    else if ((function = cpl_function_find(name->text, name->length)))
        *out = (struct cpl_value){.kind = CPL_FUNCTION, .as.function = function};
    return CPL_OK;
}
