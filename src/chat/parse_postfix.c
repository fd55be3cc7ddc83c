/* What stands behind a value: calls, attributes, items, slices, filters and tests. */
#include "chat/parser.h"

#include "base/try.h"

/* "f(" already seen: fills node->items. */
cpl_status cpl_parse_arguments(struct cpl_parser *parser, struct cpl_node *node)
{
    struct cpl_node **tail = NULL;
    bool rest = false, keywords = false, all_keywords = false;
    CPL_TRY(cpl_parser_expect(parser, CPL_TOKEN_PAREN_OPEN, "'('"));
    while (parser->token->kind != CPL_TOKEN_PAREN_CLOSE) {
        struct cpl_node *argument = NULL;
        if (node->items) {
            CPL_TRY(cpl_parser_expect(parser, CPL_TOKEN_COMMA, "',' or ')'"));
            if (parser->token->kind == CPL_TOKEN_PAREN_CLOSE)
                break;
        }
        const struct cpl_token *token = parser->token;
        CPL_TRY(cpl_parser_node(parser, &argument, CPL_NODE_ARGUMENT, token->position));
        bool order = true;
        if (cpl_parser_skip(parser, CPL_TOKEN_MULTIPLY)) {
            argument->token = CPL_TOKEN_MULTIPLY;
            order = !rest && !all_keywords;
            rest = true;
        } else if (cpl_parser_skip(parser, CPL_TOKEN_POWER)) {
            argument->token = CPL_TOKEN_POWER;
            order = !all_keywords;
            all_keywords = true;
        } else if (token->kind == CPL_TOKEN_NAME && token[1].kind == CPL_TOKEN_ASSIGN) {
            CPL_TRY(cpl_parser_name(parser, &argument->name));
            parser->token++;
            order = !all_keywords;
            keywords = true;
        } else {
            order = !rest && !all_keywords && !keywords;
        }
        if (!order)
            return cpl_parser_fail(parser, token, "plain arguments, then names, * and **");
        CPL_TRY(cpl_parse_expression(parser, &argument->first));
        CPL_TRY(cpl_parser_finish(parser, argument));
        cpl_node_append(node, &tail, argument);
    }
    parser->token++;
    return cpl_parser_finish(parser, node);
}

cpl_status cpl_parse_call(struct cpl_parser *parser, struct cpl_node **node)
{
    struct cpl_node *call = NULL;
    CPL_TRY(cpl_parser_node(parser, &call, CPL_NODE_CALL, (*node)->position));
    call->first = *node;
    *node = call;
    return cpl_parse_arguments(parser, call);
}

/* One index, or start:stop:step. */
static cpl_status parse_index(struct cpl_parser *parser, struct cpl_node **out, bool *slice)
{
    struct cpl_node *list = NULL, **tail = NULL;
    CPL_TRY(cpl_parser_node(parser, &list, CPL_NODE_SLICE, parser->token->position));
    *slice = false;
    for (int part = 0; part < 3; part++) {
        struct cpl_node *bound = NULL;
        enum cpl_token_kind kind = parser->token->kind;
        if (part == 2 && list->n_items == 2 && !cpl_parser_skip(parser, CPL_TOKEN_COLON))
            kind = CPL_TOKEN_COMMA;
        else if (part == 2)
            kind = parser->token->kind;
        if (kind == CPL_TOKEN_COLON || kind == CPL_TOKEN_BRACKET_CLOSE ||
            kind == CPL_TOKEN_COMMA)
            CPL_TRY(cpl_parser_node(parser, &bound, CPL_NODE_ABSENT, parser->token->position));
        else
            CPL_TRY(cpl_parse_expression(parser, &bound));
        if (part == 0 && !cpl_parser_skip(parser, CPL_TOKEN_COLON)) {
            if (bound->kind == CPL_NODE_ABSENT)
                return cpl_parser_fail(parser, parser->token, "an index");
            *out = bound;
            return CPL_OK;
        }
        cpl_node_append(list, &tail, bound);
    }
    *slice = true;
    *out = list;
    return CPL_OK;
}

/* "x[...]" and "x.name". */
static cpl_status parse_subscript(struct cpl_parser *parser, struct cpl_node **node)
{
    const struct cpl_token *token = parser->token++;
    struct cpl_node *index = NULL, *tuple = NULL, **tail = NULL;
    bool slice = false;
    if (token->kind == CPL_TOKEN_DOT) {
        if (parser->token->kind == CPL_TOKEN_NAME) {
            struct cpl_node *attribute = NULL;
            CPL_TRY(cpl_parser_node(parser, &attribute, CPL_NODE_ATTRIBUTE, token->position));
            attribute->first = *node;
            *node = attribute;
            CPL_TRY(cpl_parser_name(parser, &attribute->name));
            return cpl_parser_finish(parser, attribute);
        }
        if (parser->token->kind != CPL_TOKEN_INT)
            return cpl_parser_fail(parser, parser->token, "a name or a number");
        CPL_TRY(cpl_parse_primary(parser, &index));
        return cpl_parser_two(parser, CPL_NODE_ITEM, token->position, *node, index, node);
    }
    if (cpl_parser_skip(parser, CPL_TOKEN_BRACKET_CLOSE)) { /* x[] asks for the item () */
        CPL_TRY(cpl_parser_node(parser, &tuple, CPL_NODE_TUPLE, token->position));
        return cpl_parser_two(parser, CPL_NODE_ITEM, token->position, *node, tuple, node);
    }
    CPL_TRY(parse_index(parser, &index, &slice));
    if (slice && parser->token->kind == CPL_TOKEN_BRACKET_CLOSE) {
        parser->token++;
        index->first = *node;
        index->position = token->position;
        *node = index;
        return cpl_parser_finish(parser, index);
    }
    if (parser->token->kind == CPL_TOKEN_COMMA) {
        CPL_TRY(cpl_parser_node(parser, &tuple, CPL_NODE_TUPLE, token->position));
        cpl_node_append(tuple, &tail, index);
        while (!slice && cpl_parser_skip(parser, CPL_TOKEN_COMMA)) {
            CPL_TRY(parse_index(parser, &index, &slice));
            cpl_node_append(tuple, &tail, index);
        }
        CPL_TRY(cpl_parser_finish(parser, tuple));
        index = tuple;
    }
    if (slice)
        return cpl_parser_fail(parser, token, "one slice");
    CPL_TRY(cpl_parser_expect(parser, CPL_TOKEN_BRACKET_CLOSE, "']'"));
    return cpl_parser_two(parser, CPL_NODE_ITEM, token->position, *node, index, node);
}

