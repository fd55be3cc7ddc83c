/* The fused encoder of SentencePiece's BPE models: building it (fused_sentence_bpe_build.c), its windows
 * (fused_sentencepiece_bpe.c), and the words in them that were not met before
 * (fused_sentence_bpe_words.c).
 *
 * Some models have pieces that were added later with the lowest score, all the same (Llama 2: runs of
 * spaces).  The search refuses them, but as their turn comes last they can be merged behind it. */
#ifndef CPL_TOKENIZER_FUSED_SENTENCE_BPE_H
#define CPL_TOKENIZER_FUSED_SENTENCE_BPE_H

#include "tokenizer/bpe_search.h"
#include "tokenizer/fused_sentence.h"
#include "tokenizer/piece_borders.h"
#include "tokenizer/word_cache.h"

enum { CPL_SINGLES = 0x10000 };

struct cpl_sentence_bpe {
    const struct cpl_sentence_rules *rules;
    const struct cpl_sentencepiece *model;
    struct cpl_borders borders;
    struct cpl_bpe_pairs pairs;
    struct cpl_bpe_pairs late; /* of the lowest score, when the search does not take them */
    struct cpl_bpe_search search;
    bool has_late;
    int32_t *single; /* [CPL_SINGLES] id of a character that is a piece, -1 */
};
/* All but `rules`; *possible: whether the search finds what merging finds.  Errors leave what
 * cpl_sentence_bpe_free frees. */
cpl_status cpl_sentence_bpe_build(struct cpl_sentence_bpe *fused,
                                  const struct cpl_sentencepiece *model, bool *possible,
                                  struct cpl_error *error);
void cpl_sentence_bpe_free(void *fused);

struct cpl_sentence_bpe_engine {
    struct cpl_sentence_text text; /* the window */
    struct cpl_bpe_search_memory search;
    struct cpl_word_cache cache;
};
/* Where the tokens of a window go. */
struct cpl_sentence_bpe_output {
    const struct cpl_sentence_bpe *fused;
    struct cpl_sentence_bpe_engine *engine;
    struct cpl_encoding *encoding;
    struct cpl_sentence_tokens tokens;
};
/* Appends a token that stands for bytes [begin, end) of the window. */
static inline cpl_status cpl_sentence_bpe_add(struct cpl_sentence_bpe_output *output,
                                              int32_t id, size_t begin, size_t end,
                                              struct cpl_error *error)
{
    const size_t *origin = output->engine->text.origin;
    return cpl_encoding_add(output->encoding, id, origin[begin], origin[end], error);
}
/* Appends the tokens of a word, bytes [begin, end) of the window, by search.  *whole: they are those in
 * engine->search, with neither a user-defined piece nor an unknown character among them. */
cpl_status cpl_sentence_bpe_search(struct cpl_sentence_bpe_output *output, size_t begin,
                                   size_t end, bool *whole, struct cpl_error *error);

#endif
