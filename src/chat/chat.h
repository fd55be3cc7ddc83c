/* One rendering of a template: its state, and what the files of the interpreter ask of each other. */
#ifndef CPL_CHAT_CHAT_H
#define CPL_CHAT_CHAT_H

#include "base/buffer.h"
#include "chat/syntax.h"

#include <couplet/chat.h>

/* Levels of nodes, calls and nested values; tests/test_chat_limits.c holds them to 256 KiB of stack. */
enum { CPL_CHAT_DEPTH = 600, CPL_SYNTAX_DEPTH = 300 };

/* Variables of a frame, seen from the frames written inside it. */
struct cpl_scope {
    struct cpl_scope *parent;
    struct cpl_variable {
        const struct cpl_name *name;
        struct cpl_value value; /* CPL_MISSING: undefined here, whatever the outer frames say */
    } * variable;
    size_t count, capacity;
};
struct cpl_macro {
    const struct cpl_node *node; /* MACRO */
    struct cpl_scope *scope;     /* where it was written */
};
struct cpl_loop {
    struct cpl_iterator *iterator;
    struct cpl_value iterable;
    int64_t index0, length; /* length -1: not known yet */
    int64_t depth0;
    struct cpl_value before, current, after, changed;
    bool has_after, has_changed, ended;
    const struct cpl_node *recursive; /* FOR, or NULL */
    struct cpl_scope *scope;          /* around it */
};

enum cpl_flow { CPL_FLOW_ON, CPL_FLOW_BREAK, CPL_FLOW_CONTINUE };
struct cpl_chat {
    const struct cpl_chat_template *template;
    struct cpl_error *error;
    struct cpl_pool pool;
    uint64_t steps; /* left */
    uint64_t max_steps;
    int depth;
    uint32_t position; /* of the node that is being evaluated */
    struct cpl_scope *scope;
    struct cpl_dict *variables;
    enum cpl_flow flow;
    struct cpl_buffer out; /* a capture is cut off its end again */
    size_t max_output;
    struct cpl_chat_span *span;
    size_t n_spans, span_capacity;
    int64_t now;
    bool utc;
};

/* CPL_ERROR_INPUT at the present position. */
cpl_status cpl_chat_fail(struct cpl_chat *chat, const char *format, ...) CPL_PRINTF(2, 3);
/* Takes `steps` off what is left, each about an item or some bytes of work. */
cpl_status cpl_chat_spend(struct cpl_chat *chat, uint64_t steps);
/* One level down; pairs with `chat->depth--`. */
cpl_status cpl_chat_enter(struct cpl_chat *chat);
cpl_status cpl_chat_take(struct cpl_chat *chat, void *out, size_t count, size_t size);
/* Appends to the output, within its bound. */
cpl_status cpl_chat_write(struct cpl_chat *chat, const char *data, size_t length);
/* What was written since out.length was `mark`, taken out of the output again. */
cpl_status cpl_chat_capture(struct cpl_chat *chat, size_t mark, struct cpl_value *out);
/* Checks a buffer that a value was written to. */
cpl_status cpl_chat_check(struct cpl_chat *chat, const struct cpl_buffer *buffer);

/* interpret_expression.c */
cpl_status cpl_chat_evaluate(struct cpl_chat *chat, const struct cpl_node *node,
                             struct cpl_value *out);
/* interpret_statement.c */
cpl_status cpl_chat_run(struct cpl_chat *chat, const struct cpl_node *statements);
cpl_status cpl_chat_run_frame(struct cpl_chat *chat, const struct cpl_node *frame);
cpl_status cpl_chat_run_loop(struct cpl_chat *chat, const struct cpl_node *node,
                             struct cpl_value iterable, struct cpl_scope *scope,
                             int64_t depth0);
cpl_status cpl_chat_assign(struct cpl_chat *chat, const struct cpl_node *target,
                           struct cpl_value value);
/* scope.c; push makes a new one the present one, whose variables `frame` (may be NULL) knows */
cpl_status cpl_scope_push(struct cpl_chat *chat, struct cpl_scope *parent,
                          const struct cpl_node *frame);
/* Empties it, but for the names that are missing from the start. */
cpl_status cpl_scope_reset(struct cpl_chat *chat, struct cpl_scope *scope,
                           const struct cpl_node *frame);
cpl_status cpl_scope_set(struct cpl_chat *chat, struct cpl_scope *scope,
                         const struct cpl_name *name, struct cpl_value value);
cpl_status cpl_scope_get(struct cpl_chat *chat, const struct cpl_name *name,
                         struct cpl_value *out);
