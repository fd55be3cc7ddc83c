/* Added tokens: texts that become one id before the model sees them, as in Hugging Face's
 * tokenizers ("[MASK]", a line feed, words that a user added). */
#ifndef CPL_TOKENIZER_ADDED_TOKENS_H
#define CPL_TOKENIZER_ADDED_TOKENS_H

#include "tokenizer/piece_trie.h"
#include <stdbool.h>

struct cpl_added_token {
    int32_t id;
    char *content; /* NUL-terminated; may hold NUL as well */
    size_t length;
    bool single_word;    /* only where no letter or digit stands beside it */
    bool lstrip, rstrip; /* takes the white space before (behind) it along */
    bool normalized;     /* looked for in normalised text */
    bool special;        /* no text of its own: left out when decoding */
};

/* The tokens that are looked for in one stage, with their trie. */
struct cpl_added_tokens {
    struct cpl_added_token *token; /* owns the contents */
    size_t n, capacity;
    struct cpl_piece_trie trie; /* value: index of the token */
    bool begins[256];           /* bytes with which one of them begins */
};

/* `text` is what to look for: the content, or its normalised form. */
struct cpl_added_text {
    const char *text;
    size_t length;
};
cpl_status cpl_added_tokens_build(struct cpl_added_tokens *tokens,
                                  const struct cpl_added_text *texts, struct cpl_error *error);
void cpl_added_tokens_clear(struct cpl_added_tokens *tokens);

/* Where a search stands; begin with {0}. */
struct cpl_added_search {
    size_t next; /* the search goes on here */
    size_t done; /* end of the last match with the white space it took */
};
/* The next match in `text` by leftmost-longest search; false if there is none.  [*begin, *end) may
 * begin before the end of the match before when that one took white space with which this one's text
 * begins, but is not empty. */
bool cpl_added_tokens_find(const struct cpl_added_tokens *tokens,
                           struct cpl_added_search *search, const char *text, size_t length,
                           const struct cpl_added_token **token, size_t *begin, size_t *end);

#endif
