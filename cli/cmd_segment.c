/* couplet segment: the words of a text, as whole-word masking sees them. */
#include "open.h"

#include <couplet/text.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct cli_example examples[] = {
    {"couplet segment 我喜欢喝咖啡", "我 / 喜欢 / 喝 / 咖啡"},
    {"couplet segment 2024年5月涨了3.14%", "2024 / 年 / 5 / 月 / 涨 / 了 / 3.14%"},
    {"couplet segment --dict mine.txt - < notes.txt", "a line a text, with words of your own"},
    {"couplet segment --input notes.txt --json", "one JSON object a line"},
    {0}};
static const char *const options[] = {"dict", "input", "json", NULL};

/* Lines after which it is looked whether anybody still reads. */
enum { FLUSH_LINES = 1000 };

struct work {
    const struct cli *cli;
    struct cpl_segmenter *segmenter;
    struct cpl_spans words;
};

static cpl_status print_json(const char *text, const struct cpl_spans *words,
                             struct cpl_error *error)
{
    struct cpl_json *json = NULL;
    cpl_status status = cpl_json_new(&json, 0, error);
    if (status != CPL_OK)
        return status;
    cpl_json_begin_object(json, NULL);
    cpl_json_add_text(json, "text", text);
    cpl_json_begin_array(json, "words");
    for (size_t i = 0; i < words->count; i++)
        cpl_json_add_text_n(json, NULL, text + words->span[i].begin,
                            words->span[i].end - words->span[i].begin);
    cpl_json_end(json);
    cpl_json_end(json);
    return cli_print_json(json, error);
}

static void print_words(const char *text, const struct cpl_spans *words)
{
    for (size_t i = 0; i < words->count; i++) {
        const struct cpl_span *word = &words->span[i];
        fputs(i > 0 ? " / " : "", stdout);
        fwrite(text + word->begin, 1, word->end - word->begin, stdout);
    }
    putchar('\n');
}

/* One line of output for a line of input; `where` is for errors. */
static cpl_status segment_line(struct work *work, const char *line, size_t length,
                               const char *where, struct cpl_error *error)
{
    char *text = NULL;
    size_t n_repaired = 0;
    if (memchr(line, '\0', length))
        return cpl_error_set(error, CPL_ERROR_INPUT, where,
                             "it holds a NUL byte; a text is expected");
    cpl_status status =
        cpl_text_clean(&text, &length, &n_repaired, line, length, CPL_FORM_NONE, error);
    if (status == CPL_OK && n_repaired > 0)
        status =
            cpl_error_set(error, CPL_ERROR_INPUT, where, "not UTF-8 in %zu places", n_repaired);
    if (status == CPL_OK)
        status = cpl_segment(work->segmenter, &work->words, text, length, error);
    if (status == CPL_OK && work->cli->json)
        status = print_json(text, &work->words, error);
    else if (status == CPL_OK)
        print_words(text, &work->words);
    free(text);
    return status;
}

static cpl_status segment_file(struct work *work, const char *path, struct cpl_error *error)
{
    bool standard_input = strcmp(path, "-") == 0;
    FILE *file = standard_input ? stdin : fopen(path, "rb");
    if (!file)
        return cpl_error_errno(error, path, "read it");
    const char *name = standard_input ? "standard input" : path;
    char *line = NULL, where[300];
    size_t capacity = 0;
    ssize_t length;
    cpl_status status = CPL_OK;
    for (unsigned long long number = 1;
         status == CPL_OK && (length = getline(&line, &capacity, file)) >= 0; number++) {
        while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == '\r'))
            length--;
        snprintf(where, sizeof where, "%.250s:%llu", name, number);
        status = segment_line(work, line, (size_t)length, where, error);
        if (status == CPL_OK && number % FLUSH_LINES == 0)
            status = cli_flush(error);
    }
    if (status == CPL_OK && !feof(file))
        status = cpl_error_errno(error, name, "read it");
    if (!standard_input)
        fclose(file);
    free(line);
    return status;
}

static cpl_status segment_all(struct work *work, struct cpl_error *error)
{
    const struct cli *cli = work->cli;
    const char *input = cli_text(cli, input);
    if (input && cli->n_arguments > 0)
        return cpl_error_set(error, CPL_ERROR_USAGE, NULL, "give either TEXT or --input");
    if (cli->n_arguments == 0 || strcmp(cli->arguments[0], "-") == 0)
        return segment_file(work, input ? input : "-", error);
    const char *text = cli->arguments[0];
    return segment_line(work, text, strlen(text), "TEXT", error);
}

static cpl_status run(struct cli *cli, struct cpl_error *error)
{
    struct work work = {.cli = cli};
    cpl_status status = cpl_segmenter_new(&work.segmenter, NULL, cli_text(cli, dict), error);
    if (status == CPL_OK)
        status = segment_all(&work, error);
    cpl_spans_clear(&work.words);
    cpl_segmenter_free(work.segmenter);
    return status;
}

const struct cli_command cli_segment = {
    .usage = "[TEXT|-]",
    .about =
        "Chinese is cut along the most probable words of jieba's dictionary; names and new\n"
        "words are guessed, numbers and their measure words stand apart. Latin words, "
        "numbers,\n"
        "times and addresses stay whole. Every line of a file or of standard input is a text.\n"
        "A dictionary of your own holds a word a line, with a count and a tag if you like.\n",
    .examples = examples,
    .options = options,
    .max_arguments = 1,
    .run = run,
};
