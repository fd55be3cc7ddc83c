/* SentencePiece's Unigram models in windows: the text is searched as it comes, and given out as soon as
 * nothing can change any more. */
#include "base/memory.h"
#include "base/try.h"
#include "tokenizer/fused_sentence.h"
#include "tokenizer/unigram_emit.h"
#include <stdlib.h>

struct engine {
    struct cpl_sentence_text text;
    struct cpl_viterbi_search search;
};

static void engine_free(void *state)
{
    struct engine *engine = state;
    if (!engine)
        return;
    cpl_sentence_text_clear(&engine->text);
    cpl_viterbi_search_clear(&engine->search);
    free(engine);
}

/* Where the tokens of a window go. */
struct output {
    struct engine *engine;
    struct cpl_viterbi_emit emit;
};

static cpl_status take_window(void *context, size_t certain, bool final, size_t *taken,
                              struct cpl_error *error)
{
    struct output *output = context;
    struct cpl_viterbi_search *search = &output->engine->search;
    const struct cpl_sentence_text *normal = &output->engine->text;
    size_t settled;
    CPL_TRY(cpl_viterbi_search_run(search, output->emit.unigram, normal->bytes, certain, final,
                                   error));
    CPL_TRY(cpl_viterbi_search_settle(search, &settled, error));
    output->emit.origin = normal->origin;
    CPL_TRY(cpl_viterbi_emit_tokens(&output->emit, search, normal->bytes, final, taken, error));
    cpl_viterbi_search_drop(search, *taken);
    return CPL_OK;
}

static cpl_status fused_encode(const struct cpl_tokenizer *tokenizer, const void *state,
                               struct cpl_encoding *encoding, const char *text, size_t begin,
                               size_t end, bool first, struct cpl_error *error)
{
    const struct cpl_sentence_rules *const *rules = state;
    const struct cpl_sentencepiece *model = tokenizer->state;
    struct output output = {.emit = {.unigram = &model->unigram, .encoding = encoding}};
    struct cpl_encode_scratch *scratch;
    CPL_TRY(cpl_encoding_scratch(&scratch, tokenizer, encoding, error));
    CPL_TRY(cpl_kept_find(&output.engine, &scratch->engine, sizeof *output.engine, engine_free,
                          error));
    cpl_viterbi_search_start(&output.engine->search);
    return cpl_sentence_windows(*rules, &output.engine->text, text, begin, end, first,
                                take_window, &output, error);
}

static cpl_status fused_attach(void **state, const struct cpl_tokenizer *tokenizer,
                               struct cpl_error *error)
{
    const struct cpl_sentence_rules *rules =
        cpl_sentence_rules_only(tokenizer, CPL_SENTENCEPIECE_UNIGRAM);
    const struct cpl_sentence_rules **own = NULL;
    if (!rules)
        return CPL_OK;
    CPL_TRY(cpl_memory_new(&own, 1, sizeof *own, error));
    *own = rules;
    *state = own;
    return CPL_OK;
}

const struct cpl_fused_encoder cpl_fused_sentencepiece = {"sentencepiece", fused_attach,
                                                          fused_encode, free};
