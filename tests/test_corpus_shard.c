/* labels: sanitize fast */
/* Token shards: what is written is read; every cut and every flipped byte is noticed. */
#include "corpus/shard.h"

#include "text_fixture.h"

#include <xxhash.h>

static int32_t id_of(uint64_t i, int32_t vocab_size)
{
    return (int32_t)(i * 2654435761u % (uint64_t)vocab_size);
}
static uint8_t flags_of(uint64_t i) { return (uint8_t)(i * 7 / 3 % 4); }

/* Writes documents of the given lengths. */
static const char *write_shard(const char *name, int32_t vocab_size, const size_t *lengths,
                               size_t n_documents)
{
    struct cpl_shard_writer *writer = NULL;
    const char *path = in_scratch(name);
    uint64_t i = 0;
    CHECK(cpl_shard_writer_new(&writer, path, vocab_size, 11, 22, error));
    for (size_t d = 0; d < n_documents; d++) {
        int32_t ids[3000];
        uint8_t flags[3000];
        for (size_t t = 0; t < lengths[d]; t++, i++) {
            ids[t] = id_of(i, vocab_size);
            flags[t] = flags_of(i);
        }
        CHECK(cpl_shard_writer_add(writer, ids, flags, lengths[d], 2 * lengths[d], error));
    }
    CHECK(cpl_shard_writer_commit(writer, error));
    return path;
}

static void test_round_trip(void **state)
{
    (void)state;
    static const size_t lengths[] = {1, 0, 5, 3000, 2, 64, 1111};
    static const int32_t sizes[] = {2, 65536, 65537, 200000};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        struct cpl_shard shard;
        uint64_t total = 0;
        const char *path = write_shard("a.shard", sizes[s], lengths, 7);
        CHECK(cpl_shard_open(&shard, path, error));
        assert_int_equal(shard.n_documents, 7);
        for (size_t d = 0; d < 7; d++)
            assert_int_equal(shard.document_ends[d], total += lengths[d]);
        assert_int_equal(shard.n_tokens, total);
        assert_int_equal(shard.n_characters, 2 * total);
        assert_int_equal(shard.tokenizer_hash, 11);
        assert_int_equal(shard.segmenter_hash, 22);
        assert_int_equal(shard.token_bytes, sizes[s] > 65536 ? 4 : 2);
        for (uint64_t i = 0; i < total; i++) {
            assert_int_equal(cpl_shard_id(&shard, i), id_of(i, sizes[s]));
            assert_int_equal(cpl_shard_flags(&shard, i), flags_of(i));
        }
        cpl_shard_close(&shard);
    }
}

static void test_empty(void **state)
{
    (void)state;
    struct cpl_shard shard;
    CHECK(cpl_shard_open(&shard, write_shard("e.shard", 100, NULL, 0), error));
    assert_int_equal(shard.n_tokens, 0);
    assert_int_equal(shard.n_documents, 0);
    cpl_shard_close(&shard);
}

static void test_equal_bytes(void **state)
{
    (void)state;
    static const size_t lengths[] = {10, 20};
    char *a = NULL, *b = NULL;
    size_t n_a = 0, n_b = 0;
    CHECK(cpl_file_read(&a, &n_a, write_shard("1.shard", 300, lengths, 2), error));
    CHECK(cpl_file_read(&b, &n_b, write_shard("2.shard", 300, lengths, 2), error));
    assert_int_equal(n_a, n_b);
    assert_memory_equal(a, b, n_a);
    free(a);
    free(b);
}

/* An abandoned writer leaves neither a shard nor anything else. */
static void test_abandoned(void **state)
{
    (void)state;
    struct cpl_shard_writer *writer = NULL;
    char **names = NULL;
    size_t n_names = 0;
    CHECK(cpl_directory_make(in_scratch("empty"), error));
    CHECK(cpl_shard_writer_new(&writer, in_scratch("empty/x.shard"), 100, 1, 2, error));
    cpl_shard_writer_abandon(writer);
    CHECK(cpl_directory_list(&names, &n_names, in_scratch("empty"), error));
    assert_int_equal(n_names, 0);
    cpl_names_free(names, n_names);
    CHECK_FAILS(CPL_ERROR_SYSTEM, "none/x.shard",
                cpl_shard_writer_new(&writer, in_scratch("none/x.shard"), 100, 1, 2, error));
}

