// Doing a sweep, alone or as one of several ranks. Rank 0 reads the plan, makes the directory and
// hands out the runs; whatever concerns all is said by it, once.
#include <stdlib.h>
#include <string.h>

#include "experiments/cli/commands/sweep.h"
#include "experiments/cli/print/progress.h"
#include "experiments/cli/ranks/ranks.h"
#include "experiments/sweep/directory/directory.h"
#include "experiments/sweep/directory/manifest.h"
#include "market/base/simd.h"

/// What can come of a run, as ranks tell each other.
enum { RAN, FOUND, FAILED, HELD };

typedef struct work {
    const pp_command *command;
    const pp_sweep_arguments *arguments;
    pp_ranks *ranks;
    pp_sweep_plan *plan;
    pp_sweep_share share; ///< of the ranks together
    pp_progress progress;
    int64_t runs;         ///< in the share
    pp_sweep_counts told; ///< what rank 0 knows of this rank's runs
    pp_sweep_counts counts;
} work;

/// What all ranks together have done.
typedef struct total {
    pp_sweep_counts counts;
    bool interrupted;
    int stopped; ///< highest exit code of ranks that something other than a run has stopped; or 0
    int failed;  ///< of ranks whose runs failed
    int least, most; ///< runs that a rank ran
} total;

static bool is_first(const work *w)
{
    return pp_ranks_rank(w->ranks) == 0;
}

/// Numbers that ranks hand out are places in the share.
static bool next_run(void *queue, size_t *run)
{
    const work *w = queue;
    size_t place;
    if (!pp_ranks_next(w->ranks, &place))
        return false;
    *run = w->share.next + place * w->share.step;
    return true;
}

/// The runs of all ranks that have been seen to, on rank 0.
static void show(void *context)
{
    work *w = context;
    int64_t count[PP_RANKS_OUTCOMES], seen = 0;
    pp_ranks_outcomes(w->ranks, count);
    for (int i = RAN; i <= HELD; i++)
        seen += count[i];
    w->progress.skipped = seen - count[RAN];
    pp_progress_report(&w->progress, seen, w->runs);
}

static void on_progress(void *context, int64_t done, int64_t trials)
{
    work *w = context;
    w->progress.part = done < trials ? (double)done / (double)trials : 0;
    if (done < trials)
        show(w);
}

static void on_done(void *context, const pp_sweep_counts *counts)
{
    work *w = context;
    int outcome = FOUND;
    if (counts->fresh > w->told.fresh)
        outcome = RAN;
    else if (counts->failed > w->told.failed)
        outcome = FAILED;
    else if (counts->held > w->told.held)
        outcome = HELD;
    w->told = *counts;
    w->progress.part = 0;
    pp_ranks_tell(w->ranks, outcome);
    show(w);
}

static void on_failed(void *context, const char *id, const pp_error *failure, bool before)
{
    work *w = context;
    pp_progress_finish(&w->progress);
    pp_cli_message(w->command, "run %s %s: %s", id, before ? "had failed" : "failed",
                   failure->message[0] ? failure->message : pp_status_text(failure->status));
}

int pp_sweep_load(const pp_command *command, const pp_sweep_arguments *a, pp_sweep_plan **plan)
{
    pp_problems problems = {0};
    pp_error error = {0};
    pp_status status = pp_simd_check(&error);
    if (status != PP_OK)
        return pp_cli_fail(command, status, &error);
    status =
        pp_sweep_plan_load(a->plan, (const char *const *)a->sets.text, a->sets.n, plan, &problems);
    pp_cli_print_problems(command, a->plan, status, &problems, NULL);
    pp_problems_destroy(&problems);
    return pp_cli_exit_code(status);
}

/// The threads of each rank: what is asked for, or its share of the machine.
static int threads(const work *w)
{
    if (w->arguments->threads)
        return (int)w->arguments->threads;
    return getenv("OMP_NUM_THREADS") ? 0 : pp_ranks_processors(w->ranks);
}

