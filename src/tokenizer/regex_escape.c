/* Reading what is behind a backslash in regular expressions: see regex_class.h.
 *
 * Syntax: doc/RE and doc/SYNTAX.md of Oniguruma 6.9 (syntax "Oniguruma"); what it says where a
 * document is silent was found by asking the tokenizers package. */
#include "base/try.h"
#include "text/utf8.h"
#include "tokenizer/regex_class.h"
#include <string.h>

cpl_status cpl_regex_wrong(const struct cpl_regex_input *input, struct cpl_error *error,
                           const char *what)
{
    return cpl_error_set(error, CPL_ERROR_INPUT, input->where,
                         "regular expression \"%.60s\": %s at byte %zu", input->text, what,
                         input->at);
}

/* ---- escapes --------------------------------------------------------------------------------- */

static int digit_value(char letter)
{
    if (letter >= '0' && letter <= '9')
        return letter - '0';
    letter |= 0x20;
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : 99;
}

/* Up to `most` digits of that base. */
static size_t read_digits(struct cpl_regex_input *input, int base, size_t most, uint32_t *value)
{
    size_t n = 0;
    for (*value = 0; n < most && input->at < input->length; n++, input->at++) {
        int digit = digit_value(input->text[input->at]);
        if (digit >= base)
            break;
        *value = *value * (uint32_t)base + (uint32_t)digit;
    }
    return n;
}

static cpl_status read_number(struct cpl_regex_input *input, int base, size_t least,
                              size_t most, uint32_t *code, struct cpl_error *error)
{
    bool braces = least > 0 && most != 4 && cpl_regex_at(input, "{", 1);
    input->at += braces;
    size_t n = read_digits(input, base, braces ? 8 : most, code);
    if (n < (braces ? 1 : least) || (braces && !cpl_regex_at(input, "}", 1)))
        return cpl_regex_wrong(input, error, "a number is not complete");
    input->at += braces;
    if (*code > 0x10FFFF || (*code >= 0xD800 && *code <= 0xDFFF))
        return cpl_regex_wrong(input, error, "not a character's number");
    if (!braces && most == 2 && *code > 0x7F)
        return cpl_regex_wrong(input, error, "a byte that is no character; write \\x{...}");
    return CPL_OK;
}

cpl_status cpl_regex_read_escape(struct cpl_regex_input *input, uint32_t *code,
                                 struct cpl_error *error)
{
    static const char letters[] = "tnrfvae", codes[] = "\t\n\r\f\v\a\033";
    if (input->at == input->length)
        return cpl_regex_wrong(input, error, "nothing behind the backslash");
    char letter = input->text[input->at];
    const char *known = letter ? strchr(letters, letter) : NULL;
    if (letter >= '0' && letter <= '7')
        return read_number(input, 8, 0, 3, code, error);
    if (letter == 'C' || letter == 'M')
        return cpl_regex_wrong(input, error, "\\C and \\M are not supported");
    *code = cpl_utf8_next(input->text, &input->at);
    if (known) {
        *code = (unsigned char)codes[known - letters];
        return CPL_OK;
    }
    switch (letter) {
    case 'x': return read_number(input, 16, 1, 2, code, error);
    case 'u': return read_number(input, 16, 4, 4, code, error);
    case 'o':
        return cpl_regex_at(input, "{", 1) ? read_number(input, 8, 1, 8, code, error) : CPL_OK;
    case 'c':
        if (input->at == input->length || input->text[input->at] == '\\')
            return cpl_regex_wrong(input, error, "\\c needs a letter");
        *code = cpl_utf8_next(input->text, &input->at) & 0x1F;
        return CPL_OK;
    default: return CPL_OK;
    }
}

/* ---- sets ------------------------------------------------------------------------------------ */

static bool is_word(const char *name, size_t length)
{
    return length == 4 && (name[0] | 32) == 'w' && (name[1] | 32) == 'o' &&
           (name[2] | 32) == 'r' && (name[3] | 32) == 'd';
}

cpl_status cpl_regex_add_property(struct cpl_regex_input *input, struct cpl_code_set *set,
                                  struct cpl_regex_name name, bool negated,
                                  struct cpl_error *error)
{
    struct cpl_code_set found = {0};
    bool known, word = name.in_class && is_word(name.text, name.length);
    cpl_status status = cpl_code_set_add_property(&found, word ? "[word" : name.text,
                                                  word ? 5 : name.length, &known, error);
    if (status == CPL_OK && !known)
        status = cpl_regex_wrong(input, error, "no such property is known");
    if (status == CPL_OK && negated)
        status = cpl_code_set_complement(&found, error);
    if (status == CPL_OK)
        status = cpl_code_set_add_set(set, &found, error);
    cpl_code_set_clear(&found);
    return status;
}

/* "{Name}" or "{^Name}". */
static cpl_status read_property(struct cpl_regex_input *input, struct cpl_code_set *set,
                                bool in_class, bool negated, struct cpl_error *error)
{
    const char *begin = input->text + input->at + 1;
    const char *end = memchr(begin, '}', input->length - input->at - 1);
    if (!end)
        return cpl_regex_wrong(input, error, "a property without its \"}\"");
    bool opposite = begin < end && *begin == '^';
    begin += opposite;
    struct cpl_regex_name name = {begin, (size_t)(end - begin), in_class};
    CPL_TRY(cpl_regex_add_property(input, set, name, negated != opposite, error));
    input->at = (size_t)(end - input->text) + 1;
    return CPL_OK;
}

cpl_status cpl_regex_read_set(struct cpl_regex_input *input, struct cpl_code_set *set,
                              bool in_class, bool *is_set, struct cpl_error *error)
{
    static const char letters[] = "dwsh";
    static const char *const names[] = {"digit", "word", "space", "xdigit"};
    char letter = input->at < input->length ? input->text[input->at] : 0;
    char small = letter >= 'A' && letter <= 'Z' ? (char)(letter + 32) : letter;
    const char *known = small ? strchr(letters, small) : NULL;
    *is_set = known || (small == 'p' && input->at + 1 < input->length &&
                        input->text[input->at + 1] == '{');
    if (!*is_set)
        return CPL_OK;
    input->at++;
    if (!known)
        return read_property(input, set, in_class, letter == 'P', error);
    const char *text = names[known - letters];
    struct cpl_regex_name name = {text, strlen(text), in_class};
    return cpl_regex_add_property(input, set, name, letter != small, error);
}
