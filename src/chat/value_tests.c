/* The tests behind `is`. */
#include "chat/builtins.h"

#include "base/try.h"

#include <string.h>

/* A test that looks at value[0] alone. */
#define SIMPLE(name, condition)                                                                \
    CPL_BUILTIN(name)                                                                          \
    {                                                                                          \
        (void)chat, (void)call;                                                                \
        *out = cpl_value_bool(condition);                                                      \
        return CPL_OK;                                                                         \
    }

SIMPLE(is_defined, value[0].kind != CPL_UNDEFINED)
SIMPLE(is_undefined, value[0].kind == CPL_UNDEFINED)
SIMPLE(is_none, value[0].kind == CPL_NONE)
SIMPLE(is_boolean, value[0].kind == CPL_BOOL)
SIMPLE(is_true, value[0].kind == CPL_BOOL && value[0].as.truth)
SIMPLE(is_false, value[0].kind == CPL_BOOL && !value[0].as.truth)
SIMPLE(is_integer, value[0].kind == CPL_INT)
SIMPLE(is_float, value[0].kind == CPL_REAL)
SIMPLE(is_number, cpl_value_is_number(value[0]))
SIMPLE(is_string, value[0].kind == CPL_TEXT)
SIMPLE(is_mapping, value[0].kind == CPL_DICT)
SIMPLE(is_escaped, value[0].kind == CPL_TEXT && value[0].markup)
SIMPLE(is_callable, value[0].kind == CPL_UNDEFINED || value[0].kind == CPL_MACRO ||
                        value[0].kind == CPL_FUNCTION || value[0].kind == CPL_METHOD ||
                        value[0].kind == CPL_LOOP || value[0].kind == CPL_JOINER)
SIMPLE(is_sequence, value[0].kind == CPL_UNDEFINED || value[0].kind == CPL_TEXT ||
                        value[0].kind == CPL_LIST || value[0].kind == CPL_TUPLE ||
                        value[0].kind == CPL_DICT || value[0].kind == CPL_RANGE)
SIMPLE(is_iterable, value[0].kind == CPL_UNDEFINED || value[0].kind == CPL_TEXT ||
                        value[0].kind == CPL_LIST || value[0].kind == CPL_TUPLE ||
                        value[0].kind == CPL_DICT || value[0].kind == CPL_RANGE ||
                        value[0].kind == CPL_VIEW || value[0].kind == CPL_ITERATOR ||
                        value[0].kind == CPL_LOOP)

static cpl_status has_rest(struct cpl_chat *chat, struct cpl_value a, struct cpl_value b,
                           int64_t rest, struct cpl_value *out)
{
    struct cpl_value found;
    bool equal = false;
    CPL_TRY(cpl_value_binary(chat, CPL_TOKEN_MODULO, a, b, &found));
    CPL_TRY(cpl_value_equal(chat, found, cpl_value_int(rest), &equal));
    *out = cpl_value_bool(equal);
    return CPL_OK;
}

CPL_BUILTIN(is_odd)
{
    (void)call;
    return has_rest(chat, value[0], cpl_value_int(2), 1, out);
}
CPL_BUILTIN(is_even)
{
    (void)call;
    return has_rest(chat, value[0], cpl_value_int(2), 0, out);
}
CPL_BUILTIN(is_divisible)
{
    (void)call;
    return has_rest(chat, value[0], value[1], 0, out);
}

static cpl_status is_case(struct cpl_chat *chat, struct cpl_value value, bool small,
                          struct cpl_value *out)
{
    CPL_TRY(cpl_value_to_text(chat, value, &value));
    CPL_TRY(cpl_chat_spend(chat, value.as.text->length));
    *out = cpl_value_bool(cpl_text_is_case(value.as.text, small));
    return CPL_OK;
}

CPL_BUILTIN(is_lower)
{
    (void)call;
    return is_case(chat, value[0], true, out);
}
CPL_BUILTIN(is_upper)
{
    (void)call;
    return is_case(chat, value[0], false, out);
}

static cpl_status is_in_table(struct cpl_chat *chat, struct cpl_value name, bool filter,
                              struct cpl_value *out)
{
    const struct cpl_text *text = name.as.text;
    if (name.kind == CPL_LIST || name.kind == CPL_DICT)
        return cpl_chat_fail(chat, "the name of a filter or test must be a text");
    *out = cpl_value_bool(name.kind == CPL_TEXT &&
                          (filter ? cpl_filter_find(text->data, text->length)
                                  : cpl_test_find(text->data, text->length)) != NULL);
    return CPL_OK;
}

CPL_BUILTIN(is_filter)
{
    (void)call;
    return is_in_table(chat, value[0], true, out);
}
CPL_BUILTIN(is_test)
{
    (void)call;
    return is_in_table(chat, value[0], false, out);
}

/* The same object: for what cannot be told apart, equality. */
CPL_BUILTIN(is_same)
{
    bool same = value[0].kind == value[1].kind;
    (void)call;
    switch ((enum cpl_kind)value[0].kind) {
    case CPL_LIST:
    case CPL_TUPLE:
    case CPL_DICT:
    case CPL_RANGE:
    case CPL_UNDEFINED: same = same && value[0].as.name == value[1].as.name; break;
    default:
        if (same)
            CPL_TRY(cpl_value_equal(chat, value[0], value[1], &same));
    }
    *out = cpl_value_bool(same);
    return CPL_OK;
}

CPL_BUILTIN(is_in)
{
    bool found = false;
    (void)call;
    CPL_TRY(cpl_value_contains(chat, value[1], value[0], &found));
    *out = cpl_value_bool(found);
    return CPL_OK;
}

static cpl_status is_ordered(struct cpl_chat *chat, const struct cpl_value *value,
                             enum cpl_order order, struct cpl_value *out)
{
    bool holds = false;
    CPL_TRY(cpl_value_order(chat, value[0], value[1], order, &holds));
    *out = cpl_value_bool(holds);
    return CPL_OK;
}

static cpl_status is_equal_to(struct cpl_chat *chat, const struct cpl_value *value, bool wanted,
                              struct cpl_value *out)
{
    bool equal = false;
    CPL_TRY(cpl_value_equal(chat, value[0], value[1], &equal));
    *out = cpl_value_bool(equal == wanted);
    return CPL_OK;
}

CPL_BUILTIN(is_equal)
{
    (void)call;
    return is_equal_to(chat, value, true, out);
}
CPL_BUILTIN(is_unequal)
{
    (void)call;
    return is_equal_to(chat, value, false, out);
}
CPL_BUILTIN(is_less)
{
    (void)call;
    return is_ordered(chat, value, CPL_LESS, out);
}
CPL_BUILTIN(is_less_equal)
{
    (void)call;
    return is_ordered(chat, value, CPL_LESS_EQUAL, out);
}
CPL_BUILTIN(is_greater)
{
    (void)call;
    return is_ordered(chat, value, CPL_GREATER, out);
}
CPL_BUILTIN(is_greater_equal)
{
    (void)call;
    return is_ordered(chat, value, CPL_GREATER_EQUAL, out);
}
