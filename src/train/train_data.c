/* What a training or an evaluation reads: the tokenizer and the shards of a corpus. */
#include "base/memory.h"
#include "base/try.h"
#include "train/training.h"

#include <stdlib.h>
#include <string.h>

static const char *const split_files[CPL_SPLIT_COUNT] = {"train.shard", "valid.shard",
                                                         "test.shard"};

uint64_t cpl_shard_checksum(const struct cpl_shard *shard)
{
    uint64_t checksum;
    memcpy(&checksum, shard->map.data + shard->map.size - sizeof checksum, sizeof checksum);
    return checksum;
}

static cpl_status open_shards(struct cpl_train_data *data, const char *directory,
                              struct cpl_error *error)
{
    cpl_status status = CPL_OK;
    for (int split = 0; split < CPL_SPLIT_COUNT && status == CPL_OK; split++) {
        char *path = NULL;
        CPL_TRY(cpl_path_join(&path, directory, split_files[split], error));
        status = cpl_shard_open(&data->shard[split], path, error);
        data->open[split] = status == CPL_OK;
        free(path);
    }
    return status;
}

cpl_status cpl_train_shards_open(struct cpl_train_data *data, const char *corpus,
                                 const struct cpl_tokenizer *tokenizer,
                                 const char *user_dictionary,
                                 bool (*go_on)(void *context, uint64_t documents),
                                 void *context, struct cpl_error *error)
{
    cpl_status status;
    struct cpl_corpus *source = NULL;
    struct cpl_segmenter *segmenter = NULL;
    char *directory = NULL;
    CPL_TRY_GOTO(cpl_corpus_open(&source, corpus, error));
    CPL_TRY_GOTO(cpl_segmenter_new(&segmenter, NULL, user_dictionary, error));
    CPL_TRY_GOTO(
        cpl_corpus_encode(source, tokenizer, segmenter, &directory, go_on, context, error));
    CPL_TRY_GOTO(open_shards(data, directory, error));
done:
    free(directory);
    cpl_segmenter_free(segmenter);
    cpl_corpus_close(source);
    return status;
}

cpl_status cpl_train_data_open(struct cpl_train_data *data, const char *corpus,
                               const char *tokenizer, const char *user_dictionary,
                               bool (*go_on)(void *context, uint64_t documents), void *context,
                               struct cpl_error *error)
{
    CPL_TRY(cpl_tokenizer_load(&data->tokenizer, tokenizer, error));
    return cpl_train_shards_open(data, corpus, data->tokenizer, user_dictionary, go_on, context,
                                 error);
}

void cpl_train_data_close(struct cpl_train_data *data)
{
    for (int split = 0; split < CPL_SPLIT_COUNT; split++)
        if (data->open[split])
            cpl_shard_close(&data->shard[split]);
    cpl_tokenizer_free(data->tokenizer);
    *data = (struct cpl_train_data){0};
}
