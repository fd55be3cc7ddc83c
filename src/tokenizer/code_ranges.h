/* Lists of code points in ascending order, as the generated tables have them, and looking into them.
 * All entries begin with their first and last code point. */
#ifndef CPL_TOKENIZER_CODE_RANGES_H
#define CPL_TOKENIZER_CODE_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cpl_code_range { /* both inclusive */
    uint32_t first, last;
};
struct cpl_code_stride { /* code + delta for first, first + step … last */
    uint32_t first, last, step;
    int32_t delta;
};
struct cpl_script_range { /* both inclusive */
    uint32_t first, last;
    uint32_t script; /* ≥ 1 */
};

/* Whether the code point is in one of the ranges. */
bool cpl_code_ranges_contain(const struct cpl_code_range *range, size_t n, uint32_t code);
/* What the code point becomes: itself where no stride has it. */
uint32_t cpl_code_strides_apply(const struct cpl_code_stride *stride, size_t n, uint32_t code);
/* The code point's script; 0: it is in no range. */
uint32_t cpl_script_of(const struct cpl_script_range *range, size_t n, uint32_t code);

#endif
