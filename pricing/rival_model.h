/// @file
/// @internal
/// The market model: what a firm can tell of its rivals' offers from a customer's features and its
/// own cost estimate. What it predicts depends on what firms observe:
///   all offers  top 1, mean of top 3 and of top 5 rival offers over C: three ridge regressions
///   own rank    the multiple of C at which half the rivals are cheaper: logistic regression of
///               (rank - 1) out of N - 1 on the own multiplier and the features
///   own sale    nothing can be told of rivals: the inputs themselves are handed on
#ifndef PURSUIT_PRICING_RIVAL_MODEL_H
#define PURSUIT_PRICING_RIVAL_MODEL_H

#include "pricing/history.h"

typedef struct pp_rival_model {
    int n_inputs;  ///< columns plus log C
    int n_outputs; ///< what pp_rival_model_predict gives
    pp_observe observe;
    double *mean, *deviation; ///< [n_inputs]
    double *weight;           ///< [PP_RIVALS][n_inputs + 1], intercept last
    size_t n_parts;           ///< epochs whose moments are kept
    int64_t last_epoch;       ///< of the last fit; 0 if none
    double *moments;          ///< [n_parts] means and products of an epoch's rows
    double *storage;
} pp_rival_model;

/// @param epochs of a history; the model keeps the moments of so many, so that a refit reads the
/// rows of new epochs only, unless the moments would take more than 128 KB
pp_status pp_rival_model_create(int n_columns, size_t epochs, pp_observe observe,
                                pp_rival_model *model, pp_error *error);
void pp_rival_model_destroy(pp_rival_model *model);
/// Forget the epochs seen: the next fit is on another history.
void pp_rival_model_reset(pp_rival_model *model);
/// Resident bytes of a model's memory.
size_t pp_rival_model_bytes(const pp_rival_model *model);

/// Rows of epochs up to the last fit's must not have changed since, or pp_rival_model_reset is due.
/// @param ridge   as a share of the rows
/// @param scratch [n_inputs + PP_RIVALS][history->n]
pp_status pp_rival_model_fit(pp_rival_model *model, double ridge, const pp_history *history,
                             double *scratch, pp_error *error);

/// A form in the outputs as one in what they are made of: level + sum_r slope[r] output_r =
/// weight[n_inputs] + sum_j weight[j] input_j, the inputs being the columns and log C.
/// @param slope  [n_outputs]
/// @param weight [n_inputs + 1]
void pp_rival_model_fold(const pp_rival_model *model, double level, const double *slope,
                         double *weight);

/// @param scratch [1][n]
/// @param outputs [n_outputs][n]
void pp_rival_model_predict(const pp_rival_model *model, const double *const *features,
                            const double *estimate, size_t n, double *scratch, double *outputs);

#endif
