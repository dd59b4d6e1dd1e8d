/// @file
/// @internal
/// A function of portfolio and time that is linear in its coefficients: a sum over categories of
/// products of hat functions in the policies held and in time,
///   V(held, t) = sum_k sum_ij theta_kij hat_i(y_k) hat_j(t),   y_k = held_k + pace_k (T - t),
/// y_k being where the category ends if it goes on at the target's pace, so that the kink of the
/// loss lies on one knot throughout. Beyond the outer knots the end pieces go on as they are.
/// Epochs of at most PP_BASIS_SMALL rounds have a knot for every count and every round, and no
/// pace: any function of one category and time is in the basis, unless that makes too
/// many coefficients.
#ifndef PURSUIT_AGENTS_LEARNING_BASIS_H
#define PURSUIT_AGENTS_LEARNING_BASIS_H

#include "agents/agent.h"
#include "agents/learning/learning_kernels.h"

enum {
    PP_BASIS_SMALL = 16,                 ///< rounds
    PP_BASIS_SMALL_SIZE = 2048,          ///< coefficients, above which an epoch is not small
    PP_BASIS_KNOTS = PP_BASIS_SMALL + 1, ///< of either kind, at most
    PP_BASIS_ENTRIES = 4                 ///< nonzero products per category
};

typedef struct pp_basis {
    size_t n_categories, n_held, n_time, size; ///< size: number of coefficients
    double rounds;
    double pace[PP_MAX_CATEGORIES];                 ///< policies per round
    double held[PP_MAX_CATEGORIES][PP_BASIS_KNOTS]; ///< [n_categories][n_held] knots of y
    double time[PP_BASIS_KNOTS];                    ///< [n_time] knots of t
    double rise[PP_MAX_CATEGORIES][PP_BASIS_KNOTS]; ///< 1/length of the piece after a knot of y
    double edge[PP_MAX_CATEGORIES][PP_BASIS_KNOTS]; ///< knots of y, the outer ones infinitely far
} pp_basis;

/// Where a moment lies among the knots of time.
typedef struct pp_moment {
    double rest;  ///< rounds to come, T - t
    size_t piece; ///< of time
    double along; ///< share of the piece that is over
} pp_moment;

/// Which piece of each category a portfolio lies in, and which one with a policy more of it.
typedef struct pp_place {
    const double *held; ///< [n_categories]
    uint8_t *now;       ///< [n_categories]
    uint8_t *more;      ///< [n_categories]
} pp_place;

/// A function's coefficients, and by how much each piece rises per policy, for quick evaluation.
typedef struct pp_function {
    const double *theta; ///< [size]
    double *slope;       ///< [size]; of what lies between a knot of y and the next; else unused
} pp_function;

/// A sparse vector over the coefficients; the same one may be there more than once. Room for a
/// portfolio and one that holds a policy more of each category.
typedef struct pp_sparse {
    size_t n;
    uint32_t at[2 * PP_BASIS_ENTRIES * PP_MAX_CATEGORIES];
    double value[2 * PP_BASIS_ENTRIES * PP_MAX_CATEGORIES];
} pp_sparse;

void pp_basis_make(const pp_portfolio *portfolio, const double *average, int64_t rounds,
                   pp_basis *basis);

/// The hats of a portfolio, and with a chance of the sale added:
///   (1 - chance) hats(held, t) + chance hats(held + s, t).
/// @param categories of the sale; 0 for the portfolio as it is
void pp_basis_at(const pp_basis *basis, const double *held, int64_t t, uint64_t categories,
                 double chance, pp_sparse *vector);
/// What a sale to these categories changes in the hats: hats(held + s, t) - hats(held, t).
void pp_basis_sale(const pp_basis *basis, const double *held, int64_t t, uint64_t categories,
                   pp_sparse *vector);
double pp_sparse_dot(const pp_sparse *vector, const double *theta);

pp_moment pp_basis_moment(const pp_basis *basis, int64_t t);
/// Find the pieces. What place->now holds is where the search begins: a piece of each category.
void pp_basis_place(const pp_basis *basis, const pp_moment *at, pp_place *place);
/// Slopes of new coefficients.
void pp_function_slopes(const pp_basis *basis, pp_function *function);
/// V(held, t).
double pp_function_value(const pp_basis *basis, const pp_function *function, const pp_moment *at,
                         const pp_place *place);
/// What a sale to these categories changes: V(held + s, t) - V(held, t).
double pp_function_change(const pp_basis *basis, const pp_function *function, const pp_moment *at,
                          const pp_place *place, uint64_t categories);
/// Add scale times the gradient of that change in the slopes. @param gradient [size]
void pp_basis_add_change(const pp_basis *basis, const pp_moment *at, const pp_place *place,
                         uint64_t categories, double scale, double *gradient);
/// A gradient in the slopes becomes one in the coefficients. @param gradient [size]
void pp_basis_gradient_of_slopes(const pp_basis *basis, double *gradient);
/// The hats in y, without those in time, as pairs: (1 - chance) hats(held) + chance hats(held + s).
/// @param pairs [2 n_categories]; `at` counts knots, [n_categories][n_held]. The second number of
///              the last may be one knot too far, and is 0 then. @return how many
size_t pp_basis_pairs(const pp_basis *basis, const pp_moment *at, const pp_place *place,
                      uint64_t categories, double chance, pp_pair *pairs);

/// Coefficients of where learning starts: the profit of the rounds to come less the loss of where
/// the portfolio ends at the target's pace. @param profit GBP per round
void pp_basis_start(const pp_basis *basis, const pp_portfolio *portfolio, double profit,
                    double *theta);

#endif
