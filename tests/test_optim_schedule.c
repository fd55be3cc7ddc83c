/* labels: sanitize fast */
/* Learning rates of every schedule against those of the reference formulas. */
#include "base/json_file.h"
#include "optim/schedule.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static json_t *load(const char *name)
{
    char path[512];
    json_t *value = NULL;
    const char *source = getenv("COUPLET_SOURCE");
    snprintf(path, sizeof path, "%s/tests/golden/optim/%s", source ? source : ".", name);
    assert_int_equal(cpl_json_load(&value, path, 0, NULL), CPL_OK);
    return value;
}

static double number(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

static void test_goldens(void **state)
{
    (void)state;
    json_t *records = load("schedules.json"), *record, *lr;
    size_t i, step;
    assert_true(json_array_size(records) >= CPL_SCHEDULE_COUNT);
    json_array_foreach (records, i, record) {
        struct cpl_schedule schedule = {
            .id = cpl_schedule_find(json_string_value(json_object_get(record, "schedule"))),
            .warmup = (int64_t)number(record, "warmup"),
            .steps = (int64_t)number(record, "steps"),
            .min_share = number(record, "min_share")};
        assert_true(schedule.id < CPL_SCHEDULE_COUNT);
        json_array_foreach (json_object_get(record, "lr"), step, lr) {
            double expected = json_number_value(lr);
            double found =
                number(record, "peak") * cpl_schedule_share(&schedule, (int64_t)step);
            assert_true(fabs(found - expected) <= 1e-12 * fabs(expected) + 1e-18);
        }
        assert_int_equal(step, schedule.steps);
    }
    json_decref(records);
}

static void test_beyond_the_end(void **state)
{
    (void)state;
    for (int id = 0; id < CPL_SCHEDULE_COUNT; id++) {
        struct cpl_schedule schedule = {(enum cpl_schedule_id)id, 2, 10, 0.1};
        double share = cpl_schedule_share(&schedule, 1000);
        assert_true(share > 0 && share <= 1);
        if (cpl_schedule_has_end((enum cpl_schedule_id)id))
            assert_true(fabs(share - 0.1) < 1e-12);
    }
    assert_int_equal(cpl_schedule_find("none of these"), CPL_SCHEDULE_COUNT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_goldens),
        cmocka_unit_test(test_beyond_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
