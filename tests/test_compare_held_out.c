/* labels: sanitize fast */
/* Held-out work: windows and blanks of a small shard, bits per character and word recovery. */
#include "compare/held_out.h"

#include "compare/records.h"
#include "generate_fixture.h"

enum { DOCUMENTS = 40, WANTED = 60 };

static struct cpl_tokenizer *tokenizer;
static struct cpl_shard shard;

/* Documents of 1 to 80 tokens: Chinese words of 1 to 6 characters, punctuation, line breaks, Latin
 * pieces. */
static void write_shard(const char *path)
{
    struct cpl_special_ids special = cpl_tokenizer_special(tokenizer);
    static const char *const pieces[] = {"天", "地", "明", "月", "自", "然", "处", "理"};
    struct cpl_shard_writer *writer = NULL;
    uint64_t draw = 0;
    CHECK(cpl_shard_writer_new(&writer, path, cpl_tokenizer_size(tokenizer), 1, 2, error));
    for (int d = 0; d < DOCUMENTS; d++) {
        int32_t ids[100];
        uint8_t flags[100];
        size_t count = 0, wanted = 1 + draw_number(draw++, 80);
        while (count < wanted) {
            uint32_t kind = draw_number(draw++, 10);
            size_t length = kind < 7 ? 1 + draw_number(draw++, 6) : 1;
            for (size_t i = 0; i < length && count < 90; i++, count++) {
                const char *piece = kind < 7    ? pieces[draw_number(draw++, 8)]
                                    : kind == 8 ? "，"
                                                : "a";
                ids[count] = kind == 9 ? special.newline : cpl_tokenizer_id(tokenizer, piece);
                assert_true(ids[count] >= 0);
                flags[count] = i > 0 ? CPL_TOKEN_CONTINUES : 0;
            }
        }
        CHECK(cpl_shard_writer_add(writer, ids, flags, count, count, error));
    }
    CHECK(cpl_shard_writer_commit(writer, error));
}

static int begin(void **state)
{
    (void)state;
    char scratch[64], path[100];
    tokenizer = new_tokenizer();
    make_scratch(scratch);
    snprintf(path, sizeof path, "%s/test.shard", scratch);
    write_shard(path);
    CHECK(cpl_shard_open(&shard, path, error));
    remove_scratch(scratch);
    return 0;
}

static int end(void **state)
{
    (void)state;
    cpl_shard_close(&shard);
    cpl_tokenizer_free(tokenizer);
    return 0;
}

/* Where a run of tokens stands in the shard without crossing a document's end; -1: nowhere from
 * `from` on. */
static int64_t find_window(const struct cpl_window *window, uint64_t from)
{
    for (uint64_t d = 0, first = 0; d < shard.n_documents; first = shard.document_ends[d++])
        for (uint64_t at = first > from ? first : from;
             at + (uint64_t)window->count <= shard.document_ends[d]; at++) {
            int32_t i = 0;
            while (i < window->count &&
                   cpl_shard_id(&shard, at + (uint64_t)i) == window->ids[i])
                i++;
            if (i == window->count)
                return (int64_t)at;
        }
    return -1;
}

static bool continues(uint64_t at)
{
    return at < shard.n_tokens && cpl_shard_flags(&shard, at) & CPL_TOKEN_CONTINUES;
}

/* Is the blank a whole word at one of the places where the window stands? */
static bool is_whole_word(const struct cpl_window *window)
{
    for (int64_t at = find_window(window, 0); at >= 0;
         at = find_window(window, (uint64_t)at + 1)) {
        uint64_t word = (uint64_t)(at + window->blank);
        bool whole = !continues(word) && !continues(word + (uint64_t)window->blank_tokens);
        for (int32_t i = 1; i < window->blank_tokens; i++)
            whole = whole && continues(word + (uint64_t)i);
        if (whole)
            return true;
    }
    return false;
}

