/* Reading the input of `couplet forward`: see forward_input.h. */
#include "model/forward_input.h"

#include "base/file.h"
#include "base/json_file.h"
#include "base/memory.h"
#include "base/try.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One line being read. */
struct line {
    const struct cpl_model *model;
    const json_t *json;
    const char *where; /* "file:line" */
    int64_t length;    /* T */
};

static cpl_status grow(struct cpl_forward_input *input, int64_t length, struct cpl_error *error)
{
    size_t needed = (size_t)(input->tokens + length);
    size_t lines = (size_t)input->lines + 2;
    CPL_TRY(
        cpl_memory_grow(&input->ids, &input->token_capacity, needed, sizeof(int32_t), error));
    CPL_TRY(
        cpl_memory_grow(&input->types, &input->types_capacity, needed, sizeof(int32_t), error));
    CPL_TRY(cpl_memory_grow(&input->labels, &input->labels_capacity, needed, sizeof(int32_t),
                            error));
    CPL_TRY(cpl_memory_grow(&input->positions, &input->positions_capacity, needed,
                            sizeof(int32_t), error));
    return cpl_memory_grow(&input->offsets, &input->line_capacity, lines, sizeof(int32_t),
                           error);
}

/* out [T]: the integers of an array, each in [low, high) or equal to `also`. */
static cpl_status read_numbers(int32_t *out, const struct line *line, const char *key,
                               const json_t *array, int64_t high, int64_t also,
                               struct cpl_error *error)
{
    if (!json_is_array(array) || (int64_t)json_array_size(array) != line->length)
        return cpl_error_set(error, CPL_ERROR_INPUT, line->where,
                             "%s must be an array as long as input_ids, %lld numbers", key,
                             (long long)line->length);
    for (int64_t i = 0; i < line->length; i++) {
        const json_t *item = json_array_get(array, (size_t)i);
        json_int_t value = json_integer_value(item);
        if (!json_is_integer(item) || ((value < 0 || value >= high) && value != also))
            return cpl_error_set(error, CPL_ERROR_INPUT, line->where,
                                 "%s[%lld] must be a whole number from 0 to %lld%s", key,
                                 (long long)i, (long long)high - 1, also < 0 ? " or -100" : "");
        out[i] = (int32_t)value;
    }
    return CPL_OK;
}

static cpl_status refuse_key(const struct line *line, const char *key, struct cpl_error *error)
{
    if (!json_object_get(line->json, key))
        return CPL_OK;
    return cpl_error_set(error, CPL_ERROR_INPUT, line->where, "%s: a %s model does not take it",
                         key, line->model->family->name);
}

static cpl_status check_length(const struct line *line, struct cpl_error *error)
{
    int64_t most = line->model->config.max_positions;
    if (line->length < 1 || line->length > most)
        return cpl_error_set(error, CPL_ERROR_INPUT, line->where,
                             "input_ids must be an array of 1 to %lld tokens, found %lld",
                             (long long)most, (long long)line->length);
    return CPL_OK;
}

/* A decoder's row t predicts the label of t + 1; the last row predicts nothing. */
static void shift_labels(int32_t *labels, int64_t length)
{
    memmove(labels, labels + 1, (size_t)(length - 1) * sizeof *labels);
    labels[length - 1] = CPL_NOT_PREDICTED;
}

static cpl_status read_labels(struct cpl_forward_input *input, const struct line *line,
                              struct cpl_error *error)
{
    int32_t *labels = input->labels + input->tokens;
    const json_t *given = json_object_get(line->json, "labels");
    for (int64_t i = 0; i < line->length; i++)
        labels[i] = CPL_NOT_PREDICTED;
    if (!given || json_is_null(given))
        return CPL_OK;
    CPL_TRY(read_numbers(labels, line, "labels", given, line->model->config.vocab_size,
                         CPL_NOT_PREDICTED, error));
    if (!line->model->family->masked)
        shift_labels(labels, line->length);
    for (int64_t i = 0; i < line->length; i++)
        input->predicted += labels[i] != CPL_NOT_PREDICTED;
    return CPL_OK;
}

static cpl_status read_types(struct cpl_forward_input *input, const struct line *line,
                             struct cpl_error *error)
{
    int32_t *types = input->types + input->tokens;
    const json_t *given = json_object_get(line->json, "token_type_ids");
    memset(types, 0, (size_t)line->length * sizeof *types);
    if (!given || json_is_null(given))
        return CPL_OK;
    if (line->model->config.types == 0)
        return refuse_key(line, "token_type_ids", error);
    return read_numbers(types, line, "token_type_ids", given, line->model->config.types, 0,
                        error);
}

static cpl_status read_line(struct cpl_forward_input *input, struct line *line,
                            struct cpl_error *error)
{
    if (!json_is_object(line->json))
        return cpl_error_set(error, CPL_ERROR_INPUT, line->where, "expected a JSON object");
    CPL_TRY(refuse_key(line, "decoder_input_ids", error));
    CPL_TRY(refuse_key(line, "next_sentence_label", error));
    const json_t *ids = json_object_get(line->json, "input_ids");
    line->length = (int64_t)json_array_size(ids);
    CPL_TRY(check_length(line, error));
    CPL_TRY(grow(input, line->length, error));
    CPL_TRY(read_numbers(input->ids + input->tokens, line, "input_ids", ids,
                         line->model->config.vocab_size, 0, error));
    CPL_TRY(read_types(input, line, error));
    CPL_TRY(read_labels(input, line, error));
    for (int64_t i = 0; i < line->length; i++)
        input->positions[input->tokens + i] = (int32_t)i;
    if (input->tokens + line->length > INT32_MAX)
        return cpl_error_set(error, CPL_ERROR_INPUT, line->where, "more than %d tokens in all",
                             INT32_MAX);
    input->offsets[0] = 0;
    input->tokens += line->length;
    input->offsets[++input->lines] = (int32_t)input->tokens;
    return CPL_OK;
}

static cpl_status read_text(struct cpl_forward_input *input, const struct cpl_model *model,
                            const char *path, char *text, struct cpl_error *error)
{
    int number = 0;
    for (char *end; text && *text; text = end) {
        end = strchr(text, '\n');
        size_t length = end ? (size_t)(end - text) : strlen(text);
        end = end ? end + 1 : NULL;
        number++;
        if (strspn(text, " \t\r") >= length)
            continue;
        char where[512];
        snprintf(where, sizeof where, "%s:%d", path, number);
        json_t *json = NULL;
        CPL_TRY(cpl_json_parse(&json, text, length, where, 0, error));
        struct line line = {.model = model, .json = json, .where = where};
        cpl_status status = read_line(input, &line, error);
        json_decref(json);
        CPL_TRY(status);
    }
    if (input->lines == 0)
        return cpl_error_set(error, CPL_ERROR_INPUT, path, "no lines to compute");
    return CPL_OK;
}

cpl_status cpl_forward_input_read(struct cpl_forward_input *input,
                                  const struct cpl_model *model, const char *path,
                                  struct cpl_error *error)
{
    *input = (struct cpl_forward_input){0};
    char *text = NULL;
    size_t size = 0;
    CPL_TRY(cpl_file_read(&text, &size, path, error));
    cpl_status status = read_text(input, model, path, text, error);
    free(text);
    return status;
}

void cpl_forward_input_clear(struct cpl_forward_input *input)
{
    free(input->ids);
    free(input->types);
    free(input->labels);
    free(input->positions);
    free(input->offsets);
    *input = (struct cpl_forward_input){0};
}
