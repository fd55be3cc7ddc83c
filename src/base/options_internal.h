/* What the three files of the option table share: values, flags, environment and files. */
#ifndef CPL_BASE_OPTIONS_INTERNAL_H
#define CPL_BASE_OPTIONS_INTERNAL_H

#include <couplet/options.h>

struct cpl_option_value {
    bool accepted;
    bool set; /* has a value, be it the default */
    enum cpl_option_origin origin;
    char **texts; /* as written; one, or more for a list */
    size_t n_texts, text_capacity;
    int64_t integer; /* int, flag */
    double real;     /* real, duration, int */
};

struct cpl_options {
    struct cpl_option_value value[CPL_OPTION_COUNT];
    char **positional;
    size_t n_positional, positional_capacity;
};

/* Parses, checks and takes a value unless a stronger origin has given one.  `where` is what
 * errors name: "--steps", "COUPLET_STEPS", "file.yaml:3: steps". */
cpl_status cpl_option_take(struct cpl_options *options, enum cpl_option_id id, const char *text,
                           enum cpl_option_origin origin, const char *where,
                           struct cpl_error *error);

/* Values of accepted options from COUPLET_..., then from a YAML file. */
cpl_status cpl_options_read_environment(struct cpl_options *options, struct cpl_error *error);
cpl_status cpl_options_read_file(struct cpl_options *options, const char *path,
                                 struct cpl_error *error);

/* The nearest option; only among accepted ones if `options` is not NULL. */
const char *cpl_option_suggest(const struct cpl_options *options, const char *name);

#endif
