/* Reading character classes of regular expressions: see regex_class.h.
 *
 * Syntax: doc/RE and doc/SYNTAX.md of Oniguruma 6.9 (syntax "Oniguruma"); what it says where a
 * document is silent was found by asking the tokenizers package. */
#include "tokenizer/regex_class.h"

#include "base/try.h"
#include "text/utf8.h"
#include <stdlib.h>
#include <string.h>

enum { DEEPEST_CLASS = 16 };

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

static cpl_status add_property(struct cpl_regex_input *input, struct cpl_code_set *set,
                               const char *name, size_t length, bool negated,
                               struct cpl_error *error)
{
    struct cpl_code_set found = {0};
    bool known;
    cpl_status status = cpl_code_set_add_property(&found, name, length, &known, error);
    if (status == CPL_OK && !known)
        status = cpl_regex_wrong(input, error, "no such property is known");
    if (status == CPL_OK && negated)
        status = cpl_code_set_complement(&found, error);
    if (status == CPL_OK)
        status = cpl_code_set_add_set(set, &found, error);
    cpl_code_set_clear(&found);
    return status;
}

static bool is_word(const char *name, size_t length)
{
    return length == 4 && (name[0] | 32) == 'w' && (name[1] | 32) == 'o' &&
           (name[2] | 32) == 'r' && (name[3] | 32) == 'd';
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
    if (in_class && is_word(begin, (size_t)(end - begin)))
        CPL_TRY(add_property(input, set, "[word", 5, negated != opposite, error));
    else
        CPL_TRY(
            add_property(input, set, begin, (size_t)(end - begin), negated != opposite, error));
    input->at = (size_t)(end - input->text) + 1;
    return CPL_OK;
}

cpl_status cpl_regex_read_set(struct cpl_regex_input *input, struct cpl_code_set *set,
                              bool in_class, bool *is_set, struct cpl_error *error)
{
    static const char letters[] = "dwsh";
    const char *const names[] = {"digit", in_class ? "[word" : "word", "space", "xdigit"};
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
    const char *name = names[known - letters];
    return add_property(input, set, name, strlen(name), letter != small, error);
}

/* ---- classes --------------------------------------------------------------------------------- */

/* A class being read: [a-z&&[^aeiou]].  `set` is what stands since the last "&&". */
struct class_reading {
    struct cpl_code_set set, before;
    bool negated, cut; /* there was an "&&" */
};

static cpl_status read_nested(struct cpl_regex_input *input, struct cpl_code_set *set,
                              int depth, struct cpl_error *error);

/* Keeps in `set` what is in `other`, too. */
static cpl_status intersect(struct cpl_code_set *set, const struct cpl_code_set *other,
                            struct cpl_error *error)
{
    struct cpl_code_set rest = {0};
    cpl_status status = cpl_code_set_add_set(&rest, other, error);
    if (status == CPL_OK)
        status = cpl_code_set_complement(&rest, error);
    if (status == CPL_OK)
        status = cpl_code_set_remove(set, &rest, error);
    cpl_code_set_clear(&rest);
    return status;
}

static cpl_status end_part(struct class_reading *reading, struct cpl_error *error)
{
    if (reading->cut)
        CPL_TRY(intersect(&reading->set, &reading->before, error));
    cpl_code_set_clear(&reading->before);
    reading->before = reading->set;
    reading->set = (struct cpl_code_set){0};
    reading->cut = true;
    return CPL_OK;
}

/* "[:alpha:]", of which "[" is at hand; *is_name false: it is none. */
static cpl_status read_posix(struct cpl_regex_input *input, struct cpl_code_set *set,
                             bool *is_name, struct cpl_error *error)
{
    size_t end = input->at + 2;
    *is_name = false;
    if (!cpl_regex_at(input, "[:", 2))
        return CPL_OK;
    while (end + 1 < input->length && end < input->at + 22 && input->text[end] != ':' &&
           input->text[end] != ']')
        end++;
    if (end + 1 >= input->length || input->text[end] != ':' || input->text[end + 1] != ']')
        return CPL_OK;
    bool negated = input->text[input->at + 2] == '^';
    const char *name = input->text + input->at + 2 + negated;
    size_t length = end - input->at - 2 - negated;
    *is_name = true;
    if (is_word(name, length))
        CPL_TRY(add_property(input, set, "[word", 5, negated, error));
    else if (length == 5 && memcmp(name, "punct", 5) == 0)
        CPL_TRY(add_property(input, set, "[punct", 6, negated, error));
    else
        CPL_TRY(add_property(input, set, name, length, negated, error));
    input->at = end + 2;
    return CPL_OK;
}

