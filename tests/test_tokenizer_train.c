/* labels: sanitize fast */
/* Learning a vocabulary: what is in it, in which order, and that the order of texts is nothing. */
#include "tokenizer_fixture.h"

#include "base/memory.h"

static size_t count_tokens(const struct cpl_tokenizer *tokenizer, const char *text,
                           size_t *unknown)
{
    struct cpl_encoding encoding = {0};
    CHECK(cpl_tokenizer_encode(tokenizer, &encoding, text, strlen(text), error));
    size_t n = encoding.count;
    for (size_t i = 0; i < n; i++)
        *unknown += encoding.id[i] == cpl_tokenizer_special(tokenizer).unknown;
    cpl_encoding_clear(&encoding);
    return n;
}

static void test_vocabulary(void **state)
{
    (void)state;
    struct cpl_tokenizer *tokenizer = learn(verse, VERSES, 400, 1);
    static const char *const first[] = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};
    int32_t size = cpl_tokenizer_size(tokenizer);
    for (int32_t id = 0; id < 5; id++) {
        assert_string_equal(cpl_tokenizer_piece(tokenizer, id), first[id]);
        assert_true(cpl_tokenizer_is_special(tokenizer, id));
    }
    assert_string_equal(cpl_tokenizer_piece(tokenizer, size - 1), "\n");
    assert_false(cpl_tokenizer_is_special(tokenizer, size - 1));
    assert_null(cpl_tokenizer_piece(tokenizer, size));
    assert_null(cpl_tokenizer_piece(tokenizer, -1));
    for (int32_t id = 5; id < size - 1; id++) { /* no piece holds two Chinese characters */
        const char *piece = cpl_tokenizer_piece(tokenizer, id);
        assert_true((unsigned char)piece[0] < 0xE0 ||
                    cpl_utf8_count(piece, strlen(piece)) == 1);
        assert_int_equal(cpl_tokenizer_continues(tokenizer, id),
                         piece[0] == '#' && piece[1] == '#' && piece[2]);
    }
    size_t unknown = 0;
    for (size_t i = 0; i < VERSES; i++)
        assert_true(count_tokens(tokenizer, verse[i], &unknown) > 0);
    assert_int_equal(unknown, 0);
    assert_int_equal(count_tokens(tokenizer, "players playing", &unknown), 2);
    count_tokens(tokenizer, "rtyrty gnip", &unknown); /* new words of known characters */
    assert_int_equal(unknown, 0);
    count_tokens(tokenizer, "饕", &unknown);
    assert_int_equal(unknown, 1);
    cpl_tokenizer_free(tokenizer);
}

static void test_order_of_texts(void **state)
{
    (void)state;
    uint64_t index = 0, hash = 0;
    const char *texts[3 * VERSES];
    for (size_t i = 0; i < 3 * VERSES; i++)
        texts[i] = verse[i % VERSES];
    for (int round = 0; round < 6; round++) {
        struct cpl_tokenizer *tokenizer = learn(texts, 3 * VERSES, 170, 2);
        if (round == 0)
            hash = cpl_tokenizer_hash(tokenizer);
        assert_true(cpl_tokenizer_hash(tokenizer) == hash);
        cpl_tokenizer_free(tokenizer);
        for (size_t i = 3 * VERSES - 1; i > 0; i--) {
            size_t k = draw(&index, (uint32_t)i + 1);
            const char *swap = texts[i];
            texts[i] = texts[k];
            texts[k] = swap;
        }
    }
}

/* Counts by hand: "abab" 3 times, "ab" twice: a ##b 3+2, ##a ##b 3 and ##b ##a 3 times. */
static void test_merges(void **state)
{
    (void)state;
    const char *const texts[] = {"abab ab abab", "ab abab"};
    struct cpl_tokenizer *tokenizer = learn(texts, 2, 16, 2);
    static const char *const expected[] = {"a", "b", "##a", "##b", "ab", "##ab", "abab"};
    for (int32_t i = 0; i < 7; i++)
        assert_string_equal(cpl_tokenizer_piece(tokenizer, 5 + i), expected[i]);
    assert_int_equal(cpl_tokenizer_size(tokenizer), 13);
    cpl_tokenizer_free(tokenizer);
    tokenizer = learn(texts, 2, 16, 4); /* ##a ##b is too rare now */
    assert_int_equal(cpl_tokenizer_size(tokenizer), 11);
    assert_int_equal(cpl_tokenizer_id(tokenizer, "##ab"), -1);
    cpl_tokenizer_free(tokenizer);
    const char *const overlapping[] = {"aaaaa aaaaa"};
    tokenizer = learn(overlapping, 1, 16, 2); /* ##a ##a ##a: the first two merge */
    assert_true(cpl_tokenizer_id(tokenizer, "##aa") >= 0);
    size_t unknown = 0;
    assert_int_equal(count_tokens(tokenizer, "aaaaa", &unknown), 1);
    cpl_tokenizer_free(tokenizer);
}

