/* Notes, JSON, flushing, colours. */
#include "cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

void cli_note(const struct cli *cli, const char *format, ...)
{
    va_list arguments;
    if (cli->quiet)
        return;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

cpl_status cli_print_json(struct cpl_json *json, struct cpl_error *error)
{
    const char *text = NULL;
    cpl_status status = cpl_json_finish(json, &text, NULL, error);
    if (status == CPL_OK)
        puts(text);
    cpl_json_free(json);
    return status;
}

cpl_status cli_flush(struct cpl_error *error)
{
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return CPL_OK;
    if (errno)
        return cpl_error_errno(error, "standard output", "write");
    return cpl_error_set(error, CPL_ERROR_SYSTEM, "standard output", "a write failed");
}

cpl_status cli_require(const struct cli *cli, enum cpl_option_id id, struct cpl_error *error)
{
    const char *text = cpl_options_text(cli->options, id);
    if (text && *text)
        return CPL_OK;
    return cpl_error_set(error, CPL_ERROR_USAGE, cli->name, "--%s %s is needed",
                         cpl_option_row(id)->name, cpl_option_row(id)->unit);
}

/* ---- colours ----------------------------------------------------------------------------- */

static bool colours[2]; /* of stdout and stderr */

static bool environment_is_set(const char *name)
{
    const char *value = getenv(name);
    return value && *value;
}

static bool wants_colours(const char *when, int descriptor)
{
    const char *terminal = getenv("TERM");
    if (when && strcmp(when, "auto") != 0)
        return strcmp(when, "always") == 0;
    if (environment_is_set("NO_COLOR"))
        return false;
    if (environment_is_set("CLICOLOR_FORCE") || environment_is_set("FORCE_COLOR"))
        return true;
    return isatty(descriptor) && terminal && *terminal && strcmp(terminal, "dumb") != 0;
}

void cli_style_setup(const char *when)
{
    colours[0] = wants_colours(when, STDOUT_FILENO);
    colours[1] = wants_colours(when, STDERR_FILENO);
}

const char *cli_style(bool standard_error, const char *style)
{
    static const char *const names[] = {"reset", "bold",   "dim", "red",
                                        "green", "yellow", "cyan"};
    static const char *const codes[] = {"\033[0m",  "\033[1m",  "\033[2m", "\033[31m",
                                        "\033[32m", "\033[33m", "\033[36m"};
    if (!colours[standard_error])
        return "";
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(style, names[i]) == 0)
            return codes[i];
    return "";
}

size_t cli_terminal_columns(bool standard_error)
{
    struct winsize size;
    int descriptor = standard_error ? STDERR_FILENO : STDOUT_FILENO;
    if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return 80;
}
