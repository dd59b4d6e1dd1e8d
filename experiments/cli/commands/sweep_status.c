// `sweep status`: how far a directory is.
#include "experiments/sweep/directory/directory.h"

#include <stdlib.h>

#include "experiments/cli/commands/sweep.h"
#include "experiments/cli/print/printable.h"
#include "experiments/cli/print/table.h"
#include "experiments/sweep/directory/manifest.h"
#include "market/base/json.h"

static const char *const state_names[PP_RUN_STATES] = {[PP_RUN_COMPLETE] = "complete",
                                                       [PP_RUN_FAILED] = "failed",
                                                       [PP_RUN_PARTIAL] = "partial",
                                                       [PP_RUN_RUNNING] = "running",
                                                       [PP_RUN_PENDING] = "pending"};

typedef struct view {
    const char *directory;
    pp_sweep_manifest manifest;
    pp_run_state *states; ///< [n_runs]
    size_t count[PP_RUN_STATES];
    pp_error failure; ///< of the run that is being told of
} view;

static pp_status look(view *v, pp_error *error)
{
    PP_TRY(pp_sweep_manifest_read(v->directory, &v->manifest, error));
    size_t n = v->manifest.n_runs;
    v->states = calloc(n, sizeof *v->states);
    if (!v->states)
        return pp_error_set(error, PP_ENOMEM, "out of memory");
    pp_status status =
        pp_sweep_directory_states(v->directory, v->manifest.ids, n, v->states, error);
    for (size_t run = 0; run < n && status == PP_OK; run++)
        v->count[v->states[run]]++;
    return status;
}

/// Why a run failed; it may have been mended meanwhile.
static const char *message_of(view *v, size_t run)
{
    bool found;
    v->failure = (pp_error){0};
    pp_sweep_failure_read(v->directory, v->manifest.ids[run], &found, &v->failure, NULL);
    return v->failure.message;
}

static pp_status print_json(view *v)
{
    pp_json json = {0};
    const pp_sweep_manifest *m = &v->manifest;
    pp_json_open(&json, NULL, '{');
    pp_json_string(&json, "name", m->name);
    pp_json_string(&json, "plan_sha256", m->plan_sha256);
    pp_json_integer(&json, "runs", (int64_t)m->n_runs);
    for (size_t s = 0; s < PP_RUN_STATES; s++)
        pp_json_integer(&json, state_names[s], (int64_t)v->count[s]);
    pp_json_open(&json, "failures", '[');
    for (size_t run = 0; run < m->n_runs; run++) {
        if (v->states[run] != PP_RUN_FAILED)
            continue;
        pp_json_open(&json, NULL, '{');
        pp_json_integer(&json, "run", (int64_t)run);
        pp_json_string(&json, "id", m->ids[run]);
        pp_json_string(&json, "message", message_of(v, run));
        pp_json_string(&json, "status", pp_status_text(v->failure.status));
        pp_json_close(&json, '}');
    }
    pp_json_close(&json, ']');
    pp_json_close(&json, '}');
    return pp_cli_print_owned(pp_buffer_take(&json.out));
}

/// A line for a run that failed.
static void print_failure(view *v, size_t run)
{
    char *message = pp_printable(message_of(v, run), PP_ERROR_MAX);
    printf("  %s  %s\n", v->manifest.ids[run], message ? message : "?");
    free(message);
}

static pp_status print_text(view *v)
{
    pp_table table = {.columns = "lr"};
    pp_table_text(&table, "runs");
    pp_table_number(&table, (double)v->manifest.n_runs, 0);
    pp_table_header(&table);
    for (size_t s = 0; s < PP_RUN_STATES; s++) {
        pp_table_text(&table, state_names[s]);
        pp_table_number(&table, (double)v->count[s], 0);
    }
    pp_status status = pp_table_print(&table, stdout, pp_cli_colour(stdout));
    if (status == PP_OK && v->count[PP_RUN_FAILED])
        puts("\nFailed:");
    for (size_t run = 0; run < v->manifest.n_runs && status == PP_OK; run++)
        if (v->states[run] == PP_RUN_FAILED)
            print_failure(v, run);
    return status;
}

int pp_sweep_status(const pp_command *command, const char *directory, bool json)
{
    view v = {.directory = directory};
    pp_error error = {0};
    pp_status status = look(&v, &error);
    if (status == PP_OK && json)
        status = print_json(&v);
    else if (status == PP_OK)
        status = print_text(&v);
    free(v.states);
    pp_sweep_manifest_release(&v.manifest);
    return status == PP_OK ? PP_EXIT_OK : pp_cli_fail(command, status, &error);
}
