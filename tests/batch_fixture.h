/* What the tests of batches share: a tokenizer, and a shard of drawn text in the scratch directory. */
#ifndef CPL_TESTS_BATCH_FIXTURE_H
#define CPL_TESTS_BATCH_FIXTURE_H

#include "tokenizer_fixture.h"

#include "batch/batch.h"

/* Documents of drawn ids, words of 1 to 4 tokens, a sentence end now and then. */
static inline void write_shard(const char *path, const struct cpl_tokenizer *tokenizer,
                               uint32_t n_documents, uint32_t longest)
{
    struct cpl_shard_writer *writer = NULL;
    uint32_t first = 5, vocab = (uint32_t)cpl_tokenizer_size(tokenizer);
    uint64_t index = 0;
    int32_t *ids = calloc(longest + 1, sizeof *ids);
    uint8_t *flags = calloc(longest + 1, 1);
    assert_true(ids && flags);
    CHECK(cpl_shard_writer_new(&writer, path, (int32_t)vocab, cpl_tokenizer_hash(tokenizer), 1,
                               error));
    for (uint32_t d = 0; d < n_documents; d++) {
        size_t n = draw(&index, longest + 1);
        uint32_t left = 0; /* tokens of the running word */
        for (size_t i = 0; i < n; i++) {
            ids[i] = (int32_t)(first + draw(&index, vocab - first));
            flags[i] = left > 0 ? CPL_TOKEN_CONTINUES : 0;
            left = left > 0 ? left - 1 : draw(&index, 4);
            if (left == 0 && draw(&index, 12) == 0)
                flags[i] |= CPL_TOKEN_ENDS_SENTENCE;
        }
        CHECK(cpl_shard_writer_add(writer, ids, flags, n, 2 * n, error));
    }
    free(ids);
    free(flags);
    CHECK(cpl_shard_writer_commit(writer, error));
}

static struct cpl_tokenizer *tokenizer;
static struct cpl_shard shard;

static inline int set_up_batches(void **state)
{
    if (make_scratch(state) != 0)
        return -1;
    tokenizer = learn(verse, VERSES, 300, 1);
    write_shard(in_scratch("train.shard"), tokenizer, 400, 150);
    CHECK(cpl_shard_open(&shard, in_scratch("train.shard"), error));
    return 0;
}

static inline int tear_down_batches(void **state)
{
    cpl_shard_close(&shard);
    cpl_tokenizer_free(tokenizer);
    return remove_scratch(state);
}

static inline struct cpl_batcher *new_batcher(const struct cpl_batcher_options *options)
{
    struct cpl_batcher *batcher = NULL;
    CHECK(cpl_batcher_new(&batcher, &shard, tokenizer, options, error));
    return batcher;
}

static inline void assert_same_batch(const struct cpl_batch *a, const struct cpl_batch *b)
{
    size_t n = (size_t)a->n_tokens, p = (size_t)a->n_predicted;
    assert_int_equal(a->n_tokens, b->n_tokens);
    assert_int_equal(a->n_sequences, b->n_sequences);
    assert_int_equal(a->n_predicted, b->n_predicted);
    assert_memory_equal(a->ids, b->ids, n * sizeof *a->ids);
    assert_memory_equal(a->original, b->original, n * sizeof *a->ids);
    assert_memory_equal(a->positions, b->positions, n * sizeof *a->ids);
    assert_memory_equal(a->continues, b->continues, n);
    assert_memory_equal(a->rows, b->rows, p * sizeof *a->rows);
    assert_memory_equal(a->labels, b->labels, p * sizeof *a->rows);
    assert_memory_equal(a->offsets, b->offsets,
                        ((size_t)a->n_sequences + 1) * sizeof *a->offsets);
    assert_memory_equal(a->samples, b->samples, (size_t)a->n_sequences * sizeof *a->samples);
}

#endif
