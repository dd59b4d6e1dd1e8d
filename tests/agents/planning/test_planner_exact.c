// Plans against an exact dynamic program in plain code (tiny_market.h), and the two limits of klq's
// temperature.
#include "tests/support/plan_fixture.h"

/// Value of every portfolio that can be held, and of every sale, against the plain program.
static void check_table(const firm *f, size_t n_categories, double temperature, double tolerance)
{
    tiny *m = tiny_create(f, n_categories);
    const pp_policy_config policy = tiny_policy(temperature);
    planned *p = plan(&m->setup, &m->model, isnan(temperature) ? NULL : &policy, TABLE, 0);
    solution *s = tiny_solve(m, temperature);
    for (size_t t = 0; t <= TINY_ROUNDS; t++)
        for (size_t i = 0; i <= t; i++)
            for (size_t j = 0; tiny_can_hold(m, t, i, j); j++) {
                const double held[] = {(double)i, (double)j};
                assert_close(pp_planner_value(p->planner, (int64_t)t, held), s->value[t][i][j],
                             tolerance);
                for (size_t c = 0; c < TYPES && t < TINY_ROUNDS; c++) {
                    uint64_t mask = tiny_categories(m, c);
                    assert_close(pp_planner_sale_value(p->planner, (int64_t)t, held, mask),
                                 tiny_change(s, t + 1, i, j, mask), tolerance);
                }
            }
    assert_true(s->value[0][0][0] > s->value[TINY_ROUNDS][0][0] + 10); // something to gain
    free(s);
    planned_destroy(p);
    tiny_destroy(m);
}

static void test_planner_table_is_the_exact_soft_program(void **state)
{
    for (size_t n_categories = 1; n_categories <= 2; n_categories++)
        for (double temperature = 0.01; temperature < 1e5; temperature *= 10)
            check_table(*state, n_categories, temperature, 1e-10);
}

static void test_planner_table_is_the_exact_program_without_temperature(void **state)
{
    for (size_t n_categories = 1; n_categories <= 2; n_categories++)
        check_table(*state, n_categories, 0, 1e-10);
}

static void test_planner_table_is_the_exact_program_of_the_best_bids(void **state)
{
    for (size_t n_categories = 1; n_categories <= 2; n_categories++)
        check_table(*state, n_categories, NAN, 1e-10);
}

/// Once no round is left the loss is known: nothing learned is asked for it.
static void test_planner_last_sale_is_worth_the_fall_of_the_loss(void **state)
{
    tiny *m = tiny_create(*state, 2);
    const int ways[] = {RESOLVE, LINEAR, NETWORK, TABLE};
    for (size_t w = 0; w < PP_COUNT(ways); w++) {
        planned *p = plan(&m->setup, &m->model, NULL, ways[w], 65);
        for (size_t i = 0; i < TINY_ROUNDS; i++)
            for (size_t j = 0; j < TINY_ROUNDS; j++)
                for (size_t c = 0; c < TYPES; c++) {
                    const double held[] = {(double)i, (double)j};
                    uint64_t mask = tiny_categories(m, c);
                    double fall = tiny_loss(m, 0, i) - tiny_loss(m, 0, i + (mask & 1)) +
                                  tiny_loss(m, 1, j) - tiny_loss(m, 1, j + (mask >> 1));
                    assert_close(pp_planner_sale_value(p->planner, TINY_ROUNDS - 1, held, mask),
                                 fall, 1e-9);
                }
        planned_destroy(p);
    }
    tiny_destroy(m);
}

/// V where the temperature is next to nothing is that of the hard program; where it is as good as
/// infinite, it is the reward of the reference policy: its profit less the loss it is to expect.
static void test_planner_temperature_limits_of_the_value(void **state)
{
    tiny *m = tiny_create(*state, 2);
    const double nothing[2] = {0};
    const pp_policy_config cold = tiny_policy(1e-11), hot = tiny_policy(1e12);
    planned *p = plan(&m->setup, &m->model, &cold, TABLE, 0);
    solution *hard = tiny_solve(m, 0), *reference = tiny_solve(m, 1e12);
    assert_close(pp_planner_value(p->planner, 0, nothing), hard->value[0][0][0], 1e-9);
    planned_destroy(p);
    p = plan(&m->setup, &m->model, &hot, TABLE, 0);
    double reward = 0;
    tiny_play(m, 1e12, reference);
    for (size_t c = 0; c < TYPES; c++)
        reward += TINY_ROUNDS * m->share[c] * tiny_soft(m, c, 1e12, 0).profit;
    for (size_t i = 0; i < SIDE; i++)
        for (size_t j = 0; j < SIDE; j++)
            reward -=
                reference->chance[TINY_ROUNDS][i][j] * (tiny_loss(m, 0, i) + tiny_loss(m, 1, j));
    assert_close(pp_planner_value(p->planner, 0, nothing), reward, 1e-8);
    planned_destroy(p);
    free(hard);
    free(reference);
    tiny_destroy(m);
}

static void test_planner_table_too_large_is_refused(void **state)
{
    firm f = *(const firm *)*state;
    const pp_sale_config config = {.conversion = PP_SALE_PIPELINE};
    pp_sale_model model;
    pp_planner *planner = (pp_planner *)&f;
    pp_gain gain;
    pp_error error = {0};
    f.setup.rounds = 1000; // 1001^4 entries
    assert_int_equal(pp_sale_model_fit(&config, &f.setup, &model, NULL), PP_OK);
    assert_int_equal(pp_gain_create(&f.setup, &model, NULL, 65, 100, &gain, NULL), PP_OK);
    assert_int_equal(pp_planner_create(&defaults, &f.setup, &gain, &planner, &error), PP_EINVAL);
    assert_null(planner);
    assert_int_equal(error.status, PP_EINVAL);
    assert_string_equal(error.message, "value: a table over 3 categories and 1000 rounds has more "
                                       "than 16777216 entries; 'resolve' has no such limit");
    pp_gain_release(&gain);
    pp_planner_destroy(NULL);
}

/// Those that take long. Shadow prices do not.
static void test_planner_that_is_stopped_says_so(void **state)
{
    tiny *m = tiny_create(*state, 2);
    const pp_stop_flag stop = 1;
    const int ways[] = {LINEAR, NETWORK, TABLE};
    pp_gain gain;
    assert_int_equal(pp_gain_create(&m->setup, &m->model, NULL, 65, 100, &gain, NULL), PP_OK);
    m->setup.stop = &stop;
    for (size_t w = 0; w < PP_COUNT(ways); w++) {
        pp_value_config config = defaults;
        pp_planner *planner = (pp_planner *)m;
        pp_error error = {0};
        config.method = ways[w];
        assert_int_equal(pp_planner_create(&config, &m->setup, &gain, &planner, &error),
                         PP_EINTERRUPTED);
        assert_null(planner);
        assert_int_equal(error.status, PP_EINTERRUPTED);
    }
    pp_gain_release(&gain);
    tiny_destroy(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_planner_table_is_the_exact_soft_program),
        cmocka_unit_test(test_planner_table_is_the_exact_program_without_temperature),
        cmocka_unit_test(test_planner_table_is_the_exact_program_of_the_best_bids),
        cmocka_unit_test(test_planner_last_sale_is_worth_the_fall_of_the_loss),
        cmocka_unit_test(test_planner_temperature_limits_of_the_value),
        cmocka_unit_test(test_planner_table_too_large_is_refused),
        cmocka_unit_test(test_planner_that_is_stopped_says_so),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
