/* couplet tokenizer encode: ids of texts, and where in the text each token stands. */
#include "encode_window.h"

#include <stdlib.h>

struct encoder {
    const struct cli *cli;
    struct cpl_tokenizer *tokenizer;
    struct cpl_segmenter *segmenter; /* with --words */
    struct cli_encode_window *window;
    struct cpl_encoding one;
    struct cpl_span *spans;
    size_t n_spans;
};

static cpl_status out_of_memory(struct cpl_error *error)
{
    return cpl_error_set(error, CPL_ERROR_SYSTEM, NULL, "out of memory");
}

static void add_span(struct cpl_json *json, size_t begin, size_t end)
{
    cpl_json_begin_array(json, NULL);
    cpl_json_add_int(json, NULL, (int64_t)begin);
    cpl_json_add_int(json, NULL, (int64_t)end);
    cpl_json_end(json);
}

static cpl_status add_offsets(struct encoder *encoder, const struct cpl_encode_input *input,
                              const struct cpl_encoding *encoding, struct cpl_json *json,
                              struct cpl_error *error)
{
    if (encoding->count > encoder->n_spans) {
        free(encoder->spans);
        encoder->n_spans = 2 * encoding->count;
        encoder->spans = malloc(encoder->n_spans * sizeof *encoder->spans);
        if (!encoder->spans) {
            encoder->n_spans = 0;
            return out_of_memory(error);
        }
    }
    cpl_encoding_characters(encoding, 0, input->text, input->length, encoder->spans);
    if (input->second)
        cpl_encoding_characters(encoding, 1, input->second, input->second_length,
                                encoder->spans);
    cpl_json_begin_array(json, "offsets");
    for (size_t i = 0; i < encoding->count; i++)
        if (encoding->source[i] == CPL_SOURCE_NONE)
            add_span(json, 0, 0);
        else
            add_span(json, encoder->spans[i].begin, encoder->spans[i].end);
    cpl_json_end(json);
    return CPL_OK;
}

/* The tokens of text `k` in the line's: [*base, *base + *count), of which *skipped are left out at the
 * beginning. */
static void find_tokens(const struct encoder *encoder, const struct cpl_encoding *encoding,
                        size_t k, size_t *base, size_t *count, size_t *skipped)
{
    bool left = encoder->window->options.truncate_left;
    for (*base = 0; *base < encoding->count && encoding->source[*base] != k;)
        ++*base;
    size_t end = *base;
    while (end < encoding->count && encoding->source[end] == k)
        end++;
    *count = end - *base;
    *skipped = left && encoder->one.count > *count ? encoder->one.count - *count : 0;
}

/* Words of one text, as [begin, end) of the tokens of the whole line. */
static cpl_status add_words_of(struct encoder *encoder, const struct cpl_encoding *encoding,
                               size_t k, const char *text, size_t length, struct cpl_json *json,
                               struct cpl_error *error)
{
    struct cpl_encoding *one = &encoder->one;
    uint8_t *continues = NULL;
    size_t base, count, skipped;
    cpl_status status = cpl_tokenizer_encode(encoder->tokenizer, one, text, length, error);
    if (status == CPL_OK)
        status = cpl_tokenizer_word_flags(encoder->tokenizer, encoder->segmenter, &continues,
                                          one, text, length, error);
    find_tokens(encoder, encoding, k, &base, &count, &skipped);
    for (size_t i = 0, end; status == CPL_OK && i < one->count; i = end) {
        for (end = i + 1; end < one->count && continues[end];)
            end++;
        size_t first = i > skipped ? i - skipped : 0, last = end > skipped ? end - skipped : 0;
        last = last < count ? last : count;
        if (first < last)
            add_span(json, base + first, base + last);
    }
    free(continues);
    return status;
}

static cpl_status add_words(struct encoder *encoder, const struct cpl_encode_input *input,
                            const struct cpl_encoding *encoding, struct cpl_json *json,
                            struct cpl_error *error)
{
    cpl_json_begin_array(json, "words");
    cpl_status status =
        add_words_of(encoder, encoding, 0, input->text, input->length, json, error);
    if (status == CPL_OK && input->second)
        status = add_words_of(encoder, encoding, 1, input->second, input->second_length, json,
                              error);
    cpl_json_end(json);
    return status;
}

static cpl_status add_line(struct encoder *encoder, size_t line, struct cpl_json *json,
                           struct cpl_error *error)
{
    const struct cpl_encode_input *input = &encoder->window->input[line];
    const struct cpl_encoding *encoding = &encoder->window->encoding[line];
    cpl_status status = CPL_OK;
    cpl_json_begin_object(json, NULL);
    cpl_json_begin_array(json, "ids");
    for (size_t i = 0; i < encoding->count; i++)
        cpl_json_add_int(json, NULL, encoding->id[i]);
    cpl_json_end(json);
    if (encoder->window->pairs) {
        cpl_json_begin_array(json, "type_ids");
        for (size_t i = 0; i < encoding->count; i++)
            cpl_json_add_int(json, NULL, encoding->type[i]);
        cpl_json_end(json);
    }
    if (cli_flag(encoder->cli, offsets))
        status = add_offsets(encoder, input, encoding, json, error);
    if (status == CPL_OK && encoder->segmenter)
        status = add_words(encoder, input, encoding, json, error);
    cpl_json_end(json);
    return status;
}

