// A run: trials on threads, handed to the results file in their order.
#include "experiments/engine/run.h"

#include <gsl/gsl_version.h>
#include <inttypes.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "agents/plugin/plugin.h"
#include "data/file/output.h"
#include "data/file/output_steps.h"
#include "data/file/sha256.h"
#include "data/results/state.h"
#include "experiments/engine/hand_in.h"
#include "experiments/engine/workspace.h"
#include "market/base/buffer.h"
#include "market/base/build_id.h"

/// What is over sooner is sooner run again than kept.
static const double hold_seconds = 1;

/// What the threads of a run share. Everything below `results` is touched only by the thread whose
/// trial's turn it is; `failed` is read elsewhere, hence atomically.
typedef struct run {
    const pp_experiment *experiment;
    const pp_run_options *options;
    const pp_results_layout *layout;
    pp_thread_plan plan;
    pp_hand_in *hand_in;
    pp_results *results;
    pp_error *error;
    pp_status status;
    int failed;
    int64_t resumed; ///< trials of an earlier run
} run;

static bool has_failed(run *r)
{
    int failed;
#pragma omp atomic read
    failed = r->failed;
    return failed;
}

static void fail(run *r, pp_status status, const pp_error *cause, bool of_trial)
{
    r->status = status;
    pp_error_set(r->error, status, "%s",
                 cause->message[0] ? cause->message : pp_status_text(status));
    r->error->of_trial = of_trial;
#pragma omp atomic write
    r->failed = 1;
}

/// One trial's turn, in the order of trials. The first that fails is the last.
static bool hand_in(void *context, int64_t i, pp_status status, const pp_record *record,
                    pp_error *cause)
{
    run *r = context;
    bool of_trial = status != PP_OK;
    if (status == PP_OK)
        status = pp_results_append(r->results, record, cause);
    if (status != PP_OK)
        fail(r, status, cause, of_trial);
    else if (r->options->progress)
        r->options->progress(r->options->context, i + 1, r->layout->n_trials);
    return status == PP_OK;
}

/// Run a trial, unless the run is to end.
static pp_status run_trial(const run *r, pp_workspace *workspace, int64_t trial, pp_record *record,
                           pp_error *error)
{
    if (pp_stopped(r->options->stop))
        return pp_error_set(error, PP_EINTERRUPTED, "interrupted before trial %lld",
                            (long long)trial);
    return pp_trial_run(workspace, trial, r->options->drop, record, error);
}

/// Work of one thread, and of the others in its workspace's blocks: its share of the trials.
static void work(run *r)
{
    pp_workspace *workspace = NULL;
    pp_error setup = {0};
    pp_status ready = pp_workspace_create(r->experiment, r->plan.blocks, &workspace, &setup);
    int64_t i;
    pp_record *record;
    for (pp_error cause = setup; pp_hand_in_take(r->hand_in, &i, &record, &cause); cause = setup) {
        pp_status status = ready == PP_OK && !record ? PP_ENOMEM : ready;
        if (status == PP_OK && !has_failed(r))
            status = run_trial(r, workspace, r->layout->first_trial + i, record, &cause);
        pp_hand_in_give(r->hand_in, i, status, &cause);
    }
    pp_workspace_destroy(workspace);
}

/// Threads of trials, each with threads of its own for its blocks.
static void work_on_threads(run *r)
{
    int levels = omp_get_max_active_levels();
    omp_set_max_active_levels(omp_get_active_level() + (r->plan.blocks > 1 ? 2 : 1));
#pragma omp parallel num_threads(r->plan.trials)
    work(r);
    omp_set_max_active_levels(levels);
}

/// Would the output replace the file at `input`?
static pp_status check_input(const char *output, const char *input, const char *what,
                             pp_error *error)
{
    char *partial = pp_output_suffixed(output, ".partial");
    if (!partial)
        return pp_error_memory(error, "the name of a partial file");
    bool same = input[0] && pp_output_same_file(output, input);
    bool in_the_way = input[0] && pp_output_same_file(partial, input);
    free(partial);
    if (!same && !in_the_way)
        return PP_OK;
    return pp_error_set(error, PP_EINVAL, "'%s%s' is the %s of this run: it is not replaced",
                        output, same ? "" : ".partial", what);
}

/// No input of the run may be what its output replaces.
static pp_status check_inputs(const pp_scenario *from, const char *output, pp_error *error)
{
    pp_status status = check_input(output, from->path, "scenario", error);
    if (status == PP_OK && from->population == PP_POPULATION_BOOK)
        status = check_input(output, from->book_source.file.text, "book", error);
    for (const pp_plugin *plugin = from->plugins; plugin && status == PP_OK; plugin = plugin->next)
        status = check_input(output, plugin->path, "plugin", error);
    return status;
}

