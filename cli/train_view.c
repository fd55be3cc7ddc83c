/* The live line of a training: see train_view.h. */
#include "train_view.h"

#include <stdio.h>
#include <string.h>

void cli_duration(char *out, size_t size, double seconds)
{
    long long s = seconds > 0 ? (long long)(seconds + 0.5) : 0;
    if (s >= 3600)
        snprintf(out, size, "%lld:%02lld:%02lld", s / 3600, s / 60 % 60, s % 60);
    else
        snprintf(out, size, "%lld:%02lld", s / 60, s % 60);
}

/* Appends to a text of bounded size; what does not fit is cut off. */
static void append(char *out, size_t size, const char *text)
{
    size_t length = strlen(out);
    snprintf(out + length, size - length, "%s", text);
}

void cli_train_line(char *out, size_t size, const struct cpl_train_progress *progress)
{
    char part[80], left[32];
    out[0] = '\0';
    if (strcmp(progress->doing, "training") != 0) {
        append(out, size, progress->doing);
        append(out, size, "  ");
    }
    if (strcmp(progress->doing, "preparing") == 0)
        return;
    if (progress->steps > 0)
        snprintf(part, sizeof part, "step %lld/%lld", (long long)progress->step,
                 (long long)progress->steps);
    else
        snprintf(part, sizeof part, "step %lld", (long long)progress->step);
    append(out, size, part);
    if (!(progress->tokens_per_s > 0))
        return;
    snprintf(part, sizeof part, "  loss %.3f  lr %.2g  %.0f tokens/s", progress->loss,
             progress->lr, progress->tokens_per_s);
    append(out, size, part);
    if (progress->peak_share > 0) {
        snprintf(part, sizeof part, "  %.0f %% of peak", 100 * progress->peak_share);
        append(out, size, part);
    }
    if (progress->seconds_left > 0) {
        cli_duration(left, sizeof left, progress->seconds_left);
        snprintf(part, sizeof part, "  %s left", left);
        append(out, size, part);
    }
}