static cpl_status print_window(struct encoder *encoder, struct cpl_json *json,
                               struct cpl_error *error)
{
    for (size_t i = 0; i < encoder->window->n; i++) {
        const char *text = NULL;
        size_t length = 0;
        cpl_status status = add_line(encoder, i, json, error);
        if (status == CPL_OK)
            status = cpl_json_finish(json, &text, &length, error);
        if (status != CPL_OK)
            return status;
        fwrite(text, 1, length, stdout);
        putchar('\n');
    }
    return cli_flush(error);
}

/* What was read before an error is printed, too. */
static cpl_status encode_lines(struct encoder *encoder, struct cpl_json *json,
                               struct cpl_error *error)
{
    struct cli_lines lines = {0};
    struct cpl_error own = {0};
    cpl_status status = cli_lines_open(&lines, cli_text(encoder->cli, input), error);
    if (status != CPL_OK)
        return status;
    do {
        status = cli_encode_window_next(encoder->window, &lines, &own);
        cpl_status printed = print_window(encoder, json, error);
        if (status != CPL_OK && printed == CPL_OK && error)
            *error = own;
        status = printed != CPL_OK ? printed : status;
    } while (status == CPL_OK && encoder->window->n > 0);
    cli_lines_close(&lines);
    return status;
}

static cpl_status open_encoder(struct encoder *encoder, struct cpl_error *error)
{
    const struct cli *cli = encoder->cli;
    struct cpl_tokenizer_load_options load = {.lowercase = cli_flag(cli, lowercase)};
    encoder->window = calloc(1, sizeof *encoder->window);
    if (!encoder->window)
        return out_of_memory(error);
    cpl_status status =
        cpl_tokenizer_load_with(&encoder->tokenizer, cli->arguments[0], &load, error);
    if (status == CPL_OK && cli_flag(cli, words))
        status = cpl_segmenter_new(&encoder->segmenter, NULL, cli_text(cli, dict), error);
    encoder->window->tokenizer = encoder->tokenizer;
    encoder->window->pairs = cli_flag(cli, pairs);
    encoder->window->threads = (int)cli_int(cli, threads);
    encoder->window->options = (struct cpl_encode_options){
        .special = cli_flag(cli, special),
        .max_length = (size_t)cli_int(cli, max_length),
        .truncate_left = cli_text(cli, truncate)[0] == 'l',
    };
    return status;
}

static cpl_status run_encode(struct cli *cli, struct cpl_error *error)
{
    struct encoder encoder = {.cli = cli};
    struct cpl_json *json = NULL;
    cpl_status status = open_encoder(&encoder, error);
    if (status == CPL_OK)
        status = cpl_json_new(&json, 0, error);
    if (status == CPL_OK)
        status = encode_lines(&encoder, json, error);
    cpl_json_free(json);
    if (encoder.window)
        cli_encode_window_clear(encoder.window);
    free(encoder.window);
    free(encoder.spans);
    cpl_encoding_clear(&encoder.one);
    cpl_segmenter_free(encoder.segmenter);
    cpl_tokenizer_free(encoder.tokenizer);
    return status;
}

static const struct cli_example encode_examples[] = {
    {"echo '\"今天天气很好\"' | couplet tokenizer encode tokenizers/zh",
     "one JSON string a line"},
    {"couplet tokenizer encode models/bert --input texts.jsonl --special --offsets",
     "with [CLS] and [SEP], and where each token stands"},
    {"couplet tokenizer encode vocab.txt --lowercase --special --max-length 512",
     "a bare vocab.txt does not say whether it is lower case"},
    {0}};
static const char *const encode_options[] = {"input", "offsets",    "words",    "special",
                                             "pairs", "max-length", "truncate", "lowercase",
                                             "dict",  "threads",    NULL};

const struct cli_command cli_tokenizer_encode = {
    .usage = "TOKENIZER",
    .about = "Reads a JSON string a line, or [\"first\", \"second\"] with --pairs; writes "
             "{\"ids\": [...]} a line.\n"
             "Offsets are in Unicode characters; words are [begin, end) in tokens.  Of pairs "
             "--max-length shortens\n"
             "the longer text first.\n",
    .examples = encode_examples,
    .options = encode_options,
    .min_arguments = 1,
    .max_arguments = 1,
    .run = run_encode,
};
