/* couplet tokenizer encode: ids of texts, and where in the text each token stands. */
#include "encode_lines.h"

#include <omp.h>
#include <stdio.h>
#include <stdlib.h>

struct encoder {
    const struct cli *cli;
    struct cpl_tokenizer *tokenizer;
    struct cpl_segmenter *segmenter; /* with --words */
    struct cli_encode_window *window;
    struct cli_line_writer *writer; /* [threads] */
    int threads;
};

static cpl_status out_of_memory(struct cpl_error *error)
{
    return cpl_error_set(error, CPL_ERROR_SYSTEM, NULL, "out of memory");
}

/* Every thread writes a run of lines. */
static cpl_status print_window(struct encoder *encoder, struct cpl_error *error)
{
    size_t n = encoder->window->n, threads = (size_t)encoder->threads;
#pragma omp parallel for num_threads(encoder->threads) schedule(static, 1)
    for (size_t t = 0; t < threads; t++)
        cli_line_writer_add(&encoder->writer[t], n * t / threads, n * (t + 1) / threads);
    for (size_t t = 0; t < threads; t++) {
        const struct cli_line_writer *writer = &encoder->writer[t];
        if (writer->length > 0)
            fwrite(writer->out, 1, writer->length, stdout);
        if (writer->status != CPL_OK && error)
            *error = writer->error;
        if (writer->status != CPL_OK)
            return writer->status;
    }
    return cli_flush(error);
}

/* What was read before an error is printed, too. */
static cpl_status encode_lines(struct encoder *encoder, struct cpl_error *error)
{
    struct cli_lines lines = {0};
    struct cpl_error own = {0};
    cpl_status status = cli_lines_open(&lines, cli_text(encoder->cli, input), error);
    if (status != CPL_OK)
        return status;
    do {
        status = cli_encode_window_next(encoder->window, &lines, &own);
        cpl_status printed = print_window(encoder, error);
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
    int threads = (int)cli_int(cli, threads);
    encoder->threads = threads > 0 ? threads : omp_get_max_threads();
    encoder->window = calloc(1, sizeof *encoder->window);
    encoder->writer = calloc((size_t)encoder->threads, sizeof *encoder->writer);
    if (!encoder->window || !encoder->writer)
        return out_of_memory(error);
    cpl_status status =
        cpl_tokenizer_load_with(&encoder->tokenizer, cli->arguments[0], &load, error);
    if (status == CPL_OK && cli_flag(cli, words))
        status = cpl_segmenter_new(&encoder->segmenter, NULL, cli_text(cli, dict), error);
    encoder->window->tokenizer = encoder->tokenizer;
    encoder->window->pairs = cli_flag(cli, pairs);
    encoder->window->threads = encoder->threads;
    encoder->window->options = (struct cpl_encode_options){
        .special = cli_flag(cli, special),
        .max_length = (size_t)cli_int(cli, max_length),
        .truncate_left = cli_text(cli, truncate)[0] == 'l',
    };
    for (int t = 0; t < encoder->threads; t++)
        encoder->writer[t] = (struct cli_line_writer){.window = encoder->window,
                                                      .segmenter = encoder->segmenter,
                                                      .offsets = cli_flag(cli, offsets)};
    return status;
}

static cpl_status run_encode(struct cli *cli, struct cpl_error *error)
{
    struct encoder encoder = {.cli = cli};
    cpl_status status = open_encoder(&encoder, error);
    if (status == CPL_OK)
        status = encode_lines(&encoder, error);
    for (int t = 0; encoder.writer && t < encoder.threads; t++)
        cli_line_writer_clear(&encoder.writer[t]);
    if (encoder.window)
        cli_encode_window_clear(encoder.window);
    free(encoder.writer);
    free(encoder.window);
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
