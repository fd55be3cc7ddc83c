/* Filters that make texts; most take any value and begin with str() of it. */
#include "chat/builtins.h"

#include "base/try.h"
#include "chat/text.h"
#include "text/utf8.h"

#include <string.h>

CPL_BUILTIN(text_string)
{
    (void)call;
    return cpl_value_to_text(chat, value[0], out);
}

CPL_BUILTIN(text_safe)
{
    (void)call;
    CPL_TRY(cpl_value_to_text(chat, value[0], out));
    out->markup = true;
    return CPL_OK;
}

cpl_status cpl_text_escape(struct cpl_chat *chat, struct cpl_value text, struct cpl_value *out)
{
    static const char special[] = "&<>'\"";
    static const char *const entity[] = {"&amp;", "&lt;", "&gt;", "&#39;", "&#34;"};
    struct cpl_buffer buffer = {0};
    CPL_TRY(cpl_value_to_text(chat, text, &text));
    CPL_TRY(cpl_chat_spend(chat, text.as.text->length));
    for (size_t i = 0; i < text.as.text->length; i++) {
        char c = text.as.text->data[i];
        const char *found = c ? strchr(special, c) : NULL;
        if (found)
            cpl_buffer_add_text(&buffer, entity[found - special]);
        else
            cpl_buffer_add_byte(&buffer, c);
    }
    CPL_TRY(cpl_value_from_buffer(chat, out, &buffer));
    out->markup = true;
    return CPL_OK;
}

CPL_BUILTIN(text_escaped)
{
    (void)call;
    *out = value[0];
    return value[0].kind == CPL_TEXT && value[0].markup ? CPL_OK
                                                        : cpl_text_escape(chat, value[0], out);
}
CPL_BUILTIN(text_escaped_again)
{
    (void)call;
    return cpl_text_escape(chat, value[0], out);
}

CPL_BUILTIN(text_trimmed)
{
    struct cpl_value self;
    const struct cpl_text *chars = NULL;
    (void)call;
    CPL_TRY(cpl_value_to_text(chat, value[0], &self));
    if (value[1].kind != CPL_NONE)
        CPL_TRY(cpl_argument_text(chat, value[1], &chars));
    CPL_TRY(cpl_text_strip(chat, self.as.text, chars, 3, out));
    out->markup = self.markup;
    return CPL_OK;
}

CPL_BUILTIN(text_replaced)
{
    struct cpl_value part[3];
    int64_t count = -1;
    (void)call;
    for (int i = 0; i < 3; i++)
        CPL_TRY(cpl_value_to_text(chat, value[i], &part[i]));
    if (value[3].kind != CPL_NONE)
        CPL_TRY(cpl_argument_int(chat, value[3], -1, &count));
    return cpl_text_replace(chat, part[0].as.text, part[1].as.text, part[2].as.text, count,
                            out);
}

CPL_BUILTIN(text_center_in)
{
    struct cpl_value self;
    int64_t width;
    (void)call;
    CPL_TRY(cpl_value_to_text(chat, value[0], &self));
    CPL_TRY(cpl_argument_int(chat, value[1], 80, &width));
    CPL_TRY(cpl_text_pad(chat, self.as.text, width, 0, NULL, out));
    out->markup = self.markup;
    return CPL_OK;
}

CPL_BUILTIN(text_indented)
{
    const struct cpl_text *text = value[0].as.text, *indent = NULL;
    struct cpl_value spaces = {0};
    struct cpl_buffer buffer = {0};
    bool first = cpl_value_truth(value[2]), blank = cpl_value_truth(value[3]);
    (void)call;
    if (value[0].kind != CPL_TEXT)
        return cpl_chat_fail(chat, "a text is needed, not %s", cpl_kind_name(value[0].kind));
    if (value[1].kind == CPL_TEXT) {
        indent = value[1].as.text;
    } else {
        int64_t width;
        CPL_TRY(cpl_argument_int(chat, value[1], 4, &width));
        CPL_TRY(cpl_value_text_of(chat, &spaces, " ", 1));
        CPL_TRY(cpl_text_repeat(chat, spaces, width, &spaces));
        indent = spaces.as.text;
    }
    cpl_status status = cpl_chat_spend(chat, text->length);
    /* a line end is added, then lines are taken apart: "" is one empty line, "a\n" is "a" and "" */
    for (size_t at = 0, line = 0; status == CPL_OK && (at < text->length || line == 0);
         line++) {
        size_t begin = at, end = at;
        cpl_text_next_line(text, &at, &end);
        if (line)
            cpl_buffer_add_byte(&buffer, '\n');
        if (line ? blank || end > begin : first)
            cpl_buffer_add(&buffer, indent->data, indent->length);
        cpl_buffer_add(&buffer, text->data + begin, end - begin);
        status = cpl_chat_check(chat, &buffer);
    }
    size_t last = text->length, before = last;
    if (last) {
        before = cpl_utf8_before(text->data, last);
        uint32_t code = cpl_utf8_next(text->data, &before);
        if (code != '\r' && cpl_code_is_break(code)) { /* "\r" and the line end are one */
            cpl_buffer_add_byte(&buffer, '\n');
            if (blank)
                cpl_buffer_add(&buffer, indent->data, indent->length);
        }
    }
    if (status == CPL_OK)
        status = cpl_value_from_buffer(chat, out, &buffer);
    cpl_buffer_clear(&buffer);
    if (status == CPL_OK)
        out->markup = value[0].markup;
    return status;
}

