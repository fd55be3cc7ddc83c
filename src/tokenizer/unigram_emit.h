/* From the pieces that a search found to tokens: unknown characters side by side become one, or bytes. */
#ifndef CPL_TOKENIZER_UNIGRAM_EMIT_H
#define CPL_TOKENIZER_UNIGRAM_EMIT_H

#include "tokenizer/unigram.h"

/* Where tokens go.  Zero value but for the first two: nothing is under way. */
struct cpl_viterbi_emit {
    const struct cpl_viterbi *unigram;
    struct cpl_encoding *encoding;
    const uint32_t *origin; /* NULL: window byte i stands for byte base + i; else origin[i] */
    size_t base;
    bool open;        /* the last tokens are of unknown characters, and more may follow */
    size_t open_from; /* the first of them, in the encoding */
    size_t open_begin, open_end; /* their place in the text */
};
/* Tokens of window text[0, …), in which the search settled.  Unknown characters at the end that may go
 * on behind it are left for the next time unless it is `final`: *taken, bytes, says how far it got. */
cpl_status cpl_viterbi_emit_tokens(struct cpl_viterbi_emit *emit,
                                   const struct cpl_viterbi_search *search, const char *text,
                                   bool final, size_t *taken, struct cpl_error *error);
/* The tokens of text[begin, end), spans are bytes of `text`. */
cpl_status cpl_viterbi_encode(struct cpl_viterbi_emit *emit, struct cpl_viterbi_search *search,
                              const char *text, size_t begin, size_t end,
                              struct cpl_error *error);

#endif
