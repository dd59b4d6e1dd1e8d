// The trial engine: what must hold whatever the parameters.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "market_fixture.h"

enum { FIRMS = 6, ROUNDS = 400 };

static void small(market_fixture *m, const char *agent)
{
    fixture_defaults(m, FIRMS, agent);
    m->scenario.market.rounds = ROUNDS;
    m->scenario.market.burn_in_epochs = 3;
    m->scenario.market.test_epochs = 2;
    m->scenario.record.quotes_every = 1;
}

/// Column of /quotes by name.
static size_t column(const market_fixture *m, const char *name)
{
    for (size_t i = 0; i < m->layout.n_quote_columns; i++)
        if (strcmp(m->layout.quote_columns[i].name, name) == 0)
            return i;
    fail_msg("no column %s", name);
    return 0;
}

static const double *real(const market_fixture *m, pp_record *record, const char *name)
{
    return pp_record_quotes_f64(record, column(m, name));
}

static const int32_t *whole(const market_fixture *m, pp_record *record, const char *name)
{
    return pp_record_quotes_i32(record, column(m, name));
}

static void test_trial_sales_and_walk_aways_equal_rounds(void **state)
{
    (void)state;
    market_fixture m;
    small(&m, "baseline");
    fixture_start(&m);
    pp_record *r = fixture_record(&m);
    fixture_trial(&m, 0, r);
    for (size_t epoch = 0; epoch < 5; epoch++) {
        int64_t sold = 0;
        for (size_t f = 0; f < FIRMS; f++) {
            size_t at = epoch * FIRMS + f;
            int64_t quoted = 0, by_rank = 0;
            for (size_t rank = 0; rank < FIRMS; rank++) {
                quoted += pp_record_i64(r, PP_VAR_rank_histogram)[at * FIRMS + rank];
                by_rank += pp_record_i64(r, PP_VAR_sales_by_rank)[at * FIRMS + rank];
            }
            assert_int_equal(pp_record_i64(r, PP_VAR_quote_count)[at], ROUNDS);
            assert_int_equal(quoted, ROUNDS);
            assert_int_equal(by_rank, pp_record_i64(r, PP_VAR_policies)[at]);
            sold += pp_record_i64(r, PP_VAR_policies)[at];
        }
        assert_int_equal(sold + pp_record_i64(r, PP_VAR_walk_away)[epoch], ROUNDS);
    }
    pp_record_destroy(r);
    fixture_finish(&m);
}

/// What /quotes says of one epoch and firm.
typedef struct audit {
    double gwp, claims, booked, truth, multipliers;
    int64_t policies, best;
} audit;

static audit audit_firm(const market_fixture *m, pp_record *r, int32_t epoch, size_t firm)
{
    audit a = {0};
    const double *offer = real(m, r, "offer"), *estimate = real(m, r, "estimate");
    const double *premium = real(m, r, "pure_premium"), *base = real(m, r, "base_index");
    for (size_t row = 0; row < (size_t)m->layout.n_quote_rows; row++) {
        if (whole(m, r, "epoch_number")[row] != epoch)
            continue;
        double price = offer[row * FIRMS + firm], cost = estimate[row * FIRMS + firm];
        bool best = true;
        for (size_t f = 0; f < FIRMS; f++)
            best &= price <= offer[row * FIRMS + f];
        a.best += best;
        a.multipliers += price / cost;
        if ((size_t)whole(m, r, "choice")[row] != firm)
            continue;
        a.policies++;
        a.gwp += price;
        a.claims += cost;
        a.booked += price - cost;
        a.truth += price / base[row] - premium[row];
    }
    return a;
}

static void assert_near(double x, double y)
{
    assert_true(fabs(x - y) <= 1e-9 * (1 + fabs(x) + fabs(y)));
}

