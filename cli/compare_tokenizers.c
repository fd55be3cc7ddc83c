/* Measuring tokenizers: see compare_tokenizers.h. */
#include "compare_tokenizers.h"

#include <couplet/corpus.h>
#include <couplet/measure.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_BYTES = 4 << 20, PASSES = 3 };

static cpl_status out_of_memory(struct cpl_error *error)
{
    return cpl_error_set(error, CPL_ERROR_SYSTEM, NULL, "out of memory");
}

/* ---- texts ----------------------------------------------------------------------------------- */

/* Chinese when a fifth of the characters are. */
static enum cli_language language_of(const char *text, size_t length)
{
    size_t chinese = 0, all = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)text[i];
        all += (byte & 0xC0) != 0x80 && byte > ' ';
        chinese += byte >= 0xE4 && byte <= 0xE9; /* U+4000 to U+9FFF */
    }
    return 5 * chinese > all ? CLI_CHINESE : CLI_OTHER;
}

static cpl_status add_text(struct cli_sample *sample, const char *text, size_t length,
                           struct cpl_error *error)
{
    struct cli_texts *texts = &sample->language[language_of(text, length)];
    if (length == 0 || texts->bytes + length > MOST_BYTES)
        return CPL_OK;
    if (texts->n == texts->capacity) {
        size_t capacity = texts->capacity ? 2 * texts->capacity : 256;
        struct cli_text *grown = realloc(texts->text, capacity * sizeof *grown);
        if (!grown)
            return out_of_memory(error);
        texts->text = grown;
        texts->capacity = capacity;
    }
    char *copy = malloc(length + 1);
    if (!copy)
        return out_of_memory(error);
    memcpy(copy, text, length);
    copy[length] = 0;
    texts->text[texts->n++] = (struct cli_text){copy, length};
    texts->bytes += length;
    texts->characters += cpl_utf8_count(text, length);
    return CPL_OK;
}

/* Every line is a text of its own. */
static cpl_status add_document(void *context, uint64_t index, const char *text, size_t length,
                               struct cpl_error *error)
{
    struct cli_sample *sample = context;
    (void)index;
    for (size_t begin = 0; begin < length;) {
        const char *found = memchr(text + begin, '\n', length - begin);
        size_t end = found ? (size_t)(found - text) : length;
        cpl_status status = add_text(sample, text + begin, end - begin, error);
        if (status != CPL_OK)
            return status;
        begin = end + 1;
    }
    return CPL_OK;
}

/* Words of the dictionary's segmenter; without a dictionary there are none. */
static cpl_status count_words(struct cli_sample *sample, struct cpl_error *error)
{
    struct cpl_segmenter *segmenter = NULL;
    struct cpl_spans words = {0};
    cpl_status status = CPL_OK;
    if (cpl_segmenter_new(&segmenter, NULL, NULL, NULL) != CPL_OK)
        return CPL_OK;
    sample->has_words = true;
    for (int k = 0; k < CLI_LANGUAGES; k++)
        for (size_t i = 0; i < sample->language[k].n && status == CPL_OK; i++) {
            const struct cli_text *text = &sample->language[k].text[i];
            status = cpl_segment(segmenter, &words, text->text, text->length, error);
            sample->language[k].words += words.count;
        }
    cpl_spans_clear(&words);
    cpl_segmenter_free(segmenter);
    return status;
}

cpl_status cli_sample_read(struct cli_sample *sample, const char *input,
                           struct cpl_error *error)
{
    static const char own[] = "床前明月光，疑是地上霜。举头望明月，低头思故乡。\n"
                              "今天天气很好，我们带上相机和两瓶水，坐地铁去公园拍照片。\n"
                              "这个模型有1.2亿个参数，在两台电脑上训练了三天。\n"
                              "The quick brown fox jumps over the lazy dog, doesn't it?\n"
                              "Tokenizers cut unfamiliar words into smaller pieces.\n"
                              "    return value[i] != 0x7F && count++ < limit;\n";
    cpl_status status = input ? cpl_texts_each(&input, 1, add_document, sample, error)
                              : add_document(sample, 0, own, sizeof own - 1, error);
    if (status == CPL_OK)
        status = count_words(sample, error);
    return status;
}

void cli_sample_clear(struct cli_sample *sample)
{
    for (int k = 0; k < CLI_LANGUAGES; k++) {
        for (size_t i = 0; i < sample->language[k].n; i++)
            free(sample->language[k].text[i].text);
        free(sample->language[k].text);
    }
    *sample = (struct cli_sample){0};
}

/* ---- measures -------------------------------------------------------------------------------- */

cpl_status cli_measure_tokenizer(const struct cpl_tokenizer *tokenizer,
                                 const struct cli_texts *texts, struct cli_figures *figures,
                                 struct cpl_error *error)
{
    int32_t unknown = cpl_tokenizer_special(tokenizer).unknown;
    struct cpl_encoding encoding = {0};
    cpl_status status = CPL_OK;
    double best = 0;
    for (int pass = 0; pass < PASSES && texts->n > 0 && status == CPL_OK; pass++) {
        double begin = cpl_measure_seconds();
        *figures = (struct cli_figures){0};
        for (size_t i = 0; i < texts->n && status == CPL_OK; i++) {
            status = cpl_tokenizer_encode(tokenizer, &encoding, texts->text[i].text,
                                          texts->text[i].length, error);
            figures->tokens += encoding.count;
            for (size_t t = 0; t < encoding.count; t++)
                figures->unknown += encoding.id[t] == unknown;
        }
        double seconds = cpl_measure_seconds() - begin;
        best = pass == 0 || seconds < best ? seconds : best;
    }
    figures->mb_per_s = best > 0 ? (double)texts->bytes / 1e6 / best : 0;
    cpl_encoding_clear(&encoding);
    return status;
}

/* ---- cuts ------------------------------------------------------------------------------------ */

static void write_cuts(FILE *out, const struct cpl_encoding *encoding, int32_t unknown,
                       const char *text)
{
    for (size_t i = 0, next; i < encoding->count; i = next) {
        struct cpl_span span = encoding->span[i];
        bool known = encoding->id[i] != unknown;
        for (next = i + 1; next < encoding->count; next++) {
            if (encoding->span[next].begin >= span.end)
                break;
            if (encoding->span[next].end > span.end)
                span.end = encoding->span[next].end;
        }
        fputs(i ? "|" : "", out);
        fputs(known ? "" : "«", out);
        fwrite(text + span.begin, 1, span.end - span.begin, out);
        fputs(known ? "" : "»", out);
        if (next > i + 1)
            fprintf(out, "(%zu)", next - i);
    }
}

cpl_status cli_show_cuts(char **out, const struct cpl_tokenizer *tokenizer, const char *text,
                         size_t length, struct cpl_error *error)
{
    struct cpl_encoding encoding = {0};
    size_t size = 0;
    cpl_status status = cpl_tokenizer_encode(tokenizer, &encoding, text, length, error);
    FILE *stream = status == CPL_OK ? open_memstream(out, &size) : NULL;
    if (status == CPL_OK && !stream)
        status = out_of_memory(error);
    if (stream) {
        write_cuts(stream, &encoding, cpl_tokenizer_special(tokenizer).unknown, text);
        if (fclose(stream) != 0)
            status = out_of_memory(error);
    }
    cpl_encoding_clear(&encoding);
    return status;
}
