/* Windows over the normalised text: see fused_sentence.h. */
#include "tokenizer/fused_sentence.h"

#include "base/try.h"

enum { WINDOW = 4096 }; /* normalised bytes */

cpl_status cpl_sentence_windows(const struct cpl_sentence_rules *rules,
                                struct cpl_sentence_text *normal, const char *text,
                                size_t begin, size_t end, bool first, cpl_window_step *step,
                                void *context, struct cpl_error *error)
{
    struct cpl_sentence_pass pass = {.rules = rules, .text = text, .at = begin, .end = end};
    size_t window = WINDOW, taken;
    bool final;
    CPL_TRY(cpl_sentence_start(&pass, normal, first, &final, error));
    while (!final) {
        CPL_TRY(cpl_sentence_continue(&pass, normal, window, error));
        final = pass.at == pass.end;
        if (final)
            CPL_TRY(cpl_sentence_finish(&pass, normal, error));
        size_t certain = final ? normal->n : cpl_sentence_certain(&pass, normal);
        CPL_TRY(step(context, certain, final, &taken, error));
        cpl_sentence_text_drop(normal, taken);
        if (taken == 0)
            window *= 2;
    }
    return CPL_OK;
}

const struct cpl_sentence_rules *cpl_sentence_rules_only(const struct cpl_tokenizer *tokenizer,
                                                         enum cpl_sentencepiece_kind kind)
{
    const struct cpl_sentencepiece *model = tokenizer->state;
    if (tokenizer->model != &cpl_tokenizer_sentencepiece || model->kind != kind ||
        tokenizer->pre_tokenizers.n > 0 || tokenizer->normalized.n > 0)
        return NULL;
    return cpl_stages_only(&tokenizer->normalizers, "SentencePiece");
}
