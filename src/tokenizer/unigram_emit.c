/* Tokens of Unigram models: see unigram_emit.h.
 *
 * tokenizers joins the unknown characters that stand side by side and looks the joined text up: it is a
 * piece, or bytes, or the unknown token.  sentencepiece takes each for itself as bytes, of which only
 * the last has an extent, or joins them to one unknown token. */
#include "tokenizer/unigram_emit.h"

#include "base/try.h"

enum { WINDOW = 16384 };

static struct cpl_span place_of(const struct cpl_viterbi_emit *emit, size_t begin, size_t end)
{
    if (emit->origin)
        return (struct cpl_span){emit->origin[begin], emit->origin[end]};
    return (struct cpl_span){emit->base + begin, emit->base + end};
}

/* ---- unknown characters ---------------------------------------------------------------------- */

static bool has_bytes(const struct cpl_viterbi *unigram, const char *text, size_t begin,
                      size_t end)
{
    for (size_t i = begin; i < end; i++)
        if (unigram->byte_id[(unsigned char)text[i]] < 0)
            return false;
    return true;
}

static cpl_status add_bytes(struct cpl_viterbi_emit *emit, const char *text, size_t begin,
                            size_t end, struct cpl_span span, struct cpl_error *error)
{
    const struct cpl_viterbi *unigram = emit->unigram;
    for (size_t i = begin; i < end; i++) {
        bool bare = unigram->narrow && i + 1 < end;
        CPL_TRY(cpl_encoding_add(emit->encoding, unigram->byte_id[(unsigned char)text[i]],
                                 span.begin, bare ? span.begin : span.end, error));
    }
    return CPL_OK;
}

/* tokenizers' way for text[begin, end), all of it unknown. */
static cpl_status add_joined(struct cpl_viterbi_emit *emit, const char *text, size_t begin,
                             size_t end, struct cpl_error *error)
{
    const struct cpl_viterbi *unigram = emit->unigram;
    struct cpl_span span = place_of(emit, begin, end);
    int32_t piece = cpl_viterbi_find(unigram, text + begin, end - begin);
    if (piece < 0 && unigram->byte_fallback && has_bytes(unigram, text, begin, end))
        return add_bytes(emit, text, begin, end, span, error);
    return cpl_encoding_add(emit->encoding, piece >= 0 ? piece : unigram->unknown_id,
                            span.begin, span.end, error);
}

/* Whether what becomes of unknown characters depends on those that follow. */
static bool must_wait(const struct cpl_viterbi *unigram, size_t n_bytes)
{
    bool all = true;
    for (int byte = 0; byte < 256; byte++)
        all = all && unigram->byte_id[byte] >= 0;
    return n_bytes <= unigram->longest || (unigram->byte_fallback && !all);
}

/* ---- runs of unknown characters -------------------------------------------------------------- */

static void close_run(struct cpl_viterbi_emit *emit)
{
    for (size_t i = emit->open_from; emit->open && i < emit->encoding->count; i++)
        emit->encoding->span[i].end = emit->open_end;
    emit->open = false;
}

/* text[begin, end) begins a run that may go on behind the window, or goes on with one. */
static cpl_status add_open(struct cpl_viterbi_emit *emit, const char *text, size_t begin,
                           size_t end, struct cpl_error *error)
{
    struct cpl_span span = place_of(emit, begin, end);
    bool as_bytes = emit->unigram->byte_fallback && !emit->unigram->narrow, more = emit->open;
    if (!more) {
        emit->open_from = emit->encoding->count;
        emit->open_begin = span.begin;
    }
    emit->open = true;
    emit->open_end = span.end;
    span.begin = emit->open_begin;
    if (as_bytes)
        return add_bytes(emit, text, begin, end, span, error);
    return more ? CPL_OK
                : cpl_encoding_add(emit->encoding, emit->unigram->unknown_id, span.begin,
                                   span.end, error);
}

/* ---- all tokens ------------------------------------------------------------------------------ */

/* Bytes of the unknown tokens from number `i` on; *next: the token behind them. */
static size_t run_length(const struct cpl_viterbi_emit *emit,
                         const struct cpl_viterbi_search *search, size_t i, size_t *next)
{
    size_t length = 0;
    for (; i < search->n_tokens && search->token[i].id == emit->unigram->unknown_id; i++)
        length += search->token[i].length;
    *next = i;
    return length;
}

cpl_status cpl_viterbi_emit_tokens(struct cpl_viterbi_emit *emit,
                                   const struct cpl_viterbi_search *search, const char *text,
                                   bool final, size_t *taken, struct cpl_error *error)
{
    const struct cpl_viterbi *unigram = emit->unigram;
    size_t at = 0;
    for (size_t i = 0; i < search->n_tokens;) {
        struct cpl_viterbi_token token = search->token[i];
        size_t end = at + token.length, next = i + 1;
        if (token.id != unigram->unknown_id) {
            struct cpl_span span = place_of(emit, at, end);
            if (emit->open)
                close_run(emit);
            CPL_TRY(cpl_encoding_add(emit->encoding, token.id, span.begin, span.end, error));
        } else if (unigram->narrow && unigram->byte_fallback) {
            CPL_TRY(add_bytes(emit, text, at, end, place_of(emit, at, end), error));
        } else {
            end = at + run_length(emit, search, i, &next);
            bool last = next == search->n_tokens && !final;
            if (last && !unigram->narrow && !emit->open && must_wait(unigram, end - at))
                break;
            if (unigram->narrow || emit->open || last)
                CPL_TRY(add_open(emit, text, at, end, error));
            else
                CPL_TRY(add_joined(emit, text, at, end, error));
        }
        at = end;
        i = next;
    }
    if (final)
        close_run(emit);
    *taken = at;
    return CPL_OK;
}

cpl_status cpl_viterbi_encode(struct cpl_viterbi_emit *emit, struct cpl_viterbi_search *search,
                              const char *text, size_t begin, size_t end,
                              struct cpl_error *error)
{
    size_t window = WINDOW;
    cpl_viterbi_search_start(search);
    while (begin < end) {
        size_t n = end - begin < window ? end - begin : window, settled, taken;
        bool final = n == end - begin;
        emit->base = begin;
        CPL_TRY(cpl_viterbi_search_run(search, emit->unigram, text + begin, n, final, error));
        CPL_TRY(cpl_viterbi_search_settle(search, &settled, error));
        CPL_TRY(cpl_viterbi_emit_tokens(emit, search, text + begin, final, &taken, error));
        cpl_viterbi_search_drop(search, taken);
        begin += taken;
        if (taken == 0)
            window *= 2;
    }
    return CPL_OK;
}
