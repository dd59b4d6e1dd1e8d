// Benchmarks: one JSON object a line on stdout, each the median of several runs on one core.
//   pursuit-bench            all of them
//   pursuit-bench NAME ...   those named
// Nothing here is a test: times differ between machines.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "experiments/experiment.h"
#include "experiments/workspace.h"

enum { REPEATS = 7 };

/// A market of n firms, firm 0 of the agent named, the rest `null`.
typedef struct market {
    pp_scenario scenario;
    void *params;
    pp_experiment *experiment;
    pp_workspace *workspace;
    pp_record *record;
} market;

static void die(const char *what, const pp_error *error)
{
    fprintf(stderr, "pursuit-bench: %s: %s\n", what, error->message);
    exit(4);
}

/// Processor time, so that what else the machine does counts for less.
static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/// Of the repeats.
typedef struct timing {
    double median, least;
} timing;

static timing timing_of(double *times)
{
    qsort(times, REPEATS, sizeof *times, ascending);
    return (timing){times[REPEATS / 2], times[0]};
}

static void set_defaults(pp_scenario *s, size_t n_firms)
{
    memset(s, 0, sizeof *s);
    pp_param_defaults(&pp_run_table, &s->run);
    pp_param_defaults(&pp_market_table, &s->market);
    pp_param_defaults(&pp_inflation_table, &s->inflation);
    pp_param_defaults(&pp_choice_table, &s->choice);
    pp_param_defaults(&pp_published_table, &s->published);
    pp_param_defaults(&pp_pricing_table, &s->pricing);
    pp_param_defaults(&pp_portfolio_table, &s->portfolio);
    pp_param_defaults(&pp_record_table, &s->record);
    snprintf(s->run.title.text, PP_TEXT_MAX, "benchmark");
    if (n_firms >= 10)
        s->choice.success_rate = 0.5 / (double)n_firms;
}

static void build_scenario(market *m, size_t n_firms, const char *agent)
{
    pp_scenario *s = &m->scenario;
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
        exit(4);
    pp_param_defaults(class->params, m->params);
    s->firms[0].agent_params = m->params;
    s->firms[0].portfolio = class->needs_portfolio ? PP_PORTFOLIO_RANDOM : PP_PORTFOLIO_NONE;
}

static void start(market *m)
{
    pp_error error = {0};
    if (pp_experiment_create(&m->scenario, &m->experiment, &error) != PP_OK)
        die("scenario", &error);
    pp_results_layout layout = pp_experiment_layout(m->experiment);
    layout.history = layout.source = layout.scenario = "";
    if (pp_workspace_create(m->experiment, 1, &m->workspace, &error) != PP_OK ||
        pp_record_create(&layout, &m->record, &error) != PP_OK)
        die("workspace", &error);
}

static void finish(market *m)
{
    pp_record_destroy(m->record);
    pp_workspace_destroy(m->workspace);
    pp_experiment_destroy(m->experiment);
    free(m->scenario.firms);
    free(m->params);
}

/// Seconds of one trial of B burn-in and E test epochs.
static timing trial_seconds(size_t n_firms, const char *agent, int64_t burn_in, int64_t test)
{
    market m;
    pp_error error = {0};
    double times[REPEATS];
    build_scenario(&m, n_firms, agent);
    m.scenario.market.burn_in_epochs = burn_in;
    m.scenario.market.test_epochs = test;
    start(&m);
    for (int64_t i = 0; i < REPEATS; i++) {
        double from = seconds();
        if (pp_trial_run(m.workspace, i, NULL, m.record, &error) != PP_OK)
            die("trial", &error);
        times[i] = seconds() - from;
    }
    finish(&m);
    return timing_of(times);
}

/// A round: draw the customer, quote, choose, rank and book; refits taken out by difference.
static void bench_firms(size_t n_firms)
{
    const int64_t more = n_firms > 20 ? 20 : 100, rounds = 1000;
    const double rounds_more = (double)(more * rounds);
    timing base = trial_seconds(n_firms, "null", 1, 1);
    timing longer = trial_seconds(n_firms, "null", 1, 1 + more);
    double per_round = (longer.median - base.median) / rounds_more;
    double least = (longer.least - base.median) / rounds_more;
    printf(
        "{\"bench\": \"rounds\", \"firms\": %zu, \"agent\": \"null\", \"rounds_per_second\": %.0f, "
        "\"ns_per_round\": %.0f, \"ns_per_round_min\": %.0f, \"ns_per_quote\": %.1f}\n",
        n_firms, 1 / per_round, 1e9 * per_round, 1e9 * least, 1e9 * per_round / (double)n_firms);
}

