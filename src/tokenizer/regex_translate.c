/* From Oniguruma's syntax to PCRE2's: see regex.h.
 *
 * What differs: (?m) is PCRE2's (?s); ^ and $ are of lines; (?i) up to the end of a group binds weaker
 * than "|"; {n}+ is no possessive, {n}? no lazy repetition, {,n} begins at 0, repetitions may follow
 * one another; \h is a hexadecimal digit, \w \d \s \b and \p{…} are of other tables; classes may be
 * nested and cut. */
#include "base/try.h"
#include "text/utf8.h"
#include "tokenizer/regex_translation.h"
#include <string.h>

enum { LONGEST_PATTERN = 16384, LONGEST_RESULT = 1 << 20 };

static cpl_status read_class(struct cpl_translation *work, struct cpl_error *error)
{
    struct cpl_code_set set = {0};
    cpl_status status = cpl_regex_read_class(&work->input, &set, error);
    if (status == CPL_OK)
        status = cpl_translation_set(work, &set, true, error);
    cpl_code_set_clear(&set);
    return status;
}

/* White space and comments of extended patterns. */
static bool skip_extended(struct cpl_translation *work)
{
    struct cpl_regex_input *input = &work->input;
    char letter = input->text[input->at];
    if (!work->options.extended || !letter || !strchr(" \t\n\r\f\v#", letter))
        return false;
    while (letter == '#' && input->at < input->length && input->text[input->at] != '\n')
        input->at++;
    input->at += input->at < input->length;
    return true;
}

static cpl_status read_bar(struct cpl_translation *work)
{
    if (work->depth > 0)
        cpl_translation_turn(work);
    work->turns = work->has_atom = false;
    cpl_buffer_add_byte(work->out, '|');
    return CPL_OK;
}

static cpl_status read_one(struct cpl_translation *work, struct cpl_error *error)
{
    struct cpl_regex_input *input = &work->input;
    bool found;
    char letter = input->text[input->at];
    switch (letter) {
    case '(': return cpl_translation_group(work, error);
    case ')': input->at++; return cpl_translation_close(work, error);
    case '|': input->at++; return read_bar(work);
    case '[': input->at++; return read_class(work, error);
    case '\\': input->at++; return cpl_translation_backslash(work, error);
    case '*':
    case '+':
    case '?': return cpl_translation_repetition(work, letter, error);
    case '.':
        input->at++;
        cpl_translation_dot(work, work->options.dot_all);
        return CPL_OK;
    case '^':
    case '$':
        input->at++;
        cpl_translation_atom(work);
        cpl_buffer_add_byte(work->out, letter);
        return CPL_OK;
    case '{':
        CPL_TRY(cpl_translation_bounds(work, &found, error));
        if (found)
            return CPL_OK;
        break;
    default: break;
    }
    cpl_translation_code(work, cpl_utf8_next(input->text, &input->at));
    return CPL_OK;
}

cpl_status cpl_regex_translate(struct cpl_buffer *out, const char *pattern, size_t length,
                               bool properties, const char *where, struct cpl_error *error)
{
    struct cpl_translation work = {
        .input = {pattern, length, 0, where}, .out = out, .properties = properties};
    if (length > LONGEST_PATTERN)
        return cpl_regex_wrong(&work.input, error, "more than 16384 bytes long");
    while (work.input.at < length) {
        if (skip_extended(&work))
            continue;
        CPL_TRY(read_one(&work, error));
        CPL_TRY(cpl_buffer_check(out, error));
        if (out->length > LONGEST_RESULT)
            return cpl_regex_wrong(&work.input, error, "too large a pattern");
    }
    if (work.depth > 0)
        return cpl_regex_wrong(&work.input, error, "\"(\" without its \")\"");
    for (size_t i = 0; i < work.level[0].extra; i++)
        cpl_buffer_add_byte(out, ')');
    return cpl_buffer_check(out, error);
}
