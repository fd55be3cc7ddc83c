/* couplet tokenizer train, tokenizer encode, tokenizer decode. */
#include "cli.h"
#include "progress.h"

#include <couplet/corpus.h>
#include <couplet/tokenizer.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- training ----------------------------------------------------------------------------- */

struct training {
    struct cpl_tokenizer_trainer *trainer;
    struct cli_progress progress;
    uint64_t documents, bytes;
};

static cpl_status train_on(void *context, uint64_t index, const char *text, size_t length,
                           struct cpl_error *error)
{
    struct training *training = context;
    char line[100];
    cpl_status status = cpl_tokenizer_trainer_add(training->trainer, text, length, error);
    training->documents = index + 1;
    training->bytes += length;
    if (status == CPL_OK && cli_progress_due(&training->progress)) {
        snprintf(line, sizeof line, "document %llu  %.1f MB of text",
                 (unsigned long long)training->documents, (double)training->bytes / 1e6);
        cli_progress_show(&training->progress, line);
    }
    if (status == CPL_OK && cli_stop_requested())
        return cpl_error_set(error, CPL_STOPPED, NULL, "stopped: no tokenizer was written");
    return status;
}

static cpl_status report_training(const struct cli *cli, const struct training *training,
                                  const struct cpl_tokenizer *tokenizer,
                                  struct cpl_error *error)
{
    int32_t size = cpl_tokenizer_size(tokenizer), continuing = 0;
    struct cpl_json *json = NULL;
    for (int32_t id = 0; id < size; id++)
        continuing += cpl_tokenizer_continues(tokenizer, id);
    if (!cli->json) {
        cli_note(cli, "%d pieces, %d of them inside words, from %llu documents: %s", (int)size,
                 (int)continuing, (unsigned long long)training->documents, cli_text(cli, out));
        return CPL_OK;
    }
    cpl_status status = cpl_json_new(&json, 0, error);
    if (status != CPL_OK)
        return status;
    cpl_json_begin_object(json, NULL);
    cpl_json_add_text(json, "path", cli_text(cli, out));
    cpl_json_add_int(json, "vocab_size", size);
    cpl_json_add_int(json, "continuing", continuing);
    cpl_json_add_int(json, "documents", (int64_t)training->documents);
    cpl_json_add_int(json, "bytes", (int64_t)training->bytes);
    cpl_json_end(json);
    return cli_print_json(json, error);
}

static cpl_status run_train(struct cli *cli, struct cpl_error *error)
{
    struct training training = {0};
    struct cpl_tokenizer *tokenizer = NULL;
    struct cpl_tokenizer_training options = {
        .type = cli_text(cli, type),
        .vocab_size = (int32_t)cli_int(cli, vocab_size),
        .lowercase = cli_flag(cli, lowercase),
        .min_frequency = (int32_t)cli_int(cli, min_frequency),
    };
    cpl_status status = cli_require(cli, CPL_OPTION_out, error);
    if (status == CPL_OK)
        status = cpl_tokenizer_trainer_new(&training.trainer, &options, error);
    if (status != CPL_OK)
        return status;
    cli_stop_defer();
    cli_progress_start(&training.progress, cli);
    status = cpl_texts_each(cli->arguments, cli->n_arguments, train_on, &training, error);
    cli_progress_end(&training.progress);
    if (status == CPL_OK)
        status = cpl_tokenizer_trainer_finish(training.trainer, &tokenizer, error);
    if (status == CPL_OK)
        status = cpl_tokenizer_save(tokenizer, cli_text(cli, out), error);
    if (status == CPL_OK)
        status = report_training(cli, &training, tokenizer, error);
    cpl_tokenizer_free(tokenizer);
    cpl_tokenizer_trainer_free(training.trainer);
    return status;
}

static const struct cli_example train_examples[] = {
    {"couplet tokenizer train corpora/zh --vocab-size 8000 --out tokenizers/zh",
     "on the training documents of a corpus"},
    {"couplet tokenizer train books/ notes.txt --out tokenizers/mine", "on files as they are"},
    {0}};
static const char *const train_options[] = {"out",           "type", "vocab-size", "lowercase",
                                            "min-frequency", "json", NULL};

