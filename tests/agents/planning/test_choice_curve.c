/// @slow
/// The chance of a sale to a customer whose latents are known, and the best bid for it.
#include "tests/support/pricing_fixture.h"

#include <gsl/gsl_integration.h>

#include "agents/planning/choice_curve.h"
#include "market/choice.h"
#include "market/population/population.h"

enum { RIVALS = 5, FIRMS = RIVALS + 1, CUSTOMERS = 200 };

/// Customer i of a batch as the curve takes it, from offers of firms 1..RIVALS.
static void start(pp_choice_curve *curve, const pp_customers *c, size_t i, double unit,
                  const double offers[FIRMS])
{
    const double rate = 0.05, offset = 20;
    pp_rival_offer rivals[RIVALS];
    for (size_t j = 0; j < RIVALS; j++)
        rivals[j] = (pp_rival_offer){offers[j + 1], 1};
    pp_choice_curve_start(curve, unit, c->sensitivity[i], c->walk_away[i],
                          rate * (c->walk_away[i] + offset), fmin(c->walk_away[i], offers[1]));
    pp_choice_curve_add(curve, rivals, RIVALS, FIRMS, 1);
}

static pp_choice_curve curve_of(size_t capacity)
{
    pp_choice_curve curve;
    assert_int_equal(pp_choice_curve_create(capacity, &curve, NULL), PP_OK);
    return curve;
}

static double probability(const pp_choice_curve *curve, double multiplier)
{
    double fall;
    return pp_choice_curve_probability(curve, multiplier, &fall);
}

/// Published customers, their latents as the choice uses them.
static void published_customers(pp_customers *c)
{
    const pp_stream stream = {.seed = 12};
    pp_published_config published;
    pp_choice_config choice;
    pp_population *population;
    double index[CUSTOMERS];
    pp_param_defaults(&pp_published_table, &published);
    pp_param_defaults(&pp_choice_table, &choice);
    assert_int_equal(pp_population_published(&published, &choice, &population, NULL), PP_OK);
    assert_int_equal(
        pp_customers_create(CUSTOMERS, pp_population_schema(population)->n_columns, c, NULL),
        PP_OK);
    c->n = CUSTOMERS;
    for (size_t i = 0; i < CUSTOMERS; i++)
        index[i] = 1;
    pp_population_draw(population, &stream, c, NULL);
    pp_choice_prepare(&choice, FIRMS, &stream, index, c);
    pp_population_destroy(population);
}

/// Rivals at 1.02 to 1.12 times the pure premium.
static void offers_about(double pure_premium, double offers[FIRMS])
{
    for (size_t j = 1; j < FIRMS; j++)
        offers[j] = pure_premium * (1 + 0.02 * (double)j + 0.004 * (double)(j % 2));
}

/// Through pp_choose itself: half a million customers alike, with the loyalties and uniforms that
/// the market draws.
static void test_choice_curve_agrees_with_customers_who_choose(void **state)
{
    (void)state;
    enum { MANY = 500000 };
    const double deviations = 4.5; // a false alarm in 30,000 runs for all prices together
    pp_choice_config choice;
    const pp_stream stream = {.seed = 77};
    pp_customers c;
    pp_choice_curve curve = curve_of(FIRMS);
    pp_param_defaults(&pp_choice_table, &choice);
    assert_int_equal(pp_customers_create(MANY, 1, &c, NULL), PP_OK);
    double *index = reals(MANY), *offers = reals(FIRMS * MANY), one[FIRMS];
    int32_t *choices = calloc(MANY, sizeof *choices);
    assert_non_null(choices);
    c.n = MANY;
    for (size_t i = 0; i < MANY; i++) {
        c.pure_premium[i] = 600;
        c.sensitivity[i] = 0.09;
        c.walk_away_scale[i] = 660;
        index[i] = 1;
    }
    pp_choice_prepare(&choice, FIRMS, &stream, index, &c);
    offers_about(600, one);
    start(&curve, &c, 0, 590, one);
    for (double a = 1; a < 1.25; a += 0.03) {
        double sold = 0, p = probability(&curve, a);
        one[0] = a * 590;
        for (size_t f = 0; f < FIRMS; f++)
            for (size_t i = 0; i < MANY; i++)
                offers[f * MANY + i] = one[f];
        pp_choose(&c, 0, MANY, FIRMS, offers, MANY, choices);
        for (size_t i = 0; i < MANY; i++)
            sold += choices[i] == 0;
        assert_close(sold / MANY, p, deviations * sqrt(p * (1 - p) / MANY) + 1e-6);
    }
    free(index);
    free(offers);
    free(choices);
    pp_customers_destroy(&c);
    pp_choice_curve_destroy(&curve);
}

