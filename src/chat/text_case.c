/* Characters as Python's str sees them: see text.h.  General categories and one-to-one mappings come
 * from utf8proc, the others from special_case.def (Unicode's SpecialCasing and CaseFolding). */
#include "chat/text.h"

#include "text/utf8.h"

#include <string.h>
#include <utf8proc.h>

static utf8proc_category_t category(uint32_t code)
{
    return utf8proc_category((utf8proc_int32_t)code);
}

bool cpl_code_is_blank(uint32_t code)
{
    if (code < 0x80)
        return code == ' ' || (code >= 9 && code <= 13) || (code >= 0x1C && code <= 0x1F);
    return code == 0x85 || code == 0xA0 || code == 0x1680 ||
           (code >= 0x2000 && code <= 0x200A) || code == 0x2028 || code == 0x2029 ||
           code == 0x202F || code == 0x205F || code == 0x3000;
}

bool cpl_code_is_break(uint32_t code)
{
    return (code >= 10 && code <= 13) || (code >= 0x1C && code <= 0x1E) || code == 0x85 ||
           code == 0x2028 || code == 0x2029;
}

bool cpl_code_is_alpha(uint32_t code)
{
    utf8proc_category_t kind = category(code);
    return kind >= UTF8PROC_CATEGORY_LU && kind <= UTF8PROC_CATEGORY_LO;
}

bool cpl_code_is_decimal(uint32_t code) { return category(code) == UTF8PROC_CATEGORY_ND; }

bool cpl_code_is_name(uint32_t code, bool first)
{
    if (code < 0x80 && code != '_' && !(code >= '0' && code <= '9'))
        return (code | 32) >= 'a' && (code | 32) <= 'z';
    utf8proc_category_t kind = category(code);
    return cpl_code_is_alpha(code) || code == '_' || kind == UTF8PROC_CATEGORY_NL ||
           (!first && (kind == UTF8PROC_CATEGORY_ND || kind == UTF8PROC_CATEGORY_MN ||
                       kind == UTF8PROC_CATEGORY_MC || kind == UTF8PROC_CATEGORY_PC));
}

#define UPPER(code, text)
#define TITLE(code, text)
#define FOLD(code, text)
#define DIGIT(begin, end) {begin, end},
#define NUMERIC(begin, end)
static const uint32_t digits[][2] = {
#include "chat/special_case.def"
};
#undef DIGIT
#undef NUMERIC
#define DIGIT(begin, end)
#define NUMERIC(begin, end) {begin, end},
static const uint32_t numerals[][2] = {
#include "chat/special_case.def"
};
#undef UPPER
#undef TITLE
#undef FOLD
#undef NUMERIC
#define NUMERIC(begin, end)

static bool in_ranges(const uint32_t (*range)[2], size_t n, uint32_t code)
{
    for (size_t i = 0; i < n; i++)
        if (code >= range[i][0] && code <= range[i][1])
            return true;
    return false;
}

bool cpl_code_is_digit(uint32_t code)
{
    return cpl_code_is_decimal(code) || in_ranges(digits, sizeof digits / sizeof *digits, code);
}

bool cpl_code_is_numeric(uint32_t code)
{
    utf8proc_category_t kind = category(code);
    return (kind >= UTF8PROC_CATEGORY_ND && kind <= UTF8PROC_CATEGORY_NO) ||
           in_ranges(numerals, sizeof numerals / sizeof *numerals, code);
}

bool cpl_code_is_alnum(uint32_t code)
{
    return cpl_code_is_alpha(code) || cpl_code_is_numeric(code);
}

bool cpl_code_is_small(uint32_t code) { return utf8proc_islower((utf8proc_int32_t)code); }
bool cpl_code_is_capital(uint32_t code) { return utf8proc_isupper((utf8proc_int32_t)code); }
bool cpl_code_is_title(uint32_t code) { return category(code) == UTF8PROC_CATEGORY_LT; }

bool cpl_code_is_cased(uint32_t code)
{
    return cpl_code_is_small(code) || cpl_code_is_capital(code) || cpl_code_is_title(code);
}

bool cpl_code_is_printable(uint32_t code)
{
    if (code < 0x7F)
        return code >= ' ';
    utf8proc_category_t kind = category(code);
    return kind != UTF8PROC_CATEGORY_CN &&
           !(kind >= UTF8PROC_CATEGORY_ZS && kind <= UTF8PROC_CATEGORY_CO);
}

