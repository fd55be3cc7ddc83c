/* Manual pages: the text of their source, man(7) or mdoc(7) macros, as a terminal would show it but
 * with a line for each paragraph, heading and tag.  What stands before .TH or .Dd (definitions for
 * the printer) and conditional parts for other devices are left out. */
#include "base/try.h"
#include "corpus/formats.h"
#include "corpus/man_text.h"
#include "corpus/mdoc_words.h"
#include "corpus/roff_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum action {
    ACTION_IGNORE,
    ACTION_START,
    ACTION_HEADING,
    ACTION_BREAK,
    ACTION_TAG,
    ACTION_INDENTED,
    ACTION_TEXT,
    ACTION_JOINED,
    ACTION_OPTION,
    ACTION_ADDRESS,
    ACTION_VERBATIM,
    ACTION_DISPLAY,
    ACTION_FILLED,
    ACTION_TABLE,
    ACTION_TABLE_END,
    ACTION_DEFINITION,
    ACTION_CONDITION,
    ACTION_OTHERWISE,
    ACTION_NEVER,
    ACTION_ITEM
};

static const struct macro_row {
    const char *name;
    enum action action;
} macro_rows[] = {
#define MACRO(name, action) {name, ACTION_##action},
#include "corpus/man_macros.def"
#undef MACRO
};

static void interpret(struct cpl_man *man, const char *line, size_t length, int depth);

static enum action action_of(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof macro_rows / sizeof *macro_rows; i++)
        if (strlen(macro_rows[i].name) == length &&
            memcmp(macro_rows[i].name, name, length) == 0)
            return macro_rows[i].action;
    return ACTION_IGNORE;
}

/* ---- macros ------------------------------------------------------------------------------- */

/* .IP: bullets go, short tags such as "1." lead the paragraph, others get a line of their own. */
static void put_indented(struct cpl_man *man, const char *line, size_t length)
{
    size_t at = 0, begin, end;
    cpl_flow_end_line(&man->flow);
    cpl_buffer_reset(&man->piece);
    if (!cpl_roff_argument(line, length, &at, &begin, &end))
        return;
    cpl_roff_decode(&man->piece, NULL, line + begin, end - begin);
    const char *tag = man->piece.data;
    size_t n = man->piece.length;
    bool is_bullet = n > 0 && n <= 3 && !(tag[0] >= '0' && tag[0] <= '9') &&
                     tag[n - 1] != ')' && (n != 2 || tag[0] != '-');
    if (is_bullet)
        return;
    cpl_man_put_piece(man, false);
    if (n > 4)
        cpl_flow_end_line(&man->flow);
}

static void begin_definition(struct cpl_man *man, const char *line, size_t length)
{
    size_t at = 0, begin, end;
    memcpy(man->definition_end, "..", 3);
    cpl_roff_argument(line, length, &at, &begin, &end);
    if (cpl_roff_argument(line, length, &at, &begin, &end) &&
        end - begin + 2 <= sizeof man->definition_end)
        snprintf(man->definition_end, sizeof man->definition_end, ".%.*s", (int)(end - begin),
                 line + begin);
}

static int count_pairs(const char *line, size_t length, const char *pair)
{
    int count = 0;
    for (size_t at = 0; at + 2 <= length; at++)
        count += memcmp(line + at, pair, 2) == 0;
    return count;
}

/* .if CONDITION REST: n (a terminal) holds, t and what would need arithmetic does not. */
static void put_conditional(struct cpl_man *man, const char *line, size_t length, bool is_else,
                            int depth)
{
    size_t at = 0;
    bool holds = is_else && !man->last_condition;
    while (at < length && line[at] == ' ')
        at++;
    if (!is_else) {
        bool negated = at < length && line[at] == '!';
        at += negated;
        holds = (at < length && line[at] == 'n') != negated;
        while (at < length && line[at] != ' ' && line[at] != '\\')
            at++;
        man->last_condition = holds;
    }
    if (!holds) {
        man->skip_depth = count_pairs(line, length, "\\{") - count_pairs(line, length, "\\}");
        man->skip_depth = man->skip_depth > 0 ? man->skip_depth : 0;
        return;
    }
    while (at < length && line[at] == ' ')
        at++;
    at += at + 2 <= length && memcmp(line + at, "\\{", 2) == 0 ? 2 : 0;
    while (at < length && (line[at] == ' ' || line[at] == '\\'))
        at++;
    if (at < length)
        interpret(man, line + at, length - at, depth + 1);
}

static void remember_page(struct cpl_man *man, const char *line, size_t length)
{
    size_t at = 0, begin, end;
    if (man->page[0] == 0 && cpl_roff_argument(line, length, &at, &begin, &end) &&
        end - begin < sizeof man->page)
        memcpy(man->page, line + begin, end - begin);
}

