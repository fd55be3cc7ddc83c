/* labels: sanitize fast */
/* Sequences and batches: every token once an epoch, cuts, order, resuming, views, and what is refused. */
#include "batch_fixture.h"

static const struct cpl_batcher_options mlm = {
    .objective = CPL_OBJECTIVE_mlm, .length = 64, .batch_tokens = 700, .seed = 3};
static const struct cpl_batcher_options clm = {
    .objective = CPL_OBJECTIVE_clm, .length = 64, .batch_tokens = 700, .seed = 3};

static void check_shape(const struct cpl_batch *batch,
                        const struct cpl_batcher_options *options)
{
    assert_true(batch->n_tokens <= options->batch_tokens);
    assert_int_equal(batch->offsets[0], 0);
    assert_int_equal(batch->offsets[batch->n_sequences], batch->n_tokens);
    for (int64_t b = 0; b < batch->n_sequences; b++) {
        int32_t begin = batch->offsets[b], end = batch->offsets[b + 1];
        assert_true(end - begin >= 2 && end - begin <= options->length);
        assert_int_equal(batch->original[begin], 2); /* [CLS] */
        assert_int_equal(batch->continues[begin], 0);
        assert_int_equal(batch->continues[begin + 1], 0);
        for (int32_t i = begin; i < end; i++) {
            assert_int_equal(batch->positions[i], i - begin);
            assert_int_equal(batch->types[i], 0);
        }
    }
    for (int64_t p = 0; p < batch->n_predicted; p++) {
        assert_true(batch->rows[p] > (p > 0 ? batch->rows[p - 1] : -1));
        assert_true(batch->rows[p] < batch->n_tokens);
    }
}

/* In evaluation order the sequences are the shard, in order, each token once. */
static void test_cover(void **state)
{
    (void)state;
    for (int objective = 0; objective < CPL_OBJECTIVE_COUNT; objective++) {
        struct cpl_batcher_options options = objective ? clm : mlm;
        options.evaluation = true;
        struct cpl_batcher *batcher = new_batcher(&options);
        struct cpl_batch batch = {0};
        uint64_t next = 0, sequences = 0, closed = 0;
        int64_t characters = 0;
        for (;;) {
            CHECK(cpl_batcher_next(batcher, &batch, error));
            if (batch.n_sequences == 0)
                break;
            check_shape(&batch, &options);
            characters += batch.n_characters;
            for (int64_t b = 0; b < batch.n_sequences; b++, sequences++) {
                assert_int_equal(batch.samples[b], sequences);
                int32_t end = batch.offsets[b + 1];
                bool closes = batch.original[end - 1] == 3; /* [SEP] is in no document */
                closed += closes;
                for (int32_t i = batch.offsets[b] + 1; i < end - closes; i++)
                    assert_int_equal(batch.original[i], cpl_shard_id(&shard, next++));
            }
        }
        assert_int_equal(next, shard.n_tokens);
        assert_int_equal(sequences, cpl_batcher_sequences(batcher));
        uint64_t documents = 0;
        for (uint64_t d = 0; d < shard.n_documents; d++)
            documents += shard.document_ends[d] > (d ? shard.document_ends[d - 1] : 0);
        assert_int_equal(closed, objective == CPL_OBJECTIVE_clm ? documents : sequences);
        if (objective == CPL_OBJECTIVE_clm)
            assert_int_equal(characters, shard.n_characters);
        cpl_batch_clear(&batch);
        cpl_batcher_free(batcher);
    }
}

/* Ends of sequences inside documents: at a sentence where one ends in the last third, else between
 * words. */
static void test_cuts(void **state)
{
    (void)state;
    struct cpl_batcher_options options = mlm;
    options.evaluation = true;
    struct cpl_batcher *batcher = new_batcher(&options);
    struct cpl_batch batch = {0};
    uint64_t next = 0, document = 0, inside = 0, at_sentence = 0;
    const uint64_t room = 62;
    do {
        CHECK(cpl_batcher_next(batcher, &batch, error));
        for (int64_t b = 0; b < batch.n_sequences; b++) {
            uint64_t begin = next;
            next += (uint64_t)(batch.offsets[b + 1] - batch.offsets[b] - 2);
            while (shard.document_ends[document] <= begin)
                document++;
            assert_true(next <= shard.document_ends[document]);
            if (next == shard.document_ends[document])
                continue;
            inside++;
            bool sentence = false;
            for (uint64_t i = begin + room - room / 3; i <= begin + room; i++)
                sentence =
                    sentence || (cpl_shard_flags(&shard, i - 1) & CPL_TOKEN_ENDS_SENTENCE);
            at_sentence += sentence;
            bool ends = cpl_shard_flags(&shard, next - 1) & CPL_TOKEN_ENDS_SENTENCE;
            assert_int_equal(ends, sentence);
            assert_false(cpl_shard_flags(&shard, next) & CPL_TOKEN_CONTINUES);
        }
    } while (batch.n_sequences > 0);
    assert_true(inside > 100 && at_sentence > 50 && at_sentence < inside);
    cpl_batch_clear(&batch);
    cpl_batcher_free(batcher);
}

