/* Span lists: see <couplet/text.h>. */
#include "text/spans.h"

#include "base/memory.h"
#include "base/try.h"

#include <stdlib.h>

void cpl_spans_clear(struct cpl_spans *spans)
{
    free(spans->span);
    *spans = (struct cpl_spans){0};
}

cpl_status cpl_spans_add(struct cpl_spans *spans, size_t begin, size_t end,
                         struct cpl_error *error)
{
    if (spans->count == spans->capacity)
        CPL_TRY(cpl_memory_grow(&spans->span, &spans->capacity, spans->count + 1,
                                sizeof *spans->span, error));
    spans->span[spans->count++] = (struct cpl_span){begin, end};
    return CPL_OK;
}
