/// @file
/// @internal
/// The published population's tables and the loop that draws from them.
#ifndef PURSUIT_MARKET_PUBLISHED_KERNELS_H
#define PURSUIT_MARKET_PUBLISHED_KERNELS_H

#include "market/law.h"
#include "market/population_class.h"
#include "market/simd.h"

enum { MAX_AGES = 256, PP_PUBLISHED_STRIP = 128 };

/// Uniforms of a customer, one lane each.
enum lane {
    U_AGE,
    U_LOCATION,
    U_OCCUPATION,
    U_PERCENTILE,
    U_MARRIED,
    U_CHILDREN,
    U_PARTNER,
    U_DRIVING,
    U_RISK,
    U_CLAIMS,
    U_CAR,
    LANES
};

/// Columns of pp_population_latents, and the order of the reference sample.
enum latent {
    AGE,
    LOCATION,
    OCCUPATION,
    PERCENTILE,
    SALARY,
    MARRIED,
    CHILDREN,
    PARTNER,
    HOUSEHOLD,
    DRIVING,
    RISK,
    CLAIMS,
    PERCEPTION,
    CAR,
    PREMIUM,
    LATENTS
};

/// Feature columns before the one-hot ones.
enum { F_CAR, F_CLAIMS, F_DRIVING, F_AGE, F_MARRIED, F_HAS_CHILDREN, F_OCCUPATION };

typedef struct published {
    pp_population base;
    pp_published_config config;
    pp_choice_config choice;
    int ages, youngest;
    double *cumulative; ///< storage of every discrete law
    pp_discrete age, occupation[PP_MAX_LOCATIONS];
    pp_discrete children[MAX_AGES][2], driving[MAX_AGES];
    double base_income[MAX_AGES], p_married[MAX_AGES];
    pp_quantile_table salary, car;
    pp_quantile_table *percentile; ///< [locations + 1]
    pp_quantile_table *risk;       ///< [locations]
} published;

typedef struct pp_published_kernels {
    /// Customers [start, start + n) of a batch, n at most PP_PUBLISHED_STRIP.
    /// @param latents [LATENTS][customers->capacity] or NULL
    void (*draw)(const published *p, double (*u)[PP_PUBLISHED_STRIP], size_t start, size_t n,
                 pp_customers *customers, double *latents);
} pp_published_kernels;

PP_SIMD_KERNELS(pp_published_kernels)

#endif