static void test_epochs(void **state)
{
    (void)state;
    struct cpl_batcher *batcher = new_batcher(&mlm);
    struct cpl_batch batch = {0};
    uint64_t n = cpl_batcher_sequences(batcher), given = 0;
    uint8_t *seen = calloc(2 * n, 1);
    uint64_t moved = 0;
    while (given < 2 * n) {
        CHECK(cpl_batcher_next(batcher, &batch, error));
        check_shape(&batch, &mlm);
        for (int64_t b = 0; b < batch.n_sequences && given < 2 * n; b++, given++) {
            assert_int_equal(seen[given / n * n + batch.samples[b]]++, 0);
            moved += batch.samples[b] != given % n;
        }
    }
    assert_true(moved > n); /* it is shuffled */
    free(seen);
    cpl_batch_clear(&batch);
    cpl_batcher_free(batcher);
}

/* A batcher that is set to where another one stood goes on with the same batches. */
static void test_resume(void **state)
{
    (void)state;
    for (int objective = 0; objective < CPL_OBJECTIVE_COUNT; objective++) {
        const struct cpl_batcher_options *options = objective ? &clm : &mlm;
        struct cpl_batcher *one = new_batcher(options), *two = new_batcher(options);
        struct cpl_batch a = {0}, b = {0};
        for (int step = 0; step < 150; step++) {
            struct cpl_batcher_position position = cpl_batcher_position(one);
            CHECK(cpl_batcher_next(one, &a, error));
            if (step % 7 != 0)
                continue;
            cpl_batcher_seek(two, position);
            CHECK(cpl_batcher_next(two, &b, error));
            assert_same_batch(&a, &b);
        }
        assert_true(cpl_batcher_position(one).epoch >= 1);
        cpl_batch_clear(&a);
        cpl_batch_clear(&b);
        cpl_batcher_free(one);
        cpl_batcher_free(two);
    }
}

/* What a sequence looks like depends neither on the budget nor on its place in the batch. */
static void test_budget(void **state)
{
    (void)state;
    struct cpl_batcher_options large = mlm;
    large.batch_tokens = 5000;
    struct cpl_batcher *one = new_batcher(&mlm), *two = new_batcher(&large);
    struct cpl_batch a = {0}, b = {0};
    CHECK(cpl_batcher_next(two, &b, error));
    int64_t token = 0, row = 0;
    while (token < 3000) {
        CHECK(cpl_batcher_next(one, &a, error));
        assert_memory_equal(a.ids, b.ids + token, (size_t)a.n_tokens * sizeof *a.ids);
        for (int64_t p = 0; p < a.n_predicted; p++, row++) {
            assert_int_equal(a.rows[p] + token, b.rows[row]);
            assert_int_equal(a.labels[p], b.labels[row]);
        }
        token += a.n_tokens;
    }
    cpl_batch_clear(&a);
    cpl_batch_clear(&b);
    cpl_batcher_free(one);
    cpl_batcher_free(two);
}

static void test_views(void **state)
{
    (void)state;
    struct cpl_batcher_options options = mlm;
    options.batch_tokens = 4000;
    struct cpl_batcher *batcher = new_batcher(&options);
    struct cpl_batch batch = {0}, view = {0};
    CHECK(cpl_batcher_next(batcher, &batch, error));
    static const int64_t budgets[] = {0, 1, 64, 200, 1000, 100000};
    for (size_t k = 0; k < 6; k++) {
        int64_t row = 0, token = 0;
        for (int64_t begin = 0, end; begin < batch.n_sequences; begin = end) {
            int64_t base = -1;
            end = cpl_batch_cut(&batch, begin, budgets[k]);
            CHECK(cpl_batch_view(&view, &base, &batch, begin, end, error));
            assert_true(end > begin && end <= batch.n_sequences);
            assert_true(end == begin + 1 || budgets[k] == 0 || view.n_tokens <= budgets[k]);
            assert_int_equal(base, token);
            assert_int_equal(view.offsets[0], 0);
            assert_int_equal(view.offsets[end - begin], view.n_tokens);
            assert_ptr_equal(view.ids, batch.ids + token);
            for (int64_t p = 0; p < view.n_predicted; p++, row++) {
                assert_int_equal(view.rows[p] + token, batch.rows[row]);
                assert_int_equal(view.labels[p], batch.labels[row]);
            }
            token += view.n_tokens;
        }
        assert_int_equal(token, batch.n_tokens);
        assert_int_equal(row, batch.n_predicted);
    }
    cpl_batch_view_clear(&view);
    cpl_batch_clear(&batch);
    cpl_batcher_free(batcher);
}

