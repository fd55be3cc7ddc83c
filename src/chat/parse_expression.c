/* Expressions, with jinja2's precedence: condition, or, and, not, comparison, + -, ~, * / // %, **,
 * sign, then filters and tests, which bind to what stands before them. */
#include "chat/parser.h"

#include "base/try.h"
#include "chat/chat.h"

static cpl_status parse_unary(struct cpl_parser *parser, bool filters, struct cpl_node **out)
{
    const struct cpl_token *token = parser->token;
    CPL_TRY(cpl_parser_enter(parser));
    if (token->kind == CPL_TOKEN_SUBTRACT || token->kind == CPL_TOKEN_ADD) {
        struct cpl_node *operand = NULL;
        parser->token++;
        CPL_TRY(parse_unary(parser, false, &operand));
        CPL_TRY(cpl_parser_two(
            parser, token->kind == CPL_TOKEN_ADD ? CPL_NODE_POSITIVE : CPL_NODE_NEGATIVE,
            token->position, operand, NULL, out));
    } else {
        CPL_TRY(cpl_parse_primary(parser, out));
    }
    CPL_TRY(cpl_parse_postfix(parser, out));
    while (filters) {
        if (parser->token->kind == CPL_TOKEN_PIPE)
            CPL_TRY(cpl_parse_filters(parser, false, out));
        else if (cpl_token_is_name(parser->token, "is"))
            CPL_TRY(cpl_parse_test(parser, out));
        else if (parser->token->kind == CPL_TOKEN_PAREN_OPEN)
            CPL_TRY(cpl_parse_call(parser, out));
        else
            break;
    }
    parser->depth--;
    return CPL_OK;
}

/* ---- operators --------------------------------------------------------------------------- */

static int math_level(enum cpl_token_kind kind)
{
    switch (kind) {
    case CPL_TOKEN_ADD:
    case CPL_TOKEN_SUBTRACT: return 1;
    case CPL_TOKEN_TILDE: return 2;
    case CPL_TOKEN_MULTIPLY:
    case CPL_TOKEN_DIVIDE:
    case CPL_TOKEN_FLOOR_DIVIDE:
    case CPL_TOKEN_MODULO: return 3;
    case CPL_TOKEN_POWER: return 4;
    default: return 0;
    }
}

/* a ~ b ~ c is one node, whatever the brackets: joining texts is associative. */
static cpl_status join(struct cpl_parser *parser, struct cpl_node **left,
                       struct cpl_node *right, uint32_t position)
{
    struct cpl_node *concat = *left, **tail = NULL;
    if (concat->kind != CPL_NODE_CONCAT) {
        CPL_TRY(cpl_parser_node(parser, &concat, CPL_NODE_CONCAT, position));
        cpl_node_append(concat, &tail, *left);
        *left = concat;
        concat->body = concat->items; /* the last item, while it grows */
    }
    concat->body->next = right;
    concat->body = right;
    concat->n_items++;
    if (right->depth >= concat->depth)
        return cpl_parser_finish(parser, concat);
    return CPL_OK;
}

static cpl_status parse_math(struct cpl_parser *parser, int level, struct cpl_node **out)
{
    CPL_TRY(parse_unary(parser, true, out));
    for (;;) {
        const struct cpl_token *token = parser->token;
        int found = math_level(token->kind);
        if (found < level || found == 0)
            return CPL_OK;
        struct cpl_node *right = NULL;
        parser->token++;
        CPL_TRY(parse_math(parser, found + 1, &right));
        if (token->kind == CPL_TOKEN_TILDE) {
            CPL_TRY(join(parser, out, right, token->position));
            continue;
        }
        CPL_TRY(cpl_parser_two(parser, CPL_NODE_BINARY, token->position, *out, right, out));
        (*out)->token = (uint8_t)token->kind;
    }
}

