/* Opening what most commands work with: the machine, a model, its tokenizer. */
#ifndef COUPLET_CLI_OPEN_H
#define COUPLET_CLI_OPEN_H

#include "cli.h"

#include <couplet/device.h>
#include <couplet/model.h>
#include <couplet/tokenizer.h>

/* The device that --threads, --isa and --dtype ask for. */
cpl_status cli_open_device(const struct cli *cli, struct cpl_device **device,
                           struct cpl_error *error);

struct cli_model {
    struct cpl_device *device;
    struct cpl_model *model;
    struct cpl_tokenizer *tokenizer;
};
/* MODEL, RUN or RUN@best with the tokenizer beside its weights. Close also after errors. */
cpl_status cli_open_model(const struct cli *cli, struct cli_model *opened, const char *name,
                          struct cpl_error *error);
void cli_close_model(struct cli_model *opened);

/* *text: heap copy of a file's, or with "-" standard input's, bytes as UTF-8 with a NUL; one
 * line end at the end is left out.  CPL_ERROR_INPUT when there are NUL bytes in it. */
cpl_status cli_read_text(char **text, const char *path, struct cpl_error *error);

#endif
