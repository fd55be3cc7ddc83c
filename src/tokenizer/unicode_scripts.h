/* Scripts of code points as the UnicodeScripts pre-tokenizer of Hugging Face's tokenizers has them,
 * made by tools/make_unicode_scripts.py, which asks the package. */
#ifndef CPL_TOKENIZER_UNICODE_SCRIPTS_H
#define CPL_TOKENIZER_UNICODE_SCRIPTS_H

#include "tokenizer/code_ranges.h"

/* What is in no range goes with any script. */
extern const struct cpl_script_range cpl_script_ranges[];
extern const size_t cpl_script_ranges_count;

#endif
