/* couplet version. */
#include "cli.h"

#include <couplet/version.h>
#include <stdio.h>

static const char *const options[] = {"json", NULL};

static cpl_status run(struct cli *cli, struct cpl_error *error)
{
    struct cpl_json *json = NULL;
    if (!cli->json) {
        printf("couplet %s (%s)\n", cpl_version(), cpl_version_compiler());
        return CPL_OK;
    }
    cpl_status status = cpl_json_new(&json, 0, error);
    if (status != CPL_OK)
        return status;
    cpl_json_begin_object(json, NULL);
    cpl_json_add_text(json, "version", cpl_version());
    cpl_json_add_text(json, "compiler", cpl_version_compiler());
    cpl_json_end(json);
    return cli_print_json(json, error);
}

const struct cli_command cli_version = {.usage = "", .options = options, .run = run};