CPL_BUILTIN(text_truncated)
{
    static const struct cpl_text dots = {"...", 3, 3};
    const struct cpl_text *end = &dots;
    struct cpl_value bound[3] = {cpl_none, cpl_none, cpl_none}, cut;
    int64_t length, leeway = 5, count = 0;
    struct cpl_buffer buffer = {0};
    bool has = false;
    (void)call;
    CPL_TRY(cpl_argument_int(chat, value[1], 255, &length));
    if (value[3].kind != CPL_MISSING)
        CPL_TRY(cpl_argument_text(chat, value[3], &end));
    if (value[4].kind != CPL_NONE)
        CPL_TRY(cpl_argument_int(chat, value[4], 5, &leeway));
    if (length < (int64_t)end->count || leeway < 0)
        return cpl_chat_fail(chat, "the length must be at least that of the ending");
    cpl_value_length(value[0], &count, &has);
    *out = value[0];
    if (!has)
        return cpl_chat_fail(chat, "%s has no length", cpl_kind_name(value[0].kind));
    if (count - leeway <= length)
        return CPL_OK;
    if (value[0].kind != CPL_TEXT)
        return cpl_chat_fail(chat, "a text is needed, not %s", cpl_kind_name(value[0].kind));
    bound[1] = cpl_value_int(length - (int64_t)end->count);
    CPL_TRY(cpl_value_slice(chat, value[0], bound, &cut));
    size_t kept = cut.as.text->length;
    const char *space =
        kept && !cpl_value_truth(value[2]) ? memrchr(cut.as.text->data, ' ', kept) : NULL;
    cpl_buffer_add(&buffer, cut.as.text->data,
                   space ? (size_t)(space - cut.as.text->data) : kept);
    cpl_buffer_add(&buffer, end->data, end->length);
    CPL_TRY(cpl_value_from_buffer(chat, out, &buffer));
    out->markup = value[0].markup;
    return CPL_OK;
}

CPL_BUILTIN(text_wordcount)
{
    struct cpl_value self;
    int64_t words = 0;
    bool inside = false;
    (void)call;
    CPL_TRY(cpl_value_to_text(chat, value[0], &self));
    CPL_TRY(cpl_chat_spend(chat, self.as.text->length));
    for (size_t at = 0; at < self.as.text->length;) {
        uint32_t code = cpl_utf8_next(self.as.text->data, &at);
        bool word = cpl_code_is_alnum(code) || code == '_';
        words += word && !inside;
        inside = word;
    }
    *out = cpl_value_int(words);
    return CPL_OK;
}

/* RFC 3986's unreserved characters stay; "/" only in plain texts. */
static void quote(struct cpl_buffer *out, const struct cpl_text *text, bool query)
{
    for (size_t i = 0; i < text->length; i++) {
        unsigned char c = (unsigned char)text->data[i];
        bool plain = (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') ||
                     c == '_' || c == '.' || c == '-' || c == '~' || (c == '/' && !query);
        if (plain)
            cpl_buffer_add_byte(out, (char)c);
        else if (query && c == ' ')
            cpl_buffer_add_byte(out, '+');
        else
            cpl_buffer_format(out, "%%%02X", c);
    }
}

static cpl_status quote_pairs(struct cpl_chat *chat, struct cpl_value pairs,
                              struct cpl_buffer *out)
{
    for (size_t i = 0; i < pairs.as.list->count; i++) {
        struct cpl_value pair, text;
        CPL_TRY(cpl_value_to_list(chat, pairs.as.list->item[i], &pair));
        if (pair.as.list->count != 2)
            return cpl_chat_fail(chat, "urlencode needs pairs");
        cpl_buffer_add_text(out, i ? "&" : "");
        CPL_TRY(cpl_value_to_text(chat, pair.as.list->item[0], &text));
        quote(out, text.as.text, true);
        cpl_buffer_add_byte(out, '=');
        CPL_TRY(cpl_value_to_text(chat, pair.as.list->item[1], &text));
        quote(out, text.as.text, true);
        CPL_TRY(cpl_chat_check(chat, out));
    }
    return CPL_OK;
}

CPL_BUILTIN(text_urlencoded)
{
    struct cpl_value self = value[0];
    struct cpl_buffer buffer = {0};
    struct cpl_view view = {self.as.dict, CPL_VIEW_ITEMS};
    cpl_status status = CPL_OK;
    (void)call;
    if (self.kind == CPL_DICT)
        self = (struct cpl_value){.kind = CPL_VIEW, .as.view = &view};
    bool pairs = self.kind == CPL_VIEW || self.kind == CPL_LIST || self.kind == CPL_TUPLE ||
                 self.kind == CPL_ITERATOR || self.kind == CPL_UNDEFINED;
    if (pairs) {
        CPL_TRY(cpl_value_to_list(chat, self, &self));
        status = quote_pairs(chat, self, &buffer);
    } else {
        CPL_TRY(cpl_value_to_text(chat, self, &self));
        CPL_TRY(cpl_chat_spend(chat, self.as.text->length));
        quote(&buffer, self.as.text, false);
    }
    if (status == CPL_OK)
        return cpl_value_from_buffer(chat, out, &buffer);
    cpl_buffer_clear(&buffer);
    return status;
}

CPL_BUILTIN(text_formatted)
{
    struct cpl_value self, arguments = {.kind = CPL_TUPLE};
    struct cpl_list list = {call->n, (struct cpl_value *)(uintptr_t)call->positional};
    CPL_TRY(cpl_value_to_text(chat, value[0], &self));
    if (call->n && call->keywords)
        return cpl_chat_fail(chat, "format takes values by place or by name, not both");
    arguments.as.list = &list;
    if (call->keywords)
        arguments = (struct cpl_value){.kind = CPL_DICT,
                                       .as.dict = (struct cpl_dict *)(uintptr_t)call->keywords};
    return cpl_format_percent(chat, self, arguments, out);
}
