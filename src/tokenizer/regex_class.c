/* Reading character classes of regular expressions: see regex_class.h.
 *
 * Syntax: doc/RE and doc/SYNTAX.md of Oniguruma 6.9 (syntax "Oniguruma"); what it says where a
 * document is silent was found by asking the tokenizers package. */
#include "tokenizer/regex_class.h"

#include "base/try.h"
#include "text/utf8.h"
#include <string.h>

enum { DEEPEST_CLASS = 16 };

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
    struct cpl_regex_name property = {name, length, true};
    if (length == 5 && memcmp(name, "punct", 5) == 0)
        property = (struct cpl_regex_name){"[punct", 6, true};
    CPL_TRY(cpl_regex_add_property(input, set, property, negated, error));
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
