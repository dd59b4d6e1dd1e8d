// `sweep --dry-run`: what the runs of a plan are, and what they would take.
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "experiments/cli/commands/sweep.h"
#include "experiments/cli/print/table.h"
#include "experiments/engine/run.h"
#include "experiments/sweep/directory/names.h"

/// More runs are not looked at: it would take as long as some sweeps do.
enum { SAMPLE_MAX = 100 };

pp_status pp_sweep_estimate_plan(const pp_sweep_plan *plan, int threads,
                                 pp_sweep_estimate *estimate, pp_error *error)
{
    size_t runs = pp_sweep_plan_runs(plan), n = runs < SAMPLE_MAX ? runs : SAMPLE_MAX;
    pp_scenario *scenario = NULL;
    pp_experiment *experiment = NULL;
    pp_status status = PP_OK;
    double files = 0;
    *estimate = (pp_sweep_estimate){.n_sampled = n};
    for (size_t i = 0; i < n && status == PP_OK; i++) {
        status = pp_sweep_follow(plan, n > 1 ? i * (runs - 1) / (n - 1) : 0, &scenario, &experiment,
                                 error);
        if (status != PP_OK)
            break;
        pp_results_layout layout = pp_experiment_layout(experiment);
        layout.scenario = layout.command_line = layout.program = "";
        estimate->memory = fmax(estimate->memory, pp_experiment_memory(experiment, threads));
        files += pp_results_bytes(&layout);
    }
    estimate->files = files / (double)n * (double)runs;
    pp_experiment_destroy(experiment);
    pp_scenario_destroy(scenario);
    return status;
}

static pp_status print_parameters(const pp_sweep_plan *plan)
{
    static const char *const header[] = {"parameter", "name", "type", "first run", "last run"};
    pp_table table = {.columns = "lllrr"};
    size_t last = pp_sweep_plan_runs(plan) - 1;
    for (size_t i = 0; i < PP_COUNT(header); i++)
        pp_table_text(&table, header[i]);
    pp_table_header(&table);
    for (size_t p = 0; p < pp_sweep_plan_parameters(plan); p++) {
        const char *from = pp_sweep_plan_value(plan, 0, p);
        const char *to = pp_sweep_plan_value(plan, last, p);
        pp_table_text(&table, pp_sweep_plan_key(plan, p));
        char *name = pp_sweep_short_name(plan, p);
        table.failed |= !name;
        pp_table_text(&table, name ? name : "");
        free(name);
        pp_table_text(&table, pp_sweep_type_names[pp_sweep_plan_type(plan, p)]);
        pp_table_text(&table, from ? from : "-");
        pp_table_text(&table, to ? to : "-");
    }
    pp_table_text(&table, "id");
    pp_table_text(&table, "");
    pp_table_text(&table, "");
    pp_table_text(&table, pp_sweep_plan_id(plan, 0));
    pp_table_text(&table, pp_sweep_plan_id(plan, last));
    return pp_table_print(&table, stdout, pp_cli_colour(stdout));
}

/// "grid of 3 x 5", or "".
static void print_grid(const pp_sweep_plan *plan)
{
    size_t axes = 0;
    if (!pp_sweep_plan_grid(plan, &axes))
        return;
    for (size_t a = 0; a < axes; a++)
        printf("%s%zu", a ? " x " : ", a grid of ", pp_sweep_plan_axis_length(plan, a));
}

int pp_sweep_dry_run(const pp_command *command, const pp_sweep_plan *plan,
                     const pp_sweep_arguments *a)
{
    pp_sweep_estimate estimate;
    pp_error error = {0};
    const char *name = pp_sweep_plan_name(plan);
    int threads = a->threads ? (int)a->threads : pp_cli_default_threads();
    size_t runs = pp_sweep_plan_runs(plan);
    pp_status status = pp_sweep_estimate_plan(plan, threads, &estimate, &error);
    if (status != PP_OK)
        return pp_cli_fail(command, status, &error);
    printf("%s%s%zu run%s", name, *name ? ": " : "", runs, runs == 1 ? "" : "s");
    print_grid(plan);
    printf(", plan %.16s\n\n", pp_sweep_plan_sha256(plan));
    status = print_parameters(plan);
    if (status != PP_OK)
        return pp_cli_no_memory(command);
    char remark[96];
    putchar('\n');
    if (a->n_tasks) {
        pp_sweep_share share = pp_sweep_share_of((size_t)a->task, (size_t)a->n_tasks, runs);
        printf("runs of task %" PRId64 "/%" PRId64 ": %zu\n", a->task, a->n_tasks,
               pp_sweep_share_runs(&share));
    }
    snprintf(remark, sizeof remark, " at most for a run, with up to %d thread%s", threads,
             threads == 1 ? "" : "s");
    pp_cli_print_bytes(stdout, "", "memory", estimate.memory, remark);
    pp_cli_print_bytes(stdout, "", "results files", estimate.files,
                       " at most in all, before compression");
    if (estimate.n_sampled < runs)
        printf("(estimated from %zu of the runs)\n", estimate.n_sampled);
    return PP_EXIT_OK;
}
