/* Evaluating expressions.  Every level of nodes is counted, so that no template can exhaust the stack. */
#include "chat/chat.h"

#include "base/try.h"

/* Operands are evaluated by calls of their own, which keeps the frame of the recursion small. */
#define NOINLINE __attribute__((noinline))

static NOINLINE cpl_status evaluate_items(struct cpl_chat *chat, const struct cpl_node *node,
                                          struct cpl_value *out)
{
    struct cpl_list *list = NULL;
    CPL_TRY(cpl_value_list(chat, out, &list, node->n_items));
    out->kind = node->kind == CPL_NODE_TUPLE ? CPL_TUPLE : CPL_LIST;
    for (const struct cpl_node *item = node->items; item; item = item->next)
        CPL_TRY(cpl_chat_evaluate(chat, item, &list->item[list->count++]));
    return CPL_OK;
}

static NOINLINE cpl_status evaluate_dict(struct cpl_chat *chat, const struct cpl_node *node,
                                         struct cpl_value *out)
{
    *out = (struct cpl_value){.kind = CPL_DICT};
    CPL_TRY(cpl_dict_new(chat, &out->as.dict));
    for (const struct cpl_node *pair = node->items; pair; pair = pair->next) {
        struct cpl_value key, value;
        CPL_TRY(cpl_chat_evaluate(chat, pair->first, &key));
        CPL_TRY(cpl_chat_evaluate(chat, pair->second, &value));
        chat->position = pair->position;
        CPL_TRY(cpl_dict_set(chat, out->as.dict, key, value));
    }
    return CPL_OK;
}

static cpl_status compare(struct cpl_chat *chat, enum cpl_token_kind operation,
                          struct cpl_value a, struct cpl_value b, bool *out)
{
    switch (operation) {
    case CPL_TOKEN_EQUAL: return cpl_value_equal(chat, a, b, out);
    case CPL_TOKEN_NOT_EQUAL:
        CPL_TRY(cpl_value_equal(chat, a, b, out));
        *out = !*out;
        return CPL_OK;
    case CPL_TOKEN_IN: return cpl_value_contains(chat, b, a, out);
    case CPL_TOKEN_NOT_IN:
        CPL_TRY(cpl_value_contains(chat, b, a, out));
        *out = !*out;
        return CPL_OK;
    case CPL_TOKEN_LESS: return cpl_value_order(chat, a, b, CPL_LESS, out);
    case CPL_TOKEN_LESS_EQUAL: return cpl_value_order(chat, a, b, CPL_LESS_EQUAL, out);
    case CPL_TOKEN_GREATER: return cpl_value_order(chat, a, b, CPL_GREATER, out);
    default: return cpl_value_order(chat, a, b, CPL_GREATER_EQUAL, out);
    }
}

/* a < b <= c: each operand is evaluated once, and no more behind the first that does not hold. */
static NOINLINE cpl_status evaluate_compare(struct cpl_chat *chat, const struct cpl_node *node,
                                            struct cpl_value *out)
{
    struct cpl_value left, right;
    bool holds = true;
    CPL_TRY(cpl_chat_evaluate(chat, node->first, &left));
    for (const struct cpl_node *item = node->items; item && holds; item = item->next) {
        CPL_TRY(cpl_chat_evaluate(chat, item->first, &right));
        chat->position = item->position;
        CPL_TRY(compare(chat, (enum cpl_token_kind)item->token, left, right, &holds));
        left = right;
    }
    *out = cpl_value_bool(holds);
    return CPL_OK;
}

static NOINLINE cpl_status evaluate_concat(struct cpl_chat *chat, const struct cpl_node *node,
                                           struct cpl_value *out)
{
    struct cpl_buffer buffer = {0};
    cpl_status status = CPL_OK;
    for (const struct cpl_node *item = node->items; item && status == CPL_OK;
         item = item->next) {
        struct cpl_value value;
        status = cpl_chat_evaluate(chat, item, &value);
        if (status == CPL_OK)
            status = cpl_value_print(chat, &buffer, value);
    }
    if (status == CPL_OK)
        return cpl_value_from_buffer(chat, out, &buffer);
    cpl_buffer_clear(&buffer);
    return status;
}

static NOINLINE cpl_status evaluate_slice(struct cpl_chat *chat, const struct cpl_node *node,
                                          struct cpl_value *out)
{
    struct cpl_value object, bound[3] = {cpl_none, cpl_none, cpl_none};
    const struct cpl_node *item = node->items;
    CPL_TRY(cpl_chat_evaluate(chat, node->first, &object));
    for (int i = 0; i < 3; i++, item = item->next)
        if (item->kind != CPL_NODE_ABSENT)
            CPL_TRY(cpl_chat_evaluate(chat, item, &bound[i]));
    chat->position = node->position;
    return cpl_value_slice(chat, object, bound, out);
}

