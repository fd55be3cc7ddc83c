/* labels: sanitize fast */
/* Learning a WordPiece vocabulary: what is in it, in which order, and that the order of texts is nothing. */
#include "tokenizer_fixture.h"

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vocabulary),
        cmocka_unit_test(test_order_of_texts),
        cmocka_unit_test(test_merges),
        cmocka_unit_test(test_small_vocabulary),
    };
    return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
