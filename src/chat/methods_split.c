/* Methods of texts: splitting and joining. */
#include "chat/builtins.h"

#include "base/try.h"
#include "chat/text.h"
#include "text/utf8.h"

#include <string.h>

static cpl_status add_part(struct cpl_chat *chat, struct cpl_list_builder *parts,
                           const struct cpl_text *text, size_t begin, size_t end)
{
    struct cpl_value part;
    CPL_TRY(cpl_text_part(chat, text, begin, end, &part));
    return cpl_list_add(chat, parts, part);
}

static bool blank_at(const struct cpl_text *text, size_t at, size_t *next)
{
    *next = at;
    return cpl_code_is_blank(cpl_utf8_next(text->data, next));
}

/* Words between white space; what is left behind `most` cuts keeps its white space. */
static cpl_status split_blanks(struct cpl_chat *chat, const struct cpl_text *text, int64_t most,
                               struct cpl_list_builder *parts)
{
    size_t at = 0, next, begin;
    CPL_TRY(cpl_chat_spend(chat, text->length));
    for (;;) {
        while (at < text->length && blank_at(text, at, &next))
            at = next;
        if (at == text->length)
            return CPL_OK;
        begin = at;
        if (most-- == 0)
            return add_part(chat, parts, text, begin, text->length);
        while (at < text->length && !blank_at(text, at, &next))
            at = next;
        CPL_TRY(add_part(chat, parts, text, begin, at));
    }
}

static cpl_status split_at(struct cpl_chat *chat, const struct cpl_text *text,
                           const struct cpl_text *separator, int64_t most,
                           struct cpl_list_builder *parts)
{
    size_t begin = 0;
    CPL_TRY(cpl_chat_spend(chat, text->length / 8));
    while (most-- != 0) {
        const char *found = memmem(text->data + begin, text->length - begin, separator->data,
                                   separator->length);
        if (!found)
            break;
        CPL_TRY(add_part(chat, parts, text, begin, (size_t)(found - text->data)));
        begin = (size_t)(found - text->data) + separator->length;
    }
    return add_part(chat, parts, text, begin, text->length);
}

/* From the right; parts come in reverse order. */
static cpl_status split_blanks_right(struct cpl_chat *chat, const struct cpl_text *text,
                                     int64_t most, struct cpl_list_builder *parts)
{
    size_t end = text->length, next;
    CPL_TRY(cpl_chat_spend(chat, text->length));
    for (;;) {
        while (end > 0 && blank_at(text, cpl_utf8_before(text->data, end), &next))
            end = cpl_utf8_before(text->data, end);
        if (end == 0)
            return CPL_OK;
        if (most-- == 0)
            return add_part(chat, parts, text, 0, end);
        size_t begin = end;
        while (begin > 0 && !blank_at(text, cpl_utf8_before(text->data, begin), &next))
            begin = cpl_utf8_before(text->data, begin);
        CPL_TRY(add_part(chat, parts, text, begin, end));
        end = begin;
    }
}

static cpl_status split_at_right(struct cpl_chat *chat, const struct cpl_text *text,
                                 const struct cpl_text *separator, int64_t most,
                                 struct cpl_list_builder *parts)
{
    size_t end = text->length;
    CPL_TRY(cpl_chat_spend(chat, text->length * (1 + separator->length / 16)));
    while (most-- != 0) {
        const char *found = cpl_text_find_last(text->data, end, separator);
        if (!found)
            break;
        size_t begin = (size_t)(found - text->data) + separator->length;
        CPL_TRY(add_part(chat, parts, text, begin, end));
        end = (size_t)(found - text->data);
    }
    return add_part(chat, parts, text, 0, end);
}

static cpl_status split(struct cpl_chat *chat, const struct cpl_value *value, bool right,
                        struct cpl_value *out)
{
    const struct cpl_text *text = value[0].as.text, *separator = NULL;
    struct cpl_list_builder parts = {0};
    int64_t most;
    if (value[1].kind != CPL_NONE)
        CPL_TRY(cpl_argument_text(chat, value[1], &separator));
    CPL_TRY(cpl_argument_int(chat, value[2], -1, &most));
    if (separator && separator->length == 0)
        return cpl_chat_fail(chat, "the separator is empty");
    CPL_TRY(cpl_value_list(chat, out, &parts.list, 0));
    if (!right)
        return separator ? split_at(chat, text, separator, most, &parts)
                         : split_blanks(chat, text, most, &parts);
    CPL_TRY(separator ? split_at_right(chat, text, separator, most, &parts)
                      : split_blanks_right(chat, text, most, &parts));
    struct cpl_list *list = parts.list;
    for (size_t i = 0, k = list->count; i + 1 < k; i++) {
        struct cpl_value part = list->item[i];
        list->item[i] = list->item[--k];
        list->item[k] = part;
    }
    return CPL_OK;
}

