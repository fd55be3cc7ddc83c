/* Values of a template while it is rendered: what Python's objects are to jinja2.  All of them live in
 * the pool of the rendering (constants in the template's) and none but namespaces ever changes. */
#ifndef CPL_CHAT_VALUE_H
#define CPL_CHAT_VALUE_H

#include <couplet/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cpl_chat;

enum cpl_kind {
    CPL_MISSING, /* no value at all: an argument that was not given */
    CPL_UNDEFINED,
    CPL_NONE,
    CPL_BOOL,
    CPL_INT,
    CPL_REAL,
    CPL_TEXT,
    CPL_LIST,
    CPL_TUPLE,
    CPL_DICT,
    CPL_RANGE,
    CPL_VIEW,     /* d.keys(), d.values(), d.items() */
    CPL_ITERATOR, /* a generator: can be walked through once */
    CPL_NAMESPACE,
    CPL_MACRO,
    CPL_FUNCTION, /* range, dict ... */
    CPL_METHOD,   /* x.strip, bound to x */
    CPL_LOOP,
    CPL_CYCLER,
    CPL_JOINER
};

struct cpl_text {
    const char *data; /* valid UTF-8, not NUL-terminated */
    size_t length;    /* bytes */
    size_t count;     /* characters */
};
struct cpl_value {
    uint8_t kind;  /* enum cpl_kind */
    uint8_t owner; /* CPL_UNDEFINED: kind of the object that has no such attribute, or 0 */
    bool markup;   /* CPL_TEXT: marked safe, so that + escapes what is added */
    bool group;    /* CPL_TUPLE: of groupby, with names */
    union {
        bool truth;
        int64_t integer;
        double real;
        const char *name; /* CPL_UNDEFINED: NUL-terminated; may be NULL */
        const struct cpl_text *text;
        const struct cpl_list *list; /* and tuples */
        struct cpl_dict *dict;       /* and namespaces */
        const struct cpl_range *range;
        const struct cpl_view *view;
        struct cpl_iterator *iterator;
        const struct cpl_macro *macro;
        const struct cpl_builtin *function;
        const struct cpl_method *method;
        struct cpl_loop *loop;
        struct cpl_cycler *cycler;
    } as;
};
struct cpl_list {
    size_t count;
    struct cpl_value *item;
};
struct cpl_range {
    int64_t start, stop, step, count;
};
struct cpl_dict_entry {
    struct cpl_value key, value;
    uint64_t hash;
};
struct cpl_dict {
    size_t count, capacity;
    struct cpl_dict_entry *entry; /* in order of insertion */
    uint32_t *slot;               /* [n_slots], entry number + 1; only when there are many */
    size_t n_slots;
};
enum cpl_view_part { CPL_VIEW_KEYS, CPL_VIEW_VALUES, CPL_VIEW_ITEMS };
struct cpl_view {
    const struct cpl_dict *dict;
    enum cpl_view_part part;
};
struct cpl_cycler { /* and joiners: item[0] is the separator, `at` whether it was used */
    struct cpl_list items;
    size_t at;
};

/* What a call passes: *args and **kwargs are spread out already. */
struct cpl_call {
    const struct cpl_value *positional;
    size_t n;
    const struct cpl_dict *keywords; /* NULL: none */
};
/* value[0] is what the filter, test or method is applied to; behind it stand the parameters of
 * the table's line, CPL_MISSING where not given.  Without a list of parameters `call` has them. */
typedef cpl_status cpl_builtin_function(struct cpl_chat *chat, const struct cpl_value *value,
                                        const struct cpl_call *call, struct cpl_value *out);
enum { CPL_PARAMETERS_MAX = 8 };
struct cpl_builtin {
    const char *name;
    /* "a b? -c?": names in order; ? may be absent, - cannot be given by name; NULL: any call */
    const char *parameters;
    cpl_builtin_function *function;
};
struct cpl_method {
    struct cpl_value self;
    const struct cpl_builtin *function;
};

/* ---- making them ------------------------------------------------------------------------- */

static inline struct cpl_value cpl_value_bool(bool truth)
{
    return (struct cpl_value){.kind = CPL_BOOL, .as.truth = truth};
}
static inline struct cpl_value cpl_value_int(int64_t integer)
{
    return (struct cpl_value){.kind = CPL_INT, .as.integer = integer};
}
static inline struct cpl_value cpl_value_real(double real)
{
    return (struct cpl_value){.kind = CPL_REAL, .as.real = real};
}
static inline struct cpl_value cpl_value_undefined(const char *name)
{
    return (struct cpl_value){.kind = CPL_UNDEFINED, .as.name = name};
}
static const struct cpl_value cpl_none = {.kind = CPL_NONE};

/* A copy of the bytes. */
cpl_status cpl_value_text(struct cpl_chat *chat, struct cpl_value *out, const char *data,
                          size_t length);
/* The bytes themselves, which live at least as long as the rendering. */
cpl_status cpl_value_text_of(struct cpl_chat *chat, struct cpl_value *out, const char *data,
                             size_t length);
