/* labels: sanitize fast */
/* safetensors: what the format forbids is refused, what is written reads back, and our bytes
 * are those of the reference writer. */
#include "base/file.h"
#include "format/safetensors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct bytes {
    unsigned char data[4096];
    size_t size;
};

/* A file from a header's text and `data_size` bytes 0, 1, 2 ... behind it. */
static struct bytes make(const char *header, size_t data_size)
{
    struct bytes out = {.size = 8 + strlen(header) + data_size};
    assert_true(out.size <= sizeof out.data);
    for (int i = 0; i < 8; i++)
        out.data[i] = (unsigned char)((uint64_t)strlen(header) >> 8 * i);
    memcpy(out.data + 8, header, strlen(header));
    for (size_t i = 0; i < data_size; i++)
        out.data[8 + strlen(header) + i] = (unsigned char)i;
    return out;
}

static cpl_status parse(const struct bytes *bytes, struct cpl_error *error)
{
    struct cpl_safetensors file;
    cpl_status status =
        cpl_safetensors_parse(&file, bytes->data, bytes->size, "a.safetensors", error);
    cpl_safetensors_close(&file);
    return status;
}

#define A_0_8 "\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}"

static void test_legal(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        size_t data;
    } cases[] = {
        {"{}", 0},
        {"{}     ", 0},
        {"{" A_0_8 "}", 8},
        {"{\"__metadata__\":{\"format\":\"pt\"}," A_0_8 "}", 8},
        {"{\"s\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[0,8]}}", 8},
        {"{\"e\":{\"dtype\":\"F16\",\"shape\":[0,5],\"data_offsets\":[0,0]}}", 0},
        {"{\"b\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[8,11]}," A_0_8 "}", 11},
        {"{\"f\":{\"dtype\":\"F4\",\"shape\":[6],\"data_offsets\":[0,3]}}", 3},
        {"{\"对联\":{\"dtype\":\"BF16\",\"shape\":[1,1],\"data_offsets\":[0,2]}}", 2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bytes bytes = make(cases[i].header, cases[i].data);
        struct cpl_error error = {0};
        assert_int_equal(parse(&bytes, &error), CPL_OK);
    }
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        size_t data;
        const char *message; /* a part of it */
    } cases[] = {
        {"", 0, "begin with {"},
        {" {}", 0, "begin with {"},
        {"[]", 0, "begin with {"},
        {"{", 0, "JSON"},
        {"{}x", 0, "JSON"},
        {"{\"\xff\":1}", 0, "JSON"},
        {"{" A_0_8 "," A_0_8 "}", 8, "duplicate"},
        {"{" A_0_8 "}", 9, "speaks of 8"},
        {"{" A_0_8 "}", 7, "ends at byte 8"},
        {"{\"a\":1}", 0, "not an object"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}", 8, "not an object of"},
        {"{\"a\":{\"dtype\":\"F33\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8, "dtype"},
        {"{\"a\":{\"dtype\":7,\"shape\":[2],\"data_offsets\":[0,8]}}", 8, "dtype"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2.0],\"data_offsets\":[0,8]}}", 8,
         "dimension 0"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[-2],\"data_offsets\":[0,8]}}", 8, "dimension 0"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":2,\"data_offsets\":[0,8]}}", 8, "shape"},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[1,1,1,1,1,1,1,1,1],\"data_offsets\":[0,1]}}", 1,
         "shape"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}}", 8, "needs 12"},
        {"{\"a\":{\"dtype\":\"F4\",\"shape\":[3],\"data_offsets\":[0,1]}}", 1, "impossible"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[281474976710655,281474976710655],"
         "\"data_offsets\":[0,8]}}",
         8, "impossible"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[99999999999999999999],\"data_offsets\":[0,8]}}",
         8, "JSON"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8,9]}}", 8,
         "data_offsets"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}}", 8, "data_offsets"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}", 12, "expected 0"},
        {"{\"b\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[9,12]}," A_0_8 "}", 12,
         "expected 8"},
        {"{\"b\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[7,10]}," A_0_8 "}", 10,
         "expected 8"},
        {"{\"__metadata__\":[]}", 0, "__metadata__"},
        {"{\"__metadata__\":{\"format\":1}}", 0, "format"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct bytes bytes = make(cases[i].header, cases[i].data);
        struct cpl_error error = {0};
        assert_int_equal(parse(&bytes, &error), CPL_ERROR_INPUT);
        assert_non_null(strstr(error.message, "a.safetensors"));
        if (!strstr(error.message, cases[i].message))
            fail_msg("case %zu: \"%s\" does not say \"%s\"", i, error.message,
                     cases[i].message);
    }
}

