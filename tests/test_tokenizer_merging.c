/* labels: sanitize fast */
/* Counting words and merging pairs, each computed a second, plain way. */
#include "text_fixture.h"

#include "tokenizer/train/merges.h"
#include "tokenizer/train/word_counts.h"
#include "tokenizer/train/word_symbols.h"

/* ---- counting -------------------------------------------------------------------------------- */

enum { TEXTS = 60, WORDS = 40, VARIETY = 900 };

static void word_of(char word[16], uint64_t *index)
{
    snprintf(word, 16, "w%u", draw(index, VARIETY) * draw(index, VARIETY) / VARIETY);
}

/* Text `number`, which has its own words and its own level, into one of two tables. */
static void count_text(struct cpl_word_counts tables[2], uint64_t number)
{
    uint64_t index = number * 1000;
    char word[16];
    for (int i = 0; i < WORDS; i++) {
        word_of(word, &index);
        CHECK(cpl_word_counts_add(&tables[number % 2], word, strlen(word), (uint32_t)number % 5,
                                  1, error));
    }
}

/* Texts in some order, the tables added up and limited after every `batch` of them. */
static void count_texts(struct cpl_counted_words *words, const uint64_t *order, int batch,
                        int threads, size_t limit, uint32_t *level)
{
    static struct cpl_word_counts sum, tables[2];
    for (int i = 0; i < TEXTS; i++) {
        count_text(tables, order[i]);
        if (i % batch != batch - 1 && i != TEXTS - 1)
            continue;
        CHECK(cpl_word_counts_sum(&sum, tables, 2, threads, error));
        CHECK(cpl_word_counts_limit(&sum, limit, error));
    }
    *level = sum.level;
    CHECK(cpl_word_counts_list(words, &sum, error));
    cpl_word_counts_clear(&sum);
    cpl_word_counts_clear(&tables[0]);
    cpl_word_counts_clear(&tables[1]);
}

static uint64_t count_again(const char *word, size_t length, uint32_t level)
{
    uint64_t count = 0;
    char other[16];
    for (uint64_t number = 0; number < TEXTS; number++) {
        uint64_t index = number * 1000;
        for (int i = 0; i < WORDS; i++) {
            word_of(other, &index);
            count += number % 5 >= level && strlen(other) == length &&
                     memcmp(other, word, length) == 0;
        }
    }
    return count;
}

static void check_counts(size_t limit, uint32_t expected_level)
{
    struct cpl_counted_words first = {0}, other;
    uint64_t order[TEXTS], index = 5, all = 0;
    uint32_t level;
    for (uint64_t i = 0; i < TEXTS; i++)
        order[i] = i;
    count_texts(&first, order, 7, 1, limit, &level);
    assert_int_equal(level, expected_level);
    for (size_t i = 0; i < first.n; i++) {
        const char *word = first.pool + first.begin[i];
        size_t length = first.begin[i + 1] - first.begin[i];
        assert_int_equal(first.count[i], count_again(word, length, level));
        all += first.count[i];
    }
    assert_int_equal(all, TEXTS / 5 * (5 - level) * WORDS);
    for (int round = 1; round < 4; round++) { /* other orders, batches, threads */
        for (size_t i = TEXTS - 1; i > 0; i--) {
            size_t k = draw(&index, (uint32_t)i + 1);
            uint64_t swap = order[i];
            order[i] = order[k];
            order[k] = swap;
        }
        count_texts(&other, order, 3 * round, round, limit, &level);
        assert_int_equal(level, expected_level);
        assert_int_equal(other.n, first.n);
        assert_memory_equal(other.count, first.count, first.n * sizeof *first.count);
        assert_memory_equal(other.begin, first.begin, first.n * sizeof *first.begin);
        assert_memory_equal(other.pool, first.pool, first.begin[first.n]);
        cpl_counted_words_clear(&other);
    }
    cpl_counted_words_clear(&first);
}

static void test_counts(void **state)
{
    (void)state;
    check_counts(SIZE_MAX, 0);
    check_counts(60000, 1); /* there are about 80,000 bytes of words */
    check_counts(45000, 2);
}

/* ---- merging --------------------------------------------------------------------------------- */

enum { MOST_WORDS = 60, LONGEST = 12 };

