#include <signal.h>

#include "experiments/cli/cli.h"

// The only way in which a signal handler can tell the run to stop.
volatile sig_atomic_t pp_cli_stopped;

static void on_signal(int signal_number)
{
    (void)signal_number;
    pp_cli_stopped = 1;
}

void pp_cli_catch_signals(void)
{
    static const int asked_to_stop[] = {SIGINT, SIGTERM, SIGHUP, SIGXCPU};
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART}, old;
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < PP_COUNT(asked_to_stop); i++) {
        sigaction(asked_to_stop[i], NULL, &old);
        if (asked_to_stop[i] != SIGHUP || old.sa_handler != SIG_IGN) // nohup has it ignored
            sigaction(asked_to_stop[i], &action, NULL);
    }
}
