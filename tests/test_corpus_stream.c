/* labels: sanitize fast */
/* Packed files read as the plain ones, in several frames too; cut off and damaged ones are errors. */
#include "corpus/byte_stream.h"
#include "corpus/reading.h"

#include "text_fixture.h"

#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

enum { TEXT_BYTES = 300000 };
static char text[TEXT_BYTES];

static size_t pack_gzip(unsigned char *out, size_t size, const char *data, size_t length)
{
    z_stream stream = {0};
    assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY),
                     Z_OK);
    stream.next_in = (unsigned char *)data;
    stream.avail_in = (uInt)length;
    stream.next_out = out;
    stream.avail_out = (uInt)size;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    size_t n = size - stream.avail_out;
    deflateEnd(&stream);
    return n;
}

static size_t pack_zstd(unsigned char *out, size_t size, const char *data, size_t length)
{
    size_t n = ZSTD_compress(out, size, data, length, 3);
    assert_false(ZSTD_isError(n));
    return n;
}

static size_t pack_xz(unsigned char *out, size_t size, const char *data, size_t length)
{
    size_t n = 0;
    assert_int_equal(lzma_easy_buffer_encode(1, LZMA_CHECK_CRC32, NULL, (const uint8_t *)data,
                                             length, out, &n, size),
                     LZMA_OK);
    return n;
}

static const struct packer {
    const char *name;
    size_t (*pack)(unsigned char *out, size_t size, const char *data, size_t length);
} packers[] = {{"gzip", pack_gzip}, {"zstd", pack_zstd}, {"xz", pack_xz}};

static cpl_status read_whole(const char *path, struct cpl_buffer *content,
                             struct cpl_error *error)
{
    struct cpl_byte_stream stream;
    char block[7001];
    size_t length = 0;
    cpl_status status = cpl_byte_stream_open(&stream, path, error);
    while (status == CPL_OK) {
        status = cpl_byte_stream_read(&stream, block, sizeof block, &length, error);
        if (status != CPL_OK || length == 0)
            break;
        cpl_buffer_add(content, block, length);
    }
    cpl_byte_stream_close(&stream);
    return status;
}

static void assert_text(const char *path)
{
    struct cpl_buffer content = {0};
    CHECK(read_whole(path, &content, error));
    assert_int_equal(content.length, TEXT_BYTES);
    assert_memory_equal(content.data, text, TEXT_BYTES);
    cpl_buffer_clear(&content);
}

static void test_equal(void **state)
{
    (void)state;
    static unsigned char packed[TEXT_BYTES * 2];
    assert_text(write_bytes("plain", text, TEXT_BYTES));
    for (size_t i = 0; i < sizeof packers / sizeof *packers; i++) {
        size_t n = packers[i].pack(packed, sizeof packed, text, TEXT_BYTES);
        assert_text(write_bytes("one", packed, n));
        n = packers[i].pack(packed, sizeof packed, text, 1000);
        n += packers[i].pack(packed + n, sizeof packed - n, text + 1000, TEXT_BYTES - 1000);
        assert_text(write_bytes("two frames", packed, n));
    }
}

static void test_empty(void **state)
{
    (void)state;
    unsigned char packed[200];
    struct cpl_buffer content = {0};
    CHECK(read_whole(write_bytes("empty", "", 0), &content, error));
    for (size_t i = 0; i < sizeof packers / sizeof *packers; i++) {
        size_t n = packers[i].pack(packed, sizeof packed, "", 0);
        CHECK(read_whole(write_bytes("empty", packed, n), &content, error));
    }
    assert_int_equal(content.length, 0);
    cpl_buffer_clear(&content);
}

/* Every beginning of a packed file is an error that says so, never a short text. */
static void test_cut_off(void **state)
{
    (void)state;
    unsigned char packed[2000];
    for (size_t i = 0; i < sizeof packers / sizeof *packers; i++) {
        size_t n = packers[i].pack(packed, sizeof packed, text, 600);
        for (size_t cut = 6; cut < n; cut += 1 + cut % 7) {
            struct cpl_buffer content = {0};
            const char *path = write_bytes("cut", packed, cut);
            CHECK_FAILS(CPL_ERROR_INPUT, "cut", read_whole(path, &content, error));
            cpl_buffer_clear(&content);
        }
    }
}

/* Flipped bytes give an error or some bytes, never a crash. */
static void test_damaged(void **state)
{
    (void)state;
    unsigned char packed[2000];
    uint64_t index = 1u << 22;
    int failed = 0;
    for (size_t i = 0; i < sizeof packers / sizeof *packers; i++)
        for (int round = 0; round < 150; round++) {
            size_t n = packers[i].pack(packed, sizeof packed, text, 600);
            struct cpl_buffer content = {0};
            packed[6 + draw(&index, (uint32_t)n - 6)] ^= (unsigned char)(1 + draw(&index, 255));
            failed += read_whole(write_bytes("bad", packed, n), &content, NULL) != CPL_OK;
            cpl_buffer_clear(&content);
        }
    assert_true(failed > 200);
}

static void test_not_there(void **state)
{
    (void)state;
    struct cpl_buffer content = {0};
    CHECK_FAILS(CPL_ERROR_SYSTEM, "none: cannot read",
                read_whole(in_scratch("none"), &content, error));
    CHECK_FAILS(CPL_ERROR_SYSTEM, "is a directory", read_whole(scratch, &content, error));
}

/* Lines of all lengths, with a limit that parts long ones. */
static void test_lines(void **state)
{
    (void)state;
    struct cpl_reading reading = {0};
    const char *line = NULL;
    size_t length = 0, n_lines = 0, n_pieces = 0, longest = 0;
    struct cpl_buffer all = {0};
    CHECK(cpl_reading_open(&reading, write_bytes("lines", text, TEXT_BYTES), error));
    for (;;) {
        CHECK(cpl_reading_line(&reading, &line, &length, 100, error));
        if (!line)
            break;
        n_pieces++;
        n_lines += !reading.line_goes_on;
        longest = length > longest ? length : longest;
        cpl_buffer_add(&all, line, length);
        cpl_buffer_add(&all, "\n", !reading.line_goes_on);
    }
    size_t feeds = 0;
    for (size_t i = 0; i < TEXT_BYTES; i++)
        feeds += text[i] == '\n';
    assert_int_equal(n_lines, feeds);
    assert_int_equal(longest, 100);
    assert_true(n_pieces > n_lines);
    assert_int_equal(all.length, TEXT_BYTES);
    assert_memory_equal(all.data, text, TEXT_BYTES);
    cpl_buffer_clear(&all);
    cpl_reading_close(&reading);
}

static int make_text(void **state)
{
    uint64_t index = 0;
    for (size_t i = 0; i < TEXT_BYTES; i++)
        text[i] = draw(&index, 60) == 0 ? '\n' : (char)('a' + draw(&index, 5));
    text[TEXT_BYTES - 1] = '\n';
    return make_scratch(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal),     cmocka_unit_test(test_empty),
        cmocka_unit_test(test_cut_off),   cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_not_there), cmocka_unit_test(test_lines),
    };
    return cmocka_run_group_tests(tests, make_text, remove_scratch);
}
