/* couplet corpus build, couplet corpus show. */
#include "corpus_page.h"
#include "progress.h"

#include <couplet/corpus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- options ------------------------------------------------------------------------------ */

/* "98/1/1" */
static cpl_status parse_split(double shares[CPL_SPLIT_COUNT], const char *text,
                              struct cpl_error *error)
{
    const char *at = text;
    double sum = 0;
    for (int i = 0; i < CPL_SPLIT_COUNT; i++) {
        double scale = 0;
        bool digits = false;
        shares[i] = 0;
        for (; (*at >= '0' && *at <= '9') || (*at == '.' && scale == 0); at++) {
            digits = digits || *at != '.';
            scale = *at == '.' ? 1 : scale / 10;
            if (*at != '.')
                shares[i] =
                    scale > 0 ? shares[i] + (*at - '0') * scale : shares[i] * 10 + (*at - '0');
        }
        char expected = i + 1 < CPL_SPLIT_COUNT ? '/' : '\0';
        if (!digits || *at != expected || shares[i] > 1e9)
            return cpl_error_set(error, CPL_ERROR_USAGE, "--split",
                                 "expected three shares such as 98/1/1, found \"%s\"", text);
        at += expected != '\0';
        sum += shares[i];
    }
    if (sum > 0)
        return CPL_OK;
    return cpl_error_set(error, CPL_ERROR_USAGE, "--split", "all shares are zero");
}

static enum cpl_unicode_form form_of(const char *name)
{
    if (strcmp(name, "nfc") == 0)
        return CPL_FORM_NFC;
    return strcmp(name, "nfkc") == 0 ? CPL_FORM_NFKC : CPL_FORM_NONE;
}

/* ---- showing ------------------------------------------------------------------------------ */

static cpl_status show_corpus(const struct cli *cli, const struct cpl_corpus *corpus,
                              struct cpl_error *error)
{
    struct cpl_json_value *report = NULL;
    char *json = NULL;
    cpl_status status = cpl_corpus_describe(corpus, &json, error);
    if (status == CPL_OK && cli->json)
        fputs(json, stdout);
    else if (status == CPL_OK)
        status =
            cpl_json_value_parse(&report, json, strlen(json), cpl_corpus_path(corpus), error);
    if (report)
        cli_print_corpus(cpl_corpus_path(corpus), report);
    cpl_json_value_free(report);
    free(json);
    return status;
}

struct sampling {
    const struct cli *cli;
    uint64_t wanted, documents, shown;
};

/* Shows documents at equal distances. */
static cpl_status show_sample(void *context, uint64_t index, const char *text, size_t length,
                              struct cpl_error *error)
{
    struct sampling *sampling = context;
    struct cpl_json *json = NULL;
    if (sampling->shown == sampling->wanted ||
        index * sampling->wanted < sampling->shown * sampling->documents)
        return CPL_OK;
    sampling->shown++;
    if (!sampling->cli->json) {
        printf("\n%s---- document %llu%s\n", cli_style(false, "dim"), (unsigned long long)index,
               cli_style(false, "reset"));
        fwrite(text, 1, length, stdout);
        putchar('\n');
        return CPL_OK;
    }
    cpl_status status = cpl_json_new(&json, 0, error);
    if (status != CPL_OK)
        return status;
    cpl_json_begin_object(json, NULL);
    cpl_json_add_int(json, "document", (int64_t)index);
    cpl_json_add_text_n(json, "text", text, length);
    cpl_json_end(json);
    return cli_print_json(json, error);
}

static cpl_status run_show(struct cli *cli, struct cpl_error *error)
{
    struct cpl_corpus *corpus = NULL;
    struct sampling sampling = {.cli = cli, .wanted = (uint64_t)cli_int(cli, sample)};
    cpl_status status = cpl_corpus_open(&corpus, cli->arguments[0], error);
    if (status == CPL_OK && (sampling.wanted == 0 || !cli->json))
        status = show_corpus(cli, corpus, error);
    if (status == CPL_OK && sampling.wanted > 0) {
        sampling.documents = cpl_corpus_counts(corpus, CPL_SPLIT_TRAIN).documents;
        status = cpl_corpus_each(corpus, CPL_SPLIT_TRAIN, show_sample, &sampling, error);
    }
    cpl_corpus_close(corpus);
    return status;
}

