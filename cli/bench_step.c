/* couplet bench step: speed of whole training steps, as a share of the machine's peak. */
#include "open.h"
#include "progress.h"

#include <couplet/train.h>
#include <stdio.h>

static const struct cli_example examples[] = {
    {"couplet bench step --family bert --size mini --vocab-size 21128", "BERT mini"},
    {"couplet bench step --family gpt2 --size mini --dtype f32 --profile",
     "and where the time goes"},
    {0}};
static const char *const options[] = {"family",
                                      "size",
                                      "vocab-size=21128",
                                      "objective",
                                      "sequences",
                                      "length",
                                      "micro-batch-tokens",
                                      "steps=20",
                                      "profile",
                                      "seed",
                                      "threads",
                                      "isa",
                                      "dtype",
                                      "json",
                                      NULL};

static bool show(void *context, double share)
{
    struct cli_progress *line = context;
    char text[64];
    if (cli_progress_due(line)) {
        snprintf(text, sizeof text, "measuring  %.0f %%", 100 * share);
        cli_progress_show(line, text);
    }
    return !cli_stop_requested();
}

static cpl_status print_json(const struct cli *cli, const struct cpl_step_bench *found,
                             const char *dtype, struct cpl_error *error)
{
    struct cpl_json *json = NULL;
    cpl_status status = cpl_json_new(&json, 2, error);
    if (status != CPL_OK)
        return status;
    cpl_json_begin_object(json, NULL);
    cpl_json_add_real(json, "tokens_per_s", found->tokens_per_s);
    cpl_json_add_real(json, "tokens_per_s_best", found->tokens_per_s_best);
    cpl_json_add_real(json, "needed_gflops", found->needed_gflops);
    cpl_json_add_real(json, "peak_gflops", found->peak_gflops);
    cpl_json_add_real(json, "share", found->share);
    cpl_json_add_int(json, "peak_memory_bytes", found->peak_memory_bytes);
    cpl_json_add_text(json, "dtype", dtype);
    if (cli_flag(cli, profile)) {
        cpl_json_begin_object(json, "profile");
        cpl_json_add_real(json, "forward_s", found->forward_s);
        cpl_json_add_real(json, "loss_s", found->loss_s);
        cpl_json_add_real(json, "backward_s", found->backward_s);
        cpl_json_add_real(json, "optimizer_s", found->optimizer_s);
        cpl_json_end(json);
    }
    cpl_json_end(json);
    return cli_print_json(json, error);
}

static void print_text(const struct cli *cli, const struct cpl_step_bench *found,
                       const char *dtype)
{
    printf("%.0f tokens/s (best %.0f), %s\n", found->tokens_per_s, found->tokens_per_s_best,
           dtype);
    printf("%.1f GFLOP/s needed, peak %.1f: %.1f %%\n", found->needed_gflops,
           found->peak_gflops, 100 * found->share);
    printf("%.0f MB at most\n", (double)found->peak_memory_bytes / 1e6);
    if (cli_flag(cli, profile))
        printf("forward %.1f ms, loss %.1f ms, backward %.1f ms, optimizer %.1f ms\n",
               1e3 * found->forward_s, 1e3 * found->loss_s, 1e3 * found->backward_s,
               1e3 * found->optimizer_s);
}

static cpl_status run(struct cli *cli, struct cpl_error *error)
{
    struct cli_progress line = {0};
    struct cpl_device *device = NULL;
    struct cpl_step_bench found;
    struct cpl_step_bench_options wanted = {.family = cli_text(cli, family),
                                            .size = cli_text(cli, size),
                                            .objective = cli_text(cli, objective),
                                            .vocab_size = (int32_t)cli_int(cli, vocab_size),
                                            .length = (int32_t)cli_int(cli, length),
                                            .sequences = cli_int(cli, sequences),
                                            .micro_batch_tokens =
                                                cli_int(cli, micro_batch_tokens),
                                            .steps = cli_int(cli, steps),
                                            .seed = (uint64_t)cli_int(cli, seed),
                                            .progress = show,
                                            .context = &line};
    if (wanted.steps < 1)
        wanted.steps = 1;
    cli_stop_defer();
    cli_progress_start(&line, cli);
    cpl_status status = cli_open_device(cli, &device, error);
    if (status == CPL_OK)
        status = cpl_step_bench(&wanted, device, &found, error);
    cli_progress_end(&line);
    if (status == CPL_OK && cli->json)
        status = print_json(cli, &found, cpl_device_dtype(device), error);
    else if (status == CPL_OK)
        print_text(cli, &found, cpl_device_dtype(device));
    cpl_device_free(device);
    return status;
}

const struct cli_command cli_bench_step = {
    .about =
        "Whole training steps on random tokens: forward, loss on 15 % of the rows (mlm) or "
        "all\n"
        "(clm), backward, AdamW; no dropout, no clipping. Needed arithmetic only is counted;\n"
        "the peak is measured between the steps on the same threads.\n",
    .usage = "",
    .examples = examples,
    .options = options,
    .run = run,
};
