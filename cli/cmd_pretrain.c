/* couplet pretrain, couplet plan: learning from a corpus, and what that would take. */
#include "open.h"
#include "train_view.h"

#include <couplet/batch.h>
#include <couplet/train.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Options of a training, after those that describe model, data and machine. */
static const char *const options[] = {"family",
                                      "size",
                                      "model-config",
                                      "from",
                                      "max-positions",
                                      "ff-width",
                                      "dropout",
                                      "corpus",
                                      "tokenizer",
                                      "dict",
                                      "objective",
                                      "mask",
                                      "mask-share",
                                      "length",
                                      "batch-tokens",
                                      "micro-batch-tokens",
                                      "show-batches",
                                      "optimizer",
                                      "muon-adjust",
                                      "lr",
                                      "adamw-lr",
                                      "schedule",
                                      "warmup",
                                      "min-lr-share",
                                      "weight-decay",
                                      "beta1",
                                      "beta2",
                                      "eps",
                                      "momentum",
                                      "clip",
                                      "steps",
                                      "epochs",
                                      "tokens",
                                      "max-time",
                                      "out",
                                      "save-every",
                                      "save-initial",
                                      "keep-last",
                                      "evaluate-every",
                                      "log-every",
                                      "resume",
                                      "force",
                                      "dry-run",
                                      "seed",
                                      "threads",
                                      "isa",
                                      "dtype",
                                      "json",
                                      "config",
                                      NULL};

/* ---- a resumed run begins with its own options ------------------------------------------ */

static bool is_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file)
        fclose(file);
    return file != NULL;
}

/* Values given now, over those in a configuration file. */
static cpl_status merge(struct cpl_options **out, const struct cpl_options *given, char *path,
                        struct cpl_error *error)
{
    char flag[] = "--config";
    char *arguments[] = {flag, path};
    struct cpl_options *merged = NULL;
    cpl_status status = cpl_options_new(&merged, options, error);
    if (status == CPL_OK)
        status = cpl_options_parse(merged, 2, arguments, error);
    for (int id = 0; status == CPL_OK && id < CPL_OPTION_COUNT; id++) {
        enum cpl_option_id option = (enum cpl_option_id)id;
        if (option == CPL_OPTION_config ||
            cpl_option_row(option)->type == CPL_OPTION_TYPE_group ||
            !cpl_options_accepts(merged, option) ||
            cpl_options_origin(given, option) == CPL_ORIGIN_DEFAULT ||
            !cpl_options_text(given, option))
            continue;
        status = cpl_options_set(merged, option, cpl_options_text(given, option), error);
    }
    if (status != CPL_OK) {
        cpl_options_free(merged);
        return status;
    }
    *out = merged;
    return CPL_OK;
}

/* With --resume the run's own config.yaml stands behind what is given now. */
static cpl_status complete_options(const struct cli *cli, struct cpl_options **out,
                                   struct cpl_error *error)
{
    char path[4200];
    *out = NULL;
    const char *run = cli_text(cli, out);
    if (!cli_flag(cli, resume) || !run)
        return CPL_OK;
    if (snprintf(path, sizeof path, "%s/config.yaml", run) >= (int)sizeof path)
        return cpl_error_set(error, CPL_ERROR_USAGE, "--out", "the path is too long");
    return is_file(path) ? merge(out, cli->options, path, error) : CPL_OK;
}
/* ---- batches for looking at ------------------------------------------------------------- */

static bool print_line(void *context, const char *line)
{
    (void)context;
    return puts(line) >= 0 && !cli_stop_requested();
}

static cpl_status show_batches(const struct cli *cli, const struct cpl_train_options *training,
                               struct cpl_error *error)
{
    struct cpl_batch_show show = {.corpus = training->corpus,
                                  .tokenizer = training->tokenizer,
                                  .dictionary = training->dict,
                                  .mask = training->mask,
                                  .length = training->length,
                                  .batch_tokens = training->batch_tokens,
                                  .mask_share = training->mask_share,
                                  .seed = (uint64_t)training->seed,
                                  .n_batches = cli_int(cli, show_batches),
                                  .json = cli->json};
    cpl_status status = cli_require(cli, CPL_OPTION_corpus, error);
    if (status == CPL_OK)
        status = cli_require(cli, CPL_OPTION_tokenizer, error);
    if (status == CPL_OK)
        status = cpl_train_objective(&show.objective, training, error);
    return status == CPL_OK ? cpl_batches_show(&show, print_line, NULL, error) : status;
}

static cpl_status plan(const struct cli *cli, const struct cpl_train_options *training,
                       struct cpl_device *device, struct cpl_error *error)
{
    struct cpl_train_plan found;
    cpl_status status = cpl_pretrain_plan(training, device, &found, error);
    return status == CPL_OK ? cli_print_plan(cli, &found, error) : status;
}

/* ---- pretrain --------------------------------------------------------------------------- */

