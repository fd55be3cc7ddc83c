/* From words to the tokens of SentencePiece models: see sentencepiece.h. */
#include "base/try.h"
#include "text/utf8.h"
#include "tokenizer/sentencepiece.h"
#include "tokenizer/unigram_emit.h"
#include <string.h>

int32_t cpl_sentencepiece_id(const struct cpl_sentencepiece *model, const char *text,
                             size_t length)
{
    int32_t id = cpl_pieces_find(&model->own, text, length);
    return id < 0 || model->type[id] == CPL_TYPE_UNUSED ? model->unigram.unknown_id : id;
}

cpl_status cpl_sentence_token(struct cpl_sentence_tokens *tokens, int32_t id, const char *bytes,
                              size_t begin, size_t end, struct cpl_error *error)
{
    const struct cpl_viterbi *unigram = &tokens->model->unigram;
    struct cpl_encoding *encoding = tokens->encoding;
    bool unknown = id == unigram->unknown_id, after = tokens->after_unknown;
    tokens->after_unknown = unknown;
    for (size_t i = begin; unknown && unigram->byte_fallback && i < end; i++)
        CPL_TRY(cpl_encoding_add(encoding, unigram->byte_id[(unsigned char)bytes[i]], begin,
                                 i + 1 < end ? begin : end, error));
    if (unknown && unigram->byte_fallback)
        return CPL_OK;
    if (!unknown || !after)
        return cpl_encoding_add(encoding, id, begin, end, error);
    encoding->span[encoding->count - 1].end = end;
    return CPL_OK;
}

size_t cpl_sentence_symbol(const struct cpl_piece_trie *user, const char *text, size_t length,
                           bool *frozen)
{
    size_t matched = 0;
    *frozen = cpl_piece_trie_longest(user, 0, text, length, &matched) >= 0;
    if (!*frozen)
        cpl_utf8_next(text, &matched);
    return matched;
}

/* Characters by themselves, or words, which begin at U+2581. */
static cpl_status encode_units(const struct cpl_sentencepiece *model,
                               struct cpl_encoding *encoding, const char *bytes, size_t begin,
                               size_t end, struct cpl_error *error)
{
    struct cpl_sentence_tokens tokens = {.model = model, .encoding = encoding};
    bool by_word = model->kind == CPL_SENTENCEPIECE_WORD, frozen;
    size_t mark = strlen(CPL_META);
    while (begin < end) {
        size_t next =
            begin + cpl_sentence_symbol(&model->user, bytes + begin, end - begin, &frozen);
        if (by_word)
            for (next = begin + 1; next < end; next++)
                if (end - next >= mark && memcmp(bytes + next, CPL_META, mark) == 0)
                    break;
        CPL_TRY(cpl_sentence_token(&tokens,
                                   cpl_sentencepiece_id(model, bytes + begin, next - begin),
                                   bytes, begin, next, error));
        begin = next;
    }
    return CPL_OK;
}

cpl_status cpl_sentencepiece_encode_word(const struct cpl_tokenizer *tokenizer,
                                         struct cpl_encoding *encoding, const char *bytes,
                                         size_t begin, size_t end, struct cpl_error *error)
{
    const struct cpl_sentencepiece *model = tokenizer->state;
    struct cpl_viterbi_emit emit = {.unigram = &model->unigram, .encoding = encoding};
    struct cpl_viterbi_search search = {0};
    if (model->kind == CPL_SENTENCEPIECE_BPE)
        return cpl_sentence_bpe(model, encoding, bytes, begin, end, error);
    if (model->kind != CPL_SENTENCEPIECE_UNIGRAM)
        return encode_units(model, encoding, bytes, begin, end, error);
    cpl_status status = cpl_viterbi_encode(&emit, &search, bytes, begin, end, error);
    cpl_viterbi_search_clear(&search);
    return status;
}
