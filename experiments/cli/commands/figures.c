// Figures of a results file: sums over trials and epochs, ratios, intervals.
#include "experiments/cli/commands/figures.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "market/base/param.h"

#define INDEX(name) SUM_##name,
enum { PP_SUMMED(INDEX) N_SUMS };
#undef INDEX

static const pp_variable_id summed[N_SUMS] = {
#define VARIABLE(name) PP_VAR_##name,
    PP_SUMMED(VARIABLE)
#undef VARIABLE
};

/// Sums of one firm in each phase.
typedef struct sums {
    double of[PP_PHASE_COUNT][N_SUMS];
} sums;

static double ratio(double numerator, double denominator)
{
    return denominator != 0 ? numerator / denominator : NAN;
}

/// Add up one (trial, epoch, firm) variable by firm and phase.
static pp_status add_variable(pp_results_file *file, const pp_figures *f, const int8_t *phases,
                              int which, sums *firms, pp_error *error)
{
    double *values;
    size_t n;
    if (pp_variables[summed[which]].economics && !pp_results_has(file, summed[which]))
        return PP_OK; // 0 throughout
    PP_TRY(pp_results_read(file, summed[which], &values, &n, error));
    const size_t n_epochs = f->n_epochs[PP_PHASE_BURN_IN] + f->n_epochs[PP_PHASE_TEST];
    for (size_t i = 0; i < n; i++) {
        size_t firm = i % f->n_firms, epoch = i / f->n_firms % n_epochs;
        firms[firm].of[phases[epoch]][which] += values[i];
    }
    free(values);
    return PP_OK;
}

static void derive(const double *sum, const double *all, double n_epochs, pp_firm_figures *firm)
{
    firm->reward = ratio(sum[SUM_reward], n_epochs);
    firm->true_reward = ratio(sum[SUM_true_reward], n_epochs);
    firm->interval = (pp_interval){NAN, NAN};
#define E                                    n_epochs
#define S(variable)                          sum[SUM_##variable]
#define ALL(variable)                        all[SUM_##variable]
#define POSITIVE(x)                          ((x) > 0 ? (x) : NAN)
#define DERIVE(name, numerator, denominator) firm->name = ratio(numerator, denominator);
    PP_FIRM_FIGURES(DERIVE)
#undef E
#undef S
#undef ALL
#undef POSITIVE
#undef DERIVE
}

/// Turn sums into figures; `all` is the row after the last firm.
static void derive_all(const pp_figures *f, sums *firms)
{
    sums *all = &firms[f->n_firms];
    for (int phase = 0; phase < PP_PHASE_COUNT; phase++) {
        for (size_t i = 0; i < f->n_firms; i++)
            for (int which = 0; which < N_SUMS; which++)
                all->of[phase][which] += firms[i].of[phase][which];
        double n_epochs = (double)f->n_trials * (double)f->n_epochs[phase];
        for (size_t i = 0; i <= f->n_firms; i++)
            derive(firms[i].of[phase], all->of[phase], n_epochs, &f->firms[phase][i]);
    }
}

static pp_status read_sums(pp_results_file *file, const pp_figures *f, const int8_t *phases,
                           pp_error *error)
{
    sums *firms = calloc(f->n_firms + 1, sizeof *firms);
    if (!firms)
        return pp_error_memory(error, "the summary");
    pp_status status = PP_OK;
    for (int which = 0; which < N_SUMS && status == PP_OK; which++)
        status = add_variable(file, f, phases, which, firms, error);
    if (status == PP_OK)
        derive_all(f, firms);
    free(firms);
    return status;
}

/// Mean over one phase's epochs, by trial, of firm `firm`.
static void phase_means(const double *values, size_t n_trials, size_t n_epochs, size_t n_firms,
                        size_t firm, const int8_t *phases, pp_phase phase, double *means)
{
    for (size_t t = 0; t < n_trials; t++) {
        double sum = 0, n = 0;
        for (size_t e = 0; e < n_epochs; e++)
            if (phases[e] == (int8_t)phase) {
                sum += values[(t * n_epochs + e) * n_firms + firm];
                n++;
            }
        means[t] = ratio(sum, n);
    }
}

