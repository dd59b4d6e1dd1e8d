// Fixed work whose instructions scripts/bench-gate counts, within pp_trial_run only. Another size
// is another workload: the counts in instructions.json must be made anew.
#include <string.h>

#include "experiments/bench/bench.h"

static const struct {
    const char *name, *agent;
    size_t n_firms;
    int64_t rounds, burn_in, test;
} workloads[] = {
    {"rounds", "null", 6, 1000, 1, 60},
    {"refits", "null", 6, 1000, 8, 0},
    {"firms", "null", 100, 500, 1, 5},
    {"klq", "klq", 6, 200, 6, 8},
};

bool bench_workload(const char *name)
{
    for (size_t i = 0; i < PP_COUNT(workloads); i++) {
        bench_market m;
        if (strcmp(workloads[i].name, name) != 0)
            continue;
        bench_market_build(&m, workloads[i].n_firms, workloads[i].agent);
        m.scenario.market.rounds = workloads[i].rounds;
        m.scenario.market.burn_in_epochs = workloads[i].burn_in;
        m.scenario.market.test_epochs = workloads[i].test;
        bench_market_start(&m);
        bench_trial(&m);
        bench_market_finish(&m);
        return true;
    }
    return false;
}

void bench_workload_names(FILE *to)
{
    for (size_t i = 0; i < PP_COUNT(workloads); i++)
        fprintf(to, "%s\n", workloads[i].name);
}
