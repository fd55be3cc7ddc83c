/* couplet help [COMMAND | options]. */
#include "cli.h"

#include <string.h>

static const struct cli_example examples[] = {
    {"couplet help pretrain", "examples and options of a command"},
    {"couplet help options", "every option there is"},
    {0},
};
static const char *const options[] = {NULL};

static cpl_status run(struct cli *cli, struct cpl_error *error)
{
    const char *first = cli->n_arguments > 0 ? cli->arguments[0] : NULL;
    const char *second = cli->n_arguments > 1 ? cli->arguments[1] : NULL;
    const char *name = NULL;
    int n_words = 0;
    if (!first) {
        cli_help_all();
        return CPL_OK;
    }
    if (strcmp(first, "options") == 0) {
        cli_help_options();
        return CPL_OK;
    }
    if (!second && cli_help_group(first))
        return CPL_OK;
    const struct cli_command *command = cli_find(first, second, &n_words, &name, error);
    if (!command)
        return CPL_ERROR_USAGE;
    cli_help_command(name, command);
    return CPL_OK;
}

const struct cli_command cli_help = {
    .usage = "[COMMAND | options]",
    .examples = examples,
    .options = options,
    .max_arguments = 2,
    .run = run,
};
