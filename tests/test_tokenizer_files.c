/* labels: sanitize fast */
/* Tokenizer files: written and read again, vocab.txt, and every way in which they can be wrong. */
#include "tokenizer_fixture.h"

#include "base/memory.h"

#define MODEL_HEAD                                                                             \
    "{\"version\":\"1.0\",\"normalizer\":{\"type\":\"BertNormalizer\",\"lowercase\":true},"    \
    "\"pre_tokenizer\":{\"type\":\"BertPreTokenizer\"},"

static const char *write_json(const char *text) { return write_text("tokenizer.json", text); }

static struct cpl_tokenizer *load(const char *path)
{
    struct cpl_tokenizer *tokenizer = NULL;
    CHECK(cpl_tokenizer_load(&tokenizer, path, error));
    return tokenizer;
}

static void assert_encodes(const struct cpl_tokenizer *tokenizer, const char *text,
                           const char *expected)
{
    struct cpl_encoding encoding = {0};
    char found[1000] = "";
    size_t n = 0;
    CHECK(cpl_tokenizer_encode_special(tokenizer, &encoding, text, strlen(text), error));
    for (size_t i = 0; i < encoding.count; i++)
        n += (size_t)snprintf(found + n, sizeof found - n, "%s%s", i ? " " : "",
                              cpl_tokenizer_piece(tokenizer, encoding.id[i]));
    assert_string_equal(found, expected);
    cpl_encoding_clear(&encoding);
}

static void test_saved_and_loaded(void **state)
{
    (void)state;
    struct cpl_tokenizer *one = learn(verse, VERSES, 200, 1);
    CHECK(cpl_tokenizer_save(one, in_scratch("saved/deep"), error));
    struct cpl_tokenizer *two = load(in_scratch("saved/deep"));
    assert_true(cpl_tokenizer_hash(one) == cpl_tokenizer_hash(two));
    assert_int_equal(cpl_tokenizer_size(one), cpl_tokenizer_size(two));
    struct cpl_special_ids special = cpl_tokenizer_special(two);
    assert_int_equal(special.pad, 0);
    assert_int_equal(special.unknown, 1);
    assert_int_equal(special.cls, 2);
    assert_int_equal(special.sep, 3);
    assert_int_equal(special.mask, 4);
    assert_int_equal(special.bos, -1);
    assert_int_equal(special.newline, cpl_tokenizer_size(two) - 1);
    assert_encodes(two, "霜。\n\n[MASK]月", "[CLS] 霜 。 \n \n [MASK] 月 [SEP]");
    /* the directory's vocab.txt and tokenizer_config.json say the same as its tokenizer.json */
    assert_int_equal(remove(in_scratch("saved/deep/tokenizer.json")), 0);
    struct cpl_tokenizer *three = load(in_scratch("saved/deep"));
    assert_true(cpl_tokenizer_hash(one) == cpl_tokenizer_hash(three));
    assert_encodes(three, "霜。\n\n[MASK]月", "[CLS] 霜 。 \n \n [MASK] 月 [SEP]");
    cpl_tokenizer_free(one);
    cpl_tokenizer_free(two);
    cpl_tokenizer_free(three);
}

