/* From Oniguruma's syntax to PCRE2's: see regex.h.
 *
 * What differs: (?m) is PCRE2's (?s); ^ and $ are of lines; (?i) up to the end of a group binds weaker
 * than "|"; {n}+ is no possessive, {n}? no lazy repetition, {,n} begins at 0, repetitions may follow
 * one another; \h is a hexadecimal digit, \w \d \s \b and \p{…} are of other tables; classes may be
 * nested and cut. */
#include "base/try.h"
#include "text/utf8.h"
#include "tokenizer/regex.h"
#include "tokenizer/regex_class.h"
#include <string.h>

enum { DEEPEST_GROUP = 200, LONGEST_PATTERN = 16384, LONGEST_RESULT = 1 << 20 };

struct options {
    bool caseless, extended, dot_all;
};
struct level {
    struct options options; /* of what stands around the group */
    size_t begin;           /* of the group in the result */
    size_t extra;           /* ")" that it needs besides its own */
};
struct translation {
    struct cpl_regex_input input;
    struct cpl_buffer *out;
    bool properties;
    struct options options;
    struct level level[DEEPEST_GROUP + 1];
    size_t depth;
    size_t atom;   /* where in the result the last atom begins */
    bool has_atom; /* a repetition may follow */
    bool repeated; /* one did */
    bool turns;    /* the search may come back to what was last written */
};

static const char TURN[] = "(?C1)";

static cpl_status wrong(const struct translation *work, struct cpl_error *error,
                        const char *what)
{
    return cpl_regex_wrong(&work->input, error, what);
}

static void write_turn(struct translation *work)
{
    if (work->turns)
        cpl_buffer_add_text(work->out, TURN);
    work->turns = false;
}

static void begin_atom(struct translation *work)
{
    write_turn(work);
    work->atom = work->out->length;
    work->has_atom = true;
    work->repeated = false;
}

static cpl_status write_set(struct translation *work, const struct cpl_code_set *set,
                            bool bracket, struct cpl_error *error)
{
    bool apart =
        work->options.caseless && !bracket; /* \p{Lu} stays as it is, [\p{Lu}] does not */
    begin_atom(work);
    cpl_buffer_add_text(work->out, apart ? "(?-i:" : "");
    CPL_TRY(cpl_regex_write_set(work->out, set,
                                work->properties && (apart || !work->options.caseless), error));
    cpl_buffer_add_text(work->out, apart ? ")" : "");
    return CPL_OK;
}

static void write_code(struct translation *work, uint32_t code)
{
    begin_atom(work);
    if ((code >= '0' && code <= '9') || (code >= 'a' && code <= 'z') ||
        (code >= 'A' && code <= 'Z'))
        cpl_buffer_add_byte(work->out, (char)code);
    else
        cpl_buffer_format(work->out, "\\x{%x}", (unsigned)code);
}

/* ---- escapes --------------------------------------------------------------------------------- */

