#include "experiments/sweep/sweep.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "data/file/output.h"
#include "data/file/output_steps.h"
#include "data/output_batch.h"
#include "data/results/state.h"
#include "experiments/engine/run.h"
#include "experiments/sweep/directory/directory.h"
#include "market/base/clock.h"

/// A run whose file is free again and again, and never when it is asked for, is somebody else's.
enum { CLAIMS = 3 };

/// Files of short runs wait for the disk together: so many, of so many seconds, and of a run that
/// takes so long by itself none.
enum { WAITING = 32 };
static const double wait_seconds = 0.2;

/// One run while it is being seen to.
typedef struct attempt {
    const char *id;
    size_t run;
    char *path;
    bool replace; ///< what stands there is damaged, or to be run anew
    bool waits;   ///< everything is done but to put its file under its name
} attempt;

/// A run whose file waits, and what has become of it.
typedef struct waiting {
    attempt attempt;
    pp_error outcome;
} waiting;

typedef struct sweep {
    const pp_sweep_plan *plan;
    const pp_sweep_options *options;
    pp_sweep_counts *counts;
    pp_scenario *scenario; ///< of the last run, whose experiment the next one takes over from
    pp_experiment *experiment;
    size_t *held, n_held, held_capacity;
    bool last_look; ///< at what others held
    pp_output_batch *batch;
    waiting waiting[WAITING]; ///< as in the batch
    size_t n_told;            ///< of them, by the batch
    double since;             ///< when the first began to wait, seconds of the monotonic clock
    double most_work;         ///< of a run whose file waits
} sweep;

pp_sweep_share pp_sweep_share_of(size_t task, size_t n_tasks, size_t n_runs)
{
    return (pp_sweep_share){.next = task - 1, .step = n_tasks, .end = n_runs};
}

size_t pp_sweep_share_runs(const pp_sweep_share *share)
{
    return share->next < share->end ? (share->end - share->next - 1) / share->step + 1 : 0;
}

