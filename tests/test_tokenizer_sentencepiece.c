/* labels: fast sanitize */
/* SentencePiece models and tokenizer.json of the types Unigram and WordLevel against what the packages
 * sentencepiece and tokenizers gave (tests/golden/sentencepiece), the two ways of encoding against each
 * other, saving, and files that are broken. */
#include "text_fixture.h"

#include "base/memory.h"
#include "text/utf8.h"
#include "tokenizer/sentencepiece.h"
#include "tokenizer/tokenizer_model.h"
#include <couplet/json.h>

static const char *const models[] = {
    "unigram",        "unigram_bytes", "unigram_own", "unigram_suffix",
    "unigram_spaces", "bpe",           "bpe_bytes",   "bpe_own",
    "bpe_unused",     "char",          "word"};
enum { MODELS = sizeof models / sizeof *models };

static const char *golden_path(const char *name, const char *end)
{
    static char path[500];
    const char *source = getenv("COUPLET_SOURCE");
    snprintf(path, sizeof path, "%s/tests/golden/sentencepiece/%s%s", source ? source : ".",
             name, end);
    return path;
}

static struct cpl_tokenizer *load(const char *name, const char *end)
{
    struct cpl_tokenizer *tokenizer = NULL;
    CHECK(cpl_tokenizer_load(&tokenizer, golden_path(name, end), error));
    return tokenizer;
}

/* ---- goldens --------------------------------------------------------------------------------- */

static void assert_tokens(const struct cpl_json_value *row, const char *text, size_t length,
                          const struct cpl_encoding *encoding)
{
    const struct cpl_json_value *ids = cpl_json_value_member(row, "ids");
    const struct cpl_json_value *offsets = cpl_json_value_member(row, "offsets");
    (void)length;
    if (cpl_json_value_count(ids) != encoding->count)
        fail_msg("%zu tokens, expected %zu: %s", encoding->count, cpl_json_value_count(ids),
                 text);
    for (size_t i = 0; i < encoding->count; i++) {
        const struct cpl_json_value *pair = cpl_json_value_at(offsets, i);
        int64_t begin = (int64_t)cpl_utf8_count(text, encoding->span[i].begin);
        int64_t end = (int64_t)cpl_utf8_count(text, encoding->span[i].end);
        if (cpl_json_value_int(cpl_json_value_at(ids, i)) != encoding->id[i] ||
            cpl_json_value_int(cpl_json_value_at(pair, 0)) != begin ||
            cpl_json_value_int(cpl_json_value_at(pair, 1)) != end)
            fail_msg("token %zu is %d at %ld..%ld: %s", i, (int)encoding->id[i], (long)begin,
                     (long)end, text);
    }
}

static void check_row(const struct cpl_tokenizer *tokenizer, const struct cpl_json_value *row)
{
    struct cpl_encoding encoding = {0};
    const struct cpl_decode_options options = {.skip_special = true};
    size_t length = 0, n_decoded = 0, n_expected = 0;
    const char *text = cpl_json_value_text(cpl_json_value_member(row, "text"), &length);
    const struct cpl_json_value *decoded = cpl_json_value_member(row, "decoded");
    char *found = NULL;
    CHECK(cpl_tokenizer_encode(tokenizer, &encoding, text, length, error));
    assert_tokens(row, text, length, &encoding);
    if (decoded) {
        const char *expected = cpl_json_value_text(decoded, &n_expected);
        CHECK(cpl_tokenizer_decode(tokenizer, &found, &n_decoded, encoding.id, encoding.count,
                                   &options, error));
        assert_int_equal(n_decoded, n_expected);
        assert_memory_equal(found, expected, n_expected);
        free(found);
    }
    encoding.count = 0;
    CHECK(cpl_pipeline_encode(tokenizer, &encoding, text, 0, length, true, error));
    assert_tokens(row, text, length, &encoding);
    cpl_encoding_clear(&encoding);
}

static void check_rows(const struct cpl_tokenizer *tokenizer, const char *name)
{
    char *lines = NULL;
    size_t size = 0, rows = 0;
    CHECK(cpl_file_read(&lines, &size, golden_path(name, ".jsonl"), error));
    for (char *line = lines, *end; (end = strchr(line, '\n')); line = end + 1, rows++) {
        struct cpl_json_value *row = NULL;
        CHECK(cpl_json_value_parse(&row, line, (size_t)(end - line), name, error));
        check_row(tokenizer, row);
        cpl_json_value_free(row);
    }
    assert_true(rows >= 90);
    free(lines);
}

