/// @file
/// The profit-only and the value-aware bid for a logistic conversion curve.
#ifndef PURSUIT_PRICING_BID_H
#define PURSUIT_PRICING_BID_H

#include "market/maths.h"

/// log w of a normal positive number, to 2e-5.
static inline double pp_log_rough(double w)
{
    const uint64_t one = UINT64_C(0x3ff0000000000000), low = UINT64_C(0x3fe6a09e667f3bcd);
    uint64_t bits = pp_bits(w) + (one - low);
    double k = pp_real(bits >> 52 | UINT64_C(0x4330000000000000)) - (0x1p52 + 1023);
    double f = pp_real((bits & UINT64_C(0x000fffffffffffff)) + low) - 1;
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

/// W(exp(x)) of Lambert's W, for any finite x: the w > 0 with w + log w = x. Relative error below
/// 1e-14; 0 below -707. Two steps from a start good to some percent, without branches; the first
/// needs no better logarithms than it mends.
static inline double pp_lambert_exp(double x)
{
    double y = x < -2 ? x : 2.0 / 3 * (x - 1), least = x < 1 ? 1 : x;
    double low = pp_exp(y < 0 ? y : 0), log_x = pp_log_rough(least);
    double w = x < 1 ? low : x - log_x + log_x / least;
    w = pp_lambert_step(w, x - w - pp_log_rough(w));
    w = pp_lambert_step(w, x - w - pp_log_normal(w));
    // At the ends w is e^x, or x, to the last bit; and squares of x may overflow.
    w = x < -36 ? low : w;
    return x > 1e60 ? x : w;
}

/// argmax over [low, high] of (a - k)/(1 + exp(beta a - alpha)):
/// a* = k + (1 + W(exp(alpha - beta k - 1)))/beta, clipped, as the objective rises before a* and
/// falls after it.
static inline double pp_logistic_bid(double alpha, double beta, double k, double low, double high)
{
    double a = k + (1 + pp_lambert_exp(alpha - beta * k - 1)) / beta;
    return a < low ? low : a > high ? high : a; // NaN stays NaN, to be seen
}

#endif