/// Rank 0 first; the others only if it succeeded, so that what is wrong for all is said once.
/// @return the exit code of all
static int in_turn(work *w, int (*step)(work *w))
{
    int code = pp_ranks_highest(w->ranks, is_first(w) ? step(w) : PP_EXIT_OK);
    if (code != PP_EXIT_OK)
        return code;
    return pp_ranks_highest(w->ranks, is_first(w) ? PP_EXIT_OK : step(w));
}

static int load(work *w)
{
    return pp_sweep_load(w->command, w->arguments, &w->plan);
}

/// Results of two builds are not to be mixed unawares.
static void warn_of_other_build(const work *w)
{
    const char *directory = w->arguments->directory;
    pp_sweep_manifest manifest;
    if (pp_sweep_manifest_read_header(directory, &manifest, NULL) == PP_OK &&
        strcmp(manifest.source, pp_cli_version()) != 0)
        pp_cli_message(
            w->command,
            "warning: '%s' was begun by %s, and this is %s; what is complete stays as it is",
            directory, manifest.source, pp_cli_version());
    pp_sweep_manifest_release(&manifest);
}

static int join_directory(work *w)
{
    pp_error error = {0};
    pp_status status = pp_sweep_directory_join(w->arguments->directory, w->plan, pp_cli_version(),
                                               &pp_cli_stopped, &error);
    if (status != PP_OK)
        return pp_cli_fail(w->command, status, &error);
    if (is_first(w))
        warn_of_other_build(w);
    return PP_EXIT_OK;
}

/// Have all ranks read the same? Their file systems, or the plan meanwhile, may differ.
static int compare_plans(work *w)
{
    const char *own = pp_sweep_plan_sha256(w->plan);
    if (pp_ranks_same(w->ranks, own, strlen(own)))
        return PP_EXIT_OK;
    pp_cli_message(w->command, "the plan that rank %d reads is not rank 0's",
                   pp_ranks_rank(w->ranks));
    return PP_EXIT_IO;
}

static total add_up(work *w, pp_status status)
{
    const pp_sweep_counts *c = &w->counts;
    int64_t n[] = {(int64_t)c->complete, (int64_t)c->fresh, (int64_t)c->failed, (int64_t)c->held};
    total all = {0};
    pp_ranks_sum(w->ranks, n, PP_COUNT(n));
    all.counts = (pp_sweep_counts){(size_t)n[0], (size_t)n[1], (size_t)n[2], (size_t)n[3], PP_OK};
    bool interrupted = status == PP_EINTERRUPTED;
    all.interrupted = pp_ranks_highest(w->ranks, interrupted) != 0;
    all.stopped = pp_ranks_highest(w->ranks, interrupted ? 0 : pp_cli_exit_code(status));
    all.failed = pp_ranks_highest(w->ranks, pp_cli_exit_code(c->first_failure));
    all.most = pp_ranks_highest(w->ranks, (int)c->fresh);
    all.least = -pp_ranks_highest(w->ranks, -(int)c->fresh);
    return all;
}

/// "12 of 40 runs are complete, 10 of them from before, 2 failed".
static void say_counts(const work *w, const total *all, const char *start, const char *end)
{
    const pp_sweep_counts *c = &all->counts;
    char failed[64] = "", held[64] = "", ranks[96] = "";
    if (c->failed)
        snprintf(failed, sizeof failed, ", %zu failed", c->failed);
    if (c->held)
        snprintf(held, sizeof held, ", %zu left to other processes", c->held);
    if (pp_ranks_size(w->ranks) > 1)
        snprintf(ranks, sizeof ranks, "; %d ranks ran %d to %d each", pp_ranks_size(w->ranks),
                 all->least, all->most);
    pp_cli_message(w->command, "%s%zu of %zu runs are complete, %zu of them from before%s%s%s%s",
                   start, c->complete, (size_t)w->runs, c->complete - c->fresh, failed, held, ranks,
                   end);
}