static void test_models(void **state)
{
    (void)state;
    for (size_t i = 0; i < MODELS; i++) {
        struct cpl_tokenizer *tokenizer = load(models[i], ".model");
        bool fused = strcmp(models[i], "char") != 0 && strcmp(models[i], "word") != 0 &&
                     strcmp(models[i], "bpe_unused") != 0;
        assert_int_equal(tokenizer->fused != NULL, fused);
        check_rows(tokenizer, models[i]);
        cpl_tokenizer_free(tokenizer);
    }
}

static void test_json(void **state)
{
    static const char *const names[] = {"json_bare", "json_precompiled", "json_metaspace",
                                        "json_bytes", "json_words"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct cpl_tokenizer *tokenizer = load(names[i], "");
        check_rows(tokenizer, names[i]);
        cpl_tokenizer_free(tokenizer);
    }
}

static void test_saved(void **state)
{
    (void)state;
    for (size_t i = 0; i < MODELS; i++) {
        struct cpl_tokenizer *tokenizer = load(models[i], ".model"), *again = NULL;
        const char *folder = in_scratch(models[i]);
        CHECK(cpl_tokenizer_save(tokenizer, folder, error));
        CHECK(cpl_tokenizer_load(&again, folder, error));
        assert_int_equal(cpl_tokenizer_hash(again), cpl_tokenizer_hash(tokenizer));
        assert_int_equal(cpl_tokenizer_special(again).bos,
                         cpl_tokenizer_special(tokenizer).bos);
        assert_int_equal(cpl_tokenizer_special(again).unknown, 0);
        check_rows(again, models[i]);
        cpl_tokenizer_free(again);
        cpl_tokenizer_free(tokenizer);
    }
}

/* With a configuration that names a class, control pieces are found in text as transformers has it. */
static void test_configured(void **state)
{
    struct cpl_tokenizer *tokenizer = NULL;
    struct cpl_encoding encoding = {0};
    char *data = NULL;
    size_t size = 0;
    (void)state;
    CHECK(cpl_directory_make(in_scratch("llama"), error));
    CHECK(cpl_file_read(&data, &size, golden_path("bpe_bytes", ".model"), error));
    write_bytes("llama/tokenizer.model", data, size);
    write_text("llama/tokenizer_config.json",
               "{\"tokenizer_class\": \"LlamaTokenizer\", \"bos_token\": \"<s>\"}");
    CHECK(cpl_tokenizer_load(&tokenizer, in_scratch("llama"), error));
    CHECK(cpl_tokenizer_encode_special(tokenizer, &encoding, "<s>the", 6, error));
    assert_int_equal(encoding.id[0], 1);
    assert_int_equal(encoding.id[1], 1);
    assert_true(encoding.count >= 3);
    cpl_encoding_clear(&encoding);
    cpl_tokenizer_free(tokenizer);
    write_text("llama/tokenizer_config.json", "{\"tokenizer_class\": \"XLMRobertaTokenizer\"}");
    CHECK_FAILS(CPL_ERROR_INPUT, "other ids",
                cpl_tokenizer_load(&tokenizer, in_scratch("llama"), error));
    free(data);
}

/* ---- two ways -------------------------------------------------------------------------------- */

static size_t random_text(uint64_t *index, char *out, size_t size)
{
    static const char *const parts[] = {"the",       "sea",          "moon", "明月", "光", "的",
                                        "的的",      "，",           " ",    " ",    "  ", "▁",
                                        "[M]",       " b",           "a",    "…",    "\t", "é",
                                        "e\xCC\x81", "\xE2\x80\x8B", "猫",   "q",    "\n", "①"};
    size_t n = 0;
    while (n + 8 < size) {
        const char *part = parts[draw(index, sizeof parts / sizeof *parts)];
        uint32_t times = draw(index, 40) == 0 ? draw(index, 3000) : 1;
        for (uint32_t i = 0; i < times && n + 8 < size; i++) {
            memcpy(out + n, part, strlen(part));
            n += strlen(part);
        }
    }
    return n;
}