const struct cli_command cli_tokenizer_train = {
    .usage = "CORPUS|FILE...",
    .about = "Chinese is written in characters, the rest in pieces of words, line breaks have a "
             "token of their\n"
             "own.  Writes tokenizer.json, tokenizer_config.json and vocab.txt, which "
             "transformers reads.\n",
    .examples = train_examples,
    .options = train_options,
    .min_arguments = 1,
    .max_arguments = CLI_MANY,
    .run = run_train,
};

/* ---- lines of JSON ------------------------------------------------------------------------ */

struct lines {
    FILE *file;
    const char *path;
    char *line;
    size_t capacity;
    unsigned long long number;
    char where[300]; /* "path:number" */
};

static cpl_status open_lines(struct lines *lines, const char *path, struct cpl_error *error)
{
    bool standard_input = !path || strcmp(path, "-") == 0;
    lines->path = standard_input ? "standard input" : path;
    lines->file = standard_input ? stdin : fopen(path, "rb");
    return lines->file ? CPL_OK : cpl_error_errno(error, path, "read it");
}

static void close_lines(struct lines *lines)
{
    if (lines->file && lines->file != stdin)
        fclose(lines->file);
    free(lines->line);
}

/* The next line that is not blank, as JSON; *value NULL at the end. */
static cpl_status next_line(struct lines *lines, struct cpl_json_value **value,
                            struct cpl_error *error)
{
    *value = NULL;
    for (;;) {
        errno = 0;
        ssize_t length = getline(&lines->line, &lines->capacity, lines->file);
        if (length < 0)
            return ferror(lines->file) ? cpl_error_errno(error, lines->path, "read it") : CPL_OK;
        lines->number++;
        if (strspn(lines->line, " \t\r\n") == (size_t)length)
            continue;
        snprintf(lines->where, sizeof lines->where, "%.250s:%llu", lines->path, lines->number);
        return cpl_json_value_parse(value, lines->line, (size_t)length, lines->where, error);
    }
}

/* ---- encoding ----------------------------------------------------------------------------- */

struct encoder {
    const struct cli *cli;
    struct cpl_tokenizer *tokenizer;
    struct cpl_segmenter *segmenter; /* with --words */
    struct cpl_encoding encoding, one;
    const char *text[2];
    size_t length[2];
    const char *where;
};

static cpl_status take_texts(struct encoder *encoder, const struct cpl_json_value *value,
                             struct cpl_error *error)
{
    bool pairs = cli_flag(encoder->cli, pairs);
    for (size_t k = 0; k < (pairs ? 2 : 1); k++) {
        const struct cpl_json_value *part = pairs ? cpl_json_value_at(value, k) : value;
        encoder->text[k] = part ? cpl_json_value_text(part, &encoder->length[k]) : NULL;
    }
    bool whole = encoder->text[0] && (!pairs || (encoder->text[1] && cpl_json_value_count(value) == 2));
    if (whole)
        return CPL_OK;
    return cpl_error_set(error, CPL_ERROR_INPUT, encoder->where,
                         pairs ? "expected [\"first\", \"second\"]"
                               : "expected a JSON string (--pairs takes two)");
}

static cpl_status encode_texts(struct encoder *encoder, struct cpl_error *error)
{
    const struct cli *cli = encoder->cli;
    if (cli_flag(cli, pairs))
        return cpl_tokenizer_encode_pair(encoder->tokenizer, &encoder->encoding, encoder->text,
                                         encoder->length, cli_flag(cli, special), error);
    if (cli_flag(cli, special))
        return cpl_tokenizer_encode_special(encoder->tokenizer, &encoder->encoding,
                                            encoder->text[0], encoder->length[0], error);
    return cpl_tokenizer_encode(encoder->tokenizer, &encoder->encoding, encoder->text[0],
                                encoder->length[0], error);
}

/* Characters before each byte: *at [length + 1], heap. */
static cpl_status number_characters(uint32_t **at, const char *text, size_t length,
                                    struct cpl_error *error)
{
    *at = malloc((length + 1) * sizeof **at);
    if (!*at)
        return cpl_error_set(error, CPL_ERROR_SYSTEM, NULL, "out of memory");
    uint32_t n = 0;
    for (size_t i = 0; i <= length; i++) {
        (*at)[i] = n;
        if (i < length)
            n += i + 1 == length || ((unsigned char)text[i + 1] & 0xC0) != 0x80;
    }
    return CPL_OK;
}