static void apply(struct cpl_man *man, enum action action, const char *rest, size_t length,
                  int depth)
{
    switch (action) {
    case ACTION_IGNORE:
    case ACTION_START: break;
    case ACTION_HEADING:
        cpl_flow_end_line(&man->flow);
        man->verbatim = man->tag_waits = false;
        man->heading_waits = true;
        cpl_man_put_arguments(man, rest, length, " ");
        break;
    case ACTION_BREAK: cpl_flow_end_line(&man->flow); break;
    case ACTION_TAG:
        cpl_flow_end_line(&man->flow);
        man->tag_waits = true;
        break;
    case ACTION_INDENTED: put_indented(man, rest, length); break;
    case ACTION_TEXT:
    case ACTION_ADDRESS: cpl_man_put_arguments(man, rest, length, " "); break;
    case ACTION_JOINED: cpl_man_put_arguments(man, rest, length, ""); break;
    case ACTION_OPTION:
        cpl_flow_add(&man->flow, "\n[", 2);
        man->joins = true;
        cpl_man_put_arguments(man, rest, length, " ");
        cpl_flow_add(&man->flow, "]", 1);
        break;
    case ACTION_VERBATIM:
        cpl_flow_end_line(&man->flow);
        man->verbatim = true;
        break;
    case ACTION_DISPLAY:
        cpl_flow_end_line(&man->flow);
        man->verbatim = length > 0 && (memmem(rest, length, "-literal", 8) ||
                                       memmem(rest, length, "-unfilled", 9));
        break;
    case ACTION_FILLED:
        cpl_flow_end_line(&man->flow);
        man->verbatim = false;
        break;
    case ACTION_TABLE:
        cpl_flow_end_line(&man->flow);
        man->table = CPL_MAN_TABLE_FORMAT;
        break;
    case ACTION_TABLE_END:
        cpl_flow_end_line(&man->flow);
        man->table = CPL_MAN_TABLE_NONE;
        break;
    case ACTION_DEFINITION: begin_definition(man, rest, length); break;
    case ACTION_CONDITION: put_conditional(man, rest, length, false, depth); break;
    case ACTION_OTHERWISE: put_conditional(man, rest, length, true, depth); break;
    case ACTION_NEVER: man->skip_depth = count_pairs(rest, length, "\\{"); break;
    case ACTION_ITEM:
        cpl_flow_end_line(&man->flow);
        cpl_man_put_mdoc(man, rest, length);
        cpl_flow_end_line(&man->flow);
        break;
    }
}

/* One line outside definitions and skipped parts.  `depth`: of conditions on this line. */
static void interpret(struct cpl_man *man, const char *line, size_t length, int depth)
{
    bool is_control = length > 0 && (line[0] == '.' || line[0] == '\'');
    if (!is_control && man->table != CPL_MAN_TABLE_NONE) {
        cpl_man_put_table_line(man, line, length);
        return;
    }
    if (!is_control) {
        cpl_man_put_text(man, line, length);
        return;
    }
    size_t begin = 1;
    while (begin < length && (line[begin] == ' ' || line[begin] == '\t'))
        begin++;
    size_t end = begin;
    while (end < length && line[end] != ' ' && line[end] != '\t' && line[end] != '\\')
        end++;
    const char *name = line + begin;
    if (end - begin == 2 && memcmp(name, "Nm", 2) == 0)
        remember_page(man, line + end, length - end);
    if (cpl_mdoc_is_word(name, end - begin))
        cpl_man_put_mdoc(man, name, length - begin);
    else if (depth < 8)
        apply(man, action_of(name, end - begin), line + end, length - end, depth);
}

/* One line of the file: passes over definitions, comments and skipped parts. */
static void read_line(struct cpl_man *man, const char *line, size_t length)
{
    if (man->definition_end[0]) {
        size_t n = strlen(man->definition_end);
        if (length >= n && memcmp(line, man->definition_end, n) == 0)
            man->definition_end[0] = 0;
        return;
    }
    bool is_control = length > 0 && (line[0] == '.' || line[0] == '\'');
    bool is_comment = is_control && ((length > 2 && line[1] == '\\' && line[2] == '"') ||
                                     (length > 1 && line[1] == '"'));
    if (man->skip_depth > 0) {
        man->skip_depth += count_pairs(line, length, "\\{") - count_pairs(line, length, "\\}");
        man->skip_depth = man->skip_depth > 0 ? man->skip_depth : 0;
        return;
    }
    if (!is_comment)
        interpret(man, line, length, 0);
}

/* Place of the line with .TH or .Dd; 0 if there is none, and the page begins at its beginning. */
static size_t find_start(const char *text, size_t length)
{
    for (size_t at = 0; at < length;) {
        const char *feed = memchr(text + at, '\n', length - at);
        size_t end = feed ? (size_t)(feed - text) : length;
        size_t name = at + 1;
        while (name < end && text[name] == ' ')
            name++;
        if ((text[at] == '.' || text[at] == '\'') && name + 3 <= end && text[name + 2] == ' ' &&
            action_of(text + name, 2) == ACTION_START)
            return at;
        at = end + 1;
    }
    return 0;
}

cpl_status cpl_read_man(struct cpl_reading *reading, struct cpl_error *error)
{
    struct cpl_buffer content = {0};
    struct cpl_man man = {0};
    char *text = NULL;
    size_t length = 0;
    cpl_status status;
    CPL_TRY_GOTO(cpl_reading_all(reading, &content, error));
    CPL_TRY_GOTO(cpl_reading_clean(reading, &text, &length, content.data ? content.data : "",
                                   content.length, 1, error));
    if (!text)
        goto done;
    for (size_t at = find_start(text, length); at < length;) {
        const char *feed = memchr(text + at, '\n', length - at);
        size_t end = feed ? (size_t)(feed - text) : length;
        read_line(&man, text + at, end - at);
        at = end + 1;
    }
    cpl_flow_end_line(&man.flow);
    CPL_TRY_GOTO(cpl_buffer_check(&man.flow.text, error));
    CPL_TRY_GOTO(cpl_buffer_check(&man.piece, error));
    status = reading->put(reading->context, man.flow.text.data ? man.flow.text.data : "",
                          man.flow.text.length, error);
done:
    cpl_flow_clear(&man.flow);
    cpl_buffer_clear(&man.piece);
    cpl_buffer_clear(&content);
    free(text);
    return status;
}