/* A character of a class, or the beginning of a range; *is_set: a set was read instead. */
static cpl_status read_member(struct cpl_regex_input *input, struct cpl_code_set *set,
                              uint32_t *code, bool *is_set, struct cpl_error *error)
{
    *is_set = false;
    if (input->text[input->at] != '\\') {
        *code = cpl_utf8_next(input->text, &input->at);
        return CPL_OK;
    }
    input->at++;
    CPL_TRY(cpl_regex_read_set(input, set, true, is_set, error));
    if (*is_set)
        return CPL_OK;
    if (cpl_regex_at(input, "b", 1)) {
        input->at++;
        *code = '\b';
        return CPL_OK;
    }
    return cpl_regex_read_escape(input, code, error);
}

static cpl_status read_range(struct cpl_regex_input *input, struct cpl_code_set *set,
                             struct cpl_error *error)
{
    struct cpl_code_range range;
    bool is_set;
    CPL_TRY(read_member(input, set, &range.first, &is_set, error));
    if (is_set)
        return CPL_OK;
    range.last = range.first;
    bool more = cpl_regex_at(input, "-", 1) && input->at + 1 < input->length &&
                input->text[input->at + 1] != ']' && input->text[input->at + 1] != '[' &&
                !(cpl_regex_at(input, "-&&", 3));
    if (more) {
        input->at++;
        CPL_TRY(read_member(input, set, &range.last, &is_set, error));
        if (is_set)
            return cpl_regex_wrong(input, error, "a range ends with a set");
    }
    if (range.last < range.first)
        return cpl_regex_wrong(input, error, "an empty range");
    return cpl_code_set_add(set, &range, 1, error);
}

static cpl_status read_parts(struct cpl_regex_input *input, struct class_reading *reading,
                             int depth, struct cpl_error *error)
{
    bool is_name, first = true;
    for (; first || !cpl_regex_at(input, "]", 1); first = false) {
        if (input->at >= input->length)
            return cpl_regex_wrong(input, error, "a class without its \"]\"");
        CPL_TRY(read_posix(input, &reading->set, &is_name, error));
        if (is_name)
            continue;
        if (cpl_regex_at(input, "[", 1)) {
            input->at++;
            CPL_TRY(read_nested(input, &reading->set, depth + 1, error));
        } else if (cpl_regex_at(input, "&&", 2)) {
            input->at += 2;
            CPL_TRY(end_part(reading, error));
        } else {
            CPL_TRY(read_range(input, &reading->set, error));
        }
    }
    input->at++;
    CPL_TRY(end_part(reading, error));
    return reading->negated ? cpl_code_set_complement(&reading->before, error) : CPL_OK;
}

static cpl_status read_nested(struct cpl_regex_input *input, struct cpl_code_set *set,
                              int depth, struct cpl_error *error)
{
    struct class_reading reading = {.negated = cpl_regex_at(input, "^", 1)};
    if (depth == DEEPEST_CLASS)
        return cpl_regex_wrong(input, error, "classes are nested too deeply");
    input->at += reading.negated;
    cpl_status status = read_parts(input, &reading, depth, error);
    if (status == CPL_OK)
        status = cpl_code_set_add_set(set, &reading.before, error);
    cpl_code_set_clear(&reading.set);
    cpl_code_set_clear(&reading.before);
    return status;
}

cpl_status cpl_regex_read_class(struct cpl_regex_input *input, struct cpl_code_set *set,
                                struct cpl_error *error)
{
    return read_nested(input, set, 0, error);
}
