/* Words of byte-level tokenizers without a regular expression: see bpe_split.h. */
#include "tokenizer/bpe_split.h"

#include "text/utf8.h"
#include "tokenizer/unicode_classes.h"
#include <string.h>

enum kind { OTHER, LETTER, NUMBER, SPACE };

enum cpl_bpe_pattern cpl_bpe_pattern_find(const char *regex)
{
    static const char *const patterns[] = {
        [CPL_PATTERN_GPT2] = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+"
                             "|\\s+(?!\\S)|\\s+",
        [CPL_PATTERN_LLAMA3] = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+"
                               "|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+"
                               "|\\s+(?!\\S)|\\s+",
        [CPL_PATTERN_QWEN2] = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+"
                              "|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+"
                              "|\\s+(?!\\S)|\\s+",
    };
    enum cpl_bpe_pattern pattern = CPL_PATTERN_GPT2;
    while (pattern < CPL_PATTERN_OTHER && strcmp(regex, patterns[pattern]) != 0)
        pattern++;
    return pattern;
}

/* ---- characters ------------------------------------------------------------------------------- */

/* Of ASCII: letters, digits, white space. */
static const unsigned char ascii_kind[128] = {
    ['\t'] = SPACE, ['\n'] = SPACE, ['\v'] = SPACE, ['\f'] = SPACE, ['\r'] = SPACE,
    [' '] = SPACE,  ['0'] = NUMBER, ['1'] = NUMBER, ['2'] = NUMBER, ['3'] = NUMBER,
    ['4'] = NUMBER, ['5'] = NUMBER, ['6'] = NUMBER, ['7'] = NUMBER, ['8'] = NUMBER,
    ['9'] = NUMBER, ['A'] = LETTER, ['B'] = LETTER, ['C'] = LETTER, ['D'] = LETTER,
    ['E'] = LETTER, ['F'] = LETTER, ['G'] = LETTER, ['H'] = LETTER, ['I'] = LETTER,
    ['J'] = LETTER, ['K'] = LETTER, ['L'] = LETTER, ['M'] = LETTER, ['N'] = LETTER,
    ['O'] = LETTER, ['P'] = LETTER, ['Q'] = LETTER, ['R'] = LETTER, ['S'] = LETTER,
    ['T'] = LETTER, ['U'] = LETTER, ['V'] = LETTER, ['W'] = LETTER, ['X'] = LETTER,
    ['Y'] = LETTER, ['Z'] = LETTER, ['a'] = LETTER, ['b'] = LETTER, ['c'] = LETTER,
    ['d'] = LETTER, ['e'] = LETTER, ['f'] = LETTER, ['g'] = LETTER, ['h'] = LETTER,
    ['i'] = LETTER, ['j'] = LETTER, ['k'] = LETTER, ['l'] = LETTER, ['m'] = LETTER,
    ['n'] = LETTER, ['o'] = LETTER, ['p'] = LETTER, ['q'] = LETTER, ['r'] = LETTER,
    ['s'] = LETTER, ['t'] = LETTER, ['u'] = LETTER, ['v'] = LETTER, ['w'] = LETTER,
    ['x'] = LETTER, ['y'] = LETTER, ['z'] = LETTER};

/* The kind of the character at *at, and *at moved behind it. */
static inline enum kind next_kind(const char *text, size_t *at)
{
    unsigned char byte = (unsigned char)text[*at];
    if (byte < 0x80) {
        ++*at;
        return ascii_kind[byte];
    }
    uint32_t code = cpl_utf8_next(text, at);
    if (code >= 0x4E00 && code < 0x9F00)
        return LETTER;
    uint32_t flags = cpl_code_flags(code);
    return flags & CPL_CODE_LETTER   ? LETTER
           : flags & CPL_CODE_NUMBER ? NUMBER
           : flags & CPL_CODE_SPACE  ? SPACE
                                     : OTHER;
}