static void test_vocabulary_file(void **state)
{
    (void)state;
    const char *path = write_text(
        "vocab.txt",
        "[PAD]\r\n[UNK]\n[CLS]\n[SEP]\r[MASK]\n我\nplay\n##ing\nPlay\ne\né\n我\n<m>");
    struct cpl_tokenizer *tokenizer = load(path);
    assert_int_equal(cpl_tokenizer_size(tokenizer), 13);
    assert_int_equal(cpl_tokenizer_id(tokenizer, "我"), 11); /* the later of two equal lines */
    assert_encodes(tokenizer, "Playing é我 ÉE", "[CLS] Play ##ing é 我 [UNK] [SEP]");
    assert_true(cpl_tokenizer_is_special(tokenizer, 4));
    assert_false(cpl_tokenizer_is_special(tokenizer, 5));
    assert_true(cpl_tokenizer_continues(tokenizer, 7));
    assert_int_equal(cpl_tokenizer_special(tokenizer).newline, -1);
    cpl_tokenizer_free(tokenizer);
    write_text("tokenizer_config.json",
               "{\"do_lower_case\": true, \"mask_token\": {\"content\": \"<m>\"}, "
               "\"model_max_length\": 1000000000000000019884624838656}");
    tokenizer = load(in_scratch(""));
    assert_encodes(tokenizer, "Playing é<m>", "[CLS] play ##ing e <m> [SEP]");
    assert_int_equal(cpl_tokenizer_special(tokenizer).mask, 12);
    cpl_tokenizer_free(tokenizer);
    assert_int_equal(remove(in_scratch("tokenizer_config.json")), 0);
    assert_int_equal(remove(in_scratch("vocab.txt")), 0);
}

static void fails(const char *words, const char *json)
{
    struct cpl_tokenizer *tokenizer = NULL;
    CHECK_FAILS(CPL_ERROR_INPUT, words,
                cpl_tokenizer_load(&tokenizer, write_json(json), error));
    CHECK_FAILS(CPL_ERROR_INPUT, "tokenizer.json",
                cpl_tokenizer_load(&tokenizer, in_scratch("tokenizer.json"), error));
    assert_null(tokenizer);
}

static void test_bad_json(void **state)
{
    (void)state;
    fails("not valid JSON", "");
    fails("line 1, column", "{\"version\":");
    fails("there is no \"model\"", "{\"hello\": 1}");
    fails("no JSON object", "[]");
    fails("type \"Cuneiform\" cannot be read; known are: WordPiece",
          "{\"model\":{\"type\":\"Cuneiform\"}}");
    fails("version \"2.0\"", "{\"version\":\"2.0\",\"model\":{\"type\":\"WordPiece\"}}");
    fails("normalizer of type \"Rot13\"; known are: BertNormalizer",
          "{\"normalizer\":{\"type\":\"Rot13\"},\"model\":{\"type\":\"WordPiece\"}}");
    fails("normalizer has no \"type\"",
          "{\"normalizer\":{},\"model\":{\"type\":\"WordPiece\"}}");
    fails("a Sequence without its list", "{\"pre_tokenizer\":{\"type\":\"Sequence\"},"
                                         "\"model\":{\"type\":\"WordPiece\"}}");
    fails("model.vocab is not", MODEL_HEAD "\"model\":{\"type\":\"WordPiece\"}}");
    fails("model.vocab is not", MODEL_HEAD "\"model\":{\"type\":\"WordPiece\",\"vocab\":{}}}");
    fails("no \"[UNK]\"", MODEL_HEAD "\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"a\":0}}}");
    fails("id of \"a\" is not a number in 0..",
          MODEL_HEAD "\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"[UNK]\":0,\"a\":-1}}}");
    fails("id of \"a\" is not a number in 0..", MODEL_HEAD
          "\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"[UNK]\":0,\"a\":2000000000}}}");
    fails("both have id 0",
          MODEL_HEAD "\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"[UNK]\":0,\"a\":0}}}");
    fails("duplicate",
          MODEL_HEAD "\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"a\":0,\"a\":1}}}");
    fails("max_input_chars_per_word",
          MODEL_HEAD "\"model\":{\"type\":\"WordPiece\",\"max_input_chars_per_word\":0,"
                     "\"vocab\":{\"[UNK]\":0}}}");
    fails("lacks its id", MODEL_HEAD "\"added_tokens\":[{\"content\":\"x\"}],\"model\":{"
                                     "\"type\":\"WordPiece\",\"vocab\":{\"[UNK]\":0}}}");
    fails("which is that of \"b\"", MODEL_HEAD
          "\"added_tokens\":[{\"id\":0,\"content\":\"x\"}],\"model\":{\"type\":\"WordPiece\","
          "\"vocab\":{\"[UNK]\":0,\"b\":2}}}");
    fails("\"id\" is 5000000000",
          MODEL_HEAD "\"added_tokens\":[{\"id\":5000000000,\"content\":\"x\"}],"
                     "\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"[UNK]\":0}}}");
    fails("post_processor of type \"Origami\"", MODEL_HEAD
          "\"post_processor\":{\"type\":\"Origami\"},\"model\":{\"type\":\"WordPiece\","
          "\"vocab\":{\"[UNK]\":0}}}");
    fails(
        "id 5 is not in 0..0", MODEL_HEAD
        "\"post_processor\":{\"type\":\"BertProcessing\",\"sep\":[\"a\",5],\"cls\":[\"b\",0]},"
        "\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"[UNK]\":0}}}");
    fails("more than 16 parts", MODEL_HEAD
          "\"post_processor\":{\"type\":\"TemplateProcessing\",\"pair\":[],\"special_tokens\":"
          "{\"c\":{\"ids\":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]}},\"single\":[{\"SpecialToken\":"
          "{\"id\":\"c\",\"type_id\":0}}]},\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"[UNK]"
          "\":0}}}");
    assert_int_equal(remove(in_scratch("tokenizer.json")), 0);
}

