/* labels: sanitize fast */
/* Unigram training, each part a second way: suffixes by sorting, seeds by looking at all substrings,
 * expectations and best cuts by enumerating every cut. */
#include "text_fixture.h"

#include "tokenizer/train/suffix_order.h"
#include "tokenizer/train/unigram_expect.h"
#include "tokenizer/train/unigram_learn.h"
#include <math.h>

/* Random words over `kinds` symbols, each of which occurs. */
static struct cpl_word_symbols make_words(uint64_t seed, uint32_t n, uint32_t longest,
                                          uint32_t kinds)
{
    struct cpl_word_symbols words = {.n_words = n};
    uint64_t index = seed * 1000000;
    words.symbol = calloc((size_t)n * longest + kinds, sizeof *words.symbol);
    words.begin = calloc(n + 1, sizeof *words.begin);
    words.count = calloc(n, sizeof *words.count);
    for (uint32_t w = 0; w < n; w++) {
        uint32_t length = w == 0 ? kinds : 1 + draw(&index, longest);
        for (uint32_t i = 0; i < length; i++)
            words.symbol[words.n_symbols++] =
                (int32_t)(w == 0 ? i : draw(&index, kinds) * draw(&index, 2));
        words.begin[w + 1] = words.n_symbols;
        words.count[w] = 1 + draw(&index, 4);
    }
    return words;
}

/* ---- suffixes -------------------------------------------------------------------------------- */

static const struct cpl_word_symbols *compared;
static const uint32_t *compared_end;
static uint32_t compared_depth;

static uint32_t symbol_at(uint32_t at, uint32_t i) /* 0: the word has ended */
{
    return at + i < compared_end[at] ? (uint32_t)compared->symbol[at + i] + 1 : 0;
}

static int compare_suffixes(uint32_t a, uint32_t b, uint32_t *shared)
{
    for (*shared = 0; *shared < compared_depth; ++*shared) {
        uint32_t left = symbol_at(a, *shared), right = symbol_at(b, *shared);
        if (left != right || left == 0)
            return (left > right) - (left < right);
    }
    return 0;
}

static void check_suffixes(uint64_t seed, uint32_t n, uint32_t longest, uint32_t kinds,
                           uint32_t depth)
{
    struct cpl_word_symbols words = make_words(seed, n, longest, kinds);
    struct cpl_suffix_order suffixes;
    uint32_t shared;
    CHECK(cpl_suffix_order_make(&suffixes, &words, kinds, depth, 2, error));
    bool *seen = calloc(words.n_symbols, 1);
    compared = &words;
    compared_end = suffixes.end;
    compared_depth = depth;
    for (uint32_t i = 0; i < words.n_symbols; i++) {
        assert_false(seen[suffixes.order[i]]);
        seen[suffixes.order[i]] = true;
        if (i == 0)
            continue;
        assert_true(compare_suffixes(suffixes.order[i - 1], suffixes.order[i], &shared) <= 0);
        assert_int_equal(suffixes.shared[i], shared);
    }
    assert_int_equal(suffixes.shared[0] + suffixes.shared[words.n_symbols], 0);
    free(seen);
    cpl_suffix_order_clear(&suffixes);
    cpl_word_symbols_clear(&words);
}

static void test_suffixes(void **state)
{
    (void)state;
    check_suffixes(1, 40, 12, 3, 16);
    check_suffixes(2, 40, 12, 3, 5);
    check_suffixes(3, 3, 2000, 2, 16);
    check_suffixes(4, 500, 9, 200, 7);
    check_suffixes(5, 1, 1, 1, 16);
}

/* ---- seeds ----------------------------------------------------------------------------------- */

struct found {
    uint64_t count;
    uint32_t places,
        followers; /* followers: different symbols behind it, the end not counted */
    bool ends;
};

static struct found look(const struct cpl_word_symbols *words, const int32_t *text,
                         uint32_t length)
{
    struct found found = {0};
    int32_t follower = -1;
    for (uint32_t w = 0; w < words->n_words; w++)
        for (uint32_t i = words->begin[w]; i + length <= words->begin[w + 1]; i++) {
            if (memcmp(words->symbol + i, text, length * sizeof *text) != 0)
                continue;
            found.places++;
            found.count += words->count[w];
            if (i + length == words->begin[w + 1]) {
                found.ends = true;
            } else if (words->symbol[i + length] != follower) {
                found.followers += found.followers == 0 || follower >= 0;
                follower = words->symbol[i + length];
            }
        }
    return found;
}

/* Is it met for the first time at `at`? */
static bool first_place(const struct cpl_word_symbols *words, uint32_t at, uint32_t length)
{
    for (uint32_t w = 0; w < words->n_words; w++)
        for (uint32_t i = words->begin[w]; i + length <= words->begin[w + 1] && i < at; i++)
            if (memcmp(words->symbol + i, words->symbol + at, length * sizeof(int32_t)) == 0)
                return false;
    return true;
}