static NOINLINE cpl_status evaluate_binary(struct cpl_chat *chat, const struct cpl_node *node,
                                           struct cpl_value *out)
{
    struct cpl_value left, right;
    CPL_TRY(cpl_chat_evaluate(chat, node->first, &left));
    CPL_TRY(cpl_chat_evaluate(chat, node->second, &right));
    chat->position = node->position;
    return cpl_value_binary(chat, (enum cpl_token_kind)node->token, left, right, out);
}

static NOINLINE cpl_status evaluate_lookup(struct cpl_chat *chat, const struct cpl_node *node,
                                           struct cpl_value *out)
{
    struct cpl_value object, key;
    struct cpl_text text;
    CPL_TRY(cpl_chat_evaluate(chat, node->first, &object));
    if (node->kind == CPL_NODE_ITEM) {
        CPL_TRY(cpl_chat_evaluate(chat, node->second, &key));
        chat->position = node->position;
        return cpl_value_getitem(chat, object, key, out);
    }
    chat->position = node->position;
    text = (struct cpl_text){node->name->text, node->name->length, 0};
    key = (struct cpl_value){.kind = CPL_TEXT, .as.text = &text};
    CPL_TRY(cpl_value_getattr(chat, object, key, out));
    if (out->kind == CPL_UNDEFINED)
        out->as.name = node->name->text;
    return CPL_OK;
}

static NOINLINE cpl_status evaluate_condition(struct cpl_chat *chat,
                                              const struct cpl_node *node,
                                              struct cpl_value *out)
{
    CPL_TRY(cpl_chat_evaluate(chat, node->first, out));
    const struct cpl_node *taken = cpl_value_truth(*out) ? node->second : node->third;
    if (taken)
        return cpl_chat_evaluate(chat, taken, out);
    *out = cpl_value_undefined("an inline if without else");
    return CPL_OK;
}

static NOINLINE cpl_status evaluate_sign(struct cpl_chat *chat, const struct cpl_node *node,
                                         struct cpl_value *out)
{
    struct cpl_value value;
    CPL_TRY(cpl_chat_evaluate(chat, node->first, &value));
    chat->position = node->position;
    if (node->kind == CPL_NODE_NEGATIVE)
        return cpl_value_negate(chat, value, out);
    if (value.kind == CPL_UNDEFINED)
        return cpl_undefined_fail(chat, value);
    if (!cpl_value_is_number(value))
        return cpl_chat_fail(chat, "%s has no sign", cpl_kind_name(value.kind));
    *out = value.kind == CPL_BOOL ? cpl_value_int(value.as.truth) : value;
    return CPL_OK;
}

cpl_status cpl_chat_evaluate(struct cpl_chat *chat, const struct cpl_node *node,
                             struct cpl_value *out)
{
    cpl_status status = CPL_OK;
    CPL_TRY(cpl_chat_spend(chat, 1));
    CPL_TRY(cpl_chat_enter(chat));
    chat->position = node->position;
    switch ((enum cpl_node_kind)node->kind) {
    case CPL_NODE_CONSTANT: *out = node->constant; break;
    case CPL_NODE_NAME: status = cpl_scope_get(chat, node->name, out); break;
    case CPL_NODE_LIST:
    case CPL_NODE_TUPLE: status = evaluate_items(chat, node, out); break;
    case CPL_NODE_DICT: status = evaluate_dict(chat, node, out); break;
    case CPL_NODE_CONDITION: status = evaluate_condition(chat, node, out); break;
    case CPL_NODE_AND:
    case CPL_NODE_OR:
        status = cpl_chat_evaluate(chat, node->first, out);
        if (status == CPL_OK && cpl_value_truth(*out) == (node->kind == CPL_NODE_AND))
            status = cpl_chat_evaluate(chat, node->second, out);
        break;
    case CPL_NODE_NOT:
        status = cpl_chat_evaluate(chat, node->first, out);
        if (status == CPL_OK)
            *out = cpl_value_bool(!cpl_value_truth(*out));
        break;
    case CPL_NODE_COMPARE: status = evaluate_compare(chat, node, out); break;
    case CPL_NODE_BINARY: status = evaluate_binary(chat, node, out); break;
    case CPL_NODE_CONCAT: status = evaluate_concat(chat, node, out); break;
    case CPL_NODE_NEGATIVE:
    case CPL_NODE_POSITIVE: status = evaluate_sign(chat, node, out); break;
    case CPL_NODE_ATTRIBUTE:
    case CPL_NODE_ITEM: status = evaluate_lookup(chat, node, out); break;
    case CPL_NODE_SLICE: status = evaluate_slice(chat, node, out); break;
    case CPL_NODE_CALL: status = cpl_chat_call_node(chat, node, NULL, out); break;
    case CPL_NODE_FILTER: status = cpl_chat_filter_node(chat, node, NULL, out); break;
    case CPL_NODE_TEST: status = cpl_chat_test_node(chat, node, out); break;
    default: status = cpl_chat_fail(chat, "a statement where an expression is expected");
    }
    chat->depth--;
    return status;
}
