/* Words of SentencePiece's BPE models that were not met before: see fused_sentence_bpe.h. */
#include "tokenizer/fused_sentence_bpe.h"

#include "base/try.h"
#include "text/utf8.h"

/* The character at bytes[begin, end) has no piece. */
static cpl_status add_unknown(struct cpl_sentence_bpe_output *output, size_t begin, size_t end,
                              struct cpl_error *error)
{
    const struct cpl_sentence_text *text = &output->engine->text;
    struct cpl_encoding *encoding = output->encoding;
    size_t from = encoding->count;
    bool after = output->tokens.after_unknown;
    int32_t unknown = output->fused->model->unigram.unknown_id;
    CPL_TRY(cpl_sentence_token(&output->tokens, unknown, text->bytes, begin, end, error));
    if (from == encoding->count && after)
        encoding->span[from - 1].end = text->origin[end];
    for (size_t i = from; i < encoding->count; i++) {
        struct cpl_span *span = &encoding->span[i];
        *span = (struct cpl_span){text->origin[begin],
                                  text->origin[span->end > begin ? end : begin]};
    }
    return CPL_OK;
}

void cpl_sentence_bpe_merge_late(const struct cpl_sentence_bpe *fused,
                                 struct cpl_bpe_search_memory *memory, size_t from)
{
    size_t n = from;
    for (size_t i = from; i < memory->n; i++) {
        const struct cpl_bpe_merge *merge;
        memory->token[n++] = memory->token[i];
        while (n - from >= 2 &&
               (merge = cpl_bpe_pairs_find(&fused->late, memory->token[n - 2].id,
                                           memory->token[n - 1].id))) {
            memory->token[n - 2] =
                (struct cpl_bpe_token){merge->merged, memory->token[n - 1].end};
            n--;
        }
    }
    memory->n = n;
}

/* Tokens of bytes[begin, end), in which no user-defined piece is; *whole: no unknown character either. */
static cpl_status add_searched(struct cpl_sentence_bpe_output *output, size_t begin, size_t end,
                               bool *whole, struct cpl_error *error)
{
    struct cpl_bpe_search_memory *memory = &output->engine->search;
    const char *word = output->engine->text.bytes + begin;
    size_t length = end - begin, at = 0, last = 0;
    *whole = true;
    memory->n = 0;
    while (at < length) {
        size_t known = memory->n;
        CPL_TRY(cpl_bpe_search_word(&output->fused->search, memory, word, &at, length, error));
        if (output->fused->has_late)
            cpl_sentence_bpe_merge_late(output->fused, memory, known);
        for (size_t i = known; i < memory->n; i++) {
            CPL_TRY(cpl_sentence_bpe_add(output, memory->token[i].id, begin + last,
                                         begin + memory->token[i].end, error));
            last = memory->token[i].end;
            output->tokens.after_unknown = false;
        }
        if (at == length)
            break;
        *whole = false;
        size_t from = at;
        cpl_utf8_next(word, &at);
        CPL_TRY(add_unknown(output, begin + from, begin + at, error));
        last = at;
    }
    return CPL_OK;
}

/* The same, cut at user-defined pieces. */
static cpl_status add_parts(struct cpl_sentence_bpe_output *output, size_t begin, size_t end,
                            bool *whole, struct cpl_error *error)
{
    const struct cpl_sentence_bpe *fused = output->fused;
    const char *bytes = output->engine->text.bytes;
    bool all = true, frozen;
    size_t from = begin;
    for (size_t at = begin; at < end;) {
        size_t length = cpl_sentence_symbol(&fused->model->user, bytes + at, end - at, &frozen);
        if (frozen) {
            if (from < at)
                CPL_TRY(add_searched(output, from, at, whole, error));
            int32_t id = cpl_sentencepiece_id(fused->model, bytes + at, length);
            CPL_TRY(cpl_sentence_bpe_add(output, id, at, at + length, error));
            output->tokens.after_unknown = false;
            from = at + length;
            all = false;
        }
        at += length;
    }
    if (from < end)
        CPL_TRY(add_searched(output, from, end, whole, error));
    *whole = *whole && all;
    return CPL_OK;
}

cpl_status cpl_sentence_bpe_search(struct cpl_sentence_bpe_output *output, size_t begin,
                                   size_t end, bool *whole, struct cpl_error *error)
{
    if (end - begin >= UINT32_MAX)
        return cpl_error_set(error, CPL_ERROR_INPUT, NULL,
                             "a word of more than %u bytes without a break", UINT32_MAX - 1);
    *whole = false;
    return output->fused->rules->has_user ? add_parts(output, begin, end, whole, error)
                                          : add_searched(output, begin, end, whole, error);
}
