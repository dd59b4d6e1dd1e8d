// Tasks of a sweep: from --task, or from the Slurm array that the process is in.
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "experiments/cli/commands/sweep.h"

/// Digits, then what is expected after them.
static bool take_number(const char **at, char after, int64_t *number)
{
    char *end;
    errno = 0;
    *number = strtoll(*at, &end, 10);
    bool taken = **at >= '0' && **at <= '9' && errno == 0 && *end == after;
    *at = taken && after ? end + 1 : end;
    return taken;
}

bool pp_sweep_task(const pp_command *command, const char *text, int64_t *task, int64_t *n_tasks)
{
    const char *at = text;
    if (take_number(&at, '/', task) && take_number(&at, '\0', n_tasks) && *task >= 1 &&
        *task <= *n_tasks && *n_tasks <= PP_SWEEP_RUNS_MAX)
        return true;
    pp_cli_message(command, "--task: '%s' is not I/N with 1 <= I <= N <= %d", text,
                   (int)PP_SWEEP_RUNS_MAX);
    pp_cli_usage(command);
    return false;
}

/// A variable of the environment; *number stays if it is not there.
static bool from_environment(const char *name, int64_t *number)
{
    const char *text = getenv(name);
    return !text || take_number(&text, '\0', number);
}

bool pp_sweep_task_of_slurm(const pp_command *command, int64_t *task, int64_t *n_tasks)
{
    int64_t id = 0, first = 0, count = 0, step = 1;
    if (!getenv("SLURM_ARRAY_TASK_ID"))
        return true;
    bool read = getenv("SLURM_ARRAY_TASK_MIN") && getenv("SLURM_ARRAY_TASK_COUNT") &&
                from_environment("SLURM_ARRAY_TASK_ID", &id) &&
                from_environment("SLURM_ARRAY_TASK_MIN", &first) &&
                from_environment("SLURM_ARRAY_TASK_COUNT", &count) &&
                from_environment("SLURM_ARRAY_TASK_STEP", &step);
    if (!read || step < 1 || count < 1 || count > PP_SWEEP_RUNS_MAX || id < first ||
        (id - first) % step != 0 || (id - first) / step >= count) {
        pp_cli_message(command, "SLURM_ARRAY_TASK_ID is set, but not which task of how many this "
                                "is: say it with --task I/N, or --task 1/1 for all runs");
        return false;
    }
    *task = (id - first) / step + 1;
    *n_tasks = count;
    pp_cli_message(command, "task %" PRId64 "/%" PRId64 " of the Slurm array", *task, *n_tasks);
    return true;
}
