/* fortune files: sayings and verse, parted by lines that hold one % (or %%, in old ones).
 *
 * Prose in them is broken at about 70 columns; such lines are joined again, so that a sentence is a
 * line.  Verse has shorter lines and is left alone. */
#include "base/try.h"
#include "corpus/flow.h"
#include "corpus/formats.h"
#include "text/utf8.h"

#include <couplet/text.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_LIMIT = 1 << 20 };
/* A line this wide (Chinese characters take two columns) may have been broken by a formatter. */
enum { BROKEN_COLUMNS = 62 };

static size_t indent_of(const char *line, size_t length)
{
    size_t at = 0;
    while (at < length && (line[at] == ' ' || line[at] == '\t'))
        at++;
    return at;
}

/* Columns of a line and its last character that is no blank. */
static size_t columns_of(const char *line, size_t length, uint32_t *last)
{
    size_t columns = 0;
    *last = 0;
    for (size_t at = 0; at < length;) {
        uint32_t code = cpl_utf8_next(line, &at);
        columns += cpl_code_is_wide(code) ? 2 : 1;
        *last = cpl_code_is_space(code) ? *last : code;
    }
    return columns;
}

static bool ends_sentence(uint32_t code)
{
    return code == 0x3002 || code == 0xFF01 || code == 0xFF1F || code == '.' || code == ':' ||
           code == 0xFF1A || code == 0x2502;
}

/* Whether a line begins something of its own: an item of a list, a frame, a source ("-- Lu Xun"). */
static bool begins_item(const char *line, size_t length)
{
    size_t at = 0;
    if (length == 0)
        return true;
    uint32_t code = cpl_utf8_next(line, &at);
    bool is_frame = code >= 0x2500 && code <= 0x259F;
    bool is_bullet = code == '*' || code == '-' || code == 0x2022 || code == 0x25CF;
    return is_frame || is_bullet;
}

struct line {
    const char *text; /* without its indent */
    size_t length, indent;
};

static struct line next_line(const char *text, size_t length, size_t *at)
{
    const char *begin = text + *at;
    const char *feed = memchr(begin, '\n', length - *at);
    size_t n = feed ? (size_t)(feed - begin) : length - *at;
    size_t indent = indent_of(begin, n);
    *at += feed ? n + 1 : n;
    while (n > indent && begin[n - 1] == ' ')
        n--;
    return (struct line){begin + indent, n - indent, indent};
}

/* Text with broken lines joined. */
static void join_lines(struct cpl_flow *flow, const char *text, size_t length)
{
    size_t at = 0;
    struct line line = next_line(text, length, &at);
    for (;;) {
        uint32_t last;
        size_t columns = line.indent + columns_of(line.text, line.length, &last);
        cpl_flow_add_verbatim(flow, line.text, line.length);
        if (at >= length)
            break;
        struct line next = next_line(text, length, &at);
        bool broken = columns >= BROKEN_COLUMNS && !ends_sentence(last) &&
                      next.indent <= line.indent + 8 && !begins_item(next.text, next.length);
        if (broken)
            cpl_flow_add(flow, "\n", 1);
        else
            cpl_flow_end_line(flow);
        if (broken && next.length > 0) {
            size_t first = 0;
            cpl_utf8_next(next.text, &first);
            cpl_flow_add(flow, next.text, first);
            next.text += first;
            next.length -= first;
        } else if (next.length == 0) {
            cpl_buffer_add_byte(&flow->text, '\n');
            flow->line_begin = flow->text.length;
        }
        line = next;
    }
}

static cpl_status put_saying(struct cpl_reading *reading, const struct cpl_buffer *saying,
                             uint64_t first_line, struct cpl_error *error)
{
    char *text = NULL;
    size_t length = 0;
    struct cpl_flow flow = {0};
    CPL_TRY(cpl_buffer_check(saying, error));
    if (saying->length == 0)
        return CPL_OK;
    CPL_TRY(cpl_reading_clean(reading, &text, &length, saying->data, saying->length, first_line,
                              error));
    if (!text)
        return CPL_OK;
    join_lines(&flow, text, length);
    cpl_status status = cpl_buffer_check(&flow.text, error);
    if (status == CPL_OK)
        status = reading->put(reading->context, flow.text.data ? flow.text.data : "",
                              flow.text.length, error);
    cpl_flow_clear(&flow);
    free(text);
    return status;
}

static bool parts_sayings(const char *line, size_t length)
{
    while (length > 0 && (line[length - 1] == '\r' || line[length - 1] == ' '))
        length--;
    return (length == 1 || length == 2) && line[0] == '%' && line[length - 1] == '%';
}

cpl_status cpl_read_fortune(struct cpl_reading *reading, struct cpl_error *error)
{
    struct cpl_buffer saying = {0};
    uint64_t first_line = 1;
    cpl_status status = CPL_OK;
    const char *line = NULL;
    size_t length = 0;
    for (;;) {
        CPL_TRY_GOTO(cpl_reading_line(reading, &line, &length, LINE_LIMIT, error));
        if (!line)
            break;
        if (!parts_sayings(line, length)) {
            cpl_buffer_add(&saying, line, length);
            cpl_buffer_add(&saying, "\n", !reading->line_goes_on);
            continue;
        }
        CPL_TRY_GOTO(put_saying(reading, &saying, first_line, error));
        cpl_buffer_reset(&saying);
        first_line = reading->line + 1;
    }
    status = put_saying(reading, &saying, first_line, error);
done:
    cpl_buffer_clear(&saying);
    return status;
}
