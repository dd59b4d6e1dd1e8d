/// @file
/// The profit-only and the value-aware bid for a logistic conversion curve.
#ifndef PURSUIT_PRICING_BID_H
#define PURSUIT_PRICING_BID_H

#include "market/base/maths.h"

/// log w of a normal positive number, to 2e-5.
static inline double pp_log_rough(double w)
{
    double k, f = pp_log_split(w, &k);
    double p = 0.3366878 + f * (-0.2701023 + f * 0.1734863);
    return k * M_LN2 + f * (0.9999622 + f * (-0.4995021 + f * p));
}

/// w and r, with x - w - log w = r, to a w about whose error is of r's fourth order: Fritsch,
/// Shafer and Crowley's iteration (1973).
static inline double pp_lambert_step(double w, double r)
{
    double s = 1 + w, t = s * (s + 2.0 / 3 * r);
    return w + w * r * (t - 0.5 * r) / (s * (t - r));
}

/// Where to start below x = 1, with e = exp(x): good to 1.3e-5 of the value.
static inline double pp_lambert_low(double e)
{
    double p = 0.99998787 + e * (1.64023344 + e * 0.33794994);
    return e * p / (1 + e * (2.63923291 + e * (1.49053585 + e * 0.12139889)));
}

/// Where to start from x = 1 on: good to some percent, mended by a step that needs no better
/// logarithm than it mends.
static inline double pp_lambert_high(double x)
{
    double log_x = pp_log_rough(x), w = x - log_x + log_x / x;
    return pp_lambert_step(w, x - w - pp_log_rough(w));
}

/// From a start to W(exp(x)). @param e exp(x), asked for below -36 @param log_start its logarithm
static inline double pp_lambert_end(double x, double e, double start, double log_start)
{
    double w = pp_lambert_step(start, x - start - log_start);
    // At the ends w is e^x, or x, to the last bit; and squares of x may overflow.
    w = x < -36 ? e : w;
    return x > 1e60 ? x : w;
}

/// W(exp(x)) of Lambert's W, for any finite x: the w > 0 with w + log w = x. Relative error below
/// 1e-14; 0 below -707.
static inline double pp_lambert_exp(double x)
{
    double e = x < 1 ? pp_exp(x) : 0, start = x < 1 ? pp_lambert_low(e) : pp_lambert_high(x);
    return pp_lambert_end(x, e, start, pp_log_normal(start));
}

/// The bid of which W is known: kept within its range. NaN stays NaN, to be seen.
static inline double pp_bid_of_lambert(double w, double beta, double k, double low, double high)
{
    double a = k + (1 + w) / beta;
    return a < low ? low : a > high ? high : a;
}

/// argmax over [low, high] of (a - k)/(1 + exp(beta a - alpha)):
/// a* = k + (1 + W(exp(alpha - beta k - 1)))/beta, clipped, as the objective rises before a* and
/// falls after it.
static inline double pp_logistic_bid(double alpha, double beta, double k, double low, double high)
{
    return pp_bid_of_lambert(pp_lambert_exp(alpha - beta * k - 1), beta, k, low, high);
}

#endif