/* ---- case -------------------------------------------------------------------------------- */

struct special {
    uint32_t code;
    const char *text;
};
#define TITLE(code, text)
#define FOLD(code, text)
#define UPPER(code, text) {code, text},
static const struct special uppers[] = {
#include "chat/special_case.def"
};
#undef UPPER
#undef TITLE
#define UPPER(code, text)
#define TITLE(code, text) {code, text},
static const struct special titles[] = {
#include "chat/special_case.def"
};
#undef TITLE
#undef FOLD
#define TITLE(code, text)
#define FOLD(code, text) {code, text},
static const struct special folds[] = {
#include "chat/special_case.def"
};

static const char *special_text(const struct special *table, size_t n, uint32_t code)
{
    for (size_t i = 0; i < n; i++)
        if (table[i].code == code)
            return table[i].text;
    return NULL;
}

/* Unicode's Case_Ignorable, as far as Python's final sigma needs it. */
static bool is_ignorable(uint32_t code)
{
    utf8proc_category_t kind = category(code);
    return kind == UTF8PROC_CATEGORY_MN || kind == UTF8PROC_CATEGORY_ME ||
           kind == UTF8PROC_CATEGORY_CF || kind == UTF8PROC_CATEGORY_LM ||
           kind == UTF8PROC_CATEGORY_SK || code == '\'' || code == '.' || code == ':' ||
           code == 0xB7 || code == 0x2018 || code == 0x2019 || code == 0x2024 || code == 0x2027;
}

/* A letter stands before the sigma at `at` and none behind it. */
static bool is_final(const char *text, size_t length, size_t at)
{
    size_t before = at, behind = at;
    bool letter_before = false;
    while (before > 0) {
        before = cpl_utf8_before(text, before);
        size_t next = before;
        uint32_t code = cpl_utf8_next(text, &next);
        if (is_ignorable(code))
            continue;
        letter_before = cpl_code_is_cased(code);
        break;
    }
    if (!letter_before)
        return false;
    cpl_utf8_next(text, &behind);
    while (behind < length) {
        uint32_t code = cpl_utf8_next(text, &behind);
        if (!is_ignorable(code))
            return !cpl_code_is_cased(code);
    }
    return true;
}

void cpl_text_add_case(struct cpl_buffer *out, enum cpl_case wanted, const char *text,
                       size_t length, size_t at)
{
    size_t next = at;
    uint32_t code = cpl_utf8_next(text, &next);
    utf8proc_int32_t signed_code = (utf8proc_int32_t)code;
    const char *special = NULL;
    char encoded[4];
    if (code < 0x80) {
        bool up = wanted == CPL_CASE_UPPER || wanted == CPL_CASE_TITLE;
        if (up ? code >= 'a' && code <= 'z' : code >= 'A' && code <= 'Z')
            code ^= 32;
        cpl_buffer_add_byte(out, (char)code);
        return;
    }
    switch (wanted) {
    case CPL_CASE_LOWER:
        special = code == 0x130 ? "i\xCC\x87" : NULL;
        code = code == 0x3A3 && is_final(text, length, at)
                   ? 0x3C2
                   : (uint32_t)utf8proc_tolower(signed_code);
        break;
    case CPL_CASE_UPPER:
        special = special_text(uppers, sizeof uppers / sizeof *uppers, code);
        code = (uint32_t)utf8proc_toupper(signed_code);
        break;
    case CPL_CASE_TITLE:
        special = special_text(titles, sizeof titles / sizeof *titles, code);
        code = (uint32_t)utf8proc_totitle(signed_code);
        break;
    case CPL_CASE_FOLD: {
        utf8proc_int32_t folded[4];
        special = special_text(folds, sizeof folds / sizeof *folds, code);
        if (!special &&
            utf8proc_decompose_char(signed_code, folded, 4, UTF8PROC_CASEFOLD, NULL) == 1)
            code = (uint32_t)folded[0];
        break;
    }
    }
    if (special)
        cpl_buffer_add_text(out, special);
    else
        cpl_buffer_add(out, encoded, cpl_utf8_encode(encoded, code));
}
