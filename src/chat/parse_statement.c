/* Statements: text, {{ ... }} and {% ... %}. */
#include "chat/parser.h"

#include "base/try.h"
#include "chat/chat.h"

#include <stdlib.h>
#include <string.h>

/* ---- blocks ------------------------------------------------------------------------------ */

static cpl_status parse_parts(struct cpl_parser *parser, const char *const *ends,
                              struct cpl_node *frame);

/* The rest of a tag, then statements up to one of `ends` (separated by spaces), whose name is left
 * as the current token. */
static cpl_status parse_body(struct cpl_parser *parser, const char *const *ends,
                             struct cpl_node **out)
{
    cpl_parser_skip(parser, CPL_TOKEN_COLON);
    CPL_TRY(cpl_parser_node(parser, out, CPL_NODE_FRAME, parser->token->position));
    CPL_TRY(cpl_parser_expect(parser, CPL_TOKEN_BLOCK_END, "the end of the tag"));
    CPL_TRY(parse_parts(parser, ends, *out));
    return cpl_parser_finish(parser, *out);
}

/* Statements with variables of their own, up to the tag `end`, which is skipped. */
static cpl_status parse_frame(struct cpl_parser *parser, const char *end, struct cpl_node **out)
{
    const char *const ends[] = {end, NULL};
    bool soft = parser->soft;
    parser->soft = false;
    CPL_TRY(parse_body(parser, ends, out));
    parser->soft = soft;
    parser->token++;
    return CPL_OK;
}

/* The body of something that is called: loops outside cannot be left from it. */
static cpl_status parse_called(struct cpl_parser *parser, const char *end,
                               struct cpl_node **out)
{
    int loops = parser->loops;
    parser->loops = 0;
    CPL_TRY(parse_frame(parser, end, out));
    parser->loops = loops;
    return CPL_OK;
}

/* ---- tags -------------------------------------------------------------------------------- */

static cpl_status parse_for(struct cpl_parser *parser, struct cpl_node *node)
{
    static const char *const ends[] = {"endfor", "else", NULL};
    bool soft = parser->soft;
    parser->any_loops++;
    CPL_TRY(cpl_parse_target(parser, false, "in", &node->first));
    if (!cpl_parser_skip_name(parser, "in"))
        return cpl_parser_fail(parser, parser->token, "\"in\"");
    CPL_TRY(cpl_parse_tuple(parser, false, "recursive", &node->second));
    if (cpl_parser_skip_name(parser, "if"))
        CPL_TRY(cpl_parse_expression(parser, &node->third));
    node->flags = cpl_parser_skip_name(parser, "recursive");
    parser->loops++;
    parser->soft = false;
    CPL_TRY(parse_body(parser, ends, &node->body));
    parser->loops--;
    if (cpl_parser_skip_name(parser, "else"))
        CPL_TRY(parse_frame(parser, "endfor", &node->otherwise));
    else
        parser->token++;
    parser->soft = soft;
    parser->any_loops--;
    return CPL_OK;
}

static cpl_status parse_if(struct cpl_parser *parser, struct cpl_node *node)
{
    static const char *const ends[] = {"elif", "else", "endif", NULL};
    static const char *const last[] = {"endif", NULL};
    bool soft = parser->soft;
    struct cpl_node *branch = node;
    parser->soft = true;
    for (;;) {
        CPL_TRY(cpl_parse_tuple(parser, false, NULL, &branch->first));
        CPL_TRY(parse_body(parser, ends, &branch->body));
        CPL_TRY(cpl_parser_finish(parser, branch));
        const struct cpl_token *token = parser->token++;
        if (cpl_token_is_name(token, "elif")) {
            struct cpl_node *next = NULL;
            CPL_TRY(cpl_parser_node(parser, &next, CPL_NODE_IF, token->position));
            branch->next = next;
            branch = next;
            continue;
        }
        if (cpl_token_is_name(token, "else")) {
            CPL_TRY(parse_body(parser, last, &node->otherwise));
            parser->token++;
        }
        break;
    }
    node->items = node->next; /* the elifs, linked by next */
    node->next = NULL;
    parser->soft = soft;
    return CPL_OK;
}

static cpl_status parse_set(struct cpl_parser *parser, struct cpl_node *node)
{
    CPL_TRY(cpl_parse_target(parser, true, NULL, &node->first));
    if (cpl_parser_skip(parser, CPL_TOKEN_ASSIGN))
        return cpl_parse_tuple(parser, true, NULL, &node->second);
    node->kind = CPL_NODE_SET_BLOCK;
    CPL_TRY(cpl_parse_filters(parser, false, &node->second));
    return parse_frame(parser, "endset", &node->body);
}