static void test_trial_accounts_add_up_from_the_quotes(void **state)
{
    (void)state;
    market_fixture m;
    small(&m, "baseline");
    m.scenario.inflation.mean_rate = 0.08;
    m.scenario.inflation.index_volatility = 0.1;
    m.scenario.inflation.rounds_per_week = 100;
    fixture_start(&m);
    pp_record *r = fixture_record(&m);
    fixture_trial(&m, 3, r);
    for (int32_t epoch = 0; epoch < 5; epoch++)
        for (size_t f = 0; f < FIRMS; f++) {
            size_t at = (size_t)epoch * FIRMS + f;
            audit a = audit_firm(&m, r, epoch, f);
            assert_int_equal(a.policies, pp_record_i64(r, PP_VAR_policies)[at]);
            assert_int_equal(a.best, pp_record_i64(r, PP_VAR_top1_quotes)[at]);
            assert_near(a.gwp, pp_record_f64(r, PP_VAR_gwp)[at]);
            assert_near(a.claims, pp_record_f64(r, PP_VAR_expected_claims)[at]);
            assert_near(a.booked, pp_record_f64(r, PP_VAR_booked_profit)[at]);
            assert_near(a.truth, pp_record_f64(r, PP_VAR_true_profit)[at]);
            assert_near(a.multipliers, pp_record_f64(r, PP_VAR_multiplier_sum)[at]);
            assert_near(pp_record_f64(r, PP_VAR_booked_profit)[at] -
                            pp_record_f64(r, PP_VAR_portfolio_loss)[at],
                        pp_record_f64(r, PP_VAR_reward)[at]);
        }
    pp_record_destroy(r);
    fixture_finish(&m);
}

/// A named category, so that the portfolio can be counted from the recorded features.
static void test_trial_portfolio_adds_up_from_the_quotes(void **state)
{
    (void)state;
    market_fixture m;
    pp_category_config categories[2] = {
        {.name = "young",
         .n_bounds = 1,
         .target = 50,
         .target_multiple = NAN,
         .bounds = {{.feature = "age", .lower = -INFINITY, .upper = 30}}},
        {.name = "north, with children",
         .n_bounds = 2,
         .target = NAN,
         .target_multiple = 2,
         .bounds = {{.feature = "location", .level = "2"},
                    {.feature = "has_children", .lower = 1, .upper = 1}}}};
    small(&m, "baseline");
    m.scenario.firms[0].portfolio = PP_PORTFOLIO_NAMED;
    m.scenario.firms[0].n_categories = 2;
    m.scenario.firms[0].categories = categories;
    fixture_start(&m);
    pp_record *r = fixture_record(&m);
    fixture_trial(&m, 1, r);
    double sums[2] = {0};
    for (int32_t epoch = 0; epoch < 5; epoch++) {
        double held[2] = {0};
        for (size_t row = 0; row < (size_t)m.layout.n_quote_rows; row++)
            if (whole(&m, r, "epoch_number")[row] == epoch && whole(&m, r, "choice")[row] == 0) {
                held[0] += real(&m, r, "age")[row] <= 30;
                held[1] +=
                    whole(&m, r, "location")[row] == 2 && real(&m, r, "has_children")[row] == 1;
            }
        for (size_t k = 0; k < 2; k++) {
            sums[k] += epoch < 3 ? held[k] / 3 : 0;
            assert_near(held[k],
                        pp_record_f64(r, PP_VAR_portfolio)[((size_t)epoch * FIRMS) * 2 + k]);
        }
        assert_true(isnan(pp_record_f64(r, PP_VAR_portfolio)[((size_t)epoch * FIRMS + 1) * 2]));
    }
    for (size_t k = 0; k < 2; k++)
        assert_near(sums[k], pp_record_f64(r, PP_VAR_burn_in_average)[k]);
    assert_near(pp_record_f64(r, PP_VAR_target)[0], 50);
    assert_near(pp_record_f64(r, PP_VAR_target)[1], round(2 * sums[1]));
    pp_record_destroy(r);
    fixture_finish(&m);
}

