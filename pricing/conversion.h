/// @file
/// Conversion models behind one interface: P(sale | rival predictions x, own multiplier a),
/// strictly falling in a by construction or by constraint.
///
/// A model is fitted once per refit and then read-only. Per quote the state-free stage stores a
/// `curve`, `curve_size` doubles, from which P at any multiplier and the best bid at any k are
/// found.
#ifndef PURSUIT_PRICING_CONVERSION_H
#define PURSUIT_PRICING_CONVERSION_H

#include <gsl/gsl_rng.h>
#include <stdbool.h>
#include <stddef.h>

#include "market/config.h"
#include "pricing/config.h"

enum {
    PP_CONVERSION_INPUTS = PP_MAX_FEATURES + 8
}; ///< at most; features and some of a caller's own

/// Rows to fit on. Inputs are columns.
typedef struct pp_conversion_data {
    size_t n;
    int n_inputs;
    const double *const *inputs; ///< [n_inputs][n]
    const double *multiplier;    ///< [n]
    const unsigned char *sold;   ///< [n]
    double *work; ///< [n_inputs + 3][n] for the fit's own use; NULL: it allocates what it needs
} pp_conversion_data;

typedef struct pp_conversion_class {
    const char *name, *doc;
    /// Bytes of a model with that many inputs, and doubles of a curve.
    size_t (*model_size)(const pp_pricing_config *config, int n_inputs);
    size_t (*curve_size)(const pp_pricing_config *config);
    /// Fit from scratch, or from the model's last fit where that helps. Deterministic.
    /// @param constrained set if the data's price slope had to be overruled
    pp_status (*fit)(void *model, const pp_pricing_config *config, const pp_conversion_data *data,
                     gsl_rng *rng, bool *constrained, pp_error *error);
    /// NULL, or: the curve of a quote, one double, is level + sum_j weight[j] x[j], so that a
    /// caller whose inputs are affine in other things can have it from those. @param weight
    /// [n_inputs]
    void (*affine)(const void *model, double *level, double *weight);
    /// @param curves [n][curve_size]
    void (*prepare)(const void *model, const double *const *inputs, size_t n, double *curves);
    double (*probability)(const void *model, const double *curve, double multiplier);
    /// `probability` of many quotes, to rounding. @param curves [n][curve_size]
    /// @param multiplier, probability [n]
    void (*probabilities)(const void *model, const double *curves, size_t n,
                          const double *multiplier, double *probability);
    /// argmax over [bid_min, bid_max] of P(a)(a - k). @param k [n] or NULL for all 1
    void (*bid)(const void *model, const double *curves, size_t n, const double *k, double bid_min,
                double bid_max, double *bid);
} pp_conversion_class;

extern PP_API const pp_conversion_class pp_conversion_logistic, pp_conversion_mlp;
/// Indexed by pp_pricing_config.conversion.
extern PP_API const pp_conversion_class *const pp_conversion_classes[];

/// Price slope beta of a fitted logistic model, P(a) = 1/(1 + exp(beta a - alpha)); alpha is the
/// curve.
PP_API double pp_logistic_slope(const void *model);

#endif
