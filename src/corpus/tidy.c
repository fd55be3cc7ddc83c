/* Tidying documents: see tidy.h. */
#include "corpus/tidy.h"

#include "base/try.h"
#include "text/utf8.h"

#include <string.h>
#include <xxhash.h>

/* A line is long enough to be told from a heading or a verse that happens to recur, by characters. */
enum { LONG_CHINESE = 12, LONG_OTHER = 40 };
enum { COPIES_KEPT = 5 };

/* Marks that are not seen and mean nothing to a reader: soft hyphen, zero-width blanks and joiners of
 * words, byte order mark, direction marks.  (U+200C and U+200D stay: scripts and emoji need them.) */
static bool is_invisible(uint32_t code)
{
    return code == 0xAD || code == 0x200B || code == 0xFEFF || code == 0x200E ||
           code == 0x200F || (code >= 0x202A && code <= 0x202E) ||
           (code >= 0x2060 && code <= 0x2069);
}

static bool is_frame(uint32_t code) { return code >= 0x2500 && code <= 0x259F; }

static bool is_bar(uint32_t code)
{
    return code == 0x2502 || code == 0x2503 || code == 0x2551 || code == 0x250A ||
           code == 0x2506;
}

static bool is_rule_mark(uint32_t code)
{
    if (code < 0x80)
        return code && strchr("-=_*~#+|.:<>^/\\", (int)code);
    return is_frame(code) || code == 0x2014 || code == 0x2015 || code == 0x2026 ||
           code == 0xB7 || code == 0xFF0A || code == 0xFF0D || code == 0xFF1D || code == 0xFF5E;
}

/* What a line is made of. */
struct line_facts {
    size_t n_marks, n_rule_marks, n_bars, n_frames,
        n_chinese; /* n_marks: all but white space */
};

/* Appends a line without invisible characters, with plain blanks. */
static struct line_facts add_clean_line(struct cpl_buffer *out, const char *line, size_t length)
{
    struct line_facts facts = {0};
    size_t kept = 0;
    for (size_t at = 0; at < length;) {
        size_t begin = at;
        uint32_t code = cpl_utf8_next(line, &at);
        bool is_odd_space = code == 0xA0 || code == 0x202F || code == 0x2028 || code == 0x2029;
        if (is_odd_space || is_invisible(code)) {
            cpl_buffer_add(out, line + kept, begin - kept);
            cpl_buffer_add(out, " ", is_odd_space);
            kept = at;
        } else if (!cpl_code_is_space(code)) {
            facts.n_marks++;
            facts.n_rule_marks += is_rule_mark(code);
            facts.n_bars += is_bar(code);
            facts.n_frames += is_frame(code);
            facts.n_chinese += cpl_code_is_han(code);
        }
    }
    cpl_buffer_add(out, line + kept, length - kept);
    return facts;
}

/* Bytes of a frame's bar and blanks at the beginning of a framed line. */
static size_t frame_length(const char *line, size_t length)
{
    size_t at = 0, next = 0;
    while (next < length) {
        uint32_t code = cpl_utf8_next(line, &next);
        if (!is_frame(code) && !cpl_code_is_space(code))
            break;
        at = next;
    }
    return at;
}

static size_t trimmed_end(const char *line, size_t begin, size_t length)
{
    while (length > begin) {
        size_t before = cpl_utf8_before(line, length);
        size_t next = before;
        if (!cpl_code_is_space(cpl_utf8_next(line, &next)))
            break;
        length = before;
    }
    return length;
}

/* Where a line's text begins: indents of Chinese lines go, those of others (code) stay. */
static size_t indent_end(const char *line, size_t length, const struct line_facts *facts)
{
    size_t at = 0, next = 0;
    while (next < length && cpl_code_is_space(cpl_utf8_next(line, &next)))
        at = next;
    bool is_chinese = facts->n_chinese * 5 >= facts->n_marks;
    return is_chinese || at == length ? at : 0;
}