static void test_causal_targets(void **state)
{
    (void)state;
    struct cpl_batcher *batcher = new_batcher(&clm);
    struct cpl_batch batch = {0};
    CHECK(cpl_batcher_next(batcher, &batch, error));
    int64_t p = 0;
    for (int64_t b = 0; b < batch.n_sequences; b++)
        for (int32_t i = batch.offsets[b]; i + 1 < batch.offsets[b + 1]; i++, p++) {
            assert_int_equal(batch.rows[p], i);
            assert_int_equal(batch.labels[p], batch.original[i + 1]);
        }
    assert_int_equal(p, batch.n_predicted);
    assert_memory_equal(batch.ids, batch.original, (size_t)batch.n_tokens * sizeof *batch.ids);
    cpl_batch_clear(&batch);
    cpl_batcher_free(batcher);
}

static void test_evaluation_is_fixed(void **state)
{
    (void)state;
    struct cpl_batcher_options options = mlm;
    options.evaluation = true;
    struct cpl_batcher *one = new_batcher(&options), *two = new_batcher(&options);
    struct cpl_batch a = {0}, b = {0};
    cpl_batcher_seek(two, (struct cpl_batcher_position){9, 0}); /* epochs are nothing to it */
    do {
        CHECK(cpl_batcher_next(one, &a, error));
        CHECK(cpl_batcher_next(two, &b, error));
        assert_same_batch(&a, &b);
    } while (a.n_sequences > 0);
    cpl_batch_clear(&a);
    cpl_batch_clear(&b);
    cpl_batcher_free(one);
    cpl_batcher_free(two);
}

static void refused(cpl_status status, const char *words, struct cpl_batcher_options options,
                    const char *path, const struct cpl_tokenizer *by)
{
    struct cpl_batcher *batcher = NULL;
    struct cpl_shard other = {0};
    CHECK(cpl_shard_open(&other, path, error));
    CHECK_FAILS(status, words, cpl_batcher_new(&batcher, &other, by, &options, error));
    assert_null(batcher);
    cpl_shard_close(&other);
}

static void test_refused(void **state)
{
    (void)state;
    const char *train = in_scratch("train.shard"), *empty = in_scratch("empty.shard");
    struct cpl_batcher_options options = mlm;
    write_shard(empty, tokenizer, 0, 10);
    refused(CPL_ERROR_INPUT, "there is no text in it", mlm, empty, tokenizer);
    options.batch_tokens = 100000000;
    refused(CPL_ERROR_INPUT, "fewer than one batch of 100000000", options, train, tokenizer);
    options.batch_tokens = 0;
    refused(CPL_ERROR_USAGE, "batch-tokens: 0", options, train, tokenizer);
    options = mlm;
    options.length = 2;
    refused(CPL_ERROR_USAGE, "length: 2 tokens", options, train, tokenizer);
    options.length = 1000000;
    refused(CPL_ERROR_USAGE, "length: 1000000 tokens", options, train, tokenizer);
    options = mlm;
    options.mask_share = 1.5;
    refused(CPL_ERROR_USAGE, "mask-share", options, train, tokenizer);
    struct cpl_tokenizer *other = learn(verse, 2, 100, 1);
    refused(CPL_ERROR_INPUT, "of another tokenizer", mlm, train, other);
    cpl_tokenizer_free(other);
    CHECK(cpl_tokenizer_load(
        &other, write_text("v.txt", "[UNK]\n[CLS]\n[SEP]\na\nb\nc\nd\ne\nf\n"), error));
    write_shard(in_scratch("few.shard"), other, 50, 50);
    refused(CPL_ERROR_USAGE, "no mask token", mlm, in_scratch("few.shard"), other);
    cpl_tokenizer_free(other);
    CHECK(cpl_tokenizer_load(&other, write_text("v.txt", "[UNK]\na\nb\nc\nd\ne\nf\n"), error));
    write_shard(in_scratch("none.shard"), other, 50, 50);
    refused(CPL_ERROR_USAGE, "no token to begin", clm, in_scratch("none.shard"), other);
    cpl_tokenizer_free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cover),          cmocka_unit_test(test_cuts),
        cmocka_unit_test(test_epochs),         cmocka_unit_test(test_resume),
        cmocka_unit_test(test_budget),         cmocka_unit_test(test_views),
        cmocka_unit_test(test_causal_targets), cmocka_unit_test(test_evaluation_is_fixed),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, set_up_batches, tear_down_batches);
}