/* End of the characters of that kind at `at`. */
static inline size_t run_end(enum kind kind, const char *text, size_t at, size_t end)
{
    while (at < end) {
        size_t next = at;
        if (next_kind(text, &next) != kind)
            break;
        at = next;
    }
    return at;
}

static bool is_break(char byte) { return byte == '\r' || byte == '\n'; }

/* ---- parts of the patterns -------------------------------------------------------------------- */

/* 's|'t|'re|'ve|'m|'ll|'d behind the apostrophe at `at`; `at` where there is none. */
static size_t contraction_end(const char *text, size_t at, size_t end, bool any_case)
{
    char byte[2] = {0, 0};
    for (size_t i = 0; i < 2 && at + 1 + i < end; i++) {
        byte[i] = text[at + 1 + i];
        if (any_case && byte[i] >= 'A' && byte[i] <= 'Z')
            byte[i] |= 0x20;
    }
    if (byte[0] == 's' || byte[0] == 't' || byte[0] == 'm' || byte[0] == 'd')
        return at + 2;
    if ((byte[1] == 'e' && (byte[0] == 'r' || byte[0] == 'v')) ||
        (byte[0] == 'l' && byte[1] == 'l'))
        return at + 3;
    if (any_case && byte[0] == '\xC5' && byte[1] == '\xBF') /* the long s */
        return at + 3;
    return at;
}

/* \s+(?!\S)|\s+ over the white space [at, stop): the last one stays for the word behind. */
static size_t space_end(const char *text, size_t at, size_t stop, size_t end)
{
    if (stop == end)
        return stop;
    size_t last = cpl_utf8_before(text, stop);
    return last > at ? last : stop;
}

static size_t gpt2_next(const char *text, size_t at, size_t end)
{
    size_t next = at;
    if (text[at] == '\'') {
        size_t stop = contraction_end(text, at, end, false);
        if (stop > at)
            return stop;
    }
    enum kind kind = next_kind(text, &next);
    if (text[at] == ' ' && next < end)
        kind = next_kind(text, &next);
    if (kind != SPACE)
        return run_end(kind, text, next, end);
    return space_end(text, at, run_end(SPACE, text, at, end), end);
}

/* \s*[\r\n]+|\s+(?!\S)|\s+ */
static size_t llama_space_end(const char *text, size_t at, size_t end)
{
    size_t stop = run_end(SPACE, text, at, end);
    for (size_t i = stop; i-- > at;)
        if (is_break(text[i]))
            return i + 1;
    return space_end(text, at, stop, end);
}

/* [^\s\p{L}\p{N}]+[\r\n]* */
static size_t other_end(const char *text, size_t at, size_t end)
{
    at = run_end(OTHER, text, at, end);
    while (at < end && is_break(text[at]))
        at++;
    return at;
}

static size_t llama_next(const char *text, size_t at, size_t end, int most_digits)
{
    size_t first = at, second;
    if (text[at] == '\'') {
        size_t stop = contraction_end(text, at, end, true);
        if (stop > at)
            return stop;
    }
    enum kind kind = next_kind(text, &first), behind = SPACE;
    if (kind == LETTER)
        return run_end(LETTER, text, first, end);
    second = first;
    if (kind == NUMBER) {
        for (int i = 1; i < most_digits && first < end; i++, first = second)
            if (next_kind(text, &second) != NUMBER)
                break;
        return first;
    }
    if (first < end)
        behind = next_kind(text, &second);
    if (behind == LETTER && !is_break(text[at]))
        return run_end(LETTER, text, second, end);
    if (kind == OTHER)
        return other_end(text, first, end);
    if (text[at] == ' ' && behind == OTHER)
        return other_end(text, second, end);
    return llama_space_end(text, at, end);
}

size_t cpl_bpe_split_next(enum cpl_bpe_pattern pattern, const char *text, size_t at, size_t end)
{
    if (pattern == CPL_PATTERN_GPT2)
        return gpt2_next(text, at, end);
    return llama_next(text, at, end, pattern == CPL_PATTERN_LLAMA3 ? 3 : 1);
}
