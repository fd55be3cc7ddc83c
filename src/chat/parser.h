/* What the two files of the parser share. */
#ifndef CPL_CHAT_PARSER_H
#define CPL_CHAT_PARSER_H

#include "chat/syntax.h"

struct cpl_parser {
    struct cpl_chat_template *chat;
    struct cpl_error *error;
    const struct cpl_token *token; /* the current one; ends with CPL_TOKEN_END */
    int depth;
    const struct cpl_node
        *unknown;  /* the first unknown filter or test that is not in a condition */
    bool soft;     /* inside an `if`: unknown filters and tests are errors only when reached */
    int loops;     /* `for` around us, up to the next macro */
    int any_loops; /* `for` around us at all */
    int callers, keywords, rests; /* so often `caller`, `kwargs` and `varargs` were read */
};

cpl_status cpl_parser_node(struct cpl_parser *parser, struct cpl_node **out,
                           enum cpl_node_kind kind, uint32_t position);
/* Links `item` in as the last of parent->items; *tail is where its predecessor points. */
void cpl_node_append(struct cpl_node *parent, struct cpl_node ***tail, struct cpl_node *item);
/* A finished node with up to two children. */
cpl_status cpl_parser_two(struct cpl_parser *parser, enum cpl_node_kind kind, uint32_t position,
                          struct cpl_node *first, struct cpl_node *second,
                          struct cpl_node **out);
/* Sets the depth from the children; CPL_ERROR_INPUT when the tree is too deep. */
cpl_status cpl_parser_finish(struct cpl_parser *parser, struct cpl_node *node);
cpl_status cpl_parser_enter(struct cpl_parser *parser);
cpl_status cpl_parser_fail(struct cpl_parser *parser, const struct cpl_token *token,
                           const char *expected);

static inline bool cpl_token_is_name(const struct cpl_token *token, const char *name)
{
    return token->kind == CPL_TOKEN_NAME && __builtin_strlen(name) == token->length &&
           __builtin_memcmp(token->text, name, token->length) == 0;
}
/* True and one token ahead if the current one is of that kind, or that name. */
bool cpl_parser_skip(struct cpl_parser *parser, enum cpl_token_kind kind);
bool cpl_parser_skip_name(struct cpl_parser *parser, const char *name);
cpl_status cpl_parser_expect(struct cpl_parser *parser, enum cpl_token_kind kind,
                             const char *expected);
cpl_status cpl_parser_name(struct cpl_parser *parser, struct cpl_name **out);

cpl_status cpl_parse_expression(struct cpl_parser *parser, struct cpl_node **out);
/* An expression without "a if b"; `any`: also of operands joined by `or`. */
cpl_status cpl_parse_logic(struct cpl_parser *parser, bool any, struct cpl_node **out);
/* One expression, or a tuple where there are commas.  `condition`: "a if b" may stand there;
 * `end`: a name that ends it, or NULL. */
cpl_status cpl_parse_tuple(struct cpl_parser *parser, bool condition, const char *end,
                           struct cpl_node **out);
cpl_status cpl_parse_primary(struct cpl_parser *parser, struct cpl_node **out);
/* Behind a `|`, or at the name if `inline_first`; *node is what the first filter is applied to. */
cpl_status cpl_parse_filters(struct cpl_parser *parser, bool inline_first,
                             struct cpl_node **node);
/* One name, attribute (if `attributes`) or tuple in parentheses; and several with commas. */
cpl_status cpl_parse_one_target(struct cpl_parser *parser, bool attributes,
                                struct cpl_node **out);
cpl_status cpl_parse_target(struct cpl_parser *parser, bool attributes, const char *end,
                            struct cpl_node **out);
cpl_status cpl_parse_signature(struct cpl_parser *parser, struct cpl_node *node);
/* Calls, attributes and items behind *node; one call; one test. */
cpl_status cpl_parse_postfix(struct cpl_parser *parser, struct cpl_node **node);
cpl_status cpl_parse_call(struct cpl_parser *parser, struct cpl_node **node);
cpl_status cpl_parse_test(struct cpl_parser *parser, struct cpl_node **node);
cpl_status cpl_parse_arguments(struct cpl_parser *parser, struct cpl_node *node);

#endif
