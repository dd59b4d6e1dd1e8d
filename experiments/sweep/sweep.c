// Doing the runs of a sweep: whole files stay, the rest is run, and failures are recorded.
#include "experiments/sweep/sweep.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "data/file/output.h"
#include "data/file/output_steps.h"
#include "data/results/state.h"
#include "experiments/engine/run.h"
#include "experiments/sweep/directory/directory.h"
#include "market/base/array.h"

/// A run whose file is free again and again, and never when it is asked for, is somebody else's.
enum { CLAIMS = 3 };

/// A run while it is being seen to.
typedef struct attempt {
    const char *id;
    size_t run;
    char *path;
    bool replace; ///< the file there is damaged, or the run is done anew
    bool held;    ///< another process is at it
} attempt;

typedef struct sweep {
    const pp_sweep_plan *plan;
    const pp_sweep_options *options;
    pp_sweep_counts *counts;
    pp_scenario *scenario; ///< of the last run, whose experiment the next one takes over from
    pp_experiment *experiment;
    pp_results_template *template;       ///< of the last run's file, for the next one's
    size_t *held, n_held, held_capacity; ///< runs to be looked at again
} sweep;

pp_sweep_share pp_sweep_share_of(size_t task, size_t n_tasks, size_t n_runs)
{
    return (pp_sweep_share){.next = task - 1, .step = n_tasks, .end = n_runs};
}

size_t pp_sweep_share_runs(const pp_sweep_share *share)
{
    return share->next < share->end ? (share->end - share->next - 1) / share->step + 1 : 0;
}

static void count_failure(sweep *s, const attempt *a, const pp_error *failure, bool before)
{
    const pp_sweep_options *o = s->options;
    s->counts->failed++;
    if (s->counts->first_failure == PP_OK)
        s->counts->first_failure = failure->status;
    if (o->failed)
        o->failed(o->context, a->id, failure, before);
}

/// A run that was killed right after its file was whole has left its checkpoint.
static pp_status remove_checkpoint(const sweep *s, const attempt *a, pp_error *error)
{
    pp_writer writer = PP_WRITER_LIVE;
    pp_status status = PP_OK;
    char *path = pp_sweep_directory_path(s->options->directory, a->id, ".h5.checkpoint");
    if (!path)
        return pp_error_set(error, PP_ENOMEM, "out of memory");
    if (access(path, F_OK) == 0)
        status = pp_output_writer(a->path, &writer, error); // who may be running it anew
    if (status == PP_OK && writer != PP_WRITER_LIVE && unlink(path) != 0 && errno != ENOENT)
        status = pp_output_failed(error, "remove", path);
    free(path);
    return status;
}

/// A run that was killed while it was being run anew has left its partial file.
static pp_status remove_partial(const attempt *a, pp_error *error)
{
    pp_writer writer = PP_WRITER_NONE;
    pp_output output;
    pp_status status = pp_output_writer(a->path, &writer, error);
    if (status == PP_OK && writer == PP_WRITER_DEAD &&
        pp_output_open(a->path, true, &output, NULL) == PP_OK) // not if somebody has come for it
        pp_output_abandon(&output);
    return status;
}

static pp_status count_complete(sweep *s, const attempt *a, bool fresh, pp_error *error)
{
    pp_status status = fresh ? PP_OK : remove_checkpoint(s, a, error);
    if (status == PP_OK && !fresh)
        status = remove_partial(a, error);
    s->counts->complete++;
    s->counts->fresh += fresh;
    return status == PP_OK ? pp_sweep_failure_remove(s->options->directory, a->id, error) : status;
}

pp_status pp_sweep_follow(const pp_sweep_plan *plan, size_t run, pp_scenario **scenario,
                          pp_experiment **experiment, pp_error *error)
{
    pp_scenario *next;
    PP_TRY(pp_sweep_plan_scenario(plan, run, &next, error));
    pp_experiment *previous = *experiment;
    *experiment = NULL;
    pp_status status = pp_experiment_follow(previous, next, experiment, error);
    pp_scenario_destroy(*scenario); // only now, so that a plugin of both stays loaded
    *scenario = next;
    return status;
}

static pp_status remember_held(sweep *s, size_t run, pp_error *error)
{
    void *held = pp_array_grow(s->held, s->n_held, &s->held_capacity, sizeof *s->held);
    if (!held)
        return pp_error_set(error, PP_ENOMEM, "out of memory");
    s->held = held;
    s->held[s->n_held++] = run;
    return PP_OK;
}

/// @return PP_EEXIST if another process has the run, or has finished it
static pp_status simulate(sweep *s, const attempt *a, pp_error *error)
{
    const pp_run_options options = {.output = a->path,
                                    .force = a->replace,
                                    .keep = PP_KEEP_ANEW, // of another build: of no use
                                    .unsynced = true,     // a damaged file is run again
                                    .threads = s->options->threads,
                                    .command_line = s->options->command_line,
                                    .program = s->options->program,
                                    .kept = &s->template,
                                    .stop = s->options->stop,
                                    .drop = s->options->drop,
                                    .resumed = s->options->progress,
                                    .progress = s->options->progress,
                                    .context = s->options->context};
    PP_TRY(pp_sweep_follow(s->plan, a->run, &s->scenario, &s->experiment, error));
    return pp_experiment_run(s->experiment, &options, error);
}