static uint32_t find_piece(const struct cpl_unigram_state *unigram, const int32_t *text,
                           uint32_t length)
{
    for (uint32_t i = unigram->n_kinds; i < unigram->n_pieces; i++)
        if (unigram->length[i] == length &&
            memcmp(unigram->words.symbol + unigram->place[i], text, length * sizeof *text) == 0)
            return i;
    return UINT32_MAX;
}

/* Of a position that is not the last of its word, match lists hold exactly the pieces there. */
static void check_matches(const struct cpl_unigram_state *unigram)
{
    const struct cpl_word_symbols *words = &unigram->words;
    for (uint32_t w = 0; w < words->n_words; w++)
        for (uint32_t at = words->begin[w]; at < words->begin[w + 1]; at++) {
            size_t k = unigram->match_begin[at];
            for (uint32_t n = 2; at + n <= words->begin[w + 1]; n++) {
                uint32_t piece = find_piece(unigram, words->symbol + at, n);
                if (piece == UINT32_MAX)
                    continue;
                assert_true(k < unigram->match_begin[at + 1]);
                assert_int_equal(unigram->match[k++], piece);
            }
            assert_int_equal(k, unigram->match_begin[at + 1]);
        }
}

static void check_seeds(uint64_t seed, uint32_t max_length)
{
    struct cpl_unigram_state unigram = {.words = make_words(seed, 30, 8, 3),
                                        .n_kinds = 3,
                                        .max_length = max_length,
                                        .threads = 2};
    const struct cpl_word_symbols *words = &unigram.words;
    uint32_t expected = 3;
    CHECK(cpl_unigram_seed(&unigram, 1000, error));
    for (uint32_t w = 0; w < words->n_words; w++)
        for (uint32_t at = words->begin[w]; at < words->begin[w + 1]; at++)
            for (uint32_t n = 2; n <= max_length && at + n <= words->begin[w + 1]; n++) {
                if (!first_place(words, at, n))
                    continue;
                struct found found = look(words, words->symbol + at, n);
                bool whole =
                    found.ends || found.followers > 1 || (n == max_length && found.places > 1);
                bool is = find_piece(&unigram, words->symbol + at, n) != UINT32_MAX;
                assert_int_equal(is, whole && found.count > 1);
                expected += is;
            }
    assert_int_equal(unigram.n_pieces, expected);
    check_matches(&unigram);
    bool *keep = calloc(unigram.n_pieces, 1);
    for (uint32_t i = 0; i < unigram.n_pieces; i++)
        keep[i] = i < 3 || i % 3 == 0;
    CHECK(cpl_unigram_keep(&unigram, keep, error));
    check_matches(&unigram);
    free(keep);
    cpl_unigram_state_clear(&unigram);
}

static void test_seeds(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed < 8; seed++) {
        check_seeds(seed, 16);
        check_seeds(seed, 3);
    }
}

/* ---- expectations ---------------------------------------------------------------------------- */

struct cuts {
    const struct cpl_unigram_state *unigram;
    uint32_t end, piece[32], n;
    double total, expected[1000], best;
    uint32_t best_piece[32], best_n;
    uint32_t forbidden; /* a piece that no cut may use */
};

static void take(struct cuts *cuts, uint32_t at, uint32_t piece, double score, bool count);

/* All ways to go on from `at`; with `count` their probabilities are added up, else only the best. */
static void enumerate(struct cuts *cuts, uint32_t at, double score, bool count)
{
    const struct cpl_unigram_state *unigram = cuts->unigram;
    if (at == cuts->end) {
        cuts->total += exp(score);
        for (uint32_t i = 0; count && i < cuts->n; i++)
            cuts->expected[cuts->piece[i]] += exp(score);
        if (score > cuts->best) {
            cuts->best = score;
            cuts->best_n = cuts->n;
            memcpy(cuts->best_piece, cuts->piece, sizeof cuts->piece);
        }
        return;
    }
    take(cuts, at, (uint32_t)unigram->words.symbol[at], score, count);
    for (size_t k = unigram->match_begin[at]; k < unigram->match_begin[at + 1]; k++)
        if (at + unigram->length[unigram->match[k]] <= cuts->end &&
            unigram->match[k] != cuts->forbidden)
            take(cuts, at, unigram->match[k], score, count);
}

static void take(struct cuts *cuts, uint32_t at, uint32_t piece, double score, bool count)
{
    cuts->piece[cuts->n++] = piece;
    enumerate(cuts, at + cuts->unigram->length[piece], score + cuts->unigram->score[piece],
              count);
    cuts->n--;
}

static void check_pieces(const struct cpl_unigram_state *unigram)
{
    static struct cuts cuts;
    for (uint32_t id = unigram->n_kinds; id < unigram->n_pieces; id++) {
        uint32_t part[255], n;
        double score = cpl_unigram_cut_piece(unigram, id, part, &n);
        cuts = (struct cuts){.unigram = unigram,
                             .end = unigram->place[id] + unigram->length[id],
                             .best = -HUGE_VAL,
                             .forbidden = id};
        enumerate(&cuts, unigram->place[id], 0, false);
        assert_true(fabs(score - cuts.best) < 1e-9);
        for (uint32_t i = 0; i < n; i++)
            score -= unigram->score[part[i]];
        assert_true(fabs(score) < 1e-9);
    }
}

