// The customer's choice among offers, and the ranking of offers by price.
#include "market/choice.h"

#include <math.h>

#include "market/base/maths.h"
#include "market/market_kernels.h"

enum { BLOCK = 256 };
enum { LANES = 3 }; // uniforms of firm, loyalty, choice

pp_status pp_choice_check(const pp_choice_config *config, size_t n_firms, pp_error *error)
{
    const double rounding = 1e-12; // so that 49 firms at 1/49 do not pass by luck
    if (n_firms == 0)
        return pp_error_set(error, PP_EINVAL, "a market needs at least one firm");
    if (n_firms > PP_MAX_FIRMS)
        return pp_error_set(error, PP_EINVAL, "%zu firms; at most %d", n_firms, (int)PP_MAX_FIRMS);
    if (!((double)n_firms * config->success_rate < 1 - rounding))
        return pp_error_set(error, PP_EINVAL, "%zu firm%s success_rate below 1/%zu; it is %g",
                            n_firms, n_firms == 1 ? " needs" : "s need", n_firms,
                            config->success_rate);
    return PP_OK;
}

double pp_loyalty_mean(const pp_choice_config *config, double walk_away)
{
    return pp_mean_loyalty(config, walk_away);
}

void pp_choice_prepare(const pp_choice_config *config, size_t n_firms, const pp_stream *stream,
                       const double *customer_index, pp_customers *customers)
{
    double u[LANES][BLOCK];
    for (size_t start = 0; start < customers->n; start += BLOCK) {
        size_t n = customers->n - start < BLOCK ? customers->n - start : BLOCK;
        pp_random_uniform(stream, PP_DRAW_CHOICE,
                          (uint32_t)(customers->first_round + (int64_t)start), n, 0, LANES, BLOCK,
                          u[0]);
        pp_market_kernels_now()->prepare(config, n_firms, customer_index, u[0], BLOCK, start, n,
                                         customers);
    }
}

/// Weights exp(-beta(price felt - least)) of every alternative, the last walking away: for one
/// customer what the kernel of pp_choose does for many.
/// @return their sum
static double weigh(const pp_customers *customers, size_t i, size_t n_firms, const double *offers,
                    size_t stride, double *weight)
{
    double beta = customers->sensitivity[i], least = customers->walk_away[i];
    weight[n_firms] = least;
    for (size_t f = 0; f < n_firms; f++)
        weight[f] = offers[f * stride + i];
    weight[customers->loyal_firm[i]] -= customers->loyalty[i];
    for (size_t f = 0; f < n_firms; f++)
        least = weight[f] < least ? weight[f] : least;
    double sum = 0;
    for (size_t f = 0; f <= n_firms; f++) {
        weight[f] = pp_exp(-beta * (weight[f] - least));
        sum += weight[f];
    }
    return sum;
}

void pp_choose(const pp_customers *customers, size_t first, size_t n, size_t n_firms,
               const double *offers, size_t stride, int32_t *choice)
{
    pp_market_kernels_now()->choose(customers, first, n, n_firms, offers, stride, choice);
}

void pp_choice_probabilities(const pp_customers *customers, size_t i, size_t n_firms,
                             const double *offers, size_t stride, double *p)
{
    double sum = weigh(customers, i, n_firms, offers, stride, p);
    for (size_t f = 0; f <= n_firms; f++)
        p[f] /= sum;
}

/// Is the offer (price a of firm i) ahead of (price b of firm j)?
static bool ahead(double a, int32_t i, double b, int32_t j)
{
    return a < b || (a == b && i < j);
}

/// Merge order[low, middle) and order[middle, high), both sorted, through `spare`.
static void merge(const double *price, int32_t *order, int32_t *spare, size_t low, size_t middle,
                  size_t high)
{
    size_t i = low, j = middle, at = low;
    while (i < middle && j < high)
        spare[at++] =
            ahead(price[order[j]], order[j], price[order[i]], order[i]) ? order[j++] : order[i++];
    while (i < middle)
        spare[at++] = order[i++];
    while (at > low) {
        at--;
        order[at] = spare[at];
    }
}

enum { RUN = 8 };

static void insertion_sort(const double *price, int32_t *order, size_t low, size_t high)
{
    for (size_t i = low + 1; i < high; i++) {
        int32_t firm = order[i];
        size_t j = i;
        for (; j > low && ahead(price[firm], firm, price[order[j - 1]], order[j - 1]); j--)
            order[j] = order[j - 1];
        order[j] = firm;
    }
}

void pp_rank(const double *offers, size_t stride, size_t i, size_t n_firms, pp_ranking *ranking)
{
    double row[PP_MAX_FIRMS];
    for (size_t f = 0; f < n_firms; f++) {
        row[f] = offers[f * stride + i];
        ranking->order[f] = (int32_t)f;
    }
    for (size_t low = 0; low < n_firms; low += RUN)
        insertion_sort(row, ranking->order, low, low + RUN < n_firms ? low + RUN : n_firms);
    for (size_t width = RUN; width < n_firms; width *= 2)
        for (size_t low = 0; low + width < n_firms; low += 2 * width)
            merge(row, ranking->order, ranking->rank, low, low + width,
                  low + 2 * width < n_firms ? low + 2 * width : n_firms);
    for (size_t r = 0; r < n_firms; r++) {
        ranking->rank[ranking->order[r]] = (int32_t)r;
        ranking->price[r] = row[ranking->order[r]];
    }
}

enum { ALL_PAIRS = 128 }; // firms up to which comparing all pairs in vectors beats sorting

void pp_rank_batch(const double *offers, size_t stride, size_t n, size_t n_firms, int32_t *rank)
{
    int32_t order[PP_MAX_FIRMS], of_firm[PP_MAX_FIRMS];
    double price[PP_MAX_FIRMS];
    pp_ranking ranking = {order, of_firm, price};
    if (n_firms <= ALL_PAIRS) {
        pp_market_kernels_now()->rank(offers, stride, n, n_firms, rank);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        pp_rank(offers, stride, i, n_firms, &ranking);
        for (size_t f = 0; f < n_firms; f++)
            rank[f * stride + i] = of_firm[f];
    }
}
