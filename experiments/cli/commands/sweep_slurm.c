// `sweep --slurm`: a script for sbatch.
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "experiments/cli/commands/sweep.h"

/// Slurm's own default allows ids up to 1000, and schedulers dislike more.
enum { TASKS_MAX = 1000, NAME_MAX_BYTES = 40 };

static const double megabyte = 1e6, spare_megabytes = 200;

/// What a job may be called without quotes.
static void put_job_name(const char *name)
{
    fputs("#SBATCH --job-name=", stdout);
    size_t n = 0;
    for (; *name && n < NAME_MAX_BYTES; name++, n++)
        putchar(isalnum((unsigned char)*name) || strchr("-_.", *name) ? *name : '-');
    puts(n ? "" : "sweep");
}

/// VARIABLE=path, from the root, quoted for a shell.
/// @return false if there is no such path
static bool put_path(const char *variable, const char *path)
{
    char folder[PATH_MAX];
    char whole[2 * PATH_MAX];
    if (*path != '/' && !getcwd(folder, sizeof folder))
        return false;
    int n = *path == '/' ? snprintf(whole, sizeof whole, "%s", path)
                         : snprintf(whole, sizeof whole, "%s/%s", folder, path);
    if (n < 0 || (size_t)n >= sizeof whole)
        return false;
    printf("%s=", variable);
    pp_cli_put_word(stdout, whole);
    putchar('\n');
    return true;
}

static bool put_program(void)
{
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    if (n <= 0)
        return false;
    path[n] = '\0';
    return put_path("pursuit", path);
}

static void put_directives(const pp_sweep_plan *plan, size_t tasks, int threads, double memory)
{
    put_job_name(pp_sweep_plan_name(plan));
    printf("#SBATCH --array=1-%zu\n", tasks);
    printf("#SBATCH --ntasks=1\n#SBATCH --cpus-per-task=%d\n", threads);
    printf("#SBATCH --mem=%.0fM\n", ceil(2 * memory / megabyte + spare_megabytes));
    puts("#SBATCH --time=04:00:00\n"
         "#SBATCH --output=pursuit-%A_%a.log\n"
         "#SBATCH --open-mode=append\n"
         "#SBATCH --requeue\n"
         "# Ahead of the time limit, so that the run in hand can stop and leave what it has.\n"
         "#SBATCH --signal=USR1@120");
}

static void put_command(const pp_sweep_arguments *a, size_t tasks)
{
    puts("export OMP_NUM_THREADS=\"${SLURM_CPUS_PER_TASK:-1}\"\n"
         "\n"
         "# Slurm's signals go to the step that srun has made; bash outlives them to see its exit "
         "code.\n"
         "# SIGTERM reaches bash if the job is cancelled: it is not to come back then.\n"
         "cancelled=\n"
         "trap 'cancelled=yes' TERM\n"
         "trap : USR1\n"
         "srun --ntasks=1 --cpus-per-task=\"$OMP_NUM_THREADS\" \\");
    printf(
        "    \"$pursuit\" sweep \"$plan\" --dir \"$dir\" --task \"$SLURM_ARRAY_TASK_ID/%zu\" \\\n"
        "    --threads \"$OMP_NUM_THREADS\"",
        tasks);
    for (size_t i = 0; i < a->sets.n; i++) {
        fputs(" --set ", stdout);
        pp_cli_put_word(stdout, a->sets.text[i]);
    }
    if (a->rerun == PP_RERUN_FAILED)
        fputs(" --rerun failed", stdout);
    fputs(a->fail_fast ? " --fail-fast" : "", stdout);
    puts(a->quiet ? " --quiet" : "");
    puts("code=$?\n"
         "\n"
         "# 75: interrupted, and the same command goes on.\n"
         "if [ \"$code\" -eq 75 ] && [ -z \"$cancelled\" ] && [ \"${SLURM_RESTART_COUNT:-0}\" -lt "
         "100 "
         "]; then\n"
         "    scontrol requeue \"${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}\"\n"
         "fi\n"
         "exit \"$code\"");
}

int pp_sweep_slurm(const pp_command *command, const pp_sweep_plan *plan,
                   const pp_sweep_arguments *a)
{
    pp_sweep_estimate estimate;
    pp_error error = {0};
    size_t runs = pp_sweep_plan_runs(plan), tasks = runs < TASKS_MAX ? runs : TASKS_MAX;
    int threads = a->threads ? (int)a->threads : 1;
    pp_status status = pp_sweep_estimate_plan(plan, threads, &estimate, &error);
    if (status != PP_OK)
        return pp_cli_fail(command, status, &error);
    if (a->rerun == PP_RERUN_ALL) { // a task that comes back would run everything again
        pp_cli_message(command, "--rerun all would start anew each time that a task is requeued");
        return PP_EXIT_USAGE;
    }
    printf(
        "#!/bin/bash\n"
        "# %zu runs as an array of %zu tasks, each with its share: sbatch THIS_FILE\n"
        "# What to look at before: --time, --mem, --cpus-per-task, the partition and account, and "
        "how many tasks\n"
        "# run at once (--array=1-%zu%%10: ten). A task that is requeued goes on where it was.\n",
        runs, tasks, tasks);
    put_directives(plan, tasks, threads, estimate.memory);
    putchar('\n');
    if (put_program() && put_path("plan", a->plan) && put_path("dir", a->directory)) {
        put_command(a, tasks);
        return PP_EXIT_OK;
    }
    pp_cli_message(command, "a path is too long or cannot be told: %s", strerror(errno));
    return PP_EXIT_IO;
}
