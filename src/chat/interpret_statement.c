/* Running statements. */
#include "chat/chat.h"

#include "base/memory.h"
#include "base/try.h"

/* Bodies are run by calls of their own, which keeps the frame of the recursion small. */
#define NOINLINE __attribute__((noinline))

static cpl_status assign_attribute(struct cpl_chat *chat, const struct cpl_node *target,
                                   struct cpl_value value)
{
    struct cpl_value object, key;
    CPL_TRY(cpl_scope_get(chat, target->name, &object));
    if (object.kind != CPL_NAMESPACE)
        return cpl_chat_fail(chat, "only namespaces have attributes to set, \"%s\" is %s",
                             target->name->text, cpl_kind_name(object.kind));
    if (target->attribute->text[0] == '_')
        return cpl_chat_fail(chat, "attributes cannot begin with \"_\"");
    CPL_TRY(cpl_value_text_of(chat, &key, target->attribute->text, target->attribute->length));
    return cpl_dict_set(chat, object.as.dict, key, value);
}

cpl_status cpl_chat_assign(struct cpl_chat *chat, const struct cpl_node *target,
                           struct cpl_value value)
{
    struct cpl_iterator *iterator = NULL;
    struct cpl_value item;
    bool more = true;
    chat->position = target->position;
    if (target->kind == CPL_NODE_NAME)
        return cpl_scope_set(chat, chat->scope, target->name, value);
    if (target->kind == CPL_NODE_ATTRIBUTE_TARGET)
        return assign_attribute(chat, target, value);
    CPL_TRY(cpl_iterator_open(chat, value, &iterator));
    for (const struct cpl_node *part = target->items; part; part = part->next) {
        CPL_TRY(cpl_iterator_next(chat, iterator, &item, &more));
        if (!more)
            return cpl_chat_fail(chat, "fewer than the %zu values that are expected",
                                 target->n_items);
        CPL_TRY(cpl_chat_assign(chat, part, item));
    }
    CPL_TRY(cpl_iterator_next(chat, iterator, &item, &more));
    return more ? cpl_chat_fail(chat, "more than the %zu values that are expected",
                                target->n_items)
                : CPL_OK;
}

/* ---- loops ------------------------------------------------------------------------------- */

static cpl_status next_round(struct cpl_chat *chat, struct cpl_loop *loop, bool *more)
{
    struct cpl_value item = loop->after;
    *more = loop->has_after;
    if (!loop->has_after)
        CPL_TRY(cpl_iterator_next(chat, loop->iterator, &item, more));
    if (!*more)
        return CPL_OK;
    loop->has_after = false;
    loop->index0++;
    loop->before = loop->current;
    loop->current = item;
    return CPL_OK;
}

cpl_status cpl_chat_run_loop(struct cpl_chat *chat, const struct cpl_node *node,
                             struct cpl_value iterable, struct cpl_scope *scope, int64_t depth0)
{
    struct cpl_scope *outer = chat->scope, *inner;
    struct cpl_loop *loop = NULL;
    const struct cpl_name *name = chat->template->loop; /* NULL when nothing reads it */
    bool more = true, untouched = true;
    if (node->third)
        CPL_TRY(cpl_iterator_loop_test(chat, iterable, node, scope, &iterable));
    CPL_TRY(cpl_chat_take(chat, &loop, 1, sizeof *loop));
    *loop = (struct cpl_loop){.iterable = iterable,
                              .index0 = -1,
                              .length = -1,
                              .depth0 = depth0,
                              .recursive = node->flags ? node : NULL,
                              .scope = scope};
    CPL_TRY(cpl_iterator_open(chat, iterable, &loop->iterator));
    CPL_TRY(cpl_scope_push(chat, scope, NULL));
    inner = chat->scope;
    while (more) {
        CPL_TRY(next_round(chat, loop, &more));
        if (!more)
            break;
        CPL_TRY(cpl_scope_reset(chat, inner, node->body));
        chat->scope = inner;
        if (name)
            CPL_TRY(cpl_scope_set(chat, inner, name,
                                  (struct cpl_value){.kind = CPL_LOOP, .as.loop = loop}));
        CPL_TRY(cpl_chat_assign(chat, node->first, loop->current));
        CPL_TRY(cpl_chat_run(chat, node->body->items));
        enum cpl_flow flow = chat->flow;
        chat->flow = CPL_FLOW_ON;
        untouched &= flow != CPL_FLOW_ON; /* as jinja2: a round that is left does not count */
        if (flow == CPL_FLOW_BREAK)
            break;
    }
    chat->scope = scope;
    if (untouched && node->otherwise)
        CPL_TRY(cpl_chat_run_frame(chat, node->otherwise));
    chat->scope = outer;
    return CPL_OK;
}