/// Every recorded choice follows from the recorded latent columns alone.
static void test_trial_choices_can_be_audited(void **state)
{
    (void)state;
    market_fixture m;
    small(&m, "null");
    fixture_start(&m);
    pp_record *r = fixture_record(&m);
    fixture_trial(&m, 2, r);
    for (size_t row = 0; row < (size_t)m.layout.n_quote_rows; row++) {
        double weight[FIRMS + 1], sum = 0, below = 0;
        double beta = real(&m, r, "price_sensitivity")[row];
        double least = real(&m, r, "walk_away_price")[row];
        for (size_t f = 0; f < FIRMS; f++) {
            bool loyal = (size_t)whole(&m, r, "loyal_firm")[row] == f;
            weight[f] = real(&m, r, "offer")[row * FIRMS + f] - loyal * real(&m, r, "loyalty")[row];
        }
        weight[FIRMS] = least;
        for (size_t f = 0; f <= FIRMS; f++)
            least = fmin(least, weight[f]);
        for (size_t f = 0; f <= FIRMS; f++)
            sum += weight[f] = exp(-beta * (weight[f] - least));
        size_t chosen = 0;
        double u = real(&m, r, "choice_uniform")[row];
        while (chosen < FIRMS && u * sum >= (below += weight[chosen]) + 0)
            chosen++;
        assert_int_equal(whole(&m, r, "choice")[row], chosen);
    }
    pp_record_destroy(r);
    fixture_finish(&m);
}

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
        assert_true(same(real(&a, x, always[i]), real(&b, y, always[i]), rows));
    assert_true(same(real(&a, x, "estimate"), real(&b, y, "estimate"), rows * FIRMS));
    assert_true(same(real(&a, x, "offer"), real(&b, y, "offer"), burn_in * FIRMS));
    assert_true(same(pp_record_f64(x, PP_VAR_target), pp_record_f64(y, PP_VAR_target), 5));
    assert_false(same(real(&a, x, "offer"), real(&b, y, "offer"), rows * FIRMS));
    for (size_t row = burn_in; row < rows; row++) // the rivals are frozen
        assert_true(same(real(&a, x, "offer") + row * FIRMS + 1,
                         real(&b, y, "offer") + row * FIRMS + 1, FIRMS - 1));
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
    assert_true(same(real(&m, x, "offer"), real(&m, y, "offer"), rows * FIRMS));
    assert_true(same(pp_record_f64(x, PP_VAR_reward), pp_record_f64(y, PP_VAR_reward), 5 * FIRMS));
    assert_true(same(pp_record_f64(x, PP_VAR_target), pp_record_f64(y, PP_VAR_target), 5));
    pp_workspace_destroy(w);
    pp_record_destroy(x);
    pp_record_destroy(y);
    fixture_finish(&m);
}

/// An epoch longer than a block, recorded or not, thinned or not, is the same epoch.
static void test_trial_longer_than_a_block_conserves(void **state)
{
    (void)state;
    market_fixture m;
    small(&m, "baseline");
    m.scenario.market.rounds = 2 * PP_BLOCK + 77;
    m.scenario.market.history_rounds = 500;
    m.scenario.record.quotes_every = 10;
    fixture_start(&m);
    pp_record *r = fixture_record(&m);
    fixture_trial(&m, 0, r);
    int64_t sold = pp_record_i64(r, PP_VAR_walk_away)[4];
    for (size_t f = 0; f < FIRMS; f++)
        sold += pp_record_i64(r, PP_VAR_policies)[4 * FIRMS + f];
    assert_int_equal(sold, 2 * PP_BLOCK + 77);
    const int32_t *round = whole(&m, r, "round");
    size_t per_epoch = (2 * PP_BLOCK + 77 + 9) / 10;
    assert_int_equal(m.layout.n_quote_rows, 5 * per_epoch);
    for (size_t row = 0; row < 5 * per_epoch; row++)
        assert_int_equal(round[row], 10 * (row % per_epoch));
    pp_record_destroy(r);
    fixture_finish(&m);
}

/// In the first epoch offers are first bids; then the factor drawn is one of those configured, at
/// its rate.
static void test_trial_exploration_has_the_stated_propensities(void **state)
{
    (void)state;
    market_fixture m;
    small(&m, "null");
    m.scenario.firms[1].explore = PP_EXPLORE_ALWAYS;
    fixture_start(&m);
    pp_record *r = fixture_record(&m);
    fixture_trial(&m, 0, r);
    const double *offer = real(&m, r, "offer"), *estimate = real(&m, r, "estimate");
    const double *propensity = real(&m, r, "propensity");
    int64_t explored = 0;
    for (size_t row = 0; row < (size_t)m.layout.n_quote_rows; row++)
        for (size_t f = 0; f < FIRMS; f++) {
            size_t at = row * FIRMS + f;
            bool testing = row >= 3 * ROUNDS;
            double a = offer[at] / estimate[at];
            if (row < ROUNDS) {
                assert_true(a >= 1 && a <= 1.2 && fabs(propensity[at] - 5) < 1e-9);
            } else if (testing && f != 1) {
                assert_true(propensity[at] == 1);
            } else {
                assert_true(fabs(propensity[at] - 0.02) < 1e-12 ||
                            fabs(propensity[at] - 0.88) < 1e-12);
                explored += propensity[at] < 0.5;
            }
        }
    // 2 burn-in epochs of 6 firms and 2 test epochs of 1; five standard errors
    double n = ROUNDS * (2.0 * FIRMS + 2), expected = 0.12 * n;
    assert_true(fabs((double)explored - expected) < 5 * sqrt(0.12 * 0.88 * n));
    pp_record_destroy(r);
    fixture_finish(&m);
}

