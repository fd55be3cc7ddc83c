/* SentencePiece's BPE models in windows: normalised text is cut where no piece reaches over; what lies
 * between is a character, or a word (fused_sentence_bpe.h). */
#include "base/memory.h"
#include "base/try.h"
#include "text/utf8.h"
#include "tokenizer/fused_bpe.h"
#include "tokenizer/fused_sentence_bpe.h"
#include <stdlib.h>

/* End of the word at bytes[at, n): where two characters stand side by side in no piece. */
static inline size_t word_end(const struct cpl_sentence_bpe *fused, const char *bytes,
                              size_t at, size_t n, uint32_t *code)
{
    *code = cpl_utf8_next(bytes, &at);
    for (uint32_t left = *code, right; at < n; left = right) {
        size_t next = at;
        right = cpl_utf8_next(bytes, &next);
        if (!cpl_borders_join(&fused->borders, left, right))
            break;
        at = next;
    }
    return at;
}

static cpl_status add_cached(struct cpl_sentence_bpe_output *output,
                             const struct cpl_cached_word *word, size_t begin, size_t end,
                             struct cpl_error *error)
{
    size_t at = begin;
    for (size_t i = 0; i + 1u < word->n; i++) {
        CPL_TRY(cpl_sentence_bpe_add(output, word->id[i], at, begin + word->end[i], error));
        at = begin + word->end[i];
    }
    output->tokens.after_unknown = false;
    return cpl_sentence_bpe_add(output, word->id[word->n - 1], at, end, error);
}

/* Tokens of the word, bytes [begin, end) of the window: from the cache, or searched. */
static cpl_status add_word(struct cpl_sentence_bpe_output *output, size_t begin, size_t end,
                           struct cpl_error *error)
{
    struct cpl_sentence_bpe_engine *engine = output->engine;
    struct cpl_cached_word *place;
    uint64_t key[3];
    bool whole;
    if (end - begin > CPL_CACHED_BYTES)
        return cpl_sentence_bpe_search(output, begin, end, &whole, error);
    cpl_word_key(key, engine->text.bytes + begin, end - begin, engine->text.n - begin);
    place = cpl_word_place(&engine->cache, key);
    if (cpl_word_same(place, key))
        return add_cached(output, place, begin, end, error);
    CPL_TRY(cpl_sentence_bpe_search(output, begin, end, &whole, error));
    if (whole)
        cpl_bpe_word_keep(place, key, engine->search.token, engine->search.n);
    return CPL_OK;
}

/* The words of the window as far as they are certain. */
static cpl_status take_window(void *context, size_t n, bool final, size_t *taken,
                              struct cpl_error *error)
{
    struct cpl_sentence_bpe_output *output = context;
    const struct cpl_sentence_bpe *fused = output->fused;
    const char *bytes = output->engine->text.bytes;
    size_t at = 0;
    while (at < n) {
        uint32_t code;
        size_t end = word_end(fused, bytes, at, n, &code), first = at;
        if (end == n && !final)
            break;
        cpl_utf8_next(bytes, &first);
        int32_t single = end == first && code < CPL_SINGLES ? fused->single[code] : -1;
        if (single >= 0) {
            output->tokens.after_unknown = false;
            CPL_TRY(cpl_sentence_bpe_add(output, single, at, end, error));
        } else {
            CPL_TRY(add_word(output, at, end, error));
        }
        at = end;
    }
    *taken = at;
    if (at == n || n - at < cpl_sentence_bpe_long(fused))
        return CPL_OK;
    return cpl_sentence_bpe_begin(output, at, n, taken, error);
}

static void engine_free(void *state)
{
    struct cpl_sentence_bpe_engine *engine = state;
    if (!engine)
        return;
    cpl_sentence_text_clear(&engine->text);
    cpl_bpe_search_memory_clear(&engine->search);
    cpl_word_cache_clear(&engine->cache);
    free(engine);
}

static cpl_status fused_encode(const struct cpl_tokenizer *tokenizer, const void *state,
                               struct cpl_encoding *encoding, const char *text, size_t begin,
                               size_t end, bool first, struct cpl_error *error)
{
    const struct cpl_sentence_bpe *fused = state;
    struct cpl_sentence_bpe_output output = {
        .fused = fused, .encoding = encoding, .tokens = {fused->model, encoding, false}};
    struct cpl_encode_scratch *scratch;
    CPL_TRY(cpl_encoding_scratch(&scratch, tokenizer, encoding, error));
    CPL_TRY(cpl_kept_find(&output.engine, &scratch->engine, sizeof *output.engine, engine_free,
                          error));
    CPL_TRY(cpl_word_cache_init(&output.engine->cache, error));
    return cpl_sentence_windows(fused->rules, &output.engine->text, text, begin, end, first,
                                take_window, &output, error);
}

static cpl_status fused_attach(void **state, const struct cpl_tokenizer *tokenizer,
                               struct cpl_error *error)
{
    const struct cpl_sentence_rules *rules =
        cpl_sentence_rules_only(tokenizer, CPL_SENTENCEPIECE_BPE);
    const struct cpl_sentencepiece *model = tokenizer->state;
    struct cpl_sentence_bpe *fused = NULL;
    bool possible = false;
    if (!rules || model->has_unused)
        return CPL_OK;
    CPL_TRY(cpl_memory_new(&fused, 1, sizeof *fused, error));
    fused->rules = rules;
    cpl_status status = cpl_sentence_bpe_build(fused, model, &possible, error);
    if (status == CPL_OK && possible)
        *state = fused;
    else
        cpl_sentence_bpe_free(fused);
    return status;
}

const struct cpl_fused_encoder cpl_fused_sentencepiece_bpe = {
    "sentencepiece_bpe", fused_attach, fused_encode, cpl_sentence_bpe_free};