static void assert_same_ways(const struct cpl_tokenizer *tokenizer, const char *text,
                             size_t length)
{
    struct cpl_encoding one = {0}, other = {0};
    CHECK(cpl_tokenizer_encode(tokenizer, &one, text, length, error));
    CHECK(cpl_pipeline_encode(tokenizer, &other, text, 0, length, true, error));
    assert_int_equal(one.count, other.count);
    assert_memory_equal(one.id, other.id, one.count * sizeof *one.id);
    assert_memory_equal(one.span, other.span, one.count * sizeof *one.span);
    cpl_encoding_clear(&one);
    cpl_encoding_clear(&other);
}

static void test_fused_is_pipeline(void **state)
{
    static const char *const fused[] = {"unigram",        "unigram_bytes",  "unigram_own",
                                        "unigram_suffix", "unigram_spaces", "bpe",
                                        "bpe_bytes",      "bpe_own"};
    static char text[60000];
    uint64_t index = 0;
    (void)state;
    for (size_t i = 0; i < sizeof fused / sizeof *fused; i++) {
        struct cpl_tokenizer *tokenizer = load(fused[i], ".model");
        for (int round = 0; round < 60; round++) {
            size_t size = round < 50 ? 20 + draw(&index, 200) : 10000 + draw(&index, 50000);
            assert_same_ways(tokenizer, text, random_text(&index, text, size));
        }
        cpl_tokenizer_free(tokenizer);
    }
    struct cpl_tokenizer *tokenizer = load("json_metaspace", "");
    assert_string_equal(tokenizer->fused->name, "unigram");
    for (int round = 0; round < 20; round++)
        assert_same_ways(tokenizer, text, random_text(&index, text, sizeof text));
    cpl_tokenizer_free(tokenizer);
}

/* Runs of one kind through many windows. */
static void test_long_runs(void **state)
{
    static const char *const parts[] = {"a", "的", "猫", " ", "▁", "\xE2\x80\x8B", "sing", "é"};
    static char text[200000];
    (void)state;
    for (size_t i = 0; i < MODELS; i++) {
        struct cpl_tokenizer *tokenizer = load(models[i], ".model");
        for (size_t k = 0; k < sizeof parts / sizeof *parts; k++) {
            size_t n = 0, length = strlen(parts[k]);
            for (; n + length <= sizeof text; n += length)
                memcpy(text + n, parts[k], length);
            assert_same_ways(tokenizer, text, n);
        }
        cpl_tokenizer_free(tokenizer);
    }
}

/* ---- memory ---------------------------------------------------------------------------------- */

static cpl_status load_and_encode(const char *path, struct cpl_error *error)
{
    static const char text[] = "the sea 明月光 e\xCC\x81 [M]q猫 ▁ 的的 blue again";
    struct cpl_tokenizer *tokenizer = NULL;
    struct cpl_encoding encoding = {0};
    cpl_status status = cpl_tokenizer_load(&tokenizer, path, error);
    if (status == CPL_OK)
        status = cpl_tokenizer_encode(tokenizer, &encoding, text, sizeof text - 1, error);
    if (status == CPL_OK)
        status =
            cpl_pipeline_encode(tokenizer, &encoding, text, 0, sizeof text - 1, true, error);
    cpl_encoding_clear(&encoding);
    cpl_tokenizer_free(tokenizer);
    return status;
}

static void test_memory_runs_out(void **state)
{
    static const char *const names[][2] = {{"unigram_own", ".model"}, {"bpe_own", ".model"},
                                           {"bpe_unused", ".model"},  {"word", ".model"},
                                           {"json_metaspace", ""},    {"json_words", ""}};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *path = golden_path(names[i][0], names[i][1]);
        size_t n = 1;
        for (cpl_status status = CPL_ERROR_SYSTEM; status != CPL_OK; n++) {
            struct cpl_error error = {0};
            cpl_memory_fail_at(n);
            status = load_and_encode(path, &error);
            cpl_memory_fail_at(0);
            if (status != CPL_OK)
                assert_int_equal(status, CPL_ERROR_SYSTEM);
            assert_true(n < 100000);
        }
        assert_true(n > 20);
    }
}

/* ---- broken files ---------------------------------------------------------------------------- */

