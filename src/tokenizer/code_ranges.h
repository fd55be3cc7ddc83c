/* Lists of code points in ascending order, as the generated tables have them, and looking into them. */
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

/* Whether the code point is in one of the ranges. */
bool cpl_code_ranges_contain(const struct cpl_code_range *range, size_t n, uint32_t code);
/* What the code point becomes: itself where no stride has it. */
uint32_t cpl_code_strides_apply(const struct cpl_code_stride *stride, size_t n, uint32_t code);

#endif
