/// @file
/// @internal
/// The figures of a results file that a summary shows, in a table or as JSON. Ratios are sums over
/// sums, never means of ratios; what is over nothing is NaN.
#ifndef PURSUIT_EXPERIMENTS_CLI_COMMANDS_FIGURES_H
#define PURSUIT_EXPERIMENTS_CLI_COMMANDS_FIGURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "data/results/read.h"
#include "experiments/stats/stats.h"

/// One firm, or all firms together, in one phase. Money is GBP an epoch.
typedef struct pp_firm_figures {
    double reward;
    pp_interval interval; ///< of the reward; 95%, bootstrap over trials
    double booked_profit, true_profit;
    double curse;       ///< winner's curse: booked less true profit
    double curse_share; ///< of the booked profit; NaN unless that is positive
    double portfolio_loss;
    double quotes, policies; ///< an epoch
    double conversion, market_share;
    double gwp;               ///< gross written premium, GBP an epoch
    double booked_loss_ratio; ///< the firm's own cost estimates over premium
    double true_loss_ratio;   ///< true expected cost over premium, both at base prices
    double mean_multiplier, mean_rank, top1_share;
} pp_firm_figures;

/// A category of a firm's portfolio; policies at an epoch's end, means over trials.
typedef struct pp_category_figures {
    char *description; ///< owned
    double burn_in_average, target, achieved;
    double miss[PP_PHASE_COUNT]; ///< mean of |held - target|/max(held, target)
} pp_category_figures;

/// A firm's portfolio.
typedef struct pp_portfolio_figures {
    size_t n_categories; ///< 0: no target
    bool same;           ///< the same categories in all trials
    pp_category_figures
        *categories;             ///< [n_categories] owned; if not `same`, only misses mean anything
    double miss[PP_PHASE_COUNT]; ///< mean over categories
} pp_portfolio_figures;

typedef struct pp_figures {
    char *title, *source; ///< owned
    uint64_t seed;
    int64_t first_trial, last_trial;
    size_t n_trials, n_epochs[PP_PHASE_COUNT], n_firms;
    double customers;                      ///< an epoch
    double walk_away_rate[PP_PHASE_COUNT]; ///< share of customers
    double constrained_refits, refits;
    pp_firm_figures *firms[PP_PHASE_COUNT]; ///< [n_firms + 1] owned; the last is all firms together
    pp_portfolio_figures *portfolios;       ///< [n_firms] owned
    double *reference_kl; ///< [n_firms] owned; nats a test epoch, NaN without a reference policy
} pp_figures;

/// @return PP_OK, PP_EFORMAT, PP_EIO, PP_ENOMEM; call pp_figures_destroy in any case
pp_status pp_figures_read(pp_results_file *file, pp_figures *figures, pp_error *error);
void pp_figures_destroy(pp_figures *figures);

/// The part about portfolios, for pp_figures_read. @param phases [epoch]
pp_status pp_figures_portfolios(pp_results_file *file, const int8_t *phases, pp_figures *figures,
                                pp_error *error);

/// Mean over the test epochs of a (trial, epoch, firm) variable, one per trial: the observations.
/// @param means [n_trials] the caller's
pp_status pp_trial_means(pp_results_file *file, pp_variable_id id, size_t firm,
                         const int8_t *phases, double *means, pp_error *error);

// summary_print.c, summary_json.c
pp_status pp_figures_print(const pp_figures *figures, const pp_results_file *file,
                           const char *path);
pp_status pp_figures_json(const pp_figures *figures, const pp_results_file *file, const char *path);

#endif