static pp_status fail_run(sweep *s, const attempt *a, const pp_error *failure, pp_error *error)
{
    // Failures that are not of one run: the next one would meet them too.
    if ((failure->status == PP_EIO && !failure->of_trial) || failure->status == PP_EINTERRUPTED)
        return pp_error_set(error, failure->status, "%s", failure->message);
    count_failure(s, a, failure, false);
    pp_error cause = {0};
    pp_status status = pp_sweep_failure_write(s->options->directory, a->id, failure, &cause);
    if (status == PP_OK || status == PP_EEXIST) // another process that had the run records it
        return PP_OK;
    return pp_error_set(error, status, "%s", cause.message);
}

/// Read the file under the run's name. *whole: nothing is to be done.
static pp_status look(const sweep *s, attempt *a, bool *whole, pp_error *error)
{
    pp_results_state state;
    PP_TRY(pp_results_look(a->path, true, &state, error));
    if (state == PP_RESULTS_FOREIGN)
        return pp_error_set(error, PP_EEXIST,
                            "'%s' is in the way and stays as it is: it is no results file as a "
                            "sweep leaves it",
                            a->path);
    bool anew = s->options->rerun == PP_RERUN_ALL;
    *whole = state == PP_RESULTS_WHOLE && !anew;
    a->replace = state == PP_RESULTS_DAMAGED || (state == PP_RESULTS_WHOLE && anew);
    return PP_OK;
}

static pp_status attempt_run(sweep *s, attempt *a, pp_error *error)
{
    bool whole, failed = false;
    pp_error failure = {0};
    PP_TRY(look(s, a, &whole, error));
    if (!whole && s->options->rerun == PP_RERUN_NONE)
        PP_TRY(pp_sweep_failure_read(s->options->directory, a->id, &failed, &failure, error));
    if (failed) {
        count_failure(s, a, &failure, true);
        return PP_OK;
    }
    for (int claim = 0; !whole && claim < CLAIMS; claim++) {
        pp_writer writer;
        failure = (pp_error){0};
        failure.status = simulate(s, a, &failure);
        if (failure.status == PP_OK)
            return count_complete(s, a, true, error);
        if (failure.status != PP_EEXIST)
            return fail_run(s, a, &failure, error);
        // Is the run complete by now, another's, or free after all?
        PP_TRY(look(s, a, &whole, error));
        PP_TRY(pp_output_writer(a->path, &writer, error));
        if (!whole && writer == PP_WRITER_UNKNOWN)
            return pp_error_set(error, PP_EIO, "%s", failure.message);
        if (writer == PP_WRITER_LIVE)
            break;
    }
    a->held = !whole;
    return whole ? count_complete(s, a, false, error) : PP_OK;
}

/// @param held another process is at the run
static pp_status see_to(sweep *s, size_t run, bool *held, pp_error *error)
{
    attempt a = {.id = pp_sweep_plan_id(s->plan, run), .run = run};
    a.path = pp_sweep_directory_path(s->options->directory, a.id, ".h5");
    if (!a.path)
        return pp_error_set(error, PP_ENOMEM, "out of memory");
    pp_status status = attempt_run(s, &a, error);
    *held = a.held;
    free(a.path);
    return status;
}

static void report_done(const sweep *s)
{
    if (s->options->done)
        s->options->done(s->options->context, s->counts);
}

static bool has_to_stop(const sweep *s)
{
    return pp_stopped(s->options->stop) || (s->options->fail_fast && s->counts->failed > 0);
}

static pp_status see_to_all(sweep *s, pp_error *error)
{
    size_t run;
    bool held;
    while (!has_to_stop(s) && s->options->next(s->options->queue, &run)) {
        PP_TRY(see_to(s, run, &held, error));
        if (held)
            PP_TRY(remember_held(s, run, error));
        else
            report_done(s);
    }
    // Who held a run may have finished it, or died, by now.
    for (size_t i = 0; i < s->n_held && !has_to_stop(s); i++) {
        PP_TRY(see_to(s, s->held[i], &held, error));
        s->counts->held += held;
        report_done(s);
    }
    // A signal that comes when all is done interrupts nothing.
    size_t settled = s->counts->complete + s->counts->failed;
    bool all_done = s->options->expected > 0 && settled >= s->options->expected;
    return all_done ? PP_OK : pp_stop_check(s->options->stop, error);
}

pp_status pp_sweep_run(const pp_sweep_plan *plan, const pp_sweep_options *options,
                       pp_sweep_counts *counts, pp_error *error)
{
    *counts = (pp_sweep_counts){0};
    sweep s = {.plan = plan, .options = options, .counts = counts};
    pp_status status = see_to_all(&s, error);
    free(s.held);
    pp_results_template_destroy(s.template);
    pp_experiment_destroy(s.experiment);
    pp_scenario_destroy(s.scenario);
    return status;
}
