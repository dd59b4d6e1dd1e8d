#include "experiments/run.h"

#include <omp.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "experiments/plugin.h"
#include "experiments/workspace.h"

/// What the threads of a run share. Everything below `results` is touched only inside the ordered
/// region, in the order of trials; `failed` is read elsewhere, hence atomically.
typedef struct run {
    const pp_experiment *experiment;
    const pp_run_options *options;
    const pp_results_layout *layout;
    pp_crew crew;
    pp_results *results;
    pp_error *error;
    pp_status status;
    int failed;
} run;

static bool has_failed(run *r)
{
    int failed;
#pragma omp atomic read
    failed = r->failed;
    return failed;
}

static void fail(run *r, pp_status status, const pp_error *cause)
{
    if (r->status != PP_OK)
        return;
    r->status = status;
    pp_error_set(r->error, status, "%s",
                 cause->message[0] ? cause->message : pp_status_text(status));
#pragma omp atomic write
    r->failed = 1;
}

/// One trial's turn, in the order of trials.
static void hand_in(run *r, int64_t i, pp_status status, const pp_record *record, pp_error *cause)
{
    if (r->status != PP_OK)
        return;
    if (status == PP_OK)
        status = pp_results_append(r->results, record, cause);
    if (status != PP_OK)
        fail(r, status, cause);
    else if (r->options->progress)
        r->options->progress(r->options->context, i + 1, r->layout->n_trials);
}

/// Work of one thread, and of the others in its workspace's lanes: its share of the trials, handed
/// in one after the other.
static void work(run *r)
{
    pp_workspace *workspace = NULL;
    pp_record *record = NULL;
    pp_error setup = {0};
    pp_status ready = pp_workspace_create(r->experiment, r->crew.lanes, &workspace, &setup);
    if (ready == PP_OK)
        ready = pp_record_create(r->layout, &record, &setup);
#pragma omp for ordered schedule(dynamic, 1)
    for (int64_t i = 0; i < r->layout->n_trials; i++) {
        pp_error cause = setup;
        pp_status status = ready;
        if (status == PP_OK && !has_failed(r))
            status = pp_trial_run(workspace, r->layout->first_trial + i, r->options->stop, record,
                                  &cause);
#pragma omp ordered
        hand_in(r, i, status, record, &cause);
    }
    pp_record_destroy(record);
    pp_workspace_destroy(workspace);
}

/// Threads of trials, each with threads of its own in its lanes: no team where one thread is
/// enough.
static void work_in_crew(run *r)
{
    if (r->crew.trials == 1) {
        work(r);
        return;
    }
    int levels = omp_get_max_active_levels();
    omp_set_max_active_levels(omp_get_active_level() + (r->crew.lanes > 1 ? 2 : 1));
#pragma omp parallel num_threads(r->crew.trials)
    work(r);
    omp_set_max_active_levels(levels);
}

/// Would the output replace the file at `input`?
static pp_status check_input(const char *output, const char *input, const char *what,
                             pp_error *error)
{
    struct stat a, b;
    if (!input[0] || stat(output, &a) != 0 || stat(input, &b) != 0 || a.st_dev != b.st_dev ||
        a.st_ino != b.st_ino)
        return PP_OK;
    return pp_error_set(error, PP_EINVAL, "'%s' is the %s of this run: it is not replaced", output,
                        what);
}

pp_status pp_experiment_run(const pp_experiment *experiment, const pp_run_options *options,
                            pp_error *error)
{
    pp_error detail = {0};
    pp_results_layout layout = pp_experiment_layout(experiment);
    const pp_scenario *from = experiment->scenario;
    pp_status status = check_input(options->output, from->path, "scenario", error);
    if (status == PP_OK && from->population == PP_POPULATION_BOOK)
        status = check_input(options->output, from->book_source.file.text, "book", error);
    if (status == PP_OK && options->batch && pp_output_batch_is_full(options->batch))
        status = pp_error_set(error, PP_EINVAL, "the batch of files is full");
    for (const pp_plugin *plugin = from->plugins; plugin && status == PP_OK; plugin = plugin->next)
        status = check_input(options->output, plugin->path, "plugin", error);
    if (status != PP_OK)
        return status;
    char *scenario = pp_scenario_yaml(from);
    if (!scenario)
        return pp_error_set(error, PP_ENOMEM, "no memory for the resolved scenario");
    pp_crew crew =
        pp_crew_of(experiment, options->threads > 0 ? options->threads : omp_get_max_threads());
    layout.threads = crew.trials * crew.lanes;
    layout.history = options->history;
    layout.source = options->source;
    layout.scenario = scenario;
    run r = {.experiment = experiment,
             .options = options,
             .layout = &layout,
             .crew = crew,
             .error = &detail};
    r.status = pp_results_create(options->output, options->force, &layout, &r.results, &detail);
    if (r.status == PP_OK) {
        work_in_crew(&r);
        if (r.status == PP_OK)
            r.status = pp_results_commit_later(r.results, options->batch, &detail);
        else
            pp_results_abandon(r.results);
    }
    free(scenario);
    if (r.status != PP_OK)
        pp_error_set(error, r.status, "%s", detail.message);
    return r.status;
}

pp_status pp_experiment_trial(const pp_experiment *experiment, int64_t trial, pp_record *record,
                              pp_error *error)
{
    pp_workspace *workspace;
    pp_status status = pp_workspace_create(experiment, 1, &workspace, error);
    if (status == PP_OK)
        status = pp_trial_run(workspace, trial, NULL, record, error);
    pp_workspace_destroy(workspace);
    return status;
}