static bool show(void *context, const struct cpl_train_progress *progress)
{
    struct cli_progress *line = context;
    char text[256];
    if (cli_progress_due(line)) {
        cli_train_line(text, sizeof text, progress);
        cli_progress_show(line, text);
    }
    return !cli_stop_requested();
}

static void keep(void *context, const char *text) { cli_progress_keep(context, text); }

static cpl_status print_result(const struct cli *cli, const struct cpl_train_options *training,
                               const struct cpl_train_result *result, struct cpl_error *error)
{
    const struct cpl_train_progress *last = &result->last;
    struct cpl_json *json = NULL;
    if (!cli->json) {
        cli_note(cli, "%s/latest: step %lld, loss %.4f", training->out, (long long)last->step,
                 last->loss);
        return CPL_OK;
    }
    cpl_status status = cpl_json_new(&json, 2, error);
    if (status != CPL_OK)
        return status;
    cpl_json_begin_object(json, NULL);
    cpl_json_add_text(json, "run", training->out);
    cpl_json_add_int(json, "step", last->step);
    cpl_json_add_int(json, "tokens", last->tokens);
    cpl_json_add_real(json, "loss", last->loss);
    cpl_json_add_real(json, "tokens_per_s", last->tokens_per_s);
    cpl_json_add_real(json, "gflops", last->gflops);
    cpl_json_add_real(json, "peak_share", last->peak_share);
    cpl_json_add_real(json, "time_s", last->seconds);
    cpl_json_add_real(json, "eval_loss", result->eval_loss);
    cpl_json_add_real(json, "eval_accuracy", result->eval_accuracy);
    cpl_json_end(json);
    return cli_print_json(json, error);
}

static cpl_status pretrain(struct cli *cli, struct cpl_train_options *training,
                           struct cpl_device *device, struct cpl_error *error)
{
    struct cli_progress line = {0};
    struct cpl_train_result result;
    training->progress = show;
    training->message = keep;
    training->context = &line;
    cli_stop_defer();
    cli_progress_start(&line, cli);
    cpl_status status = cpl_pretrain(training, device, &result, error);
    cli_progress_end(&line);
    cli->saved = result.saved;
    return status == CPL_OK ? print_result(cli, training, &result, error) : status;
}

/* ---- both ------------------------------------------------------------------------------- */

static cpl_status act(struct cli *cli, struct cpl_train_options *training,
                      struct cpl_device *device, bool only_plan, struct cpl_error *error)
{
    if (cli_int(cli, show_batches) > 0)
        return show_batches(cli, training, error);
    if (only_plan || cli_flag(cli, dry_run))
        return plan(cli, training, device, error);
    return pretrain(cli, training, device, error);
}

static cpl_status with_device(struct cli *cli, bool only_plan, struct cpl_error *error)
{
    struct cpl_options *merged = NULL, *given = cli->options;
    struct cpl_device *device = NULL;
    struct cpl_train_options training;
    cpl_status status = complete_options(cli, &merged, error);
    if (merged)
        cli->options = merged;
    if (status == CPL_OK)
        status = cli_open_device(cli, &device, error);
    if (status == CPL_OK) {
        cpl_train_options_init(&training);
        cpl_train_options_read(&training, cli->options);
        status = act(cli, &training, device, only_plan, error);
    }
    cpl_device_free(device);
    cli->options = given;
    cpl_options_free(merged);
    return status;
}

static cpl_status run_pretrain(struct cli *cli, struct cpl_error *error)
{
    return with_device(cli, false, error);
}

static cpl_status run_plan(struct cli *cli, struct cpl_error *error)
{
    return with_device(cli, true, error);
}

static const struct cli_example pretrain_examples[] = {
    {"couplet pretrain --corpus corpus --tokenizer tokenizer --family bert --size tiny --steps "
     "1000 --out runs/bert",
     "an encoder"},
    {"couplet pretrain --corpus corpus --tokenizer tokenizer --family gpt2 --max-time 5m "
     "--schedule constant --out runs/gpt2",
     "a decoder, five minutes"},
    {"couplet pretrain --resume --out runs/bert", "go on after Ctrl-C or a power cut"},
    {0}};
static const struct cli_example plan_examples[] = {
    {"couplet plan --corpus corpus --tokenizer tokenizer --size base --steps 10000",
     "does it fit, how long would it take"},
    {0}};

const struct cli_command cli_pretrain = {
    .usage = "--corpus CORPUS --tokenizer TOKENIZER --out RUN",
    .about =
        "Trains a model from nothing, or from the weights of --from. Ctrl-C ends it after the\n"
        "running step with a checkpoint; --resume goes on as if nothing had happened.\n",
    .examples = pretrain_examples,
    .options = options,
    .run = run_pretrain,
};

const struct cli_command cli_plan = {
    .usage = "--corpus CORPUS --tokenizer TOKENIZER",
    .about = "Parameters, memory by part, arithmetic and time of a training; trains nothing.\n",
    .examples = plan_examples,
    .options = options,
    .run = run_plan,
};
