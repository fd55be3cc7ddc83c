/* Memory of batches and views on parts of them: see batch.h. */
#include "batch/batch.h"

#include "base/memory.h"
#include "base/try.h"
#include <stdlib.h>
#include <string.h>

void cpl_batch_clear(struct cpl_batch *batch)
{
    free(batch->ids);
    free(batch->positions);
    free(batch->types);
    free(batch->offsets);
    free(batch->rows);
    free(batch->labels);
    free(batch->original);
    free(batch->continues);
    free(batch->samples);
    *batch = (struct cpl_batch){0};
}

/* First row of the batch that lies at or behind `token`. */
static int64_t find_row(const struct cpl_batch *batch, int64_t token)
{
    int64_t low = 0, high = batch->n_predicted;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (batch->rows[middle] < token)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

cpl_status cpl_batch_view(struct cpl_batch *view, int64_t *token_base,
                          const struct cpl_batch *batch, int64_t begin, int64_t end,
                          struct cpl_error *error)
{
    int64_t first = batch->offsets[begin], last = batch->offsets[end];
    int64_t first_row = find_row(batch, first), n_rows = find_row(batch, last) - first_row;
    CPL_TRY(cpl_memory_grow(&view->offsets, &view->sequence_capacity, (size_t)(end - begin) + 1,
                            sizeof *view->offsets, error));
    CPL_TRY(cpl_memory_grow(&view->rows, &view->predicted_capacity, (size_t)n_rows,
                            sizeof *view->rows, error));
    for (int64_t b = begin; b <= end; b++)
        view->offsets[b - begin] = (int32_t)(batch->offsets[b] - first);
    for (int64_t p = 0; p < n_rows; p++)
        view->rows[p] = (int32_t)(batch->rows[first_row + p] - first);
    view->n_tokens = last - first;
    view->n_sequences = end - begin;
    view->n_predicted = n_rows;
    view->ids = batch->ids + first;
    view->positions = batch->positions + first;
    view->types = batch->types + first;
    view->original = batch->original + first;
    view->continues = batch->continues + first;
    view->labels = batch->labels + first_row;
    view->samples = batch->samples + begin;
    view->n_characters = 0;
    *token_base = first;
    return CPL_OK;
}

void cpl_batch_view_clear(struct cpl_batch *view)
{
    free(view->offsets);
    free(view->rows);
    *view = (struct cpl_batch){0};
}

int64_t cpl_batch_cut(const struct cpl_batch *batch, int64_t begin, int64_t micro_batch_tokens)
{
    if (micro_batch_tokens <= 0)
        return batch->n_sequences;
    int64_t end = begin + 1;
    while (end < batch->n_sequences &&
           batch->offsets[end + 1] - batch->offsets[begin] <= micro_batch_tokens)
        end++;
    return end;
}