static void test_bad_vocabulary(void **state)
{
    (void)state;
    struct cpl_tokenizer *tokenizer = NULL;
    CHECK_FAILS(CPL_ERROR_INPUT, "vocabulary is empty",
                cpl_tokenizer_load(&tokenizer, write_text("v.txt", ""), error));
    CHECK_FAILS(CPL_ERROR_INPUT, "v.txt:3: not UTF-8",
                cpl_tokenizer_load(&tokenizer, write_text("v.txt", "[UNK]\na\n\xFF\n"), error));
    CHECK_FAILS(CPL_ERROR_INPUT, "v.txt:2: a NUL byte",
                cpl_tokenizer_load(&tokenizer, write_bytes("v.txt", "[UNK]\n\0\n", 8), error));
    CHECK_FAILS(CPL_ERROR_INPUT, "no \"[UNK]\"",
                cpl_tokenizer_load(&tokenizer, write_text("v.txt", "a\nb\n"), error));
    CHECK_FAILS(CPL_ERROR_SYSTEM, "none.txt",
                cpl_tokenizer_load(&tokenizer, in_scratch("none.txt"), error));
    CHECK(cpl_directory_make(in_scratch("empty"), error));
    CHECK_FAILS(CPL_ERROR_INPUT, "neither tokenizer.json nor vocab.txt",
                cpl_tokenizer_load(&tokenizer, in_scratch("empty"), error));
    write_text("empty/vocab.txt", "[UNK]\n");
    write_text("empty/tokenizer_config.json", "{\"do_lower_case\": 3}");
    CHECK_FAILS(CPL_ERROR_INPUT, "do_lower_case",
                cpl_tokenizer_load(&tokenizer, in_scratch("empty"), error));
    write_text("empty/tokenizer_config.json", "{\"added_tokens_decoder\": {\"x\": {}}}");
    CHECK_FAILS(CPL_ERROR_INPUT, "added_tokens_decoder",
                cpl_tokenizer_load(&tokenizer, in_scratch("empty"), error));
    assert_null(tokenizer);
}

/* A file that was cut off or changed anywhere gives an error or a tokenizer, nothing else. */
static void test_damaged(void **state)
{
    (void)state;
    struct cpl_tokenizer *one = learn(verse, VERSES, 120, 1);
    char *text = NULL;
    size_t size = 0;
    uint64_t index = 0;
    CHECK(cpl_tokenizer_save(one, in_scratch("whole"), error));
    CHECK(cpl_file_read(&text, &size, in_scratch("whole/tokenizer.json"), error));
    int refused = 0;
    for (size_t i = 0; i < 400; i++) {
        struct cpl_tokenizer *tokenizer = NULL;
        struct cpl_error error = {0};
        size_t length = i < 100 ? size * i / 100 : size;
        size_t at = draw(&index, (uint32_t)size);
        char old = text[at];
        if (i >= 100)
            text[at] = "0179{}[],:\"ax#"[draw(&index, 14)];
        const char *path = write_bytes("damaged.json", text, length);
        text[at] = old;
        cpl_status status = cpl_tokenizer_load(&tokenizer, path, &error);
        assert_true(status == CPL_OK ||
                    (status == CPL_ERROR_INPUT && strstr(error.message, path)));
        refused += status != CPL_OK;
        cpl_tokenizer_free(tokenizer);
    }
    assert_true(refused > 150);
    free(text);
    cpl_tokenizer_free(one);
}

