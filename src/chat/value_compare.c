/* Truth, equality and order of values, as Python defines them. */
#include "chat/chat.h"

#include "base/try.h"

#include <math.h>
#include <string.h>

bool cpl_value_truth(struct cpl_value value)
{
    int64_t length = 0;
    bool has = false;
    switch ((enum cpl_kind)value.kind) {
    case CPL_MISSING:
    case CPL_UNDEFINED:
    case CPL_NONE: return false;
    case CPL_BOOL: return value.as.truth;
    case CPL_INT: return value.as.integer != 0;
    case CPL_REAL: return value.as.real != 0;
    default: cpl_value_length(value, &length, &has); return !has || length != 0;
    }
}

/* -1, 0, 1; 2 when one is NaN.  Exact for integers beyond 2^53 beside reals, too. */
static int compare_numbers(struct cpl_value a, struct cpl_value b)
{
    if (a.kind != CPL_REAL && b.kind != CPL_REAL) {
        int64_t x = a.kind == CPL_BOOL ? a.as.truth : a.as.integer;
        int64_t y = b.kind == CPL_BOOL ? b.as.truth : b.as.integer;
        return x < y ? -1 : x > y;
    }
    double x = cpl_value_as_real(a), y = cpl_value_as_real(b);
    if (isnan(x) || isnan(y))
        return 2;
    if (x != y || (a.kind != CPL_INT && b.kind != CPL_INT) || fabs(x) >= 9.3e18)
        return x < y ? -1 : x > y;
    /* equal after rounding the integer: compare as integers; 2^63 as a real fits none */
    if (x >= 9223372036854775808.0)
        return a.kind == CPL_INT ? -1 : 1;
    int64_t whole = (int64_t)x, exact = a.kind == CPL_INT ? a.as.integer : b.as.integer;
    int sign = exact < whole ? -1 : exact > whole;
    return a.kind == CPL_INT ? sign : -sign;
}

static int compare_texts(const struct cpl_text *a, const struct cpl_text *b)
{
    size_t least = a->length < b->length ? a->length : b->length;
    int sign =
        least ? memcmp(a->data, b->data, least) : 0; /* order of UTF-8 is that of code points */
    return sign ? sign : a->length < b->length ? -1 : a->length > b->length;
}

static cpl_status equal_lists(struct cpl_chat *chat, const struct cpl_list *a,
                              const struct cpl_list *b, bool *out)
{
    *out = a->count == b->count;
    CPL_TRY(cpl_chat_enter(chat));
    for (size_t i = 0; i < a->count && *out; i++)
        CPL_TRY(cpl_value_equal(chat, a->item[i], b->item[i], out));
    chat->depth--;
    return CPL_OK;
}

static cpl_status equal_dicts(struct cpl_chat *chat, const struct cpl_dict *a,
                              const struct cpl_dict *b, bool *out)
{
    *out = a->count == b->count;
    CPL_TRY(cpl_chat_enter(chat));
    for (size_t i = 0; i < a->count && *out; i++) {
        struct cpl_dict_entry *other = NULL;
        CPL_TRY(cpl_dict_get(chat, b, a->entry[i].key, &other));
        *out = other != NULL;
        if (other)
            CPL_TRY(cpl_value_equal(chat, a->entry[i].value, other->value, out));
    }
    chat->depth--;
    return CPL_OK;
}

cpl_status cpl_value_equal(struct cpl_chat *chat, struct cpl_value a, struct cpl_value b,
                           bool *out)
{
    CPL_TRY(cpl_chat_spend(chat, 1));
    if (cpl_value_is_number(a) && cpl_value_is_number(b)) {
        *out = compare_numbers(a, b) == 0;
        return CPL_OK;
    }
    *out = false;
    if (a.kind != b.kind)
        return CPL_OK;
    switch ((enum cpl_kind)a.kind) {
    case CPL_MISSING:
    case CPL_UNDEFINED:
    case CPL_NONE: *out = true; return CPL_OK;
    case CPL_TEXT:
        *out =
            a.as.text->length == b.as.text->length && compare_texts(a.as.text, b.as.text) == 0;
        return cpl_chat_spend(chat, a.as.text->length / 16);
    case CPL_LIST:
    case CPL_TUPLE: return equal_lists(chat, a.as.list, b.as.list, out);
    case CPL_DICT: return equal_dicts(chat, a.as.dict, b.as.dict, out);
    case CPL_RANGE:
        *out = a.as.range->count == b.as.range->count &&
               (a.as.range->count == 0 ||
                (a.as.range->start == b.as.range->start &&
                 (a.as.range->count == 1 || a.as.range->step == b.as.range->step)));
        return CPL_OK;
    default: *out = a.as.name == b.as.name; return CPL_OK; /* the same object */
    }
}

