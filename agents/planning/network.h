/// @file
/// @internal
/// A dense network with rectified hidden units and one linear output, trained by Adam (Kingma and
/// Ba, arXiv 1412.6980) on the mean squared error. Deterministic: one thread, a fixed order of
/// sums.
#ifndef PURSUIT_AGENTS_PLANNING_NETWORK_H
#define PURSUIT_AGENTS_PLANNING_NETWORK_H

#include <gsl/gsl_rng.h>
#include <stddef.h>

#include "market/base/stop.h"

typedef struct pp_network pp_network;

/// Weights normal with variance 2/inputs of their layer (He et al. 2015), biases 0.
/// @return PP_OK, PP_ENOMEM
pp_status pp_network_create(size_t inputs, size_t layers, size_t width, gsl_rng *rng,
                            pp_network **network, pp_error *error);
void pp_network_destroy(pp_network *network); ///< NULL-safe

/// What a network learns from.
typedef struct pp_network_data {
    size_t n;
    const double *x; ///< [n][inputs]
    const double *y; ///< [n]
    size_t *order;   ///< [n] a permutation of the rows; shuffled by each pass
} pp_network_data;

/// One pass over the rows in random order, in batches of 64.
/// @param stop   see pp_agent_setup; looked at before each batch
/// @param square becomes the mean squared error over the pass, before each batch's step
/// @return PP_OK; PP_EINTERRUPTED, or PP_ENUMERIC if the error is not finite (square untouched)
pp_status pp_network_pass(pp_network *network, const pp_network_data *data, double learning_rate,
                          gsl_rng *rng, const pp_stop_flag *stop, double *square, pp_error *error);

/// The network's output at n rows. Uses the network's own scratch: one thread at a time.
/// @param x [n][inputs] @param y [n]
void pp_network_predict(pp_network *network, const double *x, size_t n, double *y);

/// One step down a gradient with the moments' decay and the constant of Adam's paper; fresh moments
/// are 0. @param gradient, first, second [n] @param steps taken so far, this one included
void pp_adam(double *weight, const double *gradient, double *first, double *second, size_t n,
             double rate, double steps);

#endif
