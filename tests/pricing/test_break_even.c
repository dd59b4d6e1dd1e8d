/// pricing/break_even.h: formulas, and what kappa is made of, on a simulated history.
#include "tests/support/pricing_fixture.h"

#include "pricing/break_even.h"

enum { EPOCHS = 2, ROWS = 400, FIRM = 2 };

typedef struct fitted {
    pp_histories *histories;
    pp_history history;
    pp_pipeline *pipeline;
} fitted;

static fitted make(pp_observe observe)
{
    fitted f = {.histories = simulate(1, EPOCHS, ROWS, observe)};
    const pp_pricing_config config = pricing_defaults();
    pp_gsl_random random;
    pp_histories_view(f.histories, FIRM, &f.history);
    assert_int_equal(pp_pipeline_create(&config, SIM_COLUMNS, EPOCHS, observe, &f.pipeline, NULL),
                     PP_OK);
    double *scratch = reals(pp_pipeline_fit_scratch(f.pipeline) * f.history.n);
    assert_int_equal(pp_pipeline_fit(f.pipeline, &f.history, scratch, draws(&random, 2), NULL),
                     PP_OK);
    free(scratch);
    return f;
}

static void release(fitted *f)
{
    pp_histories_destroy(f->histories);
    pp_pipeline_destroy(f->pipeline);
}

static pp_cost cost_of(pp_correction kind, double load, double variance, const pp_economics *costs)
{
    pp_cost cost;
    pp_cost_start(&(pp_correction_config){(int)kind, load, variance}, costs, &cost);
    return cost;
}

static const pp_economics nothing = {0};

static void test_break_even_stake_is_what_a_sale_earns(void **state)
{
    (void)state;
    const pp_economics costs = {.variable_expense = 0.08, .handling = 0.05, .fixed_expense = 72};
    pp_cost cost = cost_of(PP_CORRECTION_NONE, NAN, NAN, &costs);
    cost.kappa = 1.03;
    const double estimates[] = {150, 400, 2500};
    double units[3], k[3];
    pp_price_units(&cost.costs, estimates, 3, units);
    pp_break_even(&cost, units, 3, k);
    for (size_t i = 0; i < 3; i++) {
        double c = estimates[i], a = 1.37;
        pp_stake stake = pp_stake_of(&cost, units[i]);
        assert_close((1 - 0.08) * units[i], (1 + 0.05) * c + 72, 1e-9 * c); // breaks even
        double earned = (1 - 0.08) * a * units[i] - (1 + 0.05) * 1.03 * c - 72;
        assert_close(stake.size * (a - stake.break_even), earned, 1e-9 * c);
        assert_true(k[i] == stake.break_even);
    }
}

/// Nothing of a booked cost may change a bit of what was there before.
static void test_break_even_of_a_booked_cost_is_exactly_one(void **state)
{
    (void)state;
    pp_cost cost = cost_of(PP_CORRECTION_NONE, NAN, NAN, &nothing);
    for (double c = 0.07; c < 1e5; c *= 1.7) {
        pp_stake stake = pp_stake_of(&cost, c);
        assert_true(stake.size == c && stake.break_even == 1);
        assert_true(pp_price_unit(&cost.costs, c) == c);
    }
}

static void test_break_even_load_is_a_number(void **state)
{
    (void)state;
    fitted f = make(PP_OBSERVE_OWN_SALE);
    pp_cost cost = cost_of(PP_CORRECTION_LOAD, 0.02, NAN, &nothing);
    assert_true(cost.kappa == 1); // until it is fitted
    assert_int_equal(pp_cost_fit(f.pipeline, &f.history, &cost, NULL), PP_OK);
    assert_close(cost.kappa, 1.02, 1e-15);
    release(&f);
}

