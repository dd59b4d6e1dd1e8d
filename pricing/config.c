// Parameter tables of pricing and portfolios, with the published defaults.
#include "pricing/config.h"

#include <math.h>

#include "market/base/param_rows.h"
#include "market/base/text.h"

static const char *const conversion_choices[] = {"logistic", "mlp", NULL};

#define CONFIG pp_pricing_config
static const pp_param pricing_rows[] = {
    {ROW(ENUM, conversion), .names = conversion_choices, .unit = "",
     .doc = "conversion model: logistic regression, or a small monotone neural network",
     .citation = DESIGN},
    REAL(bid_min, 1, 0, 100, PP_OPEN_MIN, "1", "least bid, as a multiple of the own cost estimate",
         PAPER),
    REAL(bid_max, 2, 0, 100, PP_OPEN_MIN, "1", "greatest bid", PAPER),
    REAL(first_min, 1, 0, 100, PP_OPEN_MIN, "1", "least bid of the first epoch, before any fit",
         PAPER),
    REAL(first_max, 1.2, 0, 100, PP_OPEN_MIN, "1", "greatest bid of the first epoch", PAPER),
    {ROW(REALS, exploration_factors), DEFAULT_REALS(0.93, 0.95, 0.97, 1.03, 1.05, 1.07), .min = 0,
     .max = 100, .flags = PP_OPEN_MIN, .unit = "1",
     .doc = "factors by which a bid is multiplied to explore", .citation = PAPER},
    REAL(exploration_rate, 0.02, 0, 1, 0, "1", "chance of each of those factors", PAPER),
    REAL(market_ridge, 1e-4, 1e-12, 1e6, 0, "1",
         "ridge of the market model, in standard deviations and as a share of the rows", DESIGN),
    REAL(conversion_ridge, 1, 1e-9, 1e6, 0, "rows", "weight of the prior of the conversion model",
         DESIGN),
    REAL(prior_slope, 20, 1e-3, 1e6, 0, "1",
         "fall of the logit of conversion per unit multiplier that the prior expects", DESIGN),
    REAL(slope_weight, 1, 1e-9, 1e9, 0, "rows", "weight of the prior on the slope", DESIGN),
    REAL(slope_min, 5, 1e-6, 1e6, 0, "1",
         "least such fall: a flatter fit is held there, so conversion never rises with price",
         DESIGN),
    INTEGER(mlp_hidden, 8, 1, 256, "units", "hidden units of the neural network", DESIGN),
    INTEGER(mlp_steps, 60, 1, 10000, "steps", "BFGS steps of a refit of the neural network",
            DESIGN),
    REAL(mlp_ridge, 1, 1e-9, 1e6, 0, "rows", "weight decay of the neural network", DESIGN),
};
const pp_param_table pp_pricing_table = {"pricing", "the pricing pipeline that every firm shares",
                                         pricing_rows, PP_COUNT(pricing_rows), sizeof(CONFIG)};
#undef CONFIG

#define CONFIG pp_portfolio_config
static const pp_param portfolio_rows[] = {
    INTEGER(random_categories, 5, 1, 64, "1", "categories of a random portfolio", PAPER),
    REAL(loss_scale, 2000, 0, 1e12, 0, "GBP", "loss of a portfolio that misses every target wholly",
         PAPER),
    REAL(small_portfolio, 10, 0, 1e12, 0, "policies",
         "burn-in average up to which a random target can only grow", PAPER),
    REAL(grow, 2, 0, 1000, PP_OPEN_MIN, "1", "a growing random target is floor(grow * average) + 1",
         PAPER),
    REAL(shrink, 0.5, 0, 1, 0, "1", "a shrinking random target is ceil(shrink * average)", PAPER),
};
const pp_param_table pp_portfolio_table = {
    "portfolio", "random targets and the loss of missing a target", portfolio_rows,
    PP_COUNT(portfolio_rows), sizeof(CONFIG)};
#undef CONFIG

const char *pp_pricing_problem(const pp_pricing_config *c, size_t rule, char text[PP_PRICING_TEXT])
{
    static const char *const keys[PP_PRICING_RULES] = {
        "pricing.bid_min pricing.bid_max", "pricing.first_min pricing.first_max",
        "pricing.exploration_rate pricing.exploration_factors"};
    const double slack = 1e-12; // 0.1 taken ten times is 1
    bool broken = false;
    if (rule == 0 && (broken = c->bid_min > c->bid_max))
        pp_print(text, PP_PRICING_TEXT, "bid_min %.15g is above bid_max %.15g", c->bid_min,
                 c->bid_max);
    else if (rule == 1 && (broken = c->first_min > c->first_max))
        pp_print(text, PP_PRICING_TEXT, "first_min %.15g is above first_max %.15g", c->first_min,
                 c->first_max);
    else if (rule == 2 &&
             (broken = c->exploration_rate * (double)c->exploration_factors.n > 1 + slack))
        pp_print(text, PP_PRICING_TEXT,
                 "exploration_rate %.15g for each of %zu exploration_factors is more than 1 in all",
                 c->exploration_rate, c->exploration_factors.n);
    return broken ? keys[rule] : NULL;
}