/* Frequent characters come before rare ones when there is not room for all. */
static void test_small_vocabulary(void **state)
{
    (void)state;
    const char *const texts[] = {"一一一一二二二三三四四四四四五六七八九十百千万"};
    struct cpl_tokenizer *tokenizer = learn(texts, 1, 16, 1);
    assert_int_equal(cpl_tokenizer_size(tokenizer), 16);
    assert_true(cpl_tokenizer_id(tokenizer, "一") >= 5);
    assert_true(cpl_tokenizer_id(tokenizer, "四") >= 5);
    assert_true(cpl_tokenizer_id(tokenizer, "三") >= 5);
    assert_int_equal(
        cpl_tokenizer_id(tokenizer, "千") < 0 || cpl_tokenizer_id(tokenizer, "百") < 0, 1);
    cpl_tokenizer_free(tokenizer);
}

/* ---- every kind ------------------------------------------------------------------------------ */

static const struct cpl_tokenizer_training kinds[] = {
    {.type = "wordpiece", .vocab_size = 300},
    {.type = "wordpiece", .vocab_size = 300, .normalization = "nfkc", .alphabet = 90},
    {.type = "bpe", .vocab_size = 400},
    {.type = "bpe", .vocab_size = 400, .pattern = "llama3", .lowercase = true},
    {.type = "bpe", .vocab_size = 400, .pattern = "qwen2", .normalization = "nfc"},
    {.type = "char-bpe", .vocab_size = 400},
    {.type = "char-bpe", .vocab_size = 500, .byte_fallback = true, .alphabet = 60},
    {.type = "char-bpe", .vocab_size = 400, .chinese = "any", .max_length = 2},
    {.type = "unigram", .vocab_size = 300},
    {.type = "unigram", .vocab_size = 450, .byte_fallback = true, .prefix_space = "always"},
    {.type = "unigram", .vocab_size = 300, .chinese = "character", .shrinking_factor = 0.5},
};
enum { N_KINDS = sizeof kinds / sizeof *kinds };

static struct cpl_tokenizer *learn_kind(const struct cpl_tokenizer_training *kind,
                                        const char *const *texts, size_t n, int threads)
{
    struct cpl_tokenizer_training options = *kind;
    struct cpl_tokenizer_trainer *trainer = NULL;
    struct cpl_tokenizer *tokenizer = NULL;
    options.min_frequency = options.min_frequency ? options.min_frequency : 1;
    options.threads = threads;
    CHECK(cpl_tokenizer_trainer_new(&trainer, &options, error));
    for (size_t i = 0; i < n; i++)
        CHECK(cpl_tokenizer_trainer_add(trainer, texts[i], strlen(texts[i]), error));
    CHECK(cpl_tokenizer_trainer_finish(trainer, &tokenizer, error));
    cpl_tokenizer_trainer_free(trainer);
    return tokenizer;
}

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
        CHECK(cpl_tokenizer_decode(tokenizer, &decoded, encoding.id, encoding.count, true,
                                   error));
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
        cmocka_unit_test(test_vocabulary),     cmocka_unit_test(test_order_of_texts),
        cmocka_unit_test(test_merges),         cmocka_unit_test(test_small_vocabulary),
        cmocka_unit_test(test_determinism),    cmocka_unit_test(test_roles),
        cmocka_unit_test(test_special_tokens), cmocka_unit_test(test_huge),
        cmocka_unit_test(test_words),          cmocka_unit_test(test_sample),
        cmocka_unit_test(test_out_of_memory),  cmocka_unit_test(test_stop),
        cmocka_unit_test(test_errors),
    };
    return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