static volatile sig_atomic_t stop_at_once = 1;

static void test_trial_interrupted_says_so(void **state)
{
    (void)state;
    market_fixture m;
    pp_workspace *w;
    pp_error error = {0};
    small(&m, "null");
    fixture_start(&m);
    pp_record *r = fixture_record(&m);
    assert_int_equal(pp_workspace_create(m.experiment, 1, &w, &error), PP_OK);
    assert_int_equal(pp_trial_run(w, 0, &stop_at_once, r, &error), PP_EINTERRUPTED);
    pp_workspace_destroy(w);
    pp_record_destroy(r);
    fixture_finish(&m);
}

static double bad_quote;

static pp_status bad_train(void *s, const void *params, const pp_agent_setup *setup,
                           pp_error *error)
{
    (void)s, (void)params, (void)setup, (void)error;
    return PP_OK;
}

static double bad_agent_quote(void *s, const pp_agent_quote *quote, const double *held)
{
    (void)s, (void)quote, (void)held;
    return bad_quote;
}

static void bad_agent_batch(const void *s, const pp_agent_batch *batch, double *multiplier)
{
    (void)s;
    for (size_t i = 0; i < batch->n; i++)
        multiplier[i] = bad_quote;
}

/// NaN, negative, zero and infinite quotes, from either way of quoting, are refused by name.
static void test_trial_impossible_quotes_are_refused(void **state)
{
    (void)state;
    const double bad[] = {NAN, -1, 0, INFINITY};
    for (size_t i = 0; i < 2 * PP_COUNT(bad); i++) {
        pp_param_table none = {.name = "bad"};
        pp_agent_class class = {.abi = PP_AGENT_ABI,
                                .name = "bad",
                                .params = &none,
                                .train = bad_train,
                                .quote = i % 2 ? bad_agent_quote : NULL,
                                .quote_batch = i % 2 ? NULL : bad_agent_batch};
        market_fixture m;
        pp_error error = {0};
        small(&m, "null");
        m.scenario.firms[2].agent = &class;
        bad_quote = bad[i / 2];
        fixture_start(&m);
        pp_record *r = fixture_record(&m);
        assert_int_equal(pp_experiment_trial(m.experiment, 0, r, &error), PP_ENUMERIC);
        assert_non_null(strstr(error.message, "firm-2"));
        assert_non_null(strstr(error.message, "'bad'"));
        pp_record_destroy(r);
        fixture_finish(&m);
    }
}

static pp_status failing_status;
static const char *failing_message;

static pp_status failing_train(void *s, const void *params, const pp_agent_setup *setup,
                               pp_error *error)
{
    (void)s, (void)params, (void)setup;
    return *failing_message ? pp_error_set(error, failing_status, "%s", failing_message)
                            : failing_status;
}

