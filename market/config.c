// Parameter tables of the market's configuration, with the published defaults.
#include "market/config.h"

#include <math.h>

#include "market/base/param_rows.h"

#define CALIBRATED "the published population's median"

static const char *const cost_from_choices[] = {"test", "burn_in", NULL};
static const char *const observe_choices[] = {"all", "own_rank", "own_sale", NULL};

#define CONFIG pp_market_config
static const pp_param market_rows[] = {
    INTEGER(rounds, 1000, 1, 1e9, "rounds", "customers who arrive in an epoch", PAPER),
    INTEGER(burn_in_epochs, 6, 1, 10000, "epochs",
            "epochs in which every firm quotes for profit only and refits after each", PAPER),
    INTEGER(test_epochs, 8, 0, 10000, "epochs", "epochs with everything frozen", PAPER),
    INTEGER(history_epochs, 4, 1, 1000, "epochs", "epochs of its own history that a firm refits on",
            PAPER),
    INTEGER(history_rounds, 2000, 10, 1e6, "rounds",
            "most rounds of one epoch kept for refits; longer epochs are thinned evenly", DESIGN),
    REAL(estimate_variance, 0.001, 1e-9, 1, 0, "1",
         "variance of a firm's estimate of the claim cost relative to the truth", PAPER),
    {ROW(ENUM, observe), .names = observe_choices, .unit = "",
     .doc = "what a firm learns of each round: all offers, the rank of its own, or whether it sold",
     .citation = PAPER},
    {ROW(ENUM, cost_from), .names = cost_from_choices, .unit = "",
     .doc =
         "from when on firms with `cost: given_sale` correct: test, so that runs with and without "
         "pair; burn_in, for the market's new equilibrium",
     .citation = DESIGN},
};
const pp_param_table pp_market_table = {"market",
                                        "the rounds of the market and what firms see of them",
                                        market_rows, PP_COUNT(market_rows), sizeof(CONFIG)};
#undef CONFIG

#define CONFIG pp_inflation_config
static const pp_param inflation_rows[] = {
    REAL(mean_rate, 0, -1, 10, 0, "1/year", "rate that inflation reverts to", PAPER),
    REAL(reversion, 1, 0, 1000, 0, "1/year", "speed at which the rate reverts", PAPER),
    REAL(rate_volatility, 0, 0, 10, 0, "1/year^1.5", "volatility of the rate", PAPER),
    REAL(index_volatility, 0, 0, 10, 0, "1/year^0.5",
         "volatility of the insurers' and the customers' index around the base index", PAPER),
    {ROW(REAL, initial_rate), .default_number = NAN, .min = -1, .max = 10, .flags = PP_OPTIONAL,
     .unit = "1/year", .doc = "rate in the first round of a trial", .citation = DESIGN,
     .derived = "mean_rate"},
    REAL(rounds_per_week, 10000, 1, 1e12, 0, "rounds", "customers a week; sets the time of a round",
         PAPER),
};
const pp_param_table pp_inflation_table = {
    "inflation", "the base, insurers' and customers' price index, all 1 when a trial starts",
    inflation_rows, PP_COUNT(inflation_rows), sizeof(CONFIG)};
#undef CONFIG

#define CONFIG pp_choice_config
static const pp_param choice_rows[] = {
    REAL(sensitivity_scale, 1000, 0, 1e12, PP_OPEN_MIN, "1",
         "price sensitivity is this over the household salary per member", PAPER),
    REAL(reference_loading, 1.1, 0, 100, PP_OPEN_MIN, "1",
         "reference price as a multiple of the pure premium", PAPER),
    REAL(success_rate, 0.1, 0, 1, PP_OPEN_MIN | PP_OPEN_MAX, "1",
         "a firm's target success rate; the number of firms must stay below its inverse", PAPER),
    REAL(walk_away_base, 1.25, 0, 100, 0, "1", "walk-away multiple of a customer at percentile 0",
         PAPER),
    REAL(walk_away_slope, 0.5, 0, 100, 0, "1",
         "fall of that multiple from percentile 0 to 1, for income and for risk perception", PAPER),
    REAL(loyalty_rate, 0.05, 0, 100, 0, "1", "mean loyalty per GBP of the walk-away price", PAPER),
    REAL(loyalty_offset, 20, 0, 1e9, 0, "GBP", "added to the walk-away price in the mean loyalty",
         PAPER),
};
const pp_param_table pp_choice_table = {"choice", "how a customer chooses among the offers",
                                        choice_rows, PP_COUNT(choice_rows), sizeof(CONFIG)};
#undef CONFIG

