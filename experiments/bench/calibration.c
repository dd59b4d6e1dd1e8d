// Which conversion model is the better calibrated on quotes that it has not seen?
//
//     pursuit-calibration SCENARIO.yaml [KEY.PATH=VALUE ...]
//
// In every trial the firms price with the scenario's conversion model through burn-in. Both models
// are refitted on the same history after every burn-in epoch, as a firm would, and are then scored
// on every firm's quotes of the first test epoch, which neither has seen. The unit of the
// statistics is the trial.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "experiments/engine/workspace.h"
#include "experiments/stats/stats.h"

enum { LOGISTIC, MLP, MODELS, CONSTANT = MODELS, SCORED, BINS = 10, SEED = 9001, TRIALS = 12 };

static const char *const scored_names[] = {"logistic", "mlp", "constant"};

/// A probability, and what came of it.
typedef struct forecast {
    double p;
    int sold;
} forecast;

typedef struct calibration {
    const pp_scenario *scenario;
    size_t n_trials;
    double *log_loss[SCORED], *brier[SCORED]; ///< [n_trials] means over quotes
    forecast *forecasts[MODELS];              ///< [capacity] every quote scored
    size_t n_forecasts[MODELS], capacity;
    double seconds[MODELS];
    size_t refits;
    pp_pipeline **pipeline[MODELS]; ///< [n_firms]
} calibration;

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static pp_status create_models(calibration *c, pp_error *error)
{
    int n_columns;
    size_t epochs;
    pp_experiment *experiment;
    pp_status status = pp_experiment_create(c->scenario, &experiment, error);
    if (status != PP_OK)
        return status;
    n_columns = experiment->schema->n_columns;
    epochs = experiment->history_epochs;
    pp_experiment_destroy(experiment);
    for (int m = 0; m < MODELS; m++) {
        pp_pricing_config config = c->scenario->pricing;
        config.conversion = m;
        c->pipeline[m] = calloc(c->scenario->n_firms, sizeof(pp_pipeline *));
        if (!c->pipeline[m])
            return pp_error_set(error, PP_ENOMEM, "no memory for the models");
        for (size_t f = 0; f < c->scenario->n_firms && status == PP_OK; f++)
            status = pp_pipeline_create(&config, n_columns, epochs,
                                        (pp_observe)c->scenario->market.observe, &c->pipeline[m][f],
                                        error);
    }
    return status;
}

static pp_status create(calibration *c, pp_error *error)
{
    for (int m = 0; m < SCORED; m++) {
        c->log_loss[m] = calloc(c->n_trials, sizeof(double));
        c->brier[m] = calloc(c->n_trials, sizeof(double));
        if (!c->log_loss[m] || !c->brier[m])
            return pp_error_set(error, PP_ENOMEM, "no memory for %zu trials", c->n_trials);
    }
    c->capacity = c->n_trials * c->scenario->n_firms * PP_BLOCK;
    for (int m = 0; m < MODELS; m++) {
        c->forecasts[m] = calloc(c->capacity, sizeof(forecast));
        if (!c->forecasts[m])
            return pp_error_set(error, PP_ENOMEM, "no memory for %zu forecasts", c->capacity);
    }
    return create_models(c, error);
}

static void destroy(calibration *c)
{
    for (int m = 0; m < SCORED; m++) {
        free(c->log_loss[m]);
        free(c->brier[m]);
    }
    for (int m = 0; m < MODELS; m++) {
        for (size_t f = 0; c->pipeline[m] && f < c->scenario->n_firms; f++)
            pp_pipeline_destroy(c->pipeline[m][f]);
        free(c->pipeline[m]);
        free(c->forecasts[m]);
    }
}

/// Refit both models of every firm on the histories that the workspace holds.
static pp_status refit(calibration *c, const pp_workspace *w, int64_t trial, int64_t epoch,
                       double *scratch, pp_error *error)
{
    const pp_stream stream = {(uint64_t)c->scenario->run.seed, (uint32_t)trial, (uint32_t)epoch};
    for (size_t f = 0; f < c->scenario->n_firms; f++) {
        pp_history history;
        pp_histories_view(w->histories, f, &history);
        for (int m = 0; m < MODELS; m++) {
            pp_gsl_random random;
            pp_gsl_random_init(&random, &stream, PP_DRAW_REFIT, (uint32_t)f);
            double start = now();
            pp_status status =
                pp_pipeline_fit(c->pipeline[m][f], &history, scratch, &random.rng, error);
            c->seconds[m] += now() - start;
            if (status != PP_OK)
                return status;
        }
        c->refits++;
    }
    return PP_OK;
}

