/* + - * / // % ** as Python computes them: // and % round towards minus infinity, / gives a float,
 * texts and lists are joined and repeated.  Integers beyond 64 bits are an error. */
#include "chat/chat.h"

#include "base/try.h"

#include <math.h>
#include <string.h>

static int64_t as_int(struct cpl_value value)
{
    return value.kind == CPL_BOOL ? value.as.truth : value.as.integer;
}

static cpl_status too_large(struct cpl_chat *chat)
{
    return cpl_chat_fail(chat, "an integer of more than 64 bits");
}

static cpl_status by_zero(struct cpl_chat *chat)
{
    return cpl_chat_fail(chat, "division by zero");
}

static bool power(int64_t base, int64_t exponent, int64_t *out)
{
    *out = 1;
    while (exponent > 0) {
        if (exponent & 1 && __builtin_mul_overflow(*out, base, out))
            return false;
        exponent >>= 1;
        if (exponent && __builtin_mul_overflow(base, base, &base))
            return false;
    }
    return true;
}

static cpl_status integers(struct cpl_chat *chat, enum cpl_token_kind operation, int64_t a,
                           int64_t b, struct cpl_value *out)
{
    int64_t result = 0;
    bool fits = true;
    switch (operation) {
    case CPL_TOKEN_ADD: fits = !__builtin_add_overflow(a, b, &result); break;
    case CPL_TOKEN_SUBTRACT: fits = !__builtin_sub_overflow(a, b, &result); break;
    case CPL_TOKEN_MULTIPLY: fits = !__builtin_mul_overflow(a, b, &result); break;
    case CPL_TOKEN_DIVIDE:
        if (b == 0)
            return by_zero(chat);
        /* both exact in 64 bits of fraction where long double has them */
        *out = cpl_value_real((double)((long double)a / (long double)b));
        return CPL_OK;
    case CPL_TOKEN_FLOOR_DIVIDE:
    case CPL_TOKEN_MODULO: {
        if (b == 0)
            return by_zero(chat);
        if (b == -1) { /* the smallest integer has no opposite */
            fits = operation == CPL_TOKEN_MODULO || !__builtin_sub_overflow(0, a, &result);
            break;
        }
        int64_t quotient = a / b, rest = a % b;
        if (rest != 0 && (rest < 0) != (b < 0)) {
            quotient--;
            rest += b;
        }
        result = operation == CPL_TOKEN_MODULO ? rest : quotient;
        break;
    }
    default:
        if (b < 0 && a == 0)
            return by_zero(chat);
        if (b < 0) {
            *out = cpl_value_real(pow((double)a, (double)b));
            return CPL_OK;
        }
        fits = power(a, b, &result);
    }
    if (!fits)
        return too_large(chat);
    *out = cpl_value_int(result);
    return CPL_OK;
}

/* Python's float_divmod: the rest has the sign of the divisor. */
static void divide_reals(double a, double b, double *quotient, double *rest)
{
    *rest = fmod(a, b);
    double division = (a - *rest) / b;
    if (*rest != 0) {
        if ((b < 0) != (*rest < 0)) {
            *rest += b;
            division -= 1;
        }
    } else {
        *rest = copysign(0, b);
    }
    *quotient = division != 0 ? floor(division) : copysign(0, a / b);
    if (division - *quotient > 0.5)
        *quotient += 1;
}

static cpl_status reals(struct cpl_chat *chat, enum cpl_token_kind operation, double a,
                        double b, struct cpl_value *out)
{
    double result = 0, other = 0;
    switch (operation) {
    case CPL_TOKEN_ADD: result = a + b; break;
    case CPL_TOKEN_SUBTRACT: result = a - b; break;
    case CPL_TOKEN_MULTIPLY: result = a * b; break;
    case CPL_TOKEN_DIVIDE: result = a / b; break;
    case CPL_TOKEN_FLOOR_DIVIDE: divide_reals(a, b, &result, &other); break;
    case CPL_TOKEN_MODULO: divide_reals(a, b, &other, &result); break;
    default:
        result = pow(a, b);
        if ((a == 0 && b < 0) || (isnan(result) && !isnan(a) && !isnan(b)) ||
            (isinf(result) && isfinite(a) && isfinite(b)))
            return cpl_chat_fail(chat, "the power has no value");
    }
    bool divides = operation == CPL_TOKEN_DIVIDE || operation == CPL_TOKEN_FLOOR_DIVIDE ||
                   operation == CPL_TOKEN_MODULO;
    if (divides && b == 0)
        return by_zero(chat);
    *out = cpl_value_real(result);
    return CPL_OK;
}

cpl_status cpl_text_repeat(struct cpl_chat *chat, struct cpl_value text, int64_t times,
                           struct cpl_value *out)
{
    size_t length = text.as.text->length, whole = 0;
    char *data = NULL;
    if (times < 0)
        times = 0;
    if (__builtin_mul_overflow(length, (size_t)times, &whole) || whole > chat->pool.limit)
        whole = chat->pool.limit; /* which the pool refuses */
    CPL_TRY(cpl_chat_spend(chat, whole / 16));
    CPL_TRY(cpl_chat_take(chat, &data, whole + 1, 1));
    for (size_t at = 0; at < whole; at += length)
        memcpy(data + at, text.as.text->data, length);
    CPL_TRY(cpl_value_text_of(chat, out, data, whole));
    out->markup = text.markup;
    return CPL_OK;
}