/// Failures that are not of one run: the next one would meet them too.
static bool concerns_all(pp_status status)
{
    return status == PP_EIO || status == PP_EINTERRUPTED;
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

/// So has one that was killed while it was being run anew.
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

/// Make the run's experiment out of the last one.
static pp_status prepare(sweep *s, size_t run, pp_error *error)
{
    pp_scenario *scenario;
    pp_experiment *previous = s->experiment;
    pp_status status = pp_sweep_plan_scenario(s->plan, run, &scenario, error);
    if (status != PP_OK)
        return status;
    s->experiment = NULL;
    status = pp_experiment_follow(previous, scenario, &s->experiment, error);
    pp_scenario_destroy(s->scenario); // only now, so that a plugin of both stays loaded
    s->scenario = scenario;
    return status;
}

static pp_status simulate(sweep *s, const attempt *a, pp_error *error)
{
    const pp_run_options options = {.output = a->path,
                                    .force = a->replace,
                                    .keep = PP_KEEP_ANEW, // of another build: of no use
                                    .batch = s->batch,
                                    .threads = s->options->threads,
                                    .history = s->options->history,
                                    .source = s->options->source,
                                    .stop = s->options->stop,
                                    .drop = s->options->drop,
                                    .resumed = s->options->progress,
                                    .progress = s->options->progress,
                                    .context = s->options->context};
    return pp_experiment_run(s->experiment, &options, error);
}

/// Customers and firms that a run has: what its time is in proportion to, more or less.
static double work_of(const pp_scenario *scenario)
{
    const pp_market_config *market = &scenario->market;
    return (double)scenario->run.trials * (double)(market->burn_in_epochs + market->test_epochs) *
           (double)market->rounds * (double)scenario->n_firms;
}

static pp_status remember_held(sweep *s, size_t run, pp_error *error)
{
    if (s->last_look) {
        s->counts->held++;
        return PP_OK;
    }
    if (s->n_held == s->held_capacity) {
        size_t capacity = s->held_capacity ? 2 * s->held_capacity : 16;
        size_t *held = realloc(s->held, capacity * sizeof *held);
        if (!held)
            return pp_error_set(error, PP_ENOMEM, "out of memory");
        s->held = held;
        s->held_capacity = capacity;
    }
    s->held[s->n_held++] = run;
    return PP_OK;
}

/// What stands under the run's name. *whole: nothing is to be done.
static pp_status look(const sweep *s, attempt *a, bool *whole, pp_error *error)
{
    pp_results_state state;
    *whole = a->replace = false;
    pp_status status = pp_results_look(a->path, true, &state, error);
    if (status != PP_OK)
        return status;
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

/// The claim has failed with `cause`: is the run complete by now, another's, or free after all?
static pp_status settle(sweep *s, attempt *a, const pp_error *cause, bool *again, pp_error *error)
{
    bool whole;
    pp_writer writer = PP_WRITER_NONE;
    *again = false;
    pp_status status = look(s, a, &whole, error);
    if (status == PP_OK && whole)
        return count_complete(s, a, false, error);
    if (status == PP_OK)
        status = pp_output_writer(a->path, &writer, error);
    if (status != PP_OK)
        return status;
    if (writer == PP_WRITER_LIVE)
        return remember_held(s, a->run, error);
    if (writer == PP_WRITER_UNKNOWN)
        return pp_error_set(error, PP_EIO, "%s", cause->message);
    *again = true;
    return PP_OK;
}

static pp_status fail_run(sweep *s, const attempt *a, const pp_error *failure, pp_error *error)
{
    if (concerns_all(failure->status))
        return pp_error_set(error, failure->status, "%s", failure->message);
    count_failure(s, a, failure, false);
    pp_status status = pp_sweep_failure_write(s->options->directory, a->id, failure, error);
    return status == PP_EEXIST ? PP_OK : status; // another process that had the run records it
}

/// The run has been simulated: is its file there, or does it wait?
static pp_status finish(sweep *s, attempt *a, size_t waited, pp_error *error)
{
    a->waits = pp_output_batch_waiting(s->batch) > waited;
    if (!a->waits)
        return count_complete(s, a, true, error);
    double work = work_of(s->scenario);
    if (waited == 0)
        s->since = pp_clock_seconds();
    s->most_work = waited == 0 || work > s->most_work ? work : s->most_work;
    s->waiting[waited] = (waiting){.attempt = *a};
    return PP_OK;
}

static pp_status publish(sweep *s, pp_error *error);

/// Make ready for the run; short ones do not wait for a long one.
static pp_status begin(sweep *s, const attempt *a, pp_error *failure, pp_error *error)
{
    enum { MUCH = 4 };
    failure->status = prepare(s, a->run, failure);
    if (failure->status != PP_OK || pp_output_batch_waiting(s->batch) == 0 ||
        work_of(s->scenario) <= MUCH * s->most_work)
        return PP_OK;
    return publish(s, error);
}

static pp_status run_it(sweep *s, attempt *a, pp_error *error)
{
    for (int claim = 0; claim < CLAIMS; claim++) {
        pp_error failure = {0};
        bool again;
        pp_status status = begin(s, a, &failure, error);
        if (status != PP_OK)
            return status;
        size_t waited = pp_output_batch_waiting(s->batch);
        if (failure.status == PP_OK)
            failure.status = simulate(s, a, &failure);
        if (failure.status == PP_OK)
            return finish(s, a, waited, error);
        if (failure.status != PP_EEXIST)
            return fail_run(s, a, &failure, error);
        status = settle(s, a, &failure, &again, error);
        if (status != PP_OK || !again)
            return status;
    }
    return remember_held(s, a->run, error);
}

static pp_status see_to_attempt(sweep *s, attempt *a, pp_error *error)
{
    pp_error failure = {0};
    bool whole, failed = false;
    pp_status status = look(s, a, &whole, error);
    if (status == PP_OK && whole)
        return count_complete(s, a, false, error);
    if (status == PP_OK && s->options->rerun == PP_RERUN_NONE)
        status = pp_sweep_failure_read(s->options->directory, a->id, &failed, &failure, error);
    if (status != PP_OK)
        return status;
    if (!failed)
        return run_it(s, a, error);
    count_failure(s, a, &failure, true);
    return PP_OK;
}

static void tell_done(const sweep *s, size_t held)
{
    if (s->n_held == held && s->options->done)
        s->options->done(s->options->context, s->counts);
}

static void note_outcome(void *context, const char *path, pp_status status, const pp_error *error)
{
    sweep *s = context;
    waiting *w = &s->waiting[s->n_told++];
    (void)path;
    w->outcome = *error;
    w->outcome.status = status;
}

static pp_status conclude(sweep *s, waiting *w, pp_error *error)
{
    bool again;
    size_t held = s->n_held;
    attempt *a = &w->attempt;
    pp_status status;
    if (w->outcome.status == PP_OK) {
        status = count_complete(s, a, true, error);
    } else if (w->outcome.status == PP_EEXIST) {
        status = settle(s, a, &w->outcome, &again, error);
        if (status == PP_OK && again)
            status = remember_held(s, a->run, error);
    } else {
        status = fail_run(s, a, &w->outcome, error);
    }
    if (status == PP_OK)
        tell_done(s, held);
    return status;
}

/// Put the files that wait under their names.
static pp_status publish(sweep *s, pp_error *error)
{
    pp_status first = PP_OK;
    s->n_told = 0;
    pp_output_batch_commit(s->batch, note_outcome, s, NULL); // failures are the runs'
    for (size_t i = 0; i < s->n_told; i++) {
        pp_error cause = {0};
        pp_status status = conclude(s, &s->waiting[i], &cause);
        if (first == PP_OK && status != PP_OK)
            first = pp_error_set(error, status, "%s", cause.message);
        free(s->waiting[i].attempt.path);
    }
    return first;
}

static pp_status see_to(sweep *s, size_t run, pp_error *error)
{
    attempt a = {.id = pp_sweep_plan_id(s->plan, run), .run = run};
    size_t held = s->n_held;
    double start = pp_clock_seconds();
    a.path = pp_sweep_directory_path(s->options->directory, a.id, ".h5");
    if (!a.path)
        return pp_error_set(error, PP_ENOMEM, "out of memory");
    pp_status status = see_to_attempt(s, &a, error);
    if (!a.waits) {
        free(a.path);
        if (status == PP_OK)
            tell_done(s, held);
    }
    // After a run that took so long itself, the next will too.
    double end = pp_clock_seconds(), waited = end - (s->since > start ? start : s->since);
    bool due = pp_output_batch_is_full(s->batch) ||
               (pp_output_batch_waiting(s->batch) > 0 && waited >= wait_seconds);
    return status == PP_OK && due ? publish(s, error) : status;
}

static bool has_to_stop(const sweep *s)
{
    return s->options->fail_fast && s->counts->failed > 0;
}

/// What waits is put under its name, however it ends: it is whole.
static pp_status end(sweep *s, pp_status status, pp_error *error)
{
    pp_error cause = {0};
    pp_status published = publish(s, &cause);
    if (status == PP_OK && published != PP_OK)
        return pp_error_set(error, published, "%s", cause.message);
    return status;
}

static pp_status see_to_all(sweep *s, pp_error *error)
{
    pp_status status = PP_OK;
    size_t run;
    while (status == PP_OK && !has_to_stop(s) && !pp_stopped(s->options->stop) &&
           s->options->next(s->options->queue, &run))
        status = see_to(s, run, error);
    status = end(s, status, error);
    // Who held a run may have finished it, or died, by now.
    s->last_look = true;
    for (size_t i = 0;
         i < s->n_held && status == PP_OK && !has_to_stop(s) && !pp_stopped(s->options->stop); i++)
        status = see_to(s, s->held[i], error);
    status = end(s, status, error);
    // A signal that comes when all is done interrupts nothing.
    size_t settled = s->counts->complete + s->counts->failed;
    if (status == PP_OK && pp_stopped(s->options->stop) &&
        (!s->options->expected || settled < s->options->expected))
        status = pp_error_set(error, PP_EINTERRUPTED, "interrupted");
    return status;
}

pp_status pp_sweep_run(const pp_sweep_plan *plan, const pp_sweep_options *options,
                       pp_sweep_counts *counts, pp_error *error)
{
    *counts = (pp_sweep_counts){0};
    sweep s = {.plan = plan, .options = options, .counts = counts};
    pp_status status = pp_output_batch_create(WAITING, &s.batch, error);
    if (status == PP_OK)
        status = see_to_all(&s, error);
    pp_output_batch_destroy(s.batch);
    free(s.held);
    pp_experiment_destroy(s.experiment);
    pp_scenario_destroy(s.scenario);
    return status;
}
