/// Quantile tables against the distribution functions they invert, down to probability 2^-33 of
/// either tail, and discrete tables against plain search.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "market/distribution.h"

#include "tests/support/checks.h"

enum kind { BETA, GAMMA, NORMAL };

typedef struct law_case {
    enum kind kind;
    double a, b;
} law_case;

/// Every continuous law of the published market (risk, income percentile, salary, car value, a
/// firm's estimate, the price indices).
static const law_case published[] = {
    {BETA, 1, 5},      {BETA, 2, 4},         {BETA, 3, 3},   {BETA, 4, 2},  {BETA, 2, 10},
    {BETA, 4, 8},      {BETA, 6, 6},         {BETA, 8, 4},   {BETA, 10, 2}, {BETA, 3, 9},
    {GAMMA, 4, 0.125}, {GAMMA, 1000, 0.001}, {NORMAL, 0, 1},
};

static const law_case harsh[] = {
    {BETA, 0.5, 1.5}, {BETA, 1.4, 2.5},   {BETA, 0.3, 3},      {BETA, 2, 0.9},
    {BETA, 0.9, 0.7}, {BETA, 200, 300},   {BETA, 1000, 1},     {GAMMA, 0.3, 1},
    {GAMMA, 1, 2000}, {GAMMA, 0.7, 1e-6}, {GAMMA, 9999, 1e-4}, {GAMMA, 1e4, 1e-4},
};

static double tail(const law_case *l, bool upper, double x)
{
    switch (l->kind) {
    case BETA:
        return upper ? gsl_cdf_beta_Q(x, l->a, l->b) : gsl_cdf_beta_P(x, l->a, l->b);
    case GAMMA:
        return upper ? gsl_cdf_gamma_Q(x, l->a, l->b) : gsl_cdf_gamma_P(x, l->a, l->b);
    default:
        return upper ? gsl_cdf_ugaussian_Q(x) : gsl_cdf_ugaussian_P(x);
    }
}

/// The standard deviation.
static double scale_of(const law_case *l)
{
    switch (l->kind) {
    case BETA:
        return sqrt(l->a * l->b / (l->a + l->b + 1)) / (l->a + l->b);
    case GAMMA:
        return sqrt(l->a) * l->b;
    default:
        return 1;
    }
}

/// The x whose tail is v, by bisection down to neighbouring doubles.
static double bisect(const law_case *l, bool upper, double v)
{
    double low = l->kind == NORMAL ? -40 : 0;
    double high = l->kind == NORMAL ? 40
                  : l->kind == BETA ? 1
                                    : l->b * (l->a + 100 * sqrt(l->a) + 100);
    for (;;) {
        double x = low + 0.5 * (high - low);
        if (x <= low || x >= high)
            return x;
        if ((tail(l, upper, x) < v) != upper)
            low = x;
        else
            high = x;
    }
}

static pp_quantile_table *tabulate(const law_case *l)
{
    pp_quantile_table *table = malloc(sizeof *table);
    pp_error error = {0};
    assert_non_null(table);
    pp_status status = l->kind == BETA    ? pp_distribution_beta(l->a, l->b, table, &error)
                       : l->kind == GAMMA ? pp_distribution_gamma(l->a, l->b, table, &error)
                                          : pp_distribution_normal(table, &error);
    if (status != PP_OK)
        fail_msg("(%g, %g): %s", l->a, l->b, error.message);
    return table;
}

/// Tail probabilities on a grid of STEPS per cell, the cells' edges among them. v and 1 - v are
/// exact.
enum { STEPS = 8, GRID = PP_LAW_CELLS * STEPS };

static double grid(int i)
{
    int cell = i / STEPS;
    double part = (cell % 8 + (double)(i % STEPS) / STEPS) / 8;
    double v = ldexp(1 + part, cell / 8 - 33);
    return 1 - (1 - v); // what u > 0.5 can hold
}

typedef struct errors {
    double value;       ///< |Q(u) - exact| over the greater of |exact| and the standard deviation
    double probability; ///< |F(Q(u)) - u| over min(u, 1 - u)
} errors;

