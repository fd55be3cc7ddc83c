/* labels: sanitize fast */
/* Every kind of tokenizer that can be trained: threads, order, roles, large and hard texts. */
#include "training_fixture.h"

/* Threads and the order of texts change no bit of the files. */
static void test_determinism(void **state)
{
    (void)state;
    enum { MANY = 40 * VERSES };
    uint64_t index = 0;
    const char *texts[MANY];
    for (size_t i = 0; i < MANY; i++)
        texts[i] = verse[i % VERSES];
    for (size_t kind = 0; kind < N_KINDS; kind++) {
        char *first = NULL;
        size_t first_length = 0;
        for (int threads = 1; threads <= 3; threads++) {
            struct cpl_tokenizer *tokenizer = learn_kind(&kinds[kind], texts, MANY, threads);
            char *file = NULL;
            size_t length = 0;
            assert_true(cpl_tokenizer_size(tokenizer) <= kinds[kind].vocab_size);
            CHECK(cpl_tokenizer_save(tokenizer, in_scratch("kind"), error));
            CHECK(cpl_file_read(&file, &length, in_scratch("kind/tokenizer.json"), error));
            if (!first) {
                first = file;
                first_length = length;
            } else {
                assert_int_equal(length, first_length);
                assert_memory_equal(file, first, length);
                free(file);
            }
            cpl_tokenizer_free(tokenizer);
            for (size_t i = MANY - 1; i > 0; i--) {
                size_t k = draw(&index, (uint32_t)i + 1);
                const char *swap = texts[i];
                texts[i] = texts[k];
                texts[k] = swap;
            }
        }
        free(first);
    }
}

/* All have what masked and autoregressive models need, and line breaks come back. */
static void test_roles(void **state)
{
    (void)state;
    static const char text[] = "床前明月光\n\n疑是地上霜\n";
    for (size_t kind = 0; kind < N_KINDS; kind++) {
        struct cpl_tokenizer *tokenizer = learn_kind(&kinds[kind], verse, VERSES, 1);
        struct cpl_special_ids special = cpl_tokenizer_special(tokenizer);
        struct cpl_encoding encoding = {0};
        char *decoded = NULL;
        bool bytes = strcmp(kinds[kind].type, "bpe") == 0;
        bool wordpiece = strcmp(kinds[kind].type, "wordpiece") == 0;
        assert_true(special.pad == 0 && special.mask >= 0);
        assert_true(special.cls >= 0 && special.sep >= 0);
        assert_int_equal(special.unknown < 0, bytes);
        if (!wordpiece) {
            assert_int_equal(special.bos, special.cls);
            assert_int_equal(special.eos, special.sep);
        }
        CHECK(cpl_tokenizer_encode_special(tokenizer, &encoding, text, strlen(text), error));
        assert_int_equal(encoding.id[0], special.cls);
        assert_int_equal(encoding.id[encoding.count - 1], special.sep);
        size_t unknown = 0;
        for (size_t i = 0; i < encoding.count; i++)
            unknown += encoding.id[i] == special.unknown;
        CHECK(cpl_tokenizer_decode(
            tokenizer, &decoded, NULL, encoding.id, encoding.count,
            &(struct cpl_decode_options){CPL_DECODE_READING, .skip_special = true}, error));
        size_t breaks = 0;
        for (const char *at = decoded; *at; at++)
            breaks += *at == '\n';
        assert_int_equal(breaks, 3);
        if (bytes)
            assert_string_equal(decoded, text);
        if (kinds[kind].alphabet == 0 || kinds[kind].byte_fallback)
            assert_int_equal(unknown, 0);
        free(decoded);
        cpl_encoding_clear(&encoding);
        cpl_tokenizer_free(tokenizer);
    }
}

static void test_special_tokens(void **state)
{
    (void)state;
    static const char *const more[] = {"<|im_start|>", "<|im_end|>"};
    for (size_t kind = 0; kind < N_KINDS; kind++) {
        struct cpl_tokenizer_training options = kinds[kind];
        options.special_tokens = more;
        options.n_special_tokens = 2;
        options.vocab_size += 2;
        struct cpl_tokenizer *tokenizer = learn_kind(&options, verse, VERSES, 2);
        struct cpl_encoding encoding = {0};
        CHECK(cpl_tokenizer_encode(tokenizer, &encoding, "<|im_end|>", 10, error));
        assert_int_equal(encoding.count, 1);
        assert_int_equal(encoding.id[0], cpl_tokenizer_id(tokenizer, "<|im_end|>"));
        assert_true(cpl_tokenizer_is_special(tokenizer, encoding.id[0]));
        cpl_encoding_clear(&encoding);
        cpl_tokenizer_free(tokenizer);
    }
}

