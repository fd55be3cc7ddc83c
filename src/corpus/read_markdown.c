/* Markdown (CommonMark's common part): text without its marks, a line for each block.
 *
 * Front matter, link targets, images, HTML tags and rules go; the lines of a paragraph are joined;
 * code keeps its lines. */
#include "base/try.h"
#include "corpus/entity.h"
#include "corpus/flow.h"
#include "corpus/formats.h"
#include "text/utf8.h"

#include <stdlib.h>
#include <string.h>

/* Marks that reach farther, and links nested deeper, are plain text: keeps bad input from taking
 * quadratic time and deep stacks. */
enum { MARK_REACH = 4096, NESTING_MAX = 4 };

struct markdown {
    struct cpl_flow flow;
    int nesting;     /* of links inside links' texts */
    char fence;      /* '`' or '~' inside a fenced block, else 0 */
    bool in_comment; /* inside <!-- … --> */
};

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

static bool is_ascii_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/* Place behind the bracket that closes the one at `at`; 0 if none does on this line. */
static size_t behind_bracket(const char *line, size_t length, size_t at, char open, char close)
{
    int depth = 0;
    length = length - at > MARK_REACH ? at + MARK_REACH : length;
    for (; at < length; at++) {
        if (line[at] == '\\')
            at++;
        else if (line[at] == open)
            depth++;
        else if (line[at] == close && --depth == 0)
            return at + 1;
    }
    return 0;
}

/* A link or image at '[': bytes of the target behind its text, "(…)" or "[…]"; 0 if none. */
static size_t target_length(const char *line, size_t length, size_t at)
{
    if (at >= length || (line[at] != '(' && line[at] != '['))
        return 0;
    size_t end = behind_bracket(line, length, at, line[at], line[at] == '(' ? ')' : ']');
    return end ? end - at : 0;
}

/* An HTML tag at '<', or an address in angle brackets whose text stays: bytes, 0 if it is neither. */
static size_t tag_length(const char *line, size_t length, size_t at)
{
    if (at + 1 >= length || !(is_ascii_letter(line[at + 1]) || line[at + 1] == '/'))
        return 0;
    size_t reach = length - at > MARK_REACH ? MARK_REACH : length - at;
    const char *end = memchr(line + at, '>', reach);
    return end ? (size_t)(end - line) + 1 - at : 0;
}

static bool is_word_before(const char *line, size_t at)
{
    if (at == 0)
        return false;
    size_t before = cpl_utf8_before(line, at);
    return cpl_code_is_word(cpl_utf8_next(line, &before));
}

static bool is_word_behind(const char *line, size_t length, size_t at)
{
    return at < length && cpl_code_is_word(cpl_utf8_next(line, &at));
}

static void add_inline(struct markdown *page, const char *line, size_t length);

/* Handles the mark at `at` and returns the place behind it; `at` itself if it is plain text. */
static size_t add_mark(struct markdown *page, const char *line, size_t length, size_t at)
{
    char c = line[at];
    bool image = c == '!' && at + 1 < length && line[at + 1] == '[';
    if (c == '[' || image) {
        size_t open = at + image;
        bool nested = page->nesting >= NESTING_MAX;
        size_t close = nested ? 0 : behind_bracket(line, length, open, '[', ']');
        size_t target = close ? target_length(line, length, close) : 0;
        if (target == 0 && !image)
            return at;
        page->nesting++;
        if (!image)
            add_inline(page, line + open + 1, close - open - 2);
        page->nesting--;
        return close ? close + target : at + 1;
    }
    if (c == '<') {
        size_t n = tag_length(line, length, at);
        bool is_address = n > 8 && memmem(line + at, n, "://", 3) && !memchr(line + at, ' ', n);
        if (is_address)
            cpl_flow_add(&page->flow, line + at + 1, n - 2);
        return at + n;
    }
    if (c == '&') {
        uint32_t code;
        size_t n = cpl_entity_decode(&code, line + at, length - at);
        if (n > 0 && code >= 0x20 && (code < 0x7F || code >= 0xA0))
            cpl_flow_add_code(&page->flow, code);
        return at + n;
    }
    if (c == '\\' && at + 1 < length && line[at + 1] > ' ' && !is_ascii_letter(line[at + 1]) &&
        line[at + 1] > 0 && (line[at + 1] < '0' || line[at + 1] > '9')) {
        cpl_flow_add(&page->flow, line + at + 1, 1);
        return at + 2;
    }
    return c == '\\' && at + 1 == length ? at + 1 : at;
}

/* Bytes of an emphasis or code mark at `at` that goes; snake_case and 2 * 3 are left alone. */
static size_t emphasis_length(const char *line, size_t length, size_t at)
{
    char c = line[at];
    size_t n = 1;
    if (c == '`') {
        while (at + n < length && line[at + n] == c)
            n++;
        return n;
    }
    if (c == '~')
        return at + 1 < length && line[at + 1] == c ? 2 : 0;
    if (c != '*' && c != '_')
        return 0;
    while (at + n < length && line[at + n] == c)
        n++;
    bool blank_before = at == 0 || is_blank(line[at - 1]);
    bool blank_behind = at + n == length || is_blank(line[at + n]);
    bool inside_word = is_word_before(line, at) && is_word_behind(line, length, at + n);
    return (blank_before && blank_behind) || (c == '_' && inside_word) ? 0 : n;
}

static void add_inline(struct markdown *page, const char *line, size_t length)
{
    for (size_t at = 0; at < length;) {
        size_t next = at;
        if (strchr("[!<&\\", line[at]) && line[at])
            next = add_mark(page, line, length, at);
        if (next == at)
            next = at + emphasis_length(line, length, at);
        if (next == at)
            cpl_flow_add_code(&page->flow, cpl_utf8_next(line, &next));
        at = next;
    }
}

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
    size_t end = length > 0 && line[0] == '[' ? behind_bracket(line, length, 0, '[', ']') : 0;
    return end > 0 && end < length && line[end] == ':';
}

static void add_table_row(struct markdown *page, const char *line, size_t length)
{
    for (size_t at = 0; at < length;) {
        const char *bar = memchr(line + at, '|', length - at);
        size_t end = bar ? (size_t)(bar - line) : length;
        add_inline(page, line + at, end - at);
        page->flow.space_waits = true;
        at = end + 1;
    }
    cpl_flow_end_line(&page->flow);
}

/* Text of a line outside code; what is inside <!-- --> goes. */
static void add_text_line(struct markdown *page, const char *line, size_t length)
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
    add_inline(page, line, length);
    cpl_flow_add(&page->flow, "\n", 1);
    if (is_heading || breaks)
        cpl_flow_end_line(&page->flow);
}

/* The line without its comments; *length shrinks.  `line` is written to. */
static void cut_comments(struct markdown *page, char *line, size_t *length)
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

static void add_line(struct markdown *page, char *line, size_t length)
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
    struct markdown page = {0};
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
