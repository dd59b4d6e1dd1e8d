// Planners' vectorised loops: soft maxima of a row, gains at shadow prices, Poisson expectations.
#include "agents/planning/planning_kernels.h"

#include <stdbool.h>

#include "market/base/lanes.h"
#include "market/base/maths.h"

/// Q of eight candidates.
static inline pp_lanes action_values(const double *sale, const double *profit, pp_lanes d)
{
    return pp_lanes_times(pp_lanes_load(sale), pp_lanes_plus(pp_lanes_load(profit), d));
}

static void soft_extremes(const double *sale, const double *profit, size_t n, double d,
                          pp_soft_sums *sums)
{
    pp_lanes value = pp_lanes_of(d), most = action_values(sale, profit, value), least = most;
    for (size_t j = PP_LANES; j < n; j += PP_LANES) {
        pp_lanes q = action_values(sale + j, profit + j, value);
        most = pp_lanes_most(q, most);
        least = pp_lanes_least(q, least);
    }
    sums->most = pp_lanes_maximum(most);
    sums->least = pp_lanes_minimum(least);
}

static void soft(const double *reference, const double *sale, const double *profit, size_t n,
                 double temperature, double d, pp_soft_sums *sums, double *weight)
{
    soft_extremes(sale, profit, n, d, sums);
    pp_lanes value = pp_lanes_of(d), most = pp_lanes_of(sums->most), one = pp_lanes_of(1);
    pp_lanes scale = pp_lanes_of(1 / temperature);
    pp_lanes total = pp_lanes_of(0), excess = total, conversion = total, mean = total;
    for (size_t j = 0; j < n; j += PP_LANES) {
        pp_lanes p = pp_lanes_load(sale + j), pi = pp_lanes_load(reference + j);
        pp_lanes away = pp_lanes_minus(action_values(sale + j, profit + j, value), most);
        pp_lanes factor = pp_lanes_exp(pp_lanes_times(away, scale));
        pp_lanes w = pp_lanes_times(pi, factor);
        total = pp_lanes_plus(total, w);
        excess = pp_lanes_add_product(excess, pi, pp_lanes_minus(factor, one));
        conversion = pp_lanes_add_product(conversion, w, p);
        mean = pp_lanes_add_product(mean, w, away);
        pp_lanes_store(w, weight + j);
    }
    sums->total = pp_lanes_total(total);
    sums->excess = pp_lanes_total(excess);
    sums->conversion = pp_lanes_total(conversion);
    sums->mean = pp_lanes_total(mean);
}

/// Q of a candidate at eight values of a sale.
static inline pp_lanes action_value(double sale, double profit, pp_lanes d)
{
    return pp_lanes_times(pp_lanes_of(sale), pp_lanes_plus(pp_lanes_of(profit), d));
}

/// Soft maxima at eight values of a sale: a lane is a value and the loops go over candidates, two
/// abreast, so that no sum is across lanes, neighbours among the values leave out the same
/// candidates, and exponentials hide each other's waits.
static void soft_eight(const double *reference, const double *sale, const double *profit, size_t n,
                       double temperature, double never, const double *d, size_t at,
                       const pp_soft_columns *to)
{
    pp_lanes value = pp_lanes_load(d + at), scale = pp_lanes_of(1 / temperature);
    pp_lanes one = pp_lanes_of(1), total = pp_lanes_of(0), excess = total, conversion = total;
    pp_lanes first = action_value(sale[0], profit[0], value), most = first;
    pp_lanes last = action_value(sale[n - 1], profit[n - 1], value), other = last;
    for (size_t j = 0; j < n; j += 2) {
        most = pp_lanes_most(action_value(sale[j], profit[j], value), most);
        other = pp_lanes_most(action_value(sale[j + 1], profit[j + 1], value), other);
    }
    most = pp_lanes_most(most, other);
    for (size_t j = 0; j < n; j += 2) {
        pp_lanes x[2], factor[2], pi[2];
        for (size_t k = 0; k < 2; k++) {
            x[k] = pp_lanes_minus(action_value(sale[j + k], profit[j + k], value), most);
            x[k] = pp_lanes_times(x[k], scale);
            pi[k] = pp_lanes_of(reference[j + k]);
        }
        if (!pp_lanes_reach(pp_lanes_most(x[0], x[1]), never)) {
            excess = pp_lanes_minus(pp_lanes_minus(excess, pi[0]), pi[1]);
            continue;
        }
        for (size_t k = 0; k < 2; k++)
            factor[k] = pp_lanes_exp(x[k]);
        for (size_t k = 0; k < 2; k++) {
            pp_lanes w = pp_lanes_times(pi[k], factor[k]);
            total = pp_lanes_plus(total, w);
            excess = pp_lanes_add_product(excess, pi[k], pp_lanes_minus(factor[k], one));
            conversion = pp_lanes_add_product(conversion, w, pp_lanes_of(sale[j + k]));
        }
    }
    pp_lanes_store(most, to->most + at);
    pp_lanes_store(pp_lanes_least(first, last), to->least + at);
    pp_lanes_store(total, to->total + at);
    pp_lanes_store(excess, to->excess + at);
    pp_lanes_store(conversion, to->conversion + at);
}

