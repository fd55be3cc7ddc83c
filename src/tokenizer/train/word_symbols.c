/* Counted words as numbers: see word_symbols.h. */
#include "tokenizer/train/word_symbols.h"

#include "base/memory.h"
#include "base/try.h"
#include "text/utf8.h"
#include <stdlib.h>
#include <string.h>

enum { CODE_LIMIT = 0x110000 };

void cpl_word_symbols_clear(struct cpl_word_symbols *words)
{
    free(words->symbol);
    free(words->begin);
    free(words->count);
    *words = (struct cpl_word_symbols){0};
}

/* ---- characters ------------------------------------------------------------------------------ */

cpl_status cpl_words_characters(struct cpl_character_count **list, size_t *n,
                                const struct cpl_counted_words *words, struct cpl_error *error)
{
    struct cpl_character_count *of_code = NULL;
    cpl_status status = CPL_OK;
    *n = 0;
    CPL_TRY_GOTO(cpl_memory_new(&of_code, CODE_LIMIT, sizeof *of_code, error));
    for (size_t word = 0; word < words->n; word++) {
        size_t begin = words->begin[word], end = words->begin[word + 1];
        for (size_t at = begin; at < end;) {
            size_t from = at;
            struct cpl_character_count *one = &of_code[cpl_utf8_next(words->pool, &at)];
            *(from == begin && at == end ? &one->alone : &one->inside) += words->count[word];
        }
    }
    for (uint32_t code = 1; code < CODE_LIMIT; code++) { /* no piece can hold a NUL */
        if (of_code[code].alone + of_code[code].inside == 0)
            continue;
        of_code[*n] = of_code[code];
        of_code[(*n)++].code = code;
    }
    *list = of_code;
    return CPL_OK;
done:
    free(of_code);
    return status;
}

static int compare_counts(const void *left, const void *right)
{
    const struct cpl_character_count *a = left, *b = right;
    uint64_t first = a->alone + a->inside, second = b->alone + b->inside;
    if (first != second)
        return first > second ? -1 : 1;
    return (a->code > b->code) - (a->code < b->code);
}

static int compare_codes(const void *left, const void *right)
{
    const struct cpl_character_count *a = left, *b = right;
    return (a->code > b->code) - (a->code < b->code);
}

void cpl_characters_by_count(struct cpl_character_count *list, size_t n)
{
    if (n > 0)
        qsort(list, n, sizeof *list, compare_counts);
}

void cpl_characters_limit(struct cpl_character_count *list, size_t *n, size_t limit)
{
    cpl_characters_by_count(list, *n);
    if (*n > limit)
        *n = limit;
    if (*n > 0)
        qsort(list, *n, sizeof *list, compare_codes);
}

/* ---- splitting ------------------------------------------------------------------------------- */

struct splitting {
    struct cpl_word_symbols *out;
    const struct cpl_pieces *pieces;
    const struct cpl_word_split_options *options;
    size_t prefix_length;
    uint32_t
        *last_of; /* cache [CODE_LIMIT]: id + 2 of a character inside a word, 0: not asked */
};

static int32_t find_character(struct splitting *work, const char *character, size_t length,
                              uint32_t code, bool first)
{
    char text[16];
    size_t skip = first ? work->prefix_length : 0;
    bool cached = !first || work->prefix_length == 0;
    if (cached && work->last_of[code])
        return (int32_t)work->last_of[code] - 2;
    memcpy(text, work->options->prefix, work->prefix_length);
    memcpy(text + work->prefix_length, character, length);
    int32_t id =
        cpl_pieces_find(work->pieces, text + skip, work->prefix_length - skip + length);
    if (cached)
        work->last_of[code] = (uint32_t)(id + 2);
    return id;
}

/* Ends the word (or part) that began at `first`; too short ones are taken back. */
static void end_word(struct splitting *work, uint32_t first, uint64_t count)
{
    struct cpl_word_symbols *out = work->out;
    uint32_t n = out->n_symbols - first;
    if (n < (work->options->single_symbols ? 1 : 2)) {
        out->n_symbols = first;
        return;
    }
    out->count[out->n_words++] = count;
    out->begin[out->n_words] = out->n_symbols;
}

static void split_characters(struct splitting *work, const char *word, size_t length,
                             uint64_t count)
{
    struct cpl_word_symbols *out = work->out;
    uint32_t first = out->n_symbols;
    for (size_t at = 0; at < length;) {
        size_t begin = at;
        uint32_t code = cpl_utf8_next(word, &at);
        int32_t id = find_character(work, word + begin, at - begin, code, begin == 0);
        if (id >= 0) {
            out->symbol[out->n_symbols++] = id - work->options->first_symbol;
            continue;
        }
        if (work->options->split == CPL_SPLIT_ALL_KNOWN) {
            out->n_symbols = first;
            return;
        }
        end_word(work, first, count);
        first = out->n_symbols;
    }
    end_word(work, first, count);
}

cpl_status cpl_words_split(struct cpl_word_symbols *symbols,
                           const struct cpl_counted_words *words,
                           const struct cpl_pieces *pieces,
                           const struct cpl_word_split_options *options,
                           struct cpl_error *error)
{
    struct splitting work = {.out = symbols, .pieces = pieces, .options = options};
    cpl_status status = CPL_OK;
    work.prefix_length = strlen(options->prefix);
    *symbols = (struct cpl_word_symbols){0};
    /* parts of a word, each of a symbol at least, with a character between: at most n_bytes + 1 */
    size_t n_bytes = words->begin[words->n];
    if (n_bytes >= UINT32_MAX / 4)
        return cpl_error_set(error, CPL_ERROR_SYSTEM, NULL,
                             "%zu bytes of different words are more than can be learned from",
                             n_bytes);
    size_t n_parts = words->n;
    for (size_t i = 0; options->split == CPL_SPLIT_PARTS && i < words->n; i++)
        n_parts += (words->begin[i + 1] - words->begin[i]) / 2;
    CPL_TRY_GOTO(
        cpl_memory_new_raw(&symbols->symbol, n_bytes * sizeof *symbols->symbol, 64, error));
    CPL_TRY_GOTO(
        cpl_memory_new_raw(&symbols->begin, (n_parts + 1) * sizeof *symbols->begin, 64, error));
    CPL_TRY_GOTO(
        cpl_memory_new_raw(&symbols->count, n_parts * sizeof *symbols->count, 64, error));
    symbols->begin[0] = 0;
    CPL_TRY_GOTO(cpl_memory_new(&work.last_of, CODE_LIMIT, sizeof *work.last_of, error));
    for (size_t i = 0; i < words->n; i++)
        split_characters(&work, words->pool + words->begin[i],
                         words->begin[i + 1] - words->begin[i], words->count[i]);
done:
    free(work.last_of);
    if (status != CPL_OK)
        cpl_word_symbols_clear(symbols);
    return status;
}
