/* labels: fast */
/* Twenty steps of every optimizer, with clipping and schedule, against PyTorch's
 * (tests/golden/optim). The double-precision build includes this file with a tighter bound. */
#include "base/json_file.h"
#include "base/memory.h"
#include "format/safetensors.h"
#include "optim/optimizer.h"
#include "optim/schedule.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#ifndef BOUND
#define BOUND 1e-5 /* of the largest value of a tensor */
#endif
#define MAX_BLOCKS 16

struct golden {
    json_t *record;
    struct cpl_safetensors tensors;
    struct cpl_optimizer_block block[MAX_BLOCKS];
    const char *name[MAX_BLOCKS];
    int count;
    int64_t flat_size;
    struct cpl_optimizer_options options;
    struct cpl_schedule schedule;
    cpl_real *values, *gradients;
};

static double number(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

static const char *text(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

/* Blocks of one group of parameters; its settings go to the options. */
static void add_group(struct golden *golden, const json_t *group)
{
    bool muon = strcmp(text(group, "optimizer"), "muon") == 0;
    size_t i;
    json_t *parameter;
    json_array_foreach (json_object_get(group, "parameters"), i, parameter) {
        const json_t *shape = json_object_get(parameter, "shape");
        bool vector = json_array_size(shape) == 1;
        int64_t first = json_integer_value(json_array_get(shape, 0));
        struct cpl_optimizer_block *block = &golden->block[golden->count];
        *block = (struct cpl_optimizer_block){
            .begin = golden->flat_size,
            .rows = vector ? 1 : first,
            .cols = vector ? first : json_integer_value(json_array_get(shape, 1)),
            .parts = (int)number(parameter, "split"),
            .matrix = muon,
            .decays = number(group, "weight_decay") > 0};
        golden->name[golden->count++] = text(parameter, "name");
        golden->flat_size += (block->rows * block->cols + 15) / 16 * 16;
        assert_true(golden->count < MAX_BLOCKS);
    }
    struct cpl_optimizer_options *options = &golden->options;
    if (number(group, "weight_decay") > 0)
        options->weight_decay = number(group, "weight_decay");
    if (muon) {
        options->id = CPL_OPTIMIZER_muon;
        options->lr = number(group, "peak");
        options->momentum = number(group, "momentum");
        options->adjust = strcmp(text(group, "adjust_lr"), "original") == 0
                              ? CPL_MUON_ORIGINAL
                              : CPL_MUON_MATCH_RMS;
    } else {
        const json_t *betas = json_object_get(group, "betas");
        options->adamw_lr = number(group, "peak");
        options->beta1 = json_number_value(json_array_get(betas, 0));
        options->beta2 = json_number_value(json_array_get(betas, 1));
        options->eps = number(group, "eps");
    }
}

static void load_golden(struct golden *golden, const char *name)
{
    char path[512];
    const char *source = getenv("COUPLET_SOURCE");
    size_t i;
    json_t *group;
    *golden = (struct golden){.options = {.id = CPL_OPTIMIZER_adamw}};
    snprintf(path, sizeof path, "%s/tests/golden/optim/%s.json", source ? source : ".", name);
    assert_int_equal(cpl_json_load(&golden->record, path, 0, NULL), CPL_OK);
    snprintf(path, sizeof path, "%s/tests/golden/optim/%s.safetensors", source ? source : ".",
             name);
    assert_int_equal(cpl_safetensors_open(&golden->tensors, path, NULL), CPL_OK);
    json_array_foreach (json_object_get(golden->record, "groups"), i, group)
        add_group(golden, group);
    if (golden->options.id == CPL_OPTIMIZER_adamw)
        golden->options.lr = golden->options.adamw_lr;
    golden->schedule =
        (struct cpl_schedule){.id = cpl_schedule_find(text(golden->record, "schedule")),
                              .warmup = (int64_t)number(golden->record, "warmup"),
                              .steps = (int64_t)number(golden->record, "steps"),
                              .min_share = number(golden->record, "min_share")};
    size_t size = (size_t)golden->flat_size;
    assert_int_equal(cpl_memory_new(&golden->values, size, sizeof(cpl_real), NULL), CPL_OK);
    assert_int_equal(cpl_memory_new(&golden->gradients, size, sizeof(cpl_real), NULL), CPL_OK);
}

static void clear_golden(struct golden *golden)
{
    json_decref(golden->record);
    cpl_safetensors_close(&golden->tensors);
    free(golden->values);
    free(golden->gradients);
}

/* Tensor "PREFIX.NAME" of a block as f32, or NULL. */
static float *read_tensor(const struct golden *golden, const char *prefix, int block)
{
    char name[128];
    snprintf(name, sizeof name, "%s.%s", prefix, golden->name[block]);
    const struct cpl_safetensors_entry *entry = cpl_safetensors_find(&golden->tensors, name);
    if (!entry)
        return NULL;
    float *out = malloc((size_t)cpl_safetensors_elements(entry) * sizeof *out);
    assert_non_null(out);
    assert_int_equal(cpl_safetensors_elements(entry),
                     golden->block[block].rows * golden->block[block].cols);
    assert_int_equal(cpl_safetensors_read_f32(entry, out, NULL), CPL_OK);
    return out;
}

static void fill(const struct golden *golden, const char *prefix, cpl_real *flat)
{
    for (int i = 0; i < golden->count; i++) {
        float *values = read_tensor(golden, prefix, i);
        assert_non_null(values);
        for (int64_t k = 0; k < golden->block[i].rows * golden->block[i].cols; k++)
            flat[golden->block[i].begin + k] = (cpl_real)values[k];
        free(values);
    }
}

/* Number of tensors compared. */
static int compare(const struct golden *golden, const char *prefix)
{
    int compared = 0;
    for (int i = 0; i < golden->count; i++) {
        float *expected = read_tensor(golden, prefix, i);
        double largest = 0, difference = 0;
        for (int64_t k = 0; expected && k < golden->block[i].rows * golden->block[i].cols;
             k++) {
            double found = (double)golden->values[golden->block[i].begin + k];
            largest = fmax(largest, fabs((double)expected[k]));
            difference = fmax(difference, fabs(found - (double)expected[k]));
        }
        if (!(difference <= BOUND * largest))
            fail_msg("%s.%s differs by %g of %g", prefix, golden->name[i], difference, largest);
        compared += expected != NULL;
        free(expected);
    }
    return compared;
}

static void run(const char *name)
{
    struct golden golden;
    struct cpl_optimizer *optimizer = NULL;
    struct cpl_kernels kernels;
    struct cpl_queue queue = {.kernels = &kernels, .threads = 2};
    int compared = 0;
    cpl_kernels_init(&kernels, cpl_isa_mask());
    load_golden(&golden, name);
    assert_int_equal(
        cpl_optimizer_new(&optimizer, &golden.options, golden.block, golden.count, NULL),
        CPL_OK);
    fill(&golden, "init", golden.values);
    for (int64_t step = 0; step < golden.schedule.steps; step++) {
        char prefix[40];
        snprintf(prefix, sizeof prefix, "grad.%d", (int)step);
        fill(&golden, prefix, golden.gradients);
        double norm = cpl_flat_norm(&queue, golden.gradients, golden.flat_size);
        double expected = json_number_value(
            json_array_get(json_object_get(golden.record, "norms"), (size_t)step));
        assert_true(fabs(norm - expected) <= 1e-6 * expected);
        cpl_optimizer_step(optimizer, &queue, golden.values, golden.gradients,
                           cpl_clip_scale(norm, number(golden.record, "clip")),
                           cpl_schedule_share(&golden.schedule, step));
        snprintf(prefix, sizeof prefix, "param.%d", (int)step);
        compared += compare(&golden, prefix);
    }
    assert_int_equal(compared, 5 * golden.count);
    cpl_optimizer_free(optimizer);
    cpl_arena_clear(&queue.scratch);
    clear_golden(&golden);
}

static void test_adamw_linear(void **state)
{
    (void)state;
    run("adamw-linear");
}

static void test_adamw_cosine(void **state)
{
    (void)state;
    run("adamw-cosine");
}

static void test_muon_original(void **state)
{
    (void)state;
    run("muon-original");
}

static void test_muon_match_rms(void **state)
{
    (void)state;
    run("muon-match-rms");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_adamw_linear),
        cmocka_unit_test(test_adamw_cosine),
        cmocka_unit_test(test_muon_original),
        cmocka_unit_test(test_muon_match_rms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
