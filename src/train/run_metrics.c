/* metrics.jsonl: the record of a run, one object a line, flushed line by line. */
#include "base/buffer.h"
#include "base/json_file.h"
#include "base/memory.h"
#include "base/try.h"
#include "train/training.h"

#include <stdlib.h>
#include <string.h>

/* Is a line whole, and of a step up to `step`?  Its time goes to *seconds then.  A line that
 * was cut off by a crash is not kept. */
static bool keeps(const char *line, size_t length, int64_t step, double *seconds)
{
    json_t *object = NULL;
    int64_t at = -1;
    if (cpl_json_parse(&object, line, length, "metrics.jsonl", 0, NULL) != CPL_OK)
        return false;
    bool kept = cpl_json_get_int(&at, object, "step", 0, INT64_MAX, NULL, NULL) == CPL_OK &&
                at >= 0 && at <= step;
    if (kept)
        cpl_json_get_double(seconds, object, "time_s", NULL, NULL);
    json_decref(object);
    return kept;
}

static cpl_status truncate_metrics(const char *path, int64_t step, double *seconds,
                                   struct cpl_error *error)
{
    char *text = NULL;
    size_t size = 0;
    struct cpl_buffer kept = {0};
    cpl_status status;
    CPL_TRY_GOTO(cpl_file_read(&text, &size, path, error));
    for (size_t begin = 0, end; begin < size; begin = end) {
        const char *newline = memchr(text + begin, '\n', size - begin);
        end = newline ? (size_t)(newline - text) + 1 : size;
        if (newline && keeps(text + begin, end - 1 - begin, step, seconds))
            cpl_buffer_add(&kept, text + begin, end - begin);
    }
    CPL_TRY_GOTO(cpl_buffer_check(&kept, error));
    if (kept.length != size)
        CPL_TRY_GOTO(cpl_file_write(path, kept.data, kept.length, error));
done:
    free(text);
    cpl_buffer_clear(&kept);
    return status;
}

cpl_status cpl_run_open_metrics(struct cpl_run *run, int64_t step, double *seconds,
                                struct cpl_error *error)
{
    char *path = NULL;
    cpl_status status = CPL_OK;
    CPL_TRY(cpl_path_join(&path, run->path, "metrics.jsonl", error));
    *seconds = 0;
    if (cpl_file_exists(path))
        CPL_TRY_GOTO(truncate_metrics(path, step, seconds, error));
    run->metrics = fopen(path, "ae");
    if (!run->metrics)
        status = cpl_error_errno(error, path, "open");
done:
    free(path);
    return status;
}

cpl_status cpl_run_add_metrics(struct cpl_run *run, struct cpl_json *line,
                               struct cpl_error *error)
{
    const char *text;
    CPL_TRY(cpl_json_finish(line, &text, NULL, error));
    if (fprintf(run->metrics, "%s\n", text) < 0 || fflush(run->metrics) != 0)
        return cpl_error_errno(error, "metrics.jsonl", "write");
    return CPL_OK;
}