/// SHA-256 of all that a run's numbers depend on, so that no file has trials of two kinds. The
/// resolved scenario has the seed, the trials, and the checksums of plugins.
static pp_status make_key(const run *r, char key[PP_SHA256_TEXT], pp_error *error)
{
    pp_buffer buffer = {0};
    pp_buffer_add(&buffer, "%s\n%s\n%s\n%016" PRIx64 "\n%s", r->layout->program, gsl_version,
                  pp_build_id(), r->experiment->book_checksum, r->layout->scenario);
    char *text = pp_buffer_take(&buffer);
    if (!text)
        return pp_error_set(error, PP_ENOMEM, "no memory for the key of a checkpoint");
    pp_sha256(text, strlen(text), key);
    free(text);
    return PP_OK;
}

static pp_status open_results(run *r, pp_error *error)
{
    const pp_run_options *options = r->options;
    char key[PP_SHA256_TEXT];
    pp_results_checkpoint checkpoint = {.key = key,
                                        .replace = options->keep == PP_KEEP_ANEW,
                                        .hold_seconds = hold_seconds,
                                        .unsynced = options->unsynced};
    bool keeps = options->keep != PP_KEEP_NONE;
    pp_status status = keeps ? make_key(r, key, error) : PP_OK;
    if (status == PP_OK)
        status = pp_results_resume(options->output, options->force, r->layout,
                                   keeps ? &checkpoint : NULL, &r->results, error);
    r->resumed = pp_results_appended(r->results);
    if (r->resumed > 0 && options->resumed)
        options->resumed(options->context, r->resumed, r->layout->n_trials);
    return status;
}

/// Would the same run fail in the same way once more? Then the trials before are of no use.
static bool is_final(pp_status status)
{
    return status != PP_EINTERRUPTED && status != PP_EIO && status != PP_ENOMEM;
}

static void run_trials(run *r, pp_error *error)
{
    r->status = open_results(r, error);
    if (r->status != PP_OK)
        return;
    r->status = pp_hand_in_create(r->layout, r->resumed, r->layout->n_trials, r->plan.trials,
                                  hand_in, r, &r->hand_in, error);
    if (r->status == PP_OK)
        work_on_threads(r);
    pp_hand_in_destroy(r->hand_in);
    if (r->status == PP_OK)
        r->status = pp_results_commit(r->results, error);
    else if (is_final(r->status))
        pp_results_abandon(r->results);
    else
        pp_results_suspend(r->results);
}

pp_status pp_experiment_run(const pp_experiment *experiment, const pp_run_options *options,
                            pp_error *error)
{
    pp_error detail = {0};
    pp_results_layout layout = pp_experiment_layout(experiment);
    PP_TRY(check_inputs(experiment->scenario, options->output, error));
    if (options->force && options->results_only)
        PP_TRY(pp_results_may_replace(options->output, error));
    char *scenario = pp_scenario_yaml(experiment->scenario);
    if (!scenario)
        return pp_error_set(error, PP_ENOMEM, "no memory for the resolved scenario");
    pp_thread_plan plan = pp_thread_plan_of(
        experiment, options->threads > 0 ? options->threads : omp_get_max_threads());
    layout.threads = plan.trials * plan.blocks;
    layout.command_line = options->command_line;
    layout.program = options->program;
    layout.kept = options->kept;
    layout.scenario = scenario;
    run r = {.experiment = experiment,
             .options = options,
             .layout = &layout,
             .plan = plan,
             .error = &detail};
    run_trials(&r, &detail);
    free(scenario);
    if (r.status != PP_OK)
        pp_error_set(error, r.status, "%s", detail.message);
    if (error)
        error->of_trial = detail.of_trial;
    return r.status;
}

pp_status pp_run_file(const char *path, const char *output, pp_error *error)
{
    const pp_run_options options = {
        .output = output, .force = true, .command_line = "pp_run_file", .program = "libpursuit"};
    pp_problems problems = {0};
    pp_scenario *scenario;
    pp_experiment *experiment = NULL;
    pp_status status = pp_scenario_load(path, NULL, 0, &scenario, &problems);
    if (status != PP_OK)
        pp_error_set(error, status, "%s", problems.n ? problems.text[0] : path);
    else
        status = pp_experiment_create(scenario, &experiment, error);
    if (status == PP_OK)
        status = pp_experiment_run(experiment, &options, error);
    pp_experiment_destroy(experiment);
    pp_scenario_destroy(scenario);
    pp_problems_destroy(&problems);
    return status;
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
