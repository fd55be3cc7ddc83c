/* SentencePiece's Unigram models in windows: the text is normalised piece by piece, searched as it comes,
 * and given out as soon as nothing can change any more, so memory is that of a window. */
#include "base/memory.h"
#include "base/try.h"
#include "tokenizer/sentencepiece.h"
#include "tokenizer/unigram_emit.h"
#include <stdlib.h>
#include <string.h>

enum { WINDOW = 4096 }; /* normalised bytes; more only where no token settles */

struct fused {
    const struct cpl_sentence_rules *rules;
    const struct cpl_sentencepiece *model;
};
struct engine {
    struct cpl_sentence_text text;
    struct cpl_viterbi_search search;
};

static void engine_free(void *engine)
{
    struct engine *own = engine;
    if (!own)
        return;
    cpl_sentence_text_clear(&own->text);
    cpl_viterbi_search_clear(&own->search);
    free(own);
}

static cpl_status find_engine(struct engine **engine, const struct cpl_tokenizer *tokenizer,
                              struct cpl_encoding *encoding, struct cpl_error *error)
{
    struct cpl_encode_scratch *scratch;
    CPL_TRY(cpl_encoding_scratch(&scratch, tokenizer, encoding, error));
    if (!scratch->engine)
        CPL_TRY(cpl_memory_new(&scratch->engine, 1, sizeof **engine, error));
    scratch->free_engine = engine_free;
    *engine = scratch->engine;
    return CPL_OK;
}

/* The window moves on by n_bytes. */
static void drop(struct engine *engine, size_t n_bytes)
{
    cpl_viterbi_search_drop(&engine->search, n_bytes);
    cpl_sentence_text_drop(&engine->text, n_bytes);
}

static cpl_status fused_encode(const struct cpl_tokenizer *tokenizer, const void *state,
                               struct cpl_encoding *encoding, const char *text, size_t begin,
                               size_t end, bool first, struct cpl_error *error)
{
    const struct fused *fused = state;
    const struct cpl_viterbi *unigram = &fused->model->unigram;
    struct cpl_sentence_pass pass = {
        .rules = fused->rules, .text = text, .at = begin, .end = end};
    struct cpl_viterbi_emit emit = {.unigram = unigram, .encoding = encoding};
    struct engine *engine;
    size_t window = WINDOW, settled, taken;
    bool final;
    CPL_TRY(find_engine(&engine, tokenizer, encoding, error));
    struct cpl_sentence_text *normal = &engine->text;
    cpl_viterbi_search_start(&engine->search);
    CPL_TRY(cpl_sentence_start(&pass, normal, first, &final, error));
    while (!final) {
        CPL_TRY(cpl_sentence_continue(&pass, normal, window, error));
        final = pass.at == pass.end;
        if (final)
            CPL_TRY(cpl_sentence_finish(&pass, normal, error));
        size_t certain = final ? normal->n : cpl_sentence_certain(&pass, normal);
        CPL_TRY(cpl_viterbi_search_run(&engine->search, unigram, normal->bytes, certain, final,
                                       error));
        CPL_TRY(cpl_viterbi_search_settle(&engine->search, &settled, error));
        emit.origin = normal->origin;
        CPL_TRY(cpl_viterbi_emit_tokens(&emit, &engine->search, normal->bytes, final, &taken,
                                        error));
        drop(engine, taken);
        if (taken == 0)
            window *= 2;
    }
    return CPL_OK;
}

static cpl_status fused_attach(void **state, const struct cpl_tokenizer *tokenizer,
                               struct cpl_error *error)
{
    const struct cpl_sentence_rules *rules =
        cpl_stages_only(&tokenizer->normalizers, "SentencePiece");
    const struct cpl_sentencepiece *model = tokenizer->state;
    struct fused *fused = NULL;
    if (!rules || tokenizer->model != &cpl_tokenizer_sentencepiece ||
        model->kind != CPL_SENTENCEPIECE_UNIGRAM || tokenizer->pre_tokenizers.n > 0 ||
        tokenizer->normalized.n > 0)
        return CPL_OK;
    CPL_TRY(cpl_memory_new(&fused, 1, sizeof *fused, error));
    *fused = (struct fused){rules, model};
    *state = fused;
    return CPL_OK;
}

const struct cpl_fused_encoder cpl_fused_sentencepiece = {"sentencepiece", fused_attach,
                                                          fused_encode, free};
