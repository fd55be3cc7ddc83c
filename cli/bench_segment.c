/* couplet bench segment: how fast texts are cut into words, on one thread. */
#include "open.h"

#include <couplet/measure.h>
#include <couplet/text.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIN_RUNS 5
#define MIN_SECONDS 1.0
#define MAX_SECONDS 20.0

static const struct cli_example examples[] = {
    {"couplet bench segment novel.txt", "words and megabytes a second"},
    {"couplet bench segment --json a.txt b.txt", "the same of several files, as JSON"},
    {0},
};
static const char *const options[] = {"dict", "json", NULL};

struct measured {
    size_t bytes, words;
    double seconds; /* of the best run */
};

/* The best of at least MIN_RUNS runs over the whole text: others only ever take time away. */
static cpl_status measure_text(struct measured *sum, const struct cpl_segmenter *segmenter,
                               const char *text, size_t length, struct cpl_error *error)
{
    struct cpl_spans words = {0};
    cpl_status status = CPL_OK;
    double best = 0, total = 0;
    for (int run = 0;
         status == CPL_OK && total < MAX_SECONDS && (run < MIN_RUNS || total < MIN_SECONDS);
         run++) {
        double begin = cpl_measure_seconds();
        status = cpl_segment(segmenter, &words, text, length, error);
        double seconds = cpl_measure_seconds() - begin;
        total += seconds;
        best = run == 0 || seconds < best ? seconds : best;
    }
    sum->bytes += length;
    sum->words += words.count;
    sum->seconds += best;
    cpl_spans_clear(&words);
    return status;
}

static cpl_status measure_file(struct measured *sum, const struct cpl_segmenter *segmenter,
                               const char *path, struct cpl_error *error)
{
    char *raw = NULL, *text = NULL;
    size_t length = 0, n_repaired = 0;
    cpl_status status = cli_read_text(&raw, path, error);
    if (status == CPL_OK)
        status =
            cpl_text_clean(&text, &length, &n_repaired, raw, strlen(raw), CPL_FORM_NONE, error);
    if (status == CPL_OK)
        status = measure_text(sum, segmenter, text, length, error);
    free(raw);
    free(text);
    return status;
}

static cpl_status print_measured(const struct cli *cli, const struct measured *sum,
                                 struct cpl_error *error)
{
    double speed = sum->seconds > 0 ? (double)sum->bytes / 1e6 / sum->seconds : 0;
    if (!cli->json) {
        printf("%.1f MB/s: %zu bytes, %zu words, one thread\n", speed, sum->bytes, sum->words);
        return CPL_OK;
    }
    struct cpl_json *json = NULL;
    cpl_status status = cpl_json_new(&json, 0, error);
    if (status != CPL_OK)
        return status;
    cpl_json_begin_object(json, NULL);
    cpl_json_add_real(json, "mb_per_s", speed);
    cpl_json_add_int(json, "bytes", (int64_t)sum->bytes);
    cpl_json_add_int(json, "words", (int64_t)sum->words);
    cpl_json_end(json);
    return cli_print_json(json, error);
}

static cpl_status run(struct cli *cli, struct cpl_error *error)
{
    struct cpl_segmenter *segmenter = NULL;
    struct measured sum = {0};
    cpl_status status = cpl_segmenter_new(&segmenter, NULL, cli_text(cli, dict), error);
    for (size_t i = 0; i < cli->n_arguments && status == CPL_OK; i++)
        status = measure_file(&sum, segmenter, cli->arguments[i], error);
    if (status == CPL_OK)
        status = print_measured(cli, &sum, error);
    cpl_segmenter_free(segmenter);
    return status;
}

const struct cli_command cli_bench_segment = {
    .usage = "FILE...",
    .about = "Each text is cut as a whole, in memory, several times; the best run counts.\n",
    .examples = examples,
    .options = options,
    .min_arguments = 1,
    .max_arguments = CLI_MANY,
    .run = run,
};
