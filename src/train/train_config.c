/* Options as a run writes them down: config.yaml, and what a resumed run is bound by. */
#include "train/training.h"

#include "base/memory.h"
#include "base/number.h"
#include "base/try.h"

#include <stdlib.h>

static json_t *bound_text(const char *value)
{
    return value ? json_string(value) : json_null();
}
static json_t *bound_int(int64_t value) { return json_integer(value); }
static json_t *bound_real(double value) { return json_real(value); }
static json_t *bound_flag(bool value) { return json_boolean(value); }

json_t *cpl_train_setup_bound(const struct cpl_train_setup *setup)
{
    const struct cpl_train_options *options = &setup->options;
    json_t *out = json_object();
    int failed = !out;
#define TRAIN_OPTION(field, type, binds)                                                       \
    if (binds)                                                                                 \
        failed |= json_object_set_new(out, cpl_option_row(CPL_OPTION_##field)->name,           \
                                      bound_##type(options->field)) != 0;
#include <couplet/train.def>
#undef TRAIN_OPTION
    if (cpl_schedule_has_end(setup->schedule.id))
        failed |= json_object_set_new(out, "steps", json_integer(setup->schedule.steps)) != 0;
    if (failed) {
        json_decref(out);
        return NULL;
    }
    return out;
}

static cpl_status dump_text(struct cpl_options *values, enum cpl_option_id id,
                            const char *value, struct cpl_error *error)
{
    return value ? cpl_options_set(values, id, value, error) : CPL_OK;
}

static cpl_status dump_int(struct cpl_options *values, enum cpl_option_id id, int64_t value,
                           struct cpl_error *error)
{
    char *text = NULL;
    CPL_TRY(cpl_text_format(&text, error, "%lld", (long long)value));
    cpl_status status = cpl_options_set(values, id, text, error);
    free(text);
    return status;
}

static cpl_status dump_real(struct cpl_options *values, enum cpl_option_id id, double value,
                            struct cpl_error *error)
{
    char text[40];
    cpl_number_print_real(text, sizeof text, value);
    return cpl_options_set(values, id, text, error);
}

static cpl_status dump_flag(struct cpl_options *values, enum cpl_option_id id, bool value,
                            struct cpl_error *error)
{
    return cpl_options_set(values, id, value ? "yes" : "no", error);
}

static cpl_status fill_values(const struct cpl_train_setup *setup,
                              const struct cpl_device *device, struct cpl_options *values,
                              struct cpl_error *error)
{
    const struct cpl_train_options *options = &setup->options;
#define TRAIN_OPTION(field, type, binds)                                                       \
    CPL_TRY(dump_##type(values, CPL_OPTION_##field, options->field, error));
#include <couplet/train.def>
#undef TRAIN_OPTION
    CPL_TRY(cpl_options_set(values, CPL_OPTION_dtype, cpl_device_dtype(device), error));
    CPL_TRY(cpl_options_set(values, CPL_OPTION_isa, cpl_device_isa(device), error));
    return dump_int(values, CPL_OPTION_threads, cpl_device_threads(device), error);
}

cpl_status cpl_train_setup_yaml(const struct cpl_train_setup *setup,
                                const struct cpl_device *device, char **yaml,
                                struct cpl_error *error)
{
    const char *accepted[CPL_OPTION_COUNT + 1] = {0};
    int count = 0;
#define TRAIN_OPTION(field, type, binds)                                                       \
    accepted[count++] = cpl_option_row(CPL_OPTION_##field)->name;
#include <couplet/train.def>
#undef TRAIN_OPTION
    accepted[count++] = "dtype";
    accepted[count++] = "isa";
    accepted[count++] = "threads";
    struct cpl_options *values = NULL;
    CPL_TRY(cpl_options_new(&values, accepted, error));
    cpl_status status = fill_values(setup, device, values, error);
    if (status == CPL_OK)
        status = cpl_options_dump(values, false, yaml, error);
    cpl_options_free(values);
    return status;
}