static void test_huge_header(void **state)
{
    (void)state;
    struct bytes bytes = make("{}", 0);
    memset(bytes.data, 0xff, 8);
    assert_int_equal(parse(&bytes, NULL), CPL_ERROR_INPUT);
    bytes = make("{}", 0);
    bytes.data[0] = 3;
    assert_int_equal(parse(&bytes, NULL), CPL_ERROR_INPUT);
}

/* A file cut anywhere is refused; flipping any bit crashes nothing and is refused or read
 * whole. */
static void test_every_prefix_and_flip(void **state)
{
    (void)state;
    struct bytes whole = make(
        "{\"b\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[8,11]}," A_0_8 "}  ", 11);
    assert_int_equal(parse(&whole, NULL), CPL_OK);
    for (size_t size = 0; size < whole.size; size++) {
        unsigned char *cut =
            malloc(size + !size); /* exact, so that a sanitizer sees overreads */
        struct cpl_safetensors file;
        assert_non_null(cut);
        memcpy(cut, whole.data, size);
        assert_int_equal(cpl_safetensors_parse(&file, cut, size, "cut", NULL), CPL_ERROR_INPUT);
        free(cut);
    }
    for (size_t bit = 0; bit < 8 * whole.size; bit++) {
        struct bytes flipped = whole;
        flipped.data[bit / 8] ^= (unsigned char)(1u << bit % 8);
        struct cpl_safetensors file;
        if (cpl_safetensors_parse(&file, flipped.data, flipped.size, "flip", NULL) != CPL_OK)
            continue;
        for (size_t i = 0; i < file.count; i++)
            assert_true(file.entry[i].data + file.entry[i].bytes <=
                        flipped.data + flipped.size);
        cpl_safetensors_close(&file);
    }
}

static char directory[] = "/tmp/couplet-safetensors-XXXXXX";

static char *path_of(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return path;
}

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(directory) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    return cpl_path_remove(directory, NULL) == CPL_OK ? 0 : -1;
}

static void test_round_trip(void **state)
{
    (void)state;
    struct cpl_safetensors_writer *writer = NULL;
    struct cpl_safetensors file;
    struct cpl_error error = {0};
    float weights[6] = {1, -2, 3.5f, 0, 1e30f, -0.0f}, read[6];
    uint8_t flags[3] = {7, 8, 9};
    int64_t shape[2] = {2, 3}, three = 3;
    assert_int_equal(cpl_safetensors_writer_new(&writer, path_of("x"), &error), CPL_OK);
    assert_int_equal(
        cpl_safetensors_writer_declare(writer, "flags", CPL_SAFETENSORS_U8, 1, &three, &error),
        CPL_OK);
    assert_int_equal(cpl_safetensors_writer_declare(writer, "a \"weight\"", CPL_SAFETENSORS_F32,
                                                    2, shape, &error),
                     CPL_OK);
    assert_int_equal(cpl_safetensors_writer_write(writer, "flags", flags, 3, &error), CPL_OK);
    assert_int_equal(cpl_safetensors_writer_write(writer, "a \"weight\"", weights, 8, &error),
                     CPL_OK);
    assert_int_equal(
        cpl_safetensors_writer_write(writer, "a \"weight\"", weights + 2, 16, &error), CPL_OK);
    assert_false(cpl_file_exists(path_of("x")));
    assert_int_equal(cpl_safetensors_writer_commit(writer, &error), CPL_OK);

    assert_int_equal(cpl_safetensors_open(&file, path_of("x"), &error), CPL_OK);
    assert_int_equal(file.count, 2);
    const struct cpl_safetensors_entry *entry = cpl_safetensors_find(&file, "a \"weight\"");
    assert_non_null(entry);
    assert_int_equal(entry->rank, 2);
    assert_int_equal(entry->shape[1], 3);
    assert_int_equal(cpl_safetensors_read_f32(entry, read, &error), CPL_OK);
    assert_memory_equal(read, weights, sizeof read);
    assert_int_equal((entry->data - file.part[0].map.data) % 8, 0);
    entry = cpl_safetensors_find(&file, "flags");
    assert_memory_equal(entry->data, flags, 3);
    assert_int_equal(cpl_safetensors_read_f32(entry, read, &error), CPL_ERROR_INPUT);
    assert_null(cpl_safetensors_find(&file, "none"));
    cpl_safetensors_close(&file);
}