static void soft_table(const double *reference, const double *sale, const double *profit, size_t n,
                       double temperature, double never, const double *d, size_t points,
                       const pp_soft_columns *to)
{
    for (size_t i = 0; i < points; i += PP_LANES)
        soft_eight(reference, sale, profit, n, temperature, never, d, i, to);
}

// log(1 + x) = log u * x/(u - 1) with u = 1 + x rounded: the quotient takes back what u lost
// (Kahan).
static void log_1_plus(const double *x, size_t n, double *y)
{
    for (size_t i = 0; i < n; i++) {
        double u = 1 + x[i], rounded = u - 1, l = pp_log(u);
        double mended = l * (x[i] / (rounded == 0 ? 1 : rounded));
        y[i] = rounded == 0 ? x[i] : mended;
    }
}

static void grid(double centre, double support, double spread, size_t n,
                 double *restrict multiplier, double *restrict weight)
{
    double last = (double)n - 1;
    for (size_t j = 0; j < n; j++) {
        // Exactly 0 in the middle, so that the centre itself is on the grid.
        double x = n > 1 ? (2 * (double)(int32_t)j - last) / last : 0;
        double z = support * x / spread;
        multiplier[j] = centre * (1 + support * x);
        weight[j] = pp_exp(-z * z / 2);
    }
}

static void probability(double alpha, double beta, const double *restrict multiplier, size_t n,
                        double *restrict p)
{
    for (size_t i = 0; i < n; i++)
        p[i] = 1 / (1 + pp_exp(beta * multiplier[i] - alpha));
}

/// Where a table is looked up: eight patterns' distance into an interval, and its ends.
typedef struct interval {
    double u[PP_LANES], value[2][PP_LANES], slope[2][PP_LANES];
} interval;

/// Beyond the table the interval's part is played by the tangent at its end.
static void beyond(const pp_gain_table *t, double d, double x, const interval *at, size_t i,
                   double *value, double *slope, double *curvature)
{
    bool above = x >= (double)(t->n_points - 1);
    double edge = t->least + t->step * (above ? (double)(t->n_points - 1) : 0);
    *slope = at->slope[above][i];
    *value = at->value[above][i] + *slope * (d - edge);
    *curvature = 0;
}

/// Cubic Hermite of eight patterns' gains: the formula of pp_gain_at.
static void hermite(const interval *at, double h, double *value, double *slope, double *curvature)
{
    pp_lanes u = pp_lanes_load(at->u), v = pp_lanes_load(at->value[0]), step = pp_lanes_of(h);
    pp_lanes first = pp_lanes_times(pp_lanes_load(at->slope[0]), step);
    pp_lanes second = pp_lanes_times(pp_lanes_load(at->slope[1]), step);
    pp_lanes rise = pp_lanes_minus(pp_lanes_load(at->value[1]), v), two = pp_lanes_of(2);
    pp_lanes three = pp_lanes_of(3), once = pp_lanes_of(1 / h), c2, c3, tail;
    c2 = pp_lanes_minus(pp_lanes_minus(pp_lanes_times(three, rise), pp_lanes_times(two, first)),
                        second);
    c3 = pp_lanes_minus(pp_lanes_plus(first, second), pp_lanes_times(two, rise));
    tail = pp_lanes_add_product(c2, u, c3);
    tail = pp_lanes_add_product(first, u, tail);
    pp_lanes_store(pp_lanes_add_product(v, u, tail), value);
    tail = pp_lanes_add_product(pp_lanes_times(two, c2), pp_lanes_times(u, three), c3);
    tail = pp_lanes_add_product(first, u, tail);
    pp_lanes_store(pp_lanes_times(tail, once), slope);
    tail = pp_lanes_add_product(pp_lanes_times(two, c2), pp_lanes_times(pp_lanes_of(6), c3), u);
    pp_lanes_store(pp_lanes_times(pp_lanes_times(tail, once), once), curvature);
}

