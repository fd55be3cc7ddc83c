/* couplet evaluate: how well a model predicts text that it has not seen. */
#include "open.h"
#include "progress.h"

#include <couplet/train.h>
#include <stdio.h>
#include <string.h>

static const struct cli_example examples[] = {
    {"couplet evaluate runs/bert corpus", "masked tokens of the corpus's test split"},
    {"couplet evaluate runs/gpt2@best news.txt --json", "likelihood of a file, as JSON"},
    {0}};
static const char *const options[] = {
    "part",    "objective", "mask",  "mask-share", "length", "batch-tokens", "dict", "seed",
    "threads", "isa",       "dtype", "json",       NULL};

static bool show(void *context, double share)
{
    struct cli_progress *line = context;
    char text[64];
    if (cli_progress_due(line)) {
        snprintf(text, sizeof text, "evaluating  %.0f %%", 100 * share);
        cli_progress_show(line, text);
    }
    return !cli_stop_requested();
}

static enum cpl_split split_of(const char *name)
{
    return strcmp(name, "train") == 0   ? CPL_SPLIT_TRAIN
           : strcmp(name, "valid") == 0 ? CPL_SPLIT_VALID
                                        : CPL_SPLIT_TEST;
}

/* 0: the library's choice, which knows the model's longest. */
static int32_t length_of(const struct cli *cli)
{
    bool given = cpl_options_origin(cli->options, CPL_OPTION_length) != CPL_ORIGIN_DEFAULT;
    return given ? (int32_t)cli_int(cli, length) : 0;
}

static cpl_status print_json(const struct cpl_evaluation *found, struct cpl_error *error)
{
    struct cpl_json *json = NULL;
    cpl_status status = cpl_json_new(&json, 2, error);
    if (status != CPL_OK)
        return status;
    cpl_json_begin_object(json, NULL);
    cpl_json_add_real(json, "loss", found->loss);
    cpl_json_add_real(json, "accuracy", found->accuracy);
    cpl_json_add_real(json, "perplexity", found->perplexity);
    if (found->bits_per_character > 0)
        cpl_json_add_real(json, "bits_per_character", found->bits_per_character);
    cpl_json_add_int(json, "tokens", found->tokens);
    cpl_json_add_int(json, "predicted", found->predicted);
    cpl_json_add_int(json, "correct", found->correct);
    cpl_json_add_int(json, "characters", found->characters);
    cpl_json_add_int(json, "unknown", found->unknown);
    if (found->unigram_loss > 0) {
        cpl_json_add_real(json, "unigram_loss", found->unigram_loss);
        cpl_json_add_real(json, "most_frequent_accuracy", found->most_frequent_accuracy);
    }
    cpl_json_end(json);
    return cli_print_json(json, error);
}

static void print_text(const struct cpl_evaluation *found)
{
    printf("loss                 %8.4f nats a predicted token\n", found->loss);
    printf("perplexity           %8.2f\n", found->perplexity);
    printf("right                %8.2f %%\n", 100 * found->accuracy);
    if (found->bits_per_character > 0)
        printf("bits per character   %8.3f\n", found->bits_per_character);
    printf("predicted tokens     %8lld of %lld\n", (long long)found->predicted,
           (long long)found->tokens);
    if (found->unigram_loss > 0)
        printf("by frequency alone   %8.4f nats, %.2f %% right\n", found->unigram_loss,
               100 * found->most_frequent_accuracy);
}

static cpl_status run(struct cli *cli, struct cpl_error *error)
{
    struct cli_progress line = {0};
    struct cli_model opened;
    struct cpl_evaluation found;
    struct cpl_evaluate_options wanted = {.split = split_of(cli_text(cli, part)),
                                          .objective = cli_text(cli, objective),
                                          .mask = cli_text(cli, mask),
                                          .mask_share = cli_real(cli, mask_share),
                                          .length = length_of(cli),
                                          .batch_tokens = cli_int(cli, batch_tokens),
                                          .seed = (uint64_t)cli_int(cli, seed),
                                          .dictionary = cli_text(cli, dict),
                                          .progress = show,
                                          .context = &line};
    cli_stop_defer();
    cli_progress_start(&line, cli);
    cpl_status status = cli_open_model(cli, &opened, cli->arguments[0], error);
    if (status == CPL_OK)
        status = cpl_evaluate(opened.model, opened.tokenizer, cli->arguments[1], &wanted,
                              &found, error);
    cli_progress_end(&line);
    cli_close_model(&opened);
    if (status != CPL_OK)
        return status;
    if (cli->json)
        return print_json(&found, error);
    print_text(&found);
    return CPL_OK;
}

const struct cli_command cli_evaluate = {
    .usage = "MODEL CORPUS|FILE",
    .about =
        "Masked models: share of hidden tokens put back. Decoders: likelihood of every token,\n"
        "in bits per character; an unknown character is charged 20 bits, line breaks count.\n"
        "Of a corpus the test split is measured, of a file all of it.\n",
    .examples = examples,
    .options = options,
    .min_arguments = 2,
    .max_arguments = 2,
    .run = run,
};
