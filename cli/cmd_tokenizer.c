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
    double share = cpl_tokenizer_trainer_share(training->trainer);
    if (!cli->json) {
        cli_note(cli, "%d tokens from %llu documents: %s", (int)size,
                 (unsigned long long)training->documents, cli_text(cli, out));
        if (share < 1)
            cli_note(
                cli,
                "learned from a sample, 1 part in %.0f of the text; --word-memory takes more",
                1 / share);
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
    cpl_json_add_real(json, "share", share);
    cpl_json_end(json);
    return cli_print_json(json, error);
}

/* While it learns: how far it is, and whether to go on. */
static bool learning(void *context, const char *stage, uint64_t done, uint64_t total)
{
    struct training *training = context;
    char line[100];
    if (cli_progress_due(&training->progress)) {
        snprintf(line, sizeof line, "%s  %llu of %llu", stage, (unsigned long long)done,
                 (unsigned long long)total);
        cli_progress_show(&training->progress, line);
    }
    return !cli_stop_requested();
}

static struct cpl_tokenizer_training read_options(const struct cli *cli)
{
    struct cpl_tokenizer_training options = {
        .type = cli_text(cli, type),
        .vocab_size = (int32_t)cli_int(cli, vocab_size),
        .lowercase = cli_flag(cli, lowercase),
        .min_frequency = (int32_t)cli_int(cli, min_frequency),
        .normalization = cli_text(cli, normalize),
        .pattern = cli_text(cli, pattern),
        .chinese = cli_text(cli, chinese_pieces),
        .max_length = (int32_t)cli_int(cli, max_piece_length),
        .alphabet = (int32_t)cli_int(cli, alphabet),
        .byte_fallback = cli_flag(cli, byte_fallback),
        .prefix_space = cli_text(cli, prefix_space),
        .seed_size = (int32_t)cli_int(cli, seed_size),
        .em_iterations = (int32_t)cli_int(cli, em_iterations),
        .shrinking_factor = cli_real(cli, shrinking_factor),
        .threads = (int)cli_int(cli, threads),
        .memory = (uint64_t)cli_int(cli, word_memory) << 20,
        .progress = learning,
    };
    options.special_tokens =
        cpl_options_list(cli->options, CPL_OPTION_special_token, &options.n_special_tokens);
    return options;
}

static cpl_status train(struct cli *cli, struct training *training,
                        const struct cpl_tokenizer_training *options,
                        struct cpl_tokenizer **tokenizer, struct cpl_error *error)
{
    cpl_status status = cpl_tokenizer_trainer_new(&training->trainer, options, error);
    if (status != CPL_OK)
        return status;
    cli_stop_defer();
    cli_progress_start(&training->progress, cli);
    status = cpl_texts_each(cli->arguments, cli->n_arguments, train_on, training, error);
    if (status == CPL_OK)
        status = cpl_tokenizer_trainer_finish(training->trainer, tokenizer, error);
    cli_progress_end(&training->progress);
    if (status == CPL_OK)
        status = cpl_tokenizer_save(*tokenizer, cli_text(cli, out), error);
    return status;
}

static cpl_status run_train(struct cli *cli, struct cpl_error *error)
{
    struct training training = {0};
    struct cpl_tokenizer *tokenizer = NULL;
    struct cpl_segmenter *segmenter = NULL;
    struct cpl_tokenizer_training options = read_options(cli);
    cpl_status status = cli_require(cli, CPL_OPTION_out, error);
    options.context = &training;
    if (status == CPL_OK && options.chinese && strcmp(options.chinese, "word") == 0)
        status = cpl_segmenter_new(&segmenter, NULL, cli_text(cli, dict), error);
    options.segmenter = segmenter;
    if (status == CPL_OK)
        status = train(cli, &training, &options, &tokenizer, error);
    if (status == CPL_OK)
        status = report_training(cli, &training, tokenizer, error);
    cpl_tokenizer_free(tokenizer);
    cpl_tokenizer_trainer_free(training.trainer);
    cpl_segmenter_free(segmenter);
    return status;
}

static const struct cli_example train_examples[] = {
    {"couplet tokenizer train corpora/zh --vocab-size 8000 --out tokenizers/zh",
     "on the training documents of a corpus"},
    {"couplet tokenizer train books/ --type bpe --pattern qwen2 --vocab-size 16000 --out mine",
     "of bytes, on files as they are"},
    {"couplet tokenizer train books/ --type unigram --byte-fallback --alphabet 4000 --out mine",
     "nothing unknown, rare characters as bytes"},
    {0}};
static const char *const train_options[] = {"out",
                                            "type",
                                            "vocab-size",
                                            "lowercase",
                                            "min-frequency",
                                            "normalize",
                                            "pattern",
                                            "chinese-pieces",
                                            "dict",
                                            "max-piece-length",
                                            "alphabet",
                                            "byte-fallback",
                                            "prefix-space",
                                            "special-token",
                                            "seed-size",
                                            "em-iterations",
                                            "threads",
                                            "shrinking-factor",
                                            "word-memory",
                                            "json",
                                            NULL};

const struct cli_command cli_tokenizer_train = {
    .usage = "CORPUS|FILE...",
    .about =
        "wordpiece: Chinese in characters, the rest in pieces of words. bpe: pieces of bytes, "
        "as\n"
        "GPT-2 and its successors have them; nothing is unknown. char-bpe, unigram: pieces of\n"
        "characters, also of several Chinese ones. Line breaks survive in all. The special "
        "tokens\n"
        "serve masked and autoregressive models. Writes tokenizer.json and "
        "tokenizer_config.json,\n"
        "which transformers reads. The result depends on texts and options only, not on "
        "threads.\n",
    .examples = train_examples,
    .options = train_options,
    .min_arguments = 1,
    .max_arguments = CLI_MANY,
    .run = run_train,
};