static bool has_parameter(const struct cpl_node *macro, const char *name)
{
    for (const struct cpl_node *item = macro->items; item; item = item->next)
        if (strcmp(item->name->text, name) == 0)
            return true;
    return false;
}

/* The body of a macro or call block, and which special variables it reads. */
static cpl_status parse_macro_body(struct cpl_parser *parser, struct cpl_node *macro,
                                   const char *end)
{
    int callers = parser->callers, keywords = parser->keywords, rests = parser->rests;
    CPL_TRY(parse_called(parser, end, &macro->body));
    if (parser->callers > callers && !has_parameter(macro, "caller"))
        macro->flags |= CPL_MACRO_CALLER;
    if (parser->keywords > keywords && !has_parameter(macro, "kwargs"))
        macro->flags |= CPL_MACRO_KEYWORDS;
    if (parser->rests > rests && !has_parameter(macro, "varargs"))
        macro->flags |= CPL_MACRO_REST;
    return cpl_parser_finish(parser, macro);
}

static cpl_status parse_macro(struct cpl_parser *parser, struct cpl_node *node)
{
    struct cpl_node *target = NULL;
    const struct cpl_token *token = parser->token;
    if (token->kind != CPL_TOKEN_NAME)
        return cpl_parser_fail(parser, token, "the macro's name");
    CPL_TRY(cpl_parse_one_target(parser, false, &target));
    node->name = target->name;
    CPL_TRY(cpl_parse_signature(parser, node));
    return parse_macro_body(parser, node, "endmacro");
}

static cpl_status parse_call_block(struct cpl_parser *parser, struct cpl_node *node)
{
    const struct cpl_token *token = parser->token;
    CPL_TRY(cpl_parser_node(parser, &node->second, CPL_NODE_MACRO, token->position));
    if (token->kind == CPL_TOKEN_PAREN_OPEN)
        CPL_TRY(cpl_parse_signature(parser, node->second));
    token = parser->token;
    CPL_TRY(cpl_parse_expression(parser, &node->first));
    if (node->first->kind != CPL_NODE_CALL)
        return cpl_parser_fail(parser, token, "a call");
    return parse_macro_body(parser, node->second, "endcall");
}

static cpl_status parse_with(struct cpl_parser *parser, struct cpl_node *node)
{
    struct cpl_node **tail = NULL;
    while (parser->token->kind != CPL_TOKEN_BLOCK_END &&
           parser->token->kind != CPL_TOKEN_COLON) {
        struct cpl_node *set = NULL;
        if (node->items)
            CPL_TRY(cpl_parser_expect(parser, CPL_TOKEN_COMMA, "','"));
        CPL_TRY(cpl_parser_node(parser, &set, CPL_NODE_SET, parser->token->position));
        CPL_TRY(cpl_parse_one_target(parser, false, &set->first));
        CPL_TRY(cpl_parser_expect(parser, CPL_TOKEN_ASSIGN, "'='"));
        CPL_TRY(cpl_parse_expression(parser, &set->second));
        CPL_TRY(cpl_parser_finish(parser, set));
        cpl_node_append(node, &tail, set);
    }
    return parse_frame(parser, "endwith", &node->body);
}

static cpl_status parse_filter_block(struct cpl_parser *parser, struct cpl_node *node)
{
    CPL_TRY(cpl_parse_filters(parser, true, &node->first));
    return parse_frame(parser, "endfilter", &node->body);
}

static cpl_status parse_generation(struct cpl_parser *parser, struct cpl_node *node)
{
    parser->chat->marks = true;
    return parse_called(parser, "endgeneration", &node->body);
}

static cpl_status parse_print(struct cpl_parser *parser, struct cpl_node *node)
{
    struct cpl_node **tail = NULL;
    while (parser->token->kind != CPL_TOKEN_BLOCK_END) {
        struct cpl_node *print = NULL;
        if (node->items)
            CPL_TRY(cpl_parser_expect(parser, CPL_TOKEN_COMMA, "','"));
        CPL_TRY(cpl_parser_node(parser, &print, CPL_NODE_PRINT, parser->token->position));
        CPL_TRY(cpl_parse_expression(parser, &print->first));
        CPL_TRY(cpl_parser_finish(parser, print));
        cpl_node_append(node, &tail, print);
    }
    return CPL_OK;
}

static cpl_status parse_jump(struct cpl_parser *parser, struct cpl_node *node)
{
    if (parser->loops)
        return CPL_OK;
    return cpl_template_fail(parser->chat, node->position, parser->error,
                             "\"%s\" outside of a loop",
                             node->kind == CPL_NODE_BREAK ? "break" : "continue");
}

