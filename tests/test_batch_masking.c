/* labels: sanitize */
/* Masks: how many, what becomes of them, whole words only; on drawn tokens and on real text. */
#include "batch_fixture.h"

#include <couplet/corpus.h>
#include <math.h>

struct tally {
    double ordinary, chosen, masked, replaced, kept;
    uint64_t halves; /* words of which a part is chosen */
    uint64_t sequences, empty, runs, run_words;
};

static bool is_chosen(const struct cpl_batch *batch, int64_t *row, int32_t i)
{
    while (*row < batch->n_predicted && batch->rows[*row] < i)
        ++*row;
    return *row < batch->n_predicted && batch->rows[*row] == i;
}

static void count_sequence(struct tally *tally, const struct cpl_batch *batch, int64_t b,
                           int64_t *row)
{
    bool before = false, any = false;
    int32_t mask = cpl_tokenizer_special(tokenizer).mask;
    for (int32_t i = batch->offsets[b]; i < batch->offsets[b + 1]; i++) {
        int32_t was = batch->original[i], is = batch->ids[i];
        bool special = cpl_tokenizer_is_special(tokenizer, was);
        bool chosen = is_chosen(batch, row, i);
        if (chosen) {
            assert_int_equal(batch->labels[*row], was);
            assert_false(special);
            assert_true(is == mask || !cpl_tokenizer_is_special(tokenizer, is));
            tally->masked += is == mask;
            tally->kept += is == was;
            tally->replaced += is != mask && is != was;
        } else {
            assert_int_equal(is, was);
        }
        tally->ordinary += !special;
        tally->chosen += chosen;
        tally->halves += batch->continues[i] && chosen != before;
        tally->runs += chosen && !before;
        tally->run_words += chosen && !batch->continues[i];
        before = chosen;
        any = any || chosen;
    }
    tally->sequences++;
    tally->empty += !any;
}

static struct tally count_masks(const struct cpl_batcher_options *options, uint64_t sequences)
{
    struct cpl_batcher *batcher = new_batcher(options);
    struct cpl_batch batch = {0};
    struct tally tally = {0};
    while (tally.sequences < sequences) {
        int64_t row = 0;
        CHECK(cpl_batcher_next(batcher, &batch, error));
        for (int64_t b = 0; b < batch.n_sequences; b++)
            count_sequence(&tally, &batch, b, &row);
    }
    cpl_batch_clear(&batch);
    cpl_batcher_free(batcher);
    return tally;
}

static void check_shares(const struct tally *tally, double share)
{
    print_message(
        "%.0f tokens: %.2f %% chosen, of these %.1f %% [MASK], %.1f %% random, %.1f %% kept, "
        "%.2f words in a row\n",
        tally->ordinary, 100 * tally->chosen / tally->ordinary,
        100 * tally->masked / tally->chosen, 100 * tally->replaced / tally->chosen,
        100 * tally->kept / tally->chosen, (double)tally->run_words / (double)tally->runs);
    assert_true(fabs(tally->chosen / tally->ordinary - share) < 0.003);
    assert_true(fabs(tally->masked / tally->chosen - 0.8) < 0.01);
    assert_true(fabs(tally->replaced / tally->chosen - 0.1) < 0.01);
    assert_true(fabs(tally->kept / tally->chosen - 0.1) < 0.01);
}

static void test_units(void **state)
{
    (void)state;
    struct tally tally[CPL_MASK_UNIT_COUNT];
    for (int unit = 0; unit < CPL_MASK_UNIT_COUNT; unit++) {
        struct cpl_batcher_options options = {.objective = CPL_OBJECTIVE_mlm,
                                              .length = 128,
                                              .batch_tokens = 4096,
                                              .mask_unit = (enum cpl_mask_unit)unit,
                                              .seed = 11};
        tally[unit] = count_masks(&options, 10000);
        check_shares(&tally[unit], 0.15);
    }
    assert_int_equal(tally[CPL_MASK_WORD].halves, 0);
    assert_int_equal(tally[CPL_MASK_SPAN].halves, 0);
    assert_true(tally[CPL_MASK_TOKEN].halves > 10000);
    /* words fall beside each other by chance only; spans have 3.8 words before they meet an end */
    assert_true((double)tally[CPL_MASK_WORD].run_words <
                1.3 * (double)tally[CPL_MASK_WORD].runs);
    assert_true((double)tally[CPL_MASK_SPAN].run_words >
                2.2 * (double)tally[CPL_MASK_SPAN].runs);
}

