/* couplet tokenizer compare: two tokenizers on the same texts. */
#include "compare_tokenizers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN = 3, SHORTEST = 15, LONGEST = 100 };

struct comparison {
    struct cpl_tokenizer *tokenizer[2];
    struct cli_sample sample;
    struct cli_figures figures[CLI_LANGUAGES][2];
    struct cpl_vocabulary_overlap overlap;
};

static const char *const language_keys[] = {"chinese", "other"};
static const char *const language_names[] = {"Chinese", "other text"};

/* --lowercase is for what leaves it open; the other tokenizer is loaded as it is. */
static cpl_status load(struct cpl_tokenizer **out, const struct cli *cli, const char *path,
                       struct cpl_error *error)
{
    struct cpl_tokenizer_load_options options = {.lowercase = cli_flag(cli, lowercase)};
    cpl_status status = cpl_tokenizer_load_with(out, path, &options, NULL);
    return status == CPL_OK ? CPL_OK : cpl_tokenizer_load(out, path, error);
}

static cpl_status measure(struct comparison *c, const struct cli *cli, struct cpl_error *error)
{
    cpl_status status = CPL_OK;
    for (int k = 0; k < 2 && status == CPL_OK; k++)
        status = load(&c->tokenizer[k], cli, cli->arguments[k], error);
    if (status == CPL_OK)
        status = cpl_tokenizer_overlap(c->tokenizer[0], c->tokenizer[1], &c->overlap, error);
    if (status == CPL_OK)
        status = cli_sample_read(&c->sample, cli_text(cli, input), error);
    for (int language = 0; language < CLI_LANGUAGES; language++)
        for (int k = 0; k < 2 && status == CPL_OK; k++)
            status = cli_measure_tokenizer(c->tokenizer[k], &c->sample.language[language],
                                           &c->figures[language][k], error);
    return status;
}

static double share(uint64_t part, uint64_t whole)
{
    return whole > 0 ? (double)part / (double)whole : 0;
}

