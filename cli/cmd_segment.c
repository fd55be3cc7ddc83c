/* couplet segment: the words of a text, as whole-word masking sees them. */
#include "open.h"

#include <couplet/text.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct cli_example examples[] = {
    {"couplet segment 我喜欢自然语言处理", "我 / 喜欢 / 自然语言 / 处理"},
    {"couplet segment --dict mine.txt - < notes.txt", "a line a text, with words of your own"},
    {"echo 今天天气很好 | couplet segment --json", "one JSON object a line"},
    {0}};
static const char *const options[] = {"dict", "json", NULL};

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

static cpl_status segment_text(const struct cli *cli, const struct cpl_segmenter *segmenter,
                               struct cpl_spans *words, const char *text,
                               struct cpl_error *error)
{
    cpl_status status = cpl_segment(segmenter, words, text, strlen(text), error);
    if (status == CPL_OK && cli->json)
        return print_json(text, words, error);
    if (status == CPL_OK)
        print_words(text, words);
    return status;
}

/* Every line is a text of its own. */
static cpl_status segment_lines(const struct cli *cli, const struct cpl_segmenter *segmenter,
                                struct cpl_spans *words, char *text, struct cpl_error *error)
{
    cpl_status status = CPL_OK;
    for (char *line = text, *next; line && status == CPL_OK; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        status = segment_text(cli, segmenter, words, line, error);
    }
    return status;
}

static cpl_status run(struct cli *cli, struct cpl_error *error)
{
    struct cpl_segmenter *segmenter = NULL;
    struct cpl_spans words = {0};
    char *raw = NULL, *text = NULL;
    size_t length = 0, n_repaired = 0;
    bool from_input = cli->n_arguments == 0 || strcmp(cli->arguments[0], "-") == 0;
    cpl_status status = cpl_segmenter_new(&segmenter, NULL, cli_text(cli, dict), error);
    if (status == CPL_OK && from_input)
        status = cli_read_text(&raw, "-", error);
    const char *given = from_input ? raw : cli->arguments[0];
    if (status == CPL_OK)
        status = cpl_text_clean(&text, &length, &n_repaired, given, strlen(given),
                                CPL_FORM_NONE, error);
    if (status == CPL_OK && n_repaired > 0)
        status = cpl_error_set(error, CPL_ERROR_INPUT, from_input ? "standard input" : "TEXT",
                               "not UTF-8 in %zu places", n_repaired);
    if (status == CPL_OK)
        status = segment_lines(cli, segmenter, &words, text, error);
    cpl_spans_clear(&words);
    cpl_segmenter_free(segmenter);
    free(raw);
    free(text);
    return status;
}

const struct cli_command cli_segment = {
    .usage = "[TEXT|-]",
    .about =
        "Chinese is cut along the most probable words of jieba's dictionary, everything else\n"
        "at blanks and punctuation. Each line of standard input is a text.\n",
    .examples = examples,
    .options = options,
    .max_arguments = 1,
    .run = run,
};
