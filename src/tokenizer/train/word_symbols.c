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

/* Counts of 256 neighbouring code points each; most blocks are never needed. */
struct block {
    uint64_t alone[256], inside[256];
};
struct character_table {
    uint32_t block_of[CODE_LIMIT >> 8]; /* number + 1 */
    struct block *block;
    size_t n, capacity;
};

static cpl_status count_character(struct character_table *table, uint32_t code, bool alone,
                                  uint64_t count, struct cpl_error *error)
{
    uint32_t *number = &table->block_of[code >> 8];
    if (*number == 0) {
        CPL_TRY(cpl_memory_grow(&table->block, &table->capacity, table->n + 1,
                                sizeof *table->block, error));
        table->block[table->n] = (struct block){0};
        *number = (uint32_t)++table->n;
    }
    struct block *block = &table->block[*number - 1];
    (alone ? block->alone : block->inside)[code & 0xFF] += count;
    return CPL_OK;
}

/* By code point; no piece can hold a NUL, so that is left out. */
static cpl_status list_characters(struct cpl_character_count **list, size_t *n,
                                  const struct character_table *table, struct cpl_error *error)
{
    size_t capacity = 0;
    for (uint32_t code = 1; code < CODE_LIMIT; code++) {
        uint32_t number = table->block_of[code >> 8];
        if (number == 0) {
            code |= 0xFF; /* to the end of the block */
            continue;
        }
        const struct block *block = &table->block[number - 1];
        uint64_t alone = block->alone[code & 0xFF], inside = block->inside[code & 0xFF];
        if (alone + inside == 0)
            continue;
        CPL_TRY(cpl_memory_grow(list, &capacity, *n + 1, sizeof **list, error));
        (*list)[(*n)++] = (struct cpl_character_count){code, alone, inside};
    }
    return CPL_OK;
}

cpl_status cpl_words_characters(struct cpl_character_count **list, size_t *n,
                                const struct cpl_counted_words *words, struct cpl_error *error)
{
    struct character_table *table = NULL;
    cpl_status status = CPL_OK;
    *n = 0;
    CPL_TRY_GOTO(cpl_memory_new(&table, 1, sizeof *table, error));
    for (size_t word = 0; word < words->n; word++) {
        size_t begin = words->begin[word], end = words->begin[word + 1];
        for (size_t at = begin; at < end;) {
            bool first = at == begin;
            uint32_t code = cpl_utf8_next(words->pool, &at);
            CPL_TRY_GOTO(
                count_character(table, code, first && at == end, words->count[word], error));
        }
    }
    status = list_characters(list, n, table, error);
done:
    if (table)
        free(table->block);
    free(table);
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
