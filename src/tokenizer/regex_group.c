/* Groups, options and comments in PCRE2's syntax: see regex_translation.h. */
#include "tokenizer/regex_translation.h"

#include "base/try.h"
#include <string.h>

static cpl_status open_group(struct cpl_translation *work, const char *opener,
                             struct cpl_error *error)
{
    if (work->depth == CPL_DEEPEST_GROUP)
        return cpl_regex_wrong(&work->input, error, "groups are nested too deeply");
    cpl_translation_atom(work);
    work->level[++work->depth] = (struct cpl_regex_level){work->options, work->out->length, 0};
    cpl_buffer_add_text(work->out, opener);
    work->has_atom = false;
    return CPL_OK;
}

cpl_status cpl_translation_close(struct cpl_translation *work, struct cpl_error *error)
{
    if (work->depth == 0)
        return cpl_regex_wrong(&work->input, error, "\")\" without its \"(\"");
    cpl_translation_turn(work);
    const struct cpl_regex_level *level = &work->level[work->depth--];
    for (size_t i = 0; i <= level->extra; i++)
        cpl_buffer_add_byte(work->out, ')');
    work->options = level->options;
    work->atom = level->begin;
    work->has_atom = work->turns = true;
    work->repeated = false;
    return CPL_OK;
}

/* "(?i-m:" or "(?i)", of which "(?" was read. */
static cpl_status read_options(struct cpl_translation *work, struct cpl_error *error)
{
    struct cpl_regex_input *input = &work->input;
    struct cpl_regex_options options = work->options;
    bool on = true;
    for (; input->at < input->length && !strchr(":)", input->text[input->at]); input->at++)
        switch (input->text[input->at]) {
        case '-': on = false; break;
        case 'i': options.caseless = on; break;
        case 'x': options.extended = on; break;
        case 'm': options.dot_all = on; break;
        default:
            return cpl_regex_wrong(&work->input, error,
                                   "an option or group that is not supported");
        }
    if (input->at == input->length)
        return cpl_regex_wrong(&work->input, error, "a group is not complete");
    bool rest = input->text[input->at++] == ')';
    const char *opener = options.caseless ? "(?i:" : "(?-i:";
    if (!rest) {
        CPL_TRY(open_group(work, opener, error));
    } else { /* holds up to the end of the group around it, alternatives and all */
        cpl_translation_turn(work);
        cpl_buffer_add_text(work->out, opener);
        work->level[work->depth].extra++;
        work->has_atom = false;
    }
    work->options = options;
    return CPL_OK;
}

/* "(?<name>", of which "(?<" was read. */
static cpl_status read_name(struct cpl_translation *work, struct cpl_error *error)
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
        return cpl_regex_wrong(&work->input, error,
                               "a name of a group is not of 1 to 31 Latin letters");
    input->at++;
    opener[n] = '>';
    return open_group(work, opener, error);
}

cpl_status cpl_translation_group(struct cpl_translation *work, struct cpl_error *error)
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
        return cpl_regex_wrong(&work->input, error, "callouts are not supported");
    if (!cpl_regex_at(input, "(?", 2)) {
        input->at++;
        return open_group(work, "(", error);
    }
    if (cpl_regex_at(input, "(?#", 3)) {
        const char *end = memchr(input->text + input->at, ')', input->length - input->at);
        if (!end)
            return cpl_regex_wrong(&work->input, error, "a comment is not complete");
        input->at = (size_t)(end - input->text) + 1;
        return CPL_OK;
    }
    input->at += cpl_regex_at(input, "(?<", 3) ? 3 : 2;
    return input->text[input->at - 1] == '<' ? read_name(work, error)
                                             : read_options(work, error);
}
