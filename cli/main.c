/* The program: finds the command, reads its options, runs it, turns its status into an exit
 * code. */
#include "cli.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_OPTIONS 128

/* Files that the program opens must not become its standard streams when one of those was
 * closed; writing to one opened here fails, as it should. */
static void open_standard_streams(void)
{
    int descriptor;
    do {
        descriptor = open("/dev/null", O_RDONLY);
    } while (descriptor >= 0 && descriptor <= STDERR_FILENO);
    if (descriptor > STDERR_FILENO)
        close(descriptor);
}

static cpl_status make_options(struct cli *cli, struct cpl_error *error)
{
    static const char *const common[] = {"help",  "quiet",  "verbose",
                                         "color", "config", "show-config"};
    const char *accepted[MAX_OPTIONS + 1] = {0};
    size_t count = 0;
    for (; cli->command->options && cli->command->options[count]; count++) {
        if (count == MAX_OPTIONS - sizeof common / sizeof *common)
            return cpl_error_set(error, CPL_ERROR_INTERNAL, cli->name, "has too many options");
        accepted[count] = cli->command->options[count];
    }
    memcpy(accepted + count, common, sizeof common);
    return cpl_options_new(&cli->options, accepted, error);
}

static cpl_status check_arguments(const struct cli *cli, struct cpl_error *error)
{
    const struct cli_command *command = cli->command;
    if (cli->n_arguments < command->min_arguments)
        return cpl_error_set(error, CPL_ERROR_USAGE, cli->name,
                             "an argument is missing; usage: couplet %s%s%s", cli->name,
                             *command->usage ? " " : "", command->usage);
    if (cli->n_arguments > command->max_arguments)
        return cpl_error_set(error, CPL_ERROR_USAGE, cli->arguments[command->max_arguments],
                             "one argument too many; usage: couplet %s%s%s", cli->name,
                             *command->usage ? " " : "", command->usage);
    return CPL_OK;
}

static cpl_status show_config(const struct cli *cli, struct cpl_error *error)
{
    char *yaml = NULL;
    cpl_status status = cpl_options_dump(cli->options, true, &yaml, error);
    if (status == CPL_OK)
        fputs(yaml, stdout);
    free(yaml);
    return status;
}

static cpl_status run_command(struct cli *cli, int argc, char **argv, struct cpl_error *error)
{
    cpl_status status = make_options(cli, error);
    if (status == CPL_OK)
        status = cpl_options_parse(cli->options, argc, argv, error);
    if (status != CPL_OK)
        return status;
    cli->arguments = cpl_options_positional(cli->options, &cli->n_arguments);
    cli->quiet = cli_flag(cli, quiet);
    cli->verbose = cli_flag(cli, verbose);
    cli->json = cpl_options_accepts(cli->options, CPL_OPTION_json) && cli_flag(cli, json);
    cli_style_setup(cli_text(cli, color));
    if (cli_flag(cli, help)) {
        cli_help_command(cli->name, cli->command);
        return CPL_OK;
    }
    if (cli_flag(cli, show_config))
        return show_config(cli, error);
    status = check_arguments(cli, error);
    return status == CPL_OK ? cli->command->run(cli, error) : status;
}

/* What stands before any command: help, version, or a mistake. */
static cpl_status find_and_run(struct cli *cli, int argc, char **argv, struct cpl_error *error)
{
    const char *first = argc > 1 ? argv[1] : "help", *second = argc > 2 ? argv[2] : NULL;
    int n_words = 0;
    if (strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0)
        first = "help";
    if (strcmp(first, "--version") == 0)
        first = "version";
    if (first[0] == '-')
        return cpl_error_set(error, CPL_ERROR_USAGE, first,
                             "options stand behind the command; see couplet --help");
    if (second && (strcmp(second, "--help") == 0 || strcmp(second, "-h") == 0) &&
        cli_help_group(first))
        return CPL_OK;
    cli->command = cli_find(first, second, &n_words, &cli->name, error);
    if (!cli->command)
        return CPL_ERROR_USAGE;
    int skipped = argc > 1 ? 1 + n_words : 1;
    return run_command(cli, argc - skipped, argv + skipped, error);
}

static int exit_code(const struct cli *cli, cpl_status status)
{
    if (status == CPL_STOPPED && !cli->saved && cli_stop_signal())
        return 128 + cli_stop_signal();
    return (int)status;
}

int main(int argc, char **argv)
{
    struct cli cli = {0};
    struct cpl_error error = {0};
    cli_threads_setup(argv);
    open_standard_streams();
    cli_signals_setup();
    cli_style_setup(NULL);
    cpl_status status = find_and_run(&cli, argc, argv, &error);
    if (status == CPL_OK)
        status = cli_flush(&error);
    else
        fflush(stdout);
    if (status != CPL_OK)
        fprintf(stderr, "%scouplet:%s %s\n", cli_style(true, "red"), cli_style(true, "reset"),
                error.message[0] ? error.message : cpl_status_name(status));
    int code = exit_code(&cli, status);
    cpl_options_free(cli.options);
    return code;
}
