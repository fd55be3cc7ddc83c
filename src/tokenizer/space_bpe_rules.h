/* What tells the fused encoder of fused_space_bpe.c how spaces are treated, and where it may be used. */
#ifndef CPL_TOKENIZER_SPACE_BPE_RULES_H
#define CPL_TOKENIZER_SPACE_BPE_RULES_H

#include "tokenizer/bpe.h"

#define CPL_SPACE_MARK "\xE2\x96\x81" /* U+2581 */
enum { CPL_SPACE_MARK_LENGTH = 3 };

enum cpl_space_prefix {
    CPL_PREFIX_NEVER,
    CPL_PREFIX_FIRST,
    CPL_PREFIX_UNLESS_THERE,
    CPL_PREFIX_ALWAYS
};
enum cpl_space_cut {
    CPL_CUT_NEVER,
    CPL_CUT_RUNS,  /* before spaces with something else before them */
    CPL_CUT_SPACES /* before every space */
};

struct cpl_space_rules {
    enum cpl_space_prefix prefix;
    enum cpl_space_cut cut;
};

/* Whether the tokenizer's stages and options are of the kinds that the encoder knows, and which. */
bool cpl_space_rules_find(struct cpl_space_rules *rules, const struct cpl_tokenizer *tokenizer);

#endif