/* Words as lists of pieces, merged by looking at all of them every time. */
struct naive {
    int32_t symbol[MOST_WORDS][LONGEST];
    int length[MOST_WORDS], n;
    uint64_t count[MOST_WORDS];
};

static int64_t naive_count(const struct naive *words, int32_t left, int32_t right)
{
    int64_t count = 0;
    for (int w = 0; w < words->n; w++)
        for (int i = 0; i + 1 < words->length[w]; i++)
            if (words->symbol[w][i] == left && words->symbol[w][i + 1] == right)
                count += (int64_t)words->count[w];
    return count;
}

static void naive_merge(struct naive *words, int32_t left, int32_t right, int32_t id)
{
    for (int w = 0; w < words->n; w++) {
        int kept = 0;
        for (int i = 0; i < words->length[w]; kept++) {
            bool both = i + 1 < words->length[w] && words->symbol[w][i] == left &&
                        words->symbol[w][i + 1] == right;
            words->symbol[w][kept] = both ? id : words->symbol[w][i];
            i += both ? 2 : 1;
        }
        words->length[w] = kept;
    }
}

/* The pair that is next, by counts, then by ids; false when none is frequent enough. */
static bool naive_best(const struct naive *words, const struct cpl_pieces *pieces,
                       const struct cpl_merge_options *options, int32_t *left, int32_t *right)
{
    int64_t best = options->min_frequency - 1;
    for (int32_t a = 0; a < pieces->count; a++)
        for (int32_t b = 0; b < pieces->count; b++) {
            size_t prefix = strlen(options->prefix);
            bool inside = prefix && strncmp(cpl_pieces_text(pieces, b), "##", 2) == 0;
            size_t length = pieces->length[a] + pieces->length[b] - (inside ? 2 : 0);
            bool marked = prefix && strncmp(cpl_pieces_text(pieces, a), "##", 2) == 0;
            if (options->max_length && length - (marked ? 2 : 0) > (size_t)options->max_length)
                continue;
            int64_t count = naive_count(words, a, b);
            if (count > best) {
                best = count;
                *left = a;
                *right = b;
            }
        }
    return best >= options->min_frequency;
}

static void join(char *out, const struct cpl_pieces *pieces, int32_t left, int32_t right)
{
    const char *second = cpl_pieces_text(pieces, right);
    bool inside = strncmp(second, "##", 2) == 0;
    sprintf(out, "%s%s", cpl_pieces_text(pieces, left), second + (inside ? 2 : 0));
}

static void check_merges(uint64_t seed, const char *prefix, int32_t limit, int32_t max_length)
{
    struct cpl_pieces pieces = {0}, again = {0};
    struct cpl_counted_words words = {0};
    struct cpl_word_symbols symbols = {0};
    struct cpl_merge_list merges = {0};
    static struct naive naive;
    struct cpl_word_counts *counts = calloc(1, sizeof *counts);
    struct cpl_merge_options options = {
        .prefix = prefix, .limit = limit, .min_frequency = 2, .max_length = max_length};
    uint64_t index = seed * 100000;
    int32_t id;
    for (int i = 0; i < MOST_WORDS; i++) {
        char word[LONGEST];
        size_t length = 1 + draw(&index, LONGEST - 1);
        for (size_t k = 0; k < length; k++)
            word[k] = (char)('a' + draw(&index, 3));
        CHECK(cpl_word_counts_add(counts, word, length, 0, 1 + draw(&index, 5), error));
    }
    CHECK(cpl_word_counts_list(&words, counts, error));
    for (char c = 'a'; c <= 'c'; c++)
        CHECK(cpl_pieces_add(&pieces, &id, &c, 1, error));
    for (char c = 'a'; *prefix && c <= 'c'; c++)
        CHECK(cpl_pieces_add(&pieces, &id, (char[3]){'#', '#', c}, 3, error));
    for (int32_t i = 0; i < pieces.count; i++)
        CHECK(
            cpl_pieces_add(&again, &id, cpl_pieces_text(&pieces, i), pieces.length[i], error));
    struct cpl_word_split_options split = {.split = CPL_SPLIT_PARTS, .prefix = prefix};
    CHECK(cpl_words_split(&symbols, &words, &pieces, &split, error));
    naive.n = (int)symbols.n_words;
    for (uint32_t w = 0; w < symbols.n_words; w++) {
        naive.length[w] = (int)(symbols.begin[w + 1] - symbols.begin[w]);
        naive.count[w] = symbols.count[w];
        for (int i = 0; i < naive.length[w]; i++)
            naive.symbol[w][i] = symbols.symbol[symbols.begin[w] + (uint32_t)i];
    }
    CHECK(cpl_merges_learn(&pieces, &merges, &symbols, &options, error));
    size_t done = 0;
    int32_t left = 0, right = 0;
    while (again.count < limit && naive_best(&naive, &again, &options, &left, &right)) {
        char text[64];
        bool known = false;
        join(text, &again, left, right);
        CHECK(cpl_pieces_add(&again, &id, text, strlen(text), error));
        naive_merge(&naive, left, right, id);
        for (size_t i = 0; i < done; i++)
            known = known || (merges.merge[i].left == left && merges.merge[i].right == right);
        if (known) /* the pair came up again by another merge: one rule is enough */
            continue;
        assert_true(done < merges.n);
        assert_int_equal(merges.merge[done].left, left);
        assert_int_equal(merges.merge[done].right, right);
        assert_int_equal(merges.merge[done++].id, id);
    }
    assert_int_equal(done, merges.n);
    assert_int_equal(pieces.count, again.count);
    for (id = 0; id < pieces.count; id++)
        assert_string_equal(cpl_pieces_text(&pieces, id), cpl_pieces_text(&again, id));
    cpl_merge_list_clear(&merges);
    cpl_word_symbols_clear(&symbols);
    cpl_counted_words_clear(&words);
    cpl_pieces_clear(&pieces);
    cpl_pieces_clear(&again);
    free(counts);
}

