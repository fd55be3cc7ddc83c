/* labels: fast sanitize */
/* What encoding takes, of whatever a text is made: little stack, and memory by the window or by the token.
 * How long it takes is measured by bench/linear.py. */
#include "tokenizer_fixture.h"

#include "text/utf8.h"
#include "tokenizer/bpe.h"
#include "tokenizer/fused_sentence_bpe.h"
#include "tokenizer/tokenizer_model.h"
#include <pthread.h>

enum { STACK = 256 << 10, LONG = 200000, SHORT = 60000 };

static struct cpl_tokenizer *load(const char *name)
{
    char path[500];
    const char *source = getenv("COUPLET_SOURCE");
    struct cpl_tokenizer *tokenizer = NULL;
    snprintf(path, sizeof path, "%s/tests/golden/%s", source ? source : ".", name);
    CHECK(cpl_tokenizer_load(&tokenizer, path, error));
    return tokenizer;
}

/* `unit` again and again; heap. */
static char *repeated(const char *unit, size_t unit_length, size_t *length)
{
    char *text = malloc(*length);
    size_t n = 0;
    assert_non_null(text);
    for (; n + unit_length <= *length; n += unit_length)
        memcpy(text + n, unit, unit_length);
    *length = n;
    return text;
}

/* ---- stack ----------------------------------------------------------------------------------- */

#define UNIT(text)                                                                             \
    {                                                                                          \
        text, sizeof text - 1                                                                  \
    }
static const struct {
    const char *text;
    size_t length;
} units[] = {UNIT(" "),
             UNIT("\t\n"),
             UNIT("a"),
             UNIT("sing"),
             UNIT("0123456"),
             UNIT("!"),
             UNIT("中"),
             UNIT("明月光"),
             UNIT("\xCC\x81"),
             UNIT("👩\xE2\x80\x8D"),
             UNIT("\xE2\x96\x81"),
             UNIT("\0"),
             UNIT("\xFF")};
enum { UNITS = sizeof units / sizeof *units };

struct job {
    const struct cpl_tokenizer *tokenizer;
    const char *text;
    size_t length;
    cpl_status status, general;
    struct cpl_error error;
};

static void *encode_job(void *argument)
{
    struct job *job = argument;
    struct cpl_encoding encoding = {0};
    size_t some = job->length < SHORT ? job->length : SHORT - SHORT % 12;
    job->status =
        cpl_tokenizer_encode(job->tokenizer, &encoding, job->text, job->length, &job->error);
    encoding.count = 0;
    job->general = job->status;
    if (job->status == CPL_OK)
        job->general = cpl_pipeline_encode(job->tokenizer, &encoding, job->text, 0, some, true,
                                           &job->error);
    cpl_encoding_clear(&encoding);
    return NULL;
}

static void encode_units(const struct cpl_tokenizer *tokenizer, const char *name)
{
    for (size_t i = 0; i < UNITS; i++) {
        struct job job = {.tokenizer = tokenizer, .length = LONG};
        char *text = repeated(units[i].text, units[i].length, &job.length);
        cpl_status wanted = text[0] == '\xFF' ? CPL_ERROR_INPUT : CPL_OK;
        pthread_attr_t attributes;
        pthread_t thread;
        job.text = text;
        pthread_attr_init(&attributes);
        assert_int_equal(pthread_attr_setstacksize(&attributes, STACK), 0);
        assert_int_equal(pthread_create(&thread, &attributes, encode_job, &job), 0);
        pthread_join(thread, NULL);
        pthread_attr_destroy(&attributes);
        if (job.status != wanted || job.general != wanted)
            fail_msg("%s, text %zu: %s", name, i, job.error.message);
        free(text);
    }
}

