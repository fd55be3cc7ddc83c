/* Web pages: the text a reader sees, a line for each block, without menus, scripts and forms.
 *
 * Lines that are one link and nothing else are navigation and go.  Hidden elements go too, but
 * of a group of alternatives (class "switch…", as LibreOffice's help has for systems and
 * modules) the last one stays, which is the default. */
#include "base/try.h"
#include "corpus/entity.h"
#include "corpus/flow.h"
#include "corpus/formats.h"
#include "corpus/html_scan.h"
#include "text/utf8.h"

#include <stdlib.h>
#include <string.h>

enum role {
    ROLE_INLINE,
    ROLE_SKIP,
    ROLE_BLOCK,
    ROLE_HEADING,
    ROLE_CELL,
    ROLE_BREAK,
    ROLE_VOID,
    ROLE_PRE,
    ROLE_LINK
};

static const struct tag_row {
    const char *name;
    enum role role;
} tag_rows[] = {
#define TAG(name, role) {name, ROLE_##role},
#include "corpus/html_tags.def"
#undef TAG
};

struct page {
    struct cpl_flow flow;
    struct cpl_html_scan scan;
    int pre, heading, article; /* how many such elements are open */
    bool in_link;
    size_t link_bytes; /* of the open line, inside links */
    size_t link_begin; /* where the open link began in the flow */
    int group_depth; /* open elements of its name since a group of alternatives began; 0: none */
    size_t group_begin; /* where it began in the flow */
    char group_name[16];
    uint64_t *navigation; /* counts dropped lines */
};

static int compare_rows(const void *name, const void *row)
{
    return strcmp(name, ((const struct tag_row *)row)->name);
}

static enum role role_of(const char *name)
{
    const struct tag_row *row = bsearch(name, tag_rows, sizeof tag_rows / sizeof *tag_rows,
                                        sizeof *tag_rows, compare_rows);
    return row ? row->role : ROLE_INLINE;
}

static void close_link(struct page *page)
{
    if (page->in_link && page->flow.text.length > page->link_begin)
        page->link_bytes += page->flow.text.length - page->link_begin;
    page->in_link = false;
}

/* Closes the open line, or drops it if it is all link (a blank beside a link may be outside).
 */
static void end_line(struct page *page)
{
    bool in_link = page->in_link;
    close_link(page);
    size_t length = page->flow.text.length - page->flow.line_begin;
    if (page->link_bytes > 0 && page->link_bytes + 2 > length && page->heading == 0) {
        cpl_flow_cut(&page->flow, page->flow.line_begin);
        ++*page->navigation;
    }
    cpl_flow_end_line(&page->flow);
    page->link_bytes = 0;
    page->in_link = in_link;
    page->link_begin = page->flow.text.length;
    page->group_begin = page->flow.text.length;
}

static void add_text(struct page *page, const char *text, size_t length)
{
    size_t at = 0;
    while (at < length) {
        uint32_t code = 0;
        size_t n = text[at] == '&' ? cpl_entity_decode(&code, text + at, length - at) : 0;
        bool is_reference = n > 0;
        if (!is_reference) {
            n = at;
            code = cpl_utf8_next(text, &n);
            n -= at;
        }
        bool is_control = is_reference && (code < 0x20 || (code >= 0x7F && code < 0xA0));
        char bytes[4];
        if (page->pre > 0 && !is_control)
            cpl_flow_add_verbatim(&page->flow, bytes, cpl_utf8_encode(bytes, code));
        else if (!is_control)
            cpl_flow_add_code(&page->flow, code);
        at += n;
    }
}

static bool is_raw(const char *name)
{
    return strcmp(name, "script") == 0 || strcmp(name, "style") == 0 ||
           strcmp(name, "textarea") == 0 || strcmp(name, "title") == 0;
}

/* Moves behind the end of an element whose open tag was given last; a head ends at the body, too. */
static void skip_element(struct page *page, const char *name)
{
    int depth = 1;
    char wanted[16];
    struct cpl_html_piece piece;
    memcpy(wanted, name, sizeof wanted);
    if (is_raw(wanted)) {
        cpl_html_skip_raw(&page->scan, wanted);
        return;
    }
    while (depth > 0 && cpl_html_next(&page->scan, &piece)) {
        bool is_open = piece.kind == CPL_HTML_OPEN && !piece.is_closed;
        if (is_open && is_raw(piece.name))
            cpl_html_skip_raw(&page->scan, piece.name);
        if (strcmp(piece.name, wanted) == 0)
            depth += is_open ? 1 : piece.kind == CPL_HTML_CLOSE ? -1 : 0;
        if (is_open && strcmp(piece.name, "body") == 0 && strcmp(wanted, "head") == 0)
            depth = 0;
    }
}