static cpl_status add_offsets(const struct encoder *encoder, struct cpl_json *json,
                              struct cpl_error *error)
{
    uint32_t *characters[2] = {NULL, NULL};
    const struct cpl_encoding *encoding = &encoder->encoding;
    cpl_status status = CPL_OK;
    for (size_t k = 0; k < 2 && status == CPL_OK; k++)
        if (encoder->text[k])
            status = number_characters(&characters[k], encoder->text[k], encoder->length[k],
                                       error);
    cpl_json_begin_array(json, "offsets");
    for (size_t i = 0; i < encoding->count && status == CPL_OK; i++) {
        const uint32_t *at = characters[encoding->source[i] == 1];
        cpl_json_begin_array(json, NULL);
        cpl_json_add_int(json, NULL, at[encoding->span[i].begin]);
        cpl_json_add_int(json, NULL, at[encoding->span[i].end]);
        cpl_json_end(json);
    }
    cpl_json_end(json);
    free(characters[0]);
    free(characters[1]);
    return status;
}

/* Words of one text, as [begin, end) of the tokens of the whole line. */
static cpl_status add_words_of(struct encoder *encoder, size_t k, struct cpl_json *json,
                               struct cpl_error *error)
{
    struct cpl_encoding *one = &encoder->one;
    uint8_t *continues = NULL;
    size_t base = 0;
    cpl_status status = cpl_tokenizer_encode(encoder->tokenizer, one, encoder->text[k],
                                             encoder->length[k], error);
    if (status == CPL_OK)
        status = cpl_tokenizer_word_flags(encoder->tokenizer, encoder->segmenter, &continues, one,
                                          encoder->text[k], encoder->length[k], error);
    while (base < encoder->encoding.count && encoder->encoding.source[base] != k)
        base++;
    for (size_t i = 0, end; status == CPL_OK && i < one->count; i = end) {
        for (end = i + 1; end < one->count && continues[end];)
            end++;
        cpl_json_begin_array(json, NULL);
        cpl_json_add_int(json, NULL, (int64_t)(base + i));
        cpl_json_add_int(json, NULL, (int64_t)(base + end));
        cpl_json_end(json);
    }
    free(continues);
    return status;
}

static cpl_status add_words(struct encoder *encoder, struct cpl_json *json,
                            struct cpl_error *error)
{
    cpl_status status = CPL_OK;
    cpl_json_begin_array(json, "words");
    for (size_t k = 0; k < 2 && status == CPL_OK; k++)
        if (encoder->text[k])
            status = add_words_of(encoder, k, json, error);
    cpl_json_end(json);
    return status;
}

static cpl_status write_encoding(struct encoder *encoder, struct cpl_json *json,
                                 struct cpl_error *error)
{
    const struct cpl_encoding *encoding = &encoder->encoding;
    const struct cli *cli = encoder->cli;
    cpl_status status = CPL_OK;
    cpl_json_begin_object(json, NULL);
    cpl_json_begin_array(json, "ids");
    for (size_t i = 0; i < encoding->count; i++)
        cpl_json_add_int(json, NULL, encoding->id[i]);
    cpl_json_end(json);
    if (cli_flag(cli, pairs)) {
        cpl_json_begin_array(json, "type_ids");
        for (size_t i = 0; i < encoding->count; i++)
            cpl_json_add_int(json, NULL, encoding->type[i]);
        cpl_json_end(json);
    }
    if (cli_flag(cli, offsets))
        status = add_offsets(encoder, json, error);
    if (status == CPL_OK && cli_flag(cli, words))
        status = add_words(encoder, json, error);
    cpl_json_end(json);
    return status;
}

static cpl_status encode_line(struct encoder *encoder, const struct cpl_json_value *value,
                              struct cpl_json *json, struct cpl_error *error)
{
    const char *text = NULL;
    cpl_status status = take_texts(encoder, value, error);
    if (status == CPL_OK)
        status = encode_texts(encoder, error);
    if (status == CPL_OK)
        status = write_encoding(encoder, json, error);
    if (status == CPL_OK)
        status = cpl_json_finish(json, &text, NULL, error);
    if (status == CPL_OK)
        puts(text);
    return status;
}

