/* labels: sanitize fast */
/* What is saved: the same bytes when saved again, what the configuration said, and the class that makes
 * transformers take tokenizer.json as it is. */
#include "tokenizer_fixture.h"

#include "base/json_file.h"
#include "tokenizer/tokenizer_model.h"

#define BERT_FILE                                                                              \
    "{\"version\":\"1.0\",\"truncation\":{\"max_length\":7},\"normalizer\":{\"type\":"         \
    "\"BertNormalizer\",\"clean_text\":%s,\"lowercase\":true},\"pre_tokenizer\":{\"type\":"    \
    "\"BertPreTokenizer\"},\"post_processor\":{\"type\":\"BertProcessing\",\"sep\":[\"[SEP]\"" \
    ",3],\"cls\":[\"[CLS]\",2]},\"decoder\":{\"type\":\"WordPiece\",\"prefix\":\"##\","        \
    "\"cleanup\":true},\"model\":{\"type\":\"WordPiece\",\"unk_token\":\"[UNK]\",\"vocab\":{"  \
    "\"[PAD]\":0,\"[UNK]\":1,\"[CLS]\":2,\"[SEP]\":3,\"[MASK]\":4,\"a\":5,\"##b\":6,"          \
    "\"<tool>\":7}}}"
#define BERT_ROLES                                                                             \
    "\"pad_token\":\"[PAD]\",\"unk_token\":\"[UNK]\",\"cls_token\":\"[CLS]\",\"sep_token\":"   \
    "\"[SEP]\",\"mask_token\":{\"content\":\"[MASK]\",\"lstrip\":true}"
#define BYTE_LEVEL_FILE                                                                        \
    "{\"version\":\"1.0\",\"added_tokens\":[{\"id\":6,\"content\":\"<end>\",\"special\":true}" \
    "],\"pre_tokenizer\":{\"type\":\"ByteLevel\",\"add_prefix_space\":false},\"decoder\":{"    \
    "\"type\":\"ByteLevel\"},\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0,\"b\":1,\"ab\":2," \
    "\"Ġ\":3,\"Ġa\":4,\"Ġab\":5},\"merges\":[[\"a\",\"b\"],[\"Ġ\",\"a\"],[\"Ġa\",\"b\"]]}}"

static void make_folder(const char *name, const char *file, const char *config)
{
    char path[60];
    CHECK(cpl_directory_make(in_scratch(name), error));
    snprintf(path, sizeof path, "%s/tokenizer.json", name);
    write_text(path, file);
    snprintf(path, sizeof path, "%s/tokenizer_config.json", name);
    if (config)
        write_text(path, config);
}

static void save(const char *from, const char *to)
{
    struct cpl_tokenizer *tokenizer = NULL;
    CHECK(cpl_tokenizer_load(&tokenizer, in_scratch(from), error));
    CHECK(cpl_tokenizer_save(tokenizer, in_scratch(to), error));
    cpl_tokenizer_free(tokenizer);
}

static char *read_file(const char *folder, const char *name)
{
    char path[60];
    char *text = NULL;
    size_t size = 0;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (!cpl_file_exists(in_scratch(path)))
        return NULL;
    CHECK(cpl_file_read(&text, &size, in_scratch(path), error));
    return text;
}

static void assert_same_files(const char *one, const char *two)
{
    static const char *const names[] = {"tokenizer.json", "tokenizer_config.json", "vocab.txt",
                                        "vocab.json", "merges.txt"};
    for (size_t i = 0; i < 5; i++) {
        char *first = read_file(one, names[i]), *second = read_file(two, names[i]);
        assert_true(!first == !second);
        if (first)
            assert_string_equal(first, second);
        free(first);
        free(second);
    }
}

static json_t *saved_config(const char *folder)
{
    char path[60];
    json_t *config = NULL;
    snprintf(path, sizeof path, "%s/tokenizer_config.json", folder);
    CHECK(cpl_json_load(&config, in_scratch(path), 0, error));
    return config;
}

static const char *text_of(const json_t *config, const char *key)
{
    return json_string_value(json_object_get(config, key));
}