/// One forecast p of an outcome, which counts for `share` of the trial's means.
static void score(calibration *c, int model, size_t trial, double p, int sold, double share)
{
    c->log_loss[model][trial] -= share * log(sold ? p : 1 - p);
    c->brier[model][trial] += share * (p - sold) * (p - sold);
    if (model < MODELS && c->n_forecasts[model] < c->capacity)
        c->forecasts[model][c->n_forecasts[model]++] = (forecast){p, sold};
}

/// Score one firm on the block that the workspace still holds.
static void score_firm(calibration *c, const pp_workspace *w, size_t trial, size_t f,
                       double *curves)
{
    const pp_block *block = w->blocks;
    size_t n = block->customers.n;
    double share = 1 / (double)(n * c->scenario->n_firms), rate = 0.5;
    pp_history history;
    pp_histories_view(w->histories, f, &history);
    for (size_t i = 0; i < history.n; i++)
        rate += history.sold[i];
    rate /= (double)history.n + 1;
    for (int m = 0; m < SCORED; m++) {
        pp_curves view;
        if (m < MODELS)
            pp_pipeline_prepare(c->pipeline[m][f], block->columns, block->estimates + f * PP_BLOCK,
                                n, block->scratch, curves, &view);
        for (size_t i = 0; i < n; i++) {
            int sold = block->choice[i] == (int32_t)f;
            double a = block->multipliers[f * PP_BLOCK + i];
            double p = m < MODELS ? pp_curve_probability(&view, i, a) : rate;
            score(c, m, trial, p, sold, share);
        }
    }
}

static pp_status score_trial(calibration *c, const pp_workspace *w, size_t trial, pp_error *error)
{
    size_t size = pp_pipeline_curve_size(c->pipeline[MLP][0]);
    double *curves = calloc(PP_BLOCK * size, sizeof(double));
    if (!curves)
        return pp_error_set(error, PP_ENOMEM, "no memory for a block of curves");
    for (size_t f = 0; f < c->scenario->n_firms; f++)
        score_firm(c, w, trial, f, curves);
    free(curves);
    return PP_OK;
}

/// The trial as it stands after `burn_in` burn-in epochs and one test epoch: a shorter burn-in is
/// the beginning of a longer one, because every draw is a function of its epoch.
static pp_status play(calibration *c, pp_scenario *scenario, size_t trial, int64_t burn_in,
                      bool last, pp_error *error)
{
    pp_experiment *experiment = NULL;
    pp_workspace *w = NULL;
    pp_record *record = NULL;
    double *scratch = NULL;
    scenario->market.burn_in_epochs = burn_in;
    scenario->market.test_epochs = 1;
    pp_status status = pp_experiment_create(scenario, &experiment, error);
    if (status == PP_OK)
        status = pp_workspace_create(experiment, 1, &w, error);
    if (status == PP_OK) {
        pp_results_layout layout = pp_experiment_layout(experiment);
        size_t rows = experiment->history_rows * experiment->history_epochs;
        layout.command_line = layout.program = layout.scenario = "";
        scratch = calloc(rows * pp_pipeline_fit_scratch(c->pipeline[0][0]), sizeof(double));
        status = scratch ? pp_record_create(&layout, &record, error)
                         : pp_error_set(error, PP_ENOMEM, "no memory for refits");
    }
    if (status == PP_OK)
        status = pp_trial_run(w, (int64_t)trial, NULL, record, error);
    if (status == PP_OK)
        status = refit(c, w, (int64_t)trial, burn_in - 1, scratch, error);
    if (status == PP_OK && last)
        status = score_trial(c, w, trial, error);
    free(scratch);
    pp_record_destroy(record);
    pp_workspace_destroy(w);
    pp_experiment_destroy(experiment);
    return status;
}

static pp_status run(calibration *c, pp_scenario *scenario, pp_error *error)
{
    int64_t burn_in = scenario->market.burn_in_epochs;
    pp_status status = create(c, error);
    for (size_t trial = 0; trial < c->n_trials && status == PP_OK; trial++) {
        for (size_t f = 0; f < scenario->n_firms; f++)
            for (int m = 0; m < MODELS; m++)
                pp_pipeline_reset(c->pipeline[m][f]);
        for (int64_t epochs = 1; epochs <= burn_in && status == PP_OK; epochs++)
            status = play(c, scenario, trial, epochs, epochs == burn_in, error);
    }
    scenario->market.burn_in_epochs = burn_in;
    return status;
}

static void print_interval(const char *what, const double *base, const double *other, size_t n)
{
    pp_comparison comparison;
    if (pp_compare(base, other, n, &comparison, NULL) != PP_OK)
        return;
    printf("%-34s %+.6f  [%+.6f, %+.6f]  p = %.2g\n", what, comparison.difference,
           comparison.interval.low, comparison.interval.high, comparison.p);
}

