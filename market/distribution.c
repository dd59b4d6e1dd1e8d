// Tables of continuous and discrete distributions, from which one uniform number draws a variate.
#include "market/distribution.h"

#include <assert.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>

#include "market/law_tables.h"

/// A continuous law on (low, high).
typedef struct law {
    double a, b, low, high;
    double (*cdf)(double x, double a, double b);
    double (*survival)(double x, double a, double b);
    double (*density)(double x, double a, double b);
    double (*score)(double x, double a, double b); ///< d log density / dx
} law;

static double beta_score(double x, double a, double b)
{
    return (a - 1) / x - (b - 1) / (1 - x);
}

static double gamma_score(double x, double a, double b)
{
    return (a - 1) / x - 1 / b;
}

static double normal_cdf(double x, double a, double b)
{
    (void)a, (void)b;
    return gsl_cdf_ugaussian_P(x);
}

static double normal_survival(double x, double a, double b)
{
    (void)a, (void)b;
    return gsl_cdf_ugaussian_Q(x);
}

static double normal_density(double x, double a, double b)
{
    (void)a, (void)b;
    return gsl_ran_ugaussian_pdf(x);
}

static double normal_score(double x, double a, double b)
{
    (void)a, (void)b;
    return -x;
}

/// x with tail(x) = v on one side of `start`, by Newton's method on log tail kept inside a bracket.
/// @param upper whether the tail is the survival function
static double solve(const law *l, int upper, double v, double start)
{
    double low = upper ? start : l->low, high = upper ? l->high : start, x = start;
    for (int i = 0; i < 200; i++) {
        double tail = (upper ? l->survival : l->cdf)(x, l->a, l->b);
        double density = l->density(x, l->a, l->b);
        if ((tail > v) == upper)
            low = x;
        else
            high = x;
        double step = log(tail / v) * tail / density;
        double next = upper ? x + step : x - step;
        if (!(next > low && next < high) && isfinite(low) && isfinite(high))
            next = low + 0.5 * (high - low);
        if (!isfinite(next))
            return NAN;
        if (fabs(next - x) <= 1e-14 * fabs(x) || next == low || next == high)
            return next;
        x = next;
    }
    return NAN;
}

typedef pp_law_node node;

static node node_at(const law *l, int upper, double v, double start)
{
    node n = {.x = solve(l, upper, v, start)};
    double sign = upper ? -1 : 1, density = l->density(n.x, l->a, l->b);
    n.slope = sign / density;
    n.curvature = -l->score(n.x, l->a, l->b) / (density * density);
    return n;
}

/// The quintic on [0, 1] with the nodes' values and (scaled) derivatives at its ends.
static void fit_cell(const node *p, const node *q, double width, double *c)
{
    double d0 = p->slope * width, d1 = q->slope * width;
    double s0 = p->curvature * width * width, s1 = q->curvature * width * width;
    double rise = q->x - p->x;
    c[0] = p->x;
    c[1] = d0;
    c[2] = s0 / 2;
    c[3] = 10 * rise - 6 * d0 - 4 * d1 - 1.5 * s0 + 0.5 * s1;
    c[4] = -15 * rise + 8 * d0 + 7 * d1 + 1.5 * s0 - s1;
    c[5] = 6 * rise - 3 * d0 - 3 * d1 - 0.5 * s0 + 0.5 * s1;
}

/// The node of the law from the node of what it is tabulated through: itself, or a normal law.
typedef node (*transform)(const law *l, const node *from);

static node same(const law *l, const node *from)
{
    (void)l;
    return *from;
}

/// Quantile of Gamma(shape a, scale b) at the normal quantile z: the Cornish-Fisher expansion of
/// chi-squared quantiles (Goldberg and Levine 1946). From shape 10^4 on what it leaves out is below
/// 2e-12 of the value, where the incomplete gamma function's own methods lose digits or fail.
static node gamma_of_normal(const law *l, const node *from)
{
    double h = 1 / sqrt(l->a), z = from->x, z2 = z * z;
    double x =
        1 + h * (z + h * ((z2 - 1) / 3 + h * (z * (z2 - 7) / 36 +
                                              h * ((16 - z2 * (7 + 3 * z2)) / 810 +
                                                   h * z * (z2 * (9 * z2 + 256) - 433) / 38880))));
    double d1 = h * (1 + h * (2 * z / 3 + h * ((3 * z2 - 7) / 36 +
                                               h * (-z * (14 + 12 * z2) / 810 +
                                                    h * (z2 * (45 * z2 + 768) - 433) / 38880))));
    double d2 =
        h * h *
        (2.0 / 3 + h * (z / 6 + h * (-(14 + 36 * z2) / 810 + h * z * (180 * z2 + 1536) / 38880)));
    double mean = l->a * l->b;
    return (node){.x = mean * x,
                  .slope = mean * d1 * from->slope,
                  .curvature = mean * (d2 * from->slope * from->slope + d1 * from->curvature)};
}

static double node_probability(int cell)
{
    int octave = cell >> PP_LAW_BITS, part = cell & ((1 << PP_LAW_BITS) - 1);
    return ldexp(1 + ldexp(part, -PP_LAW_BITS), octave - 33);
}

static void find_nodes(const law *l, double middle, transform image, pp_law_nodes nodes)
{
    for (int upper = 0; upper < 2; upper++) {
        node at = node_at(l, upper, 0.5, middle);
        nodes[upper][PP_LAW_CELLS] = image(l, &at);
        for (int cell = PP_LAW_CELLS - 1; cell >= 0; cell--) {
            at = node_at(l, upper, node_probability(cell), at.x);
            nodes[upper][cell] = image(l, &at);
        }
    }
}