enum line_fate { LINE_KEEP, LINE_BLANK, LINE_RULE, LINE_NOT_CHINESE };

static enum line_fate judge(struct line_facts facts, bool chinese_lines_only)
{
    if (facts.n_marks == 0)
        return LINE_BLANK;
    bool is_rule = facts.n_rule_marks == facts.n_marks &&
                   (facts.n_marks >= 3 || facts.n_frames == facts.n_marks);
    if (is_rule || facts.n_bars >= 2)
        return LINE_RULE;
    return chinese_lines_only && facts.n_chinese == 0 ? LINE_NOT_CHINESE : LINE_KEEP;
}

void cpl_tidy_document(struct cpl_buffer *out, const char *text, size_t length,
                       bool chinese_lines_only, uint64_t *dropped)
{
    bool blank_waits = false;
    cpl_buffer_reset(out);
    for (size_t at = 0; at < length && out->status == CPL_OK;) {
        const char *feed = memchr(text + at, '\n', length - at);
        size_t n = feed ? (size_t)(feed - text) - at : length - at;
        size_t before = out->length;
        if (blank_waits && before > 0)
            cpl_buffer_add_byte(out, '\n');
        size_t begin = out->length;
        struct line_facts facts = add_clean_line(out, text + at, n);
        enum line_fate fate = judge(facts, chinese_lines_only);
        at += n + 1;
        if (fate != LINE_KEEP || out->status != CPL_OK) {
            dropped[CPL_DROP_lines_rule] += fate == LINE_RULE;
            dropped[CPL_DROP_lines_without_chinese] += fate == LINE_NOT_CHINESE;
            blank_waits = blank_waits || fate == LINE_BLANK;
            out->length = before;
            continue;
        }
        char *line = out->data + begin;
        size_t line_length = out->length - begin;
        size_t skip = facts.n_frames ? frame_length(line, line_length) : 0;
        skip = skip ? skip : indent_end(line, line_length, &facts);
        size_t end = trimmed_end(line, skip, line_length);
        memmove(line, line + skip, end - skip);
        out->length = begin + end - skip;
        cpl_buffer_add_byte(out, '\n');
        blank_waits = false;
    }
    if (out->length > 0)
        out->data[--out->length] = 0;
}

static bool is_long(const char *line, size_t length)
{
    size_t n_characters = 0, n_chinese = 0;
    if (length < LONG_CHINESE)
        return false;
    for (size_t at = 0; at < length && n_characters < LONG_OTHER; n_characters++)
        n_chinese += cpl_code_is_han(cpl_utf8_next(line, &at));
    return n_characters >= LONG_OTHER || (n_chinese >= 4 && n_characters >= LONG_CHINESE);
}

cpl_status cpl_tidy_repeated(struct cpl_buffer *out, struct cpl_hash_table *lines,
                             const char *text, size_t length, uint32_t number,
                             uint64_t *dropped, struct cpl_error *error)
{
    cpl_buffer_reset(out);
    for (size_t at = 0; at < length;) {
        const char *line = text + at;
        const char *feed = memchr(line, '\n', length - at);
        size_t n = feed ? (size_t)(feed - line) : length - at;
        at += n + 1;
        struct cpl_hash_entry *entry = NULL;
        bool is_new = false;
        if (is_long(line, n)) {
            CPL_TRY(cpl_hash_table_find(lines, &entry, &is_new, XXH64(line, n, 0), error));
            entry->count += entry->last != number;
            entry->last = number;
        }
        if (entry && entry->count > COPIES_KEPT) {
            dropped[CPL_DROP_lines_repeated]++;
            continue;
        }
        cpl_buffer_add(out, line, n);
        cpl_buffer_add_byte(out, '\n');
    }
    while (out->length > 0 && out->data[out->length - 1] == '\n')
        out->data[--out->length] = 0;
    return cpl_buffer_check(out, error);
}
