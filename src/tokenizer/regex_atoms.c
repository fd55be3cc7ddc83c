/* Characters, sets, boundaries and references in PCRE2's syntax: see regex_translation.h. */
#include "tokenizer/regex_translation.h"

#include "base/try.h"
#include <string.h>

void cpl_translation_turn(struct cpl_translation *work)
{
    if (work->turns)
        cpl_buffer_add_text(work->out, CPL_REGEX_TURN);
    work->turns = false;
}

void cpl_translation_atom(struct cpl_translation *work)
{
    cpl_translation_turn(work);
    work->atom = work->out->length;
    work->has_atom = true;
    work->repeated = false;
}

cpl_status cpl_translation_set(struct cpl_translation *work, const struct cpl_code_set *set,
                               bool bracket, struct cpl_error *error)
{
    bool apart =
        work->options.caseless && !bracket; /* \p{Lu} stays as it is, [\p{Lu}] does not */
    cpl_translation_atom(work);
    cpl_buffer_add_text(work->out, apart ? "(?-i:" : "");
    CPL_TRY(cpl_regex_write_set(work->out, set,
                                work->properties && (apart || !work->options.caseless), error));
    cpl_buffer_add_text(work->out, apart ? ")" : "");
    return CPL_OK;
}

void cpl_translation_code(struct cpl_translation *work, uint32_t code)
{
    cpl_translation_atom(work);
    if ((code >= '0' && code <= '9') || (code >= 'a' && code <= 'z') ||
        (code >= 'A' && code <= 'Z'))
        cpl_buffer_add_byte(work->out, (char)code);
    else
        cpl_buffer_format(work->out, "\\x{%x}", (unsigned)code);
}

/* ---- escapes --------------------------------------------------------------------------------- */

/* A word ends or begins here: letters are on one side only. */
static cpl_status write_boundary(struct cpl_translation *work, bool opposite,
                                 struct cpl_error *error)
{
    static const char *const parts[2][5] = {{"(?:(?<=", ")(?!", ")|(?<!", ")(?=", "))"},
                                            {"(?:(?<=", ")(?=", ")|(?<!", ")(?!", "))"}};
    struct cpl_code_set word = {0};
    bool known;
    cpl_status status = cpl_code_set_add_property(&word, "word", 4, &known, error);
    cpl_translation_atom(work);
    cpl_buffer_add_text(work->out, work->options.caseless ? "(?-i:" : "(?:");
    for (size_t i = 0; i < 5; i++) {
        cpl_buffer_add_text(work->out, parts[opposite][i]);
        if (i < 4 && status == CPL_OK)
            status = cpl_regex_write_set(work->out, &word, work->properties, error);
    }
    cpl_buffer_add_text(work->out, ")");
    cpl_code_set_clear(&word);
    return status;
}

/* \1 or \k<name>. */
static cpl_status write_reference(struct cpl_translation *work, struct cpl_error *error)
{
    struct cpl_regex_input *input = &work->input;
    const char *name = input->text + input->at + 2;
    cpl_translation_atom(work);
    if (input->text[input->at] != 'k') {
        cpl_buffer_format(work->out, "\\g{%c}", input->text[input->at++]);
        if (input->at < input->length && input->text[input->at] >= '0' &&
            input->text[input->at] <= '9')
            return cpl_regex_wrong(&work->input, error,
                                   "references of two digits are not supported");
        return CPL_OK;
    }
    size_t n = 0, left = input->length - input->at;
    while (n + 2 < left && n < 32 &&
           ((name[n] | 32) >= 'a' ? (name[n] | 32) <= 'z' : name[n] == '_'))
        n++;
    if (left < 4 || input->text[input->at + 1] != '<' || n == 0 || name[n] != '>')
        return cpl_regex_wrong(&work->input, error, "\\k needs the name of a group in <>");
    cpl_buffer_format(work->out, "\\k<%.*s>", (int)n, name);
    input->at += n + 3;
    return CPL_OK;
}

void cpl_translation_dot(struct cpl_translation *work, bool newline)
{
    cpl_translation_atom(work);
    cpl_buffer_add_text(work->out, newline ? "(?s:.)" : "[^\\n]");
}

cpl_status cpl_translation_backslash(struct cpl_translation *work, struct cpl_error *error)
{
    struct cpl_regex_input *input = &work->input;
    struct cpl_code_set set = {0};
    bool is_set = false;
    uint32_t code = 0;
    char letter = input->at < input->length ? input->text[input->at] : 0;
    cpl_status status = cpl_regex_read_set(input, &set, false, &is_set, error);
    if (status == CPL_OK && is_set)
        status = cpl_translation_set(work, &set, false, error);
    cpl_code_set_clear(&set);
    if (status != CPL_OK || is_set)
        return status;
    if (letter && strchr("AZzGRK", letter)) {
        cpl_translation_atom(work);
        cpl_buffer_format(work->out, "\\%c", letter);
    } else if (letter == 'b' || letter == 'B') {
        CPL_TRY(write_boundary(work, letter == 'B', error));
    } else if (letter == 'N' || letter == 'O') {
        cpl_translation_dot(work, letter == 'O');
    } else if (letter == 'g' || letter == 'X' || letter == 'y' || letter == 'Y') {
        return cpl_regex_wrong(&work->input, error, "\\g, \\X, \\y and \\Y are not supported");
    } else if (letter == 'k' || (letter >= '1' && letter <= '9')) {
        return write_reference(work, error);
    } else {
        CPL_TRY(cpl_regex_read_escape(input, &code, error));
        cpl_translation_code(work, code);
        return CPL_OK;
    }
    input->at++;
    return CPL_OK;
}
