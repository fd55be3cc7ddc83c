/* What a segmenter is made of. */
#ifndef CPL_TEXT_SEGMENTER_H
#define CPL_TEXT_SEGMENTER_H

#include "text/word_guess.h"
#include "text/word_trie.h"

#include <couplet/text.h>

struct cpl_segmenter {
    struct cpl_word_trie trie;
    struct cpl_word_guess guess;
    int32_t unknown; /* weight of what the dictionary does not have */
    uint64_t hash;
};

/* Adds the words of a dictionary file; the user's may leave out counts, and the others teach what
 * words look like.  Errors: CPL_ERROR_INPUT with path:line. */
cpl_status cpl_segmenter_load(struct cpl_segmenter *segmenter, const char *path, bool is_user,
                              struct cpl_error *error);
#endif
