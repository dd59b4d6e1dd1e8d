// What a trial and its parts cost: set-up, refits, agents, and writing its results.
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "experiments/bench/bench.h"

enum { MOST = 16 };

/// Milliseconds of a whole trial: the median of a few.
static double trial_time(const bench *b, const char *agent, size_t repeats)
{
    bench_market m;
    double times[MOST];
    size_t n = b->quick ? 1 : repeats;
    bench_market_build(&m, 6, agent);
    m.scenario.market.rounds = bench_size(b, m.scenario.market.rounds, 50);
    bench_market_start(&m);
    for (size_t i = 0; i < n; i++) {
        double from = bench_processor();
        bench_trial(&m);
        times[i] = 1e3 * (bench_processor() - from);
    }
    bench_market_finish(&m);
    return bench_median(times, n);
}

void bench_trials(const bench *b)
{
    static const char *const agents[] = {"baseline", "bellman", "klq"};
    for (size_t i = 0; i < PP_COUNT(agents); i++)
        bench_tell(b, trial_time(b, agents[i], 5), "ms",
                   "a published trial of '%s' and five null, refits included", agents[i]);
}

void bench_setup(const bench *b)
{
    double times[MOST];
    size_t n = (size_t)bench_size(b, 9, 1);
    for (size_t i = 0; i < n; i++) {
        bench_market m;
        bench_market_build(&m, 6, "null");
        double from = bench_processor();
        bench_market_start(&m);
        times[i] = 1e3 * (bench_processor() - from);
        bench_market_finish(&m);
    }
    bench_tell(b, bench_median(times, n), "ms", "tabulating the laws, buffers");
}

/// Refit one firm's new pipeline on the history that the workspace still holds.
static void refit(const bench_market *m, size_t f, double **scratch)
{
    const pp_scenario *s = &m->scenario;
    pp_error error = {.message = "no memory"};
    pp_pipeline *pipeline;
    pp_history history;
    pp_gsl_random random;
    const pp_stream stream = {.seed = 1};
    pp_histories_view(m->workspace->histories, f, &history);
    pp_gsl_random_init(&random, &stream, PP_DRAW_REFIT, (uint32_t)f);
    if (pp_pipeline_create(&s->pricing, m->experiment->schema->n_columns,
                           m->experiment->history_epochs, (pp_observe)s->market.observe, &pipeline,
                           &error) != PP_OK)
        bench_die("refit", &error);
    if (!*scratch)
        *scratch = calloc(pp_pipeline_fit_scratch(pipeline) * history.n, sizeof(double));
    if (!*scratch || pp_pipeline_fit(pipeline, &history, *scratch, &random.rng, &error) != PP_OK)
        bench_die("refit", &error);
    pp_pipeline_destroy(pipeline);
}

void bench_refits(const bench *b)
{
    bench_market m;
    double times[MOST], *scratch = NULL;
    size_t n = (size_t)bench_size(b, 15, 1);
    bench_market_build(&m, 6, "null");
    m.scenario.market.rounds = bench_size(b, m.scenario.market.rounds, 50);
    m.scenario.market.test_epochs = 0;
    bench_market_start(&m);
    bench_trial(&m); // leaves the history of the last refits
    for (size_t i = 0; i < n; i++) {
        double from = bench_processor();
        for (size_t f = 0; f < m.scenario.n_firms; f++)
            refit(&m, f, &scratch);
        times[i] = 1e3 * (bench_processor() - from);
    }
    bench_judge(b, bench_median(times, n), "ms", BENCH_BELOW, 20,
                "six firms after the last of six burn-in epochs of %lld rounds, one core",
                (long long)m.scenario.market.rounds);
    free(scratch);
    bench_market_finish(&m);
}

/// Time spent on a file of results, and all of it: by the processor and by the wall clock.
typedef struct writing {
    double writing[2], all[2];
} writing;

static void clocks(double *seconds, double sign)
{
    seconds[0] += sign * bench_processor();
    seconds[1] += sign * bench_wall();
}

/// A run of one thread, step by step as pp_experiment_run takes them.
static writing time_run(bench_market *m, const char *path)
{
    writing t = {0};
    pp_error error = {0};
    pp_results *results = NULL;
    pp_results_layout layout = pp_experiment_layout(m->experiment);
    layout.command_line = layout.program = layout.scenario = "pursuit-bench";
    clocks(t.all, -1);
    clocks(t.writing, -1);
    pp_status status = pp_results_create(path, true, &layout, &results, &error);
    clocks(t.writing, 1);
    for (int64_t i = 0; i < layout.n_trials && status == PP_OK; i++) {
        status = pp_trial_run(m->workspace, i, NULL, m->record, &error);
        clocks(t.writing, -1);
        if (status == PP_OK)
            status = pp_results_append(results, m->record, &error);
        clocks(t.writing, 1);
    }
    clocks(t.writing, -1);
    if (status == PP_OK)
        status = pp_results_commit(results, &error);
    clocks(t.writing, 1);
    clocks(t.all, 1);
    if (status != PP_OK)
        bench_die("writing", &error);
    return t;
}

void bench_writing(const bench *b)
{
    bench_market m;
    char path[PP_TEXT_MAX];
    bench_market_build(&m, 6, "baseline");
    m.scenario.run.trials = bench_size(b, 200, 2);
    m.scenario.market.rounds = bench_size(b, m.scenario.market.rounds, 50);
    bench_market_start(&m);
    bench_temporary(path);
    writing t = time_run(&m, path);
    unlink(path);
    double processor = 100 * t.writing[0] / t.all[0], wall = 100 * t.writing[1] / t.all[1];
    bench_judge(b, fmax(processor, wall), "%", BENCH_BELOW, 3,
                "share of a run of %lld published trials on one core, the greater of two clocks",
                (long long)m.scenario.run.trials);
    bench_tell(b, processor, "%", "by processor time");
    bench_tell(b, wall, "%", "by wall clock, with waits for the disk");
    bench_market_finish(&m);
}