static void bench_rounds(void)
{
    static const size_t firms[] = {6, 12, 25, 50, 100};
    for (size_t i = 0; i < PP_COUNT(firms); i++)
        bench_firms(firms[i]);
}

static void bench_trial(void)
{
    double whole = trial_seconds(6, "baseline", 6, 8).median;
    double few = trial_seconds(6, "baseline", 5, 8).median, refits = whole - few;
    printf("{\"bench\": \"trial\", \"firms\": 6, \"agent\": \"baseline\", \"epochs\": 14, "
           "\"rounds\": 1000, \"milliseconds\": %.1f, \"last_burn_in_epoch_milliseconds\": %.1f}\n",
           1e3 * whole, 1e3 * refits);
}

static void bench_setup(void)
{
    double times[REPEATS];
    for (int i = 0; i < REPEATS; i++) {
        market m;
        build_scenario(&m, 6, "null");
        double from = seconds();
        start(&m);
        times[i] = seconds() - from;
        finish(&m);
    }
    printf("{\"bench\": \"setup\", \"firms\": 6, \"milliseconds\": %.1f}\n",
           1e3 * timing_of(times).median);
}

static double resident_megabytes(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)usage.ru_maxrss / 1024;
}

/// One whole run of that many trials, tiny ones, so that what is left is what grows.
static void measure_memory(int64_t trials, const char *path)
{
    market m;
    pp_error error = {0};
    build_scenario(&m, 6, "baseline");
    m.scenario.run.trials = trials;
    m.scenario.market.rounds = 20;
    m.scenario.market.burn_in_epochs = m.scenario.market.test_epochs = 1;
    if (pp_experiment_create(&m.scenario, &m.experiment, &error) != PP_OK)
        die("scenario", &error);
    pp_run_options options = {.output = path,
                              .force = true,
                              .threads = 1,
                              .history = "pursuit-bench",
                              .source = "pursuit-bench"};
    double from = seconds();
    if (pp_experiment_run(m.experiment, &options, &error) != PP_OK)
        die("run", &error);
    printf("{\"bench\": \"memory\", \"trials\": %lld, \"rounds\": 20, \"peak_megabytes\": %.1f, "
           "\"milliseconds_per_trial\": %.3f}\n",
           (long long)trials, resident_megabytes(), 1e3 * (seconds() - from) / (double)trials);
    pp_experiment_destroy(m.experiment);
    free(m.scenario.firms);
    free(m.params);
}

/// A process of its own for each point: the peak is the greatest that a process has ever had.
static bool in_child(int64_t trials, const char *path)
{
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        measure_memory(trials, path);
        exit(fflush(stdout) == 0 ? 0 : 4);
    }
    int status;
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
           WEXITSTATUS(status) == 0;
}

/// Peak memory of runs with ever more trials.
static void bench_memory(void)
{
    static const int64_t trials[] = {100, 10000, 40000};
    const char *folder = getenv("TMPDIR");
    char path[4096];
    int length =
        snprintf(path, sizeof path, "%s/pursuit-bench-XXXXXX", folder && *folder ? folder : "/tmp");
    int fd = length < (int)sizeof path ? mkstemp(path) : -1;
    if (fd < 0)
        die(path, &(pp_error){.message = "cannot be created"});
    close(fd);
    bool good = true;
    for (size_t i = 0; i < PP_COUNT(trials) && good; i++)
        good = in_child(trials[i], path);
    unlink(path);
    if (!good)
        exit(4);
}

static const struct {
    const char *name, *doc;
    void (*run)(void);
} benches[] = {
    {"rounds", "rounds per second per core, null firms, 6 to 100 of them", bench_rounds},
    {"trial", "a whole published trial, refits included", bench_trial},
    {"setup", "tabulating the laws, buffers", bench_setup},
    {"memory", "peak memory against the number of trials", bench_memory},
};

static bool wanted(int argc, char **argv, const char *name)
{
    bool found = argc < 2;
    for (int i = 1; i < argc; i++)
        found |= strcmp(argv[i], name) == 0;
    return found;
}

static int usage(const char *unknown)
{
    fprintf(stderr, "pursuit-bench: no benchmark '%s'; there are:\n", unknown);
    for (size_t i = 0; i < PP_COUNT(benches); i++)
        fprintf(stderr, "  %-8s %s\n", benches[i].name, benches[i].doc);
    return 2;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        bool known = false;
        for (size_t b = 0; b < PP_COUNT(benches); b++)
            known |= strcmp(argv[i], benches[b].name) == 0;
        if (!known)
            return usage(argv[i]);
    }
    for (size_t b = 0; b < PP_COUNT(benches); b++)
        if (wanted(argc, argv, benches[b].name)) {
            benches[b].run();
            fflush(stdout);
        }
    return 0;
}
