/* Looking into lists of code points by binary search: see code_ranges.h. */
#include "tokenizer/code_ranges.h"

#include <string.h>

static inline struct cpl_code_range range_at(const void *list, size_t i, size_t size)
{
    struct cpl_code_range range;
    memcpy(&range, (const char *)list + i * size, sizeof range);
    return range;
}

/* Inline, so that each list is searched with a size that the compiler knows. */
static inline bool find(size_t *at, const void *list, size_t n, size_t size, uint32_t code)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (code > range_at(list, middle, size).last)
            low = middle + 1;
        else
            high = middle;
    }
    *at = low;
    return low < n && code >= range_at(list, low, size).first;
}

bool cpl_code_ranges_contain(const struct cpl_code_range *range, size_t n, uint32_t code)
{
    size_t at;
    return find(&at, range, n, sizeof *range, code);
}

uint32_t cpl_code_strides_apply(const struct cpl_code_stride *stride, size_t n, uint32_t code)
{
    size_t at;
    if (!find(&at, stride, n, sizeof *stride, code) ||
        (code - stride[at].first) % stride[at].step != 0)
        return code;
    return (uint32_t)((int64_t)code + stride[at].delta);
}

uint32_t cpl_script_of(const struct cpl_script_range *range, size_t n, uint32_t code)
{
    size_t at;
    return find(&at, range, n, sizeof *range, code) ? range[at].script : 0;
}
