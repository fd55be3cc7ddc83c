/* The option table and its values: see <couplet/options.h>. */
#include "base/memory.h"
#include "base/number.h"
#include "base/options_internal.h"
#include "base/try.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define NAME_BYTES 32

static struct cpl_option table[CPL_OPTION_COUNT] = {
#define OPTION_GROUP(name, title) {title, CPL_OPTION_TYPE_group, NULL, 0, 0, NULL, NULL},
#define OPTION(name, type, default_text, minimum, maximum, unit, help)                         \
    {#name, CPL_OPTION_TYPE_##type, default_text, minimum, maximum, unit, help},
#include <couplet/options.def>
#undef OPTION
#undef OPTION_GROUP
};
static pthread_once_t table_once = PTHREAD_ONCE_INIT;

/* The preprocessor cannot make "batch-tokens" of batch_tokens; this does, once. */
static void hyphenate_names(void)
{
    static char names[CPL_OPTION_COUNT][NAME_BYTES];
    for (int id = 0; id < CPL_OPTION_COUNT; id++) {
        if (table[id].type == CPL_OPTION_TYPE_group)
            continue;
        assert(strlen(table[id].name) < NAME_BYTES);
        for (size_t i = 0; table[id].name[i]; i++)
            names[id][i] = table[id].name[i] == '_' ? '-' : table[id].name[i];
        table[id].name = names[id];
    }
}

const struct cpl_option *cpl_option_row(enum cpl_option_id id)
{
    pthread_once(&table_once, hyphenate_names);
    assert(id < CPL_OPTION_COUNT);
    return &table[id];
}

enum cpl_option_id cpl_option_find(const char *name)
{
    for (enum cpl_option_id id = 0; id < CPL_OPTION_COUNT; id++)
        if (cpl_option_row(id)->type != CPL_OPTION_TYPE_group &&
            strcmp(cpl_option_row(id)->name, name) == 0)
            return id;
    return CPL_OPTION_COUNT;
}

const char *cpl_option_suggest(const struct cpl_options *options, const char *name)
{
    const char *names[CPL_OPTION_COUNT] = {0};
    for (enum cpl_option_id id = 0; id < CPL_OPTION_COUNT; id++)
        if (cpl_option_row(id)->type != CPL_OPTION_TYPE_group &&
            (!options || options->value[id].accepted))
            names[id] = cpl_option_row(id)->name;
    return cpl_name_suggest(names, CPL_OPTION_COUNT, name);
}

/* ---- making and freeing ------------------------------------------------------------------ */

/* "steps=100": accepts steps and gives it a default of its own. */
static cpl_status accept_option(struct cpl_options *options, const char *entry,
                                struct cpl_error *error)
{
    char name[NAME_BYTES] = "";
    const char *equals = strchr(entry, '=');
    size_t length = equals ? (size_t)(equals - entry) : strlen(entry);
    if (length < NAME_BYTES)
        memcpy(name, entry, length);
    enum cpl_option_id id = cpl_option_find(name);
    if (id == CPL_OPTION_COUNT)
        return cpl_error_set(error, CPL_ERROR_INTERNAL, entry, "not in the option table");
    options->value[id].accepted = true;
    const char *value = equals ? equals + 1 : cpl_option_row(id)->default_text;
    return value ? cpl_option_take(options, id, value, CPL_ORIGIN_DEFAULT, entry, error)
                 : CPL_OK;
}

cpl_status cpl_options_new(struct cpl_options **out, const char *const *accepted,
                           struct cpl_error *error)
{
    struct cpl_options *options = NULL;
    CPL_TRY(cpl_memory_new(&options, 1, sizeof *options, error));
    cpl_status status = CPL_OK;
    for (size_t i = 0; accepted[i] && status == CPL_OK; i++)
        status = accept_option(options, accepted[i], error);
    if (status != CPL_OK) {
        cpl_options_free(options);
        return status;
    }
    *out = options;
    return CPL_OK;
}

static void clear_texts(struct cpl_option_value *value)
{
    for (size_t i = 0; i < value->n_texts; i++)
        free(value->texts[i]);
    value->n_texts = 0;
}

void cpl_options_free(struct cpl_options *options)
{
    if (!options)
        return;
    for (int id = 0; id < CPL_OPTION_COUNT; id++) {
        clear_texts(&options->value[id]);
        free(options->value[id].texts);
    }
    for (size_t i = 0; i < options->n_positional; i++)
        free(options->positional[i]);
    free(options->positional);
    free(options);
}

/* ---- reading one value ------------------------------------------------------------------- */

static bool in_range(const struct cpl_option *option, double value)
{
    return value >= option->minimum && value <= option->maximum;
}

static void print_bounds(const struct cpl_option *option, char *low, char *high)
{
    const char *ends[2];
    cpl_number_print_real(low, 40, option->minimum);
    cpl_number_print_real(high, 40, option->maximum);
    ends[0] = low;
    ends[1] = high;
    for (int i = 0; i < 2; i++) { /* 5.0 reads better as 5 */
        char *point = strstr(ends[i], ".0");
        if (point && !point[2])
            *point = 0;
    }
}

static cpl_status wrong_number(const struct cpl_option *option, const char *kind,
                               const char *text, const char *where, struct cpl_error *error)
{
    char low[40], high[40];
    print_bounds(option, low, high);
    return cpl_error_set(error, CPL_ERROR_USAGE, where, "\"%s\" is not %s from %s to %s", text,
                         kind, low, high);
}

/* 10k, 5M, 2G: removes the letter from `digits` and says what it multiplies by. */
static int64_t take_multiple(char *digits)
{
    static const char letters[] = "kMG";
    static const int64_t multiples[] = {1000, 1000000, 1000000000};
    size_t length = strlen(digits);
    const char *found = length > 1 ? strchr(letters, digits[length - 1]) : NULL;
    if (!found || !*found)
        return 1;
    digits[length - 1] = 0;
    return multiples[found - letters];
}

static cpl_status read_int(struct cpl_option_value *value, const struct cpl_option *option,
                           const char *text, const char *where, struct cpl_error *error)
{
    char digits[32] = "";
    int64_t number = 0;
    if (strlen(text) < sizeof digits)
        memcpy(digits, text, strlen(text));
    int64_t multiple = take_multiple(digits);
    if (!cpl_number_parse_int(&number, digits) ||
        __builtin_mul_overflow(number, multiple, &number) || !in_range(option, (double)number))
        return wrong_number(option, "a whole number", text, where, error);
    value->integer = number;
    value->real = (double)number;
    return CPL_OK;
}

static cpl_status read_real(struct cpl_option_value *value, const struct cpl_option *option,
                            const char *text, const char *where, struct cpl_error *error)
{
    double number;
    if (!cpl_number_parse_real(&number, text) || !in_range(option, number))
        return wrong_number(option, "a number", text, where, error);
    value->real = number;
    return CPL_OK;
}

/* One "1.5h" of a duration; moves *text on.  A bare number is seconds and must be all there is.
 */
static bool read_duration_part(double *seconds, const char **text, bool first)
{
    static const char letters[] = "smhd";
    static const double lengths[] = {1, 60, 3600, 86400};
    char digits[32] = "";
    double number;
    size_t length = strspn(*text, "0123456789.");
    if (length == 0 || length >= sizeof digits)
        return false;
    memcpy(digits, *text, length);
    if (!cpl_number_parse_real(&number, digits))
        return false;
    *text += length;
    if (!**text) {
        *seconds += number;
        return first;
    }
    const char *found = strchr(letters, **text);
    if (!found)
        return false;
    *seconds += number * lengths[found - letters];
    (*text)++;
    return true;
}

static cpl_status read_duration(struct cpl_option_value *value, const struct cpl_option *option,
                                const char *text, const char *where, struct cpl_error *error)
{
    const char *rest = text;
    double seconds = 0;
    bool good = *text != 0;
    while (good && *rest)
        good = read_duration_part(&seconds, &rest, rest == text);
    if (!good || !in_range(option, seconds))
        return cpl_error_set(error, CPL_ERROR_USAGE, where,
                             "\"%s\" is not a time such as 90s, 5m or 1h30m", text);
    value->real = seconds;
    return CPL_OK;
}

static cpl_status read_flag(struct cpl_option_value *value, const char *text, const char *where,
                            struct cpl_error *error)
{
    static const char *const words[] = {"no", "yes", "false", "true", "off", "on", "0", "1"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(text, words[i]) == 0) {
            value->integer = i % 2;
            return CPL_OK;
        }
    }
    return cpl_error_set(error, CPL_ERROR_USAGE, where, "\"%s\" is neither yes nor no", text);
}

