/* How a training looks on the terminal. */
#ifndef COUPLET_CLI_TRAIN_VIEW_H
#define COUPLET_CLI_TRAIN_VIEW_H

#include "progress.h"

#include <couplet/train.h>

/* "step 20/400  loss 5.310  lr 0.0200  12.3k tokens/s  41 % of peak  2:31 left" */
void cli_train_line(char *out, size_t size, const struct cpl_train_progress *progress);
/* "2:31", "1:02:31" */
void cli_duration(char *out, size_t size, double seconds);
cpl_status cli_print_plan(const struct cli *cli, const struct cpl_train_plan *plan,
                          struct cpl_error *error);

#endif
