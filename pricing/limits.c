// Limits on prices: their table and rules, prices of many quotes, and how likely a price was.
#include "pricing/limits.h"

#include "market/base/param_rows.h"
#include "market/base/text.h"

#define LIMIT(field, most, unit_, doc_, derived_)                                                  \
    {                                                                                              \
        ROW(REAL, field), .default_number = NAN, .min = 0, .max = most,                            \
                          .flags = PP_OPTIONAL | PP_OPEN_MIN, .unit = unit_, .doc = doc_,          \
                          .citation = DESIGN, .derived = derived_                                  \
    }
#define CONFIG pp_limits
static const pp_param limit_rows[] = {
    LIMIT(min_multiple, 1000, "1",
          "least price quoted, as a multiple of the price unit: the own cost estimate, or the "
          "break-even price",
          "none"),
    LIMIT(max_multiple, 1000, "1",
          "greatest price quoted, as a multiple of the price unit: the own cost estimate, or the "
          "break-even price",
          "none"),
    LIMIT(min_premium, 1e9, "GBP", "least price quoted; counts before limits in multiples", "none"),
    LIMIT(max_premium, 1e9, "GBP", "greatest price quoted; counts before limits in multiples",
          "none"),
    LIMIT(step, 1e6, "GBP", "prices are rounded to multiples of it, before limits", "none"),
};
const pp_param_table pp_limits_table = {"limits", "limits that hold for every price quoted",
                                        limit_rows, PP_COUNT(limit_rows), sizeof(CONFIG)};
#undef CONFIG

static double given(double limit)
{
    return limit > 0 ? limit : NAN;
}

pp_limits pp_limits_given(const pp_limits *l)
{
    return (pp_limits){given(l->min_multiple), given(l->max_multiple), given(l->min_premium),
                       given(l->max_premium), given(l->step)};
}

bool pp_limits_any(const pp_limits *l)
{
    return l->min_multiple > 0 || l->max_multiple > 0 || l->min_premium > 0 || l->max_premium > 0 ||
           l->step > 0;
}

bool pp_limits_rule(const pp_limits *l, size_t rule, const char *keys[2], char text[PP_LIMITS_TEXT])
{
    bool premium = rule == 1;
    double least = premium ? l->min_premium : l->min_multiple;
    double most = premium ? l->max_premium : l->max_multiple;
    keys[0] = premium ? "min_premium" : "min_multiple";
    keys[1] = premium ? "max_premium" : "max_multiple";
    if (!(least > most))
        return true;
    pp_print(text, PP_LIMITS_TEXT, "'%s' %.15g is above '%s' %.15g", keys[0], least, keys[1], most);
    return false;
}

void pp_limits_prices(const pp_limits *limits, const double *bid, const double *factor,
                      const double *unit, size_t n, double *multiplier, double *price)
{
    const pp_limits l = *limits; // its members stay in registers
    for (size_t i = 0; i < n; i++) {
        double f = factor ? factor[i] : 1, product = bid[i] * f;
        price[i] = pp_limits_price(&l, unit[i], bid[i], f);
        // A price that nothing has changed keeps its multiple to the last bit.
        multiplier[i] = price[i] == product * unit[i] ? product : price[i] / unit[i];
    }
}

/// What a firm without limits would quote where one with limits quotes `price`: an interval, as
/// prices rise with bids. @param inside becomes whether it is that price alone
static inline pp_price_range free_prices(const pp_limits *l, double unit, double price,
                                         bool *inside)
{
    const double slack = 1e-9; // a multiple of `step` may be one but for its last bits
    pp_price_range range = pp_limits_premiums(l, unit), free = {price, price};
    bool lowest = price <= range.low, highest = price >= range.high;
    *inside = !lowest && !highest && !(l->step > 0);
    if (l->step > 0) {
        double steps = pp_nearest_whole(price / l->step), multiple = steps * l->step;
        double first = multiple < price * (1 - slack) ? steps + 1 : steps;
        double last = multiple > price * (1 + slack) ? steps - 1 : steps;
        free.low = first > 1 ? (first - 0.5) * l->step : 0;
        free.high = (last + 0.5) * l->step;
    }
    return (pp_price_range){lowest ? 0 : free.low, highest ? INFINITY : free.high};
}

enum { STRIP = 64 };

/// Add the probability of a factor where it leads into an interval. @param low, high, sum [n]
static void add_factor(double factor, double probability, const double *unit, const double *bid,
                       const double *low, const double *high, size_t n, double *sum)
{
    for (size_t i = 0; i < n; i++) {
        double product = bid[i] * factor * unit[i];
        bool leads = (product >= low[i]) & (product <= high[i]); // & takes no branch
        sum[i] += leads ? probability : 0;
    }
}

void pp_limits_propensities(const pp_limits *limits, const pp_exploration *e, const double *unit,
                            const double *bid, const double *price, size_t n, double *propensity)
{
    const pp_limits l = *limits;
    for (size_t first = 0, m; first < n; first += m) {
        double low[STRIP], high[STRIP], sum[STRIP] = {0};
        bool inside, all_inside = true;
        m = n - first < STRIP ? n - first : STRIP;
        for (size_t i = 0; i < m; i++) {
            pp_price_range free = free_prices(&l, unit[first + i], price[first + i], &inside);
            low[i] = free.low;
            high[i] = inside ? -1 : free.high; // an interval without any product
            all_inside &= inside;
        }
        if (all_inside)
            continue;
        add_factor(1, e->none, unit + first, bid + first, low, high, m, sum);
        for (size_t j = 0; j < e->n; j++)
            add_factor(e->factor[j], e->each, unit + first, bid + first, low, high, m, sum);
        // None where the drawn one alone leads, or on the edge between two steps but for last bits.
        for (size_t i = 0; i < m; i++)
            propensity[first + i] = sum[i] > 0 ? sum[i] : propensity[first + i];
    }
}

double pp_limits_first_propensity(const pp_limits *limits, double unit, double least, double most,
                                  double price)
{
    bool inside;
    pp_price_range free = free_prices(limits, unit, price, &inside);
    if (inside)
        return 1 / (most - least);
    double from = fmax(free.low / unit, least), to = fmin(free.high / unit, most);
    return fmax(to - from, 0) / (most - least);
}

void pp_limits_hold(const pp_limits *limits, const double *unit, size_t n, double *bid)
{
    const pp_limits l = *limits;
    for (size_t i = 0; i < n; i++) {
        pp_price_range range = pp_limits_range(&l, unit[i]);
        bid[i] = pp_within(bid[i], range.low, range.high);
    }
}