/* *list with room for `capacity` items and none in it; *out is the list (or tuple). */
cpl_status cpl_value_list(struct cpl_chat *chat, struct cpl_value *out, struct cpl_list **list,
                          size_t capacity);
cpl_status cpl_value_pair(struct cpl_chat *chat, struct cpl_value *out, struct cpl_value a,
                          struct cpl_value b);
/* Adds to the list that is being made; grows it. */
struct cpl_list_builder {
    struct cpl_list *list;
    size_t capacity;
};
cpl_status cpl_list_add(struct cpl_chat *chat, struct cpl_list_builder *builder,
                        struct cpl_value item);

/* ---- mappings (value_dict.c) ------------------------------------------------------------- */

cpl_status cpl_dict_new(struct cpl_chat *chat, struct cpl_dict **out);
/* Sets or replaces; CPL_ERROR_INPUT for keys without a hash. */
cpl_status cpl_dict_set(struct cpl_chat *chat, struct cpl_dict *dict, struct cpl_value key,
                        struct cpl_value value);
/* *out = NULL when there is no such key. */
cpl_status cpl_dict_get(struct cpl_chat *chat, const struct cpl_dict *dict,
                        struct cpl_value key, struct cpl_dict_entry **out);
/* The entry of a text, or NULL; takes its steps without failing. */
struct cpl_dict_entry *cpl_dict_find(struct cpl_chat *chat, const struct cpl_dict *dict,
                                     const char *key, size_t length);
cpl_status cpl_value_hash(struct cpl_chat *chat, struct cpl_value value, uint64_t *out);

/* ---- comparing (value_compare.c) --------------------------------------------------------- */

bool cpl_value_truth(struct cpl_value value);
cpl_status cpl_value_equal(struct cpl_chat *chat, struct cpl_value a, struct cpl_value b,
                           bool *out);
/* a < b as sorting does; CPL_ERROR_INPUT for kinds without an order. */
cpl_status cpl_value_less(struct cpl_chat *chat, struct cpl_value a, struct cpl_value b,
                          bool *out);
enum cpl_order { CPL_LESS, CPL_LESS_EQUAL, CPL_GREATER, CPL_GREATER_EQUAL };
cpl_status cpl_value_order(struct cpl_chat *chat, struct cpl_value a, struct cpl_value b,
                           enum cpl_order order, bool *out);
cpl_status cpl_value_contains(struct cpl_chat *chat, struct cpl_value container,
                              struct cpl_value item, bool *out);
static inline bool cpl_value_is_number(struct cpl_value value)
{
    return value.kind == CPL_BOOL || value.kind == CPL_INT || value.kind == CPL_REAL;
}
/* Of numbers only. */
static inline double cpl_value_as_real(struct cpl_value value)
{
    return value.kind == CPL_REAL   ? value.as.real
           : value.kind == CPL_BOOL ? (double)value.as.truth
                                    : (double)value.as.integer;
}
/* "text", "mapping": for messages. */
const char *cpl_kind_name(unsigned kind);

/* ---- walking through (value_iterate.c) --------------------------------------------------- */

cpl_status cpl_iterator_open(struct cpl_chat *chat, struct cpl_value value,
                             struct cpl_iterator **out);
/* *more = false at the end. */
cpl_status cpl_iterator_next(struct cpl_chat *chat, struct cpl_iterator *iterator,
                             struct cpl_value *out, bool *more);
/* All that is left of anything that can be walked through. */
cpl_status cpl_value_to_list(struct cpl_chat *chat, struct cpl_value value,
                             struct cpl_value *out);
/* len(); *has = false for what has none. */
void cpl_value_length(struct cpl_value value, int64_t *length, bool *has);

/* ---- as text (value_text.c, value_json.c) ------------------------------------------------ */

struct cpl_buffer;
/* str(value) and repr(value), appended. */
cpl_status cpl_value_print(struct cpl_chat *chat, struct cpl_buffer *out,
                           struct cpl_value value);
cpl_status cpl_value_represent(struct cpl_chat *chat, struct cpl_buffer *out,
                               struct cpl_value value);
/* str(value) as a value; texts come back unchanged. */
cpl_status cpl_value_to_text(struct cpl_chat *chat, struct cpl_value value,
                             struct cpl_value *out);
/* The text of a buffer as a value; clears the buffer. */
cpl_status cpl_value_from_buffer(struct cpl_chat *chat, struct cpl_value *out,
                                 struct cpl_buffer *buffer);
struct cpl_json_style {
    bool ascii, sort_keys, lines; /* lines: one an item, indented */
    const char *indent;           /* of one level */
    size_t indent_length;
    const char *item_separator, *key_separator;
    size_t item_separator_length, key_separator_length;
};
cpl_status cpl_value_to_json(struct cpl_chat *chat, struct cpl_buffer *out,
                             struct cpl_value value, const struct cpl_json_style *style);
/* The variables of a rendering from their JSON text. */
cpl_status cpl_variables_read(struct cpl_chat *chat, const char *json, struct cpl_dict **out);

#endif
