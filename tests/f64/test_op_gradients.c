/* labels: sanitize fast */
/* Every op of ops.def against central differences, with every option it has. */
#include "gradient_check.h"

#define ROUNDS 4

/* A ragged batch: offsets [B+1] of sequences of random lengths. */
#define MAX_SEQUENCES 4
struct ragged {
    int32_t offsets[MAX_SEQUENCES + 1];
    int64_t sequences, tokens;
};

static struct ragged draw_ragged(struct check *check, int64_t longest)
{
    struct ragged ragged = {.sequences = draw_size(check, 1, MAX_SEQUENCES)};
    for (int64_t b = 0; b < ragged.sequences; b++)
        ragged.offsets[b + 1] = ragged.offsets[b] + (int32_t)draw_size(check, 1, longest);
    ragged.tokens = ragged.offsets[ragged.sequences];
    return ragged;
}

/* ---- embed --------------------------------------------------------------------------------------*/

static struct {
    struct cpl_weight *table[CPL_EMBED_TABLES];
    int32_t index[CPL_EMBED_TABLES][32];
    int64_t rows;
} embed;

static struct cpl_value *embed_forward(struct check *check)
{
    const int32_t *const index[] = {embed.index[0], embed.index[1], embed.index[2]};
    return cpl_op_embed(&check->tape, embed.table, index, embed.rows);
}

static void check_embed(uint64_t round)
{
    struct check check;
    check_begin(&check, round);
    int64_t cols = draw_size(&check, 1, 20);
    embed.rows = draw_size(&check, 1, 30);
    for (int t = 0; t < CPL_EMBED_TABLES; t++) {
        int64_t size = draw_size(&check, 1, 6); /* few rows: ids repeat */
        embed.table[t] =
            t == 2 && round == 1 ? NULL : new_weight(&check, "table", size, cols, 0, 1);
        for (int64_t i = 0; i < embed.rows; i++)
            embed.index[t][i] = (int32_t)draw_size(&check, 0, size - 1);
    }
    check.forward = embed_forward;
    compare_all(&check, 1000);
    check_free(&check);
}

/* ---- linear -------------------------------------------------------------------------------------*/

static struct {
    struct cpl_weight *weight, *bias;
    int x, residual; /* -1: none; equal: the input is its own residual */
    enum cpl_activation activation;
} linear;

static struct cpl_value *linear_forward(struct check *check)
{
    struct cpl_linear_options options = {.activation = linear.activation};
    struct cpl_value *x = leaf_of(check, linear.x);
    if (linear.residual >= 0)
        options.residual = linear.residual == linear.x ? x : leaf_of(check, linear.residual);
    return cpl_op_linear(&check->tape, x, linear.weight, linear.bias, &options);
}

static void linear_case(uint64_t seed, enum cpl_activation activation, int residual, bool bias)
{
    struct check check;
    check_begin(&check, seed);
    int64_t rows = draw_size(&check, 1, 9), in = draw_size(&check, 1, 12);
    int64_t out = residual == 2 ? in : draw_size(&check, 1, 12);
    check.prefill = seed % 2;
    linear.x = new_leaf(&check, "x", rows, in);
    linear.weight = new_weight(&check, "weight", out, in, 0, 0.7);
    linear.bias = bias ? new_weight(&check, "bias", 1, out, 0, 0.5) : NULL;
    linear.residual = -1;
    if (residual)
        linear.residual = residual == 2 ? linear.x : new_leaf(&check, "residual", rows, out);
    linear.activation = activation;
    check.forward = linear_forward;
    compare_all(&check, 1000);
    check_free(&check);
}

static void check_linear(uint64_t round)
{
    for (int a = 0; a < CPL_ACTIVATION_COUNT; a++)
        for (int residual = 0; residual < 3; residual++)
            linear_case(round * 100 + (uint64_t)(a * 3 + residual), (enum cpl_activation)a,
                        residual, (a + residual + (int)round) % 3 != 0);
}

/* ---- norm ---------------------------------------------------------------------------------------*/

static struct {
    struct cpl_weight *gamma, *beta;
    int x;
    enum cpl_norm_kind kind;
} norm;

static struct cpl_value *norm_forward(struct check *check)
{
    return cpl_op_norm(&check->tape, leaf_of(check, norm.x), norm.kind, norm.gamma, norm.beta,
                       1e-3);
}

