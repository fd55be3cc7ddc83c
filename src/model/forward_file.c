/* `couplet forward`: JSON lines in, logits, hidden states, loss and gradients out, so that anyone can
 * check this engine against another.  No dropout. */
#include "model/forward_input.h"

#include "base/memory.h"
#include "base/try.h"
#include "format/safetensors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME_BYTES 160
#define MOST_TOKENS 4096
#define MOST_LOGITS (1 << 24)

struct forward {
    struct cpl_model *model;
    struct cpl_forward_input input;
    struct cpl_forward_options options;
    struct cpl_safetensors_writer *writer;
    struct cpl_tape tape;
    struct cpl_kv_cache *cache;
    float *buffer;          /* of one line's largest output, or of the largest parameter */
    int32_t *rows, *labels; /* of one batch */
    double loss;            /* sum over all predicted rows */
};

static bool has_head(const struct forward *forward) { return !forward->model->missing_head; }

static int64_t line_length(const struct forward *forward, int64_t line)
{
    return forward->input.offsets[line + 1] - forward->input.offsets[line];
}

/* ---- declaring what the file will hold ------------------------------------------------------------*/

static cpl_status declare_line(struct forward *forward, const char *kind, int64_t line,
                               int64_t cols, struct cpl_error *error)
{
    char name[NAME_BYTES];
    snprintf(name, sizeof name, "%s.%lld", kind, (long long)line);
    int64_t shape[] = {line_length(forward, line), cols};
    return cpl_safetensors_writer_declare(forward->writer, name, CPL_SAFETENSORS_F32, 2, shape,
                                          error);
}

static cpl_status declare_gradient(void *context, const struct cpl_named_tensor *tensor,
                                   struct cpl_error *error)
{
    struct forward *forward = context;
    if (tensor->role != CPL_NAME_MAIN)
        return CPL_OK;
    char name[NAME_BYTES];
    snprintf(name, sizeof name, "grad.%s", tensor->name);
    return cpl_safetensors_writer_declare(forward->writer, name, CPL_SAFETENSORS_F32,
                                          tensor->rank, tensor->shape, error);
}

static cpl_status declare_outputs(struct forward *forward, struct cpl_error *error)
{
    const struct cpl_config *config = &forward->model->config;
    for (int64_t line = 0; line < forward->input.lines; line++) {
        CPL_TRY(declare_line(forward, "hidden", line, config->width, error));
        if (has_head(forward))
            CPL_TRY(declare_line(forward, "logits", line, config->vocab_size, error));
    }
    if (forward->input.predicted > 0)
        CPL_TRY(cpl_safetensors_writer_declare(forward->writer, "loss", CPL_SAFETENSORS_F32, 1,
                                               &(int64_t){1}, error));
    if (!forward->options.gradients)
        return CPL_OK;
    return cpl_model_each_tensor(forward->model, declare_gradient, forward, error);
}

/* ---- writing ------------------------------------------------------------------------------------*/

/* Appends rows of a value to KIND.<line>. */
static cpl_status write_rows(struct forward *forward, const char *kind, int64_t line,
                             struct cpl_tensor rows, struct cpl_error *error)
{
    char name[NAME_BYTES];
    snprintf(name, sizeof name, "%s.%lld", kind, (long long)line);
    float *out = forward->buffer;
    for (int64_t row = 0; row < rows.rows; row++)
        for (int64_t col = 0; col < rows.cols; col++)
            *out++ = (float)cpl_tensor_get(rows, row, col);
    size_t bytes = (size_t)cpl_tensor_count(rows) * sizeof *out;
    return cpl_safetensors_writer_write(forward->writer, name, forward->buffer, bytes, error);
}

static cpl_status write_gradient(void *context, const struct cpl_named_tensor *tensor,
                                 struct cpl_error *error)
{
    struct forward *forward = context;
    if (tensor->role != CPL_NAME_MAIN)
        return CPL_OK;
    char name[NAME_BYTES];
    snprintf(name, sizeof name, "grad.%s", tensor->name);
    cpl_named_tensor_export(tensor, forward->model->parameters.gradients, forward->buffer);
    size_t bytes = (size_t)cpl_named_tensor_elements(tensor) * sizeof *forward->buffer;
    return cpl_safetensors_writer_write(forward->writer, name, forward->buffer, bytes, error);
}

static cpl_status write_loss(struct forward *forward, struct cpl_error *error)
{
    if (forward->input.predicted == 0)
        return CPL_OK;
    float mean = (float)(forward->loss / (double)forward->input.predicted);
    return cpl_safetensors_writer_write(forward->writer, "loss", &mean, sizeof mean, error);
}

/* ---- computing ----------------------------------------------------------------------------------*/