/* Texts of a length that a reader takes in, spread over the sample: the i-th, NULL if there is none. */
static const struct cli_text *shown_text(const struct cli_texts *texts, size_t i)
{
    size_t from = texts->n * i / SHOWN, to = texts->n * (i + 1) / SHOWN;
    for (; from < to; from++)
        if (texts->text[from].length >= SHORTEST && texts->text[from].length <= LONGEST)
            return &texts->text[from];
    return NULL;
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static void add_figures(struct cpl_json *json, const struct comparison *c, int language, int k)
{
    const struct cli_texts *texts = &c->sample.language[language];
    const struct cli_figures *figures = &c->figures[language][k];
    cpl_json_begin_object(json, NULL);
    cpl_json_add_int(json, "tokens", (int64_t)figures->tokens);
    cpl_json_add_real(json, "tokens_per_character", share(figures->tokens, texts->characters));
    if (c->sample.has_words)
        cpl_json_add_real(json, "tokens_per_word", share(figures->tokens, texts->words));
    cpl_json_add_real(json, "unknown_share", share(figures->unknown, figures->tokens));
    cpl_json_add_real(json, "mb_per_s", figures->mb_per_s);
    cpl_json_end(json);
}

static cpl_status add_samples(struct cpl_json *json, const struct comparison *c, int language,
                              struct cpl_error *error)
{
    cpl_status status = CPL_OK;
    cpl_json_begin_array(json, "samples");
    for (size_t i = 0; i < SHOWN && status == CPL_OK; i++) {
        const struct cli_text *text = shown_text(&c->sample.language[language], i);
        if (!text)
            continue;
        cpl_json_begin_array(json, NULL);
        for (int k = 0; k < 2 && status == CPL_OK; k++) {
            char *cuts = NULL;
            status = cli_show_cuts(&cuts, c->tokenizer[k], text->text, text->length, error);
            cpl_json_add_text(json, NULL, cuts);
            free(cuts);
        }
        cpl_json_end(json);
    }
    cpl_json_end(json);
    return status;
}

static cpl_status write_json(struct cpl_json *json, const struct cli *cli,
                             const struct comparison *c, struct cpl_error *error)
{
    cpl_status status = CPL_OK;
    cpl_json_begin_object(json, NULL);
    cpl_json_begin_array(json, "tokenizers");
    for (int k = 0; k < 2; k++) {
        cpl_json_begin_object(json, NULL);
        cpl_json_add_text(json, "path", cli->arguments[k]);
        cpl_json_add_int(json, "vocab_size", cpl_tokenizer_size(c->tokenizer[k]));
        cpl_json_end(json);
    }
    cpl_json_end(json);
    cpl_json_begin_object(json, "vocabulary");
    cpl_json_add_int(json, "shared", c->overlap.shared);
    cpl_json_add_int(json, "only_first", c->overlap.only_first);
    cpl_json_add_int(json, "only_second", c->overlap.only_second);
    cpl_json_end(json);
    for (int language = 0; language < CLI_LANGUAGES && status == CPL_OK; language++) {
        const struct cli_texts *texts = &c->sample.language[language];
        cpl_json_begin_object(json, language_keys[language]);
        cpl_json_add_int(json, "texts", (int64_t)texts->n);
        cpl_json_add_int(json, "bytes", (int64_t)texts->bytes);
        cpl_json_add_int(json, "characters", (int64_t)texts->characters);
        cpl_json_begin_array(json, "figures");
        add_figures(json, c, language, 0);
        add_figures(json, c, language, 1);
        cpl_json_end(json);
        status = add_samples(json, c, language, error);
        cpl_json_end(json);
    }
    cpl_json_end(json);
    return status;
}

static cpl_status print_as_json(const struct cli *cli, const struct comparison *c,
                                struct cpl_error *error)
{
    struct cpl_json *json = NULL;
    cpl_status status = cpl_json_new(&json, 2, error);
    if (status != CPL_OK)
        return status;
    status = write_json(json, cli, c, error);
    if (status == CPL_OK)
        return cli_print_json(json, error);
    cpl_json_free(json);
    return status;
}

/* ---- page ------------------------------------------------------------------------------------ */

static void print_row(const char *label, const char *format, double first, double second)
{
    printf("  %-22s", label);
    printf(format, first);
    printf(format, second);
    putchar('\n');
}

static cpl_status print_samples(const struct comparison *c, int language,
                                struct cpl_error *error)
{
    cpl_status status = CPL_OK;
    for (size_t i = 0; i < SHOWN && status == CPL_OK; i++) {
        const struct cli_text *text = shown_text(&c->sample.language[language], i);
        for (int k = 0; k < 2 && text && status == CPL_OK; k++) {
            char *cuts = NULL;
            status = cli_show_cuts(&cuts, c->tokenizer[k], text->text, text->length, error);
            if (status == CPL_OK)
                printf("  %c  %s\n", 'A' + k, cuts);
            free(cuts);
        }
    }
    return status;
}

static cpl_status print_language(const struct comparison *c, int language,
                                 struct cpl_error *error)
{
    const struct cli_texts *texts = &c->sample.language[language];
    const struct cli_figures *figures = c->figures[language];
    if (texts->n == 0)
        return CPL_OK;
    printf("\n%s%s%s: %zu texts, %llu characters\n", cli_style(false, "bold"),
           language_names[language], cli_style(false, "reset"), texts->n,
           (unsigned long long)texts->characters);
    print_row("tokens a character", "%12.3f", share(figures[0].tokens, texts->characters),
              share(figures[1].tokens, texts->characters));
    if (c->sample.has_words)
        print_row("tokens a word", "%12.3f", share(figures[0].tokens, texts->words),
                  share(figures[1].tokens, texts->words));
    print_row("unknown tokens, %", "%12.3f", 100 * share(figures[0].unknown, figures[0].tokens),
              100 * share(figures[1].unknown, figures[1].tokens));
    print_row("MB/s, one thread", "%12.1f", figures[0].mb_per_s, figures[1].mb_per_s);
    return print_samples(c, language, error);
}

static cpl_status print_page(const struct cli *cli, const struct comparison *c,
                             struct cpl_error *error)
{
    cpl_status status = CPL_OK;
    for (int k = 0; k < 2; k++)
        printf("%c  %s: %d tokens\n", 'A' + k, cli->arguments[k],
               (int)cpl_tokenizer_size(c->tokenizer[k]));
    printf("texts of pieces: %d in both, %d only in A, %d only in B\n", (int)c->overlap.shared,
           (int)c->overlap.only_first, (int)c->overlap.only_second);
    for (int language = 0; language < CLI_LANGUAGES && status == CPL_OK; language++)
        status = print_language(c, language, error);
    return status;
}

static cpl_status run_compare(struct cli *cli, struct cpl_error *error)
{
    struct comparison c = {0};
    cpl_status status = measure(&c, cli, error);
    if (status == CPL_OK)
        status = cli->json ? print_as_json(cli, &c, error) : print_page(cli, &c, error);
    cli_sample_clear(&c.sample);
    cpl_tokenizer_free(c.tokenizer[0]);
    cpl_tokenizer_free(c.tokenizer[1]);
    return status;
}

static const struct cli_example compare_examples[] = {
    {"couplet tokenizer compare tokenizers/zh models/gpt2 --input corpora/zh",
     "on the training documents of a corpus"},
    {"couplet tokenizer compare a b --input notes.txt --json", "on a file, for scripts"},
    {0}};
static const char *const compare_options[] = {"input", "lowercase", "json", NULL};

const struct cli_command cli_tokenizer_compare = {
    .usage = "TOKENIZER TOKENIZER",
    .about =
        "Tokens a character and a word, unknown tokens, speed, common pieces and cut "
        "samples; Chinese\n"
        "and other lines apart.  --input is a corpus, a file or a folder of texts; without "
        "it a few\n"
        "lines are cut.  «Marks» are around unknown tokens, (3) stands behind a character of "
        "three.\n",
    .examples = compare_examples,
    .options = compare_options,
    .min_arguments = 2,
    .max_arguments = 2,
    .run = run_compare,
};
