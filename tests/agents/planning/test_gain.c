// Tables of gains against the sums that they stand for: agents/planning/gain.h.
#include "tests/support/agent_fixture.h"

#include "agents/planning/gain.h"

enum { POINTS = 65 };
#define REACH 400.0 // GBP

/// Exact sums and a table of the same, over the same model.
typedef struct pair {
    pp_sale_model model;
    pp_policy_config policy;
    pp_gain exact, table;
} pair;

/// @param temperature NaN: the best bid of all
static pair *pair_create(const firm *f, double temperature)
{
    const pp_sale_config config = {
        .conversion = PP_SALE_OWN, .ridge = 2, .prior_slope = 25, .prior_weight = 100};
    pair *p = zeroed(sizeof *p);
    p->policy = (pp_policy_config){.temperature = temperature,
                                   .candidates = 41,
                                   .centre = 1,
                                   .spread = 0.03,
                                   .support = 0.12,
                                   .cap_min = NAN,
                                   .cap_max = NAN};
    const pp_policy_config *policy = isnan(temperature) ? NULL : &p->policy;
    assert_int_equal(pp_sale_model_fit(&config, &f->setup, &p->model, NULL), PP_OK);
    assert_int_equal(pp_gain_create(&f->setup, &p->model, policy, 0, REACH, &p->exact, NULL),
                     PP_OK);
    assert_int_equal(pp_gain_create(&f->setup, &p->model, policy, POINTS, REACH, &p->table, NULL),
                     PP_OK);
    return p;
}

static void pair_destroy(pair *p)
{
    pp_gain_release(&p->exact);
    pp_gain_release(&p->table);
    pp_sale_model_release(&p->model);
    free(p);
}

static const double temperatures[] = {NAN, 0, 0.3, 30};

typedef void (*check)(const pair *p, size_t which);

static void for_each(const firm *f, check run)
{
    for (size_t i = 0; i < PP_COUNT(temperatures); i++) {
        pair *p = pair_create(f, temperatures[i]);
        run(p, i);
        pair_destroy(p);
    }
}

/// At the points themselves the table holds the sums; between them it errs by less than half a
/// penny a round (all patterns together bring some 10 GBP).
static void check_sums(const pair *p, size_t which)
{
    (void)which;
    for (size_t pattern = 0; pattern < p->exact.n_patterns; pattern++)
        for (int i = 0; i <= 4 * (POINTS - 1); i += i % 4 ? 1 : 3) {
            double d = -REACH + REACH / 2 / (POINTS - 1) * i;
            pp_gain_value x = pp_gain_at(&p->exact, pattern, d);
            pp_gain_value y = pp_gain_at(&p->table, pattern, d);
            assert_close(y.value, x.value, i % 4 ? 0.005 : 1e-11);
            assert_close(y.slope, x.slope, i % 4 ? 0.002 : 1e-12);
        }
}

static void test_gain_table_is_the_sum(void **state)
{
    for_each(*state, check_sums);
}

/// The slope is the derivative (where there is one: on a grid at no temperature it jumps), and
/// neither falls as d rises.
static void check_slope(const pair *p, size_t which)
{
    bool smooth = isnan(temperatures[which]) || temperatures[which] > 1;
    for (size_t pattern = 0; pattern < p->exact.n_patterns; pattern++) {
        double last = -1;
        for (double d = -500; d <= 500; d += 71.3) {
            double h = 1e-3, x = pp_gain_at(&p->exact, pattern, d).slope;
            double rise = pp_gain_at(&p->exact, pattern, d + h).value -
                          pp_gain_at(&p->exact, pattern, d - h).value;
            if (smooth)
                assert_close(rise / (2 * h), x, 1e-7);
            assert_true(x >= last && x >= 0 && x <= 1);
            last = x;
        }
    }
}

static void test_gain_slope_is_the_derivative_and_convex(void **state)
{
    for_each(*state, check_slope);
}

/// Cubic Hermite: value, slope and curvature of the table are of one function.
static void check_cubic(const pair *p, size_t which)
{
    (void)which;
    for (size_t pattern = 0; pattern < p->table.n_patterns; pattern++)
        for (double d = -390; d < 390; d += 30.1) {
            double h = 1e-4;
            pp_gain_value low = pp_gain_at(&p->table, pattern, d - h);
            pp_gain_value x = pp_gain_at(&p->table, pattern, d);
            pp_gain_value high = pp_gain_at(&p->table, pattern, d + h);
            assert_close((high.value - low.value) / (2 * h), x.slope, 1e-8);
            assert_close((high.slope - low.slope) / (2 * h), x.curvature, 1e-8);
        }
}

static void test_gain_table_is_smooth(void **state)
{
    for_each(*state, check_cubic);
}

