/// @file
/// @internal
/// The published population's tables and the loop that draws from them.
#ifndef PURSUIT_MARKET_POPULATION_PUBLISHED_KERNELS_H
#define PURSUIT_MARKET_POPULATION_PUBLISHED_KERNELS_H

#include <stdbool.h>

#include "market/base/simd.h"
#include "market/distribution.h"
#include "market/population/class.h"

enum { PP_PUBLISHED_AGES = 256, PP_PUBLISHED_STRIP = 128 };

/// Uniforms of a customer, one lane each.
enum pp_published_lane {
    PP_U_AGE,
    PP_U_LOCATION,
    PP_U_OCCUPATION,
    PP_U_PERCENTILE,
    PP_U_MARRIED,
    PP_U_CHILDREN,
    PP_U_PARTNER,
    PP_U_DRIVING,
    PP_U_RISK,
    PP_U_CLAIMS,
    PP_U_CAR,
    PP_PUBLISHED_LANES
};

/// Columns of pp_population_latents, and the order of the reference sample.
enum pp_published_latent {
    PP_L_AGE,
    PP_L_LOCATION,
    PP_L_OCCUPATION,
    PP_L_PERCENTILE,
    PP_L_SALARY,
    PP_L_MARRIED,
    PP_L_CHILDREN,
    PP_L_PARTNER,
    PP_L_HOUSEHOLD,
    PP_L_DRIVING,
    PP_L_RISK,
    PP_L_CLAIMS,
    PP_L_PERCEPTION,
    PP_L_CAR,
    PP_L_PREMIUM,
    PP_PUBLISHED_LATENTS
};

/// Feature columns before the one-hot ones.
enum {
    PP_F_CAR,
    PP_F_CLAIMS,
    PP_F_DRIVING,
    PP_F_AGE,
    PP_F_MARRIED,
    PP_F_HAS_CHILDREN,
    PP_F_OCCUPATION
};

typedef struct pp_published {
    pp_population base;
    pp_published_config config;
    pp_choice_config choice;
    int ages, youngest;
    double *cumulative; ///< [n_cumulative] storage of every discrete law
    size_t n_cumulative;
    bool compiled; ///< the cumulative tables are those compiled in
    pp_discrete age, occupation[PP_MAX_LOCATIONS];
    pp_discrete children[PP_PUBLISHED_AGES][2], driving[PP_PUBLISHED_AGES];
    double base_income[PP_PUBLISHED_AGES], p_married[PP_PUBLISHED_AGES];
    pp_quantile_table salary, car;
    pp_quantile_table *percentile; ///< [locations + 1]
    pp_quantile_table *risk;       ///< [locations]
} pp_published;

typedef struct pp_published_kernels {
    /// Customers [start, start + n) of a batch, n at most PP_PUBLISHED_STRIP.
    /// @param latents [LATENTS][customers->capacity] or NULL
    void (*draw)(const pp_published *p, double (*u)[PP_PUBLISHED_STRIP], size_t start, size_t n,
                 pp_customers *customers, double *latents);
} pp_published_kernels;

PP_SIMD_KERNELS(pp_published_kernels)

#endif
