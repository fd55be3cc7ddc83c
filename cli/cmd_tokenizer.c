/* couplet tokenizer train. */
#include "cli.h"
#include "progress.h"

#include <couplet/corpus.h>
#include <couplet/tokenizer.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct training {
    struct cpl_tokenizer_trainer *trainer;
    struct cli_progress progress;
    uint64_t documents, bytes;
};

static cpl_status train_on(void *context, uint64_t index, const char *text, size_t length,
                           struct cpl_error *error)
{
    struct training *training = context;
    char line[100];
    cpl_status status = cpl_tokenizer_trainer_add(training->trainer, text, length, error);
    training->documents = index + 1;
    training->bytes += length;
    if (status == CPL_OK && cli_progress_due(&training->progress)) {
        snprintf(line, sizeof line, "document %llu  %.1f MB of text",
                 (unsigned long long)training->documents, (double)training->bytes / 1e6);
        cli_progress_show(&training->progress, line);
    }
    if (status == CPL_OK && cli_stop_requested())
        return cpl_error_set(error, CPL_STOPPED, NULL, "stopped: no tokenizer was written");
    return status;
}

static cpl_status report_training(const struct cli *cli, const struct training *training,
                                  const struct cpl_tokenizer *tokenizer,
                                  struct cpl_error *error)
{
    int32_t size = cpl_tokenizer_size(tokenizer), continuing = 0;
    struct cpl_json *json = NULL;
    for (int32_t id = 0; id < size; id++)
        continuing += cpl_tokenizer_continues(tokenizer, id);
    if (!cli->json) {
        cli_note(cli, "%d pieces, %d of them inside words, from %llu documents: %s", (int)size,
                 (int)continuing, (unsigned long long)training->documents, cli_text(cli, out));
        return CPL_OK;
    }
    cpl_status status = cpl_json_new(&json, 0, error);
    if (status != CPL_OK)
        return status;
    cpl_json_begin_object(json, NULL);
    cpl_json_add_text(json, "path", cli_text(cli, out));
    cpl_json_add_int(json, "vocab_size", size);
    cpl_json_add_int(json, "continuing", continuing);
    cpl_json_add_int(json, "documents", (int64_t)training->documents);
    cpl_json_add_int(json, "bytes", (int64_t)training->bytes);
    cpl_json_end(json);
    return cli_print_json(json, error);
}

static cpl_status run_train(struct cli *cli, struct cpl_error *error)
{
    struct training training = {0};
    struct cpl_tokenizer *tokenizer = NULL;
    struct cpl_tokenizer_training options = {
        .type = cli_text(cli, type),
        .vocab_size = (int32_t)cli_int(cli, vocab_size),
        .lowercase = cli_flag(cli, lowercase),
        .min_frequency = (int32_t)cli_int(cli, min_frequency),
    };
    cpl_status status = cli_require(cli, CPL_OPTION_out, error);
    if (status == CPL_OK)
        status = cpl_tokenizer_trainer_new(&training.trainer, &options, error);
    if (status != CPL_OK)
        return status;
    cli_stop_defer();
    cli_progress_start(&training.progress, cli);
    status = cpl_texts_each(cli->arguments, cli->n_arguments, train_on, &training, error);
    cli_progress_end(&training.progress);
    if (status == CPL_OK)
        status = cpl_tokenizer_trainer_finish(training.trainer, &tokenizer, error);
    if (status == CPL_OK)
        status = cpl_tokenizer_save(tokenizer, cli_text(cli, out), error);
    if (status == CPL_OK)
        status = report_training(cli, &training, tokenizer, error);
    cpl_tokenizer_free(tokenizer);
    cpl_tokenizer_trainer_free(training.trainer);
    return status;
}

static const struct cli_example train_examples[] = {
    {"couplet tokenizer train corpora/zh --vocab-size 8000 --out tokenizers/zh",
     "on the training documents of a corpus"},
    {"couplet tokenizer train books/ notes.txt --out tokenizers/mine", "on files as they are"},
    {0}};
static const char *const train_options[] = {"out",           "type", "vocab-size", "lowercase",
                                            "min-frequency", "json", NULL};

const struct cli_command cli_tokenizer_train = {
    .usage = "CORPUS|FILE...",
    .about =
        "Chinese is written in characters, the rest in pieces of words, line breaks have a "
        "token of their\n"
        "own.  Writes tokenizer.json, tokenizer_config.json and vocab.txt, which "
        "transformers reads.\n",
    .examples = train_examples,
    .options = train_options,
    .min_arguments = 1,
    .max_arguments = CLI_MANY,
    .run = run_train,
};
