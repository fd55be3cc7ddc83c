/* Methods of texts: cutting, padding, replacing. */
#include "chat/builtins.h"

#include "base/try.h"
#include "chat/text.h"
#include "text/utf8.h"

#include <string.h>

cpl_status cpl_text_part(struct cpl_chat *chat, const struct cpl_text *text, size_t begin,
                         size_t end, struct cpl_value *out)
{
    return cpl_value_text_of(chat, out, text->data + begin, end - begin);
}

static bool is_stripped(uint32_t code, const struct cpl_text *chars)
{
    if (!chars)
        return cpl_code_is_blank(code);
    for (size_t at = 0; at < chars->length;)
        if (cpl_utf8_next(chars->data, &at) == code)
            return true;
    return false;
}

cpl_status cpl_text_strip(struct cpl_chat *chat, const struct cpl_text *text,
                          const struct cpl_text *chars, int sides, struct cpl_value *out)
{
    size_t begin = 0, end = text->length, each = chars ? 1 + chars->length / 4 : 1;
    while (begin < end && sides & 1) {
        size_t next = begin;
        CPL_TRY(cpl_chat_spend(chat, each));
        if (!is_stripped(cpl_utf8_next(text->data, &next), chars))
            break;
        begin = next;
    }
    while (end > begin && sides & 2) {
        size_t before = cpl_utf8_before(text->data, end), at = before;
        CPL_TRY(cpl_chat_spend(chat, each));
        if (!is_stripped(cpl_utf8_next(text->data, &at), chars))
            break;
        end = before;
    }
    return cpl_text_part(chat, text, begin, end, out);
}

static cpl_status strip(struct cpl_chat *chat, const struct cpl_value *value, int sides,
                        struct cpl_value *out)
{
    const struct cpl_text *chars = NULL;
    if (value[1].kind != CPL_NONE)
        CPL_TRY(cpl_argument_text(chat, value[1], &chars));
    return cpl_text_strip(chat, value[0].as.text, chars, sides, out);
}

CPL_BUILTIN(text_lstrip)
{
    (void)call;
    return strip(chat, value, 1, out);
}
CPL_BUILTIN(text_rstrip)
{
    (void)call;
    return strip(chat, value, 2, out);
}
CPL_BUILTIN(text_strip)
{
    (void)call;
    return strip(chat, value, 3, out);
}

/* ---- replacing --------------------------------------------------------------------------- */

cpl_status cpl_text_replace(struct cpl_chat *chat, const struct cpl_text *text,
                            const struct cpl_text *old, const struct cpl_text *new,
                            int64_t count, struct cpl_value *out)
{
    struct cpl_buffer buffer = {0};
    size_t at = 0;
    cpl_status status = cpl_chat_spend(chat, text->length / 8);
    while (status == CPL_OK && count != 0 && at <= text->length) {
        size_t found = at;
        if (old->length) {
            const char *place =
                text->length - at >= old->length
                    ? memmem(text->data + at, text->length - at, old->data, old->length)
                    : NULL;
            if (!place)
                break;
            found = (size_t)(place - text->data);
        }
        cpl_buffer_add(&buffer, text->data + at, found - at);
        cpl_buffer_add(&buffer, new->data, new->length);
        at = found + old->length;
        if (old->length == 0) { /* before every character and at the end */
            size_t next = at;
            if (at == text->length) {
                at++;
                break;
            }
            cpl_utf8_next(text->data, &next);
            cpl_buffer_add(&buffer, text->data + at, next - at);
            at = next;
        }
        count -= count > 0;
        status = cpl_chat_check(chat, &buffer);
        if (status == CPL_OK)
            status = cpl_chat_spend(chat, 1 + new->length / 16);
    }
    if (status == CPL_OK && at < text->length)
        cpl_buffer_add(&buffer, text->data + at, text->length - at);
    if (status == CPL_OK)
        return cpl_value_from_buffer(chat, out, &buffer);
    cpl_buffer_clear(&buffer);
    return status;
}

CPL_BUILTIN(text_replace)
{
    const struct cpl_text *old = NULL, *new = NULL;
    int64_t count;
    (void)call;
    CPL_TRY(cpl_argument_text(chat, value[1], &old));
    CPL_TRY(cpl_argument_text(chat, value[2], &new));
    CPL_TRY(cpl_argument_int(chat, value[3], -1, &count));
    return cpl_text_replace(chat, value[0].as.text, old, new, count, out);
}

static cpl_status remove_affix(struct cpl_chat *chat, const struct cpl_value *value,
                               bool prefix, struct cpl_value *out)
{
    const struct cpl_text *text = value[0].as.text, *affix = NULL;
    CPL_TRY(cpl_argument_text(chat, value[1], &affix));
    size_t n = affix->length, rest = text->length - n;
    *out = value[0];
    if (n > text->length || n == 0 ||
        memcmp(text->data + (prefix ? 0 : rest), affix->data, n) != 0)
        return CPL_OK;
    return prefix ? cpl_text_part(chat, text, n, text->length, out)
                  : cpl_text_part(chat, text, 0, rest, out);
}