static void test_stack(void **state)
{
    static const char *const names[] = {"bpe/gpt2",
                                        "bpe/llama3",
                                        "bpe/llama2",
                                        "bpe/metaspace_cut",
                                        "bpe/marks",
                                        "bpe/some_bytes",
                                        "sentencepiece/unigram.model",
                                        "sentencepiece/bpe.model",
                                        "sentencepiece/bpe_own.model",
                                        "sentencepiece/bpe_unused.model",
                                        "sentencepiece/char.model",
                                        "sentencepiece/word.model",
                                        "sentencepiece/json_metaspace",
                                        "sentencepiece/json_precompiled",
                                        "sentencepiece/json_words"};
    struct cpl_tokenizer *tokenizer = learn(verse, VERSES, 200, 1);
    (void)state;
    encode_units(tokenizer, "WordPiece");
    cpl_tokenizer_free(tokenizer);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        tokenizer = load(names[i]);
        encode_units(tokenizer, names[i]);
        cpl_tokenizer_free(tokenizer);
    }
}

/* ---- memory ---------------------------------------------------------------------------------- */

/* Whether no two neighbours in the text are ones that words end between. */
static bool is_one_word(const struct cpl_sentence_bpe *fused, const char *text, size_t length)
{
    size_t at = 0;
    uint32_t left = cpl_utf8_next(text, &at);
    while (at < length) {
        uint32_t right = cpl_utf8_next(text, &at);
        if (!cpl_borders_join(&fused->borders, left, right))
            return false;
        left = right;
    }
    return true;
}

/* Words of any length pass through windows of the same size. */
static void test_windows(void **state)
{
    static const char *const names[] = {"sentencepiece/bpe.model",
                                        "sentencepiece/bpe_bytes.model",
                                        "sentencepiece/bpe_own.model"};
    size_t n_words = 0;
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct cpl_tokenizer *tokenizer = load(names[i]);
        const struct cpl_sentence_bpe *fused = tokenizer->fused_state;
        for (char a = 'a'; a <= 'z'; a++)
            for (char b = 'a'; b <= 'z'; b++) {
                const char unit[] = {a, b, a, b, 0};
                struct cpl_encoding encoding = {0};
                size_t length = 20 * cpl_sentence_bpe_long(fused);
                if (!is_one_word(fused, unit, 4))
                    continue;
                char *text = repeated(unit, 2, &length);
                CHECK(cpl_tokenizer_encode(tokenizer, &encoding, text, length, error));
                const struct cpl_sentence_bpe_engine *engine = encoding.scratch->engine.state;
                if (engine->text.capacity > 4 * cpl_sentence_bpe_long(fused) ||
                    engine->search.capacity > 4 * cpl_sentence_bpe_long(fused))
                    fail_msg("%s: %zu bytes of %.2s in one window", names[i],
                             engine->text.capacity, unit);
                n_words++;
                cpl_encoding_clear(&encoding);
                free(text);
            }
        cpl_tokenizer_free(tokenizer);
    }
    assert_true(n_words > 0);
}

/* Merging keeps no more candidates than twice the symbols, and memory of one word serves the next. */
static void test_candidates(void **state)
{
    enum { N = 100000 };
    static const struct cpl_bpe_merge merges[] = {
        {0, 1, 2, 0}, {2, 2, 3, 1}, {3, 3, 4, 2}, {1, 0, 5, 3}, {4, 0, 6, 4}};
    struct cpl_bpe_pairs pairs = {0};
    struct cpl_bpe_work work = {0};
    (void)state;
    CHECK(cpl_bpe_pairs_build(&pairs, merges, sizeof merges / sizeof *merges, error));
    for (int round = 0; round < 2; round++) {
        work.n = 0;
        for (int i = 0; i < N; i++)
            CHECK(cpl_bpe_work_add(&work, i % 2, 1, error));
        CHECK(cpl_bpe_work_merge(&work, &pairs, error));
        assert_int_equal(work.n, N / 8);
        for (size_t i = 0; i < work.n; i++)
            assert_int_equal(work.symbol[i].id, 4);
        assert_true(work.queue.n_places <= 2 * N);
        assert_int_equal(work.queue.n_heap, 0);
    }
    cpl_bpe_work_clear(&work);
    cpl_bpe_pairs_clear(&pairs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stack),
        cmocka_unit_test(test_windows),
        cmocka_unit_test(test_candidates),
    };
    return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