static errors measure(const law_case *l)
{
    pp_quantile_table *table = tabulate(l);
    errors worst = {0};
    for (int i = 0; i < 2 * GRID; i++) {
        bool upper = i >= GRID;
        double v = grid(i % GRID), q = pp_quantile(table, upper ? 1 - v : v);
        double exact = bisect(l, upper, v);
        double value = fabs(q - exact) / fmax(fabs(exact), scale_of(l));
        double probability = fabs(tail(l, upper, q) - v) / v;
        worst.value = fmax(worst.value, value);
        worst.probability = fmax(worst.probability, probability);
    }
    free(table);
    print_message("%-6s (%7g, %7g): %.1e of the value or scale, %.1e of the probability\n",
                  (const char *[]){"Beta", "Gamma", "Normal"}[l->kind], l->a, l->b, worst.value,
                  worst.probability);
    return worst;
}

static void test_law_published_laws_within_4e9(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof published / sizeof *published; k++) {
        errors worst = measure(&published[k]);
        assert_true(worst.value < 4e-9);
        assert_true(worst.probability < 2e-8);
    }
}

static void test_law_harsh_shapes_within_2e8(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof harsh / sizeof *harsh; k++)
        assert_true(measure(&harsh[k]).value < 2e-8);
}

static void test_law_closed_forms_within_2e8(void **state)
{
    (void)state;
    // Nothing here shares code with the tables.
    const law_case uniform = {BETA, 1, 1}, root = {BETA, 2, 1}, power = {BETA, 1, 3},
                   exponential = {GAMMA, 1, 50};
    pp_quantile_table *u1 = tabulate(&uniform), *u2 = tabulate(&root), *u3 = tabulate(&power),
                      *e = tabulate(&exponential);
    for (int i = 0; i < 2 * GRID; i++) {
        double v = grid(i % GRID), u = i < GRID ? v : 1 - v;
        assert_close(pp_quantile(u1, u), u, 1e-13);
        assert_close(pp_quantile(u2, u), sqrt(u), 2e-8 * fmax(sqrt(u), 0.2));
        double cube = -expm1(log1p(-u) / 3);
        assert_close(pp_quantile(u3, u), cube, 2e-8 * fmax(cube, 0.2));
        double x = -50 * log1p(-u);
        assert_close(pp_quantile(e, u), x, 2e-8 * fmax(x, 50));
    }
    free(u1), free(u2), free(u3), free(e);
}

static void test_law_large_gamma_shapes_meet_reference_values(void **state)
{
    (void)state;
    // Roots of the density's integral in 40 digits (mpmath), mean 1. GSL's own distribution
    // function is not accurate enough there, and fails further out.
    static const struct {
        double shape, z, value;
    } known[] = {
        {10000, -6.0, 0.941161782105328},     {10000, -2.0, 0.98010016592211875},
        {10000, 0.5, 1.0049749064231433},     {10000, 4.0, 1.04050098939459},
        {1000000, -6.0, 0.99401166182823882}, {1000000, -2.0, 0.99800100016659255},
        {1000000, 0.5, 1.0004997499062674},   {1000000, 4.0, 1.0040050009989339},
    };
    for (size_t k = 0; k < sizeof known / sizeof *known; k++) {
        const law_case l = {GAMMA, known[k].shape, 1 / known[k].shape};
        pp_quantile_table *table = tabulate(&l);
        double q = pp_quantile(table, gsl_cdf_ugaussian_P(known[k].z));
        assert_close(q, known[k].value, 4e-9 * scale_of(&l) + 4e-12);
        free(table);
    }
}

static void test_law_huge_gamma_shapes_approach_the_mean(void **state)
{
    (void)state;
    // A firm that knows its costs: variance 1e-6 .. 1e-300 of the estimate.
    const double shapes[] = {1e6, 1e9, 1e15, 1e100, 1e300};
    for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++) {
        const law_case l = {GAMMA, shapes[k], 1 / shapes[k]};
        pp_quantile_table *table = tabulate(&l);
        double sd = scale_of(&l);
        for (int i = 0; i < 2 * GRID; i++) {
            double v = grid(i % GRID), u = i < GRID ? v : 1 - v;
            double z = i < GRID ? gsl_cdf_ugaussian_Pinv(v) : gsl_cdf_ugaussian_Qinv(v);
            assert_close(pp_quantile(table, u), 1 + sd * z, 15 * sd * sd + 1e-8 * sd + 1e-15);
        }
        free(table);
    }
}

