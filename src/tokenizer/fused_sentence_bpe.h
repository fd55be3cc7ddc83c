/* The fused encoder of SentencePiece's BPE models: building it (fused_sentence_bpe_build.c), its windows
 * (fused_sentencepiece_bpe.c), and the words in them that were not met before
 * (fused_sentence_bpe_words.c) or do not end for long (fused_sentence_bpe_long.c).
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
    size_t longest, longest_user; /* bytes of a piece, of a user-defined one */
    int32_t *single;              /* [CPL_SINGLES] id of a character that is a piece, -1 */
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
    const uint32_t *origin = output->engine->text.origin;
    return cpl_encoding_add(output->encoding, id, origin[begin], origin[end], error);
}
/* Appends the tokens of a word, bytes [begin, end) of the window, by search.  *whole: they are those in
 * engine->search, with neither a user-defined piece nor an unknown character among them. */
cpl_status cpl_sentence_bpe_search(struct cpl_sentence_bpe_output *output, size_t begin,
                                   size_t end, bool *whole, struct cpl_error *error);

/* Bytes [begin, end) begin a word that goes on.  Appends those of its first tokens that no continuation
 * can change, up to byte *taken; *taken is `begin` when none are found (fused_sentence_bpe_long.c).
 * Only for words of at least cpl_sentence_bpe_long bytes, of which it then takes most. */
cpl_status cpl_sentence_bpe_begin(struct cpl_sentence_bpe_output *output, size_t begin,
                                  size_t end, size_t *taken, struct cpl_error *error);
size_t cpl_sentence_bpe_long(const struct cpl_sentence_bpe *fused);
/* Makes the late merges in memory->token[from, n), the leftmost first. */
void cpl_sentence_bpe_merge_late(const struct cpl_sentence_bpe *fused,
                                 struct cpl_bpe_search_memory *memory, size_t from);

#endif
