/// @file
/// A program outside the tree: loads a scenario, makes it small, runs it and reads the results
/// back. Usage: consumer SCENARIO.yaml RESULTS.h5
#include <pursuit/data/results/read.h>
#include <pursuit/experiments/engine/run.h>
#include <pursuit/experiments/stats/stats.h>

#include <stdio.h>
#include <stdlib.h>

enum { TRIALS = 3, ROUNDS = 50, EPOCHS = 4 };

static int fail(const char *what, const pp_error *error)
{
    fprintf(stderr, "consumer: %s: %s: %s\n", what, pp_status_text(error->status), error->message);
    return 1;
}

static pp_status simulate(const pp_scenario *scenario, const char *path, pp_error *error)
{
    pp_experiment *experiment = NULL;
    const pp_run_options options = {
        .output = path, .force = true, .command_line = "consumer", .program = "consumer"};
    pp_status status = pp_experiment_create(scenario, &experiment, error);
    if (status == PP_OK)
        status = pp_experiment_run(experiment, &options, error);
    pp_experiment_destroy(experiment);
    return status;
}

/// Every customer bought from one firm or from none.
static int check_customers(const double *policies, const double *walk_away, size_t n_firms)
{
    for (size_t i = 0; i < (size_t)TRIALS * EPOCHS; i++) {
        double customers = walk_away[i];
        for (size_t firm = 0; firm < n_firms; firm++)
            customers += policies[i * n_firms + firm];
        if (customers != ROUNDS) {
            fprintf(stderr, "consumer: %g customers, not %d\n", customers, ROUNDS);
            return 1;
        }
    }
    return 0;
}

static int read_back(const char *path, pp_error *error)
{
    pp_results_file *file = NULL;
    double *policies = NULL, *walk_away = NULL;
    size_t n_policies, n_walk_away, wanted = 0;
    pp_status status = pp_results_open(path, &file, error);
    if (status == PP_OK)
        status = pp_results_read(file, PP_VAR_policies, &policies, &n_policies, error);
    if (status == PP_OK)
        status = pp_results_read(file, PP_VAR_walk_away, &walk_away, &n_walk_away, error);
    int code = status == PP_OK ? 0 : fail("results", error);
    if (code == 0) {
        size_t n_firms = pp_results_length(file, PP_DIM_FIRM);
        wanted = TRIALS * EPOCHS * n_firms;
        if (n_policies != wanted || n_walk_away != (size_t)TRIALS * EPOCHS) {
            fprintf(stderr, "consumer: %zu values, not %zu\n", n_policies, wanted);
            code = 1;
        } else {
            code = check_customers(policies, walk_away, n_firms);
            printf("%s sold %.2f policies of %d an epoch on average, all %zu firms together\n",
                   path, (double)n_firms * pp_mean(policies, n_policies), ROUNDS, n_firms);
        }
    }
    free(policies);
    free(walk_away);
    pp_results_close(file);
    return code;
}

int main(int argc, char **argv)
{
    static const char *const sets[] = {"trials=3", "market.rounds=50", "market.burn_in_epochs=2",
                                       "market.test_epochs=2"};
    pp_error error = {0};
    pp_problems problems = {0};
    pp_scenario *scenario = NULL;
    if (argc != 3) {
        fputs("usage: consumer SCENARIO.yaml RESULTS.h5\n", stderr);
        return 2;
    }
    if (pp_scenario_load(argv[1], sets, PP_COUNT(sets), &scenario, &problems) != PP_OK) {
        for (size_t i = 0; i < problems.n; i++)
            fprintf(stderr, "%s\n", problems.text[i]);
        pp_problems_destroy(&problems);
        return 1;
    }
    int code = simulate(scenario, argv[2], &error) == PP_OK ? read_back(argv[2], &error)
                                                            : fail("run", &error);
    pp_scenario_destroy(scenario);
    pp_problems_destroy(&problems);
    return code;
}