/* A broken model is refused as bad input, or is good enough to encode with. */
static void try_bytes(const unsigned char *data, size_t length)
{
    struct cpl_tokenizer *tokenizer = NULL;
    struct cpl_encoding encoding = {0};
    json_t *file = NULL;
    cpl_status status = cpl_sentencepiece_parse(&file, data, length, "test", NULL, NULL);
    if (status == CPL_OK)
        status = cpl_tokenizer_from_json(&tokenizer, file, NULL, "test", NULL);
    assert_true(status == CPL_OK || status == CPL_ERROR_INPUT);
    if (status == CPL_OK)
        CHECK(cpl_tokenizer_encode(tokenizer, &encoding, "the sea 明月光 q", 19, error));
    json_decref(file);
    cpl_encoding_clear(&encoding);
    cpl_tokenizer_free(tokenizer);
}

static void test_broken_models(void **state)
{
    static const char *const names[] = {"unigram", "bpe_own"};
    uint64_t index = 0;
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        char *data = NULL;
        size_t size = 0;
        CHECK(cpl_file_read(&data, &size, golden_path(names[k], ".model"), error));
        for (size_t length = 0; length < size; length += 1 + length / 200)
            try_bytes((const unsigned char *)data, length);
        for (int round = 0; round < 200; round++) {
            size_t at = draw(&index, (uint32_t)size);
            char old = data[at];
            data[at] = (char)draw(&index, 256);
            try_bytes((const unsigned char *)data, size);
            data[at] = old;
        }
        free(data);
    }
}

static void test_messages(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
        const char *words;
    } cases[] = {
        {"", 0, "no pieces"},
        {"\x0A", 1, "ends inside a number"},
        {"\x0A\x05\x0A\x01", 4, "longer than what is left"},
        {"\x0A\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", 11, "longer than what is left"},
        {"\x0A\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02", 11, "more than 64 bits"},
        {"\x08\x01", 2, "wrong kind"},
        {"\x0B", 1, "unknown kind"},
        {"\x02\x00", 2, "without a valid number"},
        {"\x0A\x00", 2, "has no text"},
        {"\x0A\x03\x0A\x01\xFF", 5, "not UTF-8"},
        {"\x0A\x03\x0A\x01\x00", 5, "NUL"},
        {"\x0A\x05\x0A\x01"
         "a\x18\x09",
         7, "unknown type"},
        {"\x0A\x08\x0A\x01"
         "a\x15\x00\x00\xC0\x7F",
         10, "not a finite number"},
        {"\x12\x02\x18\x07", 4, "unknown kind"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *file = NULL;
        CHECK_FAILS(CPL_ERROR_INPUT, cases[i].words,
                    cpl_sentencepiece_parse(&file, (const unsigned char *)cases[i].bytes,
                                            cases[i].length, "test", NULL, error));
    }
}

/* ---- maps of characters ---------------------------------------------------------------------- */

enum { UNITS = 512 };
struct map {
    uint32_t size, unit[UNITS];
    char pool[8];
};

/* "a" becomes "b": the root's children are at 256 ^ byte, the value of 'a' is at 128. */
static struct map small_map(void)
{
    struct map map = {.size = UNITS * 4, .pool = "b"};
    map.unit[0] = 256u << 10; /* children: 256 ^ label */
    map.unit[256 ^ 'a'] = 'a' | 1u << 8 | (256u ^ 'a' ^ 128u) << 10;
    map.unit[128] = 1u << 31;
    return map;
}

static cpl_status open_map(struct cpl_charsmap *charsmap, const struct map *map,
                           struct cpl_error *error)
{
    return cpl_charsmap_init(charsmap, (const unsigned char *)map,
                             offsetof(struct map, pool) + sizeof map->pool, "test", error);
}