static void test_incomplete_is_not_committed(void **state)
{
    (void)state;
    struct cpl_safetensors_writer *writer = NULL;
    int64_t three = 3;
    assert_int_equal(cpl_safetensors_writer_new(&writer, path_of("y"), NULL), CPL_OK);
    assert_int_equal(
        cpl_safetensors_writer_declare(writer, "a", CPL_SAFETENSORS_U8, 1, &three, NULL),
        CPL_OK);
    assert_int_equal(cpl_safetensors_writer_write(writer, "a", "12", 2, NULL), CPL_OK);
    assert_int_equal(cpl_safetensors_writer_write(writer, "a", "34", 2, NULL),
                     CPL_ERROR_INTERNAL);
    assert_int_equal(cpl_safetensors_writer_write(writer, "b", "3", 1, NULL),
                     CPL_ERROR_INTERNAL);
    assert_int_equal(cpl_safetensors_writer_commit(writer, NULL), CPL_ERROR_INTERNAL);
    assert_false(cpl_file_exists(path_of("y")));
    assert_false(cpl_file_exists(path_of("y.partial")));
    assert_int_equal(cpl_safetensors_writer_new(&writer, path_of("y"), NULL), CPL_OK);
    for (int i = 0; i < 2; i++)
        assert_int_equal(
            cpl_safetensors_writer_declare(writer, "a", CPL_SAFETENSORS_U8, 1, &three, NULL),
            CPL_OK);
    assert_int_equal(cpl_safetensors_writer_write(writer, "a", "123", 3, NULL),
                     CPL_ERROR_INTERNAL);
    cpl_safetensors_writer_abandon(writer);
    assert_false(cpl_file_exists(path_of("y.partial")));
}

/* A golden file of the reference writer, read and written again, keeps every byte. */
static void test_same_bytes_as_reference(void **state)
{
    (void)state;
    char golden[512];
    char *before, *after;
    size_t before_size, after_size;
    struct cpl_safetensors file;
    struct cpl_safetensors_writer *writer = NULL;
    snprintf(golden, sizeof golden, "%s/tests/golden/models/bert-gelu/model.safetensors",
             getenv("COUPLET_SOURCE") ? getenv("COUPLET_SOURCE") : ".");
    assert_int_equal(cpl_safetensors_open(&file, golden, NULL), CPL_OK);
    assert_true(file.count > 10);
    assert_int_equal(cpl_safetensors_writer_new(&writer, path_of("again"), NULL), CPL_OK);
    for (size_t i = file.count; i-- > 0;)
        assert_int_equal(cpl_safetensors_writer_declare(writer, file.entry[i].name,
                                                        file.entry[i].dtype, file.entry[i].rank,
                                                        file.entry[i].shape, NULL),
                         CPL_OK);
    for (size_t i = 0; i < file.count; i++)
        assert_int_equal(cpl_safetensors_writer_write(writer, file.entry[i].name,
                                                      file.entry[i].data, file.entry[i].bytes,
                                                      NULL),
                         CPL_OK);
    assert_int_equal(cpl_safetensors_writer_commit(writer, NULL), CPL_OK);
    cpl_safetensors_close(&file);
    assert_int_equal(cpl_file_read(&before, &before_size, golden, NULL), CPL_OK);
    assert_int_equal(cpl_file_read(&after, &after_size, path_of("again"), NULL), CPL_OK);
    assert_int_equal(before_size, after_size);
    assert_memory_equal(before, after, before_size);
    free(before);
    free(after);
}