/// Gains of m <= 8 patterns from p on, each at its own d; room for eight everywhere.
static void gains(const pp_gain_table *t, size_t p, size_t m, const double *d, double *value,
                  double *slope, double *curvature)
{
    double x[PP_LANES], last = (double)(t->n_points - 1), far = 0;
    interval at = {0};
    pp_lanes_store(pp_lanes_times(pp_lanes_minus(pp_lanes_load(d), pp_lanes_of(t->least)),
                                  pp_lanes_of(1 / t->step)),
                   x);
    for (size_t i = 0; i < m; i++) {
        bool within = x[i] > 0 && x[i] < last;
        int32_t j = within ? (int32_t)x[i] : x[i] >= last ? (int32_t)t->n_points - 2 : 0;
        const double *v = t->value + (p + i) * t->n_points + j;
        const double *s = t->slope + (p + i) * t->n_points + j;
        at.u[i] = x[i] - (double)j;
        at.value[0][i] = v[0];
        at.value[1][i] = v[1];
        at.slope[0][i] = s[0];
        at.slope[1][i] = s[1];
        far += within ? 0 : 1;
    }
    hermite(&at, t->step, value, slope, curvature);
    for (size_t i = 0; far > 0 && i < m; i++)
        if (!(x[i] > 0 && x[i] < last))
            beyond(t, d[i], x[i], &at, i, &value[i], &slope[i], &curvature[i]);
}

static double respond(const pp_gain_table *t, const double *lambda, double *room,
                      double *restrict rate, double *restrict response)
{
    size_t n = t->n_patterns, width = t->width;
    size_t stride = (n + PP_LANES - 1) / PP_LANES * PP_LANES;
    double *d = room, *value = d + stride, *slope = value + stride, *curvature = slope + stride;
    double profit = 0;
    for (size_t p = 0; p < n; p++) {
        d[p] = 0;
        for (uint64_t left = t->pattern[p]; left; left &= left - 1)
            d[p] += lambda[__builtin_ctzll(left)];
    }
    for (size_t p = 0; p < n; p += PP_LANES)
        gains(t, p, n - p < PP_LANES ? n - p : PP_LANES, d + p, value + p, slope + p,
              curvature + p);
    for (size_t p = 0; p < n; p++)
        profit += value[p] - d[p] * slope[p];
    if (response)
        memset(response, 0, width * width * sizeof(double));
    for (size_t first = 0; first < width; first += PP_LANES) {
        pp_lanes rates = pp_lanes_of(0);
        for (size_t p = 0; p < n; p++) {
            pp_lanes member = pp_lanes_load(t->member + p * width + first);
            pp_lanes bend = pp_lanes_times(pp_lanes_of(curvature[p]), member);
            rates = pp_lanes_add_product(rates, pp_lanes_of(slope[p]), member);
            for (uint64_t left = response ? t->pattern[p] : 0; left; left &= left - 1) {
                double *row = response + (size_t)__builtin_ctzll(left) * width + first;
                pp_lanes_store(pp_lanes_plus(pp_lanes_load(row), bend), row);
            }
        }
        pp_lanes_store(rates, rate + first);
    }
    return profit;
}