static void test_hash(void **state)
{
    (void)state;
    static const char *const files[] = {"[UNK]\na\nb\n", "[UNK]\nb\na\n", "[UNK]\na\nb\nc\n",
                                        "[UNK]\nab\n\n", "[UNK]\na\n\nb\n"};
    uint64_t hashes[6];
    for (size_t i = 0; i < 6; i++) {
        write_text("h/vocab.txt", files[i < 5 ? i : 0]);
        if (i == 5)
            write_text("h/tokenizer_config.json", "{\"do_lower_case\": true}");
        struct cpl_tokenizer *tokenizer = load(in_scratch("h"));
        hashes[i] = cpl_tokenizer_hash(tokenizer);
        cpl_tokenizer_free(tokenizer);
        for (size_t k = 0; k < i; k++)
            assert_true(hashes[k] != hashes[i]);
    }
}

/* Whichever allocation fails, loading and learning end with an error and leave nothing behind. */
static void test_out_of_memory(void **state)
{
    (void)state;
    struct cpl_tokenizer_training options = {.vocab_size = 60, .min_frequency = 1};
    struct cpl_tokenizer *tokenizer = learn(verse, VERSES, 60, 1);
    CHECK(cpl_tokenizer_save(tokenizer, in_scratch("small"), error));
    cpl_tokenizer_free(tokenizer);
    cpl_status status = CPL_ERROR_SYSTEM;
    size_t n = 0;
    for (tokenizer = NULL; status != CPL_OK; n++) {
        cpl_memory_fail_at(n + 1);
        status = cpl_tokenizer_load(&tokenizer, in_scratch("small"), NULL);
        cpl_memory_fail_at(0);
        assert_true(status == CPL_OK || (status == CPL_ERROR_SYSTEM && !tokenizer));
    }
    assert_true(n > 20);
    cpl_tokenizer_free(tokenizer);
    status = CPL_ERROR_SYSTEM;
    for (tokenizer = NULL, n = 0; status != CPL_OK; n++) {
        struct cpl_tokenizer_trainer *trainer = NULL;
        cpl_memory_fail_at(n + 1);
        status = cpl_tokenizer_trainer_new(&trainer, &options, NULL);
        if (status == CPL_OK)
            status = cpl_tokenizer_trainer_add(trainer, verse[2], strlen(verse[2]), NULL);
        if (status == CPL_OK)
            status = cpl_tokenizer_trainer_finish(trainer, &tokenizer, NULL);
        cpl_memory_fail_at(0);
        assert_true(status == CPL_OK || (status == CPL_ERROR_SYSTEM && !tokenizer));
        cpl_tokenizer_trainer_free(trainer);
    }
    assert_true(n > 40);
    cpl_tokenizer_free(tokenizer);
}

static int make_folders(void **state)
{
    return make_scratch(state) || cpl_directory_make(in_scratch("h"), NULL) != CPL_OK;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vocabulary_file), cmocka_unit_test(test_saved_and_loaded),
        cmocka_unit_test(test_bad_json),        cmocka_unit_test(test_bad_vocabulary),
        cmocka_unit_test(test_damaged),         cmocka_unit_test(test_hash),
        cmocka_unit_test(test_out_of_memory),
    };
    return cmocka_run_group_tests(tests, make_folders, remove_scratch);
}
