/* Options: one table for the program's flags, environment variables and configuration files.
 *
 *     static const char *const accepted[] = {"steps=100", "lr", "out", NULL};
 *     struct cpl_options *options = NULL;
 *     if (cpl_options_new(&options, accepted, &error) == CPL_OK &&
 *         cpl_options_parse(options, argc - 1, argv + 1, &error) == CPL_OK)
 *         printf("%lld steps\n", (long long)cpl_options_int(options, CPL_OPTION_steps));
 *     cpl_options_free(options);
 *
 * A value comes from the flag --batch-tokens, else from COUPLET_BATCH_TOKENS in the
 * environment, else from the YAML file that --config names ("batch-tokens: 4096" or nested
 * "batch: {tokens: 4096}"), else from the table.  Numbers are read the same way in every
 * locale. */
#ifndef COUPLET_OPTIONS_H
#define COUPLET_OPTIONS_H

#include <couplet/status.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* CPL_OPTION_batch_tokens and so on; see options.def, which also holds the headings. */
enum cpl_option_id {
#define OPTION_GROUP(name, title) CPL_OPTION_GROUP_##name,
#define OPTION(name, type, default_text, minimum, maximum, unit, help) CPL_OPTION_##name,
#include <couplet/options.def>
#undef OPTION
#undef OPTION_GROUP
    CPL_OPTION_COUNT
};

enum cpl_option_type {
    CPL_OPTION_TYPE_group,    /* a heading, not an option */
    CPL_OPTION_TYPE_text,     /* any text */
    CPL_OPTION_TYPE_int,      /* whole number; 10k, 5M, 2G are thousands, millions, billions */
    CPL_OPTION_TYPE_real,     /* decimal number */
    CPL_OPTION_TYPE_flag,     /* --name, --no-name, --name=yes|no */
    CPL_OPTION_TYPE_choice,   /* one of unit's words, which | parts */
    CPL_OPTION_TYPE_duration, /* seconds, or 90s, 5m, 1h30m, 2d */
    CPL_OPTION_TYPE_list /* may be given several times; commas part it in the environment */
};

struct cpl_option {
    const char *name; /* "batch-tokens"; of a group: its title */
    enum cpl_option_type type;
    const char *default_text; /* NULL: unset */
    double minimum, maximum;  /* of numbers, both inclusive */
    const char *unit;         /* what stands behind the name in help; the choices of a choice */
    const char *help;
};
/* The row of the table; `id` below CPL_OPTION_COUNT. */
CPL_API const struct cpl_option *cpl_option_row(enum cpl_option_id id);
/* CPL_OPTION_COUNT if there is no such option. */
CPL_API enum cpl_option_id cpl_option_find(const char *name);

/* The nearest of `names` [n_names] (NULL entries are skipped) to a mistyped one; NULL if none
 * is near. */
CPL_API const char *cpl_name_suggest(const char *const *names, size_t n_names,
                                     const char *name);

/* ---- values ------------------------------------------------------------------------------ */

enum cpl_option_origin {
    CPL_ORIGIN_DEFAULT,
    CPL_ORIGIN_CONFIG,
    CPL_ORIGIN_ENVIRONMENT,
    CPL_ORIGIN_FLAG
};

struct cpl_options;
/* `accepted`: NULL-terminated names from the table, "name" or "name=its default here"; not
 * kept. */
CPL_API cpl_status cpl_options_new(struct cpl_options **out, const char *const *accepted,
                                   struct cpl_error *error);
CPL_API void cpl_options_free(struct cpl_options *options);

/* Arguments without the program's name; then the environment; then the file of --config, if
 * that is accepted.  "--name value", "--name=value", -h, -q, -v; "--" ends options, "-" is not
 * one. CPL_ERROR_USAGE names the option, its value and what it may be; arguments are copied. */
CPL_API cpl_status cpl_options_parse(struct cpl_options *options, int argc, char *const *argv,
                                     struct cpl_error *error);
/* One value as a flag would give it. */
CPL_API cpl_status cpl_options_set(struct cpl_options *options, enum cpl_option_id id,
                                   const char *value, struct cpl_error *error);

/* Arguments that are not options, in order. */
CPL_API const char *const *cpl_options_positional(const struct cpl_options *options,
                                                  size_t *count);

/* Values, of accepted options of that type only.  Texts belong to `options`. */
CPL_API const char *cpl_options_text(const struct cpl_options *options,
                                     enum cpl_option_id id); /* text, choice; NULL: unset */
CPL_API int64_t cpl_options_int(const struct cpl_options *options, enum cpl_option_id id);
CPL_API double cpl_options_real(const struct cpl_options *options,
                                enum cpl_option_id id); /* real, duration in seconds */
CPL_API bool cpl_options_flag(const struct cpl_options *options, enum cpl_option_id id);
CPL_API const char *const *cpl_options_list(const struct cpl_options *options,
                                            enum cpl_option_id id, size_t *count);
CPL_API enum cpl_option_origin cpl_options_origin(const struct cpl_options *options,
                                                  enum cpl_option_id id);
CPL_API bool cpl_options_accepts(const struct cpl_options *options, enum cpl_option_id id);

/* *yaml: heap text with one "name: value" a line, in the table's order, readable by --config;
 * with `origins` a comment says where each value comes from. */
CPL_API cpl_status cpl_options_dump(const struct cpl_options *options, bool origins,
                                    char **yaml, struct cpl_error *error);

#endif
