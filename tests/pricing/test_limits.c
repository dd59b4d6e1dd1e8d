// Limits on prices: pricing/limits.h, and bids that are held within them.
#include "tests/support/pricing_fixture.h"

#include "pricing/pipeline.h"
#include "tests/support/checks.h"

static pp_limits only(double min_multiple, double max_multiple, double min_premium,
                      double max_premium, double step)
{
    return (pp_limits){min_multiple, max_multiple, min_premium, max_premium, step};
}

static void test_limits_price_is_rounded_then_held_in_multiples_then_in_gbp(void **state)
{
    (void)state;
    const pp_limits none = PP_NO_LIMITS, zeroed = pp_limits_given(&(pp_limits){0});
    assert_false(pp_limits_any(&none));
    assert_false(pp_limits_any(&zeroed));
    assert_true(pp_limits_price(&none, 321.5, 1.1, 0.97) == 1.1 * 0.97 * 321.5);
    const struct {
        pp_limits limits;
        double unit, bid, factor, price;
    } cases[] = {
        {only(1.05, NAN, NAN, NAN, NAN), 400, 1, 1, 1.05 * 400},
        {only(NAN, 1.2, NAN, NAN, NAN), 400, 1.1, 1.5, 1.2 * 400},
        {only(NAN, NAN, 450, NAN, NAN), 400, 1.1, 1, 450},
        {only(NAN, NAN, NAN, 430, NAN), 400, 1.1, 1, 430},
        {only(NAN, NAN, NAN, NAN, 25), 400, 1.09, 1, 425}, // 436 is nearer to 425 than to 450
        {only(NAN, NAN, NAN, NAN, 25), 400, 1.1, 1, 450},
        {only(NAN, NAN, NAN, NAN, 1000), 400, 1.1, 1, 1000}, // never less than a step
        {only(NAN, 1.08, NAN, NAN, 25), 400, 1.1, 1, 432},   // a limit, and no multiple of 25
        {only(1.2, 1.3, NAN, 450, NAN), 400, 1.1, 1, 450},   // GBP count before multiples
        {only(1.2, 1.3, 600, NAN, NAN), 400, 1.1, 1, 600},
        {only(1.2, 1.2, 480, 480, 7), 400, 3, 0.93, 480},
    };
    for (size_t i = 0; i < PP_COUNT(cases); i++) {
        double multiple, price, bid = cases[i].bid, c = cases[i].unit;
        pp_limits_prices(&cases[i].limits, &bid, &cases[i].factor, &c, 1, &multiple, &price);
        assert_true(price == cases[i].price);
        assert_close(multiple * c, price, 1e-12 * price);
        assert_true(pp_limits_any(&cases[i].limits));
    }
}

static void test_limits_range_is_what_prices_keep_to(void **state)
{
    (void)state;
    pp_gsl_random random;
    gsl_rng *rng = draws(&random, 1);
    const pp_limits limits[] = {PP_NO_LIMITS, only(1.05, 1.2, NAN, NAN, NAN),
                                only(1.05, 1.2, 300, 500, NAN), only(NAN, NAN, 300, NAN, NAN),
                                only(1.3, NAN, NAN, 500, NAN)};
    for (int i = 0; i < 20000; i++) {
        const pp_limits *l = &limits[i % 5];
        double c = exp(4 + 4 * gsl_rng_uniform(rng)), bid = exp(2 * gsl_rng_uniform(rng) - 1);
        pp_price_range range = pp_limits_range(l, c);
        double held = bid, price = pp_limits_price(l, c, bid, 1);
        pp_limits_hold(l, &c, 1, &held);
        assert_true(range.low <= range.high && held >= range.low && held <= range.high);
        assert_close(price, held * c, 1e-12 * price);
        assert_true(held == bid || held == range.low || held == range.high);
    }
    pp_price_range free = pp_limits_range(&limits[0], 100);
    assert_true(free.low == 0 && free.high == INFINITY);
}

