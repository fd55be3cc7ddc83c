/* What kind of character a code point is.  General categories come from utf8proc. */
#include "text/utf8.h"

#include <utf8proc.h>

bool cpl_code_is_han(uint32_t code)
{
    if (code >= 0x4E00 && code <= 0x9FFF)
        return true;
    if (code < 0x3005)
        return false;
    return code == 0x3005 || code == 0x3007 || (code >= 0x3400 && code <= 0x4DBF) ||
           (code >= 0xF900 && code <= 0xFAFF) || (code >= 0x20000 && code <= 0x323AF);
}

bool cpl_code_is_space(uint32_t code)
{
    if (code < 0x85)
        return code == ' ' || (code >= '\t' && code <= '\r');
    return code == 0x85 || code == 0xA0 || code == 0x1680 ||
           (code >= 0x2000 && code <= 0x200A) || code == 0x2028 || code == 0x2029 ||
           code == 0x202F || code == 0x205F || code == 0x3000;
}

static bool is_ascii_alphanumeric(uint32_t code)
{
    return (code >= '0' && code <= '9') || (code >= 'a' && code <= 'z') ||
           (code >= 'A' && code <= 'Z');
}

/* Kana, bopomofo and their relatives are written without spaces, as Chinese is. */
static bool is_unspaced_script(uint32_t code)
{
    return (code >= 0x2E80 && code <= 0xA4CF) || (code >= 0xF900 && code <= 0xFAFF) ||
           (code >= 0xFF65 && code <= 0xFF9F) || code >= 0x1AFF0;
}

bool cpl_code_is_word(uint32_t code)
{
    if (code < 0x80)
        return is_ascii_alphanumeric(code);
    if (is_unspaced_script(code))
        return false;
    switch (utf8proc_category((utf8proc_int32_t)code)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND: return true;
    default: return false;
    }
}

bool cpl_code_is_lower(uint32_t code)
{
    if (code < 0x80)
        return code >= 'a' && code <= 'z';
    return utf8proc_category((utf8proc_int32_t)code) == UTF8PROC_CATEGORY_LL;
}

bool cpl_code_is_upper(uint32_t code)
{
    if (code < 0x80)
        return code >= 'A' && code <= 'Z';
    return utf8proc_category((utf8proc_int32_t)code) == UTF8PROC_CATEGORY_LU;
}

bool cpl_code_is_letter(uint32_t code)
{
    if (code < 0x80)
        return is_ascii_alphanumeric(code);
    if (cpl_code_is_han(code))
        return true;
    utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)code);
    return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NO;
}