static void test_trial_failed_training_names_trial_agent_and_firm(void **state)
{
    (void)state;
    static const struct {
        pp_status given, got;
        const char *message, *reason;
    } cases[] = {
        {PP_ENUMERIC, PP_ENUMERIC, "it does not converge", "it does not converge"},
        {PP_ENOMEM, PP_ENOMEM, "", "out of memory"},
        {PP_EINVAL, PP_EINVAL, "", "invalid argument"},
        {PP_EINTERRUPTED, PP_ENUMERIC, "", "interrupted"},
        {PP_EEXIST, PP_ENUMERIC, "no", "no"},
        {(pp_status)99, PP_ENUMERIC, "", "unknown status"},
    };
    pp_param_table none = {.name = "failing"};
    pp_agent_class class = {.abi = PP_AGENT_ABI,
                            .name = "failing",
                            .params = &none,
                            .train = failing_train,
                            .quote = bad_agent_quote};
    for (size_t i = 0; i < PP_COUNT(cases); i++) {
        market_fixture m;
        pp_error error = {0};
        char expected[256];
        small(&m, "null");
        m.scenario.firms[2].agent = &class;
        failing_status = cases[i].given;
        failing_message = cases[i].message;
        fixture_start(&m);
        pp_record *r = fixture_record(&m);
        assert_int_equal(pp_experiment_trial(m.experiment, 3, r, &error), cases[i].got);
        snprintf(expected, sizeof expected,
                 "trial 3: agent 'failing' of firm 'firm-2' could not be trained: %s",
                 cases[i].reason);
        assert_string_equal(error.message, expected);
        pp_record_destroy(r);
        fixture_finish(&m);
    }
}

static void test_trial_too_many_firms_are_refused(void **state)
{
    (void)state;
    market_fixture m;
    pp_error error = {0};
    fixture_defaults(&m, 10, "null"); // success rate 0.1: 9 is the most
    assert_int_equal(pp_experiment_create(&m.scenario, &m.experiment, &error), PP_ESCENARIO);
    assert_non_null(strstr(error.message, "success_rate"));
    fixture_finish(&m);
}

