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

/// Variables that figures are made of, summed over trials and epochs: X(name).
#define PP_SUMMED(X)                                                                               \
    X(reward)                                                                                      \
    X(true_reward)                                                                                 \
    X(booked_profit)                                                                               \
    X(true_profit)                                                                                 \
    X(winners_curse)                                                                               \
    X(portfolio_loss)                                                                              \
    X(quote_count)                                                                                 \
    X(policies)                                                                                    \
    X(gwp)                                                                                         \
    X(expected_claims)                                                                             \
    X(pure_premium)                                                                                \
    X(multiplier_sum)                                                                              \
    X(rank_sum)                                                                                    \
    X(top1_quotes)                                                                                 \
    X(expenses)                                                                                    \
    X(commission)                                                                                  \
    X(levies)                                                                                      \
    X(handling)                                                                                    \
    X(finance)                                                                                     \
    X(add_ons)                                                                                     \
    X(premium_tax)

/// Figures of one firm, or of all firms together, in one phase: X(name, numerator, denominator).
/// Names are those of the JSON. S(v) is the sum of v, E the number of epochs, ALL(v) the sum over
/// all firms. Money is GBP an epoch at base prices.
#define PP_FIRM_FIGURES(X)                                                                         \
    X(booked_profit, S(booked_profit), E)                                                          \
    X(true_profit, S(true_profit), E)                                                              \
    X(winners_curse, S(winners_curse), E)                                                          \
    /* where there is a booked profit; files of 0.1 booked it in the money of the day */           \
    X(winners_curse_share, S(winners_curse) / E,                                                   \
      POSITIVE(S(true_profit) / E + S(winners_curse) / E))                                         \
    X(portfolio_loss, S(portfolio_loss), E)                                                        \
    X(true_profit_a_policy, S(true_profit), S(policies))                                           \
    X(true_margin, S(true_profit), S(gwp))                                                         \
    X(quotes, S(quote_count), E)                                                                   \
    X(policies, S(policies), E)                                                                    \
    X(conversion, S(policies), S(quote_count))                                                     \
    X(market_share, S(policies), ALL(policies))                                                    \
    X(gwp, S(gwp), E)                                                                              \
    X(booked_loss_ratio, S(expected_claims), S(gwp))                                               \
    X(true_loss_ratio, S(pure_premium), S(gwp))                                                    \
    X(handling_ratio, S(handling), S(gwp))                                                         \
    X(own_expense_ratio, S(expenses), S(gwp))                                                      \
    X(commission_ratio, S(commission), S(gwp))                                                     \
    X(levy_ratio, S(levies), S(gwp))                                                               \
    X(expense_ratio, S(handling) + S(expenses) + S(commission) + S(levies), S(gwp))                \
    X(combined_ratio, S(pure_premium) + S(handling) + S(expenses) + S(commission) + S(levies),     \
      S(gwp))                                                                                      \
    X(other_income_ratio, S(finance) + S(add_ons), S(gwp))                                         \
    X(premium_tax, S(premium_tax), E)                                                              \
    X(mean_multiplier, S(multiplier_sum), S(quote_count))                                          \
    X(mean_rank, S(rank_sum), S(quote_count))                                                      \
    X(top1_share, S(top1_quotes), S(quote_count))

typedef struct pp_firm_figures {
    double reward, true_reward;
    pp_interval interval, true_interval; ///< of the rewards; 95%, Student's t over trials
#define PP_FIGURE(name, numerator, denominator) double name;
    PP_FIRM_FIGURES(PP_FIGURE)
#undef PP_FIGURE
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

/// Figures of one firm, or of all firms together, in one band of a view over the test epochs:
/// X(name, numerator, denominator), as above. VIEW(v) is the sum over all bands of the view. What a
/// view does not count is NaN.
#define PP_BAND_FIGURES(X)                                                                         \
    X(share_of_quotes, S(quotes), VIEW(quotes))                                                    \
    X(share_of_sales, S(policies), VIEW(policies))                                                 \
    X(expected_conversion, S(expected_policies), S(quotes))                                        \
    X(conversion, S(policies), S(quotes))                                                          \
    X(actual_over_estimate, S(pure_premium), S(expected_claims))                                   \
    X(booked_loss_ratio, S(expected_claims), S(gwp))                                               \
    X(true_loss_ratio, S(pure_premium), S(gwp))                                                    \
    X(true_profit_a_policy, S(true_profit), S(policies))

typedef struct pp_band_figures {
    double quotes, policies; ///< of all trials and test epochs
#define PP_FIGURE(name, numerator, denominator) double name;
    PP_BAND_FIGURES(PP_FIGURE)
#undef PP_FIGURE
} pp_band_figures;

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
    double *cost_given_sale; ///< [n_firms] owned; mean of kappa, 0 where a file of 0.1 has none
    bool *is_null;           ///< [n_firms] owned; is its agent `null`?
    double null_reward, null_true_reward; ///< means over those firms in test; NaN without any
    bool score_is_true;                   ///< the scenario is scored on true reward
    bool inflates;                        ///< prices rise or fall with time
    bool has_economics;                   ///< some firm pays for more than claims
    size_t n_bands;                       ///< 0: the file has none, as those of 0.1
    pp_results_band *bands;               ///< [n_bands] owned
    pp_band_figures *band_figures; ///< [n_firms + 1][n_bands] owned; the last is all firms together
    size_t lead; ///< the first firm with a portfolio, else the first: whose bands are shown
    double *reference_kl; ///< [n_firms] owned; nats a test epoch, NaN without a reference policy
} pp_figures;

/// @return PP_OK, PP_EFORMAT, PP_EIO, PP_ENOMEM; call pp_figures_destroy in any case
pp_status pp_figures_read(pp_results_file *file, pp_figures *figures, pp_error *error);
void pp_figures_destroy(pp_figures *figures);

/// The part about portfolios, for pp_figures_read. @param phases [epoch]
pp_status pp_figures_portfolios(pp_results_file *file, const int8_t *phases, pp_figures *figures,
                                pp_error *error);

/// The part about true money, for pp_figures_read once rewards are known.
pp_status pp_figures_money(pp_results_file *file, pp_figures *figures, pp_error *error);

/// The part about bands, for pp_figures_read once portfolios are known.
pp_status pp_figures_bands(pp_results_file *file, pp_figures *figures, pp_error *error);

/// Mean over the test epochs of a (trial, epoch, firm) variable, one per trial: the observations.
/// @param means [n_trials] the caller's
pp_status pp_trial_means(pp_results_file *file, pp_variable_id id, size_t firm,
                         const int8_t *phases, double *means, pp_error *error);

// summary_print.c, summary_bands.c, summary_json.c
pp_status pp_figures_print(const pp_figures *figures, const pp_results_file *file,
                           const char *path);
/// Tables of sales by band: of the lead firm, and of all firms. @return PP_OK, PP_ENOMEM
pp_status pp_figures_print_bands(const pp_figures *figures, const pp_results_file *file,
                                 bool colour);
pp_status pp_figures_json(const pp_figures *figures, const pp_results_file *file, const char *path);

#endif