cpl_status cpl_parse_postfix(struct cpl_parser *parser, struct cpl_node **node)
{
    for (;;) {
        enum cpl_token_kind kind = parser->token->kind;
        if (kind == CPL_TOKEN_DOT || kind == CPL_TOKEN_BRACKET_OPEN)
            CPL_TRY(parse_subscript(parser, node));
        else if (kind == CPL_TOKEN_PAREN_OPEN)
            CPL_TRY(cpl_parse_call(parser, node));
        else
            return CPL_OK;
    }
}

/* The table's line of a filter or test.  A name with dots is that of an extension: unknown here. */
static cpl_status find_builtin(struct cpl_parser *parser, struct cpl_node *node, bool filter)
{
    const struct cpl_token *token = parser->token;
    const char *what = filter ? "filter" : "test";
    node->position = token->position;
    CPL_TRY(cpl_parser_name(parser, &node->name));
    node->builtin = filter ? cpl_filter_find(token->text, token->length)
                           : cpl_test_find(token->text, token->length);
    while (cpl_parser_skip(parser, CPL_TOKEN_DOT)) {
        CPL_TRY(cpl_parser_name(parser, &node->name));
        node->builtin = NULL;
    }
    if (node->builtin && cpl_builtin_is_refused(node->builtin))
        return cpl_template_fail(parser->chat, token->position, parser->error,
                                 "the %s \"%s\" is not rendered here", what, node->name->text);
    if (!node->builtin && !parser->soft && !parser->unknown)
        parser->unknown = node;
    return CPL_OK;
}

cpl_status cpl_parse_filters(struct cpl_parser *parser, bool inline_first,
                             struct cpl_node **node)
{
    while (inline_first || parser->token->kind == CPL_TOKEN_PIPE) {
        struct cpl_node *filter = NULL;
        if (!inline_first)
            parser->token++;
        inline_first = false;
        CPL_TRY(cpl_parser_node(parser, &filter, CPL_NODE_FILTER, parser->token->position));
        filter->first = *node;
        CPL_TRY(find_builtin(parser, filter, true));
        if (parser->token->kind == CPL_TOKEN_PAREN_OPEN)
            CPL_TRY(cpl_parse_arguments(parser, filter));
        CPL_TRY(cpl_parser_finish(parser, filter));
        *node = filter;
    }
    return CPL_OK;
}

/* "x is [not] test", whose one argument may stand without parentheses. */
cpl_status cpl_parse_test(struct cpl_parser *parser, struct cpl_node **node)
{
    struct cpl_node *test = NULL, **tail = NULL, *argument = NULL;
    uint32_t position = parser->token++->position;
    bool negated = cpl_parser_skip_name(parser, "not");
    CPL_TRY(cpl_parser_node(parser, &test, CPL_NODE_TEST, position));
    test->first = *node;
    CPL_TRY(find_builtin(parser, test, false));
    const struct cpl_token *token = parser->token;
    bool begins = token->kind == CPL_TOKEN_NAME || token->kind == CPL_TOKEN_TEXT ||
                  token->kind == CPL_TOKEN_INT || token->kind == CPL_TOKEN_REAL ||
                  token->kind == CPL_TOKEN_BRACKET_OPEN || token->kind == CPL_TOKEN_BRACE_OPEN;
    if (token->kind == CPL_TOKEN_PAREN_OPEN) {
        CPL_TRY(cpl_parse_arguments(parser, test));
    } else if (begins && !cpl_token_is_name(token, "else") && !cpl_token_is_name(token, "or") &&
               !cpl_token_is_name(token, "and")) {
        if (cpl_token_is_name(token, "is"))
            return cpl_parser_fail(parser, token, "only one test behind \"is\"");
        CPL_TRY(cpl_parser_node(parser, &argument, CPL_NODE_ARGUMENT, token->position));
        CPL_TRY(cpl_parse_primary(parser, &argument->first));
        CPL_TRY(cpl_parse_postfix(parser, &argument->first));
        CPL_TRY(cpl_parser_finish(parser, argument));
        cpl_node_append(test, &tail, argument);
    }
    CPL_TRY(cpl_parser_finish(parser, test));
    *node = test;
    return negated ? cpl_parser_two(parser, CPL_NODE_NOT, position, test, NULL, node) : CPL_OK;
}