static NOINLINE cpl_status run_for(struct cpl_chat *chat, const struct cpl_node *node)
{
    struct cpl_value iterable;
    CPL_TRY(cpl_chat_evaluate(chat, node->second, &iterable));
    chat->position = node->second->position;
    return cpl_chat_run_loop(chat, node, iterable, chat->scope, 0);
}

/* ---- other statements -------------------------------------------------------------------- */

static NOINLINE cpl_status run_if(struct cpl_chat *chat, const struct cpl_node *node)
{
    struct cpl_value value;
    CPL_TRY(cpl_chat_evaluate(chat, node->first, &value));
    if (cpl_value_truth(value))
        return cpl_chat_run(chat, node->body->items);
    for (const struct cpl_node *other = node->items; other; other = other->next) {
        CPL_TRY(cpl_chat_evaluate(chat, other->first, &value));
        if (cpl_value_truth(value))
            return cpl_chat_run(chat, other->body->items);
    }
    return node->otherwise ? cpl_chat_run(chat, node->otherwise->items) : CPL_OK;
}

static NOINLINE cpl_status print(struct cpl_chat *chat, const struct cpl_node *expression)
{
    struct cpl_value value;
    CPL_TRY(cpl_chat_evaluate(chat, expression, &value));
    chat->position = expression->position;
    return cpl_value_print(chat, &chat->out, value);
}

static NOINLINE cpl_status run_set(struct cpl_chat *chat, const struct cpl_node *node)
{
    struct cpl_value value;
    CPL_TRY(cpl_chat_evaluate(chat, node->second, &value));
    return cpl_chat_assign(chat, node->first, value);
}

/* The text of a body, through a chain of filters (may be NULL).  *left: a loop was left from it. */
static cpl_status capture_body(struct cpl_chat *chat, const struct cpl_node *body,
                               const struct cpl_node *filter, struct cpl_value *out, bool *left)
{
    struct cpl_scope *outer = chat->scope;
    struct cpl_value text;
    size_t mark = chat->out.length;
    CPL_TRY(cpl_scope_push(chat, outer, body));
    CPL_TRY(cpl_chat_run(chat, body->items));
    CPL_TRY(cpl_chat_capture(chat, mark, &text));
    *left = chat->flow != CPL_FLOW_ON;
    *out = text;
    if (filter && !*left)
        CPL_TRY(cpl_chat_filter_node(chat, filter, &text, out));
    chat->scope = outer;
    return CPL_OK;
}

static NOINLINE cpl_status run_captured(struct cpl_chat *chat, const struct cpl_node *node)
{
    struct cpl_value value;
    bool set = node->kind == CPL_NODE_SET_BLOCK, left = false;
    CPL_TRY(capture_body(chat, node->body, set ? node->second : node->first, &value, &left));
    if (left)
        return CPL_OK;
    return set ? cpl_chat_assign(chat, node->first, value)
               : cpl_value_print(chat, &chat->out, value);
}

static cpl_status make_macro(struct cpl_chat *chat, const struct cpl_node *node,
                             struct cpl_value *out)
{
    struct cpl_macro *macro = NULL;
    CPL_TRY(cpl_chat_take(chat, &macro, 1, sizeof *macro));
    macro->node = node;
    macro->scope = chat->scope;
    *out = (struct cpl_value){.kind = CPL_MACRO, .as.macro = macro};
    return CPL_OK;
}

