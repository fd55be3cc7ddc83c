/* Classes of code points as Hugging Face's tokenizers sees them.
 *
 *     uint32_t flags = cpl_code_flags(code);
 *     if (flags & (CPL_CODE_LETTER | CPL_CODE_NUMBER)) …
 *
 * Its regular expressions (Oniguruma), its Whitespace pre-tokenizer and single_word (another engine),
 * Digits (a standard library) and Punctuation (a list) do not agree with one another, hence several
 * flags for what sounds the same.  The table is made by tools/make_unicode_classes.py, which asks the
 * package about every code point.
 *
 * Ignoring case: of the ASCII letters only s and k have a third form, U+017F and U+212A; so
 * (?i:'s) matches an apostrophe with U+017F. */
#ifndef CPL_TOKENIZER_UNICODE_CLASSES_H
#define CPL_TOKENIZER_UNICODE_CLASSES_H

#include <stdint.h>

enum cpl_code_flag {
    CPL_CODE_LETTER = 1 << 0,            /* \p{L} */
    CPL_CODE_NUMBER = 1 << 1,            /* \p{N} */
    CPL_CODE_SPACE = 1 << 2,             /* \s; also WhitespaceSplit and Whitespace */
    CPL_CODE_MARK = 1 << 3,              /* \p{M} */
    CPL_CODE_WORD = 1 << 4,              /* \w of Whitespace and of single_word */
    CPL_CODE_REGEX_WORD = 1 << 5,        /* \w of a Regex */
    CPL_CODE_PUNCTUATION = 1 << 6,       /* Punctuation and BertPreTokenizer */
    CPL_CODE_REGEX_PUNCTUATION = 1 << 7, /* \p{P} */
    CPL_CODE_SYMBOL = 1 << 8,            /* \p{S} */
    CPL_CODE_NUMERIC = 1 << 9,           /* Digits */
    CPL_CODE_DIGIT = 1 << 10,            /* \d, \p{Nd} */
    CPL_CODE_UPPER = 1 << 11,            /* \p{Lu} \p{Lt} */
    CPL_CODE_LOWER = 1 << 12,            /* \p{Ll} */
    CPL_CODE_CASELESS = 1 << 13,         /* \p{Lm} \p{Lo} */
    CPL_CODE_HAN = 1 << 14               /* \p{Han} */
};

/* Code points that differ in nothing share an index. */
extern const uint16_t cpl_code_class_flags[];      /* [index] enum cpl_code_flag */
extern const uint8_t cpl_code_class_block[0x1100]; /* of 256 code points each */
extern const uint8_t cpl_code_class_index[][256];  /* [block] */

/* `code` ≤ U+10FFFF. */
static inline uint32_t cpl_code_flags(uint32_t code)
{
    return cpl_code_class_flags[cpl_code_class_index[cpl_code_class_block[code >> 8]]
                                                    [code & 255]];
}

#endif