/* Tokens [begin, end) of the input: their predicted rows, counted from `begin`, and labels. */
static int64_t collect_rows(struct forward *forward, int64_t begin, int64_t end)
{
    int64_t count = 0;
    for (int64_t i = begin; i < end; i++) {
        if (forward->input.labels[i] == CPL_NOT_PREDICTED)
            continue;
        forward->rows[count] = (int32_t)(i - begin);
        forward->labels[count++] = forward->input.labels[i];
    }
    return count;
}

static void add_loss(struct forward *forward, struct cpl_value *hidden, int64_t begin,
                     int64_t end)
{
    struct cpl_tape *tape = &forward->tape;
    int64_t count = collect_rows(forward, begin, end);
    if (count == 0)
        return;
    struct cpl_loss loss;
    struct cpl_value *head = cpl_model_head(forward->model, tape, hidden, forward->rows, count);
    cpl_model_loss(forward->model, tape, &loss, head, forward->labels, count,
                   1 / (double)forward->input.predicted);
    forward->loss += loss.sum;
}

/* Lines [first, last) at once, packed one behind the other. */
static cpl_status compute_batch(struct forward *forward, int64_t first, int64_t last,
                                struct cpl_error *error)
{
    const struct cpl_forward_input *input = &forward->input;
    struct cpl_tape *tape = &forward->tape;
    cpl_tape_reset(tape);
    int32_t begin = input->offsets[first], end = input->offsets[last];
    int32_t *offsets = cpl_tape_memory(tape, (size_t)(last - first) + 1, sizeof *offsets);
    if (!offsets)
        return cpl_tape_check(tape, error);
    for (int64_t line = first; line <= last; line++)
        offsets[line - first] = input->offsets[line] - begin;
    struct cpl_input batch = {.tokens = end - begin,
                              .sequences = last - first,
                              .ids = input->ids + begin,
                              .positions = input->positions + begin,
                              .types = input->types + begin,
                              .offsets = offsets};
    struct cpl_value *hidden = cpl_model_hidden(forward->model, tape, &batch, NULL);
    struct cpl_value *logits = NULL;
    hidden->kept = true;
    if (has_head(forward))
        logits = cpl_model_logits(forward->model, tape,
                                  cpl_model_head(forward->model, tape, hidden, NULL, 0));
    add_loss(forward, hidden, begin, end);
    CPL_TRY(cpl_tape_check(tape, error));
    for (int64_t line = first; line < last; line++) {
        int64_t row = offsets[line - first], rows = offsets[line - first + 1] - row;
        CPL_TRY(write_rows(forward, "hidden", line, cpl_tensor_rows(hidden->data, row, rows),
                           error));
        if (logits)
            CPL_TRY(write_rows(forward, "logits", line,
                               cpl_tensor_rows(logits->data, row, rows), error));
    }
    return forward->options.gradients ? cpl_tape_backward(tape, error) : CPL_OK;
}

/* One token through the cache. */
static cpl_status compute_token(struct forward *forward, int64_t line, int64_t token,
                                struct cpl_error *error)
{
    const struct cpl_forward_input *input = &forward->input;
    struct cpl_tape *tape = &forward->tape;
    const int32_t offsets[2] = {0, 1};
    cpl_tape_reset(tape);
    struct cpl_input one = {.tokens = 1,
                            .sequences = 1,
                            .ids = input->ids + token,
                            .positions = input->positions + token,
                            .types = input->types + token,
                            .offsets = offsets};
    struct cpl_value *hidden = cpl_model_hidden(forward->model, tape, &one, forward->cache);
    struct cpl_value *logits = NULL;
    hidden->kept = true;
    if (has_head(forward))
        logits = cpl_model_logits(forward->model, tape,
                                  cpl_model_head(forward->model, tape, hidden, NULL, 0));
    add_loss(forward, hidden, token, token + 1);
    CPL_TRY(cpl_tape_check(tape, error));
    CPL_TRY(write_rows(forward, "hidden", line, hidden->data, error));
    return logits ? write_rows(forward, "logits", line, logits->data, error) : CPL_OK;
}

static cpl_status compute_cached(struct forward *forward, struct cpl_error *error)
{
    for (int64_t line = 0; line < forward->input.lines; line++) {
        forward->cache->length[0] = 0;
        for (int64_t i = forward->input.offsets[line]; i < forward->input.offsets[line + 1];
             i++)
            CPL_TRY(compute_token(forward, line, i, error));
    }
    return CPL_OK;
}

static int64_t tokens_at_once(const struct forward *forward)
{
    int64_t fitting = MOST_LOGITS / forward->model->config.vocab_size;
    return fitting < MOST_TOKENS ? fitting : MOST_TOKENS;
}