/* A word ends or begins here: letters are on one side only. */
static cpl_status write_boundary(struct translation *work, bool opposite,
                                 struct cpl_error *error)
{
    static const char *const parts[2][5] = {{"(?:(?<=", ")(?!", ")|(?<!", ")(?=", "))"},
                                            {"(?:(?<=", ")(?=", ")|(?<!", ")(?!", "))"}};
    struct cpl_code_set word = {0};
    bool known;
    cpl_status status = cpl_code_set_add_property(&word, "word", 4, &known, error);
    begin_atom(work);
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
static cpl_status write_reference(struct translation *work, struct cpl_error *error)
{
    struct cpl_regex_input *input = &work->input;
    const char *name = input->text + input->at + 2;
    begin_atom(work);
    if (input->text[input->at] != 'k') {
        cpl_buffer_format(work->out, "\\g{%c}", input->text[input->at++]);
        if (input->at < input->length && input->text[input->at] >= '0' &&
            input->text[input->at] <= '9')
            return wrong(work, error, "references of two digits are not supported");
        return CPL_OK;
    }
    size_t n = 0, left = input->length - input->at;
    while (n + 2 < left && n < 32 &&
           ((name[n] | 32) >= 'a' ? (name[n] | 32) <= 'z' : name[n] == '_'))
        n++;
    if (left < 4 || input->text[input->at + 1] != '<' || n == 0 || name[n] != '>')
        return wrong(work, error, "\\k needs the name of a group in <>");
    cpl_buffer_format(work->out, "\\k<%.*s>", (int)n, name);
    input->at += n + 3;
    return CPL_OK;
}

static cpl_status write_all_but_newline(struct translation *work)
{
    begin_atom(work);
    cpl_buffer_add_text(work->out, "[^\\n]");
    return CPL_OK;
}

static cpl_status read_backslash(struct translation *work, struct cpl_error *error)
{
    struct cpl_regex_input *input = &work->input;
    struct cpl_code_set set = {0};
    bool is_set = false;
    uint32_t code = 0;
    char letter = input->at < input->length ? input->text[input->at] : 0;
    cpl_status status = cpl_regex_read_set(input, &set, false, &is_set, error);
    if (status == CPL_OK && is_set)
        status = write_set(work, &set, false, error);
    cpl_code_set_clear(&set);
    if (status != CPL_OK || is_set)
        return status;
    if (letter && strchr("AZzGRK", letter)) {
        begin_atom(work);
        cpl_buffer_format(work->out, "\\%c", letter);
    } else if (letter == 'b' || letter == 'B') {
        CPL_TRY(write_boundary(work, letter == 'B', error));
    } else if (letter == 'N') {
        CPL_TRY(write_all_but_newline(work));
    } else if (letter == 'O') {
        begin_atom(work);
        cpl_buffer_add_text(work->out, "(?s:.)");
    } else if (letter == 'g' || letter == 'X' || letter == 'y' || letter == 'Y') {
        return wrong(work, error, "\\g, \\X, \\y and \\Y are not supported");
    } else if (letter == 'k' || (letter >= '1' && letter <= '9')) {
        return write_reference(work, error);
    } else {
        CPL_TRY(cpl_regex_read_escape(input, &code, error));
        write_code(work, code);
        return CPL_OK;
    }
    input->at++;
    return CPL_OK;
}

/* ---- repetitions ----------------------------------------------------------------------------- */

static cpl_status insert(struct translation *work, size_t at, const char *text,
                         struct cpl_error *error)
{
    size_t n = strlen(text), length = work->out->length;
    cpl_buffer_add(work->out, text, n);
    CPL_TRY(cpl_buffer_check(work->out, error));
    memmove(work->out->data + at + n, work->out->data + at, length - at);
    memcpy(work->out->data + at, text, n);
    return CPL_OK;
}

/* What was repeated becomes a group that can be repeated. */
static cpl_status group_atom(struct translation *work, struct cpl_error *error)
{
    CPL_TRY(insert(work, work->atom, "(?:", error));
    cpl_buffer_add_text(work->out, TURN);
    cpl_buffer_add_text(work->out, ")");
    work->turns = false;
    return CPL_OK;
}

struct bounds {
    uint32_t least, most;
    bool open; /* no upper bound */
};

/* "{2,3}" and its kin; false, with nothing read, if it is not one. */
static bool read_bounds(struct cpl_regex_input *input, struct bounds *bounds)
{
    size_t at = input->at + 1, digits[2] = {0, 0};
    uint32_t value[2] = {0, 0};
    int part = 0;
    for (; at < input->length && input->text[at] != '}'; at++) {
        char letter = input->text[at];
        if (letter == ',' && part == 0)
            part = 1;
        else if (letter >= '0' && letter <= '9' && digits[part]++ < 7)
            value[part] = value[part] * 10 + (uint32_t)(letter - '0');
        else
            return false;
    }
    if (at >= input->length || digits[0] + digits[1] == 0)
        return false;
    *bounds = (struct bounds){value[0], part ? value[1] : value[0], part && digits[1] == 0};
    input->at = at + 1;
    return true;
}

static void end_repetition(struct translation *work) { work->repeated = work->turns = true; }

static cpl_status write_bounds(struct translation *work, const struct bounds *bounds,
                               struct cpl_error *error)
{
    struct cpl_regex_input *input = &work->input;
    if (bounds->least > 65535 || bounds->most > 65535)
        return wrong(work, error, "more than 65535 repetitions");
    if (!bounds->open && bounds->most < bounds->least)
        return wrong(work, error, "a repetition with its bounds exchanged");
    if (work->repeated)
        CPL_TRY(group_atom(work, error));
    if (bounds->open)
        cpl_buffer_format(work->out, "{%u,}", (unsigned)bounds->least);
    else
        cpl_buffer_format(work->out, "{%u,%u}", (unsigned)bounds->least,
                          (unsigned)bounds->most);
    bool exact = !bounds->open && bounds->least == bounds->most;
    if (cpl_regex_at(input, "?", 1) && !exact) {
        cpl_buffer_add_byte(work->out, '?');
        input->at++;
    }
    end_repetition(work);
    return CPL_OK;
}

static cpl_status write_repetition(struct translation *work, char letter,
                                   struct cpl_error *error)
{
    struct cpl_regex_input *input = &work->input;
    if (work->repeated)
        CPL_TRY(group_atom(work, error));
    cpl_buffer_add_byte(work->out, letter);
    if (cpl_regex_at(input, "?", 1) || cpl_regex_at(input, "+", 1))
        cpl_buffer_add_byte(work->out, input->text[input->at++]);
    end_repetition(work);
    return CPL_OK;
}

/* ---- groups ---------------------------------------------------------------------------------- */

static cpl_status open_group(struct translation *work, const char *opener,
                             struct cpl_error *error)
{
    if (work->depth == DEEPEST_GROUP)
        return wrong(work, error, "groups are nested too deeply");
    begin_atom(work);
    work->level[++work->depth] = (struct level){work->options, work->out->length, 0};
    cpl_buffer_add_text(work->out, opener);
    work->has_atom = false;
    return CPL_OK;
}

static cpl_status close_group(struct translation *work, struct cpl_error *error)
{
    if (work->depth == 0)
        return wrong(work, error, "\")\" without its \"(\"");
    write_turn(work);
    const struct level *level = &work->level[work->depth--];
    for (size_t i = 0; i <= level->extra; i++)
        cpl_buffer_add_byte(work->out, ')');
    work->options = level->options;
    work->atom = level->begin;
    work->has_atom = work->turns = true;
    work->repeated = false;
    return CPL_OK;
}

/* "(?i-m:" or "(?i)", of which "(?" was read. */
static cpl_status read_options(struct translation *work, struct cpl_error *error)
{
    struct cpl_regex_input *input = &work->input;
    struct options options = work->options;
    bool on = true;
    for (; input->at < input->length && !strchr(":)", input->text[input->at]); input->at++)
        switch (input->text[input->at]) {
        case '-': on = false; break;
        case 'i': options.caseless = on; break;
        case 'x': options.extended = on; break;
        case 'm': options.dot_all = on; break;
        default: return wrong(work, error, "an option or group that is not supported");
        }
    if (input->at == input->length)
        return wrong(work, error, "a group is not complete");
    bool rest = input->text[input->at++] == ')';
    const char *opener = options.caseless ? "(?i:" : "(?-i:";
    if (!rest) {
        CPL_TRY(open_group(work, opener, error));
    } else { /* holds up to the end of the group around it, alternatives and all */
        write_turn(work);
        cpl_buffer_add_text(work->out, opener);
        work->level[work->depth].extra++;
        work->has_atom = false;
    }
    work->options = options;
    return CPL_OK;
}

/* "(?<name>", of which "(?<" was read. */
static cpl_status read_name(struct translation *work, struct cpl_error *error)
{
    struct cpl_regex_input *input = &work->input;
    char opener[40] = "(?<";
    size_t n = 3;
    for (; input->at < input->length && n < 35; input->at++) {
        char letter = input->text[input->at];
        if (letter != '_' && ((letter | 32) < 'a' || (letter | 32) > 'z'))
            break;
        opener[n++] = letter;
    }
    if (n == 3 || !cpl_regex_at(input, ">", 1))
        return wrong(work, error, "a name of a group is not of 1 to 31 Latin letters");
    input->at++;
    opener[n] = '>';
    return open_group(work, opener, error);
}

static cpl_status read_group(struct translation *work, struct cpl_error *error)
{
    static const char *const openers[] = {"(?:", "(?=", "(?!", "(?>", "(?<=", "(?<!"};
    struct cpl_regex_input *input = &work->input;
    for (size_t i = 0; i < sizeof openers / sizeof *openers; i++) {
        size_t n = strlen(openers[i]);
        if (!cpl_regex_at(input, openers[i], n))
            continue;
        input->at += n;
        return open_group(work, openers[i], error);
    }
    if (cpl_regex_at(input, "(*", 2))
        return wrong(work, error, "callouts are not supported");
    if (!cpl_regex_at(input, "(?", 2)) {
        input->at++;
        return open_group(work, "(", error);
    }
    if (cpl_regex_at(input, "(?#", 3)) {
        const char *end = memchr(input->text + input->at, ')', input->length - input->at);
        if (!end)
            return wrong(work, error, "a comment is not complete");
        input->at = (size_t)(end - input->text) + 1;
        return CPL_OK;
    }
    input->at += cpl_regex_at(input, "(?<", 3) ? 3 : 2;
    return input->text[input->at - 1] == '<' ? read_name(work, error)
                                             : read_options(work, error);
}

/* ---- the pattern ----------------------------------------------------------------------------- */

static cpl_status read_class(struct translation *work, struct cpl_error *error)
{
    struct cpl_code_set set = {0};
    cpl_status status = cpl_regex_read_class(&work->input, &set, error);
    if (status == CPL_OK)
        status = write_set(work, &set, true, error);
    cpl_code_set_clear(&set);
    return status;
}

/* White space and comments of extended patterns. */
static bool skip_extended(struct translation *work)
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

static cpl_status read_bar(struct translation *work)
{
    if (work->depth > 0)
        write_turn(work);
    work->turns = work->has_atom = false;
    cpl_buffer_add_byte(work->out, '|');
    return CPL_OK;
}

static cpl_status read_one(struct translation *work, struct cpl_error *error)
{
    struct cpl_regex_input *input = &work->input;
    struct bounds bounds;
    char letter = input->text[input->at];
    switch (letter) {
    case '(': return read_group(work, error);
    case ')': input->at++; return close_group(work, error);
    case '|': input->at++; return read_bar(work);
    case '[': input->at++; return read_class(work, error);
    case '\\': input->at++; return read_backslash(work, error);
    case '*':
    case '+':
    case '?':
        if (!work->has_atom)
            return wrong(work, error, "there is nothing to repeat");
        input->at++;
        return write_repetition(work, letter, error);
    case '.':
        input->at++;
        if (!work->options.dot_all)
            return write_all_but_newline(work);
        begin_atom(work);
        cpl_buffer_add_text(work->out, "(?s:.)");
        return CPL_OK;
    case '^':
    case '$':
        input->at++;
        begin_atom(work);
        cpl_buffer_add_byte(work->out, letter);
        return CPL_OK;
    case '{':
        if (!read_bounds(input, &bounds))
            break;
        if (!work->has_atom)
            return wrong(work, error, "there is nothing to repeat");
        return write_bounds(work, &bounds, error);
    default: break;
    }
    write_code(work, cpl_utf8_next(input->text, &input->at));
    return CPL_OK;
}

cpl_status cpl_regex_translate(struct cpl_buffer *out, const char *pattern, size_t length,
                               bool properties, const char *where, struct cpl_error *error)
{
    struct translation work = {
        .input = {pattern, length, 0, where}, .out = out, .properties = properties};
    if (length > LONGEST_PATTERN)
        return wrong(&work, error, "more than 16384 bytes long");
    while (work.input.at < length) {
        if (skip_extended(&work))
            continue;
        CPL_TRY(read_one(&work, error));
        CPL_TRY(cpl_buffer_check(out, error));
        if (out->length > LONGEST_RESULT)
            return wrong(&work, error, "too large a pattern");
    }
    if (work.depth > 0)
        return wrong(&work, error, "\"(\" without its \")\"");
    for (size_t i = 0; i < work.level[0].extra; i++)
        cpl_buffer_add_byte(out, ')');
    return cpl_buffer_check(out, error);
}
