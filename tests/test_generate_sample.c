/* labels: sanitize fast */
/* Choosing a token: against what the definitions say about each option. */
#include "generate/sample.h"

#include "generate_fixture.h"

enum { V = 50, DRAWS = 4000 };

static float logits[V];
static struct cpl_candidate work[V];

/* Distinct, no order in them: id 37 is the largest, then 24, 11, ... */
static void fresh_logits(void)
{
    for (int i = 0; i < V; i++)
        logits[i] = 0.1F * (float)(i * 23 % V) - 2;
}

static int32_t choose(const struct cpl_generate_options *options, const uint8_t *skip,
                      double uniform)
{
    fresh_logits();
    return cpl_sample_token(logits, V, skip, options, NULL, 0, uniform, work);
}

/* How often each id comes up when the draw goes evenly through [0, 1). */
static void count_ids(int *count, const struct cpl_generate_options *options)
{
    memset(count, 0, V * sizeof *count);
    for (int i = 0; i < DRAWS; i++)
        count[choose(options, NULL, (i + 0.5) / DRAWS)]++;
}

static void softmax(double *out, double temperature)
{
    double sum = 0;
    fresh_logits();
    for (int i = 0; i < V; i++)
        sum += out[i] = exp(logits[i] / temperature);
    for (int i = 0; i < V; i++)
        out[i] /= sum;
}

/* Ids by falling logit. */
static void ranking(int32_t *rank)
{
    fresh_logits();
    assert_int_equal(cpl_candidates_top(work, logits, V, NULL, V), V);
    for (int i = 0; i < V; i++)
        rank[i] = work[i].id;
    for (int i = 1; i < V; i++)
        assert_true(logits[rank[i - 1]] > logits[rank[i]]);
}

static void test_top(void **state)
{
    (void)state;
    float scores[] = {1, 5, 5, NAN, 7, INFINITY, -2, 5};
    uint8_t skip[] = {0, 0, 0, 0, 1, 0, 0, 0};
    const int32_t expected[] = {1, 2, 7, 0, 6};
    for (int32_t wanted = 1; wanted <= 8; wanted++) {
        int held = cpl_candidates_top(work, scores, 8, skip, wanted);
        assert_int_equal(held, wanted < 5 ? wanted : 5);
        for (int i = 0; i < held; i++)
            assert_int_equal(work[i].id, expected[i]);
    }
}

static void test_greedy(void **state)
{
    (void)state;
    int32_t rank[V];
    ranking(rank);
    struct cpl_generate_options options = {.greedy = true, .temperature = 5, .top_p = 0.9};
    assert_int_equal(choose(&options, NULL, 0.99), rank[0]);
    uint8_t skip[V] = {0};
    skip[rank[0]] = skip[rank[1]] = 1;
    assert_int_equal(choose(&options, skip, 0), rank[2]);
}

static void test_probabilities(void **state)
{
    (void)state;
    const double temperatures[] = {0, 0.5, 3};
    for (int t = 0; t < 3; t++) {
        struct cpl_generate_options options = {.temperature = temperatures[t]};
        double expected[V];
        int count[V];
        softmax(expected, temperatures[t] > 0 ? temperatures[t] : 1);
        count_ids(count, &options);
        for (int i = 0; i < V; i++)
            assert_true(fabs(count[i] - expected[i] * DRAWS) <= 1.01);
    }
}

static void test_temperature_limits(void **state)
{
    (void)state;
    int32_t rank[V];
    int count[V];
    ranking(rank);
    count_ids(count, &(struct cpl_generate_options){.temperature = 1e-6});
    assert_int_equal(count[rank[0]], DRAWS);
    count_ids(count, &(struct cpl_generate_options){.temperature = 1e9});
    for (int i = 0; i < V; i++)
        assert_in_range(count[i], DRAWS / V - 1, DRAWS / V + 1);
}

static void test_top_k(void **state)
{
    (void)state;
    int32_t rank[V];
    int count[V];
    ranking(rank);
    for (int32_t k = 1; k <= V + 10; k += 7) {
        count_ids(count, &(struct cpl_generate_options){.top_k = k});
        for (int i = 0; i < V; i++)
            assert_int_equal(count[rank[i]] > 0, i < k);
    }
}

static void test_top_p(void **state)
{
    (void)state;
    int32_t rank[V];
    double probability[V];
    int count[V];
    ranking(rank);
    softmax(probability, 0.4);
    for (double p = 0.05; p < 1; p += 0.15) {
        count_ids(count, &(struct cpl_generate_options){.top_p = p, .temperature = 0.4});
        double reached = 0;
        for (int i = 0; i < V; i++) {
            double share = count[rank[i]] / (double)DRAWS;
            assert_true(share > 0 || reached >= p || probability[rank[i]] * DRAWS < 2);
            assert_true(share == 0 || reached < p);
            reached += probability[rank[i]];
        }
    }
}

static void test_repetition_penalty(void **state)
{
    (void)state;
    int32_t rank[V];
    ranking(rank);
    struct cpl_generate_options options = {.greedy = true, .repetition_penalty = 2};
    const int32_t history[] = {rank[0], rank[0], rank[0], rank[V - 1], -1, V};
    fresh_logits();
    float best = logits[rank[0]], worst = logits[rank[V - 1]];
    assert_true(best > 0 && worst < 0);
    assert_int_equal(cpl_sample_token(logits, V, NULL, &options, history, 6, 0, work), rank[1]);
    assert_float_equal(logits[rank[0]], best / 2, 1e-6);
    assert_float_equal(logits[rank[V - 1]], worst * 2, 1e-6);
}

static void test_nothing_left(void **state)
{
    (void)state;
    uint8_t skip[V];
    memset(skip, 1, sizeof skip);
    assert_int_equal(choose(&(struct cpl_generate_options){0}, skip, 0.5), -1);
    assert_int_equal(choose(&(struct cpl_generate_options){.greedy = true}, skip, 0.5), -1);
    for (int i = 0; i < V; i++)
        logits[i] = NAN;
    struct cpl_generate_options options = {.top_p = 0.5};
    assert_int_equal(cpl_sample_token(logits, V, NULL, &options, NULL, 0, 0.5, work), -1);
    logits[9] = -3;
    assert_int_equal(cpl_sample_token(logits, V, NULL, &options, NULL, 0, 0.5, work), 9);
}

static void test_log_sum_exp(void **state)
{
    (void)state;
    const float large[] = {1000, 1000, 990}, equal[] = {-700, -700, -700, -700};
    assert_float_equal(cpl_log_sum_exp(large, 3), 1000 + log(2 + exp(-10)), 1e-9);
    assert_float_equal(cpl_log_sum_exp(equal, 4), -700 + log(4), 1e-9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_top),
        cmocka_unit_test(test_greedy),
        cmocka_unit_test(test_probabilities),
        cmocka_unit_test(test_temperature_limits),
        cmocka_unit_test(test_top_k),
        cmocka_unit_test(test_top_p),
        cmocka_unit_test(test_repetition_penalty),
        cmocka_unit_test(test_nothing_left),
        cmocka_unit_test(test_log_sum_exp),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
