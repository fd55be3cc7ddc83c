/* What every command gets: its options and arguments, output, colours, signals, progress.
 *
 * A command is one line in commands.def and one `const struct cli_command cli_NAME` in cmd_*.c;
 * corpus_build is "couplet corpus build" and may share its file with corpus_show. */
#ifndef COUPLET_CLI_H
#define COUPLET_CLI_H

#include <couplet/json.h>
#include <couplet/options.h>
#include <couplet/status.h>
#include <stdbool.h>
#include <stddef.h>

struct cli;

struct cli_example {
    const char *line; /* "couplet fill runs/bert 我[MASK]自然语言" */
    const char *what; /* what it does, a few words */
};
struct cli_command {
    const char *usage; /* what stands behind the name: "MODEL [TEXT|-]" */
    const char *about; /* a few lines for --help, each with its line end; NULL: none */
    const struct cli_example *examples; /* ends with {0}; shown first in --help */
    const char *const *options; /* ends with NULL; "name" or "name=default here"; help, quiet,
                                   verbose, color, config and show-config are always taken */
    size_t min_arguments, max_arguments; /* positional; CLI_MANY: no limit */
    cpl_status (*run)(struct cli *cli, struct cpl_error *error);
};
#define CLI_MANY ((size_t)-1)

/* commands.def declares them all. */
#define COMMAND(name, summary) extern const struct cli_command cli_##name;
#include "commands.def"
#undef COMMAND

struct cli {
    const struct cli_command *command;
    const char *name; /* "corpus build" */
    struct cpl_options *options;
    const char *const *arguments; /* positional */
    size_t n_arguments;
    bool quiet, verbose, json; /* json: false if the command has no such option */
    bool saved; /* set by a command when what was done so far is on disk: a stop then ends with
                   75 */
};

/* Values of options, shorter. */
#define cli_text(cli, name) cpl_options_text((cli)->options, CPL_OPTION_##name)
#define cli_int(cli, name) cpl_options_int((cli)->options, CPL_OPTION_##name)
#define cli_real(cli, name) cpl_options_real((cli)->options, CPL_OPTION_##name)
#define cli_flag(cli, name) cpl_options_flag((cli)->options, CPL_OPTION_##name)
/* CPL_ERROR_USAGE unless the option has a value that is not empty. */
cpl_status cli_require(const struct cli *cli, enum cpl_option_id id, struct cpl_error *error);

/* ---- output: results to stdout with printf, everything else to stderr -------------------- */

/* A line on stderr unless --quiet. */
void cli_note(const struct cli *cli, const char *format, ...) CPL_PRINTF(2, 3);
/* Finishes `json`, prints it with a line end and frees it. */
cpl_status cli_print_json(struct cpl_json *json, struct cpl_error *error);
/* Flushes stdout; CPL_ERROR_SYSTEM when its reader is gone or the disk is full.  main does it
 * at the end; commands that print for long do it now and then. */
cpl_status cli_flush(struct cpl_error *error);
/* Terminal escape for "bold", "dim", "red", "green", "yellow", "cyan" or "reset"; "" where
 * there are to be no colours (--color, NO_COLOR, TERM=dumb, not a terminal). */
const char *cli_style(bool standard_error, const char *style);
void cli_style_setup(const char *when); /* --color's value; NULL: auto */

/* Columns that UTF-8 text takes on a terminal: 2 for Chinese and other wide characters, 0 for
 * combining marks. */
size_t cli_width(const char *text);
/* Bytes of the longest beginning of `text` that takes at most `columns`; *width (may be NULL):
 * its own. */
size_t cli_fit(const char *text, size_t columns, size_t *width);
/* Columns of the terminal behind stderr (or stdout); 80 if unknown. */
size_t cli_terminal_columns(bool standard_error);

/* ---- signals ----------------------------------------------------------------------------- */

/* Until this is called, SIGINT and SIGTERM end the program at once with 130 and 143.  After it
 * the first one only makes cli_stop_requested true: the command passes that on, returns
 * CPL_STOPPED, and the program ends with 75 if cli->saved, else with 130 or 143.  The second
 * one ends it at once. */
void cli_stop_defer(void);
bool cli_stop_requested(void);
int cli_stop_signal(void); /* 0: none came */
void cli_signals_setup(void);

/* ---- threads ----------------------------------------------------------------------------- */

/* Threads that wait sleep soon, so that the program lives well beside others; OMP_WAIT_POLICY or
 * GOMP_SPINCOUNT decide where they are set.  Starts the program again, with the same arguments: nothing may
 * have been done before. */
void cli_threads_setup(char **arguments);

/* ---- help -------------------------------------------------------------------------------- */

void cli_help_all(void);
void cli_help_command(const char *name, const struct cli_command *command);
void cli_help_options(void); /* the whole option table */
/* The verbs of a group ("corpus"); false if there is no such group. */
bool cli_help_group(const char *group);

/* Finds "corpus" "build" or "fill"; *n_words: how many of them the name takes; *name its text.
 * NULL and CPL_ERROR_USAGE in *error (with a suggestion) if there is none. */
const struct cli_command *cli_find(const char *first, const char *second, int *n_words,
                                   const char **name, struct cpl_error *error);

struct cli_entry {
    const char *name; /* "corpus build" */
    const char *summary;
    const struct cli_command *command;
};
/* All commands in the order of commands.def. */
const struct cli_entry *cli_entries(size_t *count);

#endif