static cpl_status compute_packed(struct forward *forward, struct cpl_error *error)
{
    const int32_t *offsets = forward->input.offsets;
    int64_t most = tokens_at_once(forward), last;
    for (int64_t first = 0; first < forward->input.lines; first = last) {
        last = first + 1;
        while (last < forward->input.lines && offsets[last + 1] - offsets[first] <= most)
            last++;
        CPL_TRY(compute_batch(forward, first, last, error));
    }
    return CPL_OK;
}

/* ---- the command --------------------------------------------------------------------------------*/

static cpl_status check_options(const struct forward *forward, struct cpl_error *error)
{
    const struct cpl_model *model = forward->model;
    if (forward->options.cached && model->family->masked)
        return cpl_error_set(error, CPL_ERROR_USAGE, "cached",
                             "a %s model has no key/value cache", model->family->name);
    if (forward->options.cached && forward->options.gradients)
        return cpl_error_set(error, CPL_ERROR_USAGE, "cached",
                             "there are no gradients through a cache");
    if (forward->options.gradients && forward->input.predicted == 0)
        return cpl_error_set(error, CPL_ERROR_INPUT, "gradients",
                             "no line has labels to predict");
    return CPL_OK;
}

static cpl_status new_memory(struct forward *forward, struct cpl_error *error)
{
    const struct cpl_model *model = forward->model;
    const struct cpl_config *config = &model->config;
    int64_t wide = config->vocab_size > config->width ? config->vocab_size : config->width;
    int64_t longest = 1, largest = 0;
    for (int64_t line = 0; line < forward->input.lines; line++)
        longest = line_length(forward, line) > longest ? line_length(forward, line) : longest;
    for (int i = 0; i < model->parameters.count; i++) {
        int64_t count = cpl_tensor_count(model->parameters.item[i].weight.value);
        largest = count > largest ? count : largest;
    }
    size_t size = (size_t)(longest * wide > largest ? longest * wide : largest);
    size_t tokens = (size_t)forward->input.tokens;
    CPL_TRY(cpl_memory_new(&forward->buffer, size, sizeof *forward->buffer, error));
    CPL_TRY(cpl_memory_new(&forward->rows, tokens, sizeof *forward->rows, error));
    CPL_TRY(cpl_memory_new(&forward->labels, tokens, sizeof *forward->labels, error));
    if (forward->options.cached)
        CPL_TRY(cpl_kv_cache_new(&forward->cache, model, 1, longest, error));
    return CPL_OK;
}

static cpl_status new_gradients(struct forward *forward, struct cpl_error *error)
{
    struct cpl_parameters *parameters = &forward->model->parameters;
    if (!forward->options.gradients)
        return CPL_OK;
    CPL_TRY(cpl_model_enable_gradients(forward->model, error));
    memset(parameters->gradients, 0, (size_t)parameters->flat_size * sizeof(cpl_real));
    forward->tape.recording = true;
    return CPL_OK;
}

static cpl_status run(struct forward *forward, const char *input, const char *output,
                      struct cpl_error *error)
{
    CPL_TRY(cpl_forward_input_read(&forward->input, forward->model, input, error));
    CPL_TRY(check_options(forward, error));
    CPL_TRY(new_memory(forward, error));
    CPL_TRY(new_gradients(forward, error));
    CPL_TRY(cpl_safetensors_writer_new(&forward->writer, output, error));
    CPL_TRY(declare_outputs(forward, error));
    CPL_TRY(forward->options.cached ? compute_cached(forward, error)
                                    : compute_packed(forward, error));
    CPL_TRY(write_loss(forward, error));
    if (forward->options.gradients)
        CPL_TRY(cpl_model_each_tensor(forward->model, write_gradient, forward, error));
    struct cpl_safetensors_writer *writer = forward->writer;
    forward->writer = NULL; /* commit frees it */
    return cpl_safetensors_writer_commit(writer, error);
}

cpl_status cpl_model_forward_file(struct cpl_model *model, const char *input,
                                  const char *output, const struct cpl_forward_options *options,
                                  struct cpl_error *error)
{
    struct forward forward = {.model = model};
    if (options)
        forward.options = *options;
    cpl_tape_init(&forward.tape, &model->device->queue, model->device->dtype);
    forward.tape.recording = false;
    cpl_status status = run(&forward, input, output, error);
    cpl_safetensors_writer_abandon(forward.writer);
    cpl_tape_clear(&forward.tape);
    cpl_kv_cache_free(forward.cache);
    cpl_forward_input_clear(&forward.input);
    free(forward.buffer);
    free(forward.rows);
    free(forward.labels);
    return status;
}
