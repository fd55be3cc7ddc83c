/* Gradients against central differences, in double precision.
 *
 * A check has variables (leaf values and weights) and a forward that records ops on the tape.  What
 * is differentiated is L = sum of y r over a fixed random r, or the forward's own loss.  Gradients of
 * weights begin at a constant, those of leaves with a part of their own in every second round, so
 * that "added to" is checked as well. */
#ifndef CPL_TESTS_GRADIENT_CHECK_H
#define CPL_TESTS_GRADIENT_CHECK_H

#include "kernel/device.h"
#include "op/op.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define MAX_VARIABLES 160
#define GRADIENT_BEFORE 0.375

struct variable {
    const char *name;
    struct cpl_weight *weight; /* NULL: a leaf */
    struct cpl_tensor data;
    struct cpl_value *leaf; /* of the last forward */
    double *analytic;
};

struct check {
    struct cpl_device *device;
    struct cpl_tape tape;
    struct variable variable[MAX_VARIABLES];
    int count;
    double (*loss)(struct check *); /* the forward's own loss; NULL: sum of y r */
    struct cpl_value *(*forward)(struct check *);
    void *context;
    bool prefill; /* leaves begin with a gradient */
    uint64_t draws;
};

static inline double draw(struct check *check)
{
    return cpl_rng_normal((struct cpl_rng_key){.seed = 7, .stream = CPL_RNG_TEST},
                          check->draws++);
}

/* Uniform in [low, high]. */
static inline int64_t draw_size(struct check *check, int64_t low, int64_t high)
{
    struct cpl_rng_key key = {.seed = 8, .stream = CPL_RNG_TEST};
    return low + (int64_t)cpl_rng_below(key, check->draws++, (uint64_t)(high - low + 1));
}

/* The fixed r of L = sum y r. */
static inline double output_factor(int64_t row, int64_t col)
{
    return cpl_rng_normal((struct cpl_rng_key){.seed = 9, .stream = CPL_RNG_TEST},
                          (uint64_t)(row * 1000 + col));
}

static inline void fill_random(struct check *check, struct cpl_tensor x, double mean,
                               double scale)
{
    for (int64_t i = 0; i < cpl_tensor_count(x); i++)
        ((double *)x.data)[i] = mean + scale * draw(check);
}

static inline struct cpl_tensor new_tensor(int64_t rows, int64_t cols)
{
    double *data = calloc((size_t)(rows * cols) + 1, sizeof *data);
    assert_non_null(data);
    return cpl_tensor_of(data, rows, cols, CPL_DTYPE_f32);
}

static inline struct variable *add_variable(struct check *check, const char *name,
                                            struct cpl_tensor data, struct cpl_weight *weight)
{
    assert_true(check->count < MAX_VARIABLES);
    struct variable *variable = &check->variable[check->count++];
    *variable = (struct variable){.name = name, .weight = weight, .data = data};
    variable->analytic = calloc((size_t)cpl_tensor_count(data) + 1, sizeof(double));
    assert_non_null(variable->analytic);
    return variable;
}

/* A random weight that is a variable; freed by check_free. */
static inline struct cpl_weight *new_weight(struct check *check, const char *name, int64_t rows,
                                            int64_t cols, double mean, double scale)
{
    struct cpl_weight *weight = calloc(1, sizeof *weight);
    assert_non_null(weight);
    weight->value = new_tensor(rows, cols);
    weight->gradient = new_tensor(rows, cols);
    weight->version = 1;
    fill_random(check, weight->value, mean, scale);
    add_variable(check, name, weight->value, weight);
    return weight;
}

/* A random leaf that is a variable: its number, for leaf_of in the forward. */
static inline int new_leaf(struct check *check, const char *name, int64_t rows, int64_t cols)
{
    struct cpl_tensor data = new_tensor(rows, cols);
    fill_random(check, data, 0, 1);
    add_variable(check, name, data, NULL);
    return check->count - 1;
}

static inline struct cpl_value *leaf_of(struct check *check, int number)
{
    struct variable *variable = &check->variable[number];
    variable->leaf = cpl_tape_leaf(&check->tape, variable->data, true);
    return variable->leaf;
}

static inline void check_begin(struct check *check, uint64_t seed)
{
    *check = (struct check){.draws = seed << 32};
    struct cpl_error error = {0};
    if (cpl_device_new(&check->device, &(struct cpl_device_options){.threads = 2}, &error) !=
        CPL_OK)
        fail_msg("%s", error.message);
    cpl_tape_init(&check->tape, &check->device->queue, CPL_DTYPE_f32);
    check->tape.dropout_key = (struct cpl_rng_key){.seed = 5, .step = 3};
    check->tape.token_base = 11;
}

