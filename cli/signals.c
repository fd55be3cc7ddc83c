/* SIGINT and SIGTERM: see cli.h.  A reader that went away and a full disk are errors of
 * writing, not signals. */
#include "cli.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t deferred;
static volatile sig_atomic_t received;

static void on_signal(int number)
{
    static const char message[] = "\ncouplet: stopped\n";
    if (deferred && !received) {
        received = number;
        return;
    }
    if (write(STDERR_FILENO, message, sizeof message - 1) < 0) {
        /* nobody is there to read it */
    }
    _exit(128 + number);
}

void cli_signals_setup(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
}

void cli_stop_defer(void) { deferred = 1; }

bool cli_stop_requested(void) { return received != 0; }

int cli_stop_signal(void) { return received; }