static void print_scores(const calibration *c)
{
    size_t n = c->n_trials;
    printf("%-10s %10s %10s %18s\n", "model", "log-loss", "Brier", "ms per refit");
    for (int m = 0; m < SCORED; m++) {
        printf("%-10s %10.6f %10.6f", scored_names[m], pp_mean(c->log_loss[m], n),
               pp_mean(c->brier[m], n));
        if (m < MODELS)
            printf(" %18.2f", 1e3 * c->seconds[m] / (double)c->refits);
        printf("\n");
    }
    printf("\nPaired differences over trials, 95%% interval by Student's t\n");
    print_interval("log-loss, mlp - logistic", c->log_loss[LOGISTIC], c->log_loss[MLP], n);
    print_interval("log-loss, logistic - constant", c->log_loss[CONSTANT], c->log_loss[LOGISTIC],
                   n);
    print_interval("log-loss, mlp - constant", c->log_loss[CONSTANT], c->log_loss[MLP], n);
    print_interval("Brier, mlp - logistic", c->brier[LOGISTIC], c->brier[MLP], n);
}

static int by_probability(const void *a, const void *b)
{
    double x = ((const forecast *)a)->p, y = ((const forecast *)b)->p;
    return (x > y) - (x < y);
}

/// Means over forecasts [first, last) in order of their probability.
static void print_cell(const calibration *c, int model, size_t first, size_t last)
{
    double predicted = 0, observed = 0, n = (double)(last - first);
    for (size_t i = first; i < last; i++) {
        predicted += c->forecasts[model][i].p / n;
        observed += c->forecasts[model][i].sold / n;
    }
    printf(" | %20.4f %9.4f %9.0f", predicted, observed, n);
}

static void print_tables(const calibration *c)
{
    printf("\nPredicted against observed conversion, by tenths of the quotes in order of "
           "prediction\n    ");
    for (int m = 0; m < MODELS; m++) {
        qsort(c->forecasts[m], c->n_forecasts[m], sizeof(forecast), by_probability);
        printf(" | %10s predicted  observed    quotes", scored_names[m]);
    }
    for (size_t b = 0; b <= BINS; b++) {
        if (b < BINS)
            printf("\n%-4zu", b + 1);
        else
            printf("\nall ");
        for (int m = 0; m < MODELS; m++) {
            size_t n = c->n_forecasts[m];
            if (b < BINS)
                print_cell(c, m, b * n / BINS, (b + 1) * n / BINS);
            else
                print_cell(c, m, 0, n);
        }
    }
    printf("\n");
}

static int fail(pp_status status, const pp_error *error, const pp_problems *problems)
{
    for (size_t i = 0; i < problems->n; i++)
        fprintf(stderr, "%s\n", problems->text[i]);
    if (error->message[0] || !problems->n)
        fprintf(stderr, "%s\n", error->message[0] ? error->message : pp_status_text(status));
    return 1;
}

static pp_status load(int argc, char **argv, pp_scenario **scenario, pp_problems *problems)
{
    // The seed and the number of trials are this program's own unless --set-like arguments say
    // otherwise.
    char seed[32], trials[32];
    size_t n = 0;
    const char **sets = calloc((size_t)argc + 2, sizeof *sets);
    if (!sets)
        return PP_ENOMEM;
    snprintf(seed, sizeof seed, "seed=%d", SEED);
    snprintf(trials, sizeof trials, "trials=%d", TRIALS);
    sets[n++] = seed;
    sets[n++] = trials;
    for (int i = 2; i < argc; i++)
        sets[n++] = argv[i];
    pp_status status = pp_scenario_load(argv[1], sets, n, scenario, problems);
    free(sets);
    return status;
}

int main(int argc, char **argv)
{
    pp_scenario *scenario = NULL;
    pp_problems problems = {0};
    pp_error error = {0};
    if (argc < 2) {
        fprintf(stderr, "usage: pursuit-calibration SCENARIO.yaml [KEY.PATH=VALUE ...]\n");
        return 2;
    }
    pp_status status = load(argc, argv, &scenario, &problems);
    calibration c = {.scenario = scenario};
    if (status == PP_OK) {
        c.n_trials = (size_t)scenario->run.trials;
        status = run(&c, scenario, &error);
    }
    int code = status == PP_OK ? 0 : fail(status, &error, &problems);
    if (status == PP_OK) {
        printf("%zu trials at seed %lld, %zu firms, scored on the first test epoch\n\n", c.n_trials,
               (long long)scenario->run.seed, scenario->n_firms);
        print_scores(&c);
        print_tables(&c);
    }
    if (scenario)
        destroy(&c);
    pp_scenario_destroy(scenario);
    pp_problems_destroy(&problems);
    return code;
}