/* The mean is exact for any share and for sequences of a few tokens. */
static void test_short_sequences(void **state)
{
    (void)state;
    static const double shares[] = {0.01, 0.15, 0.4, 0.85};
    for (size_t k = 0; k < 4; k++)
        for (int32_t length = 4; length < 12; length += 3) {
            struct cpl_batcher_options options = {.objective = CPL_OBJECTIVE_mlm,
                                                  .length = length,
                                                  .batch_tokens = 4096,
                                                  .mask_share = shares[k],
                                                  .seed = 12 + k};
            struct tally tally = count_masks(&options, 60000);
            double found = tally.chosen / tally.ordinary;
            if (fabs(found - shares[k]) > 0.003)
                fail_msg("length %d: %.4f chosen, not %.4f", (int)length, found, shares[k]);
            assert_int_equal(tally.halves, 0);
        }
}

/* Other masks in the next epoch, the same ones for the same seed, others for another seed. */
static void test_fresh(void **state)
{
    (void)state;
    uint64_t same = 0, all = 0;
    struct cpl_batcher_options options = {
        .objective = CPL_OBJECTIVE_mlm, .length = 64, .batch_tokens = 2000, .seed = 5};
    struct cpl_batcher *batcher = new_batcher(&options);
    struct cpl_batch batch = {0};
    uint64_t n = cpl_batcher_sequences(batcher), given = 0;
    uint64_t *hash = calloc(n, sizeof *hash);
    while (given < 2 * n) {
        CHECK(cpl_batcher_next(batcher, &batch, error));
        int64_t p = 0;
        for (int64_t b = 0; b < batch.n_sequences && given < 2 * n; b++, given++) {
            uint64_t rows = 1;
            for (; p < batch.n_predicted && batch.rows[p] < batch.offsets[b + 1]; p++)
                rows = rows * 1000003 + (uint64_t)(batch.rows[p] - batch.offsets[b]);
            bool counts = batch.offsets[b + 1] - batch.offsets[b] > 30;
            if (given < n)
                hash[batch.samples[b]] = rows;
            else if (counts)
                same += hash[batch.samples[b]] == rows, all++;
        }
    }
    assert_true(all > 100 && same * 50 < all);
    free(hash);
    cpl_batch_clear(&batch);
    cpl_batcher_free(batcher);
}

/* ---- real text ------------------------------------------------------------------------------- */

static void encode_real(const char *source)
{
    struct cpl_corpus *corpus = NULL;
    struct cpl_segmenter *segmenter = NULL;
    char *directory = NULL, path[600];
    struct cpl_corpus_build build = {.sources = &source, .n_sources = 1, .format = "lines"};
    CHECK(cpl_corpus_build(&build, in_scratch("corpus"), error));
    CHECK(cpl_corpus_open(&corpus, in_scratch("corpus"), error));
    if (cpl_segmenter_new(&segmenter, NULL, NULL, NULL) != CPL_OK) {
        print_message("no dictionary here: words of a small one\n");
        segmenter = small_segmenter();
    }
    CHECK(cpl_corpus_encode(corpus, tokenizer, segmenter, &directory, NULL, NULL, error));
    snprintf(path, sizeof path, "%s/train.shard", directory);
    cpl_shard_close(&shard);
    CHECK(cpl_shard_open(&shard, path, error));
    free(directory);
    cpl_segmenter_free(segmenter);
    cpl_corpus_close(corpus);
}

static void test_real_text(void **state)
{
    (void)state;
    char text[500], vocabulary[500];
    const char *data = getenv("COUPLET_DATA");
    snprintf(text, sizeof text, "%s/zh_lm_small/CLUECorpusSmall_sampled.txt",
             data ? data : ".");
    snprintf(vocabulary, sizeof vocabulary, "%s/tokenizers/bert-base-chinese/vocab.txt",
             data ? data : ".");
    if (!cpl_file_exists(text) || !cpl_file_exists(vocabulary)) {
        print_message("skipped: there is no %s\n", text);
        skip();
    }
    cpl_tokenizer_free(tokenizer);
    CHECK(cpl_tokenizer_load(&tokenizer, vocabulary, error));
    encode_real(text);
    for (int unit = 0; unit < CPL_MASK_UNIT_COUNT; unit++) {
        struct cpl_batcher_options options = {.objective = CPL_OBJECTIVE_mlm,
                                              .length = 128,
                                              .batch_tokens = 8192,
                                              .mask_unit = (enum cpl_mask_unit)unit,
                                              .seed = 2};
        struct tally tally = count_masks(&options, 10000);
        check_shares(&tally, 0.15);
        assert_true(unit == CPL_MASK_TOKEN || tally.halves == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_units),
        cmocka_unit_test(test_short_sequences),
        cmocka_unit_test(test_fresh),
        cmocka_unit_test(test_real_text),
    };
    return cmocka_run_group_tests(tests, set_up_batches, tear_down_batches);
}