/* Keeps count of the open elements of a group of alternatives and opens one at its tag. */
static void watch_group(struct page *page, const struct cpl_html_piece *tag)
{
    const char *class_name = NULL;
    size_t length = 0;
    if (page->group_depth > 0) {
        page->group_depth += strcmp(tag->name, page->group_name) == 0;
    } else if (cpl_html_attribute(tag, "class", &class_name, &length) && length >= 6 &&
               memcmp(class_name, "switch", 6) == 0) {
        page->group_depth = 1;
        page->group_begin = page->flow.text.length;
        memcpy(page->group_name, tag->name, sizeof page->group_name);
    }
}

/* A hidden element: true if it is to be skipped; an alternative replaces the one before it. */
static bool skips_hidden(struct page *page, const struct cpl_html_piece *tag)
{
    if (!cpl_html_attribute(tag, "hidden", NULL, NULL))
        return false;
    if (page->group_depth == 0)
        return true;
    cpl_flow_cut(&page->flow, page->group_begin);
    return false;
}

static void open_tag(struct page *page, const struct cpl_html_piece *tag)
{
    enum role role = role_of(tag->name);
    bool is_inner_header = page->article > 0 && strcmp(tag->name, "header") == 0;
    if (role == ROLE_SKIP && is_inner_header)
        role = ROLE_BLOCK;
    bool has_content = role != ROLE_VOID && role != ROLE_BREAK && !tag->is_closed;
    if (has_content && (role == ROLE_SKIP || skips_hidden(page, tag))) {
        skip_element(page, tag->name);
        return;
    }
    if (role == ROLE_BLOCK || role == ROLE_HEADING || role == ROLE_BREAK || role == ROLE_PRE)
        end_line(page);
    if (role == ROLE_CELL)
        page->flow.space_waits = true;
    if (has_content)
        watch_group(page, tag);
    if (role == ROLE_LINK && cpl_html_attribute(tag, "href", NULL, NULL)) {
        close_link(page);
        page->in_link = true;
        page->link_begin = page->flow.text.length;
    }
    page->pre += role == ROLE_PRE;
    page->heading += role == ROLE_HEADING;
    page->article += strcmp(tag->name, "article") == 0 || strcmp(tag->name, "main") == 0;
}

static void close_tag(struct page *page, const struct cpl_html_piece *tag)
{
    enum role role = role_of(tag->name);
    if (page->group_depth > 0)
        page->group_depth -= strcmp(tag->name, page->group_name) == 0;
    if (role == ROLE_BLOCK || role == ROLE_HEADING || role == ROLE_PRE)
        end_line(page);
    if (role == ROLE_LINK)
        close_link(page);
    if (role == ROLE_PRE && page->pre > 0)
        page->pre--;
    if (role == ROLE_HEADING && page->heading > 0)
        page->heading--;
    bool is_article = strcmp(tag->name, "article") == 0 || strcmp(tag->name, "main") == 0;
    if (is_article && page->article > 0)
        page->article--;
}

cpl_status cpl_read_html(struct cpl_reading *reading, struct cpl_error *error)
{
    struct cpl_buffer content = {0};
    struct page page = {.navigation = &reading->dropped[CPL_DROP_lines_navigation]};
    struct cpl_html_piece piece;
    char *text = NULL;
    size_t length = 0;
    cpl_status status;
    CPL_TRY_GOTO(cpl_reading_all(reading, &content, error));
    CPL_TRY_GOTO(cpl_reading_clean(reading, &text, &length, content.data ? content.data : "",
                                   content.length, 1, error));
    if (!text)
        goto done;
    page.scan = (struct cpl_html_scan){.text = text, .length = length};
    while (cpl_html_next(&page.scan, &piece)) {
        if (piece.kind == CPL_HTML_TEXT)
            add_text(&page, piece.text, piece.length);
        else if (piece.kind == CPL_HTML_OPEN)
            open_tag(&page, &piece);
        else if (piece.kind == CPL_HTML_CLOSE)
            close_tag(&page, &piece);
    }
    end_line(&page);
    CPL_TRY_GOTO(cpl_buffer_check(&page.flow.text, error));
    status = reading->put(reading->context, page.flow.text.data ? page.flow.text.data : "",
                          page.flow.text.length, error);
done:
    cpl_flow_clear(&page.flow);
    cpl_buffer_clear(&content);
    free(text);
    return status;
}
