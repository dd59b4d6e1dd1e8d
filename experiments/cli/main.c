// The program: its commands, and what holds for all of them.
#include <errno.h>
#include <fcntl.h>
#include <gsl/gsl_errno.h>
#include <hdf5.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "experiments/cli/common/cli.h"

/// In the order in which they are shown.
static const pp_command *const commands[] = {
    &pp_command_run,     &pp_command_sweep,   &pp_command_merge,
    &pp_command_summary, &pp_command_compare, &pp_command_export,
    &pp_command_init,    &pp_command_check,   &pp_command_agents,
    &pp_command_schema,  &pp_command_sample,  &pp_command_manual,
    &pp_command_version, &pp_command_help,    NULL,
};

/// A missing standard stream would let the next file opened take its number, and messages or tables
/// be written into a results file. Each is opened the wrong way round, so that using it still
/// fails.
static bool open_standard_streams(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
            return false;
    return true;
}

/// A full disk or a closed pipe must come back as a failed write, not as a signal.
static void ignore_write_signals(void)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigemptyset(&ignore.sa_mask);
    sigaction(SIGPIPE, &ignore, NULL);
    sigaction(SIGXFSZ, &ignore, NULL);
}

/// Everything printed must have arrived: the one place where writing to stdout is checked.
static int close_stdout(int code)
{
    bool failed = ferror(stdout) != 0;
    errno = 0;
    failed |= fflush(stdout) != 0;
    int cause = errno;
    // Where stdio has dropped what it could not write, only another write tells the reason.
    if (failed && !cause && write(STDOUT_FILENO, "\n", 1) == -1)
        cause = errno;
    failed |= fclose(stdout) != 0;
    if (!failed)
        return code;
    if (cause != EPIPE) // whoever closed the pipe had read enough
        pp_cli_message(NULL, "cannot write to standard output: %s",
                       cause ? strerror(cause) : "a write failed");
    return code == PP_EXIT_OK ? PP_EXIT_IO : code;
}

static int unknown_command(const char *typed)
{
    char suggestion[PP_SUGGESTION_MAX];
    pp_command_suggest(commands, typed, suggestion, sizeof suggestion);
    pp_cli_message(NULL, "unknown %s '%s'%s", *typed == '-' ? "option" : "command", typed,
                   suggestion);
    return pp_cli_usage(NULL);
}

static int dispatch(int argc, char **argv)
{
    if (argc < 2) {
        pp_cli_print_overview(commands, stderr);
        return PP_EXIT_USAGE;
    }
    const char *name = argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        name = "help";
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0)
        name = "version";
    const pp_command *command = pp_command_find(commands, name);
    if (!command)
        return unknown_command(name);
    return command->run ? command->run(command, argc - 1, argv + 1)
                        : command->run_with(command, commands, argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
    H5dont_atexit(); // what a damaged file has left open makes HDF5 print as the process ends
    if (!open_standard_streams())
        return PP_EXIT_IO;
    ignore_write_signals();
    gsl_set_error_handler_off(); // a failure is a status and an exit code, not an abort
    return close_stdout(dispatch(argc, argv));
}
