/* A live line on stderr: rewritten in place on a terminal, else a plain line now and then.
 *
 *     struct cli_progress progress = {0};
 *     cli_progress_start(&progress, cli);
 *     cli_progress_show(&progress, "step 20/400  loss 5.31  12000 tokens/s");
 *     cli_progress_end(&progress);
 */
#ifndef COUPLET_CLI_PROGRESS_H
#define COUPLET_CLI_PROGRESS_H

#include "cli.h"

struct cli_progress {
    bool silent;   /* --quiet */
    bool live;     /* stderr is a terminal that can rewrite a line */
    bool shown;    /* a live line stands on the terminal */
    double next_s; /* not shown before */
};
void cli_progress_start(struct cli_progress *progress, const struct cli *cli);
/* True when a line would be shown now: for callers to whom making the text costs something. */
bool cli_progress_due(const struct cli_progress *progress);
/* Shows `line` if it is due; what does not fit the terminal's width is cut off. */
void cli_progress_show(struct cli_progress *progress, const char *line);
/* A line that stays, above the live one. */
void cli_progress_keep(struct cli_progress *progress, const char *line);
/* Wipes the live line. */
void cli_progress_end(struct cli_progress *progress);

#endif
