/* labels: sanitize */
/* Logits, hidden states, loss and every gradient of tiny models against those of transformers and
 * PyTorch (tests/golden/models), for every instruction set this processor has, whole and, where the
 * model is a decoder, token by token through the cache. */
#include "model_fixture.h"

#include "format/safetensors.h"

static float *values_of(const struct cpl_safetensors_entry *entry)
{
    float *values = calloc((size_t)cpl_safetensors_elements(entry) + 1, sizeof *values);
    assert_non_null(values);
    CHECK(cpl_safetensors_read_f32(entry, values, error));
    return values;
}

static double largest_of(const float *values, int64_t count)
{
    double largest = 0;
    for (int64_t i = 0; i < count; i++)
        largest = fmax(largest, fabs((double)values[i]));
    return largest;
}

static bool is_gradient(const char *name) { return strncmp(name, "grad.", 5) == 0; }

/* The largest of all gradients: some, such as that of a key's bias, are zero but for rounding. */
static double largest_gradient(const struct cpl_safetensors *file)
{
    double largest = 0;
    for (size_t i = 0; i < file->count; i++) {
        if (!is_gradient(file->entry[i].name))
            continue;
        float *values = values_of(&file->entry[i]);
        largest = fmax(largest, largest_of(values, cpl_safetensors_elements(&file->entry[i])));
        free(values);
    }
    return largest;
}

/* Of a difference, as shares of the largest value. */
struct bounds {
    double largest, typical; /* typical: root mean square over a tensor */
};
static const struct bounds exact = {1e-4, 1e-5};
/* bf16 keeps 8 bits of each activation, and layers of large random weights lose a few of them. */
static const struct bounds near = {0.2, 0.02};

static void compare_entry(const char *what, const struct cpl_safetensors_entry *expected,
                          const struct cpl_safetensors_entry *found, double scale,
                          struct bounds bounds)
{
    if (!found)
        fail_msg("%s: %s is missing", what, expected->name);
    assert_int_equal(found->rank, expected->rank);
    for (int i = 0; i < expected->rank; i++)
        assert_int_equal(found->shape[i], expected->shape[i]);
    float *a = values_of(expected), *b = values_of(found);
    int64_t count = cpl_safetensors_elements(expected);
    if (scale == 0)
        scale = largest_of(a, count);
    double squares = 0;
    for (int64_t i = 0; i < count; i++) {
        double difference = fabs((double)a[i] - b[i]);
        squares += difference * difference;
        if (!(difference <= bounds.largest * scale))
            fail_msg("%s: %s[%lld]: expected %g, found %g, largest %g", what, expected->name,
                     (long long)i, (double)a[i], (double)b[i], scale);
    }
    double typical = sqrt(squares / (double)(count > 0 ? count : 1));
    if (!(typical <= bounds.typical * scale))
        fail_msg("%s: %s: differs by %g typically, largest %g", what, expected->name, typical,
                 scale);
    free(a);
    free(b);
}

struct golden {
    const char *directory; /* of the golden model */
    const char *isa, *dtype;
    bool cached;
    struct bounds bounds;
};

static void run_case(const struct golden *golden, const char *output)
{
    char input[600];
    snprintf(input, sizeof input, "%s/input.jsonl", golden->directory);
    struct cpl_device *device = new_device(2, golden->isa, golden->dtype);
    struct cpl_model *model = NULL;
    CHECK(cpl_model_load(&model, golden->directory, device, error));
    assert_int_equal(json_array_size(model->unused), 0);
    if (!golden->cached || !cpl_model_is_masked(model)) {
        struct cpl_forward_options options = {.gradients = !golden->cached,
                                              .cached = golden->cached};
        CHECK(cpl_model_forward_file(model, input, output, &options, error));
    }
    cpl_model_free(model);
    cpl_device_free(device);
}

static void compare_case(const struct golden *golden, const char *output)
{
    char path[600];
    struct cpl_safetensors expected = {0}, found = {0};
    snprintf(path, sizeof path, "%s/expected.safetensors", golden->directory);
    CHECK(cpl_safetensors_open(&expected, path, error));
    CHECK(cpl_safetensors_open(&found, output, error));
    double gradient = largest_gradient(&expected);
    assert_true(expected.count > 10 && gradient > 0);
    for (size_t i = 0; i < expected.count; i++) {
        const struct cpl_safetensors_entry *entry = &expected.entry[i];
        if (golden->cached && is_gradient(entry->name))
            continue;
        compare_entry(golden->directory, entry, cpl_safetensors_find(&found, entry->name),
                      is_gradient(entry->name) ? gradient : 0, golden->bounds);
    }
    cpl_safetensors_close(&expected);
    cpl_safetensors_close(&found);
}

/* All golden models with one instruction set and type. */
static void check_all(const char *isa, const char *dtype, bool cached, struct bounds bounds)
{
    char root[512], scratch[64], **names = NULL;
    size_t count = 0;
    const char *source = getenv("COUPLET_SOURCE");
    snprintf(root, sizeof root, "%s/tests/golden/models", source ? source : ".");
    CHECK(cpl_directory_list(&names, &count, root, error));
    assert_true(count >= 8);
    make_scratch(scratch);
    for (size_t i = 0; i < count; i++) {
        char directory[560], output[90];
        snprintf(directory, sizeof directory, "%s/%s", root, names[i]);
        snprintf(output, sizeof output, "%s/%d", scratch, (int)i);
        struct golden golden = {directory, isa, dtype, cached, bounds};
        run_case(&golden, output);
        if (cpl_file_exists(output))
            compare_case(&golden, output);
    }
    cpl_names_free(names, count);
    remove_scratch(scratch);
}

static void test_every_isa(void **state)
{
    (void)state;
    for (int isa = 0; isa < CPL_ISA_COUNT; isa++)
        if (cpl_isa_mask() & 1u << isa)
            check_all(cpl_isa_name((enum cpl_isa)isa), "f32", false, exact);
}

static void test_cached(void **state)
{
    (void)state;
    check_all("auto", "f32", true, exact);
}

static void test_bf16_is_near(void **state)
{
    (void)state;
    check_all("auto", "bf16", false, near);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_isa),
        cmocka_unit_test(test_cached),
        cmocka_unit_test(test_bf16_is_near),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
