/// @file
/// Limits on the prices that a firm quotes, and the one function that decides a price.
///
/// Whatever an agent bids and exploration makes of it, a customer is quoted
///   price = clip(step(bid * exploration * unit)):
/// rounded to a multiple of `step`, then held within multiples of the unit, which is the break-even
/// price (pricing/break_even.h), then within GBP. Limits in GBP count where both cannot hold, and
/// limits count where they are no multiple of `step` (design's spec of money, 5).
#ifndef PURSUIT_PRICING_LIMITS_H
#define PURSUIT_PRICING_LIMITS_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#include "market/base/param.h"

/// Keys `limits:` of a firm. NaN: none. All functions but pp_limits_given take them as that returns
/// them.
typedef struct pp_limits {
    double min_multiple, max_multiple; ///< of the unit of prices
    double min_premium, max_premium;   ///< GBP
    double step;                       ///< GBP
} pp_limits;
extern PP_API const pp_param_table pp_limits_table;

/// No limits.
#define PP_NO_LIMITS ((pp_limits){NAN, NAN, NAN, NAN, NAN})

/// Limits with NaN for each that is none, 0 as well: a program may have zeroed a firm.
PP_API pp_limits pp_limits_given(const pp_limits *limits);
/// Is there any?
PP_API bool pp_limits_any(const pp_limits *limits);

enum { PP_LIMITS_RULES = 2, PP_LIMITS_TEXT = 256 };
/// Rules that tie limits together.
/// @param rule 0 .. PP_LIMITS_RULES - 1
/// @param keys becomes the two keys that the rule is about
/// @param text becomes a sentence if it is broken
/// @return whether it holds
PP_API bool pp_limits_rule(const pp_limits *limits, size_t rule, const char *keys[2],
                           char text[PP_LIMITS_TEXT]);

/// Prices, in GBP or as multiples of the unit: one below `low` is raised to it, one above `high`
/// lowered.
typedef struct pp_price_range {
    double low, high;
} pp_price_range;

/// x, or the end of a range that it is beyond. An end that is NaN is none; NaN stays NaN.
static inline double pp_within(double x, double low, double high)
{
    double raised = x < low ? low : x;
    return raised > high ? high : raised;
}

/// Prices that can be quoted, GBP, but for `step`: from 0 to infinity without limits.
/// @param unit GBP
static inline pp_price_range pp_limits_premiums(const pp_limits *limits, double unit)
{
    double low = limits->min_multiple > 0 ? limits->min_multiple * unit : 0;
    double high = limits->max_multiple > 0 ? limits->max_multiple * unit : INFINITY;
    return (pp_price_range){pp_within(low, limits->min_premium, limits->max_premium),
                            pp_within(high, limits->min_premium, limits->max_premium)};
}

/// The same as multiples of the unit.
static inline pp_price_range pp_limits_range(const pp_limits *limits, double unit)
{
    pp_price_range premium = pp_limits_premiums(limits, unit);
    return (pp_price_range){premium.low / unit, premium.high / unit};
}

/// The nearest whole number to one from 0 to 2^51, the even one of two.
static inline double pp_nearest_whole(double x)
{
    return x + 0x1.8p52 - 0x1.8p52;
}

/// The price quoted, GBP. Every price of a firm with limits is made here.
/// @param unit GBP
/// @param bid      multiple of the unit, positive and finite
/// @param factor   of exploration; 1 for none
static inline double pp_limits_price(const pp_limits *limits, double unit, double bid,
                                     double factor)
{
    // A firm's level and appetite will multiply the bid here, before the price is rounded.
    double price = bid * factor * unit;
    if (limits->step > 0) {
        double steps = pp_nearest_whole(price / limits->step);
        price = (steps > 1 ? steps : 1) * limits->step;
    }
    price = pp_within(price, limits->min_multiple * unit, limits->max_multiple * unit);
    return pp_within(price, limits->min_premium, limits->max_premium);
}

/// The same of many quotes.
/// @param bid        [n] each positive and finite, as is its price without limits
/// @param factor     [n], or NULL for ones
/// @param unit       [n] GBP
/// @param multiplier [n] becomes price/unit; may be `bid`
/// @param price      [n] GBP
PP_API void pp_limits_prices(const pp_limits *limits, const double *bid, const double *factor,
                             const double *unit, size_t n, double *multiplier, double *price);

/// What exploration multiplies a bid by, each with its probability.
typedef struct pp_exploration {
    size_t n;
    const double *factor; ///< [n]
    double each;          ///< probability of each of them
    double none;          ///< that of factor 1
} pp_exploration;

/// Probabilities that bids are quoted at these prices: sums over all factors that lead to them.
/// @param unit, bid, price [n]
/// @param propensity [n] probability of the factor that has been drawn; becomes the sum
PP_API void pp_limits_propensities(const pp_limits *limits, const pp_exploration *exploration,
                                   const double *unit, const double *bid, const double *price,
                                   size_t n, double *propensity);

/// The same for bids drawn evenly from [least, most], most above least: the density of the bid,
/// 1/(most - least), unless `step` or a limit leads many bids to this price; then their
/// probability.
PP_API double pp_limits_first_propensity(const pp_limits *limits, double unit, double least,
                                         double most, double price);

/// Hold bids within what can be quoted. @param bid [n] multiples of the unit @param unit [n] GBP
PP_API void pp_limits_hold(const pp_limits *limits, const double *unit, size_t n, double *bid);

#endif
