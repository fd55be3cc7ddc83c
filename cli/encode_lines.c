/* Encoded texts as lines of JSON: see encode_lines.h. */
#include "encode_lines.h"

#include <stdlib.h>
#include <string.h>

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

static cpl_status add_offsets(struct cli_line_writer *writer,
                              const struct cpl_encode_input *input,
                              const struct cpl_encoding *encoding, struct cpl_json *json,
                              struct cpl_error *error)
{
    if (encoding->count > writer->n_spans) {
        free(writer->spans);
        writer->n_spans = 2 * encoding->count;
        writer->spans = malloc(writer->n_spans * sizeof *writer->spans);
        if (!writer->spans) {
            writer->n_spans = 0;
            return out_of_memory(error);
        }
    }
    cpl_encoding_characters(encoding, 0, input->text, input->length, writer->spans);
    if (input->second)
        cpl_encoding_characters(encoding, 1, input->second, input->second_length,
                                writer->spans);
    cpl_json_begin_array(json, "offsets");
    for (size_t i = 0; i < encoding->count; i++)
        if (encoding->source[i] == CPL_SOURCE_NONE)
            add_span(json, 0, 0);
        else
            add_span(json, writer->spans[i].begin, writer->spans[i].end);
    cpl_json_end(json);
    return CPL_OK;
}

/* The tokens of text `k` in the line's: [*base, *base + *count), of which *skipped are left out at the
 * beginning. */
static void find_tokens(const struct cli_line_writer *writer,
                        const struct cpl_encoding *encoding, size_t k, size_t *base,
                        size_t *count, size_t *skipped)
{
    bool left = writer->window->options.truncate_left;
    for (*base = 0; *base < encoding->count && encoding->source[*base] != k;)
        ++*base;
    size_t end = *base;
    while (end < encoding->count && encoding->source[end] == k)
        end++;
    *count = end - *base;
    *skipped = left && writer->one.count > *count ? writer->one.count - *count : 0;
}

/* Words of one text, as [begin, end) of the tokens of the whole line. */
static cpl_status add_words_of(struct cli_line_writer *writer,
                               const struct cpl_encoding *encoding, size_t k, const char *text,
                               size_t length, struct cpl_json *json, struct cpl_error *error)
{
    struct cpl_encoding *one = &writer->one;
    uint8_t *continues = NULL;
    size_t base, count, skipped;
    cpl_status status =
        cpl_tokenizer_encode(writer->window->tokenizer, one, text, length, error);
    if (status == CPL_OK)
        status = cpl_tokenizer_word_flags(writer->window->tokenizer, writer->segmenter,
                                          &continues, one, text, length, error);
    find_tokens(writer, encoding, k, &base, &count, &skipped);
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

static cpl_status add_words(struct cli_line_writer *writer,
                            const struct cpl_encode_input *input,
                            const struct cpl_encoding *encoding, struct cpl_json *json,
                            struct cpl_error *error)
{
    cpl_json_begin_array(json, "words");
    cpl_status status =
        add_words_of(writer, encoding, 0, input->text, input->length, json, error);
    if (status == CPL_OK && input->second)
        status =
            add_words_of(writer, encoding, 1, input->second, input->second_length, json, error);
    cpl_json_end(json);
    return status;
}

static cpl_status add_line(struct cli_line_writer *writer, size_t line, struct cpl_json *json,
                           struct cpl_error *error)
{
    const struct cpl_encode_input *input = &writer->window->input[line];
    const struct cpl_encoding *encoding = &writer->window->encoding[line];
    cpl_status status = CPL_OK;
    cpl_json_begin_object(json, NULL);
    cpl_json_begin_array(json, "ids");
    for (size_t i = 0; i < encoding->count; i++)
        cpl_json_add_int(json, NULL, encoding->id[i]);
    cpl_json_end(json);
    if (writer->window->pairs) {
        cpl_json_begin_array(json, "type_ids");
        for (size_t i = 0; i < encoding->count; i++)
            cpl_json_add_int(json, NULL, encoding->type[i]);
        cpl_json_end(json);
    }
    if (writer->offsets)
        status = add_offsets(writer, input, encoding, json, error);
    if (status == CPL_OK && writer->segmenter)
        status = add_words(writer, input, encoding, json, error);
    cpl_json_end(json);
    return status;
}

static cpl_status keep_text(struct cli_line_writer *writer, const char *text, size_t length,
                            struct cpl_error *error)
{
    if (writer->length + length + 1 > writer->capacity) {
        size_t capacity = 2 * (writer->length + length + 1);
        char *grown = realloc(writer->out, capacity);
        if (!grown)
            return out_of_memory(error);
        writer->out = grown;
        writer->capacity = capacity;
    }
    memcpy(writer->out + writer->length, text, length);
    writer->length += length;
    writer->out[writer->length++] = '\n';
    return CPL_OK;
}

void cli_line_writer_add(struct cli_line_writer *writer, size_t begin, size_t end)
{
    struct cpl_error *error = &writer->error;
    writer->length = 0;
    writer->status = writer->json ? CPL_OK : cpl_json_new(&writer->json, 0, error);
    for (size_t i = begin; i < end && writer->status == CPL_OK; i++) {
        const char *text = NULL;
        size_t length = 0;
        writer->status = add_line(writer, i, writer->json, error);
        if (writer->status == CPL_OK)
            writer->status = cpl_json_finish(writer->json, &text, &length, error);
        if (writer->status == CPL_OK)
            writer->status = keep_text(writer, text, length, error);
    }
}

void cli_line_writer_clear(struct cli_line_writer *writer)
{
    cpl_json_free(writer->json);
    cpl_encoding_clear(&writer->one);
    free(writer->spans);
    free(writer->out);
}
