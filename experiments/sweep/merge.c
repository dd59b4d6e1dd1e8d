// Merging the files of a sweep's directory.
#include "experiments/sweep/merge.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "data/file/output.h"
#include "data/file/output_steps.h"
#include "data/file/sha256.h"
#include "experiments/scenario/tree.h"
#include "experiments/sweep/coordinates.h"
#include "experiments/sweep/directory/directory.h"
#include "experiments/sweep/directory/manifest.h"

/// A sweep on its way into one file.
typedef struct merging {
    const char *directory;
    pp_sweep_manifest manifest;
    pp_sweep_coordinates coordinates;
    pp_merge_run *runs;   ///< [manifest.n_runs]
    char **paths;         ///< [manifest.n_runs] theirs
    pp_run_state *states; ///< [manifest.n_runs]
} merging;

static void release(merging *m)
{
    for (size_t run = 0; m->paths && run < m->manifest.n_runs; run++)
        free(m->paths[run]);
    free(m->paths);
    free(m->runs);
    free(m->states);
    pp_sweep_coordinates_release(&m->coordinates);
    pp_sweep_manifest_release(&m->manifest);
}

/// What is under a run's own name is looked at closely, whatever it is: damage is not passed over.
static pp_merge_state state_of(pp_run_state state, const char *path)
{
    if (state == PP_RUN_COMPLETE || access(path, F_OK) == 0)
        return PP_MERGE_COMPLETE;
    if (state == PP_RUN_FAILED)
        return PP_MERGE_FAILED;
    return state == PP_RUN_PENDING ? PP_MERGE_PENDING : PP_MERGE_PARTIAL;
}

static pp_status find_runs(merging *m, pp_error *error)
{
    const size_t n = m->manifest.n_runs;
    m->runs = calloc(n, sizeof *m->runs);
    m->paths = calloc(n, sizeof *m->paths);
    m->states = calloc(n, sizeof *m->states);
    if (!m->runs || !m->paths || !m->states)
        return pp_error_set(error, PP_ENOMEM, "out of memory");
    PP_TRY(pp_sweep_directory_states(m->directory, m->manifest.ids, n, m->states, error));
    for (size_t run = 0; run < n; run++) {
        const char *id = m->manifest.ids[run];
        m->paths[run] = pp_sweep_directory_path(m->directory, id, ".h5");
        if (!m->paths[run])
            return pp_error_set(error, PP_ENOMEM, "out of memory");
        m->runs[run] = (pp_merge_run){id, state_of(m->states[run], m->paths[run]), m->paths[run]};
    }
    return PP_OK;
}

/// Is the population of a scenario a book?
static bool has_book(const char *scenario)
{
    pp_report report = {0};
    pp_problems problems = {0};
    pp_node *root = pp_tree_parse(scenario, strlen(scenario), 0, &report);
    const pp_node *kind = pp_node_get(pp_node_get(root, "population"), "kind");
    bool book = kind && kind->kind == PP_NODE_SCALAR && strcmp(kind->text, "book") == 0;
    pp_node_destroy(root);
    pp_report_finish(&report, &problems);
    pp_problems_destroy(&problems);
    return book;
}

static pp_status check_scenario(const void *context, size_t run, const char *scenario,
                                pp_error *error)
{
    const pp_sweep_manifest *manifest = context;
    char digits[PP_SHA256_TEXT];
    pp_sha256(scenario, strlen(scenario), digits);
    if (strncmp(digits, manifest->ids[run], PP_SWEEP_ID - 1) == 0 || has_book(scenario))
        return PP_OK;
    return pp_error_set(error, PP_EFORMAT,
                        "the scenario within is not the one that the file is named after");
}

static pp_status prepare(merging *m, pp_error *error)
{
    PP_TRY(pp_sweep_manifest_read(m->directory, &m->manifest, error));
    PP_TRY(pp_sweep_coordinates_make(&m->manifest, &m->coordinates, error));
    return find_runs(m, error);
}

/// The merged file must not be one that the sweep lives by, nor stand among the runs' files.
static pp_status check_target(const char *directory, const char *path, pp_error *error)
{
    static const char *const own[] = {"/manifest.jsonl", "/plan.yaml", "/runs"};
    const char *slash = strrchr(path, '/');
    char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
    if (!folder)
        return pp_error_set(error, PP_ENOMEM, "out of memory");
    pp_status status = PP_OK;
    for (size_t i = 0; i < PP_COUNT(own) && status == PP_OK; i++) {
        char *name = pp_output_suffixed(directory, own[i]);
        if (!name)
            status = pp_error_set(error, PP_ENOMEM, "out of memory");
        else if (pp_output_same_file(path, name) || pp_output_same_file(folder, name))
            status = pp_error_set(error, PP_EEXIST,
                                  "'%s' is the sweep's own; nothing is written there", path);
        free(name);
    }
    free(folder);
    return status;
}

pp_status pp_sweep_merge(const char *directory, const char *path, const pp_merge_options *options,
                         const char *history, const char *source, pp_merge_report *report,
                         pp_error *error)
{
    merging m = {.directory = directory};
    pp_status status = check_target(directory, path, error);
    if (status == PP_OK)
        status = prepare(&m, error);
    if (status == PP_OK) {
        const pp_merge_sweep sweep = {.n_runs = m.manifest.n_runs,
                                      .runs = m.runs,
                                      .n_dimensions = m.coordinates.n_dimensions,
                                      .dimensions = m.coordinates.dimensions,
                                      .n_parameters = m.coordinates.n_parameters,
                                      .parameters = m.coordinates.parameters,
                                      .title = m.manifest.name,
                                      .command_line = history,
                                      .program = source,
                                      .check = check_scenario,
                                      .context = &m.manifest};
        status = pp_merge_write(path, &sweep, options, report, error);
    }
    release(&m);
    return status;
}
