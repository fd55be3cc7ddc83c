/* Scripts of code points as the UnicodeScripts pre-tokenizer of Hugging Face's tokenizers has them,
 * made by tools/make_unicode_scripts.py, which asks the package. */
#ifndef CPL_TOKENIZER_UNICODE_SCRIPTS_H
#define CPL_TOKENIZER_UNICODE_SCRIPTS_H

#include <stddef.h>
#include <stdint.h>

struct cpl_script_range { /* both inclusive */
    uint32_t first, last;
    uint32_t script; /* ≥ 1; what is in no range goes with any script */
};
extern const struct cpl_script_range cpl_script_ranges[];
extern const size_t cpl_script_ranges_count;

#endif