/* interpret_call.c; `captured`: what a filter without an operand is applied to. */
cpl_status cpl_chat_call_node(struct cpl_chat *chat, const struct cpl_node *node,
                              const struct cpl_value *caller, struct cpl_value *out);
/* interpret_macro.c: what the body writes becomes the value. */
cpl_status cpl_chat_call_macro(struct cpl_chat *chat, const struct cpl_macro *macro,
                               const struct cpl_call *call, struct cpl_value *out);
cpl_status cpl_chat_filter_node(struct cpl_chat *chat, const struct cpl_node *node,
                                const struct cpl_value *captured, struct cpl_value *out);
cpl_status cpl_chat_test_node(struct cpl_chat *chat, const struct cpl_node *node,
                              struct cpl_value *out);
cpl_status cpl_chat_call(struct cpl_chat *chat, struct cpl_value function,
                         const struct cpl_call *call, struct cpl_value *out);
cpl_status cpl_builtin_call(struct cpl_chat *chat, const struct cpl_builtin *builtin,
                            const char *what, struct cpl_value self,
                            const struct cpl_call *call, struct cpl_value *out);
/* operators.c */
cpl_status cpl_value_binary(struct cpl_chat *chat, enum cpl_token_kind operation,
                            struct cpl_value a, struct cpl_value b, struct cpl_value *out);
cpl_status cpl_value_negate(struct cpl_chat *chat, struct cpl_value a, struct cpl_value *out);
cpl_status cpl_text_repeat(struct cpl_chat *chat, struct cpl_value text, int64_t times,
                           struct cpl_value *out);
/* attributes.c */
cpl_status cpl_value_attribute(struct cpl_chat *chat, struct cpl_value object, const char *name,
                               size_t length, struct cpl_value *out);
/* object[key] alone; CPL_MISSING when there is none (subscript.c). */
cpl_status cpl_value_item(struct cpl_chat *chat, struct cpl_value object, struct cpl_value key,
                          struct cpl_value *out);
/* object.name or else object[name]; object[key] or else object.key */
cpl_status cpl_value_getattr(struct cpl_chat *chat, struct cpl_value object,
                             struct cpl_value name, struct cpl_value *out);
cpl_status cpl_value_getitem(struct cpl_chat *chat, struct cpl_value object,
                             struct cpl_value key, struct cpl_value *out);
cpl_status cpl_value_slice(struct cpl_chat *chat, struct cpl_value object,
                           const struct cpl_value bound[3], struct cpl_value *out);
cpl_status cpl_undefined_fail(struct cpl_chat *chat, struct cpl_value value);
/* "a.b.0" of map, sort ...: MISSING or NONE give the item itself. */
cpl_status cpl_value_path(struct cpl_chat *chat, struct cpl_value item, struct cpl_value path,
                          struct cpl_value fallback, struct cpl_value *out);
/* format_percent.c, format_braces.c */
cpl_status cpl_format_percent(struct cpl_chat *chat, struct cpl_value format,
                              struct cpl_value arguments, struct cpl_value *out);
cpl_status cpl_format_braces(struct cpl_chat *chat, struct cpl_value format,
                             const struct cpl_call *call, struct cpl_value *out);
/* Writes "%.{precision}{kind}" with kind one of e f g, in the C locale. */
void cpl_real_format(struct cpl_buffer *out, double value, int precision, char kind,
                     bool alternate);
void cpl_real_represent(struct cpl_buffer *out, double value); /* as Python's repr */
cpl_status cpl_text_escape(struct cpl_chat *chat, struct cpl_value text, struct cpl_value *out);

/* Iterators that evaluate as they go. */
cpl_status cpl_iterator_map(struct cpl_chat *chat, struct cpl_value source,
                            const struct cpl_call *call, struct cpl_value *out);
/* `attribute`: the first argument is a path; `want`: what the test must give. */
cpl_status cpl_iterator_select(struct cpl_chat *chat, struct cpl_value source,
                               const struct cpl_call *call, bool attribute, bool want,
                               struct cpl_value *out);
/* Items of a loop that pass its test. */
cpl_status cpl_iterator_loop_test(struct cpl_chat *chat, struct cpl_value source,
                                  const struct cpl_node *loop, struct cpl_scope *scope,
                                  struct cpl_value *out);
cpl_status cpl_iterator_reversed(struct cpl_chat *chat, struct cpl_value source,
                                 struct cpl_value *out);
/* A list that can only be walked through once. */
cpl_status cpl_iterator_once(struct cpl_chat *chat, struct cpl_value list,
                             struct cpl_value *out);
bool cpl_iterator_is_over(const struct cpl_iterator *iterator);

#endif
