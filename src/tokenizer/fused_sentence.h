/* What the fused encoders of SentencePiece models share: the text is normalised piece by piece, so memory
 * is that of a window. */
#ifndef CPL_TOKENIZER_FUSED_SENTENCE_H
#define CPL_TOKENIZER_FUSED_SENTENCE_H

#include "tokenizer/sentencepiece.h"

/* Gives out the tokens of the window's first *taken bytes, of which `certain` bytes can not change any
 * more; `final`: no others come, all must be taken. */
typedef cpl_status cpl_window_step(void *context, size_t certain, bool final, size_t *taken,
                                   struct cpl_error *error);
/* Normalises text[begin, end) into the window `normal`, which holds more than a few kilobytes only where
 * no token settles, and calls `step` until all is taken. */
cpl_status cpl_sentence_windows(const struct cpl_sentence_rules *rules,
                                struct cpl_sentence_text *normal, const char *text,
                                size_t begin, size_t end, bool first, cpl_window_step *step,
                                void *context, struct cpl_error *error);

/* The normaliser of a SentencePiece model of that kind when nothing else is on the way to it, else
 * NULL. */
const struct cpl_sentence_rules *cpl_sentence_rules_only(const struct cpl_tokenizer *tokenizer,
                                                         enum cpl_sentencepiece_kind kind);

#endif