#define CONFIG pp_published_config
static const pp_param published_rows[] = {
    INTEGER(locations, 4, 1, PP_MAX_LOCATIONS, "1", "locations; there is one occupation more",
            PAPER),
    REAL(age_minimum, 16, 1, 100, 0, "years", "youngest age", PAPER),
    REAL(age_range, 84, 1, 150, 0, "years", "age is floor(minimum + range * Beta(alpha, beta))",
         PAPER),
    REAL(age_alpha, 1.4, 0, 1000, PP_OPEN_MIN, "1", "first shape of the law of age", PAPER),
    REAL(age_beta, 2.5, 0, 1000, PP_OPEN_MIN, "1", "second shape of the law of age", PAPER),
    REAL(occupation_low, 0.2, 0, 1, 0, "1",
         "binomial probability of occupation at the first location", PAPER),
    REAL(occupation_high, 0.8, 0, 1, 0, "1",
         "binomial probability of occupation at the last location", PAPER),
    REAL(percentile_stretch, 1.1, 0, 10, PP_OPEN_MIN, "1",
         "income percentile is min(1, stretch * Beta)", PAPER),
    REAL(percentile_shape, 2, 0.3, 100, 0, "1",
         "that Beta is (shape + 2 occupation, 2 occupations - 2 occupation)", PAPER),
    REAL(income_peak, 40000, 0, 1e9, PP_OPEN_MIN, "GBP/year", "base income at its best age", PAPER),
    REAL(income_curvature, 25, 0, 1e6, 0, "GBP/year^3", "its fall per squared year from there",
         PAPER),
    REAL(income_peak_age, 45, 0, 150, 0, "years", "that best age", PAPER),
    REAL(income_floor, 20000, 0, 1e9, PP_OPEN_MIN, "GBP/year", "least base income", PAPER),
    REAL(salary_scale, 3, 0, 1000, PP_OPEN_MIN, "1",
         "salary is scale * base income * max(BetaInv(percentile), floor)", PAPER),
    REAL(salary_alpha, 3, 0.3, 1000, 0, "1", "first shape of the law of salary", PAPER),
    REAL(salary_beta, 9, 0.7, 1000, 0, "1", "second shape of the law of salary", PAPER),
    REAL(salary_quantile_floor, 0.3, 0, 1, PP_OPEN_MIN, "1", "least value of that BetaInv", PAPER),
    REAL(money_step, 1000, 1e-6, 1e6, 0, "GBP/year", "salaries are floored to a multiple of this",
         PAPER),
    REAL(marriage_peak, 0.7, 0, 1, 0, "1", "greatest probability of being married", PAPER),
    REAL(marriage_age_end, 110, 20, 1000, 0, "years", "age at which that probability reaches 0",
         PAPER),
    REAL(marriage_age_half, 47, 1, 1000, 0, "years", "half the span of ages at which it is above 0",
         PAPER),
    REAL(child_age_end, 66, 20, 1000, 0, "years", "age from which there are no children", PAPER),
    REAL(child_age_half, 25, 1, 1000, 0, "years", "half the span of ages with children", PAPER),
    REAL(child_married, 0.8, 0, 1, 0, "1", "factor of the child probability when married", PAPER),
    REAL(child_single, 0.2, 0, 1, 0, "1", "factor of the child probability when single", PAPER),
    INTEGER(child_maximum, 4, 1, 20, "1", "most children", PAPER),
    REAL(partner_location, 1, -10, 10, 0, "1", "median of the partner's salary over the own",
         PAPER),
    REAL(partner_scale, 1.0 / 3, 0, 10, PP_OPEN_MIN, "1", "its Laplace scale", PAPER),
    REAL(driving_alpha, 3, 0, 1000, PP_OPEN_MIN, "1", "first shape of the law of years driving",
         PAPER),
    REAL(driving_age, 100, 20, 1000, 0, "years", "its second shape is this/age - 1", PAPER),
    REAL(claim_frequency, 0.07, 0, 1, PP_OPEN_MIN, "1/year",
         "claims a year of a customer of risk 1", PAPER),
    REAL(perception_frequency, 0.14, 1e-6, 100, 0, "1/year",
         "risk perception is claims/(this * years driving) + risk weight * risk", PAPER),
    REAL(perception_risk, 0.5, 0, 10, 0, "1", "that risk weight", PAPER),
    REAL(car_minimum, 0.2, 0, 100, 0, "1", "least car value over salary", PAPER),
    REAL(car_shape, 4, 0.3, 1000, 0, "1", "shape of the gamma law of car value", PAPER),
    REAL(car_scale, 0.125, 1e-6, 1000, 0, "1", "scale of the gamma law of car value", PAPER),
    REAL(premium_risk_offset, 0.5, 0, 100, 0, "1",
         "pure premium is min((offset + risk) * per_value * car value, maximum)", PAPER),
    REAL(premium_per_value, 0.1, 0, 100, PP_OPEN_MIN, "1", "pure premium per GBP of car value",
         PAPER),
    REAL(premium_maximum, 6000, 0, 1e9, PP_OPEN_MIN, "GBP", "greatest pure premium", PAPER),
};
const pp_param_table pp_published_table = {"published", "the published population of customers",
                                           published_rows, PP_COUNT(published_rows),
                                           sizeof(CONFIG)};
#undef CONFIG

#define CONFIG pp_book_config
static const pp_param book_rows[] = {
    REAL(price_sensitivity, 59, 0, 1e6, PP_OPEN_MIN, "1", "price sensitivity times pure premium",
         CALIBRATED),
    REAL(walk_away_multiple, 1.12, 0, 1000, 0, "1", "walk-away price over pure premium",
         CALIBRATED),
};
const pp_param_table pp_book_table = {"book", "customers resampled from the rows of a CSV file",
                                      book_rows, PP_COUNT(book_rows), sizeof(CONFIG)};
#undef CONFIG
