/* Markdown inside a line: see markdown_inline.h. */
#include "corpus/markdown_inline.h"

#include "corpus/entity.h"
#include "text/utf8.h"

#include <string.h>

/* Marks that reach farther, and links nested deeper, are plain text: keeps bad input from taking
 * quadratic time and deep stacks. */
enum { MARK_REACH = 4096, NESTING_MAX = 4 };

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

static bool is_ascii_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

size_t cpl_markdown_behind_bracket(const char *line, size_t length, size_t at, char open,
                                   char close)
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
    size_t end =
        cpl_markdown_behind_bracket(line, length, at, line[at], line[at] == '(' ? ')' : ']');
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

/* Handles the mark at `at` and returns the place behind it; `at` itself if it is plain text. */
static size_t add_mark(struct cpl_markdown *page, const char *line, size_t length, size_t at)
{
    char c = line[at];
    bool image = c == '!' && at + 1 < length && line[at + 1] == '[';
    if (c == '[' || image) {
        size_t open = at + image;
        bool nested = page->nesting >= NESTING_MAX;
        size_t close = nested ? 0 : cpl_markdown_behind_bracket(line, length, open, '[', ']');
        size_t target = close ? target_length(line, length, close) : 0;
        if (target == 0 && !image)
            return at;
        page->nesting++;
        if (!image)
            cpl_markdown_add_inline(page, line + open + 1, close - open - 2);
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

void cpl_markdown_add_inline(struct cpl_markdown *page, const char *line, size_t length)
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
