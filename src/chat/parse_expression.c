/* Expressions, with jinja2's precedence: condition, or, and, not, comparison, + -, ~, * / // %, **,
 * sign, then filters and tests, which bind to what stands before them. */
#include "chat/parser.h"

#include "base/try.h"
#include "chat/chat.h"

#include <string.h>

static cpl_status parse_math(struct cpl_parser *parser, int level, struct cpl_node **out);

static cpl_status two(struct cpl_parser *parser, enum cpl_node_kind kind, uint32_t position,
                      struct cpl_node *first, struct cpl_node *second, struct cpl_node **out)
{
    struct cpl_node *node = NULL;
    CPL_TRY(cpl_parser_node(parser, &node, kind, position));
    node->first = first;
    node->second = second;
    *out = node;
    return cpl_parser_finish(parser, node);
}

/* ---- literals ---------------------------------------------------------------------------- */

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
        CPL_TRY(two(parser, CPL_NODE_PAIR, key->position, key, value, &pair));
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

static cpl_status parse_logic(struct cpl_parser *parser, bool any, struct cpl_node **out);

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
                          : parse_logic(parser, true, &item));
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

/* ---- behind a primary -------------------------------------------------------------------- */

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

static cpl_status parse_call(struct cpl_parser *parser, struct cpl_node **node)
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
        return two(parser, CPL_NODE_ITEM, token->position, *node, index, node);
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
    return two(parser, CPL_NODE_ITEM, token->position, *node, index, node);
}

static cpl_status parse_postfix(struct cpl_parser *parser, struct cpl_node **node)
{
    for (;;) {
        enum cpl_token_kind kind = parser->token->kind;
        if (kind == CPL_TOKEN_DOT || kind == CPL_TOKEN_BRACKET_OPEN)
            CPL_TRY(parse_subscript(parser, node));
        else if (kind == CPL_TOKEN_PAREN_OPEN)
            CPL_TRY(parse_call(parser, node));
        else
            return CPL_OK;
    }
}

/* The table's line of a filter or test.  A name with dots is that of an extension: unknown here. */
static cpl_status find_builtin(struct cpl_parser *parser, struct cpl_node *node, bool filter)
{
    const struct cpl_token *token = parser->token;
    const char *what = filter ? "filter" : "test";
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
    if (node->builtin || parser->soft)
        return CPL_OK;
    return cpl_template_fail(parser->chat, token->position, parser->error, "unknown %s \"%s\"",
                             what, node->name->text);
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
static cpl_status parse_test(struct cpl_parser *parser, struct cpl_node **node)
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
        CPL_TRY(parse_postfix(parser, &argument->first));
        CPL_TRY(cpl_parser_finish(parser, argument));
        cpl_node_append(test, &tail, argument);
    }
    CPL_TRY(cpl_parser_finish(parser, test));
    *node = test;
    return negated ? two(parser, CPL_NODE_NOT, position, test, NULL, node) : CPL_OK;
}

static cpl_status parse_unary(struct cpl_parser *parser, bool filters, struct cpl_node **out)
{
    const struct cpl_token *token = parser->token;
    CPL_TRY(cpl_parser_enter(parser));
    if (token->kind == CPL_TOKEN_SUBTRACT || token->kind == CPL_TOKEN_ADD) {
        struct cpl_node *operand = NULL;
        parser->token++;
        CPL_TRY(parse_unary(parser, false, &operand));
        CPL_TRY(two(parser,
                    token->kind == CPL_TOKEN_ADD ? CPL_NODE_POSITIVE : CPL_NODE_NEGATIVE,
                    token->position, operand, NULL, out));
    } else {
        CPL_TRY(cpl_parse_primary(parser, out));
    }
    CPL_TRY(parse_postfix(parser, out));
    while (filters) {
        if (parser->token->kind == CPL_TOKEN_PIPE)
            CPL_TRY(cpl_parse_filters(parser, false, out));
        else if (cpl_token_is_name(parser->token, "is"))
            CPL_TRY(parse_test(parser, out));
        else if (parser->token->kind == CPL_TOKEN_PAREN_OPEN)
            CPL_TRY(parse_call(parser, out));
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
        CPL_TRY(two(parser, CPL_NODE_BINARY, token->position, *out, right, out));
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
        CPL_TRY(two(parser, CPL_NODE_COMPARAND, position, right, NULL, &operand));
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
    return two(parser, CPL_NODE_NOT, position, *out, NULL, out);
}

/* `any`: or, whose operands are joined by and. */
static cpl_status parse_logic(struct cpl_parser *parser, bool any, struct cpl_node **out)
{
    CPL_TRY(any ? parse_logic(parser, false, out) : parse_not(parser, out));
    for (;;) {
        struct cpl_node *right = NULL;
        uint32_t position = parser->token->position;
        if (!cpl_parser_skip_name(parser, any ? "or" : "and"))
            return CPL_OK;
        CPL_TRY(any ? parse_logic(parser, false, &right) : parse_not(parser, &right));
        CPL_TRY(two(parser, any ? CPL_NODE_OR : CPL_NODE_AND, position, *out, right, out));
    }
}

cpl_status cpl_parse_expression(struct cpl_parser *parser, struct cpl_node **out)
{
    CPL_TRY(cpl_parser_enter(parser));
    const struct cpl_token *begin = parser->token;
    CPL_TRY(parse_logic(parser, true, out));
    while (cpl_token_is_name(parser->token, "if")) {
        struct cpl_node *condition = NULL;
        CPL_TRY(cpl_parser_node(parser, &condition, CPL_NODE_CONDITION, begin->position));
        condition->second = *out;
        parser->token++;
        CPL_TRY(parse_logic(parser, true, &condition->first));
        if (cpl_parser_skip_name(parser, "else"))
            CPL_TRY(cpl_parse_expression(parser, &condition->third));
        *out = condition;
        CPL_TRY(cpl_parser_finish(parser, condition));
    }
    parser->depth--;
    return CPL_OK;
}
