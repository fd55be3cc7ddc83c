/* Words that no dictionary has: a hidden Markov model over the places a character takes in a
 * word (begin, middle, end, single), as jieba trains it.  Its tables come as data with the
 * dictionary. */
#ifndef CPL_TEXT_WORD_HMM_H
#define CPL_TEXT_WORD_HMM_H

#include "text/spans.h"

#include <stdbool.h>
#include <stdint.h>

enum cpl_place {
    CPL_PLACE_BEGIN,
    CPL_PLACE_MIDDLE,
    CPL_PLACE_END,
    CPL_PLACE_SINGLE,
    CPL_PLACES
};

/* The characters that the model knows about, U+4E00 to U+9FD5 as in jieba. */
enum { CPL_HMM_FIRST = 0x4E00, CPL_HMM_LAST = 0x9FD5, CPL_HMM_CODES = 0x9FD6 - 0x4E00 };
/* Longest run that is looked at in one piece. */
enum { CPL_HMM_RUN = 256 };

struct cpl_word_hmm {
    bool is_there;
    int32_t start[CPL_PLACES]; /* log probabilities in the fixed point of word_trie.h */
    int32_t change[CPL_PLACES][CPL_PLACES];
    int32_t (*emit)[CPL_PLACES]; /* [CPL_HMM_CODES] */
};

/* Reads finalseg/prob_start.py, prob_trans.py and prob_emit.py in the dictionary's directory;
 * without them *hmm stays empty and that is fine.  *hash is mixed with their content. */
cpl_status cpl_word_hmm_load(struct cpl_word_hmm *hmm, uint64_t *hash, const char *dictionary,
                             struct cpl_error *error);
void cpl_word_hmm_clear(struct cpl_word_hmm *hmm);
static inline bool cpl_word_hmm_knows(uint32_t code)
{
    return code >= CPL_HMM_FIRST && code <= CPL_HMM_LAST;
}
/* Appends the words of text[begin, end): 1 to CPL_HMM_RUN characters that the model knows. */
cpl_status cpl_word_hmm_cut(const struct cpl_word_hmm *hmm, struct cpl_spans *words,
                            const char *text, size_t begin, size_t end,
                            struct cpl_error *error);

#endif