static NOINLINE cpl_status run_call_block(struct cpl_chat *chat, const struct cpl_node *node)
{
    struct cpl_value caller, value;
    CPL_TRY(make_macro(chat, node->second, &caller));
    CPL_TRY(cpl_chat_call_node(chat, node->first, &caller, &value));
    return cpl_value_print(chat, &chat->out, value);
}

static NOINLINE cpl_status run_macro(struct cpl_chat *chat, const struct cpl_node *node)
{
    struct cpl_value macro;
    CPL_TRY(make_macro(chat, node, &macro));
    return cpl_scope_set(chat, chat->scope, node->name, macro);
}

static NOINLINE cpl_status run_generation(struct cpl_chat *chat, const struct cpl_node *node)
{
    struct cpl_chat_span span = {.begin = chat->out.length};
    CPL_TRY(cpl_chat_run_frame(chat, node->body));
    span.end = chat->out.length;
    CPL_TRY(cpl_chat_spend(chat, 8));
    CPL_TRY(cpl_memory_grow(&chat->span, &chat->span_capacity, chat->n_spans + 1,
                            sizeof *chat->span, chat->error));
    chat->span[chat->n_spans++] = span;
    return CPL_OK;
}

/* Values are those of the frame around it. */
static NOINLINE cpl_status run_with(struct cpl_chat *chat, const struct cpl_node *node)
{
    struct cpl_scope *outer = chat->scope, *inner;
    CPL_TRY(cpl_scope_push(chat, outer, node->body));
    inner = chat->scope;
    for (const struct cpl_node *set = node->items; set; set = set->next) {
        struct cpl_value value;
        chat->scope = outer;
        CPL_TRY(cpl_chat_evaluate(chat, set->second, &value));
        chat->scope = inner;
        CPL_TRY(cpl_chat_assign(chat, set->first, value));
    }
    chat->scope = inner;
    CPL_TRY(cpl_chat_run(chat, node->body->items));
    chat->scope = outer;
    return CPL_OK;
}

cpl_status cpl_chat_run_frame(struct cpl_chat *chat, const struct cpl_node *frame)
{
    struct cpl_scope *outer = chat->scope;
    CPL_TRY(cpl_scope_push(chat, outer, frame));
    CPL_TRY(cpl_chat_run(chat, frame->items));
    chat->scope = outer;
    return CPL_OK;
}

static cpl_status run_one(struct cpl_chat *chat, const struct cpl_node *node)
{
    switch ((enum cpl_node_kind)node->kind) {
    case CPL_NODE_DATA:
        return cpl_chat_write(chat, node->constant.as.text->data,
                              node->constant.as.text->length);
    case CPL_NODE_PRINT: return print(chat, node->first);
    case CPL_NODE_FOR: return run_for(chat, node);
    case CPL_NODE_IF: return run_if(chat, node);
    case CPL_NODE_GROUP: return cpl_chat_run(chat, node->items);
    case CPL_NODE_SET: return run_set(chat, node);
    case CPL_NODE_SET_BLOCK:
    case CPL_NODE_FILTER_BLOCK: return run_captured(chat, node);
    case CPL_NODE_MACRO: return run_macro(chat, node);
    case CPL_NODE_CALL_BLOCK: return run_call_block(chat, node);
    case CPL_NODE_GENERATION: return run_generation(chat, node);
    case CPL_NODE_WITH: return run_with(chat, node);
    case CPL_NODE_BREAK: chat->flow = CPL_FLOW_BREAK; return CPL_OK;
    case CPL_NODE_CONTINUE: chat->flow = CPL_FLOW_CONTINUE; return CPL_OK;
    default: return cpl_chat_fail(chat, "an expression where a statement is expected");
    }
}

cpl_status cpl_chat_run(struct cpl_chat *chat, const struct cpl_node *statements)
{
    CPL_TRY(cpl_chat_enter(chat));
    for (const struct cpl_node *node = statements; node && chat->flow == CPL_FLOW_ON;
         node = node->next) {
        CPL_TRY(cpl_chat_spend(chat, 1));
        chat->position = node->position;
        CPL_TRY(run_one(chat, node));
    }
    chat->depth--;
    return CPL_OK;
}