static void check_blank(const struct cpl_window *window, int32_t left, int32_t right)
{
    assert_in_range(window->blank_tokens, 1, CPL_BLANK_TOKENS);
    assert_in_range(window->blank, 4, left);
    assert_in_range(window->count - window->blank - window->blank_tokens, 0, right);
    assert_true(is_whole_word(window));
    for (int32_t i = 0; i < window->blank_tokens; i++) {
        const char *piece = cpl_tokenizer_piece(tokenizer, window->ids[window->blank + i]);
        assert_int_equal(strlen(piece), 3);
        assert_string_not_equal(piece, "，");
    }
}

static void test_blanks(void **state)
{
    (void)state;
    struct cpl_windows first, again, other;
    CHECK(cpl_windows_blanks(&first, &shard, tokenizer, WANTED, 12, 5, 1, error));
    CHECK(cpl_windows_blanks(&again, &shard, tokenizer, WANTED, 12, 5, 1, error));
    CHECK(cpl_windows_blanks(&other, &shard, tokenizer, WANTED, 12, 5, 2, error));
    assert_in_range(first.count, WANTED / 2, WANTED);
    assert_int_equal(first.count, again.count);
    bool differs = first.count != other.count;
    int lengths[CPL_BLANK_TOKENS + 1] = {0};
    for (int32_t i = 0; i < first.count; i++) {
        const struct cpl_window *a = &first.window[i], *b = &again.window[i];
        check_blank(a, 12, 5);
        lengths[a->blank_tokens]++;
        assert_int_equal(a->count, b->count);
        assert_int_equal(a->blank, b->blank);
        assert_memory_equal(a->ids, b->ids, (size_t)a->count * sizeof *a->ids);
        differs = differs || other.window[i].count != a->count ||
                  memcmp(other.window[i].ids, a->ids, (size_t)a->count * sizeof *a->ids);
    }
    assert_true(differs);
    for (int n = 1; n <= CPL_BLANK_TOKENS; n++)
        assert_true(lengths[n] > 0);
    cpl_windows_clear(&first);
    cpl_windows_clear(&again);
    cpl_windows_clear(&other);
}

static void test_texts(void **state)
{
    (void)state;
    struct cpl_windows texts;
    CHECK(cpl_windows_text(&texts, &shard, tokenizer, 30, 17, 1, error));
    assert_int_equal(texts.count, 30);
    for (int32_t i = 0; i < texts.count; i++) {
        assert_in_range(texts.window[i].count, 1, 17);
        assert_int_equal(texts.window[i].blank_tokens, 0);
        assert_true(find_window(&texts.window[i], 0) >= 0);
    }
    cpl_windows_clear(&texts);
    struct cpl_shard empty = {0};
    CHECK_FAILS(CPL_ERROR_INPUT, "test split",
                cpl_windows_text(&texts, &empty, tokenizer, 30, 17, 1, error));
    cpl_windows_clear(&texts);
}

static bool stop_halfway(void *context, double share)
{
    *(double *)context = share;
    return share < 0.5;
}

/* With next to no weights every token is as likely as any other: log2 V bits, an unknown one 20. */
static void check_bits(const char *family)
{
    struct cpl_device *device = new_device(1, "auto", "f32");
    struct cpl_side side = {.model = new_model_for(tokenizer, family, device, 40, 1e-3)};
    struct cpl_windows texts;
    side.masked = cpl_model_is_masked(side.model);
    CHECK(cpl_windows_text(&texts, &shard, tokenizer, 20, 30, 1, error));
    double tokens = 0, unknown = 0;
    for (int32_t i = 0; i < texts.count; i++) {
        if (i % 4 == 0) {
            texts.window[i].ids[0] = cpl_tokenizer_special(tokenizer).unknown;
            unknown++;
        }
        tokens += texts.window[i].count;
    }
    CHECK(cpl_measure_bits(&side, tokenizer, &texts, NULL, NULL, error));
    double expected = (tokens - unknown) * log2((double)side.model->config.vocab_size);
    assert_true(fabs(side.bits - side.unknown_bits - expected) < 0.01 * expected);
    assert_true(side.unknown_bits == 20 * unknown);
    assert_true(side.bits_characters == tokens); /* one character each, line breaks too */
    double reached = 0;
    CHECK_FAILS(CPL_STOPPED, "stopped",
                cpl_measure_bits(&side, tokenizer, &texts, stop_halfway, &reached, error));
    assert_true(reached >= 0.5 && reached < 0.7);
    cpl_windows_clear(&texts);
    cpl_side_clear(&side);
    cpl_device_free(device);
}

