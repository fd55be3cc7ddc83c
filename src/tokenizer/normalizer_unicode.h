/* Which code points the Unicode normal forms of Hugging Face's tokenizers touch.
 *
 * Its tables are of Unicode 9.  What a code point of that version decomposes into and its combining
 * class never change (Unicode's stability policy), so utf8proc gives them; these lists, made by
 * tools/make_normalizer_tables.py, keep out what later versions added. */
#ifndef CPL_TOKENIZER_NORMALIZER_UNICODE_H
#define CPL_TOKENIZER_NORMALIZER_UNICODE_H

#include "tokenizer/code_ranges.h"

/* Has a decomposition (canonical or compatible) or a combining class. */
extern const struct cpl_code_range cpl_normal_active[];
extern const size_t cpl_normal_active_count;
/* May be composed with what stands before it. */
extern const struct cpl_code_range cpl_normal_second[];
extern const size_t cpl_normal_second_count;
/* What StripAccents removes. */
extern const struct cpl_code_range cpl_normal_accent[];
extern const size_t cpl_normal_accent_count;

#endif