static cpl_status read_choice(const struct cpl_option *option, const char *text,
                              const char *where, struct cpl_error *error)
{
    size_t length = strlen(text);
    for (const char *word = option->unit; word; word = strchr(word, '|')) {
        word += *word == '|';
        if (length && strcspn(word, "|") == length && strncmp(word, text, length) == 0)
            return CPL_OK;
    }
    return cpl_error_set(error, CPL_ERROR_USAGE, where, "\"%s\" is none of %s", text,
                         option->unit);
}

static cpl_status read_value(struct cpl_option_value *value, const struct cpl_option *option,
                             const char *text, const char *where, struct cpl_error *error)
{
    switch (option->type) {
    case CPL_OPTION_TYPE_int: return read_int(value, option, text, where, error);
    case CPL_OPTION_TYPE_real: return read_real(value, option, text, where, error);
    case CPL_OPTION_TYPE_duration: return read_duration(value, option, text, where, error);
    case CPL_OPTION_TYPE_flag: return read_flag(value, text, where, error);
    case CPL_OPTION_TYPE_choice: return read_choice(option, text, where, error);
    case CPL_OPTION_TYPE_text:
    case CPL_OPTION_TYPE_list: return CPL_OK;
    case CPL_OPTION_TYPE_group: break;
    }
    return cpl_error_set(error, CPL_ERROR_INTERNAL, where, "is a heading, not an option");
}