static void test_bert(void **state)
{
    (void)state;
    char file[2000];
    snprintf(file, sizeof file, BERT_FILE, "true");
    make_folder("bert", file,
                "{" BERT_ROLES
                ",\"tokenizer_class\":\"OtherTokenizer\",\"do_lower_case\":false,"
                "\"model_max_length\":512,\"auto_map\":{\"AutoTokenizer\":[\"x.Y\",null]},"
                "\"bos_token\":\"<none>\",\"extra_special_tokens\":[\"<tool>\",\"<none>\"],"
                "\"chat_template\":\"old\",\"share\":0.5}");
    write_text("bert/chat_template.jinja", "{{ new }}");
    save("bert", "bert-1");
    save("bert-1", "bert-2");
    assert_same_files("bert-1", "bert-2");
    json_t *config = saved_config("bert-1");
    assert_string_equal(text_of(config, "tokenizer_class"), "BertTokenizer");
    assert_string_equal(text_of(config, "mask_token"), "[MASK]");
    assert_string_equal(text_of(config, "chat_template"), "{{ new }}");
    assert_true(json_is_true(json_object_get(config, "do_lower_case")));
    assert_int_equal(json_integer_value(json_object_get(config, "model_max_length")), 512);
    assert_true(json_real_value(json_object_get(config, "share")) == 0.5);
    assert_null(json_object_get(config, "auto_map"));
    assert_null(json_object_get(config, "bos_token"));
    assert_int_equal(json_array_size(json_object_get(config, "extra_special_tokens")), 1);
    const json_t *mask = json_object_get(json_object_get(config, "added_tokens_decoder"), "4");
    assert_true(json_is_true(json_object_get(mask, "lstrip")));
    json_decref(config);
    char *saved = read_file("bert-1", "tokenizer.json");
    assert_non_null(strstr(saved, "\"max_length\": 7"));
    free(saved);
}

/* What BertTokenizer would not build needs the class that builds nothing. */
static void test_not_quite_bert(void **state)
{
    (void)state;
    char file[2000];
    snprintf(file, sizeof file, BERT_FILE, "false");
    make_folder("dirty", file, "{" BERT_ROLES "}");
    save("dirty", "dirty-1");
    json_t *config = saved_config("dirty-1");
    assert_string_equal(text_of(config, "tokenizer_class"), "PreTrainedTokenizerFast");
    assert_int_equal(json_array_size(json_object_get(config, "model_input_names")), 3);
    json_decref(config);
    snprintf(file, sizeof file, BERT_FILE, "true");
    make_folder("roles", file, "{\"unk_token\":\"[UNK]\",\"cls_token\":\"[CLS]\"}");
    save("roles", "roles-1");
    config = saved_config("roles-1");
    assert_string_equal(text_of(config, "tokenizer_class"), "PreTrainedTokenizerFast");
    assert_null(json_object_get(config, "mask_token"));
    json_decref(config);
}

static void test_byte_level(void **state)
{
    (void)state;
    make_folder("bytes", BYTE_LEVEL_FILE, NULL);
    save("bytes", "bytes-1");
    save("bytes-1", "bytes-2");
    assert_same_files("bytes-1", "bytes-2");
    char *merges = read_file("bytes-1", "merges.txt");
    assert_string_equal(merges, "#version: 0.2\na b\nĠ a\nĠa b\n");
    free(merges);
    char *vocabulary = read_file("bytes-1", "vocab.json");
    assert_non_null(strstr(vocabulary, "\"Ġab\": 5"));
    free(vocabulary);
    json_t *config = saved_config("bytes-1");
    assert_string_equal(text_of(config, "tokenizer_class"), "PreTrainedTokenizerFast");
    assert_null(json_object_get(config, "model_input_names"));
    json_decref(config);
}

/* Roles that only special_tokens_map.json tells. */
static void test_special_map(void **state)
{
    (void)state;
    make_folder("map", BYTE_LEVEL_FILE, "{\"model_max_length\":1e30}");
    write_text("map/special_tokens_map.json", "{\"eos_token\":{\"content\":\"<end>\"}}");
    save("map", "map-1");
    json_t *config = saved_config("map-1");
    assert_string_equal(text_of(config, "eos_token"), "<end>");
    assert_true(json_real_value(json_object_get(config, "model_max_length")) == 1e30);
    json_decref(config);
    struct cpl_tokenizer *tokenizer = NULL;
    write_text("map/special_tokens_map.json", "[]");
    CHECK_FAILS(CPL_ERROR_INPUT, "special_tokens_map.json: no JSON object",
                cpl_tokenizer_load(&tokenizer, in_scratch("map"), error));
    write_text("map/tokenizer_config.json", "3");
    CHECK_FAILS(CPL_ERROR_INPUT, "tokenizer_config.json",
                cpl_tokenizer_load(&tokenizer, in_scratch("map"), error));
}

static void test_described(void **state)
{
    (void)state;
    struct cpl_tokenizer *one = NULL, *two = NULL;
    struct cpl_vocabulary_overlap overlap;
    char file[2000], *text = NULL;
    json_t *report = NULL;
    snprintf(file, sizeof file, BERT_FILE, "true");
    make_folder("one", file, NULL);
    make_folder("two", BYTE_LEVEL_FILE, NULL);
    CHECK(cpl_tokenizer_load(&one, in_scratch("one"), error));
    CHECK(cpl_tokenizer_load(&two, in_scratch("two"), error));
    CHECK(cpl_tokenizer_overlap(one, two, &overlap, error));
    assert_int_equal(overlap.shared, 2);      /* a, b */
    assert_int_equal(overlap.only_first, 6);  /* special ones and <tool> */
    assert_int_equal(overlap.only_second, 3); /* ab, a space, <end> */
    CHECK(cpl_tokenizer_describe(two, &text, error));
    CHECK(cpl_json_parse(&report, text, strlen(text), "report", 0, error));
    assert_string_equal(text_of(report, "kind"), "BPE");
    assert_int_equal(json_integer_value(json_object_get(report, "vocab_size")), 7);
    assert_int_equal(json_integer_value(json_object_get(report, "special_tokens")), 1);
    assert_true(json_is_true(json_object_get(report, "byte_level")));
    json_decref(report);
    free(text);
    cpl_tokenizer_free(one);
    cpl_tokenizer_free(two);
}