/// Loyalty integrated by brute force, each of many equally likely values tried on each firm.
static double brute_force(const pp_customers *c, size_t i, const double offers[FIRMS])
{
    enum { VALUES = 10000 };
    double sum = 0, p[FIRMS + 1], row[FIRMS];
    double loyalty, beta = c->sensitivity[i], walk_away = c->walk_away[i];
    int32_t firm;
    pp_customers one = {.n = 1,
                        .sensitivity = &beta,
                        .walk_away = &walk_away,
                        .loyalty = &loyalty,
                        .loyal_firm = &firm};
    memcpy(row, offers, sizeof row);
    for (size_t v = 0; v < VALUES; v++) {
        loyalty = -0.05 * (walk_away + 20) * log(((double)v + 0.5) / VALUES);
        for (firm = 0; firm < FIRMS; firm++) {
            pp_choice_probabilities(&one, 0, FIRMS, row, 1, p);
            sum += p[0] / FIRMS / VALUES;
        }
    }
    return sum;
}

static void test_choice_curve_integrates_loyalty_to_the_stated_error(void **state)
{
    (void)state;
    pp_customers c;
    pp_choice_curve curve = curve_of(FIRMS);
    double greatest = 0, sum = 0, offers[FIRMS];
    published_customers(&c);
    for (size_t i = 0; i < CUSTOMERS; i++) {
        double a = 1 + 0.2 * (double)i / CUSTOMERS;
        offers_about(c.pure_premium[i], offers);
        offers[0] = a * c.pure_premium[i];
        start(&curve, &c, i, c.pure_premium[i], offers);
        double off = fabs(probability(&curve, a) - brute_force(&c, i, offers));
        greatest = fmax(greatest, off);
        sum += off;
    }
    if (!(greatest < 1e-3 && sum / CUSTOMERS < 1e-5))
        fail_msg("off by %g at most and %g on average", greatest, sum / CUSTOMERS);
    pp_customers_destroy(&c);
    pp_choice_curve_destroy(&curve);
}

static void test_choice_curve_fall_is_the_derivative(void **state)
{
    (void)state;
    pp_customers c;
    pp_choice_curve curve = curve_of(FIRMS);
    double offers[FIRMS];
    published_customers(&c);
    for (size_t i = 0; i < CUSTOMERS; i++) {
        const double a = 1.06, h = 1e-5;
        double fall;
        offers_about(c.pure_premium[i], offers);
        start(&curve, &c, i, c.pure_premium[i], offers);
        pp_choice_curve_probability(&curve, a, &fall);
        double expected = (probability(&curve, a - h) - probability(&curve, a + h)) / (2 * h);
        assert_true(fall > 0);
        assert_close(fall, expected, 1e-5 * (1 + expected));
    }
    pp_customers_destroy(&c);
    pp_choice_curve_destroy(&curve);
}

/// Best of a fine grid, then of a finer one about it.
static double best_of_grid(const pp_choice_curve *curve, double k, double low, double high)
{
    double from = low, to = high, best = low;
    for (int level = 0; level < 3; level++) {
        enum { POINTS = 2000 };
        double profit = -INFINITY, step = (to - from) / POINTS;
        for (int j = 0; j <= POINTS; j++) {
            double a = from + step * j, value = probability(curve, a) * (a - k);
            if (value > profit) {
                profit = value;
                best = a;
            }
        }
        from = fmax(low, best - step);
        to = fmin(high, best + step);
    }
    return best;
}

/// Whatever a sale is worth, whoever the customer, and wherever the search was told to begin.
static void test_choice_curve_bid_is_the_best_of_all(void **state)
{
    (void)state;
    static const double values[] = {0.5, 0.9, 1, 1.05, 1.4};
    pp_customers c;
    pp_choice_curve curve = curve_of(FIRMS);
    double offers[FIRMS];
    published_customers(&c);
    for (size_t i = 0; i < CUSTOMERS; i += 3) {
        double k = values[i % 5], unit = c.pure_premium[i] * (0.94 + 0.02 * (double)(i % 7));
        offers_about(c.pure_premium[i], offers);
        start(&curve, &c, i, unit, offers);
        double bid = pp_choice_curve_bid(&curve, k, 1, 2, 0.9 + 0.02 * (double)(i % 40));
        double grid = best_of_grid(&curve, k, 1, 2);
        double profit = probability(&curve, bid) * (bid - k);
        assert_true(profit >= probability(&curve, grid) * (grid - k) * (1 - 1e-12));
        assert_close(bid, grid, 1e-6);
    }
    pp_customers_destroy(&c);
    pp_choice_curve_destroy(&curve);
}