static void check_tangent(const pair *p, size_t which)
{
    (void)which;
    for (size_t pattern = 0; pattern < p->table.n_patterns; pattern++)
        for (int sign = -1; sign <= 1; sign += 2) {
            pp_gain_value end = pp_gain_at(&p->exact, pattern, sign * REACH);
            pp_gain_value beyond = pp_gain_at(&p->table, pattern, sign * (REACH + 250));
            assert_close(beyond.value, end.value + sign * 250 * end.slope, 1e-10);
            assert_close(beyond.slope, end.slope, 1e-12);
            assert_true(beyond.curvature == 0);
            // Convex, so the tangent is a lower bound.
            assert_true(beyond.value <=
                        pp_gain_at(&p->exact, pattern, sign * (REACH + 250)).value + 1e-10);
        }
}

static void test_gain_beyond_its_ends_is_the_tangent(void **state)
{
    for_each(*state, check_tangent);
}

static void test_gain_not_a_number_is_not_an_index(void **state)
{
    pair *p = pair_create(*state, NAN);
    assert_true(isnan(pp_gain_at(&p->table, 0, NAN).value));
    pair_destroy(p);
}

/// Every row is of one pattern and weighs as much as any: at a sum written out.
static void test_gain_patterns_share_the_history(void **state)
{
    const firm *f = *state;
    pair *p = pair_create(f, NAN);
    size_t n = f->history.n;
    uint64_t *members = zeroed(n * sizeof *members);
    pp_portfolio_members(&f->portfolio, f->history.features, n, members);
    assert_int_equal(p->exact.rows.n, n);
    assert_true(p->exact.n_patterns > 3 && p->exact.n_patterns <= 8);
    assert_int_equal(p->table.n_patterns, p->exact.n_patterns);
    assert_null(p->table.rows.pattern); // not kept behind a table
    for (size_t pattern = 0; pattern < p->exact.n_patterns; pattern++) {
        double sum = 0;
        assert_true(p->table.pattern[pattern] == p->exact.pattern[pattern]);
        for (size_t other = 0; other < pattern; other++)
            assert_true(p->exact.pattern[other] != p->exact.pattern[pattern]);
        for (size_t i = 0; i < n; i++) {
            const double *curve = p->exact.rows.curves + i * p->model.curve_size;
            double c = f->history.unit[i];
            double a = pp_sale_bid(&p->model, curve, 1 - 25 / c, (pp_price_range){0, INFINITY});
            assert_true(p->exact.pattern[p->exact.rows.pattern[i]] == members[i]);
            if (members[i] == p->exact.pattern[pattern])
                sum += pp_sale_probability(&p->model, curve, a) * (c * (a - 1) + 25);
        }
        assert_close(pp_gain_at(&p->exact, pattern, 25).value, sum / (double)n, 1e-12 * (1 + sum));
    }
    free(members);
    pair_destroy(p);
}

static void test_gain_no_portfolio_is_one_pattern(void **state)
{
    firm f = *(const firm *)*state;
    f.setup.portfolio = NULL;
    pair *p = pair_create(&f, NAN);
    assert_int_equal(p->exact.n_patterns, 1);
    assert_true(p->exact.pattern[0] == 0);
    pair_destroy(p);
}

static void test_gain_rows_are_spread_evenly_where_there_are_too_many(void **state)
{
    const firm *f = *state;
    const pp_sale_config config = {.conversion = PP_SALE_PIPELINE};
    pp_sale_model model;
    assert_int_equal(pp_sale_model_fit(&config, &f->setup, &model, NULL), PP_OK);
    pp_gain gain = {.model = &model};
    assert_int_equal(pp_gain_rows_load(&f->setup, &gain, 7, NULL), PP_OK);
    assert_int_equal(gain.rows.n, 7);
    for (size_t i = 0; i < 7; i++)
        assert_true(gain.rows.stake[i].size == f->history.unit[i * f->history.n / 7]);
    pp_gain_release(&gain);
    pp_gain_release(&gain);
}

static void test_gain_table_that_is_stopped_says_so(void **state)
{
    const pp_stop_flag stop = 1;
    pair *p = pair_create(*state, 0.3);
    pp_agent_setup setup = ((const firm *)*state)->setup;
    pp_gain gain;
    pp_error error = {0};
    setup.stop = &stop;
    assert_int_equal(pp_gain_create(&setup, &p->model, &p->policy, POINTS, REACH, &gain, &error),
                     PP_EINTERRUPTED);
    assert_int_equal(error.status, PP_EINTERRUPTED);
    pp_gain_release(&gain);
    pair_destroy(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gain_table_is_the_sum),
        cmocka_unit_test(test_gain_slope_is_the_derivative_and_convex),
        cmocka_unit_test(test_gain_table_is_smooth),
        cmocka_unit_test(test_gain_beyond_its_ends_is_the_tangent),
        cmocka_unit_test(test_gain_not_a_number_is_not_an_index),
        cmocka_unit_test(test_gain_patterns_share_the_history),
        cmocka_unit_test(test_gain_no_portfolio_is_one_pattern),
        cmocka_unit_test(test_gain_rows_are_spread_evenly_where_there_are_too_many),
        cmocka_unit_test(test_gain_table_that_is_stopped_says_so),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