static void test_expectations(void **state)
{
    (void)state;
    static struct cuts cuts;
    for (uint64_t seed = 1; seed < 6; seed++) {
        struct cpl_unigram_state unigram = {
            .words = make_words(seed, 30, 9, 4), .n_kinds = 4, .max_length = 6, .threads = 2};
        double likelihood, expected_likelihood = 0;
        CHECK(cpl_unigram_seed(&unigram, 1000, error));
        uint32_t n = unigram.n_pieces;
        double *expected = calloc(n, sizeof *expected), *sums = calloc(n, sizeof *sums);
        uint64_t *used = calloc(n, sizeof *used), *best = calloc(n, sizeof *best);
        CHECK(cpl_unigram_expect(&unigram, expected, &likelihood, error));
        CHECK(cpl_unigram_use(&unigram, used, error));
        for (uint32_t w = 0; w < unigram.words.n_words; w++) {
            uint64_t count = unigram.words.count[w];
            cuts = (struct cuts){.unigram = &unigram,
                                 .end = unigram.words.begin[w + 1],
                                 .best = -HUGE_VAL,
                                 .forbidden = UINT32_MAX};
            enumerate(&cuts, unigram.words.begin[w], 0, true);
            expected_likelihood += (double)count * log(cuts.total);
            for (uint32_t i = 0; i < n; i++)
                sums[i] += (double)count * cuts.expected[i] / cuts.total;
            for (uint32_t i = 0; i < cuts.best_n; i++)
                best[cuts.best_piece[i]] += count;
        }
        assert_true(fabs(likelihood - expected_likelihood) < 1e-9 * fabs(likelihood));
        double used_score = 0, best_score = 0;
        for (uint32_t i = 0; i < n; i++) {
            assert_true(fabs(expected[i] - sums[i]) < 1e-6);
            used_score += (double)used[i] * unigram.score[i];
            best_score +=
                (double)best[i] * unigram.score[i]; /* ties may be cut in other ways */
        }
        assert_true(fabs(used_score - best_score) < 1e-9 * fabs(best_score));
        check_pieces(&unigram);
        free(expected);
        free(sums);
        free(used);
        free(best);
        cpl_unigram_state_clear(&unigram);
    }
}

/* In a word far too long for its probability to fit a double every symbol is still in one piece. */
static void test_long_word(void **state)
{
    (void)state;
    struct cpl_unigram_state unigram = {
        .words = make_words(3, 2, 60000, 40), .n_kinds = 40, .max_length = 16, .threads = 1};
    double likelihood, covered = 0, due = 0;
    CHECK(cpl_unigram_seed(&unigram, 100000, error));
    double *expected = calloc(unigram.n_pieces, sizeof *expected);
    CHECK(cpl_unigram_expect(&unigram, expected, &likelihood, error));
    for (uint32_t i = 0; i < unigram.n_pieces; i++)
        covered += expected[i] * unigram.length[i];
    for (uint32_t w = 0; w < 2; w++)
        due += (double)unigram.words.count[w] *
               (unigram.words.begin[w + 1] - unigram.words.begin[w]);
    assert_true(due > 1000);
    assert_true(fabs(covered - due) < 1e-6 * due);
    assert_true(isfinite(likelihood) && likelihood < -1000);
    free(expected);
    cpl_unigram_state_clear(&unigram);
}

/* ---- learning -------------------------------------------------------------------------------- */

static void learn(struct cpl_unigram_state *unigram, uint32_t limit, int threads)
{
    struct cpl_unigram_options options = {
        .seed_size = 5000, .limit = limit, .iterations = 2, .shrinking_factor = 0.75};
    *unigram = (struct cpl_unigram_state){.words = make_words(9, 3000, 20, 12),
                                          .n_kinds = 12,
                                          .max_length = 8,
                                          .threads = threads};
    CHECK(cpl_unigram_learn(unigram, &options, error));
}

static void test_learning(void **state)
{
    (void)state;
    struct cpl_unigram_state one, other;
    learn(&one, 300, 1);
    assert_int_equal(one.n_pieces, 300);
    double sum = 0;
    for (uint32_t i = 0; i < 300; i++)
        sum += exp(one.score[i]);
    assert_true(sum > 0.9 && sum < 1.0001); /* the prior takes a little from rare pieces */
    for (int threads = 2; threads < 5; threads++) {
        learn(&other, 300, threads);
        assert_int_equal(other.n_pieces, 300);
        assert_memory_equal(other.score, one.score, 300 * sizeof *one.score);
        assert_memory_equal(other.place, one.place, 300 * sizeof *one.place);
        assert_memory_equal(other.length, one.length, 300);
        cpl_unigram_state_clear(&other);
    }
    cpl_unigram_state_clear(&one);
    learn(&one, 12, 1); /* symbols only */
    assert_int_equal(one.n_pieces, 12);
    cpl_unigram_state_clear(&one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_suffixes),     cmocka_unit_test(test_seeds),
        cmocka_unit_test(test_expectations), cmocka_unit_test(test_long_word),
        cmocka_unit_test(test_learning),
    };
    return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
