/* The pieces of an HTML page: see html_scan.h. */
#include "corpus/html_scan.h"

#include <string.h>

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n'; }

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }

static bool is_name_byte(char c)
{
    return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == ':' || c == '_';
}

/* Place behind the '>' that ends a tag, quotes respected; the end of the text if there is none.
 */
static size_t tag_end(const struct cpl_html_scan *scan)
{
    char quote = 0;
    for (size_t at = scan->at; at < scan->length; at++) {
        char c = scan->text[at];
        if (quote && c == quote)
            quote = 0;
        else if (!quote && c == '>')
            return at + 1;
        else if (!quote && (c == '"' || c == '\'') && scan->text[at - 1] == '=')
            quote = c;
    }
    return scan->length;
}

/* Place behind `mark`, or the end of the text. */
static size_t behind(const struct cpl_html_scan *scan, size_t at, const char *mark)
{
    size_t n = strlen(mark);
    const char *found = memmem(scan->text + at, scan->length - at, mark, n);
    return found ? (size_t)(found - scan->text) + n : scan->length;
}

/* A tag at '<': its name and end. */
static void read_tag(struct cpl_html_scan *scan, struct cpl_html_piece *piece)
{
    const char *tag = piece->text;
    size_t at = piece->kind == CPL_HTML_CLOSE ? 2 : 1;
    size_t n = 0;
    size_t end = tag_end(scan);
    piece->length = end - scan->at;
    for (; at < piece->length && is_name_byte(tag[at]); at++)
        if (n + 1 < sizeof piece->name)
            piece->name[n++] = lower(tag[at]);
    piece->name[n] = 0;
    piece->is_closed = piece->length > 2 && tag[piece->length - 2] == '/';
    scan->at = end;
}

bool cpl_html_next(struct cpl_html_scan *scan, struct cpl_html_piece *piece)
{
    if (scan->at >= scan->length)
        return false;
    size_t left = scan->length - scan->at;
    const char *text = scan->text + scan->at;
    *piece = (struct cpl_html_piece){.kind = CPL_HTML_TEXT, .text = text};
    char next = left > 1 ? text[1] : 0;
    size_t end;
    if (text[0] == '<' && (next == '!' || next == '?')) {
        piece->kind = CPL_HTML_NOTHING;
        bool comment = left > 3 && memcmp(text, "<!--", 4) == 0;
        end = comment ? behind(scan, scan->at + 4, "-->") : behind(scan, scan->at, ">");
    } else if (text[0] == '<' && ((lower(next) >= 'a' && lower(next) <= 'z') || next == '/')) {
        piece->kind = next == '/' ? CPL_HTML_CLOSE : CPL_HTML_OPEN;
        read_tag(scan, piece);
        return true;
    } else {
        const char *open = memchr(text + 1, '<', left - 1);
        end = open ? (size_t)(open - scan->text) : scan->length;
    }
    piece->length = end - scan->at;
    scan->at = end;
    return true;
}

/* The value behind '=' at *at, which moves behind it. */
static void read_value(const struct cpl_html_piece *tag, size_t *at, const char **value,
                       size_t *length)
{
    char quote = *at < tag->length ? tag->text[*at] : 0;
    bool quoted = quote == '"' || quote == '\'';
    size_t begin = *at + quoted;
    size_t end = begin;
    while (end < tag->length && (quoted ? tag->text[end] != quote
                                        : !is_blank(tag->text[end]) && tag->text[end] != '>'))
        end++;
    *value = tag->text + begin;
    *length = end - begin;
    *at = quoted && end < tag->length ? end + 1 : end;
}

bool cpl_html_attribute(const struct cpl_html_piece *tag, const char *name, const char **value,
                        size_t *value_length)
{
    size_t wanted = strlen(name);
    size_t at = 1;
    while (at < tag->length && is_name_byte(tag->text[at]))
        at++;
    while (at < tag->length) {
        size_t begin = at;
        while (at < tag->length && is_name_byte(tag->text[at]))
            at++;
        size_t n = at - begin;
        bool found = n == wanted && memcmp(tag->text + begin, name, n) == 0;
        const char *text = "";
        size_t length = 0;
        if (at < tag->length && tag->text[at] == '=') {
            at++;
            read_value(tag, &at, &text, &length);
        }
        if (found && value) {
            *value = text;
            *value_length = length;
        }
        if (found)
            return true;
        if (at == begin)
            at++;
    }
    return false;
}

void cpl_html_skip_raw(struct cpl_html_scan *scan, const char *name)
{
    size_t n = strlen(name);
    while (scan->at < scan->length) {
        scan->at = behind(scan, scan->at, "</");
        size_t match = 0;
        while (match < n && scan->at + match < scan->length &&
               lower(scan->text[scan->at + match]) == name[match])
            match++;
        if (match == n) {
            scan->at = behind(scan, scan->at, ">");
            return;
        }
    }
}
