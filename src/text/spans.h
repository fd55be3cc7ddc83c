/* Appending to the span lists of <couplet/text.h>. */
#ifndef CPL_TEXT_SPANS_H
#define CPL_TEXT_SPANS_H

#include <couplet/text.h>

cpl_status cpl_spans_add(struct cpl_spans *spans, size_t begin, size_t end,
                         struct cpl_error *error);

#endif
