/* Whether an ASCII full stop ends a sentence: decimals, dots inside words, abbreviations,
 * initials, ellipses and list numbers do not.  A small rule set in the manner of Grefenstette &
 * Tapanainen, "What is a word, what is a sentence?" (1994); what follows a doubtful
 * abbreviation decides. */
#include "text/full_stop.h"

#include "text/utf8.h"

#include <string.h>

enum abbreviation_kind { ABBREVIATION_NONE, ABBREVIATION_TITLE, ABBREVIATION_MAYBE };

static const struct abbreviation {
    const char *text;
    enum abbreviation_kind kind;
} abbreviations[] = {
#define ABBREVIATION(text, kind) {text, ABBREVIATION_##kind},
#include "text/abbreviations.def"
#undef ABBREVIATION
};

/* Words that begin a sentence far oftener than they follow an abbreviation inside one. */
static const char *const sentence_starters[] = {
    "A",    "After", "All",  "Also",  "An",      "And",  "As",   "At",    "But",
    "For",  "From",  "He",   "How",   "However", "I",    "If",   "In",    "It",
    "Its",  "No",    "Not",  "On",    "One",     "Our",  "She",  "So",    "Some",
    "That", "The",   "Then", "There", "These",   "They", "This", "Those", "To",
    "We",   "What",  "When", "Where", "While",   "Who",  "Why",  "With",  "You",
};

static bool is_ascii_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
static bool is_ascii_digit(char c) { return c >= '0' && c <= '9'; }

/* The ASCII word [begin, dot) before a full stop, inner dots included ("U.S", "v1.2", "Mr"). */
static size_t word_begin(const char *text, size_t dot)
{
    size_t begin = dot;
    while (begin > 0 && (is_ascii_letter(text[begin - 1]) || is_ascii_digit(text[begin - 1]) ||
                         text[begin - 1] == '.'))
        begin--;
    return begin;
}

static bool at_line_begin(const char *text, size_t at)
{
    while (at > 0 && (text[at - 1] == ' ' || text[at - 1] == '\t'))
        at--;
    return at == 0 || text[at - 1] == '\n';
}

static enum abbreviation_kind find_abbreviation(const char *word, size_t length)
{
    char lower[16];
    if (length >= sizeof lower)
        return ABBREVIATION_NONE;
    for (size_t i = 0; i < length; i++)
        lower[i] = word[i] >= 'A' && word[i] <= 'Z' ? (char)(word[i] + 32) : word[i];
    lower[length] = 0;
    for (size_t i = 0; i < sizeof abbreviations / sizeof *abbreviations; i++)
        if (strcmp(lower, abbreviations[i].text) == 0)
            return abbreviations[i].kind;
    return ABBREVIATION_NONE;
}

static bool sentence_starter_at(const char *text, size_t length)
{
    size_t end = 0;
    while (end < length && is_ascii_letter(text[end]))
        end++;
    for (size_t i = 0; i < sizeof sentence_starters / sizeof *sentence_starters; i++)
        if (strlen(sentence_starters[i]) == end && memcmp(text, sentence_starters[i], end) == 0)
            return true;
    return false;
}

/* "12" and "1.2.3" */
static bool is_number(const char *text, size_t length)
{
    size_t n = 0;
    while (n < length && (is_ascii_digit(text[n]) || text[n] == '.'))
        n++;
    return n == length;
}

/* A full stop directly before a character that is no space: only after and before Chinese. */
static bool ends_without_space(const char *text, size_t length, size_t dot, size_t after)
{
    size_t before = dot == 0 ? 0 : cpl_utf8_before(text, dot);
    size_t next = after;
    bool is_after_wide = dot > 0 && (unsigned char)text[before] >= 0xE2;
    bool is_after_run = after - dot > 1;
    return next < length && (is_after_wide || is_after_run) &&
           cpl_code_is_han(cpl_utf8_next(text, &next));
}

/* Judges by the word before the stop; a word follows on the same line at `follow`. */
static bool word_allows_end(const char *text, size_t length, size_t dot, size_t follow)
{
    size_t begin = word_begin(text, dot);
    size_t n = dot - begin;
    const char *word = text + begin;
    if (n == 0)
        return true;
    if (is_number(word, n))
        return !at_line_begin(text, begin);
    if (n == 1)
        return word[0] == 'I' || (word[0] >= 'a' && !at_line_begin(text, begin));
    enum abbreviation_kind kind = find_abbreviation(word, n);
    if (kind == ABBREVIATION_TITLE)
        return false;
    bool is_acronym = n >= 3 && word[n - 2] == '.' && is_ascii_letter(word[n - 1]);
    if (kind == ABBREVIATION_MAYBE || is_acronym)
        return sentence_starter_at(text + follow, length - follow);
    bool is_number_sign =
        (n == 2 && (memcmp(word, "No", 2) == 0)) && is_ascii_digit(text[follow]);
    return !is_number_sign;
}

bool cpl_full_stop_ends(const char *text, size_t length, size_t dot, size_t after)
{
    size_t follow = after;
    while (follow < length && (text[follow] == ' ' || text[follow] == '\t'))
        follow++;
    if (follow == length || text[follow] == '\n')
        return true;
    size_t next = follow;
    uint32_t code = cpl_utf8_next(text, &next);
    if (follow == after && !cpl_code_is_space(code))
        return ends_without_space(text, length, dot, after);
    if (cpl_code_is_lower(code))
        return false;
    bool is_ellipsis = dot + 1 < length && text[dot + 1] == '.';
    return is_ellipsis || word_allows_end(text, length, dot, follow);
}