static void write_part(const char *name, const char *tensor)
{
    char header[200];
    snprintf(header, sizeof header,
             "{\"%s\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,4]}}", tensor);
    struct bytes bytes = make(header, 4);
    assert_int_equal(cpl_file_write(path_of(name), bytes.data, bytes.size, NULL), CPL_OK);
}

static cpl_status open_index(const char *index, struct cpl_safetensors *file,
                             struct cpl_error *error)
{
    *error = (struct cpl_error){0};
    assert_int_equal(
        cpl_file_write(path_of("model.safetensors.index.json"), index, strlen(index), NULL),
        CPL_OK);
    return cpl_safetensors_open_directory(file, directory, error);
}

static void test_sharded(void **state)
{
    (void)state;
    struct cpl_safetensors file;
    struct cpl_error error;
    write_part("one.safetensors", "a");
    write_part("two.safetensors", "b");
    write_part("three.safetensors", "a");
    assert_int_equal(
        open_index("{\"weight_map\":{\"b\":\"two.safetensors\",\"a\":\"one.safetensors\"}}",
                   &file, &error),
        CPL_OK);
    assert_int_equal(file.count, 2);
    float value[2];
    assert_int_equal(cpl_safetensors_read_f32(cpl_safetensors_find(&file, "b"), value, NULL),
                     CPL_OK);
    assert_true(value[0] == 256 * 0x1p-24f); /* 0x0100: a subnormal */
    cpl_safetensors_close(&file);
    static const char *const bad[][2] = {
        {"{\"weight_map\":{\"b\":\"../two.safetensors\"}}", "plain file name"},
        {"{\"weight_map\":{\"b\":5}}", "plain file name"},
        {"{\"weight_map\":{\"c\":\"two.safetensors\"}}", "\"c\" is not in two"},
        {"{\"weight_map\":{\"a\":\"one.safetensors\",\"x\":\"three.safetensors\"}}",
         "two files"},
        {"{}", "weight_map"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(open_index(bad[i][0], &file, &error), CPL_ERROR_INPUT);
        assert_non_null(strstr(error.message, bad[i][1]));
    }
    assert_int_equal(open_index("{\"weight_map\":{\"b\":\"gone.safetensors\"}}", &file, &error),
                     CPL_ERROR_SYSTEM);
    assert_non_null(strstr(error.message, "gone.safetensors"));
}

static void test_half_precision(void **state)
{
    (void)state;
    static const uint16_t half[] = {0x3c00, 0xc000, 0x7bff, 0x0400,
                                    0x0001, 0x8000, 0x7c00, 0xfc00};
    static const float expected[] = {1,        -2,    65504,       0x1p-14f,
                                     0x1p-24f, -0.0f, (float)1e39, (float)-1e39};
    float value[8];
    struct cpl_safetensors_entry entry = {.name = "half",
                                          .dtype = CPL_SAFETENSORS_F16,
                                          .rank = 1,
                                          .shape = {8},
                                          .data = (const unsigned char *)half,
                                          .bytes = sizeof half};
    assert_int_equal(cpl_safetensors_read_f32(&entry, value, NULL), CPL_OK);
    assert_memory_equal(value, expected, sizeof value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_legal),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_huge_header),
        cmocka_unit_test(test_every_prefix_and_flip),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_incomplete_is_not_committed),
        cmocka_unit_test(test_same_bytes_as_reference),
        cmocka_unit_test(test_sharded),
        cmocka_unit_test(test_half_precision),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
