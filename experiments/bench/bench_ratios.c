// What a trial costs against its rounds: refits, agents' quotes and set-up, in null rounds.
#include <stdlib.h>
#include <string.h>

#include "experiments/bench/bench.h"

enum { MOST = 16 };

/// A published market of six firms, firm 0 of the agent.
typedef struct subject {
    bench_market market;
    double seconds[MOST];
} subject;

static void start(const bench *b, subject *s, const char *agent, bool model_free)
{
    bench_market_build(&s->market, 6, agent);
    s->market.scenario.market.rounds = bench_size(b, s->market.scenario.market.rounds, 50);
    if (model_free) {
        const pp_agent_class *class = s->market.scenario.firms[0].agent;
        for (size_t i = 0; i < class->params->n_rows; i++)
            if (strcmp(class->params->rows[i].name, "method") == 0)
                *(int *)((char *)s->market.params + class->params->rows[i].offset) = 1;
    }
    bench_market_start(&s->market);
}

static void measure(subject *s, size_t i)
{
    double from = bench_processor();
    bench_trial(&s->market);
    s->seconds[i] = bench_processor() - from;
}

/// Quotes of an agent's test epochs.
static double quotes_of(const bench_market *m)
{
    return (double)(m->scenario.market.rounds * m->scenario.market.test_epochs);
}

static double set_up_seconds(const pp_scenario *scenario)
{
    pp_experiment *experiment;
    pp_workspace *workspace;
    pp_error error = {0};
    double from = bench_processor();
    if (pp_experiment_create(scenario, &experiment, &error) != PP_OK ||
        pp_workspace_create(experiment, 1, &workspace, &error) != PP_OK)
        bench_die("set-up", &error);
    double seconds = bench_processor() - from;
    pp_workspace_destroy(workspace);
    pp_experiment_destroy(experiment);
    return seconds;
}

/// The median of what each of n measurements says of agent and null trial, measured side by side.
static double beyond_null(const subject *agent, const subject *null, const double *round, size_t n)
{
    double ratio[MOST];
    for (size_t i = 0; i < n; i++)
        ratio[i] = (agent->seconds[i] - null->seconds[i]) / quotes_of(&agent->market) / round[i];
    return bench_median(ratio, n);
}

void bench_ratios(const bench *b)
{
    static subject null, bellman, klq, model_free;
    bench_market rounds;
    double round[MOST] = {0}, whole[MOST] = {0}, set_up[MOST] = {0};
    size_t n = (size_t)bench_size(b, 9, 1), many = (size_t)bench_size(b, 3, 1);
    bench_null_market(&rounds, 6, 1000, bench_size(b, 50, 2));
    start(b, &null, "null", false);
    start(b, &bellman, "bellman", false);
    start(b, &klq, "klq", false);
    start(b, &model_free, "klq", true);
    const pp_market_config *market = &null.market.scenario.market;
    double in_all = (double)(market->rounds * (market->burn_in_epochs + market->test_epochs));
    for (size_t i = 0; i < n; i++) {
        round[i] = 1e-9 * bench_round_time(&rounds);
        set_up[i] = set_up_seconds(&null.market.scenario);
        measure(&null, i);
        measure(&bellman, i);
        measure(&klq, i);
        if (i < many)
            measure(&model_free, i);
        whole[i] = (null.seconds[i] + set_up[i] / 24) / (in_all * round[i]); // 24 trials a process
        set_up[i] /= null.seconds[i];
    }
    bench_judge(b, bench_median(whole, n), "x", BENCH_AT_MOST, 4.2,
                "a whole null trial, refits and set-up of 24 included, over its %g rounds", in_all);
    bench_judge(b, beyond_null(&bellman, &null, round, n), "x", BENCH_AT_MOST, 12,
                "a quote of 'bellman' beyond null, over a round");
    bench_judge(b, beyond_null(&klq, &null, round, n), "x", BENCH_AT_MOST, 28,
                "a quote of 'klq' beyond null, over a round");
    bench_judge(b, beyond_null(&model_free, &null, round, many), "x", BENCH_AT_MOST, 160,
                "a quote of model-free 'klq' beyond null, over a round");
    bench_judge(b, bench_median(set_up, n), "x", BENCH_AT_MOST, 0.1,
                "set-up of a process, laws and buffers, over a null trial");
    bench_market_finish(&rounds);
    bench_market_finish(&null.market);
    bench_market_finish(&bellman.market);
    bench_market_finish(&klq.market);
    bench_market_finish(&model_free.market);
}
