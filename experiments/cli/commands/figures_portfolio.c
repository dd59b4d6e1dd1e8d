// Figures of portfolios: held against target, by category.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "experiments/cli/commands/figures.h"
#include "pricing/portfolio.h"

enum { TRIALS_COMPARED = 1000 };

/// The three variables, [trial](epoch)[firm][category].
typedef struct holdings {
    size_t n_trials, n_epochs, n_firms, n_categories;
    double *held, *target, *average;
} holdings;

static size_t at(const holdings *h, size_t trial, size_t firm, size_t category)
{
    return (trial * h->n_firms + firm) * h->n_categories + category;
}

static double held_at(const holdings *h, size_t trial, size_t epoch, size_t firm, size_t category)
{
    return h
        ->held[((trial * h->n_epochs + epoch) * h->n_firms + firm) * h->n_categories + category];
}

static pp_status read_holdings(pp_results_file *file, holdings *h, pp_error *error)
{
    size_t n;
    h->n_trials = pp_results_length(file, PP_DIM_TRIAL);
    h->n_epochs = pp_results_length(file, PP_DIM_EPOCH);
    h->n_firms = pp_results_length(file, PP_DIM_FIRM);
    h->n_categories = pp_results_length(file, PP_DIM_CATEGORY);
    PP_TRY(pp_results_read(file, PP_VAR_portfolio, &h->held, &n, error));
    PP_TRY(pp_results_read(file, PP_VAR_target, &h->target, &n, error));
    return pp_results_read(file, PP_VAR_burn_in_average, &h->average, &n, error);
}

/// Categories of a firm: those with a target in the first trial.
static size_t count_categories(const holdings *h, size_t firm)
{
    size_t n = 0;
    while (n < h->n_categories && isfinite(h->target[at(h, 0, firm, n)]))
        n++;
    return n;
}

static void fill_category(const holdings *h, size_t firm, size_t k, const int8_t *phases,
                          const size_t *n_epochs, pp_category_figures *category)
{
    double missed[PP_PHASE_COUNT] = {0}, achieved = 0;
    for (size_t t = 0; t < h->n_trials; t++) {
        double target = h->target[at(h, t, firm, k)];
        category->target += target / (double)h->n_trials;
        category->burn_in_average += h->average[at(h, t, firm, k)] / (double)h->n_trials;
        for (size_t e = 0; e < h->n_epochs; e++) {
            double held = held_at(h, t, e, firm, k);
            missed[phases[e]] +=
                isnan(held) || isnan(target) ? NAN : pp_category_loss(held, target);
            achieved += phases[e] == PP_PHASE_TEST ? held : 0;
        }
    }
    for (int phase = 0; phase < PP_PHASE_COUNT; phase++) {
        double n = (double)h->n_trials * (double)n_epochs[phase];
        category->miss[phase] = n > 0 ? missed[phase] / n : NAN;
    }
    double n_test = (double)h->n_trials * (double)n_epochs[PP_PHASE_TEST];
    category->achieved = n_test > 0 ? achieved / n_test : NAN;
}

/// Is a category's description the same in every trial? (In a very long file, in a thousand of
/// them.)
static pp_status compare_descriptions(pp_results_file *file, const holdings *h, size_t firm,
                                      size_t k, const char *first, bool *same, pp_error *error)
{
    size_t step = 1 + (h->n_trials - 1) / TRIALS_COMPARED;
    for (size_t t = step; t < h->n_trials && *same; t += step) {
        char *other;
        PP_TRY(pp_results_description(file, at(h, t, firm, k), &other, error));
        *same = strcmp(first, other) == 0;
        free(other);
    }
    return PP_OK;
}

static pp_status fill_portfolio(pp_results_file *file, const holdings *h, size_t firm,
                                const int8_t *phases, const size_t *n_epochs,
                                pp_portfolio_figures *portfolio, pp_error *error)
{
    const size_t n = count_categories(h, firm);
    portfolio->categories = calloc(n + 1, sizeof *portfolio->categories);
    if (!portfolio->categories)
        return pp_error_set(error, PP_ENOMEM, "no memory for %zu categories", n);
    portfolio->n_categories = n;
    portfolio->same = true;
    for (size_t k = 0; k < n; k++) {
        pp_category_figures *category = &portfolio->categories[k];
        pp_status status =
            pp_results_description(file, at(h, 0, firm, k), &category->description, error);
        if (status == PP_OK)
            status = compare_descriptions(file, h, firm, k, category->description, &portfolio->same,
                                          error);
        if (status != PP_OK)
            return status;
        fill_category(h, firm, k, phases, n_epochs, category);
        for (int phase = 0; phase < PP_PHASE_COUNT; phase++)
            portfolio->miss[phase] += category->miss[phase] / (double)n;
    }
    return PP_OK;
}

pp_status pp_figures_portfolios(pp_results_file *file, const int8_t *phases, pp_figures *figures,
                                pp_error *error)
{
    holdings h = {0};
    pp_status status = read_holdings(file, &h, error);
    for (size_t i = 0; i < figures->n_firms && status == PP_OK; i++)
        status =
            fill_portfolio(file, &h, i, phases, figures->n_epochs, &figures->portfolios[i], error);
    free(h.held);
    free(h.target);
    free(h.average);
    return status;
}
