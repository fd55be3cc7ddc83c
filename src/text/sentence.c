/* Sentences of Chinese and English text: see <couplet/text.h> for the rules. */
#include "base/try.h"
#include "text/full_stop.h"
#include "text/spans.h"
#include "text/utf8.h"

/* What a character does at the end of a sentence. */
enum role {
    ROLE_NONE,
    ROLE_FULL, /* 。 and its like: always ends one */
    ROLE_MARK, /* ! ? ; of ASCII: ends one where no word goes on */
    ROLE_STOP, /* . of ASCII */
    ROLE_FEED, /* line feed */
};

static enum role role_of(uint32_t code)
{
    switch (code) {
    case '\n': return ROLE_FEED;
    case '.': return ROLE_STOP;
    case '!':
    case '?':
    case ';': return ROLE_MARK;
    case 0x2026: /* … */
    case 0x203C: /* ‼ */
    case 0x2047: /* ⁇ */
    case 0x2048: /* ⁈ */
    case 0x2049: /* ⁉ */
    case 0x3002: /* 。 */
    case 0xFF01: /* ！ */
    case 0xFF0E: /* ． */
    case 0xFF1B: /* ； */
    case 0xFF1F: /* ？ */
    case 0xFF61: /* ｡ */ return ROLE_FULL;
    default: return ROLE_NONE;
    }
}

static bool is_closing(uint32_t code)
{
    switch (code) {
    case ')':
    case ']':
    case '}':
    case 0x00BB: /* » */
    case 0x2019: /* ’ */
    case 0x201D: /* ” */
    case 0x300D: /* 」 */
    case 0x300F: /* 』 */
    case 0x3011: /* 】 */
    case 0x3015: /* 〕 */
    case 0x3017: /* 〗 */
    case 0xFF09: /* ） */
    case 0xFF3D: /* ］ */
    case 0xFF5D: /* ｝ */ return true;
    default: return false;
    }
}

/* Punctuation that takes a sentence up again: “走！”，他说 is one, 《你好！》 a title inside
 * one. */
static bool is_continuing(uint32_t code)
{
    switch (code) {
    case ',':
    case ':':
    case 0x3001: /* 、 */
    case 0x3009: /* 〉 */
    case 0x300B: /* 》 */
    case 0xFF0C: /* ， */
    case 0xFF1A: /* ： */ return true;
    default: return false;
    }
}

struct scan {
    const char *text;
    size_t length;
    bool quote_is_open; /* an odd number of " since the line began */
};

/* Behind further marks of the same sentence's end ("？！", "……", "!!!"). */
static size_t skip_marks(const struct scan *scan, size_t at)
{
    while (at < scan->length) {
        size_t next = at;
        enum role role = role_of(cpl_utf8_next(scan->text, &next));
        if (role != ROLE_FULL && role != ROLE_MARK && role != ROLE_STOP)
            break;
        at = next;
    }
    return at;
}

static size_t skip_closing(struct scan *scan, size_t at)
{
    while (at < scan->length) {
        size_t next = at;
        uint32_t code = cpl_utf8_next(scan->text, &next);
        bool is_quote = code == '"' && scan->quote_is_open;
        bool is_single = code == '\'' && (next == scan->length || scan->text[next] <= ' ');
        if (!is_quote && !is_single && !is_closing(code))
            break;
        if (is_quote)
            scan->quote_is_open = false;
        at = next;
    }
    return at;
}

static size_t skip_space(const struct scan *scan, size_t at)
{
    while (at < scan->length) {
        size_t next = at;
        if (!cpl_code_is_space(cpl_utf8_next(scan->text, &next)))
            break;
        at = next;
    }
    return at;
}

static uint32_t code_at(const struct scan *scan, size_t at)
{
    return at < scan->length ? cpl_utf8_next(scan->text, &at) : 0;
}

/* ASCII ! ? ; at `mark`: not inside a word or an address, not before a lower-case word, and ;
 * only where a Chinese character stands before it. */
static bool mark_ends(const struct scan *scan, size_t mark, size_t after)
{
    bool after_wide =
        mark > 0 && (unsigned char)scan->text[cpl_utf8_before(scan->text, mark)] >= 0xE2;
    if (scan->text[mark] == ';' && !after_wide)
        return false;
    uint32_t next = code_at(scan, after);
    if (next == 0 || cpl_code_is_han(next))
        return true;
    if (!cpl_code_is_space(next))
        return after_wide && !cpl_code_is_word(next);
    return !cpl_code_is_lower(code_at(scan, skip_space(scan, after)));
}

/* If a sentence ends with the mark at `at`, the place behind its closing quotes; else 0. */
static size_t sentence_end(struct scan *scan, size_t at, enum role role)
{
    struct scan ahead = *scan;
    size_t after = skip_closing(&ahead, skip_marks(scan, at));
    if (is_continuing(code_at(scan, after)))
        return 0;
    bool ends = role == ROLE_FULL;
    if (role == ROLE_MARK)
        ends = mark_ends(scan, at, after);
    if (role == ROLE_STOP)
        ends = cpl_full_stop_ends(scan->text, scan->length, at, after);
    if (!ends)
        return 0;
    scan->quote_is_open = ahead.quote_is_open;
    return after;
}

cpl_status cpl_sentences(struct cpl_spans *sentences, const char *text, size_t length,
                         struct cpl_error *error)
{
    struct scan scan = {.text = text, .length = length};
    size_t begin = 0;
    size_t at = skip_space(&scan, 0);
    sentences->count = 0;
    while (at < length) {
        size_t next = at;
        uint32_t code = cpl_utf8_next(text, &next);
        enum role role = role_of(code);
        size_t end = 0;
        if (role == ROLE_FEED) {
            end = next;
            scan.quote_is_open = false;
        } else if (role != ROLE_NONE) {
            end = sentence_end(&scan, at, role);
            next = end ? end : skip_marks(&scan, at);
        } else if (code == '"') {
            scan.quote_is_open = !scan.quote_is_open;
        }
        at = next;
        if (end == 0)
            continue;
        at = skip_space(&scan, end);
        for (size_t i = end; i < at; i++)
            if (text[i] == '\n')
                scan.quote_is_open = false;
        CPL_TRY(cpl_spans_add(sentences, begin, at, error));
        begin = at;
    }
    if (begin < length)
        CPL_TRY(cpl_spans_add(sentences, begin, length, error));
    return CPL_OK;
}
