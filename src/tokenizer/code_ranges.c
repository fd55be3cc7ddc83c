/* Binary searches for the first entry that does not end before a code point: see code_ranges.h. */
#include "tokenizer/code_ranges.h"

bool cpl_code_ranges_contain(const struct cpl_code_range *range, size_t n, uint32_t code)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (code > range[middle].last)
            low = middle + 1;
        else
            high = middle;
    }
    return low < n && code >= range[low].first;
}

uint32_t cpl_code_strides_apply(const struct cpl_code_stride *stride, size_t n, uint32_t code)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (code > stride[middle].last)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == n || code < stride[low].first ||
        (code - stride[low].first) % stride[low].step != 0)
        return code;
    return (uint32_t)((int64_t)code + stride[low].delta);
}
