/* labels: sanitize fast */
/* From a corpus to shards and to what --show-batches prints. */
#include "batch_fixture.h"

#include <couplet/batch.h>
#include <couplet/corpus.h>
#include <couplet/json.h>
#include <omp.h>
#include <sys/stat.h>

static void build_corpus(const char *name, uint32_t n_documents, const double split[3])
{
    struct cpl_buffer lines = {0};
    uint64_t index = 0;
    for (uint32_t d = 0; d < n_documents; d++) {
        struct cpl_buffer text = {0};
        for (uint32_t i = draw(&index, 9) + 1; i > 0; i--)
            cpl_buffer_format(&text, "%s\n第%u回", verse[draw(&index, VERSES)], (unsigned)d);
        cpl_buffer_add_text(&lines, "{\"text\": ");
        cpl_buffer_add_json_string(&lines, text.data, text.length);
        cpl_buffer_add_text(&lines, "}\n");
        cpl_buffer_clear(&text);
    }
    const char *source = write_bytes("lines.jsonl", lines.data, lines.length);
    struct cpl_corpus_build build = {.sources = &source,
                                     .n_sources = 1,
                                     .dedup = "off",
                                     .split = {split[0], split[1], split[2]}};
    CHECK(cpl_corpus_build(&build, in_scratch(name), error));
    cpl_buffer_clear(&lines);
}

static char *encode(const char *name, int threads)
{
    struct cpl_corpus *corpus = NULL;
    struct cpl_segmenter *segmenter = small_segmenter();
    char *directory = NULL;
    omp_set_num_threads(threads);
    CHECK(cpl_corpus_open(&corpus, in_scratch(name), error));
    CHECK(cpl_corpus_encode(corpus, tokenizer, segmenter, &directory, NULL, NULL, error));
    cpl_segmenter_free(segmenter);
    cpl_corpus_close(corpus);
    return directory;
}

/* ---- shards ---------------------------------------------------------------------------------- */

struct expectation {
    const struct cpl_shard *shard;
    const struct cpl_segmenter *segmenter;
    uint64_t token, characters;
};

static cpl_status check_document(void *context, uint64_t number, const char *text,
                                 size_t length, struct cpl_error *unused)
{
    struct expectation *expected = context;
    struct cpl_encoding encoding = {0};
    uint8_t *flags = NULL;
    int32_t line_break = cpl_tokenizer_special(tokenizer).newline;
    (void)unused;
    CHECK(cpl_tokenizer_encode(tokenizer, &encoding, text, length, error));
    CHECK(cpl_tokenizer_word_flags(tokenizer, expected->segmenter, &flags, &encoding, text,
                                   length, error));
    for (size_t i = 0; i < encoding.count; i++, expected->token++) {
        unsigned found = cpl_shard_flags(expected->shard, expected->token);
        assert_int_equal(cpl_shard_id(expected->shard, expected->token), encoding.id[i]);
        assert_int_equal(found & CPL_TOKEN_CONTINUES, flags[i]);
        const char *piece = cpl_tokenizer_piece(tokenizer, encoding.id[i]);
        bool last = i + 1 == encoding.count; /* of several line breaks the last one ends it */
        bool line_end =
            encoding.id[i] == line_break && (last || encoding.id[i + 1] != line_break);
        if (line_end || last)
            assert_true(found & CPL_TOKEN_ENDS_SENTENCE);
        if (strcmp(piece, "光") == 0 || strcmp(piece, "，") == 0)
            assert_false(found & CPL_TOKEN_ENDS_SENTENCE);
    }
    assert_int_equal(expected->shard->document_ends[number], expected->token);
    expected->characters += cpl_utf8_count(text, length);
    free(flags);
    cpl_encoding_clear(&encoding);
    return CPL_OK;
}

