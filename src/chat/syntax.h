/* A template in parts: tokens, then a tree of nodes.  The grammar is jinja2's (3.1). */
#ifndef CPL_CHAT_SYNTAX_H
#define CPL_CHAT_SYNTAX_H

#include "chat/pool.h"
#include "chat/value.h"

/* Names are kept once each, so that equal names are equal pointers. */
struct cpl_name {
    const char *text; /* NUL-terminated */
    size_t length;
    struct cpl_name *next; /* in its hash chain */
    bool read;             /* loaded as a variable somewhere */
};

enum cpl_token_kind {
    CPL_TOKEN_END,
    CPL_TOKEN_DATA,
    CPL_TOKEN_PRINT_BEGIN, /* {{ */
    CPL_TOKEN_PRINT_END,
    CPL_TOKEN_BLOCK_BEGIN, /* {% */
    CPL_TOKEN_BLOCK_END,
    CPL_TOKEN_NAME,
    CPL_TOKEN_TEXT,
    CPL_TOKEN_INT,
    CPL_TOKEN_REAL,
    CPL_TOKEN_POWER, /* from here on: operators, the longer ones first */
    CPL_TOKEN_FLOOR_DIVIDE,
    CPL_TOKEN_EQUAL,
    CPL_TOKEN_NOT_EQUAL,
    CPL_TOKEN_GREATER_EQUAL,
    CPL_TOKEN_LESS_EQUAL,
    CPL_TOKEN_ADD,
    CPL_TOKEN_SUBTRACT,
    CPL_TOKEN_DIVIDE,
    CPL_TOKEN_MULTIPLY,
    CPL_TOKEN_MODULO,
    CPL_TOKEN_TILDE,
    CPL_TOKEN_BRACKET_OPEN,
    CPL_TOKEN_BRACKET_CLOSE,
    CPL_TOKEN_PAREN_OPEN,
    CPL_TOKEN_PAREN_CLOSE,
    CPL_TOKEN_BRACE_OPEN,
    CPL_TOKEN_BRACE_CLOSE,
    CPL_TOKEN_GREATER,
    CPL_TOKEN_LESS,
    CPL_TOKEN_ASSIGN,
    CPL_TOKEN_DOT,
    CPL_TOKEN_COLON,
    CPL_TOKEN_PIPE,
    CPL_TOKEN_COMMA,
    CPL_TOKEN_SEMICOLON,
    CPL_TOKEN_IN, /* made by the parser: `in` and `not in` of comparisons */
    CPL_TOKEN_NOT_IN
};
struct cpl_token {
    enum cpl_token_kind kind;
    uint32_t position; /* byte in the source */
    const char *text;  /* DATA, NAME, TEXT (unescaped) */
    size_t length;
    int64_t integer;
    double real;
};

enum cpl_node_kind {
    /* expressions */
    CPL_NODE_CONSTANT,
    CPL_NODE_NAME,      /* name */
    CPL_NODE_LIST,      /* items */
    CPL_NODE_TUPLE,     /* items */
    CPL_NODE_DICT,      /* items: PAIRs */
    CPL_NODE_PAIR,      /* first: second */
    CPL_NODE_CONDITION, /* second if first else third (may be NULL) */
    CPL_NODE_AND,
    CPL_NODE_OR,
    CPL_NODE_NOT,
    CPL_NODE_COMPARE,   /* first, then items: COMPARANDs */
    CPL_NODE_COMPARAND, /* token, first */
    CPL_NODE_BINARY,    /* first token second */
    CPL_NODE_CONCAT,    /* items */
    CPL_NODE_NEGATIVE,
    CPL_NODE_POSITIVE,
    CPL_NODE_ATTRIBUTE, /* first.name */
    CPL_NODE_ITEM,      /* first[second] */
    CPL_NODE_SLICE,     /* first[items]: start, stop, step as ABSENT or expressions */
    CPL_NODE_ABSENT,
    CPL_NODE_CALL,     /* first(items: ARGUMENTs) */
    CPL_NODE_ARGUMENT, /* token 0, MULTIPLY for *x, POWER for **x; name for keywords; first */
    CPL_NODE_FILTER,   /* first (NULL: the captured text) | name(items) */
    CPL_NODE_TEST,     /* first is name(items) */
    CPL_NODE_ATTRIBUTE_TARGET, /* name.attribute in assignments */
    /* statements */
    CPL_NODE_FRAME, /* items: statements with variables of their own; missing */
    CPL_NODE_DATA,  /* constant */
    CPL_NODE_PRINT, /* first */
    CPL_NODE_FOR, /* first in second, third: test, body, otherwise (may be NULL); flag: recursive */
    CPL_NODE_IF,         /* if first: body; items: its elifs as IFs; otherwise (may be NULL) */
    CPL_NODE_GROUP,      /* items: statements in a row */
    CPL_NODE_SET,        /* first = second */
    CPL_NODE_SET_BLOCK,  /* first, second: filter or NULL, body */
    CPL_NODE_MACRO,      /* name, items: PARAMETERs, body; flags below */
    CPL_NODE_PARAMETER,  /* name, first: default or NULL */
    CPL_NODE_CALL_BLOCK, /* first: CALL, second: MACRO */
    CPL_NODE_GENERATION, /* body */
    CPL_NODE_FILTER_BLOCK, /* first: filter, body */
    CPL_NODE_WITH,         /* items: SETs in the outer frame, body */
    CPL_NODE_BREAK,
    CPL_NODE_CONTINUE
};
enum { CPL_MACRO_CALLER = 1, CPL_MACRO_KEYWORDS = 2, CPL_MACRO_REST = 4 };