/// What came of it, in words and as an exit code.
static int conclude(const work *w, const total *all)
{
    const pp_sweep_counts *c = &all->counts;
    if (all->stopped) {
        say_counts(w, all, "stopped: ", "; the same command goes on");
        return all->stopped;
    }
    if (all->interrupted) {
        say_counts(w, all, "interrupted: ", "; the same command goes on");
        return PP_EXIT_INTERRUPTED;
    }
    if (c->failed || c->held || !w->arguments->quiet)
        say_counts(w, all, "", c->failed ? " (--rerun failed tries them again)" : "");
    if (c->failed)
        return all->failed;
    return c->held ? PP_EXIT_INTERRUPTED : PP_EXIT_OK;
}

static int run_all(work *w, const char *history)
{
    const pp_sweep_arguments *a = w->arguments;
    const pp_sweep_options options = {.directory = a->directory,
                                      .threads = threads(w),
                                      .command_line = history,
                                      .program = pp_cli_version(),
                                      .rerun = a->rerun,
                                      .fail_fast = a->fail_fast,
                                      .stop = &pp_cli_stopped,
                                      .drop = &pp_cli_dropped,
                                      .next = next_run,
                                      .queue = w,
                                      .expected = (size_t)w->runs,
                                      .progress = on_progress,
                                      .done = on_done,
                                      .failed = on_failed,
                                      .context = w};
    const pp_ranks_plan hand_out = {.n = (size_t)w->runs,
                                    .stop = &pp_cli_stopped,
                                    .stop_after = a->fail_fast ? 1U << FAILED : 0};
    pp_error error = {0};
    pp_status status = pp_ranks_start(w->ranks, &hand_out, &error);
    if (status != PP_OK)
        return is_first(w) ? pp_cli_fail(w->command, status, &error) : pp_cli_exit_code(status);
    pp_progress_start(&w->progress, a->quiet || !is_first(w));
    w->progress.what = "runs";
    status = pp_sweep_run(w->plan, &options, &w->counts, &error);
    pp_ranks_finish(w->ranks, show, w);
    if (pp_ranks_size(w->ranks) > 1)
        show(w); // with what the others did last
    pp_progress_finish(&w->progress);
    if (status != PP_OK && status != PP_EINTERRUPTED)
        pp_cli_fail(w->command, status, &error);
    total all = add_up(w, status); // after what each rank has to say
    return is_first(w) ? conclude(w, &all) : PP_EXIT_OK;
}

static int work_together(work *w, const char *history)
{
    const pp_sweep_arguments *a = w->arguments;
    int code = in_turn(w, load);
    if (code == PP_EXIT_OK)
        code = pp_ranks_highest(w->ranks, compare_plans(w));
    if (code == PP_EXIT_OK)
        code = in_turn(w, join_directory);
    if (code != PP_EXIT_OK)
        return code;
    const bool all = a->n_tasks == 0;
    w->share = pp_sweep_share_of(all ? 1 : (size_t)a->task, all ? 1 : (size_t)a->n_tasks,
                                 pp_sweep_plan_runs(w->plan));
    w->runs = (int64_t)pp_sweep_share_runs(&w->share);
    return run_all(w, history);
}

/// Several processes that each believe to be alone would all begin with the same runs.
static int refuse_strangers(const pp_command *command)
{
    pp_cli_message(command,
                   "%ld processes were started together, but cannot speak with each other: start "
                   "them by the mpirun of the MPI that this program was built with, or by srun "
                   "--mpi=pmix; or give each its share with --task",
                   pp_ranks_started());
    return PP_EXIT_USAGE;
}

int pp_sweep_work(const pp_command *command, const pp_sweep_arguments *a, bool own_task,
                  const char *history)
{
    work w = {.command = command, .arguments = a};
    pp_error error = {0};
    pp_status status = pp_ranks_join(own_task, &w.ranks, &error);
    if (status != PP_OK)
        return pp_cli_fail(command, status, &error);
    int code = !own_task && pp_ranks_started() > pp_ranks_size(w.ranks)
                   ? refuse_strangers(command)
                   : work_together(&w, history);
    pp_sweep_plan_destroy(w.plan);
    fflush(stderr);
    // What rank 0 returns counts. Another's would have launchers kill the rest before they are
    // gone.
    bool first = is_first(&w);
    pp_ranks_leave(w.ranks);
    return first ? code : PP_EXIT_OK;
}