static void test_shards(void **state)
{
    (void)state;
    static const double split[] = {90, 5, 5};
    char path[600];
    build_corpus("corpus", 700, split);
    char *directory = encode("corpus", 2);
    struct cpl_corpus *corpus = NULL;
    CHECK(cpl_corpus_open(&corpus, in_scratch("corpus"), error));
    struct cpl_segmenter *segmenter = small_segmenter();
    for (int i = 0; i < CPL_SPLIT_COUNT; i++) {
        struct cpl_shard one = {0};
        snprintf(path, sizeof path, "%s/%s.shard", directory,
                 cpl_split_name((enum cpl_split)i));
        CHECK(cpl_shard_open(&one, path, error));
        struct expectation expected = {.shard = &one, .segmenter = segmenter};
        CHECK(cpl_corpus_each(corpus, (enum cpl_split)i, check_document, &expected, error));
        assert_int_equal(one.n_tokens, expected.token);
        assert_int_equal(one.n_characters, expected.characters);
        assert_int_equal(one.n_documents,
                         cpl_corpus_counts(corpus, (enum cpl_split)i).documents);
        assert_true(one.tokenizer_hash == cpl_tokenizer_hash(tokenizer));
        assert_true(one.segmenter_hash == cpl_segmenter_hash(segmenter));
        cpl_shard_close(&one);
    }
    cpl_segmenter_free(segmenter);
    cpl_corpus_close(corpus);
    free(directory);
}

static void read_shard(char **data, size_t *size, const char *directory)
{
    char path[600];
    snprintf(path, sizeof path, "%s/train.shard", directory);
    CHECK(cpl_file_read(data, size, path, error));
}

/* The bytes are the same for any number of threads; a whole shard is kept, a damaged one made again. */
static void test_threads_and_reuse(void **state)
{
    (void)state;
    char *first = NULL, *again = NULL, path[600];
    size_t size = 0, size_again = 0;
    char *directory = encode("corpus", 1);
    read_shard(&first, &size, directory);
    snprintf(path, sizeof path, "%s/train.shard", directory);
    struct stat before, behind;
    assert_int_equal(stat(path, &before), 0);
    free(encode("corpus", 3));
    assert_int_equal(stat(path, &behind), 0);
    assert_int_equal(before.st_ino, behind.st_ino); /* not written again */
    for (int threads = 2; threads <= 3; threads++) {
        CHECK(cpl_file_write(path, first, size - 1, error));
        free(encode("corpus", threads));
        read_shard(&again, &size_again, directory);
        assert_int_equal(size, size_again);
        assert_memory_equal(first, again, size);
        free(again);
    }
    free(first);
    free(directory);
}

static bool stop(void *context, uint64_t done)
{
    *(uint64_t *)context = done;
    return false;
}

static void test_stopped(void **state)
{
    (void)state;
    static const double split[] = {1, 0, 0};
    struct cpl_corpus *corpus = NULL;
    struct cpl_segmenter *segmenter = small_segmenter();
    uint64_t done = 0;
    build_corpus("stopped", 300, split);
    CHECK(cpl_corpus_open(&corpus, in_scratch("stopped"), error));
    CHECK_FAILS(CPL_STOPPED, "stopped",
                cpl_corpus_encode(corpus, tokenizer, segmenter, NULL, stop, &done, error));
    assert_true(done > 0 && done < 300);
    char **names = NULL;
    size_t n = 0;
    CHECK(cpl_directory_list(&names, &n, in_scratch("stopped/tokens"), error));
    assert_int_equal(n, 1);
    char path[600];
    snprintf(path, sizeof path, "%s/%s", in_scratch("stopped/tokens"), names[0]);
    cpl_names_free(names, n);
    CHECK(cpl_directory_list(&names, &n, path, error));
    assert_int_equal(n, 0); /* nothing half done stays */
    cpl_names_free(names, n);
    cpl_segmenter_free(segmenter);
    cpl_corpus_close(corpus);
}

/* ---- showing --------------------------------------------------------------------------------- */

struct shown {
    struct cpl_buffer text;
    size_t lines, most;
};

static bool take_line(void *context, const char *line)
{
    struct shown *shown = context;
    assert_null(strchr(line, '\n'));
    cpl_buffer_add_text(&shown->text, line);
    cpl_buffer_add_byte(&shown->text, '\n');
    return ++shown->lines != shown->most;
}

static struct cpl_batch_show showing(const char *objective, bool json)
{
    setenv("COUPLET_DICTIONARY", in_scratch("words.txt"), 1);
    return (struct cpl_batch_show){.corpus = in_scratch("corpus"),
                                   .tokenizer = in_scratch("saved"),
                                   .objective = objective,
                                   .length = 40,
                                   .batch_tokens = 400,
                                   .n_batches = 2,
                                   .json = json};
}

static int64_t number_at(const struct cpl_json_value *array, size_t i)
{
    return cpl_json_value_int(cpl_json_value_at(array, i));
}