static void assert_monotone(const law_case *l)
{
    pp_quantile_table *table = tabulate(l);
    double previous = -INFINITY, scale = scale_of(l);
    // Tails cell by cell, then evenly through the middle.
    for (int i = 0; i < GRID; i++) {
        double q = pp_quantile(table, grid(i));
        assert_true(q >= previous - 1e-15 * fmax(scale, fabs(q)));
        previous = q;
    }
    previous = -INFINITY;
    for (uint32_t i = 0; i < 1u << 17; i++) {
        double q = pp_quantile(table, (i + 0.5) * 0x1p-17);
        assert_true(q >= previous - 1e-15 * fmax(scale, fabs(q)));
        previous = q;
    }
    previous = -INFINITY;
    for (int i = GRID - 1; i >= 0; i--) {
        double q = pp_quantile(table, 1 - grid(i));
        assert_true(q >= previous - 1e-15 * fmax(scale, fabs(q)));
        previous = q;
    }
    free(table);
}

static void test_law_every_table_monotone(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof published / sizeof *published; k++)
        assert_monotone(&published[k]);
    for (size_t k = 0; k < sizeof harsh / sizeof *harsh; k++)
        assert_monotone(&harsh[k]);
}

static void test_law_beyond_the_tails_taken_as_2_to_minus_33(void **state)
{
    (void)state;
    const law_case l = {NORMAL, 0, 1};
    pp_quantile_table *table = tabulate(&l);
    assert_true(pp_quantile(table, 0x1p-60) == pp_quantile(table, 0x1p-33));
    assert_true(pp_quantile(table, 1 - 0x1p-53) == pp_quantile(table, 1 - 0x1p-33));
    assert_close(pp_quantile(table, 0x1p-33), gsl_cdf_ugaussian_Pinv(0x1p-33), 1e-12);
    assert_close(pp_quantile(table, 0.5), 0, 1e-15);
    assert_close(pp_quantile(table, nextafter(0.5, 1)), 0, 1e-15);
    free(table);
}

static void test_law_parameters_not_positive_einval(void **state)
{
    (void)state;
    const double bad[][2] = {{0, 1},   {1, 0},        {-1, 1},       {1, -1},       {NAN, 1},
                             {1, NAN}, {INFINITY, 1}, {1, INFINITY}, {-INFINITY, 1}};
    pp_quantile_table *table = malloc(sizeof *table);
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        pp_error error = {0};
        assert_int_equal(pp_distribution_beta(bad[k][0], bad[k][1], table, &error), PP_EINVAL);
        assert_int_equal(error.status, PP_EINVAL);
        assert_int_equal(pp_distribution_gamma(bad[k][0], bad[k][1], table, NULL), PP_EINVAL);
    }
    free(table);
}

static void test_law_shapes_without_quantiles_enumeric(void **state)
{
    (void)state;
    // Laws that are a point, and laws whose last quantiles round to an end of their range.
    const law_case bad[] = {{BETA, 1e-300, 3},  {BETA, 1e-300, 1e-300}, {BETA, 1000, 1e-9},
                            {BETA, 1e-3, 1e-3}, {BETA, 0.5, 0.5},       {GAMMA, 1e-300, 1},
                            {GAMMA, 1e-3, 1000}};
    pp_quantile_table *table = malloc(sizeof *table);
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        pp_error error = {0};
        pp_status status = (bad[k].kind == BETA ? pp_distribution_beta : pp_distribution_gamma)(
            bad[k].a, bad[k].b, table, &error);
        assert_int_equal(status, PP_ENUMERIC);
        assert_non_null(strstr(error.message, "no quantile at probability"));
    }
    free(table);
}

// ---- discrete laws ----

static int linear(const double *cumulative, double u)
{
    int i = 0;
    while (u >= cumulative[i])
        i++;
    return i;
}

