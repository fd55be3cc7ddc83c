/* couplet tokenizer decode: texts of ids. */
#include "cli.h"
#include "json_lines.h"

#include <couplet/tokenizer.h>
#include <stdio.h>
#include <stdlib.h>

struct decoder {
    struct cpl_tokenizer *tokenizer;
    struct cli_lines lines;
    int32_t *ids;
    size_t capacity;
    struct cpl_decode_options options;
};

static cpl_status read_ids(struct decoder *decoder, const struct cpl_json_value *value,
                           size_t *count, struct cpl_error *error)
{
    if (cpl_json_value_kind(value) == CPL_JSON_OBJECT)
        value = cpl_json_value_member(value, "ids");
    if (!value || cpl_json_value_kind(value) != CPL_JSON_ARRAY)
        return cpl_error_set(error, CPL_ERROR_INPUT, decoder->lines.where,
                             "expected {\"ids\": [...]} or [...]");
    *count = cpl_json_value_count(value);
    if (*count > decoder->capacity) {
        int32_t *grown = realloc(decoder->ids, *count * sizeof *grown);
        if (!grown)
            return cpl_error_set(error, CPL_ERROR_SYSTEM, NULL, "out of memory");
        decoder->ids = grown;
        decoder->capacity = *count;
    }
    for (size_t i = 0; i < *count; i++) {
        const struct cpl_json_value *id = cpl_json_value_at(value, i);
        int64_t number = cpl_json_value_int(id);
        if (cpl_json_value_kind(id) != CPL_JSON_INT || number < 0 ||
            number >= cpl_tokenizer_size(decoder->tokenizer))
            return cpl_error_set(error, CPL_ERROR_INPUT, decoder->lines.where,
                                 "element %zu is not an id in 0..%d", i,
                                 (int)cpl_tokenizer_size(decoder->tokenizer) - 1);
        decoder->ids[i] = (int32_t)number;
    }
    return CPL_OK;
}

static cpl_status decode_line(struct decoder *decoder, const struct cpl_json_value *value,
                              struct cpl_json *json, struct cpl_error *error)
{
    size_t count = 0, length = 0;
    char *text = NULL;
    const char *line = NULL;
    cpl_status status = read_ids(decoder, value, &count, error);
    if (status == CPL_OK)
        status = cpl_tokenizer_decode(decoder->tokenizer, &text, &length, decoder->ids, count,
                                      &decoder->options, error);
    if (status == CPL_OK) {
        cpl_json_add_text_n(json, NULL, text, length);
        status = cpl_json_finish(json, &line, NULL, error);
    }
    if (status == CPL_OK)
        puts(line);
    free(text);
    return status;
}

static cpl_status run_decode(struct cli *cli, struct cpl_error *error)
{
    struct decoder decoder = {
        .options = {cli_flag(cli, join) ? CPL_DECODE_READING : CPL_DECODE_EXACT,
                    cli_flag(cli, skip_special)}};
    struct cpl_json *json = NULL;
    struct cpl_json_value *value = NULL;
    cpl_status status = cpl_tokenizer_load(&decoder.tokenizer, cli->arguments[0], error);
    if (status == CPL_OK)
        status = cpl_json_new(&json, 0, error);
    if (status == CPL_OK)
        status = cli_lines_open(&decoder.lines, cli_text(cli, input), error);
    while (status == CPL_OK &&
           (status = cli_lines_next(&decoder.lines, &value, error)) == CPL_OK && value) {
        status = decode_line(&decoder, value, json, error);
        cpl_json_value_free(value);
    }
    cli_lines_close(&decoder.lines);
    cpl_json_free(json);
    free(decoder.ids);
    cpl_tokenizer_free(decoder.tokenizer);
    return status;
}

static const struct cli_example decode_examples[] = {
    {"echo '[2, 791, 1921, 3]' | couplet tokenizer decode tokenizers/zh --skip-special",
     "one JSON string a line"},
    {0}};
static const char *const decode_options[] = {"input", "skip-special", "join", NULL};

const struct cli_command cli_tokenizer_decode = {
    .usage = "TOKENIZER",
    .about =
        "Reads {\"ids\": [...]} or [...] a line, as tokenizer encode writes them; writes a "
        "JSON "
        "string a line,\n"
        "what transformers' decode gives.  --join is for WordPiece: no spaces between Chinese "
        "characters.\n",
    .examples = decode_examples,
    .options = decode_options,
    .min_arguments = 1,
    .max_arguments = 1,
    .run = run_decode,
};
