/* The live line: see progress.h. */
#include "progress.h"

#include <couplet/measure.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LIVE_EVERY_S 0.1
#define PLAIN_EVERY_S 10.0

void cli_progress_start(struct cli_progress *progress, const struct cli *cli)
{
    const char *terminal = getenv("TERM");
    *progress = (struct cli_progress){.silent = cli->quiet};
    progress->live = isatty(STDERR_FILENO) && terminal && strcmp(terminal, "dumb") != 0;
}

bool cli_progress_due(const struct cli_progress *progress)
{
    return !progress->silent && cpl_measure_seconds() >= progress->next_s;
}

void cli_progress_show(struct cli_progress *progress, const char *line)
{
    if (!cli_progress_due(progress))
        return;
    if (progress->live) {
        size_t bytes = cli_fit(line, cli_terminal_columns(true) - 1, NULL);
        fprintf(stderr, "\r%.*s\033[K", (int)bytes, line);
        fflush(stderr);
    } else {
        fprintf(stderr, "%s\n", line);
    }
    progress->shown = progress->live;
    progress->next_s = cpl_measure_seconds() + (progress->live ? LIVE_EVERY_S : PLAIN_EVERY_S);
}

void cli_progress_keep(struct cli_progress *progress, const char *line)
{
    cli_progress_end(progress);
    if (!progress->silent)
        fprintf(stderr, "%s\n", line);
}

void cli_progress_end(struct cli_progress *progress)
{
    if (progress->shown)
        fputs("\r\033[K", stderr);
    progress->shown = false;
}
