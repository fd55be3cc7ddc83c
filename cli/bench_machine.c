/* couplet bench machine: what this machine can do at most. */
#include "open.h"

#include <couplet/device.h>
#include <stdio.h>

#define BURST_SECONDS 0.2
#define STREAM_SECONDS 0.6
#define STREAM_BYTES ((size_t)128 << 20) /* of each of three arrays */

static const struct cli_example examples[] = {
    {"couplet bench machine", "peaks of every instruction set, bandwidth, caches"},
    {"couplet bench machine --json", "the same for scripts"},
    {0},
};
static const char *const options[] = {"threads", "json", NULL};
static const char *const dtypes[] = {"f32", "bf16"};
#define DTYPES (sizeof dtypes / sizeof *dtypes)

/* What is measured is printed at once, as a page or into `json`. */
struct report {
    struct cpl_json *json; /* NULL: a page */
    int threads;
};

static cpl_status report_peaks(struct report *report, struct cpl_error *error)
{
    if (report->json)
        cpl_json_begin_array(report->json, "peaks");
    else
        printf("\n%-12s %-5s %7s %10s\n", "kernels", "dtype", "threads", "GFLOP/s");
    for (int i = 0; cpl_machine_isa(i); i++)
        for (size_t d = 0; d < DTYPES; d++)
            for (int threads = 1; threads <= report->threads; threads++) {
                double gflops = 0;
                cpl_status status = cpl_machine_peak(&gflops, cpl_machine_isa(i), dtypes[d],
                                                     threads, BURST_SECONDS, error);
                if (status != CPL_OK)
                    return status;
                if (cli_stop_requested())
                    return CPL_STOPPED;
                if (!report->json) {
                    printf("%-12s %-5s %7d %10.1f\n", cpl_machine_isa(i), dtypes[d], threads,
                           gflops);
                    continue;
                }
                cpl_json_begin_object(report->json, NULL);
                cpl_json_add_text(report->json, "isa", cpl_machine_isa(i));
                cpl_json_add_text(report->json, "dtype", dtypes[d]);
                cpl_json_add_int(report->json, "threads", threads);
                cpl_json_add_real(report->json, "gflops", gflops);
                cpl_json_end(report->json);
            }
    if (report->json)
        cpl_json_end(report->json);
    return CPL_OK;
}
