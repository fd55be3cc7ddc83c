/* labels: sanitize fast */
/* Training that ends without a tokenizer: bad options, no text, no memory, a stop. */
#include "training_fixture.h"

#include "base/memory.h"

static cpl_status learn_little(struct cpl_tokenizer **tokenizer,
                               const struct cpl_tokenizer_training *kind)
{
    struct cpl_tokenizer_training options = *kind;
    struct cpl_tokenizer_trainer *trainer = NULL;
    options.threads = 1;
    options.seed_size = strcmp(kind->type, "unigram") == 0 ? 30 : 0;
    cpl_status status = cpl_tokenizer_trainer_new(&trainer, &options, NULL);
    if (status == CPL_OK)
        status = cpl_tokenizer_trainer_add(trainer, "abab ab\nab abc", 14, NULL);
    if (status == CPL_OK)
        status = cpl_tokenizer_trainer_finish(trainer, tokenizer, NULL);
    cpl_tokenizer_trainer_free(trainer);
    return status;
}

static void test_out_of_memory(void **state)
{
    (void)state;
    for (size_t kind = 0; kind < N_KINDS; kind++) {
        struct cpl_tokenizer *tokenizer = NULL;
        cpl_status status = CPL_ERROR_SYSTEM;
        size_t n = 0;
        if (kinds[kind].pattern) /* another expression, which takes long to compile each time */
            continue;
        for (; status != CPL_OK; n++) {
            cpl_memory_fail_at(n + 1);
            status = learn_little(&tokenizer, &kinds[kind]);
            cpl_memory_fail_at(0);
            assert_true(status == CPL_OK || (status == CPL_ERROR_SYSTEM && !tokenizer));
        }
        assert_true(n > 30);
        cpl_tokenizer_free(tokenizer);
    }
}

static bool never(void *context, const char *stage, uint64_t done, uint64_t total)
{
    (void)stage;
    assert_true(done <= total);
    ++*(int *)context;
    return false;
}

static void test_stop(void **state)
{
    (void)state;
    for (size_t kind = 0; kind < N_KINDS; kind++) {
        int calls = 0;
        struct cpl_tokenizer_training options = kinds[kind];
        struct cpl_tokenizer_trainer *trainer = NULL;
        struct cpl_tokenizer *tokenizer = NULL;
        options.min_frequency = 1;
        options.progress = never;
        options.context = &calls;
        CHECK(cpl_tokenizer_trainer_new(&trainer, &options, error));
        for (size_t i = 0; i < VERSES; i++)
            CHECK(cpl_tokenizer_trainer_add(trainer, verse[i], strlen(verse[i]), error));
        CHECK_FAILS(CPL_STOPPED, "stopped",
                    cpl_tokenizer_trainer_finish(trainer, &tokenizer, error));
        assert_int_equal(calls, 1);
        cpl_tokenizer_trainer_free(trainer);
    }
}

static void refused(struct cpl_tokenizer_training options, const char *words)
{
    struct cpl_tokenizer_trainer *trainer = NULL;
    CHECK_FAILS(CPL_ERROR_USAGE, words, cpl_tokenizer_trainer_new(&trainer, &options, error));
    assert_null(trainer);
}

static void too_small(struct cpl_tokenizer_training options, const char *words)
{
    struct cpl_tokenizer_trainer *trainer = NULL;
    struct cpl_tokenizer *tokenizer = NULL;
    CHECK(cpl_tokenizer_trainer_new(&trainer, &options, error));
    CHECK(cpl_tokenizer_trainer_add(trainer, verse[0], strlen(verse[0]), error));
    CHECK_FAILS(CPL_ERROR_USAGE, words,
                cpl_tokenizer_trainer_finish(trainer, &tokenizer, error));
    cpl_tokenizer_trainer_free(trainer);
}

static void test_errors(void **state)
{
    (void)state;
    typedef struct cpl_tokenizer_training training;
    static const char *const twice[] = {"<a>", "<a>"}, *const known[] = {"<s>"};
    refused((training){.type = "unigrams"}, "did you mean \"unigram\"?");
    refused((training){.type = "bpe", .pattern = "gtp2"}, "did you mean \"gpt2\"?");
    refused((training){.type = "x"}, "known: wordpiece, bpe, char-bpe, unigram");
    refused((training){.vocab_size = 15}, "must be 16 to");
    refused((training){.pattern = "gpt2"}, "only bpe takes it");
    refused((training){.type = "bpe", .alphabet = 9}, "is not for type bpe");
    refused((training){.type = "bpe", .byte_fallback = true}, "char-bpe or unigram");
    refused((training){.type = "char-bpe", .seed_size = 9}, "only unigram");
    refused((training){.type = "unigram", .shrinking_factor = 1}, "below 1");
    refused((training){.type = "unigram", .chinese = "word"}, "needs a segmenter");
    refused((training){.type = "unigram", .max_length = 201}, "must be 2 to 200");
    refused((training){.special_tokens = twice, .n_special_tokens = 2}, "is there already");
    refused((training){.type = "bpe", .special_tokens = known, .n_special_tokens = 1},
            "is there already");
    too_small((training){.type = "bpe", .vocab_size = 259}, "256 bytes and 4 special");
    too_small((training){.type = "char-bpe", .vocab_size = 20}, "different characters");
    too_small((training){.type = "unigram", .vocab_size = 20}, "different characters");
    too_small((training){.type = "unigram", .vocab_size = 200, .byte_fallback = true},
              "take at least");
    for (size_t kind = 0; kind < N_KINDS; kind++) {
        struct cpl_tokenizer_trainer *trainer = NULL;
        struct cpl_tokenizer *tokenizer = NULL;
        CHECK(cpl_tokenizer_trainer_new(&trainer, &kinds[kind], error));
        CHECK(cpl_tokenizer_trainer_add(trainer, "", 0, error));
        CHECK_FAILS(CPL_ERROR_INPUT, "no text to learn from",
                    cpl_tokenizer_trainer_finish(trainer, &tokenizer, error));
        CHECK_FAILS(CPL_ERROR_INPUT, "not UTF-8 at byte 1",
                    cpl_tokenizer_trainer_add(trainer, "a\xFF", 2, error));
        cpl_tokenizer_trainer_free(trainer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_out_of_memory),
        cmocka_unit_test(test_stop),
        cmocka_unit_test(test_errors),
    };
    return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