static const struct cli_example show_examples[] = {
    {"couplet corpus show corpora/zh", "counts, languages, lengths, what was dropped and why"},
    {"couplet corpus show corpora/zh --sample 5", "and five of its training documents"},
    {0}};
static const char *const show_options[] = {"sample", "json", NULL};

const struct cli_command cli_corpus_show = {
    .usage = "CORPUS",
    .about = "With --sample, --json prints the documents only, one JSON object a line.\n",
    .examples = show_examples,
    .options = show_options,
    .min_arguments = 1,
    .max_arguments = 1,
    .run = run_show,
};

/* ---- building ----------------------------------------------------------------------------- */

static bool show_progress(void *context, size_t files_done, size_t files_total, uint64_t bytes)
{
    struct cli_progress *progress = context;
    char line[100];
    if (files_done < files_total && cli_progress_due(progress)) {
        snprintf(line, sizeof line, "file %zu of %zu  %.1f MB of text", files_done, files_total,
                 (double)bytes / 1e6);
        cli_progress_show(progress, line);
    }
    return !cli_stop_requested();
}

static cpl_status run_build(struct cli *cli, struct cpl_error *error)
{
    struct cli_progress progress = {0};
    struct cpl_corpus *corpus = NULL;
    struct cpl_corpus_build build = {
        .sources = cli->arguments,
        .n_sources = cli->n_arguments,
        .dedup = cli_text(cli, dedup),
        .on_bad_text = cli_text(cli, on_bad_text),
        .format = cli_text(cli, format),
        .chinese_lines_only = cli_flag(cli, chinese_only),
        .form = form_of(cli_text(cli, normalize)),
        .progress = show_progress,
        .context = &progress,
    };
    cpl_status status = cli_require(cli, CPL_OPTION_out, error);
    if (status == CPL_OK)
        status = parse_split(build.split, cli_text(cli, split), error);
    if (status != CPL_OK)
        return status;
    cli_stop_defer();
    cli_progress_start(&progress, cli);
    status = cpl_corpus_build(&build, cli_text(cli, out), error);
    cli_progress_end(&progress);
    if (status == CPL_OK)
        status = cpl_corpus_open(&corpus, cli_text(cli, out), error);
    if (status == CPL_OK && (cli->json || !cli->quiet))
        status = show_corpus(cli, corpus, error);
    cpl_corpus_close(corpus);
    return status;
}

static const struct cli_example build_examples[] = {
    {"couplet corpus build books/ --out corpora/books", "all texts below a directory"},
    {"couplet corpus build /usr/share/man/zh_CN --chinese-only --out corpora/man",
     "manual pages, their Chinese lines"},
    {"couplet corpus build wiki.jsonl.zst --split 90/5/5 --out corpora/wiki",
     "documents from the \"text\" of JSON lines"},
    {0}};
static const char *const build_options[] = {"out",         "split",        "dedup",
                                            "on-bad-text", "chinese-only", "format",
                                            "normalize",   "json",         NULL};

const struct cli_command cli_corpus_build = {
    .usage = "SOURCE...",
    .about =
        "Reads files and directories, plain or packed (gz, zst, xz):\n"
        "  txt         a file is a document; long ones are cut at line ends\n"
        "  lines       every line is a document\n"
        "  paragraphs  blank lines part documents\n"
        "  jsonl       the \"text\" or \"content\" of one JSON object a line\n"
        "  html, md    web pages and Markdown, without navigation and marks\n"
        "  man         sources of manual pages\n"
        "  fortune     sayings and verse parted by lines of one %\n"
        "The kind is told by the name unless --format says it; in directories files of no "
        "known\n"
        "kind are passed over. Documents that were read before go, and long lines that five\n"
        "documents before had (--dedup off keeps both). Each document goes to training,\n"
        "validation or test by its own content, so that a corpus can grow. CORPUS is replaced\n"
        "only when all went well.\n",
    .examples = build_examples,
    .options = build_options,
    .min_arguments = 1,
    .max_arguments = CLI_MANY,
    .run = run_build,
};