static void test_every_cut(void **state)
{
    (void)state;
    static const size_t lengths[] = {9, 40};
    struct cpl_shard shard;
    char *bytes = NULL;
    size_t n = 0;
    CHECK(cpl_file_read(&bytes, &n, write_shard("c.shard", 300, lengths, 2), error));
    for (size_t cut = 0; cut < n; cut++) {
        const char *path = write_bytes("cut.shard", bytes, cut);
        CHECK_FAILS(CPL_ERROR_INPUT, "cut.shard: ", cpl_shard_open(&shard, path, error));
    }
    bytes = realloc(bytes, n + 1);
    bytes[n] = 0;
    const char *path = write_bytes("cut.shard", bytes, n + 1);
    CHECK_FAILS(CPL_ERROR_INPUT, "damaged", cpl_shard_open(&shard, path, error));
    free(bytes);
}

static void test_every_flip(void **state)
{
    (void)state;
    static const size_t lengths[] = {9, 40};
    struct cpl_shard shard;
    char *bytes = NULL;
    size_t n = 0;
    CHECK(cpl_file_read(&bytes, &n, write_shard("f.shard", 300, lengths, 2), error));
    for (size_t at = 0; at < n; at++) {
        bytes[at] ^= 0x41;
        const char *path = write_bytes("flip.shard", bytes, n);
        CHECK_FAILS(CPL_ERROR_INPUT, "flip.shard: ", cpl_shard_open(&shard, path, error));
        bytes[at] ^= 0x41;
    }
    free(bytes);
}

/* Numbers that lie although the checksum is right. */
static void test_lies(void **state)
{
    (void)state;
    static const size_t lengths[] = {9, 40};
    static const struct {
        size_t offset;
        uint64_t value;
    } lies[] = {
        {16, UINT64_MAX}, {16, UINT64_MAX / 2 + 1}, {16, 50},
        {24, UINT64_MAX}, {24, 1ull << 61},         {24, 0},
        {12, 4ull << 0},
    };
    struct cpl_shard shard;
    char *bytes = NULL;
    size_t n = 0;
    CHECK(cpl_file_read(&bytes, &n, write_shard("l.shard", 300, lengths, 2), error));
    char *copy = malloc(n);
    assert_non_null(copy);
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        memcpy(copy, bytes, n);
        memcpy(copy + lies[i].offset, &lies[i].value, lies[i].offset == 12 ? 4 : 8);
        uint64_t checksum = XXH64(copy, n - 8, 0);
        memcpy(copy + n - 8, &checksum, 8);
        const char *path = write_bytes("lie.shard", copy, n);
        CHECK_FAILS(CPL_ERROR_INPUT, "lie.shard: ", cpl_shard_open(&shard, path, error));
    }
    /* document ends that go down */
    uint64_t end = 1000, checksum;
    memcpy(copy, bytes, n);
    memcpy(copy + n - 8 - 64, &end, 8);
    checksum = XXH64(copy, n - 8, 0);
    memcpy(copy + n - 8, &checksum, 8);
    CHECK_FAILS(CPL_ERROR_INPUT, "document",
                cpl_shard_open(&shard, write_bytes("lie.shard", copy, n), error));
    free(copy);
    free(bytes);
}

static void test_other_files(void **state)
{
    (void)state;
    struct cpl_shard shard;
    char zeros[200] = {0};
    CHECK_FAILS(CPL_ERROR_INPUT, "not a token shard",
                cpl_shard_open(&shard, write_bytes("z", zeros, sizeof zeros), error));
    CHECK_FAILS(CPL_ERROR_SYSTEM, "none", cpl_shard_open(&shard, in_scratch("none"), error));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),  cmocka_unit_test(test_empty),
        cmocka_unit_test(test_equal_bytes), cmocka_unit_test(test_abandoned),
        cmocka_unit_test(test_every_cut),   cmocka_unit_test(test_every_flip),
        cmocka_unit_test(test_lies),        cmocka_unit_test(test_other_files),
    };
    return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
