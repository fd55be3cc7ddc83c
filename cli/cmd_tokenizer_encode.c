/* couplet tokenizer encode: ids of texts, and where in the text each token stands. */
#include "cli.h"
#include "json_lines.h"

#include <couplet/tokenizer.h>
#include <stdlib.h>

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
    bool whole =
        encoder->text[0] && (!pairs || (encoder->text[1] && cpl_json_value_count(value) == 2));
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
            status =
                number_characters(&characters[k], encoder->text[k], encoder->length[k], error);
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
        status = cpl_tokenizer_word_flags(encoder->tokenizer, encoder->segmenter, &continues,
                                          one, encoder->text[k], encoder->length[k], error);
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
    struct cli_lines lines = {0};
    struct cpl_json *json = NULL;
    struct cpl_json_value *value = NULL;
    cpl_status status = cpl_tokenizer_load(&encoder.tokenizer, cli->arguments[0], error);
    if (status == CPL_OK && cli_flag(cli, words))
        status = cpl_segmenter_new(&encoder.segmenter, NULL, cli_text(cli, dict), error);
    if (status == CPL_OK)
        status = cpl_json_new(&json, 0, error);
    if (status == CPL_OK)
        status = cli_lines_open(&lines, cli_text(cli, input), error);
    encoder.where = lines.where;
    while (status == CPL_OK && (status = cli_lines_next(&lines, &value, error)) == CPL_OK &&
           value) {
        status = encode_line(&encoder, value, json, error);
        cpl_json_value_free(value);
    }
    cli_lines_close(&lines);
    cpl_json_free(json);
    cpl_encoding_clear(&encoder.encoding);
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
    {0}};
static const char *const encode_options[] = {"input", "offsets", "words", "special",
                                             "pairs", "dict",    NULL};

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