static void check_norm(uint64_t round)
{
    for (int option = 0; option < 4; option++) {
        struct check check;
        check_begin(&check, round * 10 + (uint64_t)option);
        int64_t rows = draw_size(&check, 1, 9), cols = draw_size(&check, 2, 40);
        check.prefill = round % 2;
        norm.kind = option % 2 ? CPL_NORM_RMS : CPL_NORM_LAYER;
        norm.x = new_leaf(&check, "x", rows, cols);
        norm.gamma = new_weight(&check, "gamma", 1, cols, 1, 0.3);
        norm.beta = option < 2 ? new_weight(&check, "beta", 1, cols, 0, 0.3) : NULL;
        check.forward = norm_forward;
        compare_all(&check, 1000);
        check_free(&check);
    }
}

/* ---- pointwise ----------------------------------------------------------------------------------*/

static struct {
    int x, b;
    enum cpl_activation activation;
    double dropout;
    bool kept; /* the op must leave its first argument alone */
} pointwise;

static struct cpl_value *activation_forward(struct check *check)
{
    return cpl_op_activation(&check->tape, leaf_of(check, pointwise.x), pointwise.activation);
}

static void check_activation(uint64_t round)
{
    for (int a = 0; a < CPL_ACTIVATION_COUNT; a++) {
        struct check check;
        check_begin(&check, round * 10 + (uint64_t)a);
        check.prefill = round % 2;
        pointwise.activation = (enum cpl_activation)a;
        pointwise.x = new_leaf(&check, "x", draw_size(&check, 1, 9), draw_size(&check, 1, 20));
        check.forward = activation_forward;
        compare_all(&check, 1000);
        check_free(&check);
    }
}

/* An intermediate value, so that in-place ops may use it up; `kept` says that they may not. */
static struct cpl_value *intermediate(struct check *check)
{
    struct cpl_value *x = leaf_of(check, pointwise.x);
    struct cpl_value *value = cpl_op_activation(&check->tape, x, CPL_ACTIVATION_tanh);
    value->kept = pointwise.kept;
    return value;
}

static struct cpl_value *dropout_forward(struct check *check)
{
    struct cpl_value *once =
        cpl_op_dropout(&check->tape, intermediate(check), pointwise.dropout);
    return cpl_op_dropout(&check->tape, once, pointwise.dropout / 2);
}

static void check_dropout(uint64_t round)
{
    struct check check;
    check_begin(&check, round);
    check.tape.training = true;
    check.prefill = round % 2;
    pointwise.kept = round < 2;
    pointwise.dropout = 0.1 * (double)(round + 1);
    pointwise.x = new_leaf(&check, "x", draw_size(&check, 1, 9), draw_size(&check, 1, 40));
    check.forward = dropout_forward;
    compare_all(&check, 1000);
    check.tape.training = false; /* then it is the identity */
    struct cpl_value *x = leaf_of(&check, pointwise.x);
    assert_ptr_equal(cpl_op_dropout(&check.tape, x, 0.5), x);
    check_free(&check);
}

static struct cpl_value *add_forward(struct check *check)
{
    struct cpl_value *a = intermediate(check);
    return cpl_op_add(&check->tape, a, leaf_of(check, pointwise.b));
}

static void check_add(uint64_t round)
{
    struct check check;
    check_begin(&check, round);
    int64_t rows = draw_size(&check, 1, 9), cols = draw_size(&check, 1, 40);
    check.prefill = round % 2;
    pointwise.kept = round < 2;
    pointwise.x = new_leaf(&check, "a", rows, cols);
    pointwise.b = new_leaf(&check, "b", rows, cols);
    check.forward = add_forward;
    compare_all(&check, 1000);
    check_free(&check);
}

/* ---- gather -------------------------------------------------------------------------------------*/

static struct {
    int x;
    int32_t rows[32];
    int64_t count;
} gather;

static struct cpl_value *gather_forward(struct check *check)
{
    return cpl_op_gather(&check->tape, leaf_of(check, gather.x), gather.rows, gather.count);
}

static void check_gather(uint64_t round)
{
    struct check check;
    check_begin(&check, round);
    int64_t rows = draw_size(&check, 2, 30);
    check.prefill = round % 2;
    gather.count = 0;
    for (int32_t row = 0; row < rows; row++)
        if (row == 1 || draw_size(&check, 0, 2) == 0)
            gather.rows[gather.count++] = row;
    gather.x = new_leaf(&check, "x", rows, draw_size(&check, 1, 20));
    check.forward = gather_forward;
    compare_all(&check, 1000);
    check_free(&check);
}

