/* couplet fill: ranked fillings of every mask. */
#include "open.h"

#include <couplet/generate.h>
#include <couplet/text.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct cli_example examples[] = {
    {"couplet fill runs/bert 我[MASK]自然[MASK]处理", "one token a mask"},
    {"couplet fill runs/bert --words 我[MASK]自然[MASK]处理", "a word of 1 to 4 tokens a mask"},
    {"echo 今天天气很[MASK]。 | couplet fill runs/bert@best - --json", "from a pipe, as JSON"},
    {0}};
static const char *const options[] = {"top", "words", "dict", "threads",
                                      "isa", "dtype", "json", NULL};

static void print_result(const struct cpl_fill_result *result)
{
    for (int i = 0; i < result->n_blanks; i++) {
        const struct cpl_blank *blank = &result->blank[i];
        printf("%s%d.%s", cli_style(false, "dim"), i + 1, cli_style(false, "reset"));
        for (int k = 0; k < blank->count; k++) {
            const struct cpl_filling *filling = &blank->filling[k];
            printf("  %s%s%s %.1f %%", cli_style(false, k == 0 ? "bold" : "reset"),
                   filling->text, cli_style(false, "reset"), 100 * filling->probability);
        }
        putchar('\n');
    }
    printf("%s%s%s\n", cli_style(false, "green"), result->text, cli_style(false, "reset"));
}

static cpl_status print_json(const char *text, const struct cpl_fill_result *result,
                             struct cpl_error *error)
{
    struct cpl_json *json = NULL;
    cpl_status status = cpl_json_new(&json, 0, error);
    if (status != CPL_OK)
        return status;
    cpl_json_begin_object(json, NULL);
    cpl_json_add_text(json, "text", text);
    cpl_json_add_text(json, "filled", result->text);
    cpl_json_begin_array(json, "blanks");
    for (int i = 0; i < result->n_blanks; i++) {
        const struct cpl_blank *blank = &result->blank[i];
        cpl_json_begin_array(json, NULL);
        for (int k = 0; k < blank->count; k++) {
            const struct cpl_filling *filling = &blank->filling[k];
            cpl_json_begin_object(json, NULL);
            cpl_json_add_text(json, "text", filling->text);
            cpl_json_add_real(json, "probability", filling->probability);
            cpl_json_begin_array(json, "ids");
            for (int t = 0; t < filling->n_ids; t++)
                cpl_json_add_int(json, NULL, filling->id[t]);
            cpl_json_end(json);
            cpl_json_end(json);
        }
        cpl_json_end(json);
    }
    cpl_json_end(json);
    cpl_json_end(json);
    return cli_print_json(json, error);
}

struct filling {
    struct cli_model opened;
    struct cpl_segmenter *segmenter; /* with --words; NULL: no dictionary was found */
};

static cpl_status fill_text(struct cli *cli, struct filling *filling, const char *text,
                            struct cpl_error *error)
{
    struct cpl_fill_options fill = {.top = (int)cli_int(cli, top),
                                    .words = cli_flag(cli, words),
                                    .segmenter = filling->segmenter};
    struct cpl_fill_result result;
    cpl_status status =
        cpl_fill(filling->opened.model, filling->opened.tokenizer, &fill, text, &result, error);
    if (status == CPL_OK && cli->json)
        status = print_json(text, &result, error);
    else if (status == CPL_OK)
        print_result(&result);
    cpl_fill_result_clear(&result);
    return status;
}

/* Standard input holds one text a line. */
static cpl_status fill_lines(struct cli *cli, struct filling *filling, char *lines,
                             struct cpl_error *error)
{
    cpl_status status = CPL_OK;
    int number = 0;
    for (char *line = lines, *next; line && status == CPL_OK; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        line[strcspn(line, "\r")] = '\0';
        number++;
        struct cpl_error own = {0};
        if (*line)
            status = fill_text(cli, filling, line, &own);
        if (status == CPL_OK)
            continue;
        char where[64];
        snprintf(where, sizeof where, "standard input:%d", number);
        cpl_error_set(error, status, where, "%s", own.message);
    }
    return status;
}

/* Words of several tokens are those of the dictionary.  A --dict must be there; without any
 * dictionary every run of tokens is taken for a word. */
static cpl_status open_dictionary(struct cli *cli, struct filling *filling,
                                  struct cpl_error *error)
{
    struct cpl_error own = {0};
    if (!cli_flag(cli, words))
        return CPL_OK;
    cpl_status status = cpl_segmenter_new(&filling->segmenter, NULL, cli_text(cli, dict), &own);
    if (status == CPL_OK)
        return CPL_OK;
    if (cli_text(cli, dict))
        return cpl_error_set(error, status, NULL, "%s", own.message);
    cli_note(cli, "%s; any tokens may make a word", own.message);
    return CPL_OK;
}

static cpl_status run(struct cli *cli, struct cpl_error *error)
{
    struct filling filling = {0};
    char *lines = NULL;
    bool from_input = cli->n_arguments < 2 || strcmp(cli->arguments[1], "-") == 0;
    cpl_status status = cli_open_model(cli, &filling.opened, cli->arguments[0], error);
    if (status == CPL_OK)
        status = open_dictionary(cli, &filling, error);
    if (status == CPL_OK && from_input)
        status = cli_read_text(&lines, "-", error);
    if (status == CPL_OK)
        status = from_input ? fill_lines(cli, &filling, lines, error)
                            : fill_text(cli, &filling, cli->arguments[1], error);
    free(lines);
    cpl_segmenter_free(filling.segmenter);
    cli_close_model(&filling.opened);
    return status;
}

const struct cli_command cli_fill = {
    .usage = "MODEL [TEXT|-]",
    .about =
        "Fills every [MASK] of TEXT, or of each line of standard input, with what the encoder\n"
        "finds most probable. A numbered line lists the best fillings of one mask while the\n"
        "others are still open; the last line has all of them filled, the surest first.\n"
        "\n"
        "A mask is one token (in Chinese: one character). With --words it is a word of one to\n"
        "four tokens, of several only if the dictionary knows it as one word, ranked by the\n"
        "geometric mean of their probabilities. A line break is never offered.\n",
    .examples = examples,
    .options = options,
    .min_arguments = 1,
    .max_arguments = 2,
    .run = run,
};