// The operator (1 + D)^sold e^(drift D) as a power series in the difference D: its coefficients
// obey (i + 1) a[i + 1] = (sold + drift - i) a[i] + drift a[i - 1].
static void move(const double *restrict c, const double *restrict sold,
                 const double *restrict drift, size_t width, double *restrict moved,
                 double *restrict rest)
{
    for (size_t first = 0; first < width; first += PP_LANES) {
        pp_lanes delta = pp_lanes_load(drift + first), before = pp_lanes_of(0);
        pp_lanes both = pp_lanes_plus(pp_lanes_load(sold + first), delta), a = pp_lanes_of(1);
        pp_lanes sum[3], left = before;
        for (size_t j = 0; j < 3; j++)
            sum[j] = pp_lanes_load(c + j * width + first);
        for (size_t i = 0; i < PP_OUTLOOK_ORDER; i++) {
            pp_lanes next = pp_lanes_times(pp_lanes_minus(both, pp_lanes_of((double)i)), a);
            next = pp_lanes_times(pp_lanes_add_product(next, delta, before),
                                  pp_lanes_of(1 / (double)(i + 1)));
            before = a;
            a = next;
            for (size_t j = 0; j < 3; j++) {
                pp_lanes term = pp_lanes_times(a, pp_lanes_load(c + (i + 1 + j) * width + first));
                sum[j] = pp_lanes_plus(sum[j], term);
                if (i + 3 >= PP_OUTLOOK_ORDER) // squares: what is not a number stays one
                    left = pp_lanes_add_product(left, term, term);
            }
        }
        for (size_t j = 0; j < 3; j++)
            pp_lanes_store(sum[j], moved + j * width + first);
        pp_lanes_store(left, rest + first);
    }
}

enum {
    CHAINS = 4,
    ROWS = CHAINS * PP_LANES
}; ///< as many recurrences at once hide each other's waits

/// Chances of low, low + 1, ..., the first taken for 1; 0 from n to padded. Each is the one before
/// times a ratio: four parts of them are made side by side, each from 1, and then joined.
/// @param z [padded], a multiple of 32
/// @return their sum
static double chances(double low, double mean, size_t n, size_t padded, double *restrict z)
{
    size_t part = (n + CHAINS - 1) / CHAINS;
    double chance[CHAINS], before = 1;
    pp_lanes sum = pp_lanes_of(0);
    for (size_t i = 0; i < padded; i++)
        z[i] = mean / (low + 1 + (double)(int32_t)i);
    for (size_t k = 0; k < CHAINS; k++)
        chance[k] = 1;
    for (size_t i = 0; i < part; i++)
        for (size_t k = 0; k < CHAINS; k++) {
            double ratio = z[k * part + i];
            z[k * part + i] = chance[k];
            chance[k] *= ratio;
        }
    for (size_t k = 1; k < CHAINS; k++) {
        before *= chance[k - 1];
        for (size_t i = k * part; i < (k + 1) * part; i++)
            z[i] *= before;
    }
    for (size_t i = n; i < padded; i++)
        z[i] = 0;
    for (size_t i = 0; i < padded; i += PP_LANES)
        sum = pp_lanes_plus(sum, pp_lanes_load(z + i));
    return pp_lanes_total(sum);
}

/// pp_plan_loss of x, x + 1, ... @param l [n]
static void losses(double x, double target, double each, size_t n, double *restrict l)
{
    for (size_t i = 0; i < n; i++) {
        double held = x + (double)(int32_t)i, more = held - target;
        double greatest = more > 0 ? held : target, distance = more > 0 ? more : -more;
        l[i] = each * (greatest > 0 ? distance / greatest : 0);
    }
}

