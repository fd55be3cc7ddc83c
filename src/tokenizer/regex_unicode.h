/* What Hugging Face's regular expressions (Oniguruma) take for letters, digits and so on, as data.
 *
 * The tables are made by tools/make_regex_tables.py, which asks the package about every code point:
 * ids must not depend on the Unicode version of a library on this machine. */
#ifndef CPL_TOKENIZER_REGEX_UNICODE_H
#define CPL_TOKENIZER_REGEX_UNICODE_H

#include "tokenizer/code_ranges.h"

/* General categories; a set of them is a mask of bits 1 << category. */
enum cpl_category {
    CPL_LU,
    CPL_LL,
    CPL_LT,
    CPL_LM,
    CPL_LO,
    CPL_MN,
    CPL_MC,
    CPL_ME,
    CPL_ND,
    CPL_NL,
    CPL_NO,
    CPL_PC,
    CPL_PD,
    CPL_PS,
    CPL_PE,
    CPL_PI,
    CPL_PF,
    CPL_PO,
    CPL_SM,
    CPL_SC,
    CPL_SK,
    CPL_SO,
    CPL_ZS,
    CPL_ZL,
    CPL_ZP,
    CPL_CC,
    CPL_CF,
    CPL_CO,
    CPL_CN,
    CPL_CATEGORIES
};
/* first << 5 | category: from `first` to the next entry all code points have that category. */
extern const uint32_t cpl_regex_categories[];
extern const size_t cpl_regex_categories_count;

/* Code points that have another category in Unicode 14, the version of PCRE2 10.40 to 10.42. */
struct cpl_category_range {
    uint32_t first, last;
    uint8_t category; /* in Unicode 14 */
};
extern const struct cpl_category_range cpl_regex_older[];
extern const size_t cpl_regex_older_count;

/* \p{name}: the categories with `more` and without `less`.  Names in lower case, without '_', '-' and
 * spaces.  "[word" and "[punct" are \w in brackets, which lacks U+00B2 and five others, and
 * [:punct:], which has symbols as well. */
struct cpl_regex_property {
    const char *name;
    uint32_t categories;
    const struct cpl_code_range *more;
    size_t n_more;
    const struct cpl_code_range *less;
    size_t n_less;
};
extern const struct cpl_regex_property cpl_regex_properties[];
extern const size_t cpl_regex_properties_count;

#endif
