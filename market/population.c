#include "market/population_class.h"

#include <assert.h>

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

void pp_population_draw(const pp_population *population, const pp_stream *stream,
                        pp_customers *customers, double *latents)
{
    assert(customers->n <= customers->capacity);
    assert(customers->n_columns == population->schema.n_columns);
    population->class->draw(population, stream, customers, latents);
}