/// kappa at the bids of another, by the pipeline alone: what the estimates of sales at prices lower
/// by v are over those at the bids, and half the square of its logarithm.
static double kappa_at(const fitted *f, double kappa, double variance)
{
    const pp_history *h = &f->history;
    double *scratch = reals(pp_pipeline_scratch(f->pipeline) * h->n);
    double *values = reals(pp_pipeline_curve_size(f->pipeline) * h->n), sum = 0, shifted = 0;
    pp_curves curves;
    pp_pipeline_prepare(f->pipeline, h->features, h->unit, h->n, scratch, values, &curves);
    for (size_t i = 0; i < h->n; i++) {
        double a = pp_curve_bid(&curves, i, kappa);
        sum += h->unit[i] * pp_curve_probability(&curves, i, a);
        shifted += h->unit[i] * pp_curve_probability(&curves, i, a * exp(-variance));
    }
    free(scratch);
    free(values);
    double x = log(shifted / sum);
    return shifted / sum * (1 + x * x / 2);
}

static void test_break_even_tilt_is_the_fixed_point(void **state)
{
    (void)state;
    const double variances[] = {0, 0.0005, 0.002};
    fitted f = make(PP_OBSERVE_ALL);
    for (size_t i = 0; i < 3; i++) {
        pp_cost cost = cost_of(PP_CORRECTION_TILT, NAN, variances[i], &nothing);
        assert_int_equal(pp_cost_fit(f.pipeline, &f.history, &cost, NULL), PP_OK);
        assert_true(cost.variance == variances[i]);
        double there = kappa_at(&f, cost.kappa, variances[i]);
        assert_close(cost.kappa - 1, there - 1, 0.01 * (there - 1) + 1e-12);
        assert_close(cost.kappa - 1, exp(variances[i] * cost.elasticity) - 1,
                     0.05 * (cost.kappa - 1) + 1e-12);
        assert_true((cost.kappa > 1) == (variances[i] > 0));
    }
    release(&f);
}

/// With a fixed cost prices move by less than estimates do, and the tilt is less for it.
static void test_break_even_fixed_cost_takes_from_the_tilt(void **state)
{
    (void)state;
    fitted f = make(PP_OBSERVE_ALL);
    double last = INFINITY;
    for (double fixed = 0; fixed < 200; fixed += 60) {
        const pp_economics costs = {.fixed_expense = fixed};
        pp_cost cost = cost_of(PP_CORRECTION_TILT, NAN, 0.002, &costs);
        assert_int_equal(pp_cost_fit(f.pipeline, &f.history, &cost, NULL), PP_OK);
        double per_elasticity = log(cost.kappa) / cost.elasticity;
        assert_true(per_elasticity < last && per_elasticity > 0.0005);
        last = per_elasticity;
    }
    release(&f);
}

static void test_break_even_says_what_it_cannot_know(void **state)
{
    (void)state;
    pp_error error = {0};
    fitted f = make(PP_OBSERVE_OWN_RANK);
    pp_cost automatic = cost_of(PP_CORRECTION_TILT, NAN, NAN, &nothing);
    assert_int_equal(pp_cost_fit(f.pipeline, &f.history, &automatic, &error), PP_EINVAL);
    assert_non_null(strstr(error.message, "variance"));
    error = (pp_error){0};
    pp_cost offers = cost_of(PP_CORRECTION_OFFERS, NAN, NAN, &nothing);
    assert_int_equal(pp_cost_fit(f.pipeline, &f.history, &offers, &error), PP_EINVAL);
    assert_non_null(strstr(error.message, "market.observe: all"));
    release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_break_even_stake_is_what_a_sale_earns),
        cmocka_unit_test(test_break_even_of_a_booked_cost_is_exactly_one),
        cmocka_unit_test(test_break_even_load_is_a_number),
        cmocka_unit_test(test_break_even_tilt_is_the_fixed_point),
        cmocka_unit_test(test_break_even_fixed_cost_takes_from_the_tilt),
        cmocka_unit_test(test_break_even_says_what_it_cannot_know),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
