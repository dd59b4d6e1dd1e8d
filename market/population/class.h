/// @file
/// @internal
/// What a kind of population provides. One file per kind, each ending in one const class.
#ifndef PURSUIT_MARKET_POPULATION_CLASS_H
#define PURSUIT_MARKET_POPULATION_CLASS_H

#include "market/population/population.h"

typedef struct pp_population_class {
    void (*draw)(const pp_population *population, const pp_stream *stream, pp_customers *customers,
                 double *latents);
    void (*destroy)(pp_population *population);
} pp_population_class;

/// First member of every kind's own struct.
struct pp_population {
    const pp_population_class *class;
    pp_schema schema;
    const pp_latent *latents;
    size_t n_latents;
    double bytes; ///< resident, for an estimate of memory
};

enum { PP_LATENT_NAME_MAX = PP_NAME_MAX + 16 };
/// A latent column's name beside features: `prefix` stands before `name` as often as it takes to
/// differ from every feature's. @param prefix fewer than 16 characters
void pp_latent_name(const pp_schema *schema, const char *prefix, const char *name,
                    char text[PP_LATENT_NAME_MAX]);

#endif