static void test_choice_curve_bid_keeps_to_its_range(void **state)
{
    (void)state;
    const pp_rival_offer cheap = {500, 5}, dear = {5000, 5};
    pp_choice_curve curve = curve_of(2);
    pp_choice_curve_start(&curve, 600, 0.1, 1e4, 30, 600);
    pp_choice_curve_add(&curve, &dear, 1, FIRMS, 1);
    assert_true(pp_choice_curve_bid(&curve, 1, 1, 2, 1.1) == 2); // and more if it could
    assert_true(pp_choice_curve_bid(&curve, 3, 1, 2, 1.1) == 2); // every sale loses
    pp_choice_curve_start(&curve, 600, 0.1, 660, 30, 600);
    pp_choice_curve_add(&curve, &cheap, 1, FIRMS, 1);
    assert_true(pp_choice_curve_bid(&curve, -5, 1, 2, 1.1) == 1); // a sale at any price
    pp_choice_curve_destroy(&curve);
}

/// Scenarios are averaged, and equal offers may be given together.
static void test_choice_curve_averages_scenarios(void **state)
{
    (void)state;
    const pp_rival_offer apart[] = {{620, 1}, {640, 1}, {640, 1}},
                         together[] = {{620, 1}, {640, 2}};
    const pp_rival_offer other[] = {{600, 3}};
    pp_choice_curve one = curve_of(4), two = curve_of(2), both = curve_of(5);
    pp_choice_curve *curves[] = {&one, &two, &both};
    for (size_t i = 0; i < 3; i++)
        pp_choice_curve_start(curves[i], 600, 0.1, 660, 30, 600);
    pp_choice_curve_add(&one, apart, 3, 4, 1);
    pp_choice_curve_add(&two, other, 1, 4, 1);
    pp_choice_curve_add(&both, together, 2, 4, 0.25);
    pp_choice_curve_add(&both, other, 1, 4, 0.75);
    for (double a = 0.9; a < 1.3; a += 0.05) {
        double expected = 0.25 * probability(&one, a) + 0.75 * probability(&two, a);
        assert_close(probability(&both, a), expected, 1e-14);
    }
    for (size_t i = 0; i < 3; i++)
        pp_choice_curve_destroy(curves[i]);
}

/// Customers who see nothing but price, or do not see it; no rival; no price to walk away from.
static void test_choice_curve_extremes_stay_finite(void **state)
{
    (void)state;
    const double sensitivities[] = {0, 1e-9, 0.1, 10, 1e6}, walk_aways[] = {0, 660, 1e9};
    const pp_rival_offer offers[] = {{1, 1}, {600, 1}, {1e9, 3}};
    pp_choice_curve curve = curve_of(4);
    for (size_t s = 0; s < 5; s++)
        for (size_t v = 0; v < 3; v++)
            for (size_t n = 0; n <= 3; n++) {
                double cheapest = n ? fmin(1, walk_aways[v]) : walk_aways[v];
                pp_choice_curve_start(&curve, 600, sensitivities[s], walk_aways[v], 30, cheapest);
                pp_choice_curve_add(&curve, offers, n, n + 1, 1);
                double bid = pp_choice_curve_bid(&curve, 1, 1, 2, 1.05);
                double p = probability(&curve, bid);
                assert_true(bid >= 1 && bid <= 2 && p >= 0 && p <= 1);
            }
    pp_choice_curve_destroy(&curve);
    pp_choice_curve_destroy(&curve); // twice does no harm
}

static void test_choice_curve_nodes_are_those_of_gauss_and_legendre(void **state)
{
    (void)state;
    pp_choice_curve curve = curve_of(1);
    gsl_integration_glfixed_table *rule = gsl_integration_glfixed_table_alloc(PP_LOYALTY_NODES);
    assert_non_null(rule);
    for (size_t i = 0; i < PP_LOYALTY_NODES; i++) {
        double x, weight;
        gsl_integration_glfixed_point(0, 1, i, &x, &weight, rule);
        assert_true(curve.loyalty[i] == -3 * log(x));
        assert_close(curve.weight[i], weight * 3 * x * x, 1e-16);
    }
    gsl_integration_glfixed_table_free(rule);
    pp_choice_curve_destroy(&curve);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_choice_curve_agrees_with_customers_who_choose),
        cmocka_unit_test(test_choice_curve_nodes_are_those_of_gauss_and_legendre),
        cmocka_unit_test(test_choice_curve_integrates_loyalty_to_the_stated_error),
        cmocka_unit_test(test_choice_curve_fall_is_the_derivative),
        cmocka_unit_test(test_choice_curve_bid_is_the_best_of_all),
        cmocka_unit_test(test_choice_curve_bid_keeps_to_its_range),
        cmocka_unit_test(test_choice_curve_averages_scenarios),
        cmocka_unit_test(test_choice_curve_extremes_stay_finite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
