/// Trials and their agents: another agent meets the same market, and sees the portfolio it holds.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/support/trial_fixture.h"

static bool same(const double *x, const double *y, size_t n)
{
    return memcmp(x, y, n * sizeof *x) == 0;
}

/// Swap firm 0's agent: customers, estimates, loyalties and choice draws stay; so does all of
/// burn-in.
static void test_trial_common_random_numbers_survive_another_agent(void **state)
{
    (void)state;
    static const char *const always[] = {"pure_premium", "price_sensitivity", "walk_away_price",
                                         "loyalty",      "choice_uniform",    "car_value",
                                         "base_index"};
    market_fixture a, b;
    small(&a, "null");
    small(&b, "baseline");
    fixture_start(&a);
    fixture_start(&b);
    pp_record *x = fixture_record(&a), *y = fixture_record(&b);
    fixture_trial(&a, 4, x);
    fixture_trial(&b, 4, y);
    size_t rows = (size_t)a.layout.n_quote_rows, burn_in = 3 * ROUNDS;
    for (size_t i = 0; i < PP_COUNT(always); i++)
        assert_true(same(fixture_f64(&a, x, always[i]), fixture_f64(&b, y, always[i]), rows));
    assert_true(same(fixture_f64(&a, x, "estimate"), fixture_f64(&b, y, "estimate"), rows * FIRMS));
    assert_true(same(fixture_f64(&a, x, "offer"), fixture_f64(&b, y, "offer"), burn_in * FIRMS));
    assert_true(same(pp_record_f64(x, PP_VAR_target), pp_record_f64(y, PP_VAR_target), 5));
    assert_false(same(fixture_f64(&a, x, "offer"), fixture_f64(&b, y, "offer"), rows * FIRMS));
    for (size_t row = burn_in; row < rows; row++) // the rivals are frozen
        assert_true(same(fixture_f64(&a, x, "offer") + row * FIRMS + 1,
                         fixture_f64(&b, y, "offer") + row * FIRMS + 1, FIRMS - 1));
    pp_record_destroy(x);
    pp_record_destroy(y);
    fixture_finish(&a);
    fixture_finish(&b);
}

/// A trial does not depend on which trials a thread ran before it.
static void test_trial_after_others_equals_trial_alone(void **state)
{
    (void)state;
    market_fixture m;
    pp_workspace *w;
    pp_error error = {0};
    small(&m, "baseline");
    fixture_start(&m);
    pp_record *x = fixture_record(&m), *y = fixture_record(&m);
    assert_int_equal(pp_workspace_create(m.experiment, 1, &w, &error), PP_OK);
    for (int64_t trial = 5; trial <= 7; trial++)
        assert_int_equal(pp_trial_run(w, trial, NULL, x, &error), PP_OK);
    fixture_trial(&m, 7, y);
    size_t rows = (size_t)m.layout.n_quote_rows;
    assert_true(same(fixture_f64(&m, x, "offer"), fixture_f64(&m, y, "offer"), rows * FIRMS));
    assert_true(same(pp_record_f64(x, PP_VAR_reward), pp_record_f64(y, PP_VAR_reward), 5 * FIRMS));
    assert_true(same(pp_record_f64(x, PP_VAR_target), pp_record_f64(y, PP_VAR_target), 5));
    pp_workspace_destroy(w);
    pp_record_destroy(x);
    pp_record_destroy(y);
    fixture_finish(&m);
}

enum { WATCHED = 2 * ROUNDS * 5 };

/// What an agent that watches its portfolio was shown, round by round.
static double watched[WATCHED];
static size_t n_watched;

static pp_status watch_train(void *s, const void *params, const pp_agent_setup *setup,
                             pp_error *error)
{
    (void)s, (void)params, (void)setup, (void)error;
    n_watched = 0;
    return PP_OK;
}

static double watch_quote(void *s, const pp_agent_quote *quote, const double *held)
{
    (void)s;
    for (size_t k = 0; k < 5; k++)
        watched[n_watched++] = held[k];
    return 1.01 + 0.001 * (double)(quote->round % 7);
}

/// `held` is what was sold before the round, and what `quote` says is what is offered, explored or
/// not.
static void test_trial_agent_that_watches_its_portfolio_sees_each_sale(void **state)
{
    (void)state;
    pp_agent_class class = {.abi = PP_AGENT_ABI,
                            .name = "watch",
                            .params = &no_parameters,
                            .train = watch_train,
                            .quote = watch_quote};
    market_fixture m;
    small(&m, "null");
    m.scenario.firms[0].agent = &class;
    m.scenario.firms[0].explore = PP_EXPLORE_ALWAYS;
    fixture_start(&m);
    pp_record *r = fixture_record(&m);
    fixture_trial(&m, 0, r);
    assert_int_equal(n_watched, WATCHED);
    const double *offer = fixture_f64(&m, r, "offer"), *unit = fixture_f64(&m, r, "estimate");
    for (size_t round = 0; round < 2 * ROUNDS; round++) {
        size_t row = 3 * ROUNDS + round, epoch = row / ROUNDS;
        double sales = 0, factor = offer[row * FIRMS] / unit[row * FIRMS] /
                                   (1.01 + 0.001 * (double)(round % ROUNDS % 7));
        bool explored = fixture_f64(&m, r, "propensity")[row * FIRMS] < 0.5;
        assert_true(explored == (fabs(factor - 1) > 0.02));
        for (size_t k = 0; k < 5; k++) {
            const double *now = watched + round * 5 + k;
            double end = pp_record_f64(r, PP_VAR_portfolio)[epoch * FIRMS * 5 + k];
            bool last = round % ROUNDS == ROUNDS - 1;
            double next = last ? end : now[5];
            assert_true(round % ROUNDS || *now == 0);
            assert_true(next == *now || next == *now + 1);
            sales += next - *now;
        }
        assert_true(sales == 0 || fixture_i32(&m, r, "choice")[row] == 0);
    }
    pp_record_destroy(r);
    fixture_finish(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trial_common_random_numbers_survive_another_agent),
        cmocka_unit_test(test_trial_after_others_equals_trial_alone),
        cmocka_unit_test(test_trial_agent_that_watches_its_portfolio_sees_each_sale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
