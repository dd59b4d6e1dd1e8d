// Signals that end a run, and the flags that they raise.
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "experiments/cli/common/cli.h"

// Slurm sends SIGKILL 30 seconds after SIGTERM, unless told otherwise (KillWait).
enum { GRACE_SECONDS = 20 };

// The only way in which a signal handler can tell the run to stop.
pp_stop_flag pp_cli_stopped, pp_cli_dropped;

static const char *volatile at_terminal; // what to say to somebody who presses Ctrl-C

static void on_signal(int signal_number)
{
    if (pp_cli_stopped || signal_number == SIGALRM) {
        pp_cli_stopped = pp_cli_dropped = 1;
        return;
    }
    int cause = errno;
    pp_cli_stopped = 1;
    // Whoever sends SIGUSR1 leaves the time that it takes.
    if (signal_number != SIGUSR1)
        alarm(GRACE_SECONDS);
    if (signal_number == SIGINT && at_terminal) {
        ssize_t ignored = write(STDERR_FILENO, at_terminal, strlen(at_terminal));
        (void)ignored;
    }
    errno = cause;
}

void pp_cli_catch_signals(const char *said_at_terminal)
{
    static const int asked_to_stop[] = {SIGINT, SIGTERM, SIGHUP, SIGXCPU, SIGUSR1, SIGALRM};
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART}, old;
    at_terminal = isatty(STDERR_FILENO) ? said_at_terminal : NULL;
    sigfillset(&action.sa_mask); // one at a time
    for (size_t i = 0; i < PP_COUNT(asked_to_stop); i++) {
        sigaction(asked_to_stop[i], NULL, &old);
        if (asked_to_stop[i] != SIGHUP || old.sa_handler != SIG_IGN) // nohup has it ignored
            sigaction(asked_to_stop[i], &action, NULL);
    }
}