static cpl_status parse_tag(struct cpl_parser *parser, struct cpl_node **out)
{
    static const struct {
        const char *name;
        enum cpl_node_kind kind;
        cpl_status (*parse)(struct cpl_parser *, struct cpl_node *);
    } tags[] = {
        {"for", CPL_NODE_FOR, parse_for},
        {"if", CPL_NODE_IF, parse_if},
        {"set", CPL_NODE_SET, parse_set},
        {"macro", CPL_NODE_MACRO, parse_macro},
        {"call", CPL_NODE_CALL_BLOCK, parse_call_block},
        {"generation", CPL_NODE_GENERATION, parse_generation},
        {"filter", CPL_NODE_FILTER_BLOCK, parse_filter_block},
        {"with", CPL_NODE_WITH, parse_with},
        {"print", CPL_NODE_GROUP, parse_print},
        {"break", CPL_NODE_BREAK, parse_jump},
        {"continue", CPL_NODE_CONTINUE, parse_jump},
    };
    const struct cpl_token *token = parser->token;
    if (token->kind != CPL_TOKEN_NAME)
        return cpl_parser_fail(parser, token, "the name of a tag");
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        if (!cpl_token_is_name(token, tags[i].name))
            continue;
        CPL_TRY(cpl_parser_enter(parser));
        parser->token++;
        CPL_TRY(cpl_parser_node(parser, out, tags[i].kind, token->position));
        CPL_TRY(tags[i].parse(parser, *out));
        parser->depth--;
        CPL_TRY(cpl_parser_finish(parser, *out));
        return cpl_parser_expect(parser, CPL_TOKEN_BLOCK_END, "the end of the tag");
    }
    return cpl_template_fail(parser->chat, token->position, parser->error,
                             "unknown tag \"%.*s\"",
                             (int)(token->length < 60 ? token->length : 60), token->text);
}

static cpl_status parse_data(struct cpl_parser *parser, struct cpl_node **out)
{
    const struct cpl_token *token = parser->token++;
    struct cpl_text *text = NULL;
    CPL_TRY(cpl_parser_node(parser, out, CPL_NODE_DATA, token->position));
    CPL_TRY(cpl_pool_take(&parser->chat->pool, &text, sizeof *text, parser->error));
    text->data = token->text;
    text->length = token->length;
    (*out)->constant = (struct cpl_value){.kind = CPL_TEXT, .as.text = text};
    return CPL_OK;
}

static cpl_status parse_print_tag(struct cpl_parser *parser, struct cpl_node **out)
{
    CPL_TRY(cpl_parser_node(parser, out, CPL_NODE_PRINT, parser->token++->position));
    CPL_TRY(cpl_parse_tuple(parser, true, NULL, &(*out)->first));
    CPL_TRY(cpl_parser_finish(parser, *out));
    return cpl_parser_expect(parser, CPL_TOKEN_PRINT_END, "the end of the tag");
}

/* Statements into frame->items, until the template ends (`ends` NULL) or a tag of `ends` comes. */
static cpl_status parse_parts(struct cpl_parser *parser, const char *const *ends,
                              struct cpl_node *frame)
{
    struct cpl_node **tail = NULL;
    while (parser->token->kind != CPL_TOKEN_END) {
        struct cpl_node *part = NULL;
        if (parser->token->kind == CPL_TOKEN_DATA) {
            CPL_TRY(parse_data(parser, &part));
        } else if (parser->token->kind == CPL_TOKEN_PRINT_BEGIN) {
            CPL_TRY(parse_print_tag(parser, &part));
        } else {
            parser->token++;
            for (size_t i = 0; ends && ends[i]; i++)
                if (cpl_token_is_name(parser->token, ends[i]))
                    return CPL_OK;
            CPL_TRY(parse_tag(parser, &part));
        }
        cpl_node_append(frame, &tail, part);
    }
    if (!ends)
        return CPL_OK;
    return cpl_template_fail(parser->chat, frame->position, parser->error,
                             "the block has no end, expected {%% %s %%}", ends[0]);
}

cpl_status cpl_template_parse(struct cpl_chat_template *chat, struct cpl_error *error)
{
    struct cpl_token *tokens = NULL;
    size_t count = 0;
    CPL_TRY(cpl_template_tokens(chat, &tokens, &count, error));
    struct cpl_parser parser = {.chat = chat, .error = error, .token = tokens};
    cpl_status status = cpl_parser_node(&parser, &chat->root, CPL_NODE_FRAME, 0);
    if (status == CPL_OK)
        status = parse_parts(&parser, NULL, chat->root);
    if (status == CPL_OK && parser.unknown)
        status = cpl_template_fail(chat, parser.unknown->position, error, "unknown %s \"%s\"",
                                   parser.unknown->kind == CPL_NODE_FILTER ? "filter" : "test",
                                   parser.unknown->name->text);
    free(tokens);
    return status;
}