static cpl_status run_encode(struct cli *cli, struct cpl_error *error)
{
    struct encoder encoder = {.cli = cli};
    struct lines lines = {0};
    struct cpl_json *json = NULL;
    struct cpl_json_value *value = NULL;
    cpl_status status = cpl_tokenizer_load(&encoder.tokenizer, cli->arguments[0], error);
    if (status == CPL_OK && cli_flag(cli, words))
        status = cpl_segmenter_new(&encoder.segmenter, NULL, cli_text(cli, dict), error);
    if (status == CPL_OK)
        status = cpl_json_new(&json, 0, error);
    if (status == CPL_OK)
        status = open_lines(&lines, cli_text(cli, input), error);
    encoder.where = lines.where;
    while (status == CPL_OK && (status = next_line(&lines, &value, error)) == CPL_OK && value) {
        status = encode_line(&encoder, value, json, error);
        cpl_json_value_free(value);
    }
    close_lines(&lines);
    cpl_json_free(json);
    cpl_encoding_clear(&encoder.encoding);
    cpl_encoding_clear(&encoder.one);
    cpl_segmenter_free(encoder.segmenter);
    cpl_tokenizer_free(encoder.tokenizer);
    return status;
}

static const struct cli_example encode_examples[] = {
    {"echo '\"今天天气很好\"' | couplet tokenizer encode tokenizers/zh", "one JSON string a line"},
    {"couplet tokenizer encode models/bert --input texts.jsonl --special --offsets",
     "with [CLS] and [SEP], and where each token stands"},
    {0}};
static const char *const encode_options[] = {"input",   "offsets", "words", "special",
                                             "pairs",   "dict",    NULL};

const struct cli_command cli_tokenizer_encode = {
    .usage = "TOKENIZER",
    .about = "Reads a JSON string a line, or [\"first\", \"second\"] with --pairs; writes "
             "{\"ids\": [...]} a line.\n"
             "Offsets are in Unicode characters; words are [begin, end) in tokens.\n",
    .examples = encode_examples,
    .options = encode_options,
    .min_arguments = 1,
    .max_arguments = 1,
    .run = run_encode,
};

/* ---- decoding ----------------------------------------------------------------------------- */

struct decoder {
    struct cpl_tokenizer *tokenizer;
    struct lines lines;
    int32_t *ids;
    size_t capacity;
    bool skip_special;
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
    size_t count = 0;
    char *text = NULL;
    const char *line = NULL;
    cpl_status status = read_ids(decoder, value, &count, error);
    if (status == CPL_OK)
        status = cpl_tokenizer_decode(decoder->tokenizer, &text, decoder->ids, count,
                                      decoder->skip_special, error);
    if (status == CPL_OK) {
        cpl_json_add_text(json, NULL, text);
        status = cpl_json_finish(json, &line, NULL, error);
    }
    if (status == CPL_OK)
        puts(line);
    free(text);
    return status;
}

static cpl_status run_decode(struct cli *cli, struct cpl_error *error)
{
    struct decoder decoder = {.skip_special = cli_flag(cli, skip_special)};
    struct cpl_json *json = NULL;
    struct cpl_json_value *value = NULL;
    cpl_status status = cpl_tokenizer_load(&decoder.tokenizer, cli->arguments[0], error);
    if (status == CPL_OK)
        status = cpl_json_new(&json, 0, error);
    if (status == CPL_OK)
        status = open_lines(&decoder.lines, cli_text(cli, input), error);
    while (status == CPL_OK && (status = next_line(&decoder.lines, &value, error)) == CPL_OK &&
           value) {
        status = decode_line(&decoder, value, json, error);
        cpl_json_value_free(value);
    }
    close_lines(&decoder.lines);
    cpl_json_free(json);
    free(decoder.ids);
    cpl_tokenizer_free(decoder.tokenizer);
    return status;
}

static const struct cli_example decode_examples[] = {
    {"echo '[2, 791, 1921, 3]' | couplet tokenizer decode tokenizers/zh --skip-special",
     "one JSON string a line"},
    {0}};
static const char *const decode_options[] = {"input", "skip-special", NULL};

const struct cli_command cli_tokenizer_decode = {
    .usage = "TOKENIZER",
    .about = "Reads {\"ids\": [...]} or [...] a line, as tokenizer encode writes them.\n",
    .examples = decode_examples,
    .options = decode_options,
    .min_arguments = 1,
    .max_arguments = 1,
    .run = run_decode,
};