#define NUL_TOKENS                                                                             \
    "\"<u>\":0,\"a\":1,\"b\":2,\"\\u0000\":3,\"a\\u0000\":4,\"a\\u0000b\":5,\"\\u0000b\":6"
#define NUL_FILE(pre, model)                                                                   \
    "{\"version\":\"1.0\",\"pre_tokenizer\":" pre ",\"model\":{" model "}}"

static void encode_nul(const char *folder, const int32_t *expected, size_t n)
{
    struct cpl_tokenizer *tokenizer = NULL;
    struct cpl_encoding encoding = {0};
    char *text = NULL;
    size_t length = 0;
    CHECK(cpl_tokenizer_load(&tokenizer, in_scratch(folder), error));
    CHECK(cpl_tokenizer_encode(tokenizer, &encoding, "a\0b", 3, error));
    assert_int_equal(encoding.count, n);
    assert_memory_equal(encoding.id, expected, n * sizeof *expected);
    CHECK(cpl_tokenizer_decode(tokenizer, &text, &length, encoding.id, n, NULL, error));
    assert_int_equal(length, 3);
    assert_memory_equal(text, "a\0b", 3);
    free(text);
    cpl_encoding_clear(&encoding);
    cpl_tokenizer_free(tokenizer);
}

/* Pieces with U+0000, which tokenizers that are learnt from such texts have. */
static void test_nul_in_pieces(void **state)
{
    (void)state;
    static const struct {
        const char *name, *file;
        int32_t id[3];
        size_t n;
    } cases[] = {
        {"nul-words",
         NUL_FILE("null",
                  "\"type\":\"WordLevel\",\"unk_token\":\"<u>\",\"vocab\":{" NUL_TOKENS "}"),
         {5},
         1},
        {"nul-wordpiece",
         NUL_FILE("null",
                  "\"type\":\"WordPiece\",\"unk_token\":\"<u>\",\"vocab\":{" NUL_TOKENS "}"),
         {5},
         1},
        {"nul-bpe",
         NUL_FILE("null", "\"type\":\"BPE\",\"unk_token\":\"<u>\",\"vocab\":{" NUL_TOKENS "},"
                          "\"merges\":[[\"a\",\"\\u0000\"],\"a\\u0000 b\"]"),
         {5},
         1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char saved[40], again[40], lines[60];
        snprintf(saved, sizeof saved, "%s-1", cases[i].name);
        snprintf(again, sizeof again, "%s-2", cases[i].name);
        snprintf(lines, sizeof lines, "%s/vocab.txt", saved);
        make_folder(cases[i].name, cases[i].file, NULL);
        encode_nul(cases[i].name, cases[i].id, cases[i].n);
        save(cases[i].name, saved);
        encode_nul(saved, cases[i].id, cases[i].n);
        assert_false(cpl_file_exists(in_scratch(lines)));
        save(saved, again);
        assert_same_files(saved, again);
    }
}

/* vocab.json holds a NUL as its escape and is read again; merges without one fit their lines. */
static void test_nul_in_vocabulary(void **state)
{
    (void)state;
    make_folder(
        "nul-bytes",
        NUL_FILE(
            "{\"type\":\"ByteLevel\",\"add_prefix_space\":false}",
            "\"type\":\"BPE\",\"vocab\":{\"a\":0,\"\\u0000\":1,\"a\\u0000b\":2},\"merges\":[]"),
        NULL);
    save("nul-bytes", "nul-bytes-1");
    char *text = read_file("nul-bytes-1", "vocab.json");
    assert_non_null(text);
    assert_non_null(strstr(text, "\"a\\u0000b\": 2"));
    free(text);
    json_t *file = NULL;
    char vocabulary[300], merges[300];
    snprintf(vocabulary, sizeof vocabulary, "%s", in_scratch("nul-bytes-1/vocab.json"));
    snprintf(merges, sizeof merges, "%s", in_scratch("nul-bytes-1/merges.txt"));
    CHECK(cpl_merges_read(&file, vocabulary, merges, NULL, "config", error));
    const json_t *vocab = json_object_get(json_object_get(file, "model"), "vocab");
    assert_int_equal(json_integer_value(json_object_getn(vocab, "a\0b", 3)), 2);
    json_decref(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nul_in_pieces), cmocka_unit_test(test_nul_in_vocabulary),
        cmocka_unit_test(test_bert),          cmocka_unit_test(test_not_quite_bert),
        cmocka_unit_test(test_byte_level),    cmocka_unit_test(test_special_map),
        cmocka_unit_test(test_described),
    };
    return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