static void test_limits_that_contradict_each_other_are_told(void **state)
{
    (void)state;
    char text[PP_LIMITS_TEXT];
    const char *keys[2];
    const pp_limits wrong = only(1.2, 1.1, 500, 400, NAN), right = only(1.2, 1.2, NAN, 400, 1);
    for (size_t rule = 0; rule < PP_LIMITS_RULES; rule++)
        assert_true(pp_limits_rule(&right, rule, keys, text));
    assert_false(pp_limits_rule(&wrong, 0, keys, text));
    assert_string_equal(text, "'min_multiple' 1.2 is above 'max_multiple' 1.1");
    assert_false(pp_limits_rule(&wrong, 1, keys, text));
    assert_string_equal(text, "'min_premium' 500 is above 'max_premium' 400");
    assert_string_equal(keys[0], "min_premium");
    assert_string_equal(keys[1], "max_premium");
}

// ---- propensities: frequencies of prices against what is told, by chi-squared with fixed seeds.
// The false-alarm rate is 0.001 for all comparisons together.

enum { CELLS = 64, DRAWS = 20000 };

/// Prices seen, how often, and the probability that was told of each.
typedef struct tally {
    size_t n;
    double price[CELLS], count[CELLS], told[CELLS];
} tally;

static void count_price(tally *t, double price, double told)
{
    size_t j = 0;
    while (j < t->n && t->price[j] != price)
        j++;
    if (j == t->n) {
        assert_true(t->n++ < CELLS);
        t->price[j] = price;
        t->count[j] = 0;
        t->told[j] = told;
    }
    t->count[j]++;
    assert_true(t->told[j] == told);
}

static const double factors[] = {0.93, 0.95, 0.97, 1.03, 1.05, 1.07};
static const pp_limits binding[] = {
    {NAN, NAN, NAN, NAN, NAN}, {1.05, 1.13, NAN, NAN, NAN}, {NAN, NAN, 437, 445, NAN},
    {NAN, NAN, NAN, NAN, 20},  {1.05, 1.13, 430, NAN, 15},  {1.1, NAN, NAN, NAN, NAN},
    {NAN, 1.01, NAN, NAN, 7},
};
enum { BINDING = sizeof binding / sizeof *binding };

/// A price of each factor at its rate. No limit: seven prices; a bid at a limit: 0.94 of them
/// there.
static void test_limits_propensities_are_those_of_prices(void **state)
{
    (void)state;
    const pp_exploration e = {6, factors, 0.02, 0.88};
    pp_gsl_random random;
    gsl_rng *rng = draws(&random, 2);
    for (size_t k = 0; k < BINDING; k++) {
        tally t = {0};
        double sum = 0, c = 400, bid = 1.1;
        for (int i = 0; i < DRAWS; i++) {
            size_t which = (size_t)(gsl_rng_uniform(rng) / 0.02);
            double price = pp_limits_price(&binding[k], c, bid, which < 6 ? factors[which] : 1);
            double told = which < 6 ? 0.02 : 0.88;
            pp_limits_propensities(&binding[k], &e, &c, &bid, &price, 1, &told);
            count_price(&t, price, told);
        }
        for (size_t j = 0; j < t.n; j++)
            sum += t.told[j];
        assert_close(sum, 1, 1e-12);
        assert_true(k != 0 || t.n == 7);
        assert_true(t.n == 1 || chi_squared_p(t.count, t.told, t.n) > 0.001 / (2 * BINDING));
    }
}

/// Bids from U(1, 1.2): at a limit or a multiple of `step` the probability of it, else a density.
static void test_limits_first_propensities_are_those_of_prices(void **state)
{
    (void)state;
    pp_gsl_random random;
    gsl_rng *rng = draws(&random, 3);
    for (size_t k = 0; k < BINDING; k++) {
        const pp_limits *l = &binding[k];
        tally t = {0};
        double sum = 0, c = 400, between = 0;
        for (int i = 0; i < DRAWS; i++) {
            double price = pp_limits_price(l, c, 1 + 0.2 * gsl_rng_uniform(rng), 1);
            double told = pp_limits_first_propensity(l, c, 1, 1.2, price);
            if (told == 1 / (1.2 - 1.0)) {
                between++;
                continue;
            }
            count_price(&t, price, told);
        }
        for (size_t j = 0; j < t.n; j++)
            sum += t.told[j];
        if (t.n < CELLS && sum < 1 - 1e-9) { // what is left was told as a density
            t.count[t.n] = between;
            t.told[t.n++] = 1 - sum;
        } else {
            assert_true(between == 0);
        }
        assert_true(t.n == 1 || chi_squared_p(t.count, t.told, t.n) > 0.001 / (2 * BINDING));
        assert_true(k == 0 ? t.n == 1 : t.n > 1 || k == BINDING - 1);
    }
}

