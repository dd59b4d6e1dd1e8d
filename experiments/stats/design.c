// Latin hypercubes and Sobol points.
#include "experiments/stats/design.h"

#include <gsl/gsl_qrng.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>

#include "market/base/text.h"
#include "market/random.h"

static double rounded(double value)
{
    char text[PP_REAL_MAX];
    pp_print(text, sizeof text, "%.14g", value);
    return pp_parse_real(text, NULL);
}

double pp_range_step(const pp_range *range, size_t i, size_t n)
{
    if (i == 0)
        return range->from;
    if (i == n - 1)
        return range->to;
    double after = (double)i / (double)(n - 1), before = (double)(n - 1 - i) / (double)(n - 1);
    if (range->log) // log10 and pow are exact in powers of ten
        return rounded(pow(10, before * log10(range->from) + after * log10(range->to)));
    return rounded(before * range->from + after * range->to);
}

static double clamp(double value, double low, double high)
{
    return fmax(low, fmin(value, high));
}

double pp_range_at(const pp_range *range, double share)
{
    // Of whole numbers the last one's slice ends where the next number's would begin.
    double end = range->whole ? range->to + 1 : range->to;
    double value = range->log ? exp((1 - share) * log(range->from) + share * log(end))
                              : (1 - share) * range->from + share * end;
    return clamp(range->whole ? floor(value) : value, range->from, range->to);
}

/// One dimension: a stream of its own, so that it does not depend on how many others there are.
static void fill_slices(uint64_t seed, size_t n, size_t dims, size_t dim, size_t *slices,
                        double *points)
{
    pp_gsl_random random;
    const pp_stream stream = {.seed = seed, .epoch = (uint32_t)dim};
    pp_gsl_random_init(&random, &stream, PP_DRAW_DESIGN, 0);
    for (size_t i = 0; i < n; i++)
        slices[i] = i;
    gsl_ran_shuffle(&random.rng, slices, n, sizeof *slices);
    for (size_t i = 0; i < n; i++)
        points[i * dims + dim] = ((double)slices[i] + gsl_rng_uniform_pos(&random.rng)) / (double)n;
}

pp_status pp_latin_hypercube(uint64_t seed, size_t n, size_t dims, double *points, pp_error *error)
{
    size_t *slices = calloc(n, sizeof *slices);
    if (!slices)
        return pp_error_set(error, PP_ENOMEM, "no memory for a design of %zu runs", n);
    for (size_t dim = 0; dim < dims; dim++)
        fill_slices(seed, n, dims, dim, slices, points);
    free(slices);
    return PP_OK;
}

pp_status pp_sobol(size_t skip, size_t n, size_t dims, double *points, pp_error *error)
{
    // Not by gsl_qrng_alloc, which ends the program when there is no memory.
    const gsl_qrng_type *type = gsl_qrng_sobol;
    double left_out[PP_SOBOL_KEYS_MAX];
    int failed = dims < 1 || dims > PP_SOBOL_KEYS_MAX || dims > type->max_dimension;
    if (failed)
        return pp_error_set(error, PP_EINVAL, "%zu keys; Sobol's sequence has from 1 to %d", dims,
                            (int)PP_SOBOL_KEYS_MAX);
    void *state = malloc(type->state_size((unsigned)dims));
    if (!state)
        return pp_error_set(error, PP_ENOMEM, "no memory for Sobol's sequence");
    failed = type->init_state(state, (unsigned)dims);
    for (size_t i = 0; i < skip && !failed; i++)
        failed = type->get(state, (unsigned)dims, left_out);
    for (size_t i = 0; i < n && !failed; i++)
        failed = type->get(state, (unsigned)dims, points + i * dims);
    free(state);
    if (failed)
        return pp_error_set(error, PP_EINVAL, "Sobol's sequence ends before %zu points", skip + n);
    return PP_OK;
}