/* One word of 256 KB, and 256 KB of a few words: all kinds get through, quickly. */
static void test_huge(void **state)
{
    (void)state;
    enum { LENGTH = 1 << 18 };
    char *text = malloc(LENGTH + 1);
    uint64_t index = 3;
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < LENGTH; i++)
            text[i] = round == 0   ? (char)('a' + draw(&index, 26))
                      : round == 1 ? 'a'
                                   : "the quick fox "[i % 14];
        text[LENGTH] = 0;
        const char *const texts[] = {text};
        for (size_t kind = 0; kind < N_KINDS; kind++)
            if (round == 2 || strcmp(kinds[kind].type, "wordpiece") != 0)
                cpl_tokenizer_free(learn_kind(&kinds[kind], texts, 1, 2));
    }
    free(text);
}

/* Chinese "word": no piece holds parts of two words of the dictionary. */
static void test_words(void **state)
{
    (void)state;
    struct cpl_segmenter *segmenter = small_segmenter();
    for (int unigram = 0; unigram < 2; unigram++) {
        struct cpl_tokenizer_training options = {.type = unigram ? "unigram" : "char-bpe",
                                                 .vocab_size = 300,
                                                 .chinese = "word",
                                                 .segmenter = segmenter};
        static const char *const texts[] = {"我喜欢自然语言处理 我喜欢自然语言处理 今天天气",
                                            "今天天气 今天天气 用喜欢x喜欢 用喜欢x喜欢"};
        struct cpl_tokenizer *tokenizer = learn_kind(&options, texts, 2, 1);
        assert_true(cpl_tokenizer_id(tokenizer, "今天") >= 0);
        assert_true(cpl_tokenizer_id(tokenizer, "喜欢") >= 0);
        assert_int_equal(cpl_tokenizer_id(tokenizer, "天天"), -1);
        assert_int_equal(cpl_tokenizer_id(tokenizer, "今天天气"), -1);
        assert_int_equal(cpl_tokenizer_id(tokenizer, "喜欢x"), -1);
        cpl_tokenizer_free(tokenizer);
    }
    cpl_segmenter_free(segmenter);
}

/* When memory is short a part of the text is learned from, the same one in any order. */
static void test_sample(void **state)
{
    (void)state;
    enum { N = 400, LENGTH = 20000 };
    static char text[N][LENGTH + 1];
    const char *texts[N];
    uint64_t index = 1, hash = 0;
    for (size_t i = 0; i < N; i++) {
        for (size_t k = 0; k < LENGTH; k++)
            text[i][k] = k % 9 == 8 ? '\n' : (char)('a' + draw(&index, 20));
        texts[i] = text[i];
    }
    for (int round = 0; round < 3; round++) {
        struct cpl_tokenizer_training options = {
            .type = "char-bpe", .vocab_size = 60, .memory = 8 << 20, .threads = 1 + round};
        struct cpl_tokenizer_trainer *trainer = NULL;
        struct cpl_tokenizer *tokenizer = NULL;
        CHECK(cpl_tokenizer_trainer_new(&trainer, &options, error));
        for (size_t i = 0; i < N; i++)
            CHECK(cpl_tokenizer_trainer_add(
                trainer, texts[round == 1 ? N - 1 - i : (i + 100 * (size_t)round) % N], LENGTH,
                error));
        CHECK(cpl_tokenizer_trainer_finish(trainer, &tokenizer, error));
        double share = cpl_tokenizer_trainer_share(trainer);
        assert_true(share < 0.3 && share > 0.05);
        if (round == 0)
            hash = cpl_tokenizer_hash(tokenizer);
        assert_true(cpl_tokenizer_hash(tokenizer) == hash);
        cpl_tokenizer_free(tokenizer);
        cpl_tokenizer_trainer_free(trainer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_determinism),    cmocka_unit_test(test_roles),
        cmocka_unit_test(test_special_tokens), cmocka_unit_test(test_huge),
        cmocka_unit_test(test_words),          cmocka_unit_test(test_sample),
    };
    return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
