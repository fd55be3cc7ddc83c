/* What building a search and using it have in common: see bpe_search.h. */
#ifndef CPL_TOKENIZER_BPE_SEARCH_PIECES_H
#define CPL_TOKENIZER_BPE_SEARCH_PIECES_H

#include "tokenizer/bpe_search.h"

/* Whether some merge crosses the border between two pieces that stand side by side; `below`: but for
 * the merge of both as a whole. */
bool cpl_bpe_search_crosses(const struct cpl_bpe_search *search, int32_t left, int32_t right,
                            bool below);

#endif
