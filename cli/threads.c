/* How threads wait for one another: see cli.h.  libgomp reads its environment before main, so the program
 * starts itself again with the setting. */
#include "cli.h"

#include <stdlib.h>
#include <unistd.h>

/* Rounds of waiting before a thread sleeps: some tens of microseconds, where libgomp waits milliseconds.
 * Beside two busy processes on two cores BERT mini trains three times as fast, and alone as fast as before
 * (tiny models 1 % slower). */
#define SPIN_COUNT "2000"

void cli_threads_setup(char **arguments)
{
#if defined __linux__ && !defined __clang__ /* clang has another OpenMP */
    char path[4096];
    if (getenv("GOMP_SPINCOUNT") || getenv("OMP_WAIT_POLICY"))
        return;
    /* the file's own name, so that the process keeps it */
    ssize_t length = readlink("/proc/self/exe", path, sizeof path);
    if (length <= 0 || (size_t)length == sizeof path || setenv("GOMP_SPINCOUNT", SPIN_COUNT, 1))
        return;
    path[length] = 0;
    execv(path, arguments); /* when that fails, threads wait as they do without */
#else
    (void)arguments;
#endif
}