/// Targets follow from whole counts: an average of 37.5 is 37.5, and grows to 76.
static void test_trial_targets_follow_exactly_from_the_counts(void **state)
{
    (void)state;
    enum { BURN_IN = 6, TRIALS = 12 };
    market_fixture m;
    pp_workspace *w;
    pp_error error = {0};
    small(&m, "baseline");
    m.scenario.market.burn_in_epochs = BURN_IN;
    m.scenario.record.quotes_every = 0;
    fixture_start(&m);
    pp_record *r = fixture_record(&m);
    assert_int_equal(pp_workspace_create(m.experiment, 1, &w, &error), PP_OK);
    for (int64_t trial = 0; trial < TRIALS; trial++) {
        assert_int_equal(pp_trial_run(w, trial, NULL, r, &error), PP_OK);
        for (size_t k = 0; k < 5; k++) {
            double sum = 0, target = pp_record_f64(r, PP_VAR_target)[k];
            for (size_t epoch = 0; epoch < BURN_IN; epoch++)
                sum += pp_record_f64(r, PP_VAR_portfolio)[epoch * FIRMS * 5 + k];
            assert_true(pp_record_f64(r, PP_VAR_burn_in_average)[k] == sum / BURN_IN);
            double grown = (double)((int64_t)sum / (BURN_IN / 2) + 1);
            double shrunk = (double)(((int64_t)sum + 2 * BURN_IN - 1) / (2 * BURN_IN));
            assert_true(target == grown || (sum > 10 * BURN_IN && target == shrunk));
        }
    }
    pp_workspace_destroy(w);
    pp_record_destroy(r);
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
    pp_param_table none = {.name = "watch"};
    pp_agent_class class = {.abi = PP_AGENT_ABI,
                            .name = "watch",
                            .params = &none,
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
    const double *offer = real(&m, r, "offer"), *estimate = real(&m, r, "estimate");
    for (size_t round = 0; round < 2 * ROUNDS; round++) {
        size_t row = 3 * ROUNDS + round, epoch = row / ROUNDS;
        double sales = 0, factor = offer[row * FIRMS] / estimate[row * FIRMS] /
                                   (1.01 + 0.001 * (double)(round % ROUNDS % 7));
        bool explored = real(&m, r, "propensity")[row * FIRMS] < 0.5;
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
        assert_true(sales == 0 || whole(&m, r, "choice")[row] == 0);
    }
    pp_record_destroy(r);
    fixture_finish(&m);
}

/// A scenario that a program filled in wrongly is refused, whatever is wrong with it.
static void test_trial_scenario_out_of_range_is_refused(void **state)
{
    (void)state;
    for (int fault = 0; fault < 9; fault++) {
        market_fixture m;
        pp_error error = {0};
        small(&m, "baseline");
        pp_scenario *s = &m.scenario;
        if (fault == 0)
            s->market.history_epochs = 0;
        if (fault == 1)
            s->market.rounds = 0;
        if (fault == 2)
            s->market.observe = 7;
        if (fault == 3)
            s->portfolio.random_categories = 100;
        if (fault == 4)
            s->inflation.rounds_per_week = 0;
        if (fault == 5)
            s->run.first_trial = INT32_MAX;
        if (fault == 6)
            s->firms[0].portfolio = PP_PORTFOLIO_NONE; // baseline needs one
        if (fault == 7)
            s->firms[3].agent = NULL;
        if (fault == 8)
            s->market.burn_in_epochs = 0;
        assert_int_equal(pp_experiment_create(s, &m.experiment, &error), PP_EINVAL);
        assert_true(error.message[0] != 0);
        fixture_finish(&m);
    }
}

/// Prices that inflation drives out of this world stop the run by name.
static void test_trial_impossible_index_is_refused(void **state)
{
    (void)state;
    market_fixture m;
    pp_error error = {0};
    pp_status status = PP_OK;
    small(&m, "null");
    m.scenario.inflation.index_volatility = 10;
    m.scenario.inflation.rounds_per_week = 1;
    fixture_start(&m);
    pp_record *r = fixture_record(&m);
    for (int64_t trial = 0; trial < 5 && status == PP_OK; trial++)
        status = pp_experiment_trial(m.experiment, trial, r, &error);
    assert_int_equal(status, PP_ENUMERIC);
    assert_non_null(strstr(error.message, "price index"));
    pp_record_destroy(r);
    fixture_finish(&m);
}

static volatile sig_atomic_t stop_soon;

static void stop_quote_batch(const void *s, const pp_agent_batch *batch, double *multiplier)
{
    (void)s;
    memcpy(multiplier, batch->null_bid, batch->n * sizeof *multiplier);
    stop_soon = 1;
}

/// An epoch may be long: a stop is seen within it.
static void test_trial_interrupted_within_an_epoch_stops_there(void **state)
{
    (void)state;
    pp_param_table none = {.name = "stop"};
    pp_agent_class class = {.abi = PP_AGENT_ABI,
                            .name = "stop",
                            .params = &none,
                            .train = watch_train,
                            .quote_batch = stop_quote_batch};
    market_fixture m;
    pp_workspace *w;
    pp_error error = {0};
    small(&m, "null");
    m.scenario.market.rounds = 3 * PP_BLOCK;
    m.scenario.firms[1].agent = &class;
    fixture_start(&m);
    pp_record *r = fixture_record(&m);
    assert_int_equal(pp_workspace_create(m.experiment, 1, &w, &error), PP_OK);
    stop_soon = 0;
    assert_int_equal(pp_trial_run(w, 0, &stop_soon, r, &error), PP_EINTERRUPTED);
    assert_int_equal(w->epoch, 3);
    assert_int_equal(w->lanes[0].customers.first_round, 0);
    pp_workspace_destroy(w);
    pp_record_destroy(r);
    fixture_finish(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trial_sales_and_walk_aways_equal_rounds),
        cmocka_unit_test(test_trial_accounts_add_up_from_the_quotes),
        cmocka_unit_test(test_trial_portfolio_adds_up_from_the_quotes),
        cmocka_unit_test(test_trial_choices_can_be_audited),
        cmocka_unit_test(test_trial_common_random_numbers_survive_another_agent),
        cmocka_unit_test(test_trial_after_others_equals_trial_alone),
        cmocka_unit_test(test_trial_longer_than_a_block_conserves),
        cmocka_unit_test(test_trial_exploration_has_the_stated_propensities),
        cmocka_unit_test(test_trial_interrupted_says_so),
        cmocka_unit_test(test_trial_impossible_quotes_are_refused),
        cmocka_unit_test(test_trial_failed_training_names_trial_agent_and_firm),
        cmocka_unit_test(test_trial_too_many_firms_are_refused),
        cmocka_unit_test(test_trial_targets_follow_exactly_from_the_counts),
        cmocka_unit_test(test_trial_agent_that_watches_its_portfolio_sees_each_sale),
        cmocka_unit_test(test_trial_scenario_out_of_range_is_refused),
        cmocka_unit_test(test_trial_impossible_index_is_refused),
        cmocka_unit_test(test_trial_interrupted_within_an_epoch_stops_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