static void test_bits(void **state)
{
    (void)state;
    check_bits("bert");
    check_bits("gpt2");
}

/* The likelihood is that of whole passes, token by token. */
static void test_likelihood(void **state)
{
    (void)state;
    struct cpl_device *device = new_device(1, "auto", "f32");
    struct cpl_side side = {.model = new_model_for(tokenizer, "gpt2", device, 40, 0.2)};
    struct cpl_windows texts;
    int32_t vocab_size = (int32_t)side.model->config.vocab_size;
    float *logits = calloc((size_t)vocab_size, sizeof *logits);
    double expected = 0;
    assert_non_null(logits);
    CHECK(cpl_windows_text(&texts, &shard, tokenizer, 3, 20, 1, error));
    CHECK(cpl_measure_bits(&side, tokenizer, &texts, NULL, NULL, error));
    for (int32_t w = 0; w < texts.count; w++) {
        int32_t ids[64] = {cpl_tokenizer_special(tokenizer).cls};
        for (int32_t i = 0; i < texts.window[w].count; i++) {
            double sum = 0;
            whole_logits(logits, side.model, ids, i + 1, i);
            for (int32_t id = 0; id < vocab_size; id++)
                sum += exp(logits[id]);
            ids[i + 1] = texts.window[w].ids[i];
            expected += (log(sum) - logits[ids[i + 1]]) / log(2);
        }
    }
    assert_true(fabs(side.bits - expected) < 1e-5 * expected);
    free(logits);
    cpl_windows_clear(&texts);
    cpl_side_clear(&side);
    cpl_device_free(device);
}

/* Whatever stands in the blank is hidden, so of all tokens exactly one is put back. */
static void check_recovery(const char *family)
{
    struct cpl_device *device = new_device(1, "auto", "f32");
    struct cpl_side side = {.model = new_model_for(tokenizer, family, device, 64, 0.2)};
    struct cpl_windows blanks, one = {.count = 1};
    side.masked = cpl_model_is_masked(side.model);
    CHECK(cpl_windows_blanks(&blanks, &shard, tokenizer, 20, 12, 5, 1, error));
    CHECK(cpl_measure_recovery(&side, tokenizer, &blanks, NULL, NULL, error));
    int tokens = 0;
    for (int32_t i = 0; i < blanks.count; i++) {
        tokens += blanks.window[i].blank_tokens;
        if (blanks.window[i].blank_tokens == 1)
            one.window = &blanks.window[i];
    }
    assert_int_equal(side.blanks, blanks.count);
    assert_int_equal(side.characters, tokens);
    assert_in_range(side.recovered, 0, side.blanks);
    assert_in_range(side.characters_recovered, side.recovered, side.characters);
    assert_non_null(one.window);
    side.recovered = side.blanks = 0;
    int32_t size = cpl_tokenizer_size(tokenizer);
    for (int32_t id = 0; id < size; id++) {
        one.window->ids[one.window->blank] = id;
        CHECK(cpl_measure_recovery(&side, tokenizer, &one, NULL, NULL, error));
    }
    assert_int_equal(side.blanks, size);
    assert_int_equal(side.recovered, 1);
    cpl_windows_clear(&blanks);
    cpl_side_clear(&side);
    cpl_device_free(device);
}

static void test_recovery(void **state)
{
    (void)state;
    check_recovery("bert");
    check_recovery("gpt2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_blanks),   cmocka_unit_test(test_texts),
        cmocka_unit_test(test_bits),     cmocka_unit_test(test_likelihood),
        cmocka_unit_test(test_recovery),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