CPL_BUILTIN(text_split)
{
    (void)call;
    return split(chat, value, false, out);
}
CPL_BUILTIN(text_rsplit)
{
    (void)call;
    return split(chat, value, true, out);
}

void cpl_text_next_line(const struct cpl_text *text, size_t *at, size_t *end)
{
    for (*end = *at; *at < text->length; *end = *at) {
        uint32_t code = cpl_utf8_next(text->data, at);
        if (!cpl_code_is_break(code))
            continue;
        if (code == '\r' && *at < text->length && text->data[*at] == '\n')
            ++*at;
        return;
    }
}

CPL_BUILTIN(text_splitlines)
{
    const struct cpl_text *text = value[0].as.text;
    struct cpl_list_builder lines = {0};
    int64_t keep;
    (void)call;
    CPL_TRY(cpl_argument_int(chat, value[1], 0, &keep));
    CPL_TRY(cpl_chat_spend(chat, text->length));
    CPL_TRY(cpl_value_list(chat, out, &lines.list, 0));
    for (size_t at = 0; at < text->length;) {
        size_t begin = at, end = at;
        cpl_text_next_line(text, &at, &end);
        CPL_TRY(add_part(chat, &lines, text, begin, keep ? at : end));
    }
    return CPL_OK;
}

static cpl_status partition(struct cpl_chat *chat, const struct cpl_value *value, bool right,
                            struct cpl_value *out)
{
    const struct cpl_text *text = value[0].as.text, *separator = NULL;
    struct cpl_list *list = NULL;
    CPL_TRY(cpl_argument_text(chat, value[1], &separator));
    if (separator->length == 0)
        return cpl_chat_fail(chat, "the separator is empty");
    CPL_TRY(cpl_chat_spend(chat, text->length * (1 + separator->length / 16)));
    const char *found =
        right ? cpl_text_find_last(text->data, text->length, separator)
              : memmem(text->data, text->length, separator->data, separator->length);
    size_t begin = found ? (size_t)(found - text->data) : right ? 0 : text->length;
    size_t end = found ? begin + separator->length : begin;
    CPL_TRY(cpl_value_list(chat, out, &list, 3));
    CPL_TRY(cpl_text_part(chat, text, 0, begin, &list->item[0]));
    CPL_TRY(cpl_text_part(chat, text, begin, end, &list->item[1]));
    CPL_TRY(cpl_text_part(chat, text, end, text->length, &list->item[2]));
    list->count = 3;
    out->kind = CPL_TUPLE;
    return CPL_OK;
}

CPL_BUILTIN(text_partition)
{
    (void)call;
    return partition(chat, value, false, out);
}
CPL_BUILTIN(text_rpartition)
{
    (void)call;
    return partition(chat, value, true, out);
}

CPL_BUILTIN(text_join)
{
    struct cpl_buffer buffer = {0};
    struct cpl_iterator *iterator = NULL;
    struct cpl_value item;
    bool more = true;
    cpl_status status;
    (void)call;
    CPL_TRY(cpl_iterator_open(chat, value[1], &iterator));
    for (int64_t i = 0;; i++) {
        CPL_TRY_GOTO(cpl_iterator_next(chat, iterator, &item, &more));
        if (!more)
            break;
        if (item.kind != CPL_TEXT) {
            status = cpl_chat_fail(chat, "item %lld is %s, not a text", (long long)i,
                                   cpl_kind_name(item.kind));
            goto done;
        }
        if (i)
            CPL_TRY_GOTO(cpl_value_print(chat, &buffer, value[0]));
        CPL_TRY_GOTO(cpl_value_print(chat, &buffer, item));
    }
    return cpl_value_from_buffer(chat, out, &buffer);
done:
    cpl_buffer_clear(&buffer);
    return status;
}
