/* Word lists: see dictionary.h. */
#include "text/dictionary.h"

#include "base/memory.h"
#include "base/try.h"

#include "text/reader.h"
#include "text/word_trie.h"

#include <couplet/text.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char system_dictionary[] = "/usr/lib/python3/dist-packages/jieba/dict.txt";

/* What `dpkg-deb -x` of the package below CACHE/couplet/jieba leaves. */
static cpl_status cached_dictionary(char **path, struct cpl_error *error)
{
    const char *cache = getenv("XDG_CACHE_HOME");
    const char *home = getenv("HOME");
    if (cache && cache[0])
        return cpl_text_format(path, error, "%s/couplet/jieba%s", cache, system_dictionary);
    return cpl_text_format(path, error, "%s/.cache/couplet/jieba%s", home ? home : "",
                           system_dictionary);
}

cpl_status cpl_dictionary_find(char **path, struct cpl_error *error)
{
    const char *named = getenv("COUPLET_DICTIONARY");
    if (named && named[0])
        return cpl_text_copy(path, named, error);
    if (cpl_file_exists(system_dictionary))
        return cpl_text_copy(path, system_dictionary, error);
    char *cached = NULL;
    CPL_TRY(cached_dictionary(&cached, error));
    if (cpl_file_exists(cached)) {
        *path = cached;
        return CPL_OK;
    }
    cpl_status status = cpl_error_set(error, CPL_ERROR_INPUT, NULL,
                                      "no Chinese dictionary: looked for %s and %s; install "
                                      "Debian's python3-jieba, or name a "
                                      "file of \"word count tag\" lines in $COUPLET_DICTIONARY",
                                      system_dictionary, cached);
    free(cached);
    return status;
}

cpl_status cpl_dictionary_error(const struct cpl_dictionary_reader *reader,
                                struct cpl_error *error, const char *what)
{
    char where[300];
    snprintf(where, sizeof where, "%s:%llu", reader->path, (unsigned long long)reader->line);
    return cpl_error_set(error, CPL_ERROR_INPUT, where, "%s", what);
}

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

/* The next run without blanks of [*at, end). */
static struct cpl_span next_field(const char *text, size_t *at, size_t end)
{
    while (*at < end && is_blank(text[*at]))
        ++*at;
    struct cpl_span field = {*at, *at};
    while (*at < end && !is_blank(text[*at]))
        ++*at;
    field.end = *at;
    return field;
}

static bool parse_count(uint64_t *count, const char *text, size_t length)
{
    if (length == 0 || length > CPL_MAX_COUNT_DIGITS)
        return false;
    *count = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        *count = *count * 10 + (uint64_t)(text[i] - '0');
    }
    return true;
}

static bool is_tag(const char *line, struct cpl_span field)
{
    return field.begin < field.end && cpl_byte_is_letter(line[field.begin]);
}

/* White space that does not separate fields, such as U+3000, and control characters: no word may
 * hold them. */
static bool has_space(const char *word, size_t length)
{
    for (size_t at = 0; at < length;) {
        uint32_t code = cpl_utf8_next(word, &at);
        if (code < ' ' || cpl_code_is_space(code))
            return true;
    }
    return false;
}

static cpl_status parse_line(const struct cpl_dictionary_reader *reader,
                             struct cpl_dictionary_entry *entry, const char *line,
                             size_t length, struct cpl_error *error)
{
    size_t at = 0;
    struct cpl_span word = next_field(line, &at, length);
    struct cpl_span second = next_field(line, &at, length);
    struct cpl_span third = next_field(line, &at, length);
    struct cpl_span rest = next_field(line, &at, length);
    if (rest.begin < rest.end)
        return cpl_dictionary_error(
            reader, error, "expected \"word count tag\", found more than three fields");
    if (cpl_utf8_valid_prefix(line, length) < length)
        return cpl_dictionary_error(reader, error, "not UTF-8");
    entry->word = line + word.begin;
    entry->length = word.end - word.begin;
    if (entry->length > CPL_MAX_WORD_BYTES)
        return cpl_dictionary_error(reader, error, "a word of more than 255 bytes");
    if (has_space(entry->word, entry->length))
        return cpl_dictionary_error(reader, error,
                                    "white space or a control character inside a word");
    entry->has_count =
        parse_count(&entry->count, line + second.begin, second.end - second.begin);
    if (!entry->has_count && third.begin == third.end && is_tag(line, second))
        third = second;
    else if (!entry->has_count && second.begin < second.end)
        return cpl_dictionary_error(
            reader, error, "expected a count of at most 13 digits in the second field");
    entry->tag = line + third.begin;
    entry->tag_length = third.end - third.begin;
    return CPL_OK;
}

cpl_status cpl_dictionary_next(struct cpl_dictionary_reader *reader, bool *found,
                               struct cpl_dictionary_entry *entry, struct cpl_error *error)
{
    const char *text = (const char *)reader->map->data;
    *entry = (struct cpl_dictionary_entry){0};
    if (reader->at == 0 && reader->map->size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
        reader->at = 3;
    while (reader->at < reader->map->size && entry->length == 0) {
        const char *line = text + reader->at;
        size_t left = reader->map->size - reader->at;
        const char *feed = memchr(line, '\n', left);
        size_t length = feed ? (size_t)(feed - line) : left;
        reader->at += feed ? length + 1 : length;
        reader->line++;
        CPL_TRY(parse_line(reader, entry, line, length, error));
    }
    *found = entry->length > 0;
    return CPL_OK;
}