static cpl_status repeat_list(struct cpl_chat *chat, struct cpl_value value, int64_t times,
                              struct cpl_value *out)
{
    size_t count = value.as.list->count, whole = 0;
    struct cpl_list *list = NULL;
    if (__builtin_mul_overflow(count, (size_t)(times < 0 ? 0 : times), &whole) ||
        whole > chat->pool.limit / sizeof *list->item)
        whole = chat->pool.limit / sizeof *list->item;
    CPL_TRY(cpl_value_list(chat, out, &list, whole));
    for (; list->count < whole; list->count += count)
        memcpy(list->item + list->count, value.as.list->item, count * sizeof *list->item);
    out->kind = value.kind;
    return CPL_OK;
}

static cpl_status join_lists(struct cpl_chat *chat, struct cpl_value a, struct cpl_value b,
                             struct cpl_value *out)
{
    struct cpl_list *list = NULL;
    size_t n = a.as.list->count, m = b.as.list->count;
    CPL_TRY(cpl_value_list(chat, out, &list, n + m));
    if (n)
        memcpy(list->item, a.as.list->item, n * sizeof *list->item);
    if (m)
        memcpy(list->item + n, b.as.list->item, m * sizeof *list->item);
    list->count = n + m;
    out->kind = a.kind;
    return CPL_OK;
}

static cpl_status join_texts(struct cpl_chat *chat, struct cpl_value a, struct cpl_value b,
                             struct cpl_value *out)
{
    char *data = NULL;
    if (a.markup && !b.markup)
        CPL_TRY(cpl_text_escape(chat, b, &b));
    if (b.markup && !a.markup)
        CPL_TRY(cpl_text_escape(chat, a, &a));
    size_t n = a.as.text->length, m = b.as.text->length;
    CPL_TRY(cpl_chat_take(chat, &data, n + m + 1, 1));
    if (n)
        memcpy(data, a.as.text->data, n);
    if (m)
        memcpy(data + n, b.as.text->data, m);
    CPL_TRY(cpl_value_text_of(chat, out, data, n + m));
    out->markup = a.markup;
    return CPL_OK;
}

static bool is_list(struct cpl_value value)
{
    return value.kind == CPL_LIST || value.kind == CPL_TUPLE;
}

static bool is_int(struct cpl_value value)
{
    return value.kind == CPL_INT || value.kind == CPL_BOOL;
}

cpl_status cpl_value_binary(struct cpl_chat *chat, enum cpl_token_kind operation,
                            struct cpl_value a, struct cpl_value b, struct cpl_value *out)
{
    static const char *const signs[] = {"**", "//"};
    if (a.kind == CPL_TEXT && operation == CPL_TOKEN_MODULO)
        return cpl_format_percent(chat, a, b, out);
    if (a.kind == CPL_UNDEFINED || b.kind == CPL_UNDEFINED)
        return cpl_undefined_fail(chat, a.kind == CPL_UNDEFINED ? a : b);
    if (is_int(a) && is_int(b))
        return integers(chat, operation, as_int(a), as_int(b), out);
    if (cpl_value_is_number(a) && cpl_value_is_number(b))
        return reals(chat, operation, cpl_value_as_real(a), cpl_value_as_real(b), out);
    if (operation == CPL_TOKEN_ADD) {
        if (a.kind == CPL_TEXT && b.kind == CPL_TEXT)
            return join_texts(chat, a, b, out);
        if (is_list(a) && a.kind == b.kind)
            return join_lists(chat, a, b, out);
    }
    if (operation == CPL_TOKEN_MULTIPLY) {
        struct cpl_value times = is_int(a) ? a : b, what = is_int(a) ? b : a;
        if (is_int(times) && what.kind == CPL_TEXT)
            return cpl_text_repeat(chat, what, as_int(times), out);
        if (is_int(times) && is_list(what))
            return repeat_list(chat, what, as_int(times), out);
    }
    const char *sign = operation == CPL_TOKEN_POWER || operation == CPL_TOKEN_FLOOR_DIVIDE
                           ? signs[operation - CPL_TOKEN_POWER]
                       : operation == CPL_TOKEN_ADD      ? "+"
                       : operation == CPL_TOKEN_SUBTRACT ? "-"
                       : operation == CPL_TOKEN_MULTIPLY ? "*"
                       : operation == CPL_TOKEN_DIVIDE   ? "/"
                                                         : "%";
    return cpl_chat_fail(chat, "%s %s %s is not defined", cpl_kind_name(a.kind), sign,
                         cpl_kind_name(b.kind));
}

cpl_status cpl_value_negate(struct cpl_chat *chat, struct cpl_value a, struct cpl_value *out)
{
    if (a.kind == CPL_UNDEFINED)
        return cpl_undefined_fail(chat, a);
    if (is_int(a))
        return integers(chat, CPL_TOKEN_SUBTRACT, 0, as_int(a), out);
    if (a.kind != CPL_REAL)
        return cpl_chat_fail(chat, "%s has no sign", cpl_kind_name(a.kind));
    *out = cpl_value_real(-a.as.real);
    return CPL_OK;
}