// ---- bids

enum { ROWS = 200 };

/// Of all multiples that limits and the bid's range allow, by steps of 0.0005, none earns more.
static void test_limits_bid_is_the_best_that_can_be_quoted(void **state)
{
    (void)state;
    const pp_limits limits[] = {only(1.12, NAN, NAN, NAN, NAN), only(NAN, 1.06, NAN, NAN, NAN),
                                only(1.05, 1.2, 300, 450, NAN), only(NAN, 0.9, NAN, NAN, NAN)};
    pp_gsl_random random;
    const double *columns[SIM_COLUMNS], *unit;
    const char *const models[] = {"logistic", "mlp"};
    pp_histories *histories = simulate(1, 2, 300, PP_OBSERVE_ALL);
    pp_history history;
    pp_histories_view(histories, 1, &history);
    double *quotes = simulated_quotes(3, ROWS, columns, &unit);
    for (int m = 0; m < 2; m++) {
        pp_pricing_config config = pricing_defaults();
        pp_pipeline *p;
        pp_curves curves;
        config.conversion = m;
        assert_string_equal(pp_conversion_classes[m]->name, models[m]);
        assert_int_equal(pp_pipeline_create(&config, SIM_COLUMNS, 2, PP_OBSERVE_ALL, &p, NULL),
                         PP_OK);
        double *fit = reals(pp_pipeline_fit_scratch(p) * history.n);
        assert_int_equal(pp_pipeline_fit(p, &history, fit, draws(&random, 2), NULL), PP_OK);
        double *scratch = reals(pp_pipeline_scratch(p) * ROWS), bid[ROWS], k[ROWS];
        double *values = reals(pp_pipeline_curve_size(p) * ROWS);
        for (size_t i = 0; i < ROWS; i++)
            k[i] = 0.95 + 0.001 * (double)i;
        for (size_t l = 0; l < PP_COUNT(limits); l++) {
            size_t held = 0;
            pp_pipeline_limit(p, &limits[l]);
            pp_pipeline_prepare(p, columns, unit, ROWS, scratch, values, &curves);
            pp_curves_bid(&curves, k, bid);
            for (size_t i = 0; i < ROWS; i++) {
                pp_price_range range = pp_limits_range(&limits[l], unit[i]);
                double low = pp_within(1, range.low, range.high);
                double high = pp_within(2, range.low, range.high);
                double best = pp_curve_probability(&curves, i, bid[i]) * (bid[i] - k[i]);
                assert_true(bid[i] >= range.low && bid[i] <= range.high);
                assert_true(bid[i] == pp_curve_bid(&curves, i, k[i]));
                held += bid[i] == range.low || bid[i] == range.high;
                for (double a = low; a <= high; a += 0.0005)
                    assert_true(pp_curve_probability(&curves, i, a) * (a - k[i]) <= best + 1e-6);
            }
            assert_true(held > ROWS / 10);
        }
        free(fit);
        free(scratch);
        free(values);
        pp_pipeline_destroy(p);
    }
    free(quotes);
    pp_histories_destroy(histories);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limits_price_is_rounded_then_held_in_multiples_then_in_gbp),
        cmocka_unit_test(test_limits_range_is_what_prices_keep_to),
        cmocka_unit_test(test_limits_that_contradict_each_other_are_told),
        cmocka_unit_test(test_limits_propensities_are_those_of_prices),
        cmocka_unit_test(test_limits_first_propensities_are_those_of_prices),
        cmocka_unit_test(test_limits_bid_is_the_best_that_can_be_quoted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
