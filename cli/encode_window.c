/* Windows of lines to encode: see encode_window.h. */
#include "encode_window.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A window is closed before it is full when its lines have this many bytes. */
enum { WINDOW_BYTES = 4 << 20 };

/* The window ends before line `i`. */
static void cut_off(struct cli_encode_window *window, size_t i)
{
    for (size_t k = i; k < window->n; k++) {
        cpl_json_value_free(window->value[k]);
        window->value[k] = NULL;
    }
    window->n = i < window->n ? i : window->n;
}

/* ---- reading --------------------------------------------------------------------------------- */

static cpl_status keep_line(struct cli_encode_window *window, const char *line, size_t length,
                            struct cpl_error *error)
{
    size_t needed = window->raw_length + length;
    if (needed > window->raw_capacity) {
        size_t capacity = needed > WINDOW_BYTES ? needed : 2 * needed;
        char *grown = realloc(window->raw, capacity);
        if (!grown)
            return cpl_error_set(error, CPL_ERROR_SYSTEM, NULL, "out of memory");
        window->raw = grown;
        window->raw_capacity = capacity;
    }
    memcpy(window->raw + window->raw_length, line, length);
    window->raw_length = needed;
    return CPL_OK;
}

static cpl_status read_lines(struct cli_encode_window *window, struct cli_lines *lines,
                             struct cpl_error *error)
{
    window->raw_length = 0;
    while (window->n < CLI_WINDOW_LINES && window->raw_length < WINDOW_BYTES) {
        size_t length = 0;
        cpl_status status = cli_lines_read(lines, &length, error);
        if (status == CPL_OK && length > 0)
            status = keep_line(window, lines->line, length, error);
        if (status != CPL_OK || length == 0)
            return status;
        window->number[window->n++] = lines->number;
        window->begin[window->n] = window->raw_length;
    }
    return CPL_OK;
}

/* ---- parsing --------------------------------------------------------------------------------- */

static cpl_status take_texts(struct cpl_encode_input *input, const struct cpl_json_value *value,
                             bool pairs, const char *where, struct cpl_error *error)
{
    const struct cpl_json_value *first = pairs ? cpl_json_value_at(value, 0) : value;
    const struct cpl_json_value *second = pairs ? cpl_json_value_at(value, 1) : NULL;
    *input = (struct cpl_encode_input){0};
    input->text = first ? cpl_json_value_text(first, &input->length) : NULL;
    input->second = second ? cpl_json_value_text(second, &input->second_length) : NULL;
    if (input->text && (!pairs || (input->second && cpl_json_value_count(value) == 2)))
        return CPL_OK;
    return cpl_error_set(error, CPL_ERROR_INPUT, where,
                         pairs ? "expected [\"first\", \"second\"]"
                               : "expected a JSON string (--pairs takes two)");
}

/* On success the line has a value, else it has none. */
static cpl_status parse_line(struct cli_encode_window *window, size_t i, const char *where,
                             struct cpl_error *error)
{
    cpl_status status =
        cpl_json_value_parse(&window->value[i], window->raw + window->begin[i],
                             window->begin[i + 1] - window->begin[i], where, error);
    if (status == CPL_OK)
        status = take_texts(&window->input[i], window->value[i], window->pairs, where, error);
    if (status == CPL_OK)
        return CPL_OK;
    cpl_json_value_free(window->value[i]);
    window->value[i] = NULL;
    return status;
}

static void name_line(char where[300], const struct cli_encode_window *window, size_t i,
                      const char *path)
{
    snprintf(where, 300, "%.250s:%llu", path, window->number[i]);
}

/* The first line that fails is looked at again for its message. */
static cpl_status parse_lines(struct cli_encode_window *window, const char *path,
                              struct cpl_error *error)
{
    char where[300];
#pragma omp parallel for num_threads(window->threads) schedule(dynamic, 64)
    for (size_t i = 0; i < window->n; i++)
        parse_line(window, i, path, NULL);
    for (size_t i = 0; i < window->n; i++) {
        if (window->value[i])
            continue;
        name_line(where, window, i, path);
        cpl_status status = parse_line(window, i, where, error);
        cut_off(window, i);
        return status;
    }
    return CPL_OK;
}

/* ---- encoding -------------------------------------------------------------------------------- */

/* The batch failed: the texts one by one, until the one that does, for its line's number. */
static cpl_status find_failure(struct cli_encode_window *window, const char *path,
                               struct cpl_error *error)
{
    char where[300];
    for (size_t i = 0; i < window->n; i++) {
        struct cpl_error own = {0};
        const struct cpl_encode_input *input = &window->input[i];
        const char *const text[2] = {input->text, input->second};
        const size_t length[2] = {input->length, input->second_length};
        cpl_status status =
            cpl_tokenizer_encode_with(window->tokenizer, &window->encoding[i], text, length,
                                      input->second ? 2 : 1, &window->options, &own);
        if (status == CPL_OK)
            continue;
        name_line(where, window, i, path);
        cut_off(window, i);
        return cpl_error_set(error, status, where, "%s", own.message);
    }
    return CPL_OK;
}

cpl_status cli_encode_window_next(struct cli_encode_window *window, struct cli_lines *lines,
                                  struct cpl_error *error)
{
    struct cpl_error own = {0};
    cut_off(window, 0);
    cpl_status status = read_lines(window, lines, &own), earlier;
    earlier = parse_lines(window, lines->path, error);
    if (earlier == CPL_OK && status != CPL_OK && error)
        *error = own;
    status = earlier != CPL_OK ? earlier : status;
    cpl_status encoded =
        cpl_tokenizer_encode_batch(window->tokenizer, window->encoding, window->input,
                                   window->n, &window->options, window->threads, NULL);
    if (encoded != CPL_OK)
        encoded = find_failure(window, lines->path, error);
    return encoded != CPL_OK ? encoded : status;
}

void cli_encode_window_clear(struct cli_encode_window *window)
{
    cut_off(window, 0);
    for (size_t i = 0; i < CLI_WINDOW_LINES; i++)
        cpl_encoding_clear(&window->encoding[i]);
    free(window->raw);
}