static void test_hostile_maps(void **state)
{
    struct cpl_charsmap charsmap;
    struct map map = small_map();
    size_t matched = 0;
    (void)state;
    CHECK(open_map(&charsmap, &map, error));
    assert_string_equal(cpl_charsmap_longest(&charsmap, "ax", 2, &matched), "b");
    assert_int_equal(matched, 1);
    assert_null(cpl_charsmap_shortest(&charsmap, "xa", 2));
    cpl_charsmap_clear(&charsmap);

    map.unit[0] = 512u << 10;
    CHECK_FAILS(CPL_ERROR_INPUT, "out of range", open_map(&charsmap, &map, error));
    map = small_map();
    map.unit[256 ^ 'a'] = 'a' | 0x1FFFFFu << 10;
    CHECK_FAILS(CPL_ERROR_INPUT, "out of range", open_map(&charsmap, &map, error));
    map = small_map();
    map.unit[128] = 1u << 31 | 8;
    CHECK_FAILS(CPL_ERROR_INPUT, "outside of the pool", open_map(&charsmap, &map, error));
    map = small_map();
    map.unit[256 ^ 'a'] = 'a' | (uint32_t)'a' << 10; /* its own child for ever */
    CHECK_FAILS(CPL_ERROR_INPUT, "circles", open_map(&charsmap, &map, error));
    map = small_map();
    map.unit[256 ^ 0xFF] = 0xFF | 1u << 8 | 0xFFu << 10;
    CHECK_FAILS(CPL_ERROR_INPUT, "not UTF-8", open_map(&charsmap, &map, error));
    map = small_map();
    for (uint32_t label = 1; label < 128;
         label++) /* every byte leads everywhere: too many ways */
        map.unit[256 ^ label] = label | label << 10;
    CHECK_FAILS(CPL_ERROR_INPUT, "broken", open_map(&charsmap, &map, error));
    map = small_map();
    map.size = UNITS * 4 + 8;
    CHECK_FAILS(CPL_ERROR_INPUT, "do not fit", open_map(&charsmap, &map, error));
    map.size = UNITS * 4 + 1;
    CHECK_FAILS(CPL_ERROR_INPUT, "do not fit", open_map(&charsmap, &map, error));
}

/* ---- tokenizer.json -------------------------------------------------------------------------- */

static void test_bad_json(void **state)
{
    static const char *const cases[][2] = {
        {"{\"type\": \"Unigram\", \"vocab\": []}", "not a list of pieces"},
        {"{\"type\": \"Unigram\", \"vocab\": {\"a\": 1}}", "not a list of pieces"},
        {"{\"type\": \"Unigram\", \"vocab\": [[\"a\", -1], [\"a\", -2]]}", "is there twice"},
        {"{\"type\": \"Unigram\", \"vocab\": [[\"a\"]]}", "entry 0 is not a piece"},
        {"{\"type\": \"Unigram\", \"vocab\": [[1, 2]]}", "entry 0 is not a piece"},
        {"{\"type\": \"Unigram\", \"vocab\": [[\"a\", 1]], \"unk_id\": 1}", "unk_id"},
        {"{\"type\": \"WordLevel\", \"vocab\": []}", "model.vocab"},
        {"{\"type\": \"SentencePiece\"}", "model.sentencepiece is not an object"},
        {"{\"sentencepiece\": {\"kind\": \"x\"}}", "kind"},
        {"{\"sentencepiece\": {\"kind\": \"bpe\", \"pieces\": []}}", "not a list of pieces"},
        {"{\"sentencepiece\": {\"kind\": \"bpe\", \"pieces\": [[\"a\", 0, 1]]}}",
         "0 pieces of"},
        {"{\"sentencepiece\": {\"kind\": \"bpe\", \"pieces\": [[\"a\", 0, 7]]}}", "piece 0"},
        {"{\"sentencepiece\": {\"kind\": \"bpe\", \"byte_fallback\": true, \"pieces\": "
         "[[\"a\", 0, 2]]}}",
         "<0x00>"},
    };
    struct cpl_tokenizer *tokenizer = NULL;
    struct cpl_encoding encoding = {0};
    char text[600];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(text, sizeof text, "{\"version\": \"1.0\", \"model\": %s}", cases[i][0]);
        write_text("bad.json", text);
        CHECK_FAILS(CPL_ERROR_INPUT, cases[i][1],
                    cpl_tokenizer_load(&tokenizer, in_scratch("bad.json"), error));
    }
    write_text("short.json",
               "{\"model\": {\"type\": \"Unigram\", \"vocab\": [[\"a\", -1.5]]}}");
    CHECK(cpl_tokenizer_load(&tokenizer, in_scratch("short.json"), error));
    CHECK_FAILS(CPL_ERROR_INPUT, "not in the vocabulary",
                cpl_tokenizer_encode(tokenizer, &encoding, "ab", 2, error));
    cpl_encoding_clear(&encoding);
    cpl_tokenizer_free(tokenizer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_models),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_saved),
        cmocka_unit_test(test_configured),
        cmocka_unit_test(test_fused_is_pipeline),
        cmocka_unit_test(test_long_runs),
        cmocka_unit_test(test_memory_runs_out),
        cmocka_unit_test(test_broken_models),
        cmocka_unit_test(test_messages),
        cmocka_unit_test(test_hostile_maps),
        cmocka_unit_test(test_bad_json),
    };
    return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