// Charlier's polynomials: E[(D^j f)(N)] = E[f(N) C_j(N)], C_0 = 1, m C_{j + 1}(n) = (n - m - j)
// C_j(n) - j C_{j - 1}(n). Unlike differences of f they lose nothing to cancellation where m is not
// small.
static void charlier(double low, double mean, double weight, const double *z, const double *l,
                     size_t n, double *c, size_t stride)
{
    static const double count[PP_LANES] = {0, 1, 2, 3, 4, 5, 6, 7};
    pp_lanes sum[PP_OUTLOOK_TERMS], once = pp_lanes_of(1 / mean);
    for (size_t j = 0; j < PP_OUTLOOK_TERMS; j++)
        sum[j] = pp_lanes_of(0);
    for (size_t i = 0; i < n; i += CHAINS * PP_LANES) {
        pp_lanes x[CHAINS], p[CHAINS], before[CHAINS];
        for (size_t k = 0; k < CHAINS; k++) {
            size_t at = i + k * PP_LANES;
            x[k] = pp_lanes_plus(pp_lanes_of(low - mean + (double)at), pp_lanes_load(count));
            p[k] = pp_lanes_times(pp_lanes_load(z + at), pp_lanes_load(l + at));
            before[k] = pp_lanes_of(0);
        }
        for (size_t j = 0; j < PP_OUTLOOK_TERMS; j++) {
            pp_lanes order = pp_lanes_of((double)j);
            sum[j] = pp_lanes_plus(
                sum[j], pp_lanes_plus(pp_lanes_plus(p[0], p[1]), pp_lanes_plus(p[2], p[3])));
            for (size_t k = 0; k < CHAINS; k++) {
                pp_lanes next = pp_lanes_minus(pp_lanes_times(pp_lanes_minus(x[k], order), p[k]),
                                               pp_lanes_times(order, before[k]));
                before[k] = p[k];
                p[k] = pp_lanes_times(next, once);
            }
        }
    }
    for (size_t j = 0; j < PP_OUTLOOK_TERMS; j++)
        c[j * stride] = pp_lanes_total(sum[j]) / weight;
}

/// The same polynomials by C_j(n + 1) = C_j(n) + j/m C_{j - 1}(n), C_j(0) = (-1)^j, for laws of
/// small mean, which begin at 0.
static void charlier_small(double mean, double weight, const double *z, const double *l, size_t n,
                           double *c, size_t stride)
{
    enum { ORDERS = (PP_OUTLOOK_TERMS + PP_LANES - 1) / PP_LANES * PP_LANES };
    double room[ORDERS + 1] = {0}, ratio[ORDERS], sum[ORDERS] = {0}, *value = room + 1;
    for (int j = 0; j < ORDERS; j++) {
        value[j] = j % 2 ? -1 : 1;
        ratio[j] = j < PP_OUTLOOK_TERMS ? j / mean : 0;
    }
    for (size_t i = 0; i < n; i++) {
        pp_lanes product = pp_lanes_of(z[i] * l[i]), now[ORDERS / PP_LANES];
        for (int j = 0; j < ORDERS; j += PP_LANES) {
            pp_lanes here = pp_lanes_load(value + j);
            pp_lanes_store(pp_lanes_add_product(pp_lanes_load(sum + j), product, here), sum + j);
            now[j / PP_LANES] =
                pp_lanes_add_product(here, pp_lanes_load(ratio + j), pp_lanes_load(value + j - 1));
        }
        for (int j = 0; j < ORDERS; j += PP_LANES)
            pp_lanes_store(now[j / PP_LANES], value + j);
    }
    for (size_t j = 0; j < PP_OUTLOOK_TERMS; j++)
        c[j * stride] = sum[j] / weight;
}

static double dot(const double *x, const double *y, size_t n)
{
    pp_lanes sum = pp_lanes_of(0);
    for (size_t i = 0; i < n; i += PP_LANES)
        sum = pp_lanes_add_product(sum, pp_lanes_load(x + i), pp_lanes_load(y + i));
    return pp_lanes_total(sum);
}

static void expect(double held, double target, double each, double low, double mean, size_t n,
                   double *room, bool all, double *c, size_t stride)
{
    enum { SMALL = 8 };
    size_t padded = (n + ROWS - 1) / ROWS * ROWS;
    double *z = room, *l = room + padded, weight = chances(low, mean, n, padded, z);
    losses(held + low, target, each, padded, l);
    if (!all)
        c[0] = dot(z, l, padded) / weight;
    else if (low == 0 && mean < SMALL)
        charlier_small(mean, weight, z, l, n, c, stride);
    else
        charlier(low, mean, weight, z, l, padded, c, stride);
}

const pp_planning_kernels PP_SIMD_TABLE(pp_planning_kernels) = {.soft = soft,
                                                                .soft_table = soft_table,
                                                                .log1p = log_1_plus,
                                                                .grid = grid,
                                                                .probability = probability,
                                                                .respond = respond,
                                                                .move = move,
                                                                .expect = expect};
