/* The machine: its processor's name, and how many cores this process may use, which is the
 * affinity mask cut down by the cgroup's quota. */
#include "base/file.h"
#include "base/number.h"

#include <couplet/device.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int affinity_cores(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        return CPU_COUNT(&set);
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (int)online : 1;
}

/* First two words of a small file; false when it cannot be read. */
static bool read_words(const char *path, char first[32], char second[32])
{
    char *text = NULL;
    size_t size = 0;
    if (cpl_file_read(&text, &size, path, NULL) != CPL_OK)
        return false;
    first[0] = second[0] = '\0';
    int found = sscanf(text, "%31s %31s", first, second);
    free(text);
    return found >= 1;
}

/* Cores that a quota of `quota` microseconds in each `period` is worth, rounded up; 0: no
 * limit. */
static int quota_cores(const char *quota, const char *period)
{
    int64_t used, of;
    if (!cpl_number_parse_int(&used, quota) || !cpl_number_parse_int(&of, period))
        return 0;
    return used > 0 && of > 0 ? (int)((used + of - 1) / of) : 0;
}

static void lower_to(int *cores, int limit)
{
    if (limit > 0 && limit < *cores)
        *cores = limit;
}

/* cgroup v2: cpu.max of our group and of all above it. */
static void apply_group_limits(int *cores, char *group)
{
    for (;;) {
        char path[600], quota[32], period[32];
        snprintf(path, sizeof path, "/sys/fs/cgroup%s/cpu.max", group);
        if (read_words(path, quota, period))
            lower_to(cores, quota_cores(quota, period));
        char *slash = strrchr(group, '/');
        if (!slash)
            return;
        *slash = '\0';
    }
}

static void apply_cgroup(int *cores)
{
    char *text = NULL;
    size_t size = 0;
    if (cpl_file_read(&text, &size, "/proc/self/cgroup", NULL) == CPL_OK) {
        char *line = strstr(text, "0::/");
        if (line) {
            char group[512];
            snprintf(group, sizeof group, "%.*s", (int)strcspn(line + 3, "\n"), line + 3);
            apply_group_limits(cores, group);
        }
        free(text);
    }
    char quota[32], period[32], rest[32]; /* cgroup v1 */
    if (read_words("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", quota, rest) &&
        read_words("/sys/fs/cgroup/cpu/cpu.cfs_period_us", period, rest))
        lower_to(cores, quota_cores(quota, period));
}

int cpl_machine_cores(void)
{
    int cores = affinity_cores();
    apply_cgroup(&cores);
    return cores < 1 ? 1 : cores;
}

/* ---- the processor's name
 * ----------------------------------------------------------------------*/

static char processor[128] = "unknown processor"; /* written once */

static void read_processor(void)
{
    char *text = NULL;
    size_t size = 0;
    if (cpl_file_read(&text, &size, "/proc/cpuinfo", NULL) != CPL_OK)
        return;
    const char *line = strstr(text, "model name");
    const char *colon = line ? strchr(line, ':') : NULL;
    if (colon) {
        colon += strspn(colon, ": \t");
        snprintf(processor, sizeof processor, "%.*s", (int)strcspn(colon, "\n"), colon);
    }
    free(text);
}

const char *cpl_machine_processor(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, read_processor);
    return processor;
}
