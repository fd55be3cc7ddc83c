/* couplet bench tokenizer: speed of encoding the lines of files, from memory to memory. */
#include "open.h"

#include <couplet/measure.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEAST_RUNS = 5, MOST_RUNS = 31, LINES_AT_ONCE = 64 };
#define LEAST_SECONDS 1.5

static const struct cli_example examples[] = {
    {"couplet bench tokenizer models/gpt2 text.txt", "ids of every line, on one thread"},
    {"couplet bench tokenizer models/gpt2 text.txt --offsets --threads 2 --json",
     "with their places, on two threads, for scripts"},
    {0},
};
static const char *const options[] = {"offsets", "threads=1", "json", NULL};

/* What is to be encoded: all files, one behind the other. */
struct lines {
    char *text;
    size_t *begin; /* [n + 1] of each line; its line end belongs to none */
    size_t *end;   /* [n] */
    size_t n, capacity, length;
};

/* What one thread keeps of a run, so that nothing is left undone. */
struct worker {
    struct cpl_encoding encoding;
    int32_t *id;
    struct cpl_span *span;
    size_t n, capacity;
    cpl_status status;
    struct cpl_error error;
};

struct bench {
    const struct cpl_tokenizer *tokenizer;
    struct lines lines;
    struct worker *worker;
    int threads;
    bool offsets;
};

static cpl_status out_of_memory(struct cpl_error *error)
{
    return cpl_error_set(error, CPL_ERROR_SYSTEM, NULL, "out of memory");
}

/* ---- lines ------------------------------------------------------------------------------------ */

static cpl_status add_file(struct lines *lines, const char *path, struct cpl_error *error)
{
    char *text = NULL;
    cpl_status status = cli_read_text(&text, path, error);
    if (status != CPL_OK)
        return status;
    size_t n = strlen(text);
    char *longer = realloc(lines->text, lines->length + n + 2);
    if (longer) {
        memcpy(longer + lines->length, text, n);
        lines->text = longer;
        lines->length += n;
        longer[lines->length++] = '\n';
        longer[lines->length] = 0;
    }
    free(text);
    return longer ? CPL_OK : out_of_memory(error);
}

static cpl_status cut_lines(struct lines *lines, struct cpl_error *error)
{
    size_t n = 0;
    for (size_t i = 0; i < lines->length; i++)
        n += lines->text[i] == '\n';
    lines->begin = malloc((n + 1) * sizeof *lines->begin);
    lines->end = malloc((n + 1) * sizeof *lines->end);
    if (!lines->begin || !lines->end)
        return out_of_memory(error);
    for (size_t at = 0; at < lines->length; at = lines->end[lines->n++] + 1) {
        lines->begin[lines->n] = at;
        lines->end[lines->n] =
            (size_t)((char *)memchr(lines->text + at, '\n', lines->length - at) - lines->text);
    }
    return CPL_OK;
}

/* ---- runs ------------------------------------------------------------------------------------- */

static cpl_status keep(struct worker *worker, bool offsets, struct cpl_error *error)
{
    size_t n = worker->encoding.count;
    if (worker->n + n > worker->capacity) {
        size_t capacity = 2 * (worker->n + n);
        int32_t *id = realloc(worker->id, capacity * sizeof *id);
        worker->id = id ? id : worker->id;
        struct cpl_span *span = realloc(worker->span, capacity * sizeof *span);
        worker->span = span ? span : worker->span;
        if (!id || !span)
            return out_of_memory(error);
        worker->capacity = capacity;
    }
    if (n > 0)
        memcpy(worker->id + worker->n, worker->encoding.id, n * sizeof *worker->id);
    if (n > 0 && offsets)
        memcpy(worker->span + worker->n, worker->encoding.span, n * sizeof *worker->span);
    worker->n += n;
    return CPL_OK;
}

static void encode_line(const struct bench *bench, struct worker *worker, size_t line)
{
    const struct lines *lines = &bench->lines;
    if (worker->status != CPL_OK)
        return;
    worker->status = cpl_tokenizer_encode(
        bench->tokenizer, &worker->encoding, lines->text + lines->begin[line],
        lines->end[line] - lines->begin[line], &worker->error);
    if (worker->status == CPL_OK)
        worker->status = keep(worker, bench->offsets, &worker->error);
}

