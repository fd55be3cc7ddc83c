/* Which tokens, one behind the other, make a word that can fill a blank: with any kind of tokenizer. */
#ifndef CPL_GENERATE_FILL_WORDS_H
#define CPL_GENERATE_FILL_WORDS_H

#include <couplet/tokenizer.h>

/* Has a letter, a digit or an ideograph, or a part of a character that may be one. */
bool cpl_fill_is_word_part(const struct cpl_tokenizer *tokenizer, int32_t id);
/* May stand first: does not go on with a word or a character. */
bool cpl_fill_begins_word(const struct cpl_tokenizer *tokenizer, int32_t id);
/* May `next` follow `previous` inside one word?  Chinese characters join, "##" pieces continue, and so
 * do pieces without a space where the tokenizer's pieces say where spaces are. */
bool cpl_fill_joins(const struct cpl_tokenizer *tokenizer, int32_t previous, int32_t next);

/* Takes white space at both ends of the text away. */
void cpl_fill_trim(char *text);
/* Several tokens make a word when the dictionary has their text or, for one without Chinese, when the
 * segmenter takes it for one.  Without a segmenter, and of a single token, any will do that is whole
 * characters. */
cpl_status cpl_fill_is_word(bool *word, const struct cpl_segmenter *segmenter, const char *text,
                            int n_tokens, struct cpl_error *error);

#endif
