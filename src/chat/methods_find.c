/* Methods of texts: finding and splitting. */
#include "chat/builtins.h"

#include "base/try.h"
#include "chat/text.h"
#include "text/utf8.h"

#include <string.h>

/* ---- finding ----------------------------------------------------------------------------- */

struct part {
    size_t begin, end; /* bytes */
    bool exists;       /* false: it would begin behind its end, where not even "" is found */
};

static size_t byte_of(const struct cpl_text *text, int64_t character)
{
    size_t at = 0;
    if (text->count == text->length)
        return (size_t)character;
    for (; character > 0; character--)
        cpl_utf8_next(text->data, &at);
    return at;
}

/* The part between two optional places in characters, negative ones from the end. */
static cpl_status bounds(struct cpl_chat *chat, const struct cpl_text *text,
                         struct cpl_value first, struct cpl_value last, struct part *out)
{
    int64_t n = (int64_t)text->count, begin, end;
    CPL_TRY(cpl_chat_spend(chat, 1 + text->length / 8));
    if (first.kind == CPL_NONE)
        first.kind = CPL_MISSING;
    if (last.kind == CPL_NONE)
        last.kind = CPL_MISSING;
    CPL_TRY(cpl_argument_int(chat, first, 0, &begin));
    CPL_TRY(cpl_argument_int(chat, last, n, &end));
    end = end > n ? n : end < 0 ? (end + n < 0 ? 0 : end + n) : end;
    begin = begin < 0 ? (begin + n < 0 ? 0 : begin + n) : begin;
    *out = (struct part){.exists = begin <= end};
    if (out->exists) {
        out->begin = byte_of(text, begin);
        out->end = byte_of(text, end);
    }
    return CPL_OK;
}

static const char *find_last(const char *data, size_t length, const struct cpl_text *wanted)
{
    if (wanted->length > length)
        return NULL;
    for (size_t at = length - wanted->length + 1; at-- > 0;)
        if (memcmp(data + at, wanted->data, wanted->length) == 0)
            return data + at;
    return NULL;
}

/* The character where value[1] is found, or -1. */
static cpl_status find_in(struct cpl_chat *chat, const struct cpl_value *value, bool last,
                          int64_t *out)
{
    const struct cpl_text *text = value[0].as.text, *wanted = NULL;
    struct part part;
    CPL_TRY(cpl_argument_text(chat, value[1], &wanted));
    CPL_TRY(bounds(chat, text, value[2], value[3], &part));
    *out = -1;
    if (!part.exists)
        return CPL_OK;
    const char *begin = text->data + part.begin, *found;
    size_t length = part.end - part.begin;
    if (last)
        CPL_TRY(cpl_chat_spend(chat, length * (1 + wanted->length / 16)));
    if (wanted->length == 0)
        found = last ? begin + length : begin;
    else
        found = last ? find_last(begin, length, wanted)
                     : memmem(begin, length, wanted->data, wanted->length);
    if (!found)
        return CPL_OK;
    *out = 0;
    for (const char *at = text->data; at < found; at++)
        *out += ((unsigned char)*at & 0xC0) != 0x80;
    return CPL_OK;
}

static cpl_status find(struct cpl_chat *chat, const struct cpl_value *value, bool last,
                       bool needed, struct cpl_value *out)
{
    int64_t place = -1;
    CPL_TRY(find_in(chat, value, last, &place));
    if (place < 0 && needed)
        return cpl_chat_fail(chat, "the part is not in the text");
    *out = cpl_value_int(place);
    return CPL_OK;
}

CPL_BUILTIN(text_find)
{
    (void)call;
    return find(chat, value, false, false, out);
}
CPL_BUILTIN(text_rfind)
{
    (void)call;
    return find(chat, value, true, false, out);
}
CPL_BUILTIN(text_index)
{
    (void)call;
    return find(chat, value, false, true, out);
}
CPL_BUILTIN(text_rindex)
{
    (void)call;
    return find(chat, value, true, true, out);
}

CPL_BUILTIN(text_count)
{
    const struct cpl_text *text = value[0].as.text, *wanted = NULL;
    struct part part;
    int64_t count = 0;
    (void)call;
    CPL_TRY(cpl_argument_text(chat, value[1], &wanted));
    CPL_TRY(bounds(chat, text, value[2], value[3], &part));
    const char *at = text->data + part.begin, *end = text->data + part.end;
    if (part.exists && wanted->length == 0) {
        for (count = 1; at < end; at++)
            count += ((unsigned char)*at & 0xC0) != 0x80;
    } else if (part.exists) {
        while ((at = memmem(at, (size_t)(end - at), wanted->data, wanted->length))) {
            at += wanted->length;
            count++;
        }
    }
    *out = cpl_value_int(count);
    return CPL_OK;
}

/* value[1]: a text, or a tuple of them, any of which will do. */
static cpl_status has_affix(struct cpl_chat *chat, const struct cpl_value *value, bool prefix,
                            struct cpl_value *out)
{
    const struct cpl_text *text = value[0].as.text;
    const struct cpl_value *affix = &value[1];
    size_t n = 1;
    struct part part;
    bool found = false;
    if (value[1].kind == CPL_TUPLE) {
        affix = value[1].as.list->item;
        n = value[1].as.list->count;
    }
    CPL_TRY(bounds(chat, text, value[2], value[3], &part));
    for (size_t i = 0; i < n && !found; i++) {
        const struct cpl_text *wanted = NULL;
        CPL_TRY(cpl_chat_spend(chat, 1));
        CPL_TRY(cpl_argument_text(chat, affix[i], &wanted));
        size_t at = prefix ? part.begin : part.end - wanted->length;
        found = part.exists && wanted->length <= part.end - part.begin &&
                memcmp(text->data + at, wanted->data, wanted->length) == 0;
    }
    *out = cpl_value_bool(found);
    return CPL_OK;
}

CPL_BUILTIN(text_startswith)
{
    (void)call;
    return has_affix(chat, value, true, out);
}
CPL_BUILTIN(text_endswith)
{
    (void)call;
    return has_affix(chat, value, false, out);
}

/* ---- splitting --------------------------------------------------------------------------- */

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
        const char *found = find_last(text->data, end, separator);
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
    (void)call;
    CPL_TRY(cpl_chat_spend(chat, text->length));
    CPL_TRY(cpl_value_list(chat, out, &lines.list, 0));
    for (size_t at = 0; at < text->length;) {
        size_t begin = at, end = at;
        cpl_text_next_line(text, &at, &end);
        CPL_TRY(add_part(chat, &lines, text, begin, cpl_value_truth(value[1]) ? at : end));
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
        right ? find_last(text->data, text->length, separator)
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