static inline void check_free(struct check *check)
{
    for (int i = 0; i < check->count; i++) {
        struct variable *variable = &check->variable[i];
        free(variable->analytic);
        if (!variable->weight) {
            free(variable->data.data);
        } else if (!check->context) { /* weights of a model are the model's */
            free(variable->weight->value.data);
            free(variable->weight->gradient.data);
            free(variable->weight->forward.data);
            free(variable->weight->backward.data);
            free(variable->weight);
        }
    }
    cpl_tape_clear(&check->tape);
    cpl_device_free(check->device);
}

static inline double weighted_sum(struct cpl_tensor y)
{
    double sum = 0;
    for (int64_t row = 0; row < y.rows; row++)
        for (int64_t col = 0; col < y.cols; col++)
            sum += cpl_tensor_get(y, row, col) * output_factor(row, col);
    return sum;
}

static inline double evaluate(struct check *check)
{
    cpl_tape_reset(&check->tape);
    double loss = check->loss ? check->loss(check) : weighted_sum(check->forward(check)->data);
    struct cpl_error error = {0};
    if (cpl_tape_check(&check->tape, &error) != CPL_OK)
        fail_msg("%s", error.message);
    return loss;
}

static inline void seed_gradient(struct check *check, struct cpl_value *y)
{
    bool first;
    struct cpl_tensor dy = cpl_tape_gradient(&check->tape, y, &first);
    assert_true(first);
    for (int64_t row = 0; row < dy.rows; row++)
        for (int64_t col = 0; col < dy.cols; col++)
            cpl_tensor_set(dy, row, col, output_factor(row, col));
}

static inline void prefill(struct check *check, struct variable *variable)
{
    if (variable->weight) {
        double *gradient = variable->weight->gradient.data;
        for (int64_t i = 0; i < cpl_tensor_count(variable->data); i++)
            gradient[i] = GRADIENT_BEFORE;
    } else if (check->prefill) {
        bool first;
        struct cpl_tensor gradient = cpl_tape_gradient(&check->tape, variable->leaf, &first);
        for (int64_t i = 0; i < cpl_tensor_count(gradient); i++)
            ((double *)gradient.data)[i] = GRADIENT_BEFORE;
    }
}

static inline void collect(struct check *check, struct variable *variable)
{
    bool before = variable->weight || check->prefill;
    const double *gradient =
        variable->weight ? variable->weight->gradient.data : variable->leaf->gradient.data;
    assert_non_null(gradient);
    for (int64_t i = 0; i < cpl_tensor_count(variable->data); i++)
        variable->analytic[i] = gradient[i] - (before ? GRADIENT_BEFORE : 0);
}

/* Forward, backward; the loss op computes gradients on the way, so weights are filled before. */
static inline void run_analytic(struct check *check)
{
    struct cpl_error error = {0};
    check->tape.recording = true;
    for (int i = 0; i < check->count; i++)
        if (check->variable[i].weight)
            prefill(check, &check->variable[i]);
    cpl_tape_reset(&check->tape);
    if (check->loss)
        check->loss(check);
    else
        seed_gradient(check, check->forward(check));
    for (int i = 0; i < check->count; i++)
        if (!check->variable[i].weight)
            prefill(check, &check->variable[i]);
    if (cpl_tape_backward(&check->tape, &error) != CPL_OK)
        fail_msg("%s", error.message);
    for (int i = 0; i < check->count; i++)
        collect(check, &check->variable[i]);
}

static inline void compare_element(struct check *check, struct variable *variable, int64_t i,
                                   double largest)
{
    const double step = 1e-5;
    double *x = (double *)variable->data.data + i, old = *x, value[2];
    for (int side = 0; side < 2; side++) {
        *x = side ? old - step : old + step;
        if (variable->weight)
            variable->weight->version++;
        value[side] = evaluate(check);
    }
    *x = old;
    if (variable->weight)
        variable->weight->version++;
    double numeric = (value[0] - value[1]) / (2 * step), analytic = variable->analytic[i];
    double bound = 1e-5 * fmax(fabs(numeric), fabs(analytic)) + 1e-8 * (1e-2 + largest);
    if (!(fabs(numeric - analytic) <= bound))
        fail_msg("%s[%lld]: backward gives %.12g, differences give %.12g", variable->name,
                 (long long)i, analytic, numeric);
}

/* Every element of every variable, or at most `most` of each, spread evenly. */
static inline void compare_all(struct check *check, int64_t most)
{
    run_analytic(check);
    double recorded = evaluate(check);
    check->tape.recording = false;
    double plain = evaluate(check);
    assert_true(recorded == plain);
    for (int v = 0; v < check->count; v++) {
        struct variable *variable = &check->variable[v];
        int64_t count = cpl_tensor_count(variable->data);
        double largest = 0;
        for (int64_t i = 0; i < count; i++)
            largest = fmax(largest, fabs(variable->analytic[i]));
        int64_t stride = count <= most ? 1 : (count + most - 1) / most;
        for (int64_t i = 0; i < count; i += stride)
            compare_element(check, variable, i, largest);
    }
}

#endif
