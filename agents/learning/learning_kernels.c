// Learners' vectorised loops: soft maxima of candidates and sums of outer products.
#include "agents/learning/learning_kernels.h"

#include "agents/planning/policy.h"
#include "market/base/lanes.h"

/// a + b d of eight candidates from j on.
static inline pp_lanes line(const double *a, const double *b, size_t j, pp_lanes d)
{
    return pp_lanes_add_product(pp_lanes_load(a + j), pp_lanes_load(b + j), d);
}

static inline double greater(double a, double b)
{
    return a > b ? a : b;
}

/// The greatest a + b d.
static inline __attribute__((always_inline)) double greatest(const double *a, const double *b,
                                                             size_t n, pp_lanes d)
{
    double x[PP_LANES];
    pp_lanes high = line(a, b, 0, d);
    for (size_t j = PP_LANES; j < n; j += PP_LANES)
        high = pp_lanes_most(line(a, b, j, d), high);
    pp_lanes_store(high, x);
    return greater(greater(greater(x[0], x[4]), greater(x[2], x[6])),
                   greater(greater(x[1], x[5]), greater(x[3], x[7])));
}

/// pp_exp of a number that is not above 0: the same bits with fewer instructions.
static inline double exp_low(double x)
{
    const double whole = 0x1.8p52;
    double t = x * 0x1.71547652b82fep0 + whole, k = t - whole;
    double r = x - k * PP_LN2_HIGH - k * PP_LN2_LOW;
    double q = 0x1.289185613a3d6p-22 + r * 0x1.af38a9b0ec855p-26;
    q = 0x1.71de0dae63bb3p-19 + r * q;
    q = 0x1.a019b90d2ae7ap-16 + r * q;
    q = 0x1.a01a01a7c41d5p-13 + r * q;
    q = 0x1.6c16c1788bd90p-10 + r * q;
    q = 0x1.11111111109b3p-7 + r * q;
    q = 0x1.5555555553d63p-5 + r * q;
    q = 0x1.5555555555556p-3 + r * q;
    q = 0.5 + r * q;
    double e = (1 + (r + r * r * q)) * pp_real((pp_bits(t) + 1023) << 52);
    return x < -707 ? 0 : e;
}

static inline pp_lanes exp_lanes(pp_lanes x)
{
    double y[PP_LANES];
    pp_lanes_store(x, y);
    for (int i = 0; i < PP_LANES; i++)
        y[i] = exp_low(y[i]);
    return pp_lanes_load(y);
}

static void soft(const pp_soft_rows *c, double scale, double d, double *restrict weight,
                 pp_choice_sums *sums)
{
    pp_lanes value = pp_lanes_of(d), times = pp_lanes_of(scale);
    pp_lanes total = pp_lanes_of(0), conversion = total, mean = total;
    sums->most = greatest(c->profit, c->sale, c->n, value);
    pp_lanes most = pp_lanes_of(sums->most);
    for (size_t j = 0; j < c->n; j += PP_LANES) {
        pp_lanes q = line(c->profit, c->sale, j, value);
        pp_lanes x = pp_lanes_times(pp_lanes_minus(q, most), times);
        pp_lanes w = pp_lanes_times(pp_lanes_load(c->reference + j), exp_lanes(x));
        total = pp_lanes_plus(total, w);
        conversion = pp_lanes_add_product(conversion, w, pp_lanes_load(c->sale + j));
        mean = pp_lanes_add_product(mean, w, x);
        pp_lanes_store(w, weight + j);
    }
    sums->total = pp_lanes_total(total);
    sums->conversion = pp_lanes_total(conversion);
    sums->mean = pp_lanes_total(mean);
}

static pp_choice_odds odds(const pp_soft_rows *c, double d, size_t action)
{
    double weight[PP_CANDIDATES_ROOM];
    pp_lanes value = pp_lanes_of(d), total = pp_lanes_of(0), mean = total;
    pp_lanes most = pp_lanes_of(greatest(c->level, c->slope, c->n, value));
    for (size_t j = 0; j < c->n; j += PP_LANES) {
        pp_lanes w = exp_lanes(pp_lanes_minus(line(c->level, c->slope, j, value), most));
        total = pp_lanes_plus(total, w);
        mean = pp_lanes_add_product(mean, w, pp_lanes_load(c->slope + j));
        pp_lanes_store(w, weight + j);
    }
    double all = pp_lanes_total(total);
    // cppcheck-suppress uninitvar ; there is a candidate at least
    return (pp_choice_odds){pp_lanes_total(mean) / all, weight[action] / all};
}

static void logs(double *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double y = pp_log(x[i]);
        x[i] = x[i] > 0 ? y : x[i];
    }
}

typedef double two __attribute__((vector_size(16)));

static inline two load_two(const double *x)
{
    two a;
    memcpy(&a, x, sizeof a);
    return a;
}

static inline void add_two(two a, double *to)
{
    a += load_two(to);
    memcpy(to, &a, sizeof a);
}

static void square(const pp_pair *x, size_t n, double *const *row)
{
    for (size_t i = 0; i < n; i++) {
        double *upper = row[x[i].at], *lower = row[x[i].at + 1];
        two first = x[i].value[0] - (two){0}, second = x[i].value[1] - (two){0};
        for (size_t j = 0; j <= i; j++) {
            two values = load_two(x[j].value);
            add_two(first * values, upper + x[j].at);
            add_two(second * values, lower + x[j].at);
        }
    }
}

static void fold(const double *weight, size_t n, double *restrict h, double *restrict sum)
{
    double *restrict second = sum + n, *restrict third = second + n;
    double w0 = weight[0], w1 = weight[1], w2 = weight[2];
    for (size_t i = 0; i < n; i++) {
        sum[i] += w0 * h[i];
        second[i] += w1 * h[i];
        third[i] += w2 * h[i];
        h[i] = 0;
    }
}

const pp_learning_kernels PP_SIMD_TABLE(pp_learning_kernels) = {
    .soft = soft, .odds = odds, .log = logs, .square = square, .fold = fold};
