/* Repetitions in PCRE2's syntax: see regex_translation.h. */
#include "tokenizer/regex_translation.h"

#include "base/try.h"
#include <string.h>

static cpl_status insert(struct cpl_translation *work, size_t at, const char *text,
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
static cpl_status group_atom(struct cpl_translation *work, struct cpl_error *error)
{
    CPL_TRY(insert(work, work->atom, "(?:", error));
    cpl_buffer_add_text(work->out, CPL_REGEX_TURN);
    cpl_buffer_add_text(work->out, ")");
    work->turns = false;
    return CPL_OK;
}

struct bounds {
    uint32_t least, most;
    bool open; /* no upper bound */
};

/* False, with nothing read, if these are no bounds. */
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

static void end_repetition(struct cpl_translation *work)
{
    work->repeated = work->turns = true;
}

static cpl_status write_bounds(struct cpl_translation *work, const struct bounds *bounds,
                               struct cpl_error *error)
{
    struct cpl_regex_input *input = &work->input;
    if (bounds->least > 65535 || bounds->most > 65535)
        return cpl_regex_wrong(&work->input, error, "more than 65535 repetitions");
    if (!bounds->open && bounds->most < bounds->least)
        return cpl_regex_wrong(&work->input, error, "a repetition with its bounds exchanged");
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

cpl_status cpl_translation_bounds(struct cpl_translation *work, bool *found,
                                  struct cpl_error *error)
{
    struct bounds bounds;
    *found = read_bounds(&work->input, &bounds);
    if (!*found)
        return CPL_OK;
    if (!work->has_atom)
        return cpl_regex_wrong(&work->input, error, "there is nothing to repeat");
    return write_bounds(work, &bounds, error);
}

cpl_status cpl_translation_repetition(struct cpl_translation *work, char letter,
                                      struct cpl_error *error)
{
    struct cpl_regex_input *input = &work->input;
    if (!work->has_atom)
        return cpl_regex_wrong(input, error, "there is nothing to repeat");
    input->at++;
    if (work->repeated)
        CPL_TRY(group_atom(work, error));
    cpl_buffer_add_byte(work->out, letter);
    if (cpl_regex_at(input, "?", 1) || cpl_regex_at(input, "+", 1))
        cpl_buffer_add_byte(work->out, input->text[input->at++]);
    end_repetition(work);
    return CPL_OK;
}
