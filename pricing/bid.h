/// @file
/// The profit-only and the value-aware bid for a logistic conversion curve.
#ifndef PURSUIT_PRICING_BID_H
#define PURSUIT_PRICING_BID_H

#include <math.h>

/// W(exp(x)) of Lambert's W, for any finite x: the w > 0 with w + log w = x. Relative error below
/// 1e-14. Two steps of Fritsch, Shafer and Crowley's iteration (1973) from a start good to some
/// percent.
static inline double pp_lambert_exp(double x)
{
    if (x < -36)
        return exp(x); // w = e^x (1 - e^x + ...), exact to the last bit here
    if (x > 1e9)
        return x -
               log(x); // what follows is log(x)/x, below the last bit; its squares would overflow
    double w = x < 1 ? exp(x < -2 ? x : 2 * (x - 1) / 3) : x - log(x) + log(x) / x;
    for (int i = 0; i < 2; i++) {
        double r = x - w - log(w), s = 1 + w, t = s * (s + 2 * r / 3);
        w *= 1 + r / s * (t - r / 2) / (t - r);
    }
    return w;
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
