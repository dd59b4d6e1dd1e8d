// Calls that every kind of population answers through its class.
#include "market/population/class.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

void pp_population_destroy(pp_population *population)
{
    if (population)
        population->class->destroy(population);
}

const pp_schema *pp_population_schema(const pp_population *population)
{
    return &population->schema;
}

double pp_population_bytes(const pp_population *population)
{
    return population->bytes;
}

size_t pp_population_latents(const pp_population *population, const pp_latent **latents)
{
    *latents = population->latents;
    return population->n_latents;
}

// Ends before there is no room: no feature's name is as long as PP_NAME_MAX.
void pp_latent_name(const pp_schema *schema, const char *prefix, const char *name,
                    char text[PP_LATENT_NAME_MAX])
{
    size_t n = strlen(prefix);
    snprintf(text, PP_LATENT_NAME_MAX, "%s", name);
    while (pp_schema_feature(schema, text) >= 0) {
        memmove(text + n, text, strlen(text) + 1);
        memcpy(text, prefix, n);
    }
}

void pp_population_draw(const pp_population *population, const pp_stream *stream,
                        pp_customers *customers, double *latents)
{
    assert(customers->n <= customers->capacity);
    assert(customers->n_columns == population->schema.n_columns);
    population->class->draw(population, stream, customers, latents);
}