static void test_merges(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 12; seed++) {
        check_merges(seed, "", 40, 0);
        check_merges(seed, "##", 40, 0);
        check_merges(seed, "", 30, 4);
        check_merges(seed, "##", 30, 4);
    }
}

/* A pair of equal symbols, thousands of times in one word: merges of 2, 4, 8 … in linear time. */
static void test_repetition(void **state)
{
    (void)state;
    enum { LENGTH = 1 << 18 };
    struct cpl_pieces pieces = {0};
    struct cpl_word_symbols words = {.n_symbols = LENGTH, .n_words = 1};
    struct cpl_merge_list merges = {0};
    struct cpl_merge_options options = {.prefix = "", .limit = 100, .min_frequency = 2};
    int32_t id;
    CHECK(cpl_pieces_add(&pieces, &id, "a", 1, error));
    words.symbol = calloc(LENGTH, sizeof *words.symbol);
    words.begin = calloc(2, sizeof *words.begin);
    words.count = calloc(1, sizeof *words.count);
    words.begin[1] = LENGTH;
    words.count[0] = 1;
    CHECK(cpl_merges_learn(&pieces, &merges, &words, &options, error));
    assert_int_equal(merges.n, 17); /* the pair of the two halves is there only once */
    assert_int_equal(pieces.length[17], LENGTH / 2);
    cpl_merge_list_clear(&merges);
    cpl_word_symbols_clear(&words);
    cpl_pieces_clear(&pieces);
}

/* A piece that would spell a special token is not made. */
static void test_special(void **state)
{
    (void)state;
    struct cpl_pieces pieces = {0};
    int32_t symbol[] = {0, 1, 0, 1, 2}, id;
    uint32_t begin[] = {0, 5};
    uint64_t count[] = {10};
    struct cpl_word_symbols words = {symbol, 5, begin, count, 1};
    struct cpl_merge_list merges = {0};
    struct cpl_merge_options options = {
        .prefix = "", .limit = 100, .min_frequency = 2, .first_symbol = 1};
    const char *const texts[] = {"ab", "a", "b", "c"};
    for (int i = 0; i < 4; i++)
        CHECK(cpl_pieces_add(&pieces, &id, texts[i], strlen(texts[i]), error));
    CHECK(cpl_merges_learn(&pieces, &merges, &words, &options, error));
    for (size_t i = 0; i < merges.n; i++)
        assert_true(merges.merge[i].id > 3);
    assert_true(cpl_pieces_find(&pieces, "ba", 2) > 3);
    cpl_merge_list_clear(&merges);
    cpl_pieces_clear(&pieces);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_merges),
        cmocka_unit_test(test_repetition),
        cmocka_unit_test(test_special),
    };
    return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
