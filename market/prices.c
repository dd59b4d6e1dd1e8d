// Paths of the three price indices, and firms' estimates of a customer's cost.
#include "market/prices.h"

#include <math.h>

#include "market/market_kernels.h"

enum { BLOCK = 256, LANES = 3 };

void pp_indices_start(const pp_inflation_config *config, pp_indices *indices)
{
    double rate = isnan(config->initial_rate) ? config->mean_rate : config->initial_rate;
    *indices = (pp_indices){.rate = rate, .base = 1, .insurer = 1, .customer = 1};
}

static void step(const pp_inflation_config *c, double dt, const double *z, pp_indices *x)
{
    double root = sqrt(dt);
    x->rate += c->reversion * (c->mean_rate - x->rate) * dt + c->rate_volatility * root * z[0];
    x->base *= 1 + x->rate * dt;
    x->insurer *= 1 + x->rate * dt + c->index_volatility * root * z[1];
    x->customer *= 1 + x->rate * dt + c->index_volatility * root * z[2];
}

/// Wide enough for any inflation of this world, narrow enough that prices stay numbers.
static bool usable(double index)
{
    return index > 1e-9 && index < 1e9;
}

pp_status pp_indices_run(const pp_inflation_config *config, const pp_quantile_table *normal,
                         const pp_stream *stream, uint32_t first_round, size_t n,
                         pp_indices *indices, double *base, double *insurer, double *customer,
                         pp_error *error)
{
    bool noisy = config->rate_volatility > 0 || config->index_volatility > 0;
    if (!noisy && config->mean_rate == 0 && indices->rate == 0) { // nothing moves, as published
        for (size_t i = 0; i < n; i++) {
            base[i] = indices->base;
            insurer[i] = indices->insurer;
            customer[i] = indices->customer;
        }
        return PP_OK;
    }
    double dt = 1 / (52 * config->rounds_per_week), u[LANES][BLOCK], z[LANES] = {0};
    for (size_t i = 0; i < n; i++) {
        size_t at = i % BLOCK;
        if (noisy && at == 0)
            pp_random_uniform(stream, PP_DRAW_INDEX, first_round + (uint32_t)i,
                              n - i < BLOCK ? n - i : BLOCK, 0, LANES, BLOCK, u[0]);
        if (!usable(indices->base) || !usable(indices->insurer) || !usable(indices->customer))
            return pp_error_set(
                error, PP_ENUMERIC,
                "trial %u, epoch %u, round %zu: inflation drove a price index to "
                "base %g, insurers' %g, customers' %g; each must stay within 1e-9 and 1e9",
                stream->trial, stream->epoch, first_round + i, indices->base, indices->insurer,
                indices->customer);
        base[i] = indices->base;
        insurer[i] = indices->insurer;
        customer[i] = indices->customer;
        for (int j = 0; noisy && j < LANES; j++)
            z[j] = pp_quantile(normal, u[j][at]);
        step(config, dt, z, indices);
    }
    return PP_OK;
}

void pp_estimates_draw(const pp_quantile_table *gamma, const pp_stream *stream,
                       uint32_t first_round, size_t n, const double *pure_premium,
                       const double *insurer, size_t n_firms, size_t stride, double *estimate)
{
    pp_random_uniform(stream, PP_DRAW_ESTIMATE, first_round, n, 0, (uint32_t)n_firms, stride,
                      estimate);
    for (size_t firm = 0; firm < n_firms; firm++)
        pp_market_kernels_now()->quantile(gamma, insurer, pure_premium, n,
                                          estimate + firm * stride);
}