/* Lists and tuples: the first place where they differ decides. */
static cpl_status order_lists(struct cpl_chat *chat, const struct cpl_list *a,
                              const struct cpl_list *b, enum cpl_order order, bool *out)
{
    bool equal = true;
    size_t i = 0;
    CPL_TRY(cpl_chat_enter(chat));
    for (; i < a->count && i < b->count && equal; i++)
        CPL_TRY(cpl_value_equal(chat, a->item[i], b->item[i], &equal));
    if (!equal) {
        CPL_TRY(cpl_value_order(chat, a->item[i - 1], b->item[i - 1], order, out));
    } else {
        struct cpl_value x = cpl_value_int((int64_t)a->count);
        CPL_TRY(cpl_value_order(chat, x, cpl_value_int((int64_t)b->count), order, out));
    }
    chat->depth--;
    return CPL_OK;
}

cpl_status cpl_value_order(struct cpl_chat *chat, struct cpl_value a, struct cpl_value b,
                           enum cpl_order order, bool *out)
{
    int sign;
    CPL_TRY(cpl_chat_spend(chat, 1));
    if (a.kind == CPL_UNDEFINED || b.kind == CPL_UNDEFINED)
        return cpl_undefined_fail(chat, a.kind == CPL_UNDEFINED ? a : b);
    if (cpl_value_is_number(a) && cpl_value_is_number(b)) {
        sign = compare_numbers(a, b);
    } else if (a.kind == CPL_TEXT && b.kind == CPL_TEXT) {
        CPL_TRY(cpl_chat_spend(chat, a.as.text->length / 16));
        sign = compare_texts(a.as.text, b.as.text);
    } else if (a.kind == b.kind && (a.kind == CPL_LIST || a.kind == CPL_TUPLE)) {
        return order_lists(chat, a.as.list, b.as.list, order, out);
    } else {
        return cpl_chat_fail(chat, "%s and %s have no order", cpl_kind_name(a.kind),
                             cpl_kind_name(b.kind));
    }
    *out = sign != 2 && (order == CPL_LESS         ? sign < 0
                         : order == CPL_LESS_EQUAL ? sign <= 0
                         : order == CPL_GREATER    ? sign > 0
                                                   : sign >= 0);
    return CPL_OK;
}

cpl_status cpl_value_less(struct cpl_chat *chat, struct cpl_value a, struct cpl_value b,
                          bool *out)
{
    return cpl_value_order(chat, a, b, CPL_LESS, out);
}

cpl_status cpl_value_contains(struct cpl_chat *chat, struct cpl_value container,
                              struct cpl_value item, bool *out)
{
    struct cpl_dict_entry *entry = NULL;
    struct cpl_iterator *iterator = NULL;
    struct cpl_value other;
    bool more = true;
    *out = false;
    if (container.kind == CPL_TEXT) {
        const struct cpl_text *text = container.as.text;
        if (item.kind != CPL_TEXT)
            return cpl_chat_fail(chat, "only a text can be in a text, not %s",
                                 cpl_kind_name(item.kind));
        *out = item.as.text->length == 0 || memmem(text->data, text->length, item.as.text->data,
                                                   item.as.text->length) != NULL;
        return cpl_chat_spend(chat, text->length / 8);
    }
    bool keys = container.kind == CPL_VIEW && container.as.view->part == CPL_VIEW_KEYS;
    if (container.kind == CPL_DICT || keys) {
        CPL_TRY(cpl_dict_get(chat, keys ? container.as.view->dict : container.as.dict, item,
                             &entry));
        *out = entry != NULL;
        return CPL_OK;
    }
    CPL_TRY(cpl_iterator_open(chat, container, &iterator));
    while (!*out && more) {
        CPL_TRY(cpl_iterator_next(chat, iterator, &other, &more));
        if (more)
            CPL_TRY(cpl_value_equal(chat, other, item, out));
    }
    return CPL_OK;
}
