// Markets to measure, and the clocks to measure them by.
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "experiments/bench/bench.h"

static double seconds_of(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

double bench_processor(void)
{
    return seconds_of(CLOCK_PROCESS_CPUTIME_ID);
}

double bench_wall(void)
{
    return seconds_of(CLOCK_MONOTONIC);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double bench_median(double *values, size_t n)
{
    qsort(values, n, sizeof *values, ascending);
    return (values[(n - 1) / 2] + values[n / 2]) / 2;
}

static void set_defaults(pp_scenario *s, size_t n_firms)
{
    pp_scenario_defaults(s);
    snprintf(s->run.title.text, PP_TEXT_MAX, "benchmark");
    if (n_firms >= 10)
        s->choice.success_rate = 0.5 / (double)n_firms;
}

void bench_market_build(bench_market *m, size_t n_firms, const char *agent)
{
    pp_scenario *s = &m->scenario;
    *m = (bench_market){0};
    set_defaults(s, n_firms);
    s->n_firms = n_firms;
    s->firms = calloc(n_firms, sizeof *s->firms);
    for (size_t i = 0; s->firms && i < n_firms; i++) {
        snprintf(s->firms[i].name, PP_NAME_MAX, "firm-%zu", i);
        s->firms[i].agent = pp_agent_find(i ? "null" : agent);
    }
    const pp_agent_class *class = s->firms ? s->firms[0].agent : NULL;
    m->params = calloc(1, class ? class->params->size + 1 : 1);
    if (!class || !m->params)
        bench_die(agent, &(pp_error){.message = "no such agent, or no memory"});
    pp_param_defaults(class->params, m->params);
    s->firms[0].agent_params = m->params;
    s->firms[0].portfolio = class->needs_portfolio ? PP_PORTFOLIO_RANDOM : PP_PORTFOLIO_NONE;
}

// The agents' callbacks have no way to this program's data but this.
static struct {
    double (*clock)(void);
    double trained, ended;
    pp_status (*train)(void *, const void *, const pp_agent_setup *, pp_error *);
} watch;

static pp_status watched_train(void *state, const void *params, const pp_agent_setup *setup,
                               pp_error *error)
{
    pp_status status = watch.train(state, params, setup, error);
    watch.trained = watch.clock();
    return status;
}

static void watched_end(void *state, pp_agent_epoch *epoch)
{
    (void)state, (void)epoch;
    watch.ended = watch.clock();
}

void bench_market_watch(bench_market *m)
{
    m->watched = *m->scenario.firms[0].agent;
    watch.train = m->watched.train;
    m->watched.train = watched_train;
    m->watched.end_epoch = watched_end;
    m->scenario.firms[0].agent = &m->watched;
}

void bench_watch_by(double (*clock)(void))
{
    watch.clock = clock;
}

double bench_watched(void)
{
    return watch.ended - watch.trained;
}

static void create_experiment(bench_market *m)
{
    pp_error error = {0};
    if (!m->experiment && pp_experiment_create(&m->scenario, &m->experiment, &error) != PP_OK)
        bench_die("scenario", &error);
}

void bench_market_start(bench_market *m)
{
    pp_error error = {0};
    create_experiment(m);
    pp_results_layout layout = pp_experiment_layout(m->experiment);
    layout.command_line = layout.program = layout.scenario = "";
    if (pp_workspace_create(m->experiment, 1, &m->workspace, &error) != PP_OK ||
        pp_record_create(&layout, &m->record, &error) != PP_OK)
        bench_die("workspace", &error);
}

void bench_market_finish(bench_market *m)
{
    pp_record_destroy(m->record);
    pp_workspace_destroy(m->workspace);
    pp_experiment_destroy(m->experiment);
    free(m->scenario.firms);
    free(m->params);
}

void bench_trial(bench_market *m)
{
    pp_error error = {0};
    if (pp_trial_run(m->workspace, 0, NULL, m->record, &error) != PP_OK)
        bench_die("trial", &error);
}

double bench_test_epochs(bench_market *m, double (*clock)(void))
{
    bench_watch_by(clock);
    bench_trial(m);
    return bench_watched();
}

void bench_temporary(char *path)
{
    const char *folder = getenv("TMPDIR");
    int length =
        snprintf(path, PP_TEXT_MAX, "%s/pursuit-bench-XXXXXX", folder && *folder ? folder : "/tmp");
    int fd = length < PP_TEXT_MAX ? mkstemp(path) : -1;
    if (fd < 0)
        bench_die(path, &(pp_error){.message = "cannot be created"});
    close(fd);
}

double bench_whole_run(bench_market *m, int threads)
{
    char path[PP_TEXT_MAX];
    pp_error error = {0};
    create_experiment(m);
    bench_temporary(path);
    pp_run_options options = {.output = path,
                              .force = true,
                              .threads = threads,
                              .command_line = "pursuit-bench",
                              .program = "pursuit-bench"};
    double from = bench_wall();
    pp_status status = pp_experiment_run(m->experiment, &options, &error);
    double seconds = bench_wall() - from;
    unlink(path);
    if (status != PP_OK)
        bench_die("run", &error);
    return seconds;
}