/// The guided search must find what the linear one does: on a grid, at guide cells' and outcomes'
/// edges, and next to both.
static void assert_same_as_linear(double *cumulative, int n)
{
    enum { FINE = 1 << 15 };
    pp_discrete law;
    pp_discrete_build(cumulative, n, &law);
    assert_int_equal(law.n, n);
    assert_true(cumulative[n - 1] >= 1);
    for (int i = 0; i < FINE; i++)
        assert_int_equal(pp_discrete_draw(&law, (i + 0.5) / FINE),
                         linear(cumulative, (i + 0.5) / FINE));
    for (int i = 0; i < PP_GUIDE + n; i++) {
        double edge = i < PP_GUIDE ? (double)i / PP_GUIDE : cumulative[i - PP_GUIDE];
        const double near[] = {nextafter(edge, 0), edge, nextafter(edge, 1)};
        for (int j = 0; j < 3; j++)
            if (near[j] >= 0 && near[j] < 1)
                assert_int_equal(pp_discrete_draw(&law, near[j]), linear(cumulative, near[j]));
    }
    assert_int_equal(pp_discrete_draw(&law, 0x1p-33), linear(cumulative, 0x1p-33));
    assert_int_equal(pp_discrete_draw(&law, 1 - 0x1p-33), linear(cumulative, 1 - 0x1p-33));
}

static void test_law_discrete_guided_search_same_as_linear(void **state)
{
    (void)state;
    double certain[] = {1};
    double never_first[] = {0, 0, 0.25, 0.25, 1, 1};
    double never_last[] = {0.5, 1, 1};
    double rounded[] = {0.3, 1 - 0x1p-53, 1};
    double on_cells[] = {1.0 / 64, 0.25, 0.5, 63.0 / 64, 1};
    double above[] = {0.5, 1 + 0x1p-52, 1};
    double many[255];
    assert_same_as_linear(certain, 1);
    assert_same_as_linear(never_first, 6);
    assert_same_as_linear(never_last, 3);
    assert_same_as_linear(rounded, 3);
    assert_same_as_linear(on_cells, 5);
    assert_same_as_linear(above, 3);
    for (int k = 0; k < 255; k++)
        many[k] = gsl_cdf_binomial_P((unsigned)k, 0.03, 254);
    assert_same_as_linear(many, 255);
    for (int k = 0; k < 255; k++)
        many[k] = (k + 1) / 255.0;
    assert_same_as_linear(many, 255);
}

static void test_law_discrete_last_below_one_set_to_one(void **state)
{
    (void)state;
    double short_of_one[] = {0.25, 0.5, 0.99};
    pp_discrete law;
    pp_discrete_build(short_of_one, 3, &law);
    assert_true(short_of_one[2] == 1);
    assert_int_equal(pp_discrete_draw(&law, 1 - 0x1p-33), 2);
}

static void test_law_discrete_exact_frequencies(void **state)
{
    (void)state;
    enum { N = 1 << 16, OUTCOMES = 6 };
    double cumulative[OUTCOMES];
    int count[OUTCOMES] = {0};
    pp_discrete law;
    for (int k = 0; k < OUTCOMES; k++)
        cumulative[k] = gsl_cdf_binomial_P((unsigned)k, 0.4, OUTCOMES - 1);
    pp_discrete_build(cumulative, OUTCOMES, &law);
    for (int i = 0; i < N; i++)
        count[pp_discrete_draw(&law, (i + 0.5) / N)]++;
    for (int k = 0; k < OUTCOMES;
         k++) { // both ends of an outcome's interval are half a step off at most
        double mass = cumulative[k] - (k ? cumulative[k - 1] : 0);
        assert_close(count[k], N * mass, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_law_published_laws_within_4e9),
        cmocka_unit_test(test_law_harsh_shapes_within_2e8),
        cmocka_unit_test(test_law_closed_forms_within_2e8),
        cmocka_unit_test(test_law_large_gamma_shapes_meet_reference_values),
        cmocka_unit_test(test_law_huge_gamma_shapes_approach_the_mean),
        cmocka_unit_test(test_law_every_table_monotone),
        cmocka_unit_test(test_law_beyond_the_tails_taken_as_2_to_minus_33),
        cmocka_unit_test(test_law_parameters_not_positive_einval),
        cmocka_unit_test(test_law_shapes_without_quantiles_enumeric),
        cmocka_unit_test(test_law_discrete_guided_search_same_as_linear),
        cmocka_unit_test(test_law_discrete_last_below_one_set_to_one),
        cmocka_unit_test(test_law_discrete_exact_frequencies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
