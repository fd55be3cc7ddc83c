/* Methods of texts: finding. */
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

const char *cpl_text_find_last(const char *data, size_t length, const struct cpl_text *wanted)
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
        found = last ? cpl_text_find_last(begin, length, wanted)
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