pp_status pp_trial_means(pp_results_file *file, pp_variable_id id, size_t firm,
                         const int8_t *phases, double *means, pp_error *error)
{
    double *values;
    size_t n;
    PP_TRY(pp_results_read(file, id, &values, &n, error));
    phase_means(values, pp_results_length(file, PP_DIM_TRIAL),
                pp_results_length(file, PP_DIM_EPOCH), pp_results_length(file, PP_DIM_FIRM), firm,
                phases, PP_PHASE_TEST, means);
    free(values);
    return PP_OK;
}

/// Intervals of a reward. @param at where they go in pp_firm_figures
static pp_status read_intervals_of(pp_results_file *file, pp_variable_id reward, size_t at,
                                   pp_figures *f, const int8_t *phases, pp_error *error)
{
    double *values = NULL, *means = calloc(f->n_trials + 1, sizeof *means);
    size_t n;
    if (!means)
        return pp_error_memory(error, "the summary");
    const size_t n_epochs = f->n_epochs[PP_PHASE_BURN_IN] + f->n_epochs[PP_PHASE_TEST];
    pp_status status = pp_results_read(file, reward, &values, &n, error);
    for (int phase = 0; phase < PP_PHASE_COUNT && status == PP_OK; phase++)
        for (size_t i = 0; i < f->n_firms && status == PP_OK; i++) {
            pp_firm_figures *firm = &f->firms[phase][i];
            pp_interval interval;
            if (!isfinite(firm->reward))
                continue; // no target yet, or no such epochs
            phase_means(values, f->n_trials, n_epochs, f->n_firms, i, phases, (pp_phase)phase,
                        means);
            status = pp_mean_interval(means, f->n_trials, &interval, error);
            memcpy((char *)firm + at, &interval, sizeof interval);
        }
    free(values);
    free(means);
    return status;
}

static pp_status read_intervals(pp_results_file *file, pp_figures *f, const int8_t *phases,
                                pp_error *error)
{
    PP_TRY(read_intervals_of(file, PP_VAR_reward, offsetof(pp_firm_figures, interval), f, phases,
                             error));
    return read_intervals_of(file, PP_VAR_true_reward, offsetof(pp_firm_figures, true_interval), f,
                             phases, error);
}

static pp_status read_walk_away(pp_results_file *file, pp_figures *f, const int8_t *phases,
                                pp_error *error)
{
    double *values, left[PP_PHASE_COUNT] = {0};
    size_t n;
    PP_TRY(pp_results_read(file, PP_VAR_walk_away, &values, &n, error));
    const size_t n_epochs = f->n_epochs[PP_PHASE_BURN_IN] + f->n_epochs[PP_PHASE_TEST];
    for (size_t i = 0; i < n; i++)
        left[phases[i % n_epochs]] += values[i];
    free(values);
    for (int phase = 0; phase < PP_PHASE_COUNT; phase++) {
        double epochs = (double)f->n_trials * (double)f->n_epochs[phase];
        double bought = f->firms[phase][f->n_firms].policies * epochs;
        f->walk_away_rate[phase] = ratio(left[phase], left[phase] + bought);
    }
    // Every customer gets a quote from every firm.
    pp_phase any = f->n_epochs[PP_PHASE_TEST] ? PP_PHASE_TEST : PP_PHASE_BURN_IN;
    f->customers = ratio(f->firms[any][f->n_firms].quotes, (double)f->n_firms);
    return PP_OK;
}

/// Mean over the epochs for which an agent said how far its quotes were from its reference policy.
static pp_status read_reference_kl(pp_results_file *file, pp_figures *f, const int8_t *phases,
                                   pp_error *error)
{
    double *values = NULL, *epochs = calloc(f->n_firms, sizeof *epochs);
    size_t n = 0;
    f->reference_kl = calloc(f->n_firms, sizeof *f->reference_kl);
    if (!f->reference_kl || !epochs) {
        free(epochs);
        return pp_error_memory(error, "the summary");
    }
    pp_status status = PP_OK;
    if (pp_results_has(file, PP_VAR_learning_reference_kl))
        status = pp_results_read(file, PP_VAR_learning_reference_kl, &values, &n, error);
    const size_t n_epochs = f->n_epochs[PP_PHASE_BURN_IN] + f->n_epochs[PP_PHASE_TEST];
    for (size_t i = 0; values && i < n; i++)
        if (phases[i / f->n_firms % n_epochs] == PP_PHASE_TEST && !isnan(values[i])) {
            f->reference_kl[i % f->n_firms] += values[i];
            epochs[i % f->n_firms]++;
        }
    for (size_t i = 0; i < f->n_firms; i++)
        f->reference_kl[i] = ratio(f->reference_kl[i], epochs[i]);
    free(values);
    free(epochs);
    return status;
}

