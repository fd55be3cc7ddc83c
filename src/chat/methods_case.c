/* Methods of texts: what kind of characters they hold, and changes of case that look at neighbours. */
#include "chat/builtins.h"

#include "base/try.h"
#include "chat/text.h"
#include "text/utf8.h"

/* Whether there are characters and all are of a kind; `empty` for none. */
static cpl_status all_are(struct cpl_chat *chat, const struct cpl_text *text,
                          bool (*is)(uint32_t), bool empty, struct cpl_value *out)
{
    bool all = text->length > 0 || empty;
    CPL_TRY(cpl_chat_spend(chat, text->length));
    for (size_t at = 0; at < text->length && all;)
        all = is(cpl_utf8_next(text->data, &at));
    *out = cpl_value_bool(all);
    return CPL_OK;
}

static bool is_ascii(uint32_t code) { return code < 0x80; }

#define KIND(name, function, empty)                                                            \
    CPL_BUILTIN(name)                                                                          \
    {                                                                                          \
        (void)call;                                                                            \
        return all_are(chat, value[0].as.text, function, empty, out);                          \
    }

KIND(text_isalnum, cpl_code_is_alnum, false)
KIND(text_isalpha, cpl_code_is_alpha, false)
KIND(text_isascii, is_ascii, true)
KIND(text_isdecimal, cpl_code_is_decimal, false)
KIND(text_isdigit, cpl_code_is_digit, false)
KIND(text_isnumeric, cpl_code_is_numeric, false)
KIND(text_isprintable, cpl_code_is_printable, true)
KIND(text_isspace, cpl_code_is_blank, false)

CPL_BUILTIN(text_isidentifier)
{
    const struct cpl_text *text = value[0].as.text;
    bool all = text->length > 0;
    (void)call;
    CPL_TRY(cpl_chat_spend(chat, text->length));
    for (size_t at = 0; at < text->length && all;) {
        bool first = at == 0;
        all = cpl_code_is_name(cpl_utf8_next(text->data, &at), first);
    }
    *out = cpl_value_bool(all);
    return CPL_OK;
}

bool cpl_text_is_case(const struct cpl_text *text, bool small)
{
    bool any = false;
    for (size_t at = 0; at < text->length;) {
        uint32_t code = cpl_utf8_next(text->data, &at);
        if (small ? cpl_code_is_capital(code) || cpl_code_is_title(code)
                  : cpl_code_is_small(code) || cpl_code_is_title(code))
            return false;
        any |= small ? cpl_code_is_small(code) : cpl_code_is_capital(code);
    }
    return any;
}

CPL_BUILTIN(text_islower)
{
    (void)call;
    *out = cpl_value_bool(cpl_text_is_case(value[0].as.text, true));
    return cpl_chat_spend(chat, value[0].as.text->length);
}
CPL_BUILTIN(text_isupper)
{
    (void)call;
    *out = cpl_value_bool(cpl_text_is_case(value[0].as.text, false));
    return cpl_chat_spend(chat, value[0].as.text->length);
}

/* Capitals begin words and nothing else. */
CPL_BUILTIN(text_istitle)
{
    const struct cpl_text *text = value[0].as.text;
    bool any = false, inside = false, good = true;
    (void)call;
    CPL_TRY(cpl_chat_spend(chat, text->length));
    for (size_t at = 0; at < text->length && good;) {
        uint32_t code = cpl_utf8_next(text->data, &at);
        bool capital = cpl_code_is_capital(code) || cpl_code_is_title(code);
        bool small = cpl_code_is_small(code);
        good = !(capital && inside) && !(small && !inside);
        inside = capital || small;
        any |= inside;
    }
    *out = cpl_value_bool(good && any);
    return CPL_OK;
}

CPL_BUILTIN(text_title)
{
    const struct cpl_text *text = value[0].as.text;
    struct cpl_buffer buffer = {0};
    bool inside = false;
    (void)call;
    CPL_TRY(cpl_chat_spend(chat, text->length));
    for (size_t at = 0; at < text->length;) {
        size_t next = at;
        uint32_t code = cpl_utf8_next(text->data, &next);
        cpl_text_add_case(&buffer, inside ? CPL_CASE_LOWER : CPL_CASE_TITLE, text->data,
                          text->length, at);
        inside = cpl_code_is_cased(code);
        at = next;
    }
    return cpl_value_from_buffer(chat, out, &buffer);
}

CPL_BUILTIN(text_swapcase)
{
    const struct cpl_text *text = value[0].as.text;
    struct cpl_buffer buffer = {0};
    (void)call;
    CPL_TRY(cpl_chat_spend(chat, text->length));
    for (size_t at = 0; at < text->length;) {
        size_t next = at;
        uint32_t code = cpl_utf8_next(text->data, &next);
        if (cpl_code_is_capital(code) || cpl_code_is_small(code))
            cpl_text_add_case(&buffer,
                              cpl_code_is_capital(code) ? CPL_CASE_LOWER : CPL_CASE_UPPER,
                              text->data, text->length, at);
        else
            cpl_buffer_add(&buffer, text->data + at, next - at);
        at = next;
    }
    return cpl_value_from_buffer(chat, out, &buffer);
}
