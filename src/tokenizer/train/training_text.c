/* From texts to counted words: see training_text.h. */
#include "tokenizer/train/training_text.h"

#include "base/memory.h"
#include "base/try.h"
#include "text/utf8.h"
#include <omp.h>
#include <stdlib.h>
#include <string.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

enum {
    UNIT = 16 << 10, /* bytes from which on a unit ends at the next place that allows it */
    LONGEST_UNIT = 1 << 20, /* without such a place it ends here */
    BATCH = 4 << 20,        /* bytes that wait, for each thread */
};

struct cpl_text_counter {
    struct cpl_work work;
    struct cpl_spans words; /* of the segmenter */
    struct cpl_word_counts *counts;
};

cpl_status cpl_training_text_init(struct cpl_training_text *texts,
                                  const struct cpl_text_options *options,
                                  struct cpl_error *error)
{
    size_t n = (size_t)options->threads;
    *texts = (struct cpl_training_text){.options = *options};
    CPL_TRY(cpl_memory_new(&texts->own, n, sizeof *texts->own, error));
    CPL_TRY(cpl_memory_new(&texts->counter, n, sizeof *texts->counter, error));
    for (size_t i = 0; i < n; i++)
        texts->counter[i].counts = &texts->own[i];
    return CPL_OK;
}

void cpl_training_text_clear(struct cpl_training_text *texts)
{
    for (int i = 0; texts->counter && i < texts->options.threads; i++) {
        cpl_work_clear(&texts->counter[i].work);
        cpl_spans_clear(&texts->counter[i].words);
        cpl_word_counts_clear(&texts->own[i]);
    }
    free(texts->own);
    free(texts->counter);
    free(texts->bytes);
    free(texts->unit);
    cpl_word_counts_clear(&texts->counts);
    cpl_stages_clear(&texts->options.normalizers);
    cpl_stages_clear(&texts->options.pre_tokenizers);
    *texts = (struct cpl_training_text){0};
}

/* ---- units ----------------------------------------------------------------------------------- */

static bool space_before(const char *text, size_t at)
{
    size_t before = cpl_utf8_before(text, at);
    return cpl_code_is_space(cpl_utf8_next(text, &before));
}

/* May a unit end before text[at], which is above `begin` and below the text's length? */
static bool may_cut(enum cpl_unit_cut cut, const char *text, size_t at)
{
    switch (cut) {
    case CPL_CUT_LINES: return text[at - 1] == '\n';
    case CPL_CUT_BEFORE_LINE: return text[at] == '\n' && !space_before(text, at);
    case CPL_CUT_AFTER_LINE:
        return text[at - 1] == '\n' && !cpl_code_is_space(cpl_utf8_next(text, &at));
    }
    return false;
}

static size_t end_of_unit(enum cpl_unit_cut cut, const char *text, size_t begin, size_t length)
{
    if (length - begin <= UNIT)
        return length;
    size_t last = length - begin > LONGEST_UNIT ? begin + LONGEST_UNIT : length;
    for (size_t at = begin + UNIT; at < last; at++)
        if (((unsigned char)text[at] & 0xC0) != 0x80 && may_cut(cut, text, at))
            return at;
    while (last < length && ((unsigned char)text[last] & 0xC0) == 0x80)
        last--;
    return last;
}

static cpl_status count_batch(struct cpl_training_text *texts, struct cpl_error *error);

cpl_status cpl_training_text_add(struct cpl_training_text *texts, const char *text,
                                 size_t length, struct cpl_error *error)
{
    size_t valid = cpl_utf8_valid_prefix(text, length);
    size_t batch = (size_t)texts->options.threads * BATCH;
    if (valid != length)
        return cpl_error_set(error, CPL_ERROR_INPUT, NULL, "the text is not UTF-8 at byte %zu",
                             valid);
    for (size_t begin = 0, end; begin < length; begin = end) {
        end = end_of_unit(texts->options.cut, text, begin, length);
        size_t n = end - begin;
        CPL_TRY(cpl_memory_grow(&texts->bytes, &texts->capacity, texts->n_bytes + n, 1, error));
        CPL_TRY(cpl_memory_grow(&texts->unit, &texts->unit_capacity, texts->n_units + 1,
                                sizeof *texts->unit, error));
        memcpy(texts->bytes + texts->n_bytes, text + begin, n);
        texts->unit[texts->n_units++] =
            (struct cpl_text_unit){texts->n_bytes, texts->n_bytes + n, begin == 0};
        texts->n_bytes += n;
        if (texts->n_bytes >= batch)
            CPL_TRY(count_batch(texts, error));
    }
    return CPL_OK;
}

/* ---- words ----------------------------------------------------------------------------------- */

static cpl_status count_word(const struct cpl_text_options *options,
                             struct cpl_text_counter *counter, const char *word, size_t length,
                             uint32_t level, struct cpl_error *error)
{
    if (length == 0 ||
        (options->longest_word > 0 && cpl_utf8_count(word, length) > options->longest_word))
        return CPL_OK;
    return cpl_word_counts_add(counter->counts, word, length, level, 1, error);
}

