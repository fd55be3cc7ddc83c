/* Time, memory, medians: see <couplet/measure.h>.  Memory comes from Linux's /proc. */
#include <couplet/measure.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

double cpl_measure_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* The line "NAME:   1234 kB" of a file under /proc, in bytes; 0 if it is not there. */
static uint64_t read_kilobytes(const char *path, const char *name)
{
    char line[256];
    uint64_t bytes = 0;
    size_t length = strlen(name);
    FILE *stream = fopen(path, "re");
    if (!stream)
        return 0;
    while (!bytes && fgets(line, sizeof line, stream))
        if (strncmp(line, name, length) == 0 && line[length] == ':')
            bytes = strtoull(line + length + 1, NULL, 10) * 1024;
    fclose(stream);
    return bytes;
}

uint64_t cpl_measure_peak_bytes(void) { return read_kilobytes("/proc/self/status", "VmHWM"); }

uint64_t cpl_measure_memory_total(void) { return read_kilobytes("/proc/meminfo", "MemTotal"); }

uint64_t cpl_measure_memory_available(void)
{
    return read_kilobytes("/proc/meminfo", "MemAvailable");
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double cpl_measure_median(double *values, size_t count)
{
    if (count == 0)
        return 0;
    qsort(values, count, sizeof *values, compare_doubles);
    return count % 2 ? values[count / 2] : 0.5 * (values[count / 2 - 1] + values[count / 2]);
}
