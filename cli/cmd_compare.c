/* couplet compare: both families on the same text and arithmetic. */
#include "open.h"
#include "progress.h"

#include <couplet/compare.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const struct cli_example examples[] = {
    {"couplet compare --corpus corpus --tokenizer tokenizer --out comparison",
     "train both, then measure"},
    {"couplet compare runs/bert runs/gpt2 --out comparison", "measure two finished runs"},
    {"couplet compare runs/bert --out comparison", "train the decoder that is missing"},
    {0}};
static const char *const options[] = {
    "corpus",  "tokenizer",    "preset", "size=tiny", "optimizer", "steps",
    "lr",      "batch-tokens", "length", "dropout=0", "out",       "seed",
    "threads", "isa",          "dtype",  "json",      NULL};

static bool show(void *context, const char *doing, double share,
                 const struct cpl_train_progress *training)
{
    struct cli_progress *line = context;
    char text[256];
    if (!cli_progress_due(line))
        return !cli_stop_requested();
    if (training)
        snprintf(text, sizeof text, "%s  step %lld/%lld  loss %.3f  %.0f tokens/s  %.0f s left",
                 doing, (long long)training->step, (long long)training->steps, training->loss,
                 training->tokens_per_s, training->seconds_left);
    else
        snprintf(text, sizeof text, "%s  %.0f %%", doing, 100 * share);
    cli_progress_show(line, text);
    return !cli_stop_requested();
}

static cpl_status print_json(const char *directory, struct cpl_error *error)
{
    char path[4096];
    char *text = NULL;
    if (snprintf(path, sizeof path, "%s/compare.json", directory) >= (int)sizeof path)
        return cpl_error_set(error, CPL_ERROR_USAGE, "--out", "the path is too long");
    cpl_status status = cli_read_text(&text, path, error);
    if (status == CPL_OK)
        puts(text);
    free(text);
    return status;
}

/* Is there a run of ours to go on from? */
static bool has_checkpoint(const char *directory)
{
    static const char *const runs[] = {"encoder", "decoder"};
    char path[4096];
    for (int i = 0; i < 2; i++)
        if (snprintf(path, sizeof path, "%s/%s/latest", directory, runs[i]) <
                (int)sizeof path &&
            access(path, F_OK) == 0)
            return true;
    return false;
}

static cpl_status run(struct cli *cli, struct cpl_error *error)
{
    struct cli_progress line = {0};
    struct cpl_device *device = NULL;
    char *table = NULL;
    cpl_status status = cli_require(cli, CPL_OPTION_out, error);
    if (status != CPL_OK)
        return status;
    struct cpl_compare_options compare = {
        .corpus = cli_text(cli, corpus),
        .tokenizer = cli_text(cli, tokenizer),
        .preset = cli_text(cli, preset),
        .size = cpl_options_origin(cli->options, CPL_OPTION_size) == CPL_ORIGIN_DEFAULT
                    ? NULL
                    : cli_text(cli, size),
        .optimizer = cli_text(cli, optimizer),
        .steps = cli_int(cli, steps),
        .lr = cli_real(cli, lr),
        .batch_tokens = cli_int(cli, batch_tokens),
        .length = (int32_t)cli_int(cli, length),
        .dropout = cli_real(cli, dropout),
        .seed = (uint64_t)cli_int(cli, seed),
        .progress = show,
        .context = &line,
    };
    for (size_t i = 0; i < cli->n_arguments; i++)
        compare.runs[i] = cli->arguments[i];
    cli_stop_defer();
    cli_progress_start(&line, cli);
    status = cli_open_device(cli, &device, error);
    if (status == CPL_OK)
        status = cpl_compare(&compare, device, cli_text(cli, out), &table, error);
    cli_progress_end(&line);
    cli->saved = status == CPL_STOPPED && has_checkpoint(cli_text(cli, out));
    if (status == CPL_OK && cli->json)
        status = print_json(cli_text(cli, out), error);
    else if (status == CPL_OK)
        printf("%s\n%s/compare.html\n", table, cli_text(cli, out));
    free(table);
    cpl_device_free(device);
    return status;
}

const struct cli_command cli_compare = {
    .usage = "[RUN [RUN]] --out DIR",
    .about =
        "Measures an encoder and a decoder on the same held-out work: words put back into\n"
        "blanks, bits per character, speed, memory. Prints a table; DIR/compare.html is a\n"
        "page with learning curves and samples, DIR/compare.json has every figure.\n"
        "\n"
        "A run that is not given is trained into DIR/encoder or DIR/decoder: same text,\n"
        "tokenizer and size, --steps for the encoder, and as many for the decoder as make\n"
        "its arithmetic equal. After Ctrl-C the same command goes on from the last\n"
        "checkpoint; what is finished is not trained again.\n"
        "\n"
        "--preset quick trains size tiny for 300 steps and hides 300 words; full: mini, 2000\n"
        "steps, 2000 words. --size and --steps override.\n",
    .examples = examples,
    .options = options,
    .max_arguments = 2,
    .run = run,
};