static pp_status read_refits(pp_results_file *file, pp_figures *f, pp_error *error)
{
    double *values;
    size_t n;
    PP_TRY(pp_results_read(file, PP_VAR_constrained_refits, &values, &n, error));
    for (size_t i = 0; i < n; i++)
        f->constrained_refits += values[i];
    f->refits = (double)n * (double)f->n_epochs[PP_PHASE_BURN_IN];
    free(values);
    return PP_OK;
}

static pp_status read_shape(pp_results_file *file, const int8_t *phases, pp_figures *f,
                            pp_error *error)
{
    int64_t *trials;
    f->n_trials = pp_results_length(file, PP_DIM_TRIAL);
    f->n_firms = pp_results_length(file, PP_DIM_FIRM);
    size_t n_epochs = pp_results_length(file, PP_DIM_EPOCH);
    if (!f->n_trials || !f->n_firms || !n_epochs)
        return pp_error_set(error, PP_EFORMAT, "the file has no trial, no epoch or no firm");
    for (size_t e = 0; e < n_epochs; e++) {
        if (phases[e] < 0 || phases[e] >= PP_PHASE_COUNT)
            return pp_error_set(error, PP_EFORMAT, "epoch %zu has the unknown phase %d", e,
                                phases[e]);
        f->n_epochs[phases[e]]++;
    }
    PP_TRY(pp_results_trials(file, &trials, error));
    f->first_trial = trials[0];
    f->last_trial = trials[f->n_trials - 1];
    free(trials);
    f->firms[PP_PHASE_BURN_IN] = calloc(f->n_firms + 1, sizeof *f->firms[0]);
    f->firms[PP_PHASE_TEST] = calloc(f->n_firms + 1, sizeof *f->firms[0]);
    f->portfolios = calloc(f->n_firms, sizeof *f->portfolios);
    if (!f->firms[PP_PHASE_BURN_IN] || !f->firms[PP_PHASE_TEST] || !f->portfolios)
        return pp_error_memory(error, "the summary");
    return PP_OK;
}

static pp_status read_with_phases(pp_results_file *file, const int8_t *phases, pp_figures *f,
                                  pp_error *error)
{
    PP_TRY(read_shape(file, phases, f, error));
    PP_TRY(read_sums(file, f, phases, error));
    PP_TRY(read_intervals(file, f, phases, error));
    PP_TRY(read_walk_away(file, f, phases, error));
    PP_TRY(read_refits(file, f, error));
    PP_TRY(read_reference_kl(file, f, phases, error));
    PP_TRY(pp_figures_money(file, f, error));
    PP_TRY(pp_figures_portfolios(file, phases, f, error));
    return pp_figures_bands(file, f, error);
}

pp_status pp_figures_read(pp_results_file *file, pp_figures *figures, pp_error *error)
{
    int8_t *phases = NULL;
    *figures = (pp_figures){0};
    pp_status status = pp_results_text(file, "title", &figures->title, error);
    if (status == PP_OK)
        status = pp_results_text(file, "source", &figures->source, error);
    if (status == PP_OK)
        status = pp_results_seed(file, &figures->seed, error);
    if (status == PP_OK)
        status = pp_results_phases(file, &phases, error);
    if (status == PP_OK)
        status = read_with_phases(file, phases, figures, error);
    free(phases);
    return status;
}

void pp_figures_destroy(pp_figures *figures)
{
    for (size_t i = 0; figures->portfolios && i < figures->n_firms; i++) {
        pp_portfolio_figures *portfolio = &figures->portfolios[i];
        for (size_t k = 0; k < portfolio->n_categories; k++)
            free(portfolio->categories[k].description);
        free(portfolio->categories);
    }
    free(figures->portfolios);
    free(figures->reference_kl);
    free(figures->cost_given_sale);
    free(figures->is_null);
    free(figures->bands);
    free(figures->band_figures);
    free(figures->firms[PP_PHASE_BURN_IN]);
    free(figures->firms[PP_PHASE_TEST]);
    free(figures->title);
    free(figures->source);
    *figures = (pp_figures){0};
}
