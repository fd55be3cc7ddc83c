/* Markdown (CommonMark's common part): text without its marks, a line for each block.
 *
 * Front matter, link targets, images, HTML tags and rules go; the lines of a paragraph are joined;
 * code keeps its lines. */
#include "base/try.h"
#include "corpus/formats.h"
#include "corpus/markdown_inline.h"

#include <stdlib.h>
#include <string.h>

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

/* Bytes of the bullet, number sign or quote mark at the start of a line, with the blanks behind it;
 * numbers of lists stay.  0 if there is none. */
static size_t block_mark_length(const char *line, size_t length)
{
    size_t n = 0;
    if (length > 0 && line[0] == '#')
        while (n < length && line[n] == '#')
            n++;
    else if (length > 0 && strchr("-*+>", line[0]) && line[0])
        n = 1;
    bool needs_blank = n > 0 && line[0] != '>';
    if (n == 0 || (needs_blank && n < length && !is_blank(line[n])))
        return 0;
    while (n < length && is_blank(line[n]))
        n++;
    return n;
}

static bool is_list_number(const char *line, size_t length)
{
    size_t n = 0;
    while (n < length && line[n] >= '0' && line[n] <= '9')
        n++;
    return n > 0 && n + 1 < length && (line[n] == '.' || line[n] == ')') &&
           is_blank(line[n + 1]);
}

/* Lines of nothing but = - * _ | : and blanks: rules, underlines of headings, tables' second rows. */
static bool is_rule(const char *line, size_t length)
{
    size_t marks = 0;
    for (size_t i = 0; i < length; i++) {
        if (!is_blank(line[i]) && !strchr("=-*_|:", line[i]))
            return false;
        marks += !is_blank(line[i]);
    }
    return marks >= 2;
}

/* "[1]: https://…": targets of links elsewhere. */
static bool is_link_definition(const char *line, size_t length)
{
    size_t end = length > 0 && line[0] == '['
                     ? cpl_markdown_behind_bracket(line, length, 0, '[', ']')
                     : 0;
    return end > 0 && end < length && line[end] == ':';
}

static void add_table_row(struct cpl_markdown *page, const char *line, size_t length)
{
    for (size_t at = 0; at < length;) {
        const char *bar = memchr(line + at, '|', length - at);
        size_t end = bar ? (size_t)(bar - line) : length;
        cpl_markdown_add_inline(page, line + at, end - at);
        page->flow.space_waits = true;
        at = end + 1;
    }
    cpl_flow_end_line(&page->flow);
}

/* Text of a line outside code; what is inside <!-- --> goes. */
static void add_text_line(struct cpl_markdown *page, const char *line, size_t length)
{
    size_t mark;
    if (length == 0 || is_rule(line, length) || is_link_definition(line, length)) {
        cpl_flow_end_line(&page->flow);
        return;
    }
    bool is_heading = line[0] == '#' && block_mark_length(line, length) > 0;
    while ((mark = block_mark_length(line, length)) > 0) {
        if (line[0] != '>')
            cpl_flow_end_line(&page->flow);
        line += mark;
        length -= mark;
    }
    if (is_list_number(line, length))
        cpl_flow_end_line(&page->flow);
    while (is_heading && length > 0 && (line[length - 1] == '#' || is_blank(line[length - 1])))
        length--;
    bool breaks = length > 0 && (line[length - 1] == '\\' ||
                                 (length > 1 && memcmp(line + length - 2, "  ", 2) == 0));
    if (length > 0 && line[0] == '|') {
        cpl_flow_end_line(&page->flow);
        add_table_row(page, line, length);
        return;
    }
    cpl_markdown_add_inline(page, line, length);
    cpl_flow_add(&page->flow, "\n", 1);
    if (is_heading || breaks)
        cpl_flow_end_line(&page->flow);
}

/* The line without its comments; *length shrinks.  `line` is written to. */
static void cut_comments(struct cpl_markdown *page, char *line, size_t *length)
{
    size_t kept = 0;
    for (size_t at = 0; at < *length;) {
        const char *mark = page->in_comment ? "-->" : "<!--";
        size_t n = strlen(mark);
        char *found = memmem(line + at, *length - at, mark, n);
        size_t end = found ? (size_t)(found - line) : *length;
        if (!page->in_comment) {
            memmove(line + kept, line + at, end - at);
            kept += end - at;
        }
        page->in_comment = page->in_comment != (found != NULL);
        at = found ? end + n : end;
    }
    *length = kept;
}

static char fence_of(const char *line, size_t length)
{
    if (length < 3 || (line[0] != '`' && line[0] != '~'))
        return 0;
    return line[1] == line[0] && line[2] == line[0] ? line[0] : 0;
}

static void add_line(struct cpl_markdown *page, char *line, size_t length)
{
    size_t indent = 0;
    while (indent < length && is_blank(line[indent]))
        indent++;
    char fence = fence_of(line + indent, length - indent);
    if (!page->in_comment && fence && (!page->fence || page->fence == fence)) {
        page->fence = page->fence ? 0 : fence;
        cpl_flow_end_line(&page->flow);
    } else if (page->fence) {
        cpl_flow_add_verbatim(&page->flow, line, length);
        cpl_flow_end_line(&page->flow);
    } else {
        cut_comments(page, line, &length);
        indent = indent < length ? indent : length;
        add_text_line(page, line + indent, length - indent);
    }
}

/* Bytes of YAML front matter, "---" to "---". */
static size_t front_matter_length(const char *text, size_t length)
{
    if (length < 4 || memcmp(text, "---\n", 4) != 0)
        return 0;
    const char *end = memmem(text + 3, length - 3, "\n---\n", 5);
    return end ? (size_t)(end - text) + 5 : 0;
}

cpl_status cpl_read_markdown(struct cpl_reading *reading, struct cpl_error *error)
{
    struct cpl_buffer content = {0};
    struct cpl_markdown page = {0};
    char *text = NULL;
    size_t length = 0;
    cpl_status status;
    CPL_TRY_GOTO(cpl_reading_all(reading, &content, error));
    CPL_TRY_GOTO(cpl_reading_clean(reading, &text, &length, content.data ? content.data : "",
                                   content.length, 1, error));
    if (!text)
        goto done;
    for (size_t at = front_matter_length(text, length); at < length;) {
        char *feed = memchr(text + at, '\n', length - at);
        size_t end = feed ? (size_t)(feed - text) : length;
        add_line(&page, text + at, end - at);
        at = end + 1;
    }
    cpl_flow_end_line(&page.flow);
    CPL_TRY_GOTO(cpl_buffer_check(&page.flow.text, error));
    status = reading->put(reading->context, page.flow.text.data ? page.flow.text.data : "",
                          page.flow.text.length, error);
done:
    cpl_flow_clear(&page.flow);
    cpl_buffer_clear(&content);
    free(text);
    return status;
}