CPL_BUILTIN(text_removeprefix)
{
    (void)call;
    return remove_affix(chat, value, true, out);
}
CPL_BUILTIN(text_removesuffix)
{
    (void)call;
    return remove_affix(chat, value, false, out);
}

/* ---- padding ----------------------------------------------------------------------------- */

/* left_share: 0 centred, 1 everything to the left, 2 to the right. */
cpl_status cpl_text_pad(struct cpl_chat *chat, const struct cpl_text *text, int64_t width,
                        int left_share, const struct cpl_text *fill, struct cpl_value *out)
{
    struct cpl_buffer buffer = {0};
    int64_t more = width - (int64_t)text->count, left = 0;
    const char *data = fill ? fill->data : " ";
    size_t length = fill ? fill->length : 1;
    cpl_status status = CPL_OK;
    if (width <= (int64_t)text->count)
        return cpl_text_part(chat, text, 0, text->length, out);
    if (left_share == 0) /* the odd one goes to the left only if the width is odd, too */
        left = more / 2 + (more & width & 1);
    else if (left_share == 1)
        left = more;
    for (int64_t i = 0; i < more && status == CPL_OK; i++) {
        if (i == left)
            cpl_buffer_add(&buffer, text->data, text->length);
        cpl_buffer_add(&buffer, data, length);
        status = cpl_chat_spend(chat, 1);
        if (status == CPL_OK && i % 4096 == 0)
            status = cpl_chat_check(chat, &buffer);
    }
    if (left == more)
        cpl_buffer_add(&buffer, text->data, text->length);
    if (status == CPL_OK)
        return cpl_value_from_buffer(chat, out, &buffer);
    cpl_buffer_clear(&buffer);
    return status;
}

static cpl_status pad(struct cpl_chat *chat, const struct cpl_value *value, int left_share,
                      struct cpl_value *out)
{
    const struct cpl_text *fill = NULL;
    int64_t width;
    CPL_TRY(cpl_argument_int(chat, value[1], 0, &width));
    CPL_TRY(cpl_argument_text(chat, value[2], &fill));
    if (fill && fill->count != 1)
        return cpl_chat_fail(chat, "the filling is one character");
    return cpl_text_pad(chat, value[0].as.text, width, left_share, fill, out);
}

CPL_BUILTIN(text_center)
{
    (void)call;
    return pad(chat, value, 0, out);
}
CPL_BUILTIN(text_rjust)
{
    (void)call;
    return pad(chat, value, 1, out);
}
CPL_BUILTIN(text_ljust)
{
    (void)call;
    return pad(chat, value, 2, out);
}

CPL_BUILTIN(text_zfill)
{
    static const struct cpl_text zero = {"0", 1, 1};
    const struct cpl_text *text = value[0].as.text;
    struct cpl_value digits, sign;
    int64_t width;
    (void)call;
    CPL_TRY(cpl_argument_int(chat, value[1], 0, &width));
    bool has_sign = text->length && (text->data[0] == '-' || text->data[0] == '+');
    CPL_TRY(cpl_text_part(chat, text, has_sign, text->length, &digits));
    CPL_TRY(cpl_text_pad(chat, digits.as.text, width > INT64_MIN ? width - has_sign : width, 1,
                         &zero, &digits));
    CPL_TRY(cpl_text_part(chat, text, 0, has_sign, &sign));
    return cpl_value_binary(chat, CPL_TOKEN_ADD, sign, digits, out);
}

CPL_BUILTIN(text_expandtabs)
{
    const struct cpl_text *text = value[0].as.text;
    struct cpl_buffer buffer = {0};
    int64_t size, column = 0;
    cpl_status status = CPL_OK;
    (void)call;
    CPL_TRY(cpl_argument_int(chat, value[1], 8, &size));
    CPL_TRY(cpl_chat_spend(chat, text->length));
    for (size_t i = 0; i < text->length && status == CPL_OK; i++) {
        char c = text->data[i];
        if (c == '\t') {
            int64_t blanks = size > 0 ? size - column % size : 0;
            column += blanks;
            for (; blanks > 0 && status == CPL_OK; blanks--) {
                cpl_buffer_add_byte(&buffer, ' ');
                status = cpl_chat_spend(chat, 1);
                if (status == CPL_OK && blanks % 4096 == 0)
                    status = cpl_chat_check(chat, &buffer);
            }
            continue;
        }
        column = c == '\n' || c == '\r' ? 0 : column + (((unsigned char)c & 0xC0) != 0x80);
        cpl_buffer_add_byte(&buffer, c);
    }
    if (status == CPL_OK)
        return cpl_value_from_buffer(chat, out, &buffer);
    cpl_buffer_clear(&buffer);
    return status;
}
