/* The public evaluation: of a split of a corpus, or of a text file by way of a corpus made for
 * it. */
#include "base/memory.h"
#include "base/try.h"
#include "kernel/device.h"
#include "train/training.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool keep_encoding(void *context, uint64_t documents)
{
    const struct cpl_evaluate_options *options = context;
    (void)documents;
    return !options->progress || options->progress(options->context, 0);
}

/* All of a file as the test split of a corpus in a directory of its own, *directory. */
static cpl_status make_corpus(char **directory, const char *path, struct cpl_error *error)
{
    const char *parent = getenv("TMPDIR");
    const char *sources[] = {path};
    struct cpl_corpus_build build = {
        .sources = sources, .n_sources = 1, .split = {[CPL_SPLIT_TEST] = 1}, .dedup = "off"};
    char *name = NULL, *inner = NULL;
    CPL_TRY(cpl_text_format(&name, error, "%s/couplet-evaluate-XXXXXX",
                            parent && parent[0] ? parent : "/tmp"));
    if (!mkdtemp(name)) {
        cpl_status status = cpl_error_errno(error, name, "make the directory");
        free(name);
        return status;
    }
    *directory = name;
    CPL_TRY(cpl_path_join(&inner, name, "corpus", error));
    cpl_status status = cpl_corpus_build(&build, inner, error);
    free(inner);
    return status;
}

static cpl_status check_fit(const struct cpl_model *model,
                            const struct cpl_tokenizer *tokenizer, const char *path,
                            struct cpl_error *error)
{
    if (cpl_tokenizer_size(tokenizer) <= cpl_model_vocab_size(model))
        return CPL_OK;
    return cpl_error_set(error, CPL_ERROR_INPUT, path,
                         "the model has %d tokens, the tokenizer %d",
                         cpl_model_vocab_size(model), cpl_tokenizer_size(tokenizer));
}

static cpl_status measure(struct cpl_model *model, const struct cpl_tokenizer *tokenizer,
                          const struct cpl_train_data *data, enum cpl_split split,
                          const struct cpl_batcher_options *task,
                          const struct cpl_evaluate_options *options,
                          struct cpl_evaluation *out, struct cpl_error *error)
{
    struct cpl_unigram unigram = {0};
    struct cpl_tape tape;
    cpl_tape_init(&tape, &model->device->queue, model->device->dtype);
    cpl_status status = CPL_OK;
    const struct cpl_shard *train = &data->shard[CPL_SPLIT_TRAIN];
    if (train->n_tokens > 0)
        status = cpl_unigram_init(&unigram, train, tokenizer, task->objective, error);
    if (status == CPL_OK)
        status = cpl_evaluate_shard(model, &tape, tokenizer, &data->shard[split], task,
                                    &unigram, options->progress, options->context, out, error);
    cpl_unigram_clear(&unigram);
    cpl_tape_clear(&tape);
    return status;
}

cpl_status cpl_evaluate(struct cpl_model *model, const struct cpl_tokenizer *tokenizer,
                        const char *path, const struct cpl_evaluate_options *options,
                        struct cpl_evaluation *out, struct cpl_error *error)
{
    cpl_status status;
    struct cpl_train_data data = {0};
    struct cpl_batcher_options task;
    char *made = NULL, *corpus = NULL;
    int32_t longest = cpl_model_max_positions(model);
    struct cpl_task_options wanted = {.objective = options->objective,
                                      .mask = options->mask,
                                      .mask_share = options->mask_share,
                                      .length = options->length ? options->length
                                                : longest < 128 ? longest
                                                                : 128,
                                      .batch_tokens = options->batch_tokens,
                                      .seed = options->seed};
    bool directory = cpl_path_is_directory(path);
    enum cpl_split split = directory ? options->split : CPL_SPLIT_TEST;
    CPL_TRY_GOTO(check_fit(model, tokenizer, path, error));
    CPL_TRY_GOTO(cpl_task_resolve(&task, &wanted, cpl_model_is_masked(model),
                                  cpl_model_family(model), error));
    if (task.length > longest) {
        status =
            cpl_error_set(error, CPL_ERROR_USAGE, "--length",
                          "%d tokens, but the model takes at most %d", task.length, longest);
        goto done;
    }
    if (!directory)
        CPL_TRY_GOTO(make_corpus(&made, path, error));
    if (directory)
        CPL_TRY_GOTO(cpl_text_copy(&corpus, path, error));
    else
        CPL_TRY_GOTO(cpl_path_join(&corpus, made, "corpus", error));
    CPL_TRY_GOTO(cpl_train_shards_open(&data, corpus, tokenizer, options->dictionary,
                                       keep_encoding, (void *)(uintptr_t)options, error));
    CPL_TRY_GOTO(measure(model, tokenizer, &data, split, &task, options, out, error));
done:
    cpl_train_data_close(&data);
    if (made)
        cpl_path_remove(made, NULL);
    free(made);
    free(corpus);
    return status;
}
