/* Tokens, nodes and names for the files of the parser: see parser.h. */
#include "chat/parser.h"

#include "base/try.h"
#include "chat/chat.h"

#include <stdio.h>

cpl_status cpl_parser_node(struct cpl_parser *parser, struct cpl_node **out,
                           enum cpl_node_kind kind, uint32_t position)
{
    struct cpl_node *node = NULL;
    CPL_TRY(cpl_pool_take(&parser->chat->pool, &node, sizeof *node, parser->error));
    node->kind = (uint8_t)kind;
    node->position = position;
    node->depth = 1;
    *out = node;
    return CPL_OK;
}

void cpl_node_append(struct cpl_node *parent, struct cpl_node ***tail, struct cpl_node *item)
{
    if (!*tail)
        *tail = &parent->items;
    **tail = item;
    *tail = &item->next;
    parent->n_items++;
}

static int deepest(const struct cpl_node *node, int depth)
{
    return node && node->depth > depth ? node->depth : depth;
}

cpl_status cpl_parser_finish(struct cpl_parser *parser, struct cpl_node *node)
{
    int depth = deepest(node->first, 0);
    depth = deepest(node->second, depth);
    depth = deepest(node->third, depth);
    for (const struct cpl_node *item = node->items; item; item = item->next)
        depth = deepest(item, depth);
    if (node->kind != CPL_NODE_CONCAT) /* whose body points into its items */
        depth = deepest(node->otherwise, deepest(node->body, depth));
    if (depth >= CPL_SYNTAX_DEPTH)
        return cpl_template_fail(parser->chat, node->position, parser->error,
                                 "nested deeper than %d levels", CPL_SYNTAX_DEPTH);
    node->depth = (uint16_t)(depth + 1);
    return CPL_OK;
}

cpl_status cpl_parser_enter(struct cpl_parser *parser)
{
    if (parser->depth++ < CPL_SYNTAX_DEPTH)
        return CPL_OK;
    return cpl_template_fail(parser->chat, parser->token->position, parser->error,
                             "nested deeper than %d levels", CPL_SYNTAX_DEPTH);
}

cpl_status cpl_parser_fail(struct cpl_parser *parser, const struct cpl_token *token,
                           const char *expected)
{
    if (token->kind == CPL_TOKEN_NAME)
        return cpl_template_fail(parser->chat, token->position, parser->error,
                                 "expected %s, found \"%.*s\"", expected,
                                 (int)(token->length < 60 ? token->length : 60), token->text);
    const char *source = parser->chat->source + token->position;
    char found[12] = "the end";
    if (token->kind != CPL_TOKEN_END)
        snprintf(found, sizeof found, "'%.2s'", source);
    if (token->kind >= CPL_TOKEN_ADD)
        snprintf(found, sizeof found, "'%.1s'", source);
    return cpl_template_fail(parser->chat, token->position, parser->error,
                             "expected %s, found %s", expected,
                             token->kind == CPL_TOKEN_TEXT   ? "a text"
                             : token->kind == CPL_TOKEN_INT  ? "a number"
                             : token->kind == CPL_TOKEN_REAL ? "a number"
                                                             : found);
}

bool cpl_parser_skip(struct cpl_parser *parser, enum cpl_token_kind kind)
{
    if (parser->token->kind != kind)
        return false;
    parser->token++;
    return true;
}

bool cpl_parser_skip_name(struct cpl_parser *parser, const char *name)
{
    if (!cpl_token_is_name(parser->token, name))
        return false;
    parser->token++;
    return true;
}

cpl_status cpl_parser_expect(struct cpl_parser *parser, enum cpl_token_kind kind,
                             const char *expected)
{
    return cpl_parser_skip(parser, kind) ? CPL_OK
                                         : cpl_parser_fail(parser, parser->token, expected);
}

cpl_status cpl_parser_name(struct cpl_parser *parser, struct cpl_name **out)
{
    const struct cpl_token *token = parser->token;
    if (token->kind != CPL_TOKEN_NAME)
        return cpl_parser_fail(parser, token, "a name");
    parser->token++;
    return cpl_template_name(parser->chat, out, token->text, token->length, parser->error);
}

cpl_status cpl_parser_two(struct cpl_parser *parser, enum cpl_node_kind kind, uint32_t position,
                          struct cpl_node *first, struct cpl_node *second,
                          struct cpl_node **out)
{
    struct cpl_node *node = NULL;
    CPL_TRY(cpl_parser_node(parser, &node, kind, position));
    node->first = first;
    node->second = second;
    *out = node;
    return cpl_parser_finish(parser, node);
}
