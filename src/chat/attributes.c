/* x.name and x[key], with jinja2's order: a dot prefers Python's attributes, brackets items. */
#include "chat/chat.h"

#include "base/number.h"
#include "base/try.h"

#include <string.h>

cpl_status cpl_undefined_fail(struct cpl_chat *chat, struct cpl_value value)
{
    const char *name = value.as.name ? value.as.name : "the value";
    if (!value.owner)
        return cpl_chat_fail(chat, "\"%s\" is undefined", name);
    return cpl_chat_fail(chat, "%s has no attribute or item \"%s\"", cpl_kind_name(value.owner),
                         name);
}

static bool is(const char *name, size_t length, const char *other)
{
    return strlen(other) == length && memcmp(name, other, length) == 0;
}

/* ---- loops, cyclers, macros -------------------------------------------------------------- */

/* What is left of a generator must be counted before the loop's length is known. */
static cpl_status loop_length(struct cpl_chat *chat, struct cpl_loop *loop, int64_t *out)
{
    struct cpl_value rest;
    bool has = false;
    if (loop->length < 0)
        cpl_value_length(loop->iterable, &loop->length, &has);
    if (loop->length < 0) {
        struct cpl_value iterator = {.kind = CPL_ITERATOR, .as.iterator = loop->iterator};
        CPL_TRY(cpl_value_to_list(chat, iterator, &rest));
        CPL_TRY(cpl_iterator_open(chat, rest, &loop->iterator));
        loop->length = (int64_t)rest.as.list->count + loop->index0 + 1 + loop->has_after;
    }
    *out = loop->length;
    return CPL_OK;
}

static cpl_status peek(struct cpl_chat *chat, struct cpl_loop *loop)
{
    if (loop->has_after)
        return CPL_OK;
    return cpl_iterator_next(chat, loop->iterator, &loop->after, &loop->has_after);
}

static cpl_status loop_attribute(struct cpl_chat *chat, struct cpl_loop *loop, const char *name,
                                 size_t length, struct cpl_value *out)
{
    int64_t count = 0, index = loop->index0;
    if (is(name, length, "index") || is(name, length, "index0")) {
        *out = cpl_value_int(index + (length == 5));
    } else if (is(name, length, "first")) {
        *out = cpl_value_bool(index == 0);
    } else if (is(name, length, "last")) {
        CPL_TRY(peek(chat, loop));
        *out = cpl_value_bool(!loop->has_after);
    } else if (is(name, length, "length")) {
        CPL_TRY(loop_length(chat, loop, &count));
        *out = cpl_value_int(count);
    } else if (is(name, length, "revindex") || is(name, length, "revindex0")) {
        CPL_TRY(loop_length(chat, loop, &count));
        *out = cpl_value_int(count - index - (length == 9));
    } else if (is(name, length, "depth") || is(name, length, "depth0")) {
        *out = cpl_value_int(loop->depth0 + (length == 5));
    } else if (is(name, length, "previtem")) {
        *out = index == 0 ? cpl_value_undefined("loop.previtem") : loop->before;
    } else if (is(name, length, "nextitem")) {
        CPL_TRY(peek(chat, loop));
        *out = loop->has_after ? loop->after : cpl_value_undefined("loop.nextitem");
    }
    return CPL_OK;
}

static cpl_status macro_attribute(struct cpl_chat *chat, const struct cpl_macro *macro,
                                  const char *name, size_t length, struct cpl_value *out)
{
    const struct cpl_node *node = macro->node;
    struct cpl_list *list = NULL;
    if (is(name, length, "name") && node->name)
        return cpl_value_text_of(chat, out, node->name->text, node->name->length);
    if (is(name, length, "caller") || is(name, length, "catch_kwargs") ||
        is(name, length, "catch_varargs")) {
        int flag = length == 6    ? CPL_MACRO_CALLER
                   : length == 12 ? CPL_MACRO_KEYWORDS
                                  : CPL_MACRO_REST;
        *out = cpl_value_bool(node->flags & flag);
    }
    if (!is(name, length, "arguments"))
        return CPL_OK;
    CPL_TRY(cpl_value_list(chat, out, &list, node->n_items));
    for (const struct cpl_node *item = node->items; item; item = item->next)
        CPL_TRY(cpl_value_text_of(chat, &list->item[list->count++], item->name->text,
                                  item->name->length));
    out->kind = CPL_TUPLE;
    return CPL_OK;
}

/* ---- attributes -------------------------------------------------------------------------- */

cpl_status cpl_value_attribute(struct cpl_chat *chat, struct cpl_value object, const char *name,
                               size_t length, struct cpl_value *out)
{
    const struct cpl_dict_entry *entry = NULL;
    const struct cpl_builtin *function;
    struct cpl_method *method = NULL;
    *out = (struct cpl_value){0};
    if (object.kind == CPL_NAMESPACE) {
        entry = cpl_dict_find(chat, object.as.dict, name, length);
        if (entry)
            *out = entry->value;
        return CPL_OK;
    }
    if (object.kind == CPL_LOOP)
        CPL_TRY(loop_attribute(chat, object.as.loop, name, length, out));
    else if (object.kind == CPL_MACRO)
        CPL_TRY(macro_attribute(chat, object.as.macro, name, length, out));
    else if (object.kind == CPL_CYCLER && is(name, length, "current"))
        *out = object.as.cycler->items.item[object.as.cycler->at];
    else if (object.group && is(name, length, "grouper"))
        *out = object.as.list->item[0];
    else if (object.group && is(name, length, "list"))
        *out = object.as.list->item[1];
    if (out->kind != CPL_MISSING || !(function = cpl_method_find(object.kind, name, length)))
        return CPL_OK;
    CPL_TRY(cpl_chat_take(chat, &method, 1, sizeof *method));
    method->self = object;
    method->function = function;
    *out = (struct cpl_value){.kind = CPL_METHOD, .as.method = method};
    return CPL_OK;
}

