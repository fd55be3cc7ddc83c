/* Sets of code points as sorted ranges: the character classes of regular expressions.  Surrogates are
 * in no set. */
#ifndef CPL_TOKENIZER_CODE_SET_H
#define CPL_TOKENIZER_CODE_SET_H

#include "tokenizer/regex_unicode.h"
#include <couplet/status.h>
#include <stdbool.h>

/* Zero value is empty.  Between calls ranges are ascending, apart by at least one code point. */
struct cpl_code_set {
    struct cpl_code_range *range;
    size_t n, capacity;
};

cpl_status cpl_code_set_add(struct cpl_code_set *set, const struct cpl_code_range *ranges,
                            size_t n, struct cpl_error *error);
cpl_status cpl_code_set_add_set(struct cpl_code_set *set, const struct cpl_code_set *other,
                                struct cpl_error *error);
/* The i-th run of code points of one category, below cpl_regex_categories_count. */
struct cpl_category_range cpl_category_run(size_t i);
/* Code points of the categories in the mask. */
cpl_status cpl_code_set_add_categories(struct cpl_code_set *set, uint32_t categories,
                                       struct cpl_error *error);
cpl_status cpl_code_set_complement(struct cpl_code_set *set, struct cpl_error *error);
cpl_status cpl_code_set_remove(struct cpl_code_set *set, const struct cpl_code_set *other,
                               struct cpl_error *error);
bool cpl_code_set_contains(const struct cpl_code_set *set, uint32_t code);
/* True if all of [first, last] is in the set. */
bool cpl_code_set_covers(const struct cpl_code_set *set, uint32_t first, uint32_t last);
void cpl_code_set_clear(struct cpl_code_set *set);

/* The named property (any spelling that Oniguruma takes) added to the set; *known false if there is
 * none of that name. */
cpl_status cpl_code_set_add_property(struct cpl_code_set *set, const char *name, size_t length,
                                     bool *known, struct cpl_error *error);

#endif