cpl_status cpl_option_take(struct cpl_options *options, enum cpl_option_id id, const char *text,
                           enum cpl_option_origin origin, const char *where,
                           struct cpl_error *error)
{
    struct cpl_option_value *value = &options->value[id];
    const struct cpl_option *option = cpl_option_row(id);
    char *copy = NULL;
    if (!value->accepted || (value->set && value->origin > origin))
        return CPL_OK;
    CPL_TRY(read_value(value, option, text, where, error));
    CPL_TRY(cpl_text_copy(&copy, text, error));
    bool appends =
        option->type == CPL_OPTION_TYPE_list && value->set && value->origin == origin;
    if (!appends)
        clear_texts(value);
    cpl_status status = cpl_memory_grow(&value->texts, &value->text_capacity,
                                        value->n_texts + 1, sizeof(char *), error);
    if (status != CPL_OK) {
        free(copy);
        return status;
    }
    value->texts[value->n_texts++] = copy;
    value->origin = origin;
    value->set = true;
    return CPL_OK;
}

cpl_status cpl_options_set(struct cpl_options *options, enum cpl_option_id id,
                           const char *value, struct cpl_error *error)
{
    char where[NAME_BYTES + 3] = "--";
    strncat(where, cpl_option_row(id)->name, NAME_BYTES);
    return cpl_option_take(options, id, value, CPL_ORIGIN_FLAG, where, error);
}

/* ---- asking ------------------------------------------------------------------------------ */

const char *cpl_options_text(const struct cpl_options *options, enum cpl_option_id id)
{
    const struct cpl_option_value *value = &options->value[id];
    assert(value->accepted && cpl_option_row(id)->type != CPL_OPTION_TYPE_list);
    return value->set ? value->texts[0] : NULL;
}

int64_t cpl_options_int(const struct cpl_options *options, enum cpl_option_id id)
{
    assert(options->value[id].accepted && cpl_option_row(id)->type == CPL_OPTION_TYPE_int);
    return options->value[id].integer;
}

double cpl_options_real(const struct cpl_options *options, enum cpl_option_id id)
{
    assert(options->value[id].accepted);
    assert(cpl_option_row(id)->type == CPL_OPTION_TYPE_real ||
           cpl_option_row(id)->type == CPL_OPTION_TYPE_duration);
    return options->value[id].real;
}

bool cpl_options_flag(const struct cpl_options *options, enum cpl_option_id id)
{
    assert(options->value[id].accepted && cpl_option_row(id)->type == CPL_OPTION_TYPE_flag);
    return options->value[id].integer != 0;
}

const char *const *cpl_options_list(const struct cpl_options *options, enum cpl_option_id id,
                                    size_t *count)
{
    const struct cpl_option_value *value = &options->value[id];
    assert(value->accepted && cpl_option_row(id)->type == CPL_OPTION_TYPE_list);
    *count = value->n_texts;
    return (const char *const *)value->texts;
}

enum cpl_option_origin cpl_options_origin(const struct cpl_options *options,
                                          enum cpl_option_id id)
{
    return options->value[id].origin;
}

bool cpl_options_accepts(const struct cpl_options *options, enum cpl_option_id id)
{
    return options->value[id].accepted;
}

const char *const *cpl_options_positional(const struct cpl_options *options, size_t *count)
{
    *count = options->n_positional;
    return (const char *const *)options->positional;
}