/* Methods that would change a list or mapping: jinja2's sandbox hands out an undefined value. */
static bool changes(struct cpl_value object, struct cpl_value name)
{
    static const char *const of_lists[] = {"append", "clear", "pop",    "reverse",
                                           "insert", "sort",  "extend", "remove"};
    static const char *const of_dicts[] = {"clear", "pop", "popitem", "setdefault", "update"};
    const struct cpl_text *text = name.as.text;
    if (text->length && text->data[0] == '_')
        return text->length > 1 && text->data[1] == '_';
    if (object.kind == CPL_LIST)
        for (size_t i = 0; i < sizeof of_lists / sizeof *of_lists; i++)
            if (is(text->data, text->length, of_lists[i]))
                return true;
    if (object.kind == CPL_DICT)
        for (size_t i = 0; i < sizeof of_dicts / sizeof *of_dicts; i++)
            if (is(text->data, text->length, of_dicts[i]))
                return true;
    return false;
}

/* An undefined value that remembers what was looked for. */
static cpl_status nothing(struct cpl_chat *chat, struct cpl_value object, struct cpl_value key,
                          struct cpl_value *out)
{
    char *name = NULL;
    *out = (struct cpl_value){.kind = CPL_UNDEFINED, .owner = object.kind};
    if (key.kind != CPL_TEXT)
        return CPL_OK;
    size_t length = key.as.text->length < 60 ? key.as.text->length : 60;
    CPL_TRY(cpl_chat_take(chat, &name, length + 1, 1));
    if (length)
        memcpy(name, key.as.text->data, length);
    out->as.name = name;
    return CPL_OK;
}

cpl_status cpl_value_getattr(struct cpl_chat *chat, struct cpl_value object,
                             struct cpl_value name, struct cpl_value *out)
{
    if (object.kind == CPL_UNDEFINED)
        return cpl_undefined_fail(chat, object);
    const struct cpl_text *text = name.as.text;
    CPL_TRY(cpl_value_attribute(chat, object, text->data, text->length, out));
    if (out->kind == CPL_MISSING && !changes(object, name))
        CPL_TRY(cpl_value_item(chat, object, name, out));
    return out->kind == CPL_MISSING ? nothing(chat, object, name, out) : CPL_OK;
}

cpl_status cpl_value_getitem(struct cpl_chat *chat, struct cpl_value object,
                             struct cpl_value key, struct cpl_value *out)
{
    if (object.kind == CPL_UNDEFINED)
        return cpl_undefined_fail(chat, object);
    CPL_TRY(cpl_value_item(chat, object, key, out));
    if (out->kind == CPL_MISSING && key.kind == CPL_TEXT)
        CPL_TRY(cpl_value_attribute(chat, object, key.as.text->data, key.as.text->length, out));
    return out->kind == CPL_MISSING ? nothing(chat, object, key, out) : CPL_OK;
}

/* One step of a path: digits are an index. */
static cpl_status path_step(struct cpl_chat *chat, struct cpl_value item, const char *part,
                            size_t length, struct cpl_value *out)
{
    struct cpl_value key;
    char digits[20];
    int64_t index;
    if (length > 0 && length < 19 && strspn(part, "0123456789") >= length) {
        memcpy(digits, part, length);
        digits[length] = 0;
        if (cpl_number_parse_int(&index, digits))
            return cpl_value_getitem(chat, item, cpl_value_int(index), out);
    }
    CPL_TRY(cpl_value_text_of(chat, &key, part, length));
    return cpl_value_getitem(chat, item, key, out);
}

cpl_status cpl_value_path(struct cpl_chat *chat, struct cpl_value item, struct cpl_value path,
                          struct cpl_value fallback, struct cpl_value *out)
{
    *out = item;
    if (path.kind == CPL_MISSING || path.kind == CPL_NONE)
        return CPL_OK;
    const char *at = path.kind == CPL_TEXT ? path.as.text->data : NULL;
    size_t left = at ? path.as.text->length : 0;
    for (;;) {
        const char *dot = left ? memchr(at, '.', left) : NULL;
        size_t length = dot ? (size_t)(dot - at) : left;
        if (at)
            CPL_TRY(path_step(chat, *out, at, length, out));
        else
            CPL_TRY(cpl_value_getitem(chat, *out, path, out));
        if (out->kind == CPL_UNDEFINED && fallback.kind != CPL_NONE &&
            fallback.kind != CPL_MISSING)
            *out = fallback;
        if (!dot)
            return CPL_OK;
        at = dot + 1;
        left -= length + 1;
    }
}