/* Words tile the tokens between the special ones; a word is hidden as a whole or not at all. */
static void check_sequence(const struct cpl_json_value *sequence, bool causal)
{
    const struct cpl_json_value *tokens = cpl_json_value_member(sequence, "tokens"),
                                *ids = cpl_json_value_member(sequence, "input_ids"),
                                *labels = cpl_json_value_member(sequence, "labels"),
                                *words = cpl_json_value_member(sequence, "words");
    size_t n = cpl_json_value_count(ids);
    assert_int_equal(cpl_json_value_count(tokens), n);
    assert_int_equal(cpl_json_value_count(labels), n);
    assert_int_equal(number_at(labels, 0), -100);
    for (size_t i = 0; i < n; i++) {
        const char *piece = cpl_json_value_text(cpl_json_value_at(tokens, i), NULL);
        assert_string_equal(piece, cpl_tokenizer_piece(tokenizer, (int32_t)number_at(ids, i)));
        if (causal && i > 0)
            assert_int_equal(number_at(labels, i), number_at(ids, i));
    }
    int64_t next = 1;
    for (size_t w = 0; w < cpl_json_value_count(words); w++) {
        int64_t begin = number_at(cpl_json_value_at(words, w), 0);
        int64_t end = number_at(cpl_json_value_at(words, w), 1);
        assert_true(begin == next && end > begin);
        for (int64_t i = begin; i < end; i++)
            assert_int_equal(number_at(labels, (size_t)i) == -100,
                             number_at(labels, (size_t)begin) == -100);
        next = end;
    }
    assert_true(next == (int64_t)n || next == (int64_t)n - 1);
}

static void test_show_json(void **state)
{
    (void)state;
    static const char *const objectives[] = {"mlm", "clm"};
    CHECK(cpl_tokenizer_save(tokenizer, in_scratch("saved"), error));
    for (int causal = 0; causal < 2; causal++) {
        struct shown shown = {0};
        struct cpl_batch_show options = showing(objectives[causal], true);
        CHECK(cpl_batches_show(&options, take_line, &shown, error));
        assert_true(shown.lines >= 2 * 10);
        int64_t step = 1;
        for (char *line = shown.text.data, *end; (end = strchr(line, '\n')); line = end + 1) {
            struct cpl_json_value *sequence = NULL;
            CHECK(cpl_json_value_parse(&sequence, line, (size_t)(end - line), "line", error));
            check_sequence(sequence, causal);
            int64_t number = cpl_json_value_int(cpl_json_value_member(sequence, "step"));
            assert_true(number == step || number == step + 1);
            step = number;
            cpl_json_value_free(sequence);
        }
        assert_int_equal(step, options.n_batches);
        cpl_buffer_clear(&shown.text);
    }
}

static void test_show_text(void **state)
{
    (void)state;
    struct shown shown = {.most = 9};
    struct cpl_batch_show options = showing("mlm", false);
    CHECK(cpl_batches_show(&options, take_line, &shown, error));
    assert_int_equal(shown.lines, 9); /* a batch's head, then four lines a sequence */
    assert_non_null(strstr(shown.text.data, "batch 1: "));
    assert_non_null(strstr(shown.text.data, "  original  [CLS]"));
    assert_non_null(strstr(shown.text.data, "  input     [CLS]"));
    assert_non_null(strstr(shown.text.data, "  predict   "));
    cpl_buffer_clear(&shown.text);
}

static void test_show_refused(void **state)
{
    (void)state;
    struct shown shown = {0};
    struct cpl_batch_show options = showing("xlm", false);
    CHECK_FAILS(CPL_ERROR_USAGE, "\"xlm\" is not known",
                cpl_batches_show(&options, take_line, &shown, error));
    options = showing("mlm", false);
    options.mask = "line";
    CHECK_FAILS(CPL_ERROR_USAGE, "none of word, token, span",
                cpl_batches_show(&options, take_line, &shown, error));
    options = showing("mlm", false);
    options.batch_tokens = 1 << 30;
    CHECK_FAILS(CPL_ERROR_INPUT, "fewer than one batch",
                cpl_batches_show(&options, take_line, &shown, error));
    assert_int_equal(shown.lines, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shards),    cmocka_unit_test(test_threads_and_reuse),
        cmocka_unit_test(test_stopped),   cmocka_unit_test(test_show_json),
        cmocka_unit_test(test_show_text), cmocka_unit_test(test_show_refused),
    };
    return cmocka_run_group_tests(tests, set_up_batches, tear_down_batches);
}
