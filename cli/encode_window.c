/* Windows of lines to encode: see encode_window.h. */
#include "encode_window.h"

#include <stdio.h>

/* A window is closed before it is full when its texts have this many bytes. */
enum { WINDOW_BYTES = 4 << 20 };

static void drop_values(struct cli_encode_window *window)
{
    for (size_t i = 0; i < window->n; i++)
        cpl_json_value_free(window->value[i]);
    window->n = 0;
}

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

/* Lines until the window is full; an error leaves those before it. */
static cpl_status read_lines(struct cli_encode_window *window, struct cli_lines *lines,
                             struct cpl_error *error)
{
    size_t bytes = 0;
    while (window->n < CLI_WINDOW_LINES && bytes < WINDOW_BYTES) {
        struct cpl_encode_input *input = &window->input[window->n];
        struct cpl_json_value *value = NULL;
        cpl_status status = cli_lines_next(lines, &value, error);
        if (status != CPL_OK || !value)
            return status;
        status = take_texts(input, value, window->pairs, lines->where, error);
        if (status != CPL_OK) {
            cpl_json_value_free(value);
            return status;
        }
        window->value[window->n] = value;
        window->number[window->n++] = lines->number;
        bytes += input->length + input->second_length;
    }
    return CPL_OK;
}

/* The batch failed: the texts one by one, until the one that does, for its line's number. */
static cpl_status find_failure(struct cli_encode_window *window, const char *path,
                               struct cpl_error *error)
{
    for (size_t i = 0; i < window->n; i++) {
        struct cpl_error own = {0};
        char where[300];
        cpl_status status =
            cpl_tokenizer_encode_batch(window->tokenizer, &window->encoding[i],
                                       &window->input[i], 1, &window->options, 1, &own);
        if (status == CPL_OK)
            continue;
        snprintf(where, sizeof where, "%.250s:%llu", path, window->number[i]);
        for (size_t k = i; k < window->n; k++)
            cpl_json_value_free(window->value[k]);
        window->n = i;
        return cpl_error_set(error, status, where, "%s", own.message);
    }
    return CPL_OK;
}

cpl_status cli_encode_window_next(struct cli_encode_window *window, struct cli_lines *lines,
                                  struct cpl_error *error)
{
    drop_values(window);
    cpl_status status = read_lines(window, lines, error);
    struct cpl_error own = {0};
    cpl_status encoded =
        cpl_tokenizer_encode_batch(window->tokenizer, window->encoding, window->input,
                                   window->n, &window->options, window->threads, &own);
    if (encoded != CPL_OK)
        encoded = find_failure(window, lines->path, error);
    return encoded != CPL_OK ? encoded : status;
}

void cli_encode_window_clear(struct cli_encode_window *window)
{
    drop_values(window);
    for (size_t i = 0; i < CLI_WINDOW_LINES; i++)
        cpl_encoding_clear(&window->encoding[i]);
}
