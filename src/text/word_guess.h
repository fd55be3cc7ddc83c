/* Words that no dictionary has, guessed from the shapes of those it has.
 *
 * Where the path leaves single characters side by side, they may be a name or a new word.  The guess
 * is the most probable way of cutting such a run into single characters, with their frequencies as
 * words, and unknown words of 2 to 5 characters: an unknown word of n characters has the probability
 *
 *     UNKNOWN * length[n] * first[c1] * middle[c2] * ... * last[cn]
 *
 * whose factors are the shares among the words of the dictionary, each counted once, since unknown
 * words are like rare ones.  (A hidden Markov model of these four places is jieba's way; here the
 * dictionary itself is all that is needed.) */
#ifndef CPL_TEXT_WORD_GUESS_H
#define CPL_TEXT_WORD_GUESS_H

#include "text/spans.h"
#include "text/word_trie.h"

#include <stdbool.h>

enum cpl_guess_place { CPL_GUESS_FIRST, CPL_GUESS_MIDDLE, CPL_GUESS_LAST, CPL_GUESS_ALONE };
/* Characters that it is about, U+3400 to U+9FFF; longest unknown word; longest run in one piece. */
enum { CPL_GUESS_BEGIN = 0x3400, CPL_GUESS_CODES = 0xA000 - 0x3400 };
enum { CPL_GUESS_LENGTH = 5, CPL_GUESS_RUN = 256 };

struct cpl_word_guess {
    int32_t (*place)[4]; /* [CPL_GUESS_CODES] counts while learning, then weights in the fixed
                            point of word_trie.h */
    int32_t length[CPL_GUESS_LENGTH + 1];
};

cpl_status cpl_word_guess_init(struct cpl_word_guess *guess, struct cpl_error *error);
void cpl_word_guess_clear(struct cpl_word_guess *guess);
/* Counts a word of valid UTF-8; others than 2 to CPL_GUESS_LENGTH such characters are passed over. */
void cpl_word_guess_learn(struct cpl_word_guess *guess, const char *word, size_t length);
/* Turns counts into weights; frequencies of characters as words are the trie's. */
void cpl_word_guess_finish(struct cpl_word_guess *guess, const struct cpl_word_trie *trie);

static inline bool cpl_word_guess_knows(uint32_t code)
{
    return code >= CPL_GUESS_BEGIN && code - CPL_GUESS_BEGIN < CPL_GUESS_CODES;
}
/* Appends the words of text[begin, end): 1 to CPL_GUESS_RUN characters that it knows. */
cpl_status cpl_word_guess_cut(const struct cpl_word_guess *guess, struct cpl_spans *words,
                              const char *text, size_t begin, size_t end,
                              struct cpl_error *error);

#endif