static enum cpl_token_kind comparison(struct cpl_parser *parser)
{
    const struct cpl_token *token = parser->token;
    if (cpl_token_is_name(token, "in")) {
        parser->token++;
        return CPL_TOKEN_IN;
    }
    if (cpl_token_is_name(token, "not") && cpl_token_is_name(token + 1, "in")) {
        parser->token += 2;
        return CPL_TOKEN_NOT_IN;
    }
    switch (token->kind) {
    case CPL_TOKEN_EQUAL:
    case CPL_TOKEN_NOT_EQUAL:
    case CPL_TOKEN_LESS:
    case CPL_TOKEN_LESS_EQUAL:
    case CPL_TOKEN_GREATER:
    case CPL_TOKEN_GREATER_EQUAL: parser->token++; return token->kind;
    default: return CPL_TOKEN_END;
    }
}

static cpl_status parse_compare(struct cpl_parser *parser, struct cpl_node **out)
{
    struct cpl_node *compare = NULL, **tail = NULL;
    CPL_TRY(parse_math(parser, 1, out));
    for (;;) {
        uint32_t position = parser->token->position;
        enum cpl_token_kind kind = comparison(parser);
        struct cpl_node *right = NULL, *operand = NULL;
        if (kind == CPL_TOKEN_END)
            return compare ? cpl_parser_finish(parser, compare) : CPL_OK;
        CPL_TRY(parse_math(parser, 1, &right));
        CPL_TRY(cpl_parser_two(parser, CPL_NODE_COMPARAND, position, right, NULL, &operand));
        operand->token = (uint8_t)kind;
        if (!compare) {
            CPL_TRY(cpl_parser_node(parser, &compare, CPL_NODE_COMPARE, position));
            compare->first = *out;
            *out = compare;
        }
        cpl_node_append(compare, &tail, operand);
    }
}

static cpl_status parse_not(struct cpl_parser *parser, struct cpl_node **out)
{
    uint32_t position = parser->token->position;
    if (!cpl_parser_skip_name(parser, "not"))
        return parse_compare(parser, out);
    CPL_TRY(cpl_parser_enter(parser));
    CPL_TRY(parse_not(parser, out));
    parser->depth--;
    return cpl_parser_two(parser, CPL_NODE_NOT, position, *out, NULL, out);
}

/* `any`: or, whose operands are joined by and. */
cpl_status cpl_parse_logic(struct cpl_parser *parser, bool any, struct cpl_node **out)
{
    CPL_TRY(any ? cpl_parse_logic(parser, false, out) : parse_not(parser, out));
    for (;;) {
        struct cpl_node *right = NULL;
        uint32_t position = parser->token->position;
        if (!cpl_parser_skip_name(parser, any ? "or" : "and"))
            return CPL_OK;
        CPL_TRY(any ? cpl_parse_logic(parser, false, &right) : parse_not(parser, &right));
        CPL_TRY(cpl_parser_two(parser, any ? CPL_NODE_OR : CPL_NODE_AND, position, *out, right,
                               out));
    }
}

cpl_status cpl_parse_expression(struct cpl_parser *parser, struct cpl_node **out)
{
    CPL_TRY(cpl_parser_enter(parser));
    const struct cpl_token *begin = parser->token;
    const struct cpl_node *unknown = parser->unknown;
    CPL_TRY(cpl_parse_logic(parser, true, out));
    while (cpl_token_is_name(parser->token, "if")) {
        struct cpl_node *condition = NULL;
        CPL_TRY(cpl_parser_node(parser, &condition, CPL_NODE_CONDITION, begin->position));
        condition->second = *out;
        parser->token++;
        CPL_TRY(cpl_parse_logic(parser, true, &condition->first));
        if (cpl_parser_skip_name(parser, "else"))
            CPL_TRY(cpl_parse_expression(parser, &condition->third));
        *out = condition;
        parser->unknown = unknown; /* what is unknown in it is an error only when reached */
        CPL_TRY(cpl_parser_finish(parser, condition));
    }
    parser->depth--;
    return CPL_OK;
}
