/* Options from arguments and the environment, and back to text: see <couplet/options.h>. */
#include "base/buffer.h"
#include "base/memory.h"
#include "base/options_internal.h"
#include "base/try.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* ---- arguments --------------------------------------------------------------------------- */

struct arguments {
    int count;
    char *const *text;
    int next;
};

static cpl_status unknown_option(const struct cpl_options *options, const char *argument,
                                 const char *name, struct cpl_error *error)
{
    const char *near = cpl_option_suggest(options, name);
    if (cpl_option_find(name) != CPL_OPTION_COUNT)
        return cpl_error_set(error, CPL_ERROR_USAGE, argument, "not an option of this command");
    if (near)
        return cpl_error_set(error, CPL_ERROR_USAGE, argument,
                             "unknown option; did you mean --%s?", near);
    return cpl_error_set(error, CPL_ERROR_USAGE, argument, "unknown option");
}

static enum cpl_option_id find_accepted(const struct cpl_options *options, const char *name)
{
    enum cpl_option_id id = cpl_option_find(name);
    return id != CPL_OPTION_COUNT && options->value[id].accepted ? id : CPL_OPTION_COUNT;
}

/* "no-resume" is the flag resume, negated. */
static enum cpl_option_id find_negated(const struct cpl_options *options, const char *name)
{
    if (strncmp(name, "no-", 3) != 0)
        return CPL_OPTION_COUNT;
    enum cpl_option_id id = find_accepted(options, name + 3);
    bool flag = id != CPL_OPTION_COUNT && cpl_option_row(id)->type == CPL_OPTION_TYPE_flag;
    return flag ? id : CPL_OPTION_COUNT;
}

/* `name` without its dashes; `value` NULL unless "=value" stood behind it. */
static cpl_status take_long(struct cpl_options *options, struct arguments *arguments,
                            const char *argument, const char *name, const char *value,
                            struct cpl_error *error)
{
    enum cpl_option_id id = find_negated(options, name);
    if (id != CPL_OPTION_COUNT) {
        if (value)
            return cpl_error_set(error, CPL_ERROR_USAGE, argument, "takes no value");
        return cpl_option_take(options, id, "no", CPL_ORIGIN_FLAG, argument, error);
    }
    id = find_accepted(options, name);
    if (id == CPL_OPTION_COUNT)
        return unknown_option(options, argument, name, error);
    if (!value && cpl_option_row(id)->type == CPL_OPTION_TYPE_flag)
        value = "yes";
    if (!value && arguments->next == arguments->count) {
        const char *unit = cpl_option_row(id)->unit;
        return cpl_error_set(error, CPL_ERROR_USAGE, argument, "needs a value: %s",
                             unit ? unit : "text");
    }
    if (!value)
        value = arguments->text[arguments->next++];
    return cpl_option_take(options, id, value, CPL_ORIGIN_FLAG, argument, error);
}

static cpl_status take_argument(struct cpl_options *options, struct arguments *arguments,
                                const char *argument, struct cpl_error *error)
{
    char *name = NULL;
    const char *value = NULL;
    CPL_TRY(cpl_text_copy(&name, argument, error));
    char *equals = strchr(name, '=');
    if (equals) {
        *equals = 0;
        value = equals + 1;
    }
    cpl_status status = take_long(options, arguments, name, name + 2, value, error);
    free(name);
    return status;
}

/* -q, -v, -h, also together: -qv. */
static cpl_status take_letters(struct cpl_options *options, const char *argument,
                               struct cpl_error *error)
{
    static const char letters[] = "hqv";
    static const enum cpl_option_id ids[] = {CPL_OPTION_help, CPL_OPTION_quiet,
                                             CPL_OPTION_verbose};
    for (const char *letter = argument + 1; *letter; letter++) {
        const char *found = strchr(letters, *letter);
        if (!found || !options->value[ids[found - letters]].accepted)
            return unknown_option(options, argument, argument + 1, error);
        CPL_TRY(cpl_options_set(options, ids[found - letters], "yes", error));
    }
    return CPL_OK;
}

static cpl_status add_positional(struct cpl_options *options, const char *text,
                                 struct cpl_error *error)
{
    CPL_TRY(cpl_memory_grow(&options->positional, &options->positional_capacity,
                            options->n_positional + 1, sizeof(char *), error));
    CPL_TRY(cpl_text_copy(&options->positional[options->n_positional], text, error));
    options->n_positional++;
    return CPL_OK;
}

static cpl_status read_arguments(struct cpl_options *options, struct arguments *arguments,
                                 struct cpl_error *error)
{
    bool options_ended = false;
    while (arguments->next < arguments->count) {
        const char *argument = arguments->text[arguments->next++];
        if (options_ended || argument[0] != '-' || !argument[1])
            CPL_TRY(add_positional(options, argument, error));
        else if (strcmp(argument, "--") == 0)
            options_ended = true;
        else if (argument[1] == '-')
            CPL_TRY(take_argument(options, arguments, argument, error));
        else
            CPL_TRY(take_letters(options, argument, error));
    }
    return CPL_OK;
}

