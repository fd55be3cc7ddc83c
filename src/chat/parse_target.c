/* What can be assigned to: names, attributes of namespaces, tuples of them, and the parameters of macros. */
#include "chat/parser.h"

#include "base/try.h"

#include <string.h>

cpl_status cpl_parse_one_target(struct cpl_parser *parser, bool attributes,
                                struct cpl_node **out)
{
    const struct cpl_token *token = parser->token;
    static const char *const fixed[] = {"true", "false", "none", "True", "False", "None"};
    if (token->kind == CPL_TOKEN_PAREN_OPEN) {
        struct cpl_node *tuple = NULL, *item = NULL, **tail = NULL;
        CPL_TRY(cpl_parser_enter(parser));
        CPL_TRY(cpl_parser_node(parser, &tuple, CPL_NODE_TUPLE, parser->token++->position));
        while (parser->token->kind != CPL_TOKEN_PAREN_CLOSE) {
            CPL_TRY(cpl_parse_one_target(parser, false, &item));
            cpl_node_append(tuple, &tail, item);
            if (!cpl_parser_skip(parser, CPL_TOKEN_COMMA))
                break;
        }
        CPL_TRY(cpl_parser_expect(parser, CPL_TOKEN_PAREN_CLOSE, "')'"));
        bool single = tuple->n_items == 1 && parser->token[-2].kind != CPL_TOKEN_COMMA;
        *out = single ? tuple->items : tuple;
        parser->depth--;
        return cpl_parser_finish(parser, tuple);
    }
    struct cpl_name *name = NULL;
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        if (cpl_token_is_name(token, fixed[i]))
            return cpl_parser_fail(parser, token, "a name to assign to");
    CPL_TRY(cpl_parser_name(parser, &name));
    bool attribute = attributes && cpl_parser_skip(parser, CPL_TOKEN_DOT);
    if (!attribute && parser->any_loops && strcmp(name->text, "loop") == 0)
        return cpl_parser_fail(parser, token, "another name than that of the loop");
    CPL_TRY(cpl_parser_node(parser, out, attribute ? CPL_NODE_ATTRIBUTE_TARGET : CPL_NODE_NAME,
                            token->position));
    (*out)->name = name;
    name->read |= attribute;
    return attribute ? cpl_parser_name(parser, &(*out)->attribute) : CPL_OK;
}

cpl_status cpl_parse_target(struct cpl_parser *parser, bool attributes, const char *end,
                            struct cpl_node **out)
{
    struct cpl_node *tuple = NULL, **tail = NULL, *item = NULL;
    uint32_t position = parser->token->position;
    CPL_TRY(cpl_parse_one_target(parser, attributes, out));
    if (parser->token->kind != CPL_TOKEN_COMMA)
        return CPL_OK;
    CPL_TRY(cpl_parser_node(parser, &tuple, CPL_NODE_TUPLE, position));
    cpl_node_append(tuple, &tail, *out);
    while (cpl_parser_skip(parser, CPL_TOKEN_COMMA)) {
        const struct cpl_token *token = parser->token;
        if (token->kind == CPL_TOKEN_BLOCK_END || token->kind == CPL_TOKEN_ASSIGN ||
            (end && cpl_token_is_name(token, end)))
            break;
        CPL_TRY(cpl_parse_one_target(parser, attributes, &item));
        cpl_node_append(tuple, &tail, item);
    }
    *out = tuple;
    return cpl_parser_finish(parser, tuple);
}

/* "(a, b=1)" into node->items. */
cpl_status cpl_parse_signature(struct cpl_parser *parser, struct cpl_node *node)
{
    struct cpl_node **tail = NULL;
    bool defaults = false;
    CPL_TRY(cpl_parser_expect(parser, CPL_TOKEN_PAREN_OPEN, "'('"));
    while (parser->token->kind != CPL_TOKEN_PAREN_CLOSE) {
        struct cpl_node *parameter = NULL, *target = NULL;
        if (node->items)
            CPL_TRY(cpl_parser_expect(parser, CPL_TOKEN_COMMA, "',' or ')'"));
        const struct cpl_token *token = parser->token;
        if (token->kind != CPL_TOKEN_NAME)
            return cpl_parser_fail(parser, token, "a name");
        CPL_TRY(cpl_parse_one_target(parser, false, &target));
        CPL_TRY(cpl_parser_node(parser, &parameter, CPL_NODE_PARAMETER, token->position));
        parameter->name = target->name;
        if (cpl_parser_skip(parser, CPL_TOKEN_ASSIGN)) {
            CPL_TRY(cpl_parse_expression(parser, &parameter->first));
            defaults = true;
        } else if (defaults) {
            return cpl_parser_fail(parser, token, "a default as for the parameters before it");
        }
        CPL_TRY(cpl_parser_finish(parser, parameter));
        cpl_node_append(node, &tail, parameter);
    }
    parser->token++;
    return CPL_OK;
}
