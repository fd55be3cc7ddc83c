/* Text with the place that each byte is from, and the work on it: see pipeline.h. */
#include "base/memory.h"
#include "base/try.h"
#include "tokenizer/pipeline.h"
#include <stdlib.h>
#include <string.h>

/* ---- one text -------------------------------------------------------------------------------- */

cpl_status cpl_normal_text_reserve(struct cpl_normal_text *text, size_t more,
                                   struct cpl_error *error)
{
    size_t needed = text->n_bytes + more;
    if (needed < more || needed >= UINT32_MAX)
        return cpl_error_set(error, CPL_ERROR_INPUT, NULL,
                             "the normalised text has more than %u bytes", UINT32_MAX - 1);
    CPL_TRY(cpl_memory_grow(&text->bytes, &text->capacity, needed, 1, error));
    CPL_TRY(cpl_memory_grow(&text->begin, &text->begin_capacity, needed, sizeof *text->begin,
                            error));
    return cpl_memory_grow(&text->end, &text->end_capacity, needed, sizeof *text->end, error);
}

cpl_status cpl_normal_text_add(struct cpl_normal_text *text, const char *bytes, size_t n_bytes,
                               size_t begin, size_t end, struct cpl_error *error)
{
    if (n_bytes == 0)
        return CPL_OK;
    CPL_TRY(cpl_normal_text_reserve(text, n_bytes, error));
    memcpy(text->bytes + text->n_bytes, bytes, n_bytes);
    for (size_t i = 0; i < n_bytes; i++) {
        text->begin[text->n_bytes] = (uint32_t)begin;
        text->end[text->n_bytes++] = (uint32_t)end;
    }
    return CPL_OK;
}

cpl_status cpl_normal_text_take(struct cpl_normal_text *text,
                                const struct cpl_normal_text *source, size_t from, size_t to,
                                struct cpl_error *error)
{
    size_t n = to - from;
    if (n == 0)
        return CPL_OK;
    CPL_TRY(cpl_normal_text_reserve(text, n, error));
    memcpy(text->bytes + text->n_bytes, source->bytes + from, n);
    memcpy(text->begin + text->n_bytes, source->begin + from, n * sizeof *text->begin);
    memcpy(text->end + text->n_bytes, source->end + from, n * sizeof *text->end);
    text->n_bytes += n;
    return CPL_OK;
}

void cpl_normal_text_clear(struct cpl_normal_text *text)
{
    free(text->bytes);
    free(text->begin);
    free(text->end);
    *text = (struct cpl_normal_text){0};
}

/* ---- work ------------------------------------------------------------------------------------ */

void cpl_work_swap_text(struct cpl_work *work)
{
    struct cpl_normal_text text = work->text;
    work->text = work->spare;
    work->spare = text;
}

void cpl_work_compose_text(struct cpl_work *work)
{
    const struct cpl_normal_text *text = &work->text;
    for (size_t i = 0; i < work->spare.n_bytes; i++) {
        uint32_t begin = work->spare.begin[i], end = work->spare.end[i];
        work->spare.begin[i] = begin < text->n_bytes ? text->begin[begin]
                               : text->n_bytes       ? text->end[text->n_bytes - 1]
                                                     : 0;
        work->spare.end[i] = end > begin ? text->end[end - 1] : work->spare.begin[i];
    }
    cpl_work_swap_text(work);
}

void cpl_work_swap_words(struct cpl_work *work)
{
    struct cpl_spans words = work->words;
    work->words = work->spare_words;
    work->spare_words = words;
}

cpl_status cpl_work_add_word(struct cpl_work *work, size_t begin, size_t end,
                             struct cpl_error *error)
{
    struct cpl_spans *words = &work->spare_words;
    if (begin == end)
        return CPL_OK;
    CPL_TRY(cpl_memory_grow(&words->span, &words->capacity, words->count + 1,
                            sizeof *words->span, error));
    words->span[words->count++] = (struct cpl_span){begin, end};
    return CPL_OK;
}

void cpl_work_empty_spare(struct cpl_work *work)
{
    work->spare.n_bytes = work->spare_words.count = 0;
}

void cpl_work_clear(struct cpl_work *work)
{
    cpl_normal_text_clear(&work->text);
    cpl_normal_text_clear(&work->spare);
    cpl_spans_clear(&work->words);
    cpl_spans_clear(&work->spare_words);
}