/* ---- environment ------------------------------------------------------------------------- */

/* Each part between commas is one element; a text without commas is one. */
static cpl_status take_list(struct cpl_options *options, enum cpl_option_id id,
                            const char *text, const char *where, struct cpl_error *error)
{
    while (text) {
        char *part = NULL;
        const char *comma = strchr(text, ',');
        CPL_TRY(
            cpl_text_copy_n(&part, text, comma ? (size_t)(comma - text) : strlen(text), error));
        cpl_status status =
            cpl_option_take(options, id, part, CPL_ORIGIN_ENVIRONMENT, where, error);
        free(part);
        CPL_TRY(status);
        text = comma ? comma + 1 : NULL;
    }
    return CPL_OK;
}

cpl_status cpl_options_read_environment(struct cpl_options *options, struct cpl_error *error)
{
    for (enum cpl_option_id id = 0; id < CPL_OPTION_COUNT; id++) {
        char name[64] = "COUPLET_";
        if (!options->value[id].accepted)
            continue;
        size_t length = strlen(name);
        for (const char *from = cpl_option_row(id)->name; *from; from++)
            name[length++] = *from == '-' ? '_' : (char)toupper((unsigned char)*from);
        const char *value = getenv(name);
        if (!value || !*value)
            continue;
        if (cpl_option_row(id)->type == CPL_OPTION_TYPE_list)
            CPL_TRY(take_list(options, id, value, name, error));
        else
            CPL_TRY(cpl_option_take(options, id, value, CPL_ORIGIN_ENVIRONMENT, name, error));
    }
    return CPL_OK;
}

cpl_status cpl_options_parse(struct cpl_options *options, int argc, char *const *argv,
                             struct cpl_error *error)
{
    struct arguments arguments = {argc, argv, 0};
    CPL_TRY(read_arguments(options, &arguments, error));
    CPL_TRY(cpl_options_read_environment(options, error));
    if (!options->value[CPL_OPTION_config].accepted || !options->value[CPL_OPTION_config].set)
        return CPL_OK;
    return cpl_options_read_file(options, cpl_options_text(options, CPL_OPTION_config), error);
}

/* ---- back to text ------------------------------------------------------------------------ */

static void dump_text(struct cpl_buffer *yaml, enum cpl_option_type type, const char *text)
{
    if (type == CPL_OPTION_TYPE_text || type == CPL_OPTION_TYPE_list)
        cpl_buffer_add_json_string(yaml, text, strlen(text)); /* which YAML reads as well */
    else
        cpl_buffer_add_text(yaml, text);
}

static void dump_value(struct cpl_buffer *yaml, const struct cpl_option *option,
                       const struct cpl_option_value *value)
{
    if (option->type == CPL_OPTION_TYPE_flag) {
        cpl_buffer_add_text(yaml, value->integer ? "yes" : "no");
        return;
    }
    if (option->type != CPL_OPTION_TYPE_list) {
        dump_text(yaml, option->type, value->texts[0]);
        return;
    }
    for (size_t i = 0; i < value->n_texts; i++) {
        cpl_buffer_add_text(yaml, i ? ", " : "[");
        dump_text(yaml, option->type, value->texts[i]);
    }
    cpl_buffer_add_byte(yaml, ']');
}

/* A dump must mean the same when --config reads it: not "show help and stop". */
static bool is_dumped(enum cpl_option_id id)
{
    return id != CPL_OPTION_help && id != CPL_OPTION_config && id != CPL_OPTION_show_config;
}

cpl_status cpl_options_dump(const struct cpl_options *options, bool origins, char **yaml,
                            struct cpl_error *error)
{
    static const char *const origin_names[] = {"default", "configuration file", "environment",
                                               "flag"};
    struct cpl_buffer text = {0};
    cpl_buffer_add_text(&text, "");
    for (enum cpl_option_id id = 0; id < CPL_OPTION_COUNT; id++) {
        const struct cpl_option_value *value = &options->value[id];
        if (!value->accepted || !value->set || !is_dumped(id))
            continue;
        size_t line_begin = text.length;
        cpl_buffer_format(&text, "%s: ", cpl_option_row(id)->name);
        dump_value(&text, cpl_option_row(id), value);
        if (origins)
            cpl_buffer_format(
                &text, "%*s# %s",
                (int)(line_begin + 40 > text.length + 2 ? line_begin + 40 - text.length : 2),
                "", origin_names[value->origin]);
        cpl_buffer_add_byte(&text, '\n');
    }
    cpl_status status = cpl_buffer_check(&text, error);
    if (status != CPL_OK) {
        cpl_buffer_clear(&text);
        return status;
    }
    *yaml = text.data;
    return CPL_OK;
}
