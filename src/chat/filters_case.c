/* Filters and methods that change the case of texts; they take any value and begin with str() of it. */
#include "chat/builtins.h"

#include "base/try.h"
#include "chat/text.h"
#include "text/utf8.h"

#include <string.h>

static cpl_status change_case(struct cpl_chat *chat, struct cpl_value value,
                              enum cpl_case wanted, struct cpl_value *out)
{
    struct cpl_buffer buffer = {0};
    bool markup = value.markup;
    CPL_TRY(cpl_value_to_text(chat, value, &value));
    const struct cpl_text *text = value.as.text;
    CPL_TRY(cpl_chat_spend(chat, text->length));
    for (size_t at = 0; at < text->length; cpl_utf8_next(text->data, &at))
        cpl_text_add_case(&buffer, wanted, text->data, text->length, at);
    CPL_TRY(cpl_value_from_buffer(chat, out, &buffer));
    out->markup = markup;
    return CPL_OK;
}

CPL_BUILTIN(text_upper)
{
    (void)call;
    return change_case(chat, value[0], CPL_CASE_UPPER, out);
}
CPL_BUILTIN(text_lower)
{
    (void)call;
    return change_case(chat, value[0], CPL_CASE_LOWER, out);
}
CPL_BUILTIN(text_casefold)
{
    (void)call;
    return change_case(chat, value[0], CPL_CASE_FOLD, out);
}

cpl_status cpl_value_ignore_case(struct cpl_chat *chat, struct cpl_value value,
                                 struct cpl_value *out)
{
    *out = value;
    return value.kind == CPL_TEXT ? change_case(chat, value, CPL_CASE_LOWER, out) : CPL_OK;
}

CPL_BUILTIN(text_capitalize)
{
    struct cpl_value self;
    struct cpl_buffer buffer = {0};
    (void)call;
    CPL_TRY(cpl_value_to_text(chat, value[0], &self));
    const struct cpl_text *text = self.as.text;
    CPL_TRY(cpl_chat_spend(chat, text->length));
    for (size_t at = 0; at < text->length; cpl_utf8_next(text->data, &at))
        cpl_text_add_case(&buffer, at ? CPL_CASE_LOWER : CPL_CASE_TITLE, text->data,
                          text->length, at);
    CPL_TRY(cpl_value_from_buffer(chat, out, &buffer));
    out->markup = self.markup;
    return CPL_OK;
}

/* The filter's rule, not the method's: a word begins behind white space and -({[<. */
CPL_BUILTIN(text_titled)
{
    struct cpl_value self;
    struct cpl_buffer buffer = {0};
    bool first = true;
    (void)call;
    CPL_TRY(cpl_value_to_text(chat, value[0], &self));
    const struct cpl_text *text = self.as.text;
    CPL_TRY(cpl_chat_spend(chat, text->length));
    for (size_t at = 0; at < text->length;) {
        size_t next = at;
        uint32_t code = cpl_utf8_next(text->data, &next);
        bool separates =
            cpl_code_is_blank(code) || (code < 0x80 && code && strchr("-({[<", (int)code));
        cpl_text_add_case(&buffer, first ? CPL_CASE_UPPER : CPL_CASE_LOWER, text->data,
                          text->length, at);
        first = separates;
        at = next;
    }
    return cpl_value_from_buffer(chat, out, &buffer);
}