/* *seconds, and *tokens of all lines. */
static cpl_status run_once(struct bench *bench, double *seconds, size_t *tokens,
                           struct cpl_error *error)
{
    double begin = cpl_measure_seconds();
    for (int i = 0; i < bench->threads; i++)
        bench->worker[i].n = 0;
#pragma omp parallel for num_threads(bench->threads) schedule(dynamic, LINES_AT_ONCE)
    for (size_t line = 0; line < bench->lines.n; line++)
        encode_line(bench, &bench->worker[omp_get_thread_num()], line);
    *seconds = cpl_measure_seconds() - begin;
    *tokens = 0;
    for (int i = 0; i < bench->threads; i++) {
        *tokens += bench->worker[i].n;
        if (bench->worker[i].status != CPL_OK) {
            *error = bench->worker[i].error;
            return bench->worker[i].status;
        }
    }
    return CPL_OK;
}

/* The first run warms up. */
static cpl_status measure(struct bench *bench, double *mb_per_s, size_t *tokens,
                          struct cpl_error *error)
{
    double speed[MOST_RUNS], seconds, all = 0;
    size_t n = 0;
    cpl_status status = run_once(bench, &seconds, tokens, error);
    while (status == CPL_OK && n < MOST_RUNS && (n < LEAST_RUNS || all < LEAST_SECONDS)) {
        status = run_once(bench, &seconds, tokens, error);
        speed[n++] = (double)bench->lines.length / seconds / 1e6;
        all += seconds;
    }
    *mb_per_s = cpl_measure_median(speed, n);
    return status;
}

/* ---- the command ------------------------------------------------------------------------------ */

static cpl_status show(const struct cli *cli, const struct bench *bench, double mb_per_s,
                       size_t tokens, struct cpl_error *error)
{
    struct cpl_json *json = NULL;
    if (!cli->json) {
        printf("%.2f MB/s, %zu bytes, %zu tokens, %d thread%s\n", mb_per_s, bench->lines.length,
               tokens, bench->threads, bench->threads > 1 ? "s" : "");
        return CPL_OK;
    }
    cpl_status status = cpl_json_new(&json, 2, error);
    if (status != CPL_OK)
        return status;
    cpl_json_begin_object(json, NULL);
    cpl_json_add_real(json, "mb_per_s", mb_per_s);
    cpl_json_add_int(json, "bytes", (int64_t)bench->lines.length);
    cpl_json_add_int(json, "tokens", (int64_t)tokens);
    cpl_json_add_int(json, "threads", bench->threads);
    cpl_json_end(json);
    return cli_print_json(json, error);
}

static cpl_status run(struct cli *cli, struct cpl_error *error)
{
    struct cpl_tokenizer *tokenizer = NULL;
    struct bench bench = {.threads = (int)cli_int(cli, threads),
                          .offsets = cli_flag(cli, offsets)};
    double mb_per_s = 0;
    size_t tokens = 0;
    if (bench.threads < 1)
        bench.threads = cpl_machine_cores();
    cpl_status status = cpl_tokenizer_load(&tokenizer, cli->arguments[0], error);
    for (size_t i = 1; status == CPL_OK && i < cli->n_arguments; i++)
        status = add_file(&bench.lines, cli->arguments[i], error);
    if (status == CPL_OK)
        status = cut_lines(&bench.lines, error);
    bench.tokenizer = tokenizer;
    bench.worker = calloc((size_t)bench.threads, sizeof *bench.worker);
    if (status == CPL_OK)
        status =
            bench.worker ? measure(&bench, &mb_per_s, &tokens, error) : out_of_memory(error);
    if (status == CPL_OK)
        status = show(cli, &bench, mb_per_s, tokens, error);
    for (int i = 0; bench.worker && i < bench.threads; i++) {
        cpl_encoding_clear(&bench.worker[i].encoding);
        free(bench.worker[i].id);
        free(bench.worker[i].span);
    }
    free(bench.worker);
    free(bench.lines.text);
    free(bench.lines.begin);
    free(bench.lines.end);
    cpl_tokenizer_free(tokenizer);
    return status;
}

const struct cli_command cli_bench_tokenizer = {
    .usage = "TOKENIZER FILE...",
    .about =
        "Encodes every line of the files by itself, ids (and offsets) kept; the median of\n"
        "at least five runs after one that warms up.\n",
    .examples = examples,
    .options = options,
    .min_arguments = 2,
    .max_arguments = CLI_MANY,
    .run = run,
};
