/* couplet bench machine: what this machine can do at most. */
#include "open.h"

#include <stdio.h>

#define BURST_SECONDS 0.2
#define STREAM_SECONDS 0.9
#define STREAM_BYTES ((size_t)128 << 20) /* of each of three arrays */

static const struct cli_example examples[] = {
    {"couplet bench machine", "peaks of every instruction set, bandwidth, caches"},
    {"couplet bench machine --json", "the same for scripts"},
    {0},
};
static const char *const options[] = {"threads", "json", NULL};

/* Where results go as they come: a page, or `json`. */
struct report {
    struct cpl_json *json;
    int threads;
};

static cpl_status report_peak(struct report *report, const char *isa, const char *dtype,
                              int threads, struct cpl_error *error)
{
    double gflops = 0;
    cpl_status status = cpl_machine_peak(&gflops, isa, dtype, threads, BURST_SECONDS, error);
    if (status != CPL_OK || !report->json) {
        if (status == CPL_OK)
            printf("%-12s %-6s %7d %10.1f\n", isa, dtype, threads, gflops);
        return status;
    }
    cpl_json_begin_object(report->json, NULL);
    cpl_json_add_text(report->json, "isa", isa);
    cpl_json_add_text(report->json, "dtype", dtype);
    cpl_json_add_int(report->json, "threads", threads);
    cpl_json_add_real(report->json, "gflops", gflops);
    cpl_json_end(report->json);
    return CPL_OK;
}

/* One thread and all of them. */
static cpl_status report_peaks(struct report *report, struct cpl_error *error)
{
    static const char *const dtypes[] = {"f32", "bf16"};
    if (!report->json)
        printf("\n%-12s %-6s %7s %10s\n", "kernels", "dtype", "threads", "GFLOP/s");
    for (int i = 0; cpl_machine_isa(i); i++)
        for (int d = 0; d < 2; d++)
            for (int threads = 1; threads <= report->threads;
                 threads += report->threads > 1 ? report->threads - 1 : 1) {
                cpl_status status =
                    report_peak(report, cpl_machine_isa(i), dtypes[d], threads, error);
                if (status != CPL_OK)
                    return status;
            }
    return CPL_OK;
}

static cpl_status report_stream(struct report *report, int threads, struct cpl_error *error)
{
    struct cpl_bandwidth found = {0};
    cpl_status status =
        cpl_machine_bandwidth(&found, threads, STREAM_BYTES, STREAM_SECONDS, error);
    if (status != CPL_OK || !report->json) {
        if (status == CPL_OK)
            printf("%7d %10.1f %10.1f %10.1f\n", threads, found.read_gb_s, found.copy_gb_s,
                   found.triad_gb_s);
        return status;
    }
    cpl_json_begin_object(report->json, NULL);
    cpl_json_add_int(report->json, "threads", threads);
    cpl_json_add_real(report->json, "read_gb_s", found.read_gb_s);
    cpl_json_add_real(report->json, "copy_gb_s", found.copy_gb_s);
    cpl_json_add_real(report->json, "triad_gb_s", found.triad_gb_s);
    cpl_json_end(report->json);
    return CPL_OK;
}

static cpl_status report_streams(struct report *report, struct cpl_error *error)
{
    if (!report->json)
        printf("\nmemory, GB/s\n%7s %10s %10s %10s\n", "threads", "read", "copy", "triad");
    cpl_status status = report_stream(report, 1, error);
    if (status == CPL_OK && report->threads > 1)
        status = report_stream(report, report->threads, error);
    return status;
}

static void print_head(const struct report *report)
{
    printf("%s, %d threads\n", cpl_machine_processor(), report->threads);
    for (int level = 1; level <= 3; level++)
        printf("%sL%d %lld KB", level > 1 ? ", " : "caches of a core: ", level,
               (long long)cpl_machine_cache_bytes(level) / 1024);
    printf("\n");
}

static cpl_status measure_json(struct report *report, struct cpl_error *error)
{
    cpl_status status = cpl_json_new(&report->json, 2, error);
    if (status != CPL_OK)
        return status;
    cpl_json_begin_object(report->json, NULL);
    cpl_json_add_text(report->json, "processor", cpl_machine_processor());
    cpl_json_add_int(report->json, "threads", report->threads);
    cpl_json_add_int(report->json, "l1_bytes", cpl_machine_cache_bytes(1));
    cpl_json_add_int(report->json, "l2_bytes", cpl_machine_cache_bytes(2));
    cpl_json_add_int(report->json, "l3_bytes", cpl_machine_cache_bytes(3));
    cpl_json_begin_array(report->json, "peaks");
    status = report_peaks(report, error);
    cpl_json_end(report->json);
    cpl_json_begin_array(report->json, "memory");
    if (status == CPL_OK)
        status = report_streams(report, error);
    cpl_json_end(report->json);
    cpl_json_end(report->json);
    if (status == CPL_OK)
        return cli_print_json(report->json, error);
    cpl_json_free(report->json);
    return status;
}

static cpl_status run(struct cli *cli, struct cpl_error *error)
{
    struct report report = {.threads = (int)cli_int(cli, threads)};
    if (report.threads < 1)
        report.threads = cpl_machine_cores();
    if (cli->json)
        return measure_json(&report, error);
    print_head(&report);
    cpl_status status = report_peaks(&report, error);
    if (status == CPL_OK)
        status = report_streams(&report, error);
    return status;
}

const struct cli_command cli_bench_machine = {
    .about =
        "Peaks are bursts of multiply-adds in registers, on one thread and on all; bf16 is\n"
        "the instruction that products of bf16 are taken with. Memory: 128 MB an array.\n",
    .usage = "",
    .examples = examples,
    .options = options,
    .run = run,
};