static pp_status fit_cells(double a, double b, const pp_law_nodes *nodes, pp_quantile_table *table,
                           pp_error *error)
{
    for (int upper = 0; upper < 2; upper++)
        for (int cell = PP_LAW_CELLS - 1; cell >= 0; cell--) {
            double v = node_probability(cell), width = node_probability(cell + 1) - v;
            double *c = table->cell[upper][cell];
            fit_cell(&(*nodes)[upper][cell], &(*nodes)[upper][cell + 1], width, c);
            for (int j = 0; j < PP_LAW_TERMS; j++)
                if (!isfinite(c[j]))
                    return pp_error_set(error, PP_ENUMERIC,
                                        "no quantile at probability %g of the law (%g, %g)", v, a,
                                        b);
        }
    return PP_OK;
}

/// The nodes of a law that is compiled in; NULL if it is not.
static const pp_law_nodes *compiled(pp_law_kind kind, double a, double b)
{
    for (const pp_law_table *t = pp_law_tables; t->nodes; t++)
        if (t->kind == kind && t->a == a && t->b == b)
            return t->nodes;
    return NULL;
}

/// @param middle of the law that is tabulated through
static pp_status tabulate(pp_law_kind kind, double a, double b, const law *l, double middle,
                          transform image, pp_quantile_table *table, pp_error *error)
{
    pp_law_nodes *nodes = malloc(sizeof *nodes);
    if (!nodes)
        return pp_error_memory(error, "a law's table");
    find_nodes(l, middle, image, *nodes);
    pp_status status = fit_cells(a, b, (const pp_law_nodes *)nodes, table, error);
#ifdef PP_LAW_RECORD
    if (status == PP_OK)
        pp_law_record(kind, a, b, (const pp_law_nodes *)nodes);
#else
    (void)kind;
#endif
    free(nodes);
    return status;
}

/// The median between two points at which the law is certainly on either side, by bisection.
static double median(const law *l, double low, double high)
{
    for (int i = 0; i < 200; i++) {
        double x = low + 0.5 * (high - low);
        if (l->cdf(x, l->a, l->b) < 0.5)
            low = x;
        else
            high = x;
    }
    return low + 0.5 * (high - low);
}

static pp_status check(double a, double b, pp_error *error)
{
    if (a > 0 && b > 0 && isfinite(a) && isfinite(b))
        return PP_OK;
    return pp_error_set(error, PP_EINVAL, "the parameters of a law, (%g, %g), must be positive", a,
                        b);
}

static const law normal_law = {.b = 1,
                               .low = -INFINITY,
                               .high = INFINITY,
                               .cdf = normal_cdf,
                               .survival = normal_survival,
                               .density = normal_density,
                               .score = normal_score};

pp_status pp_law_tabulate(pp_law_kind kind, double a, double b, pp_quantile_table *table,
                          pp_error *error)
{
    law beta = {a, b, 0, 1, gsl_cdf_beta_P, gsl_cdf_beta_Q, gsl_ran_beta_pdf, beta_score};
    law gamma = {a,          b, 0, INFINITY, gsl_cdf_gamma_P, gsl_cdf_gamma_Q, gsl_ran_gamma_pdf,
                 gamma_score};
    law normal = normal_law;
    switch (kind) {
    case PP_LAW_BETA:
        return tabulate(kind, a, b, &beta, median(&beta, 0, 1), same, table, error);
    case PP_LAW_GAMMA:
        if (a < 1e4)
            return tabulate(kind, a, b, &gamma, median(&gamma, 0, b * (a + 1)), same, table, error);
        normal.a = a;
        normal.b = b;
        return tabulate(kind, a, b, &normal, 0, gamma_of_normal, table, error);
    case PP_LAW_NORMAL:
        break;
    }
    return tabulate(kind, a, b, &normal, 0, same, table, error);
}

static pp_status make(pp_law_kind kind, double a, double b, pp_quantile_table *table,
                      pp_error *error)
{
    const pp_law_nodes *nodes = compiled(kind, a, b);
    return nodes ? fit_cells(a, b, nodes, table, error) : pp_law_tabulate(kind, a, b, table, error);
}

pp_status pp_distribution_beta(double a, double b, pp_quantile_table *table, pp_error *error)
{
    PP_TRY(check(a, b, error));
    return make(PP_LAW_BETA, a, b, table, error);
}

pp_status pp_distribution_gamma(double shape, double scale, pp_quantile_table *table,
                                pp_error *error)
{
    PP_TRY(check(shape, scale, error));
    return make(PP_LAW_GAMMA, shape, scale, table, error);
}

pp_status pp_distribution_normal(pp_quantile_table *table, pp_error *error)
{
    return make(PP_LAW_NORMAL, 0, 1, table, error);
}

void pp_discrete_build(double *cumulative, int n, pp_discrete *law_)
{
    assert(n >= 1 && n <= UINT8_MAX);
    cumulative[n - 1] = 1;
    law_->n = n;
    law_->cumulative = cumulative;
    int outcome = 0;
    for (int i = 0; i < PP_GUIDE; i++) {
        while (cumulative[outcome] <= (double)i / PP_GUIDE)
            outcome++;
        law_->guide[i] = (uint8_t)outcome;
    }
}