struct cpl_node {
    uint8_t kind;  /* enum cpl_node_kind */
    uint8_t token; /* enum cpl_token_kind of an operator */
    uint8_t flags;
    uint16_t depth; /* of the tree below */
    uint32_t position;
    struct cpl_name *name, *attribute;
    struct cpl_node *first, *second, *third;
    struct cpl_node *items; /* a list linked by `next` */
    struct cpl_node *body, *otherwise;
    struct cpl_node *next;
    size_t n_items;
    const struct cpl_builtin *builtin; /* FILTER, TEST; NULL: unknown, an error when reached */
    struct cpl_value constant;
    struct cpl_name **missing; /* [n_missing]: names bound to nothing when a frame is entered */
    size_t n_missing;
};

enum { CPL_NAME_BUCKETS = 4096, CPL_NAME_CHAIN = 100 };
struct cpl_chat_template {
    struct cpl_pool pool;
    const char *source; /* with \n as the only line end */
    size_t length;
    struct cpl_name *bucket[CPL_NAME_BUCKETS];
    struct cpl_node *root;       /* FRAME */
    const struct cpl_name *loop; /* the name "loop", if anything reads it */
    bool marks;
};

/* "chat template:LINE:COLUMN" of a byte of the source. */
void cpl_template_place(const struct cpl_chat_template *chat, uint32_t position, char *out,
                        size_t size);
cpl_status cpl_template_fail(const struct cpl_chat_template *chat, uint32_t position,
                             struct cpl_error *error, const char *format, ...) CPL_PRINTF(4, 5);
cpl_status cpl_template_name(struct cpl_chat_template *chat, struct cpl_name **out,
                             const char *text, size_t length, struct cpl_error *error);

/* NULL when the template has no such name. */
struct cpl_name *cpl_template_find_name(const struct cpl_chat_template *chat, const char *text,
                                        size_t length);

/* *tokens: heap, ends with CPL_TOKEN_END; texts live in the template. */
cpl_status cpl_template_tokens(struct cpl_chat_template *chat, struct cpl_token **tokens,
                               size_t *count, struct cpl_error *error);
cpl_status cpl_template_parse(struct cpl_chat_template *chat, struct cpl_error *error);
/* Fills `missing` of all frames (name_scopes.c). */
cpl_status cpl_template_scopes(struct cpl_chat_template *chat, struct cpl_error *error);

/* The tables; NULL when there is no such name. */
const struct cpl_builtin *cpl_filter_find(const char *name, size_t length);
const struct cpl_builtin *cpl_test_find(const char *name, size_t length);
const struct cpl_builtin *cpl_function_find(const char *name, size_t length);
const struct cpl_builtin *cpl_method_find(unsigned kind, const char *name, size_t length);
/* Known to jinja2, but not rendered here. */
bool cpl_builtin_is_refused(const struct cpl_builtin *builtin);

#endif
