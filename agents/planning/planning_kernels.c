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

/// Soft maxima at eight values of a sale. Each lane holds one value and the loops run over
/// candidates, so no sum crosses lanes. Neighbouring values skip the same candidates. Two
/// candidates at a time give the processor independent exponentials.
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

/// Intervals of the tables of m <= 8 patterns from p on, each at its own d; room for eight.
/// @return whether one of the eight lies beyond its table
static bool look_up(const pp_gain_table *t, size_t p, size_t m, const double *d, interval *at)
{
    double last = (double)(t->n_points - 1);
    uint32_t point[PP_LANES];
    pp_lanes x = pp_lanes_times(pp_lanes_minus(pp_lanes_load(d), pp_lanes_of(t->least)),
                                pp_lanes_of(1 / t->step));
    pp_lanes within = pp_lanes_least(pp_lanes_most(x, pp_lanes_of(0)), pp_lanes_of(last - 1));
    pp_lanes_store(pp_lanes_minus(x, pp_lanes_floor(within, point)), at->u);
    for (size_t i = 0; i < PP_LANES; i++) {
        size_t j = (p + (i < m ? i : 0)) * t->n_points + point[i];
        at->value[0][i] = t->value[j];
        at->value[1][i] = t->value[j + 1];
        at->slope[0][i] = t->slope[j];
        at->slope[1][i] = t->slope[j + 1];
    }
    return pp_lanes_reach(x, last) || pp_lanes_reach(pp_lanes_minus(pp_lanes_of(0), x), 0);
}

/// Gains of all patterns, each at its own d. A vector read right after its eight numbers were
/// stored stalls the processor. All intervals are therefore stored before the first is read.
/// @param d, value, slope, curvature [n_patterns rounded up to 8]
/// @param at [n_patterns/8 rounded up]
static void gains(const pp_gain_table *t, const double *d, double *value, double *slope,
                  double *curvature, interval *at)
{
    size_t n = t->n_patterns;
    bool far = false;
    for (size_t p = 0; p < n; p += PP_LANES)
        far |= look_up(t, p, n - p < PP_LANES ? n - p : PP_LANES, d + p, &at[p / PP_LANES]);
    for (size_t p = 0; p < n; p += PP_LANES)
        hermite(&at[p / PP_LANES], t->step, value + p, slope + p, curvature + p);
    for (size_t p = 0; far && p < n; p++) {
        double x = (d[p] - t->least) * (1 / t->step);
        if (!(x > 0 && x < (double)(t->n_points - 1)))
            beyond(t, d[p], x, &at[p / PP_LANES], p % PP_LANES, &value[p], &slope[p],
                   &curvature[p]);
    }
}

static double dot(const double *x, const double *y, size_t n)
{
    pp_lanes sum = pp_lanes_of(0);
    for (size_t i = 0; i < n; i += PP_LANES)
        sum = pp_lanes_add_product(sum, pp_lanes_load(x + i), pp_lanes_load(y + i));
    return pp_lanes_total(sum);
}

/// Values of a sale to each pattern. @param d [stride]
static void pattern_values(const pp_gain_table *t, const double *lambda, size_t stride, double *d)
{
    for (size_t p = 0; p < stride; p += PP_LANES) {
        pp_lanes sum = pp_lanes_of(0);
        for (size_t k = 0; k < t->n_categories; k++)
            sum = pp_lanes_add_product(sum, pp_lanes_of(lambda[k]),
                                       pp_lanes_load(t->member + k * stride + p));
        pp_lanes_store(sum, d + p);
    }
}

/// Responses of the rate of category k to its own and later prices, and of later rates to its
/// price.
/// @param bend [stride] becomes the curvature of the patterns that contain k
static void answer(const pp_gain_table *t, size_t k, size_t stride, const double *curvature,
                   double *bend, double *response)
{
    for (size_t p = 0; p < stride; p += PP_LANES)
        pp_lanes_store(
            pp_lanes_times(pp_lanes_load(curvature + p), pp_lanes_load(t->member + k * stride + p)),
            bend + p);
    for (size_t j = k; j < t->n_categories; j++) {
        double sum = dot(bend, t->member + j * stride, stride);
        response[k * t->width + j] = response[j * t->width + k] = sum;
    }
}

static double respond(const pp_gain_table *t, const double *lambda, double *room, double *rate,
                      double *response)
{
    size_t n = t->n_patterns, stride = (n + PP_LANES - 1) / PP_LANES * PP_LANES;
    double *d = room, *value = d + stride, *slope = value + stride, *curvature = slope + stride;
    double *bend = curvature + stride;
    pp_lanes profit = pp_lanes_of(0);
    pattern_values(t, lambda, stride, d);
    gains(t, d, value, slope, curvature, (interval *)(void *)(bend + stride));
    for (size_t p = n; p < stride; p++)
        value[p] = 0;
    for (size_t p = 0; p < stride; p += PP_LANES) {
        pp_lanes sold = pp_lanes_times(pp_lanes_load(d + p), pp_lanes_load(slope + p));
        profit = pp_lanes_plus(profit, pp_lanes_minus(pp_lanes_load(value + p), sold));
    }
    for (size_t k = 0; k < t->n_categories; k++)
        rate[k] = dot(slope, t->member + k * stride, stride);
    for (size_t k = 0; response && k < t->n_categories; k++)
        answer(t, k, stride, curvature, bend, response);
    return pp_lanes_total(profit);
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

static const double count[PP_LANES] = {0, 1, 2, 3, 4, 5, 6, 7};

/// Chances of low, low + 1, ... relative to the first; 0 from n to padded. The chance of c + 8 is
/// mean^8/((c + 1) ... (c + 8)) times that of c. The denominator is a product of four terms in
/// c (c + 9).
/// @param z [padded], a multiple of 8
/// @return their sum
static double chances(double low, double mean, size_t n, size_t padded, double *z)
{
    double square = mean * mean, eighth = square * square * (square * square);
    z[0] = 1;
    for (int i = 1; i < PP_LANES; i++)
        z[i] = z[i - 1] * (mean / (low + i));
    pp_lanes chance = pp_lanes_load(z), power = pp_lanes_of(eighth), sum = pp_lanes_of(0);
    pp_lanes c = pp_lanes_plus(pp_lanes_of(low), pp_lanes_load(count));
    for (size_t i = PP_LANES; i < padded; i += PP_LANES) {
        pp_lanes y = pp_lanes_times(c, pp_lanes_plus(c, pp_lanes_of(9)));
        pp_lanes first = pp_lanes_plus(y, pp_lanes_of(8)),
                 second = pp_lanes_plus(y, pp_lanes_of(14));
        pp_lanes third = pp_lanes_plus(y, pp_lanes_of(18)),
                 last = pp_lanes_plus(y, pp_lanes_of(20));
        pp_lanes below = pp_lanes_times(pp_lanes_times(first, second), pp_lanes_times(third, last));
        chance = pp_lanes_times(chance, pp_lanes_over(power, below));
        pp_lanes_store(chance, z + i);
        c = pp_lanes_plus(c, pp_lanes_of(PP_LANES));
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
