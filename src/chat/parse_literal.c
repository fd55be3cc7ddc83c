/* Names, numbers, texts, lists, mappings and tuples. */
#include "chat/parser.h"

#include "base/try.h"

#include <string.h>

static cpl_status constant(struct cpl_parser *parser, struct cpl_value value, uint32_t position,
                           struct cpl_node **out)
{
    CPL_TRY(cpl_parser_node(parser, out, CPL_NODE_CONSTANT, position));
    (*out)->constant = value;
    return cpl_parser_finish(parser, *out);
}

/* Texts side by side are one. */
static cpl_status parse_text(struct cpl_parser *parser, struct cpl_node **out)
{
    const struct cpl_token *first = parser->token;
    size_t length = 0, at = 0;
    char *data = NULL;
    struct cpl_text *text = NULL;
    for (; parser->token->kind == CPL_TOKEN_TEXT; parser->token++)
        length += parser->token->length;
    CPL_TRY(cpl_pool_take(&parser->chat->pool, &data, length + 1, parser->error));
    CPL_TRY(cpl_pool_take(&parser->chat->pool, &text, sizeof *text, parser->error));
    for (const struct cpl_token *part = first; part < parser->token; part++) {
        if (part->length)
            memcpy(data + at, part->text, part->length);
        at += part->length;
    }
    text->data = data;
    text->length = length;
    for (size_t i = 0; i < length; i++)
        text->count += ((unsigned char)data[i] & 0xC0) != 0x80;
    return constant(parser, (struct cpl_value){.kind = CPL_TEXT, .as.text = text},
                    first->position, out);
}

static cpl_status parse_name(struct cpl_parser *parser, struct cpl_node **out)
{
    const struct cpl_token *token = parser->token;
    bool yes = cpl_token_is_name(token, "true") || cpl_token_is_name(token, "True");
    bool truth = yes || cpl_token_is_name(token, "false") || cpl_token_is_name(token, "False");
    struct cpl_name *name = NULL;
    CPL_TRY(cpl_parser_name(parser, &name));
    if (truth)
        return constant(parser, cpl_value_bool(yes), token->position, out);
    if (cpl_token_is_name(token, "none") || cpl_token_is_name(token, "None"))
        return constant(parser, cpl_none, token->position, out);
    CPL_TRY(cpl_parser_node(parser, out, CPL_NODE_NAME, token->position));
    (*out)->name = name;
    name->read = true;
    parser->callers += cpl_token_is_name(token, "caller");
    parser->keywords += cpl_token_is_name(token, "kwargs");
    parser->rests += cpl_token_is_name(token, "varargs");
    return cpl_parser_finish(parser, *out);
}

static cpl_status parse_list(struct cpl_parser *parser, struct cpl_node **out)
{
    struct cpl_node *list = NULL, *item = NULL, **tail = NULL;
    CPL_TRY(cpl_parser_node(parser, &list, CPL_NODE_LIST, parser->token++->position));
    while (parser->token->kind != CPL_TOKEN_BRACKET_CLOSE) {
        if (list->items) {
            CPL_TRY(cpl_parser_expect(parser, CPL_TOKEN_COMMA, "',' or ']'"));
            if (parser->token->kind == CPL_TOKEN_BRACKET_CLOSE)
                break;
        }
        CPL_TRY(cpl_parse_expression(parser, &item));
        cpl_node_append(list, &tail, item);
    }
    parser->token++;
    *out = list;
    return cpl_parser_finish(parser, list);
}

static cpl_status parse_dict(struct cpl_parser *parser, struct cpl_node **out)
{
    struct cpl_node *dict = NULL, *key = NULL, *value = NULL, *pair = NULL, **tail = NULL;
    CPL_TRY(cpl_parser_node(parser, &dict, CPL_NODE_DICT, parser->token++->position));
    while (parser->token->kind != CPL_TOKEN_BRACE_CLOSE) {
        if (dict->items) {
            CPL_TRY(cpl_parser_expect(parser, CPL_TOKEN_COMMA, "',' or '}'"));
            if (parser->token->kind == CPL_TOKEN_BRACE_CLOSE)
                break;
        }
        CPL_TRY(cpl_parse_expression(parser, &key));
        CPL_TRY(cpl_parser_expect(parser, CPL_TOKEN_COLON, "':'"));
        CPL_TRY(cpl_parse_expression(parser, &value));
        CPL_TRY(cpl_parser_two(parser, CPL_NODE_PAIR, key->position, key, value, &pair));
        cpl_node_append(dict, &tail, pair);
    }
    parser->token++;
    *out = dict;
    return cpl_parser_finish(parser, dict);
}

static bool ends_tuple(const struct cpl_token *token, const char *end)
{
    return token->kind == CPL_TOKEN_PRINT_END || token->kind == CPL_TOKEN_BLOCK_END ||
           token->kind == CPL_TOKEN_PAREN_CLOSE || (end && cpl_token_is_name(token, end));
}

/* `empty`: "()" is a tuple. */
static cpl_status parse_tuple(struct cpl_parser *parser, bool condition, const char *end,
                              bool empty, struct cpl_node **out)
{
    struct cpl_node *tuple = NULL, *item = NULL, **tail = NULL;
    uint32_t position = parser->token->position;
    bool comma = false;
    for (;;) {
        if (ends_tuple(parser->token, end))
            break;
        CPL_TRY(condition ? cpl_parse_expression(parser, &item)
                          : cpl_parse_logic(parser, true, &item));
        if (!tuple && parser->token->kind != CPL_TOKEN_COMMA) {
            *out = item;
            return CPL_OK;
        }
        if (!tuple)
            CPL_TRY(cpl_parser_node(parser, &tuple, CPL_NODE_TUPLE, position));
        cpl_node_append(tuple, &tail, item);
        comma = cpl_parser_skip(parser, CPL_TOKEN_COMMA);
        if (!comma)
            break;
    }
    if (!tuple && !empty)
        return cpl_parser_fail(parser, parser->token, "an expression");
    if (!tuple)
        CPL_TRY(cpl_parser_node(parser, &tuple, CPL_NODE_TUPLE, position));
    *out = tuple;
    return cpl_parser_finish(parser, tuple);
}

cpl_status cpl_parse_tuple(struct cpl_parser *parser, bool condition, const char *end,
                           struct cpl_node **out)
{
    return parse_tuple(parser, condition, end, false, out);
}

cpl_status cpl_parse_primary(struct cpl_parser *parser, struct cpl_node **out)
{
    const struct cpl_token *token = parser->token;
    switch (token->kind) {
    case CPL_TOKEN_NAME: return parse_name(parser, out);
    case CPL_TOKEN_TEXT: return parse_text(parser, out);
    case CPL_TOKEN_INT:
        parser->token++;
        return constant(parser, cpl_value_int(token->integer), token->position, out);
    case CPL_TOKEN_REAL:
        parser->token++;
        return constant(parser, cpl_value_real(token->real), token->position, out);
    case CPL_TOKEN_PAREN_OPEN:
        parser->token++;
        CPL_TRY(parse_tuple(parser, true, NULL, true, out));
        return cpl_parser_expect(parser, CPL_TOKEN_PAREN_CLOSE, "')'");
    case CPL_TOKEN_BRACKET_OPEN: return parse_list(parser, out);
    case CPL_TOKEN_BRACE_OPEN: return parse_dict(parser, out);
    default: return cpl_parser_fail(parser, token, "an expression");
    }
}