/* The first run of Chinese in text[*begin, length); false if there is none. */
static bool find_chinese(const char *text, size_t length, size_t *begin, size_t *end)
{
    size_t at = *begin;
    bool inside = false;
    while (at < length) {
        size_t from = at;
        bool chinese = cpl_code_is_han(cpl_utf8_next(text, &at));
        if (chinese && !inside)
            *begin = from;
        if (inside && !chinese) {
            *end = from;
            return true;
        }
        inside = chinese;
    }
    *end = length;
    return inside;
}

/* A word with Chinese is cut at the borders of the segmenter's words in it; the mark of a space stays
 * with what follows. */
static cpl_status count_segmented(const struct cpl_text_options *options,
                                  struct cpl_text_counter *counter, const char *word,
                                  size_t length, uint32_t level, struct cpl_error *error)
{
    static const char mark[] = "\xE2\x96\x81"; /* ▁ */
    size_t done = 0, begin = 0, end;
    for (; find_chinese(word, length, &begin, &end); begin = end) {
        bool marked = begin - done == 3 && memcmp(word + done, mark, 3) == 0;
        if (!marked) {
            CPL_TRY(count_word(options, counter, word + done, begin - done, level, error));
            done = begin;
        }
        CPL_TRY(
            cpl_segment(options->segmenter, &counter->words, word + begin, end - begin, error));
        for (size_t i = 0; i < counter->words.count; i++) {
            size_t until = begin + counter->words.span[i].end;
            CPL_TRY(count_word(options, counter, word + done, until - done, level, error));
            done = until;
        }
    }
    return count_word(options, counter, word + done, length - done, level, error);
}

static cpl_status count_section(const struct cpl_text_options *options,
                                struct cpl_text_counter *counter, const char *text,
                                size_t length, bool first, uint32_t level,
                                struct cpl_error *error)
{
    struct cpl_work *work = &counter->work;
    work->text.n_bytes = work->spare_words.count = 0;
    work->first = first;
    CPL_TRY(cpl_normal_text_add(&work->text, text, length, 0, length, error));
    CPL_TRY(cpl_stages_apply(&options->normalizers, work, error));
    work->spare_words.count = 0;
    CPL_TRY(cpl_work_add_word(work, 0, work->text.n_bytes, error));
    cpl_work_swap_words(work);
    CPL_TRY(cpl_stages_apply(&options->pre_tokenizers, work, error));
    for (size_t i = 0; i < work->words.count; i++) {
        struct cpl_span word = work->words.span[i];
        CPL_TRY((options->segmenter ? count_segmented : count_word)(
            options, counter, work->text.bytes + word.begin, word.end - word.begin, level,
            error));
    }
    return CPL_OK;
}

static cpl_status count_unit(const struct cpl_training_text *texts,
                             struct cpl_text_counter *counter, const struct cpl_text_unit *unit,
                             struct cpl_error *error)
{
    const char *text = texts->bytes + unit->begin;
    size_t length = unit->end - unit->begin;
    uint64_t hash = XXH3_64bits(text, length);
    uint32_t level = hash ? (uint32_t)__builtin_ctzll(hash) : 63;
    if (level < texts->counts.level)
        return CPL_OK;
    if (texts->options.cut != CPL_CUT_LINES)
        return count_section(&texts->options, counter, text, length, unit->first, level, error);
    for (size_t begin = 0; begin < length;) {
        const char *feed = memchr(text + begin, '\n', length - begin);
        size_t end = feed ? (size_t)(feed - text) : length;
        if (end > begin)
            CPL_TRY(count_section(&texts->options, counter, text + begin, end - begin,
                                  unit->first && begin == 0, level, error));
        begin = end + 1;
    }
    return CPL_OK;
}

static cpl_status count_batch(struct cpl_training_text *texts, struct cpl_error *error)
{
    cpl_status worst = CPL_OK;
    int threads = texts->options.threads;
#pragma omp parallel for num_threads(threads) schedule(dynamic, 4) if (texts->n_units > 1)
    for (size_t i = 0; i < texts->n_units; i++) {
        struct cpl_error mine = {0};
        cpl_status status =
            count_unit(texts, &texts->counter[omp_get_thread_num()], &texts->unit[i], &mine);
        if (status == CPL_OK)
            continue;
#pragma omp critical(cpl_training_text)
        if (worst == CPL_OK) {
            worst = status;
            if (error)
                *error = mine;
        }
    }
    texts->n_bytes = texts->n_units = 0;
    CPL_TRY(worst);
    CPL_TRY(cpl_word_counts_sum(&texts->counts, texts->own, (size_t)threads, threads, error));
    return cpl_word_counts_limit(&texts->counts, texts->options.limit, error);
}

cpl_status cpl_training_text_words(struct cpl_training_text *texts,
                                   struct cpl_counted_words *words, struct cpl_error *error)
{
    CPL_TRY(count_batch(texts, error));
    return cpl_word_counts_list(words, &texts->counts, error);
}
