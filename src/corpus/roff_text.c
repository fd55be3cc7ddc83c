/* Text with roff's escape sequences: see roff_text.h. */
#include "corpus/roff_text.h"

#include <string.h>

static const struct glyph {
    const char *name, *text;
} glyphs[] = {
#define GLYPH(name, text) {name, text},
#include "corpus/roff_glyphs.def"
#undef GLYPH
};

static void add_glyph(struct cpl_buffer *out, const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof glyphs / sizeof *glyphs; i++)
        if (strlen(glyphs[i].name) == length && memcmp(glyphs[i].name, name, length) == 0) {
            cpl_buffer_add_text(out, glyphs[i].text);
            return;
        }
}

/* A name behind an escape letter: one character, (xx, or [any length].  Returns the place behind. */
static size_t read_name(const char *text, size_t length, size_t at, const char **name,
                        size_t *n)
{
    *name = text + at;
    *n = 0;
    if (at >= length)
        return length;
    if (text[at] == '(') {
        *name = text + at + 1;
        *n = at + 3 <= length ? 2 : length - at - 1;
        return at + 1 + *n;
    }
    if (text[at] == '[') {
        const char *close = memchr(text + at, ']', length - at);
        *name = text + at + 1;
        *n = close ? (size_t)(close - *name) : length - at - 1;
        return close ? (size_t)(close - text) + 1 : length;
    }
    *n = 1;
    return at + 1;
}

/* Behind a quoted argument, as in \h'1n'; the quote may be any character. */
static size_t skip_quoted(const char *text, size_t length, size_t at)
{
    if (at >= length)
        return length;
    const char *close = memchr(text + at + 1, text[at], length - at - 1);
    return close ? (size_t)(close - text) + 1 : length;
}

/* Behind a size, as in \s-1, \s+2, \s10, \s'+1', \s(12, \s[12]. */
static size_t skip_size(const char *text, size_t length, size_t at)
{
    const char *name;
    size_t n;
    if (at < length && text[at] == '\'')
        return skip_quoted(text, length, at);
    if (at < length && (text[at] == '+' || text[at] == '-'))
        at++;
    if (at < length && (text[at] == '(' || text[at] == '['))
        return read_name(text, length, at, &name, &n);
    bool two = at + 1 < length && text[at] >= '1' && text[at] <= '3' && text[at + 1] >= '0' &&
               text[at + 1] <= '9';
    return at + 1 + two < length ? at + 1 + two : length;
}

/* The escape whose letter is at `at`; returns the place behind it. */
static size_t decode_escape(struct cpl_buffer *out, const char *text, size_t length, size_t at)
{
    const char *name;
    size_t n;
    char c = text[at];
    switch (c) {
    case '(':
    case '[': /* \(xx, \[name] */
        at = read_name(text, length, at, &name, &n);
        add_glyph(out, name, n);
        return at;
    case '*': /* string */
        at = read_name(text, length, at + 1, &name, &n);
        add_glyph(out, name, n);
        return at;
    case 'f': /* font */
    case 'F':
    case 'm': /* colours */
    case 'M':
    case 'k': /* marks and registers */
    case 'V':
    case 'Y': return read_name(text, length, at + 1, &name, &n);
    case 'n':
    case 'g':
        at += at + 1 < length && (text[at + 1] == '+' || text[at + 1] == '-');
        return read_name(text, length, at + 1, &name, &n);
    case 's': return skip_size(text, length, at + 1);
    case 'h': /* motions, lines, widths, boxes */
    case 'v':
    case 'l':
    case 'L':
    case 'w':
    case 'x':
    case 'o':
    case 'b':
    case 'D':
    case 'N':
    case 'A':
    case 'B':
    case 'C':
    case 'H':
    case 'R':
    case 'S':
    case 'X':
    case 'Z': return skip_quoted(text, length, at + 1);
    case 'z': /* prints without moving */ return at + 1;
    case '$': return at + 2 <= length ? at + 2 : length;
    case 'e':
    case '\\':
    case 'E': cpl_buffer_add_byte(out, '\\'); return at + 1;
    case '-':
    case '.':
    case '`':
    case '\'': cpl_buffer_add_byte(out, c); return at + 1;
    case ' ':
    case '~':
    case '0':
    case 't': cpl_buffer_add_byte(out, ' '); return at + 1;
    default: break;
    }
    /* \& \| \^ \, \/ \) \% \: \! \{ \} \c \d \u \r \p \a: nothing to read */
    bool is_plain = !strchr("&|^,/)%:!{}cdurpaqT?", c);
    if (is_plain)
        cpl_buffer_add_byte(out, c);
    return at + 1;
}

void cpl_roff_decode(struct cpl_buffer *out, bool *joins, const char *text, size_t length)
{
    if (joins)
        *joins = length >= 2 && text[length - 2] == '\\' && text[length - 1] == 'c';
    for (size_t at = 0; at < length;) {
        const char *escape = memchr(text + at, '\\', length - at);
        size_t end = escape ? (size_t)(escape - text) : length;
        cpl_buffer_add(out, text + at, end - at);
        if (!escape || end + 1 >= length)
            return;
        if (text[end + 1] == '"' || text[end + 1] == '#')
            return;
        at = decode_escape(out, text, length, end + 1);
    }
}

bool cpl_roff_argument(const char *line, size_t length, size_t *at, size_t *begin, size_t *end)
{
    while (*at < length && (line[*at] == ' ' || line[*at] == '\t'))
        ++*at;
    if (*at >= length || (line[*at] == '\\' && *at + 1 < length && line[*at + 1] == '"'))
        return false;
    bool quoted = line[*at] == '"';
    *at += quoted;
    *begin = *at;
    while (*at < length) {
        bool twin = quoted && line[*at] == '"' && *at + 1 < length && line[*at + 1] == '"';
        bool escape = line[*at] == '\\' && *at + 1 < length;
        if (twin || escape)
            ++*at;
        else if (quoted ? line[*at] == '"' : line[*at] == ' ' || line[*at] == '\t')
            break;
        ++*at;
    }
    *at = *at < length ? *at : length;
    *end = *at;
    *at += quoted && *at < length;
    return true;
}