/* ---- attention ----------------------------------------------------------------------------------*/

static struct {
    int qkv;
    struct ragged ragged;
    struct cpl_attention_options options;
} attention;

static struct cpl_value *attention_forward(struct check *check)
{
    return cpl_op_attention(&check->tape, leaf_of(check, attention.qkv),
                            attention.ragged.offsets, attention.ragged.sequences,
                            &attention.options);
}

static void attention_case(uint64_t seed, bool causal, int64_t window, int64_t groups,
                           double dropout, int64_t longest)
{
    struct check check;
    check_begin(&check, seed);
    check.tape.training = true;
    check.prefill = seed % 2;
    int64_t kv_heads = draw_size(&check, 1, 2);
    struct cpl_attention_options *options = &attention.options;
    *options = (struct cpl_attention_options){.heads = groups * kv_heads,
                                              .kv_heads = kv_heads,
                                              .width = draw_size(&check, 1, 7),
                                              .causal = causal,
                                              .window = window,
                                              .scale = seed % 3 ? 0 : 0.9,
                                              .dropout = dropout};
    attention.ragged = draw_ragged(&check, longest);
    attention.qkv = new_leaf(&check, "qkv", attention.ragged.tokens,
                             (options->heads + 2 * kv_heads) * options->width);
    check.forward = attention_forward;
    compare_all(&check, longest > 12 ? 60 : 400);
    check_free(&check);
}

static void check_attention(uint64_t round)
{
    uint64_t seed = 100 * round;
    for (int causal = 0; causal < 2; causal++)
        for (int64_t window = 0; window < 5; window += 2)
            for (int64_t groups = 1; groups < 4; groups += 2)
                for (int dropped = 0; dropped < 2; dropped++)
                    attention_case(++seed, causal, window, groups, 0.3 * dropped, 8);
    attention_case(++seed, round % 2, 0, 1, 0.2, 150); /* several blocks of keys */
}

/* ---- vocabulary loss ----------------------------------------------------------------------------*/

static struct {
    struct cpl_weight *embedding, *bias;
    int x;
    int32_t labels[600];
    int64_t count;
    double weight;
} vocabulary;

static double vocabulary_loss(struct check *check)
{
    struct cpl_loss loss;
    struct cpl_value *x = leaf_of(check, vocabulary.x);
    cpl_op_vocabulary_loss(&check->tape, &loss, x, vocabulary.embedding, vocabulary.bias,
                           vocabulary.labels, vocabulary.count, vocabulary.weight);
    assert_int_equal(loss.count, vocabulary.count);
    assert_true(loss.correct >= 0 && loss.correct <= loss.count);
    return loss.sum * vocabulary.weight;
}

static void check_vocabulary_loss(uint64_t round)
{
    struct check check;
    check_begin(&check, round);
    check.prefill = round % 2;
    int64_t size = draw_size(&check, 2, 40), width = draw_size(&check, 1, 10);
    vocabulary.count = round < 2 ? draw_size(&check, 1, 20) : draw_size(&check, 513, 600);
    vocabulary.weight = 0.5 + (double)round;
    for (int64_t p = 0; p < vocabulary.count; p++)
        vocabulary.labels[p] = (int32_t)draw_size(&check, 0, size - 1);
    vocabulary.x = new_leaf(&check, "x", vocabulary.count, width);
    vocabulary.embedding = new_weight(&check, "embedding", size, width, 0, 0.7);
    vocabulary.bias = round % 2 ? new_weight(&check, "bias", 1, size, 0, 0.5) : NULL;
    check.loss = vocabulary_loss;
    compare_all(&check, round < 2 ? 300 : 40);
    check_free(&check);
}

/* ---- all ops ------------------------------------------------------------------------------------*/

static void rounds_of(void (*check)(uint64_t round))
{
    for (uint64_t round = 0; round < ROUNDS; round++)
        check(round);
}

#define OP(name)                                                                               \
    static void test_##name(void **state)                                                      \
    {                                                                                          \
        (void)state;                                                                           \
        rounds_of(check_##name);                                                               \
    }
#include "op/ops.def"
#undef OP

int main(void)
{
    const struct CMUnitTest tests[] = {
#define OP(name) cmocka_unit_test(test_##name),
#include "op/ops.def"
#undef OP
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
