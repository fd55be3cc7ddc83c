/* Encoding by way of all stages: see pipeline.h. */
#include "tokenizer/pipeline.h"

#include "base/memory.h"
#include "base/try.h"
#include "text/utf8.h"
#include "tokenizer/tokenizer_model.h"
#include <stdlib.h>
#include <string.h>

/* ---- memory ---------------------------------------------------------------------------------- */

/* What is kept for one tokenizer goes. */
cpl_status cpl_kept_find(void *state, struct cpl_kept *kept, size_t size,
                         void (*free_state)(void *state), struct cpl_error *error)
{
    if (!kept->state)
        CPL_TRY(cpl_memory_new(&kept->state, 1, size, error));
    kept->free_state = free_state;
    *(void **)state = kept->state;
    return CPL_OK;
}

static void kept_clear(struct cpl_kept *kept)
{
    if (kept->free_state)
        kept->free_state(kept->state);
    *kept = (struct cpl_kept){0};
}

static void forget_owner(struct cpl_encode_scratch *scratch)
{
    kept_clear(&scratch->engine);
    kept_clear(&scratch->model_work);
}

void cpl_encode_scratch_free(struct cpl_encode_scratch *scratch)
{
    if (!scratch)
        return;
    cpl_work_clear(&scratch->work);
    cpl_normal_text_clear(&scratch->whole);
    forget_owner(scratch);
    free(scratch);
}

cpl_status cpl_encoding_scratch(struct cpl_encode_scratch **scratch,
                                const struct cpl_tokenizer *tokenizer,
                                struct cpl_encoding *encoding, struct cpl_error *error)
{
    if (!encoding->scratch)
        CPL_TRY(cpl_memory_new(&encoding->scratch, 1, sizeof *encoding->scratch, error));
    struct cpl_encode_scratch *own = encoding->scratch;
    if (own->owner != tokenizer->serial) {
        forget_owner(own);
        own->owner = tokenizer->serial;
    }
    *scratch = own;
    return CPL_OK;
}

/* ---- stages ---------------------------------------------------------------------------------- */

static cpl_status load_text(struct cpl_normal_text *into, const char *text, size_t begin,
                            size_t end, struct cpl_error *error)
{
    into->n_bytes = 0;
    CPL_TRY(cpl_normal_text_reserve(into, end - begin, error));
    memcpy(into->bytes, text + begin, end - begin);
    into->n_bytes = end - begin;
    for (size_t at = begin; at < end;) {
        size_t from = at;
        cpl_utf8_next(text, &at);
        for (size_t i = from; i < at; i++) {
            into->begin[i - begin] = (uint32_t)from;
            into->end[i - begin] = (uint32_t)at;
        }
    }
    return CPL_OK;
}

/* Spans of tokens [from, count) are bytes of work->text; they become places of the input. */
static void place_spans(struct cpl_encoding *encoding, size_t from,
                        const struct cpl_normal_text *text)
{
    for (size_t i = from; i < encoding->count; i++) {
        struct cpl_span *span = &encoding->span[i];
        size_t begin = span->begin, end = span->end;
        span->begin = begin < text->n_bytes ? text->begin[begin]
                      : text->n_bytes       ? text->end[text->n_bytes - 1]
                                            : 0;
        span->end = end > begin ? text->end[end - 1] : span->begin;
    }
}

/* Pre-tokenizers over work->text. */
static cpl_status find_words(const struct cpl_tokenizer *tokenizer, struct cpl_work *work,
                             struct cpl_error *error)
{
    work->spare_words.count = 0;
    CPL_TRY(cpl_work_add_word(work, 0, work->text.n_bytes, error));
    cpl_work_swap_words(work);
    return cpl_stages_apply(&tokenizer->pre_tokenizers, work, error);
}

cpl_status cpl_pipeline_stages(const struct cpl_tokenizer *tokenizer, struct cpl_work *work,
                               const char *text, size_t length, struct cpl_error *error)
{
    CPL_TRY(load_text(&work->text, text, 0, length, error));
    work->first = true;
    work->origin = 0;
    CPL_TRY(cpl_stages_apply(&tokenizer->normalizers, work, error));
    return find_words(tokenizer, work, error);
}

/* Pre-tokenizers and model over work->text. */
static cpl_status encode_words(const struct cpl_tokenizer *tokenizer, struct cpl_work *work,
                               struct cpl_encoding *encoding, struct cpl_error *error)
{
    size_t from = encoding->count;
    CPL_TRY(find_words(tokenizer, work, error));
    for (size_t i = 0; i < work->words.count; i++)
        CPL_TRY(tokenizer->model->encode_word(tokenizer, encoding, work->text.bytes,
                                              work->words.span[i].begin,
                                              work->words.span[i].end, error));
    place_spans(encoding, from, &work->text);
    return CPL_OK;
}

/* Added tokens of the normalised text cut it into sections of their own. */
static cpl_status encode_sections(const struct cpl_tokenizer *tokenizer,
                                  struct cpl_encode_scratch *scratch,
                                  struct cpl_encoding *encoding, struct cpl_error *error)
{
    struct cpl_work *work = &scratch->work;
    struct cpl_normal_text *whole = &scratch->whole, moved = *whole;
    struct cpl_added_search search = {0};
    const struct cpl_added_token *token;
    size_t begin, end, done = 0;
    bool first = work->first, more = true;
    *whole = work->text;
    work->text = moved;
    while (more) {
        more = cpl_added_tokens_find(&tokenizer->normalized, &search, whole->bytes,
                                     whole->n_bytes, &token, &begin, &end);
        size_t stop = more ? begin : whole->n_bytes;
        work->text.n_bytes = 0;
        work->first = first && done == 0;
        if (done < stop) {
            CPL_TRY(cpl_normal_text_take(&work->text, whole, done, stop, error));
            CPL_TRY(encode_words(tokenizer, work, encoding, error));
        }
        if (more)
            CPL_TRY(cpl_encoding_add(encoding, token->id, whole->begin[begin],
                                     whole->end[end - 1], error));
        done = more ? end : done;
    }
    return CPL_OK;
}

cpl_status cpl_pipeline_encode(const struct cpl_tokenizer *tokenizer,
                               struct cpl_encoding *encoding, const char *text, size_t begin,
                               size_t end, bool first, struct cpl_error *error)
{
    struct cpl_encode_scratch *scratch;
    if (begin == end)
        return CPL_OK;
    CPL_TRY(cpl_encoding_scratch(&scratch, tokenizer, encoding, error));
    struct cpl_work *work = &scratch->work;
    CPL_TRY(load_text(&work->text, text, begin, end, error));
    work->first = first;
    work->origin = begin;
    CPL_TRY(cpl_stages_apply(&tokenizer->normalizers, work, error));
    if (tokenizer->normalized.n > 0)
        return encode_sections(tokenizer, scratch, encoding, error);
    return work->text.n_bytes > 0 ? encode_words(tokenizer, work, encoding, error) : CPL_OK;
}
