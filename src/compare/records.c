/* Reading a run's own records: see records.h. */
#include "compare/records.h"

#include "base/file.h"
#include "base/json_file.h"
#include "base/memory.h"
#include "base/options_internal.h"
#include "base/try.h"

#include <couplet/model.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void cpl_side_clear(struct cpl_side *side)
{
    free(side->run);
    cpl_model_free(side->model);
    free(side->training.point);
    free(side->evaluation.point);
    for (int i = 0; i < side->n_samples; i++) {
        free(side->sample[i].given);
        free(side->sample[i].made);
        free(side->sample[i].truth);
    }
    *side = (struct cpl_side){0};
}

static double number(const json_t *line, const char *key)
{
    const json_t *value = json_object_get(line, key);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

static cpl_status curve_add(struct cpl_curve *curve, const json_t *line, double loss,
                            struct cpl_error *error)
{
    CPL_TRY(cpl_memory_grow(&curve->point, &curve->capacity, curve->count + 1,
                            sizeof *curve->point, error));
    curve->point[curve->count++] = (struct cpl_curve_point){
        .step = number(line, "step"),
        .tokens = number(line, "tokens"),
        .seconds = number(line, "time_s"),
        .flops = number(line, "flops"),
        .loss = loss,
    };
    return CPL_OK;
}

static int compare_doubles(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

struct speeds {
    double *value;
    size_t count, capacity;
};

static cpl_status read_line(struct cpl_side *side, struct speeds *speeds, const json_t *line,
                            struct cpl_error *error)
{
    double loss = number(line, "loss"), eval_loss = number(line, "eval_loss");
    if (!isnan(loss))
        CPL_TRY(curve_add(&side->training, line, loss, error));
    if (!isnan(eval_loss))
        CPL_TRY(curve_add(&side->evaluation, line, eval_loss, error));
    double speed = number(line, "tokens_per_s"), memory = number(line, "peak_memory_bytes");
    if (!isnan(memory))
        side->peak_memory_bytes = fmax(side->peak_memory_bytes, memory);
    if (isnan(speed) || isnan(loss))
        return CPL_OK;
    CPL_TRY(cpl_memory_grow(&speeds->value, &speeds->capacity, speeds->count + 1,
                            sizeof *speeds->value, error));
    speeds->value[speeds->count++] = speed;
    return CPL_OK;
}

static void take_totals(struct cpl_side *side, struct speeds *speeds)
{
    if (side->training.count == 0)
        return;
    const struct cpl_curve_point *last = &side->training.point[side->training.count - 1];
    side->steps = last->step;
    side->tokens = last->tokens;
    side->seconds = last->seconds;
    side->flops = last->flops;
    if (speeds->count > 0) {
        qsort(speeds->value, speeds->count, sizeof *speeds->value, compare_doubles);
        side->tokens_per_s = speeds->value[speeds->count / 2];
    }
}

cpl_status cpl_side_read_metrics(struct cpl_side *side, struct cpl_error *error)
{
    char *path = NULL, *text = NULL;
    size_t size = 0;
    struct speeds speeds = {0};
    cpl_status status;
    CPL_TRY_GOTO(cpl_path_join(&path, side->run, "metrics.jsonl", error));
    CPL_TRY_GOTO(cpl_file_read(&text, &size, path, error));
    for (char *at = text; at < text + size;) {
        char *end = memchr(at, '\n', (size_t)(text + size - at));
        size_t length = end ? (size_t)(end - at) : (size_t)(text + size - at);
        json_t *line = NULL;
        if (length > 0) {
            CPL_TRY_GOTO(cpl_json_parse(&line, at, length, path, 0, error));
            status = read_line(side, &speeds, line, error);
            json_decref(line);
            if (status != CPL_OK)
                goto done;
        }
        at += length + 1;
    }
    take_totals(side, &speeds);
done:
    free(speeds.value);
    free(text);
    free(path);
    return status;
}

cpl_status cpl_run_option(char **value, const char *run, const char *option,
                          struct cpl_error *error)
{
    char *path = NULL;
    struct cpl_options *options = NULL;
    const char *const accepted[] = {option, NULL};
    cpl_status status;
    *value = NULL;
    CPL_TRY_GOTO(cpl_path_join(&path, run, "config.yaml", error));
    CPL_TRY_GOTO(cpl_options_new(&options, accepted, error));
    CPL_TRY_GOTO(cpl_options_read_file(options, path, error));
    const char *text = cpl_options_text(options, cpl_option_find(option));
    if (text)
        status = cpl_text_copy(value, text, error);
done:
    cpl_options_free(options);
    free(path);
    return status;
}

cpl_status cpl_run_text(char **hash, const char *run, struct cpl_error *error)
{
    char *checkpoint = NULL, *path = NULL;
    json_t *json = NULL, *bound;
    const char *text = NULL;
    cpl_status status;
    *hash = NULL;
    CPL_TRY_GOTO(cpl_model_resolve(&checkpoint, run, error));
    CPL_TRY_GOTO(cpl_path_join(&path, checkpoint, "training.json", error));
    CPL_TRY_GOTO(cpl_json_load(&json, path, 0, error));
    bound = json_object_get(json, "bound");
    CPL_TRY_GOTO(cpl_json_get_text(&text, bound, "training text", path, error));
    if (text)
        status = cpl_text_copy(hash, text, error);
    else
        status = cpl_error_set(error, CPL_ERROR_INPUT, path,
                               "it does not say which text the run learnt from");
done:
    json_decref(json);
    free(checkpoint);
    free(path);
    return status;
}
