// The reference policy, the soft maximum and the step towards a return: agents/planning/policy.h
// against sums written out.
#include <float.h>

#include "tests/support/agent_fixture.h"

#include "agents/planning/policy.h"
#include "tests/support/checks.h"

enum { ACTIONS = 5 };

static const double temperatures[] = {1e-8, 1e-4, 0.01, 0.3, 5, 100, 1e4, 1e6, 1e9, 1e12};

/// Some candidates whose conversion falls with the price.
static pp_candidates falling(void)
{
    pp_candidates c = {.n = ACTIONS, .reference = {0.1, 0.2, 0.4, 0.25, 0.05}};
    for (size_t j = 0; j < ACTIONS; j++) {
        c.multiplier[j] = 1.02 + 0.04 * (double)j;
        c.sale[j] = 1 / (1 + exp(25 * (c.multiplier[j] - 1.06)));
    }
    return c;
}

/// Candidates whose Q is what is wanted, at C = 0 and d = 1. (No probabilities; nothing asks.)
static pp_candidates valued(const double *reference, const double *q)
{
    pp_candidates c = {.n = ACTIONS};
    for (size_t j = 0; j < ACTIONS; j++) {
        c.multiplier[j] = 1;
        c.reference[j] = reference[j];
        c.sale[j] = q[j];
    }
    return c;
}

static pp_soft soft_of(const pp_candidates *c, double temperature, double *policy)
{
    return pp_soft_maximum(c, temperature, pp_stake_booked(0), 1, policy);
}

/// tau log sum pi_b exp(Q/tau) in long double; where that would lose what tau multiplies, the first
/// two cumulants of Q, the next term being below Q^3/tau^2.
static long double log_sum_exp(const double *reference, const double *q, double temperature)
{
    long double most = q[0], weight = 0, sum = 0, mean = 0, square = 0, tau = temperature;
    for (size_t j = 0; j < ACTIONS; j++) {
        most = fmaxl(most, q[j]);
        weight += reference[j];
        mean += (long double)reference[j] * q[j];
    }
    mean /= weight;
    for (size_t j = 0; j < ACTIONS; j++) {
        sum += reference[j] * expl(((long double)q[j] - most) / tau);
        square += reference[j] * (q[j] - mean) * (q[j] - mean);
    }
    return temperature < 1e7 ? most + tau * logl(sum / weight) : mean + square / (2 * tau);
}

/// Is long double worth more than double here? Under valgrind it is not, whatever its header says,
/// and sums in it are no yardstick.
static bool have_yardstick(void)
{
    volatile long double one = 1, least = DBL_EPSILON / 64;
    return one + least > one;
}

static void test_policy_value_is_the_log_sum_exp_of_q(void **state)
{
    (void)state;
    if (!have_yardstick())
        skip();
    const double reference[ACTIONS] = {0.1, 0.2, 0.4, 0.25, 0.05};
    const double q[][ACTIONS] = {
        {12, 15, 11, 3, 14.5}, {-40, -41, -39, -60, -38.999}, {7, 7, 7, 7, 7}};
    for (size_t i = 0; i < PP_COUNT(q); i++)
        for (size_t t = 0; t < PP_COUNT(temperatures); t++) {
            const pp_candidates c = valued(reference, q[i]);
            long double wanted = log_sum_exp(reference, q[i], temperatures[t]);
            double value = soft_of(&c, temperatures[t], NULL).value;
            assert_close(value, (double)wanted, 1e-12 * fabs((double)wanted));
        }
}

static void test_policy_soft_maximum_sums_to_one_and_is_the_boltzmann_policy(void **state)
{
    (void)state;
    if (!have_yardstick())
        skip();
    for (size_t t = 0; t < PP_COUNT(temperatures); t++)
        for (double d = -200; d <= 200; d += 50) {
            const pp_candidates c = falling();
            double policy[ACTIONS], q[ACTIONS], sum = 0, conversion = 0, tau = temperatures[t];
            pp_soft soft = pp_soft_maximum(&c, tau, pp_stake_booked(400), d, policy);
            for (size_t j = 0; j < ACTIONS; j++)
                q[j] = c.sale[j] * (400 * (c.multiplier[j] - 1) + d);
            double value = (double)log_sum_exp(c.reference, q, tau);
            for (size_t j = 0; j < ACTIONS; j++) {
                double wanted = c.reference[j] * exp((q[j] - value) / tau);
                // An error of 1e-14 in Q is one of 1e-14/tau in the exponent.
                assert_close(policy[j], wanted, 1e-12 + 1e-13 * fabs(value) / tau * wanted);
                sum += policy[j];
                conversion += policy[j] * c.sale[j];
            }
            assert_close(sum, 1, 1e-14);
            assert_close(soft.conversion, conversion, 1e-14);
            assert_close(soft.value, value, 1e-12 * (1 + fabs(value)));
        }
}

static void test_policy_q_is_tau_log_ratio_plus_v(void **state)
{
    (void)state;
    for (double tau = 0.5; tau < 1000; tau *= 3)
        for (double d = -100; d <= 100; d += 25) {
            const pp_candidates c = falling();
            double policy[ACTIONS],
                value = pp_soft_maximum(&c, tau, pp_stake_booked(400), d, policy).value;
            for (size_t j = 0; j < ACTIONS; j++) {
                double q = c.sale[j] * (400 * (c.multiplier[j] - 1) + d);
                assert_close(tau * log(policy[j] / c.reference[j]) + value, q,
                             1e-12 * (1 + fabs(q)));
            }
        }
}

/// Many values of a sale at once, for tables, give what each gives alone.
static void test_policy_many_soft_maxima_equal_single_ones(void **state)
{
    (void)state;
    enum { MANY = 150 }; // more than are worked on at a time
    const double narrow[ACTIONS] = {1e-200, 1e-40, 0.9, 0.1, 1e-300};
    for (size_t t = 0; t < PP_COUNT(temperatures); t++)
        for (int kind = 0; kind < 2; kind++) {
            double d[MANY], value[MANY], slope[MANY];
            pp_candidates c = falling();
            if (kind)
                memcpy(c.reference, narrow, sizeof narrow);
            for (size_t j = 0; j < MANY; j++)
                d[j] = -300 + 4 * (double)j;
            pp_soft_maxima(&c, temperatures[t], pp_stake_booked(400), d, MANY, value, slope);
            for (size_t j = 0; j < MANY; j++) {
                pp_soft alone =
                    pp_soft_maximum(&c, temperatures[t], pp_stake_booked(400), d[j], NULL);
                assert_close(value[j], alone.value, 1e-12 * (1 + fabs(alone.value)));
                assert_close(slope[j], alone.conversion, 1e-14);
            }
        }
}

/// A reference so narrow that what is best by far has next to no weight in it.
static void test_policy_best_is_all_but_excluded_keeps_its_value(void **state)
{
    (void)state;
    const double reference[ACTIONS] = {1, 1e-20, 1e-50, 1e-100, 1e-200}, q[] = {0, 1, 2, 3, 10};
    const pp_candidates c = valued(reference, q);
    for (double tau = 1e-4; tau < 1e3; tau *= 3) {
        double policy[ACTIONS], sum = 0, wanted = (double)log_sum_exp(reference, q, tau);
        pp_soft soft = soft_of(&c, tau, policy);
        assert_close(soft.value, wanted, 1e-12 * 10);
        for (size_t j = 0; j < ACTIONS; j++)
            sum += policy[j];
        assert_close(sum, 1, 1e-14);
        assert_true(soft.kl >= 0 && isfinite(soft.kl));
    }
}

static void test_policy_conversion_is_the_slope_of_the_value(void **state)
{
    (void)state;
    const pp_candidates c = falling();
    for (double tau = 0.3; tau < 1e5; tau *= 10)
        for (double d = -100; d <= 100; d += 25) {
            double h = 1e-4 * fmin(tau, 1);
            double rise = pp_soft_maximum(&c, tau, pp_stake_booked(400), d + h, NULL).value -
                          pp_soft_maximum(&c, tau, pp_stake_booked(400), d - h, NULL).value;
            double slope = pp_soft_maximum(&c, tau, pp_stake_booked(400), d, NULL).conversion;
            assert_close(rise / (2 * h), slope, 1e-7);
            assert_true(slope > c.sale[ACTIONS - 1] - 1e-12 && slope < c.sale[0] + 1e-12);
        }
}

static void test_policy_kl_is_that_of_the_policy(void **state)
{
    (void)state;
    const pp_candidates c = falling();
    for (size_t t = 0; t < PP_COUNT(temperatures); t++)
        for (double d = -100; d <= 100; d += 25) {
            double policy[ACTIONS], kl = 0;
            pp_soft soft = pp_soft_maximum(&c, temperatures[t], pp_stake_booked(400), d, policy);
            for (size_t j = 0; j < ACTIONS; j++)
                kl += policy[j] > 0 ? policy[j] * log(policy[j] / c.reference[j]) : 0;
            assert_true(soft.kl >= 0);
            // Cold, Q's rounding is divided by tau.
            assert_close(soft.kl, kl, temperatures[t] < 1e-3 ? 1e-5 : 1e-11);
        }
}

static void test_policy_no_temperature_takes_the_maximum(void **state)
{
    (void)state;
    const double reference[ACTIONS] = {0.1, 0.2, 0.4, 0.25, 0.05}, q[] = {1, 9, 3, 9, -2};
    const pp_candidates c = valued(reference, q);
    double policy[ACTIONS];
    pp_soft soft = soft_of(&c, 0, policy);
    assert_true(soft.value == 9 && soft.conversion == 9);
    assert_close(soft.kl, -log(0.2), 1e-15);
    for (size_t j = 0; j < ACTIONS; j++)
        assert_true(policy[j] == (j == 1)); // the first of the two
    const pp_candidates other = falling();
    for (double d = -200; d <= 200; d += 7) {
        pp_soft hard = pp_soft_maximum(&other, 0, pp_stake_booked(400), d, policy);
        pp_soft cold = pp_soft_maximum(&other, 1e-10, pp_stake_booked(400), d, policy);
        assert_close(cold.value, hard.value, 1e-9);
    }
}

static void test_policy_great_temperature_is_the_reference(void **state)
{
    (void)state;
    const pp_candidates c = falling();
    double policy[ACTIONS], mean = 0;
    for (size_t j = 0; j < ACTIONS; j++)
        mean += c.reference[j] * c.sale[j] * (400 * (c.multiplier[j] - 1) + 30);
    pp_soft soft = pp_soft_maximum(&c, 1e12, pp_stake_booked(400), 30, policy);
    assert_close(soft.value, mean, 1e-9);
    assert_close(soft.kl, 0, 1e-15);
    for (size_t j = 0; j < ACTIONS; j++)
        assert_close(policy[j], c.reference[j], 1e-10);
}

/// pi_new of Q_old + alpha (Q^lambda - Q_old) against (pi_b^tau pi_old^beta
/// exp(Q^lambda))^(1/(tau + beta)), beta = tau (1 - alpha)/alpha.
static void check_alpha_step(gsl_rng *rng, double tau, double alpha)
{
    double reference[ACTIONS], old[ACTIONS], target[ACTIONS], next[ACTIONS], mix[ACTIONS];
    double pi_old[ACTIONS], pi_new[ACTIONS], sum = 0, weight = 0, beta = tau * (1 - alpha) / alpha;
    for (size_t j = 0; j < ACTIONS; j++) {
        weight += reference[j] = 0.1 + gsl_rng_uniform(rng);
        old[j] = tau * 3 * gsl_ran_ugaussian(rng);
        target[j] = tau * 3 * gsl_ran_ugaussian(rng);
        next[j] = old[j] + alpha * (target[j] - old[j]);
    }
    for (size_t j = 0; j < ACTIONS; j++)
        reference[j] /= weight;
    const pp_candidates before = valued(reference, old), after = valued(reference, next);
    soft_of(&before, tau, pi_old);
    soft_of(&after, tau, pi_new);
    for (size_t j = 0; j < ACTIONS; j++)
        sum += mix[j] =
            exp((tau * log(reference[j]) + beta * log(pi_old[j]) + target[j]) / (tau + beta));
    for (size_t j = 0; j < ACTIONS; j++)
        assert_close(pi_new[j], mix[j] / sum, 1e-12);
}

static void test_policy_step_towards_return_is_a_geometric_mean(void **state)
{
    (void)state;
    pp_gsl_random random;
    gsl_rng *rng = draws(&random, 11);
    for (double tau = 0.03; tau < 100; tau *= 4)
        for (double alpha = 0.05; alpha <= 1; alpha += 0.19)
            check_alpha_step(rng, tau, alpha);
}

static void test_policy_act_mean_and_mode(void **state)
{
    (void)state;
    const pp_candidates c = falling();
    const double policy[ACTIONS] = {0.1, 0.15, 0.3, 0.05, 0.4};
    double mean = 0;
    for (size_t j = 0; j < ACTIONS; j++)
        mean += policy[j] * c.multiplier[j];
    assert_close(pp_policy_act(&c, policy, PP_ACT_MEAN, 0.7), mean, 1e-15);
    assert_true(pp_policy_act(&c, policy, PP_ACT_MODE, 0.1) == c.multiplier[4]);
}

static void test_policy_act_sample_follows_the_policy(void **state)
{
    (void)state;
    pp_gsl_random random;
    gsl_rng *rng = draws(&random, 12);
    const pp_candidates c = falling();
    const double policy[ACTIONS] = {0.1, 0, 0.5, 0.05, 0.35};
    double count[ACTIONS] = {0};
    for (int i = 0; i < 20000; i++) {
        double a = pp_policy_act(&c, policy, PP_ACT_SAMPLE, gsl_rng_uniform_pos(rng));
        for (size_t j = 0; j < ACTIONS; j++)
            count[j] += a == c.multiplier[j];
    }
    assert_likely(chi_squared_p(count, policy, ACTIONS));
    assert_true(pp_policy_act(&c, policy, PP_ACT_SAMPLE, 0) == c.multiplier[0]);
    assert_true(pp_policy_act(&c, policy, PP_ACT_SAMPLE, 1) == c.multiplier[4]);
}

static const pp_policy_config around = {.temperature = 1,
                                        .candidates = 41,
                                        .centre = 1,
                                        .spread = 0.03,
                                        .support = 0.12,
                                        .cap_min = NAN,
                                        .cap_max = NAN};

/// A model of sales that is the firm's pipeline.
static pp_sale_model model_of(const firm *f)
{
    const pp_sale_config config = {.conversion = PP_SALE_PIPELINE};
    pp_sale_model model;
    assert_int_equal(pp_sale_model_fit(&config, &f->setup, &model, NULL), PP_OK);
    return model;
}

static pp_candidates made(const firm *f, const pp_policy_config *config, double null_bid)
{
    const pp_sale_model model = model_of(f);
    pp_candidates c;
    pp_candidates_make(config, &model, f->curves.values, null_bid, (pp_price_range){0, INFINITY},
                       &c);
    return c;
}

static void test_policy_candidates_are_a_normal_law_on_a_grid(void **state)
{
    const firm *f = *state;
    pp_policy_config config = around;
    config.centre = 1.05;
    const pp_candidates c = made(f, &config, 1.2); // all within the bid's range
    double sum = 0, centre = 1.05 * 1.2;
    assert_int_equal(c.n, 41);
    assert_true(c.multiplier[20] == centre);
    for (size_t j = 0; j < c.n; j++) {
        double x = ((double)j - 20) / 20, z = 0.12 * x / 0.03;
        assert_close(c.multiplier[j], centre * (1 + 0.12 * x), 1e-15 * 8);
        assert_close(c.reference[j] / c.reference[20], exp(-z * z / 2), 1e-14);
        assert_close(c.sale[j], pp_curve_probability(&f->curves, 0, c.multiplier[j]), 0);
        sum += c.reference[j];
    }
    assert_close(sum, 1, 1e-14);
}

static void test_policy_one_candidate_is_the_centre(void **state)
{
    pp_policy_config config = around;
    config.candidates = 1;
    const pp_candidates c = made(*state, &config, 1.1);
    assert_int_equal(c.n, 1);
    assert_true(c.multiplier[0] == 1.1 && c.reference[0] == 1);
}

/// Whatever a sale is worth, and however cold, no act leaves [low, high].
static void stays_within(const pp_candidates *c, double low, double high)
{
    double policy[PP_CANDIDATES_MAX], sum = 0;
    for (size_t j = 0; j < c->n; j++)
        sum += c->reference[j];
    assert_close(sum, 1, 1e-14);
    for (int sign = -1; sign <= 1; sign += 2)
        for (double d = 1; d < 1e12; d *= 1000)
            for (double tau = 1e-8; tau < 1e9; tau *= 1000)
                for (int act = PP_ACT_MEAN; act <= PP_ACT_SAMPLE; act++) {
                    pp_soft soft = pp_soft_maximum(c, tau, pp_stake_booked(400), sign * d, policy);
                    double a = pp_policy_act(c, policy, (pp_act)act, 0.999999);
                    assert_true(isfinite(soft.value) && soft.kl >= 0);
                    assert_true(a > low - 1e-12 && a < high + 1e-12);
                }
}

static void test_policy_caps_are_never_left(void **state)
{
    pp_policy_config config = around;
    pp_candidates c = made(*state, &config, 1.05); // the bid's range, [1, 2]
    assert_true(c.n > 1 && c.n < 41);
    stays_within(&c, 1, 2);
    config.cap_min = 1.02;
    config.cap_max = 1.1;
    c = made(*state, &config, 1.05);
    assert_true(c.n > 1 && c.n < 41);
    assert_true(c.multiplier[0] >= 1.02 && c.multiplier[c.n - 1] <= 1.1);
    stays_within(&c, 1.02, 1.1);
    config.cap_min = 0.95; // an own cap may be wider than the bid's range
    c = made(*state, &config, 1.05);
    assert_true(c.multiplier[0] < 1);
}

static void test_policy_caps_that_leave_nothing_give_the_nearest(void **state)
{
    pp_policy_config config = around;
    config.cap_min = 1.5;
    config.cap_max = 1.6;
    pp_candidates c = made(*state, &config, 1.05);
    assert_int_equal(c.n, 1);
    assert_true(c.multiplier[0] == 1.5 && c.reference[0] == 1);
    c = made(*state, &config, 1.9);
    assert_true(c.n == 1 && c.multiplier[0] == 1.6);
    stays_within(&c, 1.5, 1.6);
}

static void test_policy_caps_in_the_wrong_order_are_refused(void **state)
{
    const pp_sale_model model = model_of(*state);
    pp_policy_config config = around;
    pp_error error = {0};
    assert_int_equal(pp_policy_check(&config, model.low, model.high, &error), PP_OK);
    assert_int_equal(pp_policy_check(&config, 2, 1, &error), PP_OK); // for the pipeline to refuse
    config.cap_min = 1.3;
    config.cap_max = 1.2;
    assert_int_equal(pp_policy_check(&config, model.low, model.high, &error), PP_EINVAL);
    assert_non_null(strstr(error.message, "cap_min: 1.3 is above cap_max, 1.2"));
    config.cap_max = NAN;
    config.cap_min = 2.5;
    error = (pp_error){0};
    assert_int_equal(pp_policy_check(&config, 0.5, 2, &error), PP_EINVAL);
    assert_string_equal(error.message, "cap_min: 2.5 is above the bid's range, which ends at 2");
    assert_int_equal(pp_policy_check(&config, NAN, NAN, &error), PP_OK); // not known
    config.cap_min = NAN;
    config.cap_max = 0.25;
    error = (pp_error){0};
    assert_int_equal(pp_policy_check(&config, 0.5, 2, &error), PP_EINVAL);
    assert_string_equal(error.message,
                        "cap_max: 0.25 is below the bid's range, which begins at 0.5");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_policy_value_is_the_log_sum_exp_of_q),
        cmocka_unit_test(test_policy_soft_maximum_sums_to_one_and_is_the_boltzmann_policy),
        cmocka_unit_test(test_policy_q_is_tau_log_ratio_plus_v),
        cmocka_unit_test(test_policy_many_soft_maxima_equal_single_ones),
        cmocka_unit_test(test_policy_best_is_all_but_excluded_keeps_its_value),
        cmocka_unit_test(test_policy_conversion_is_the_slope_of_the_value),
        cmocka_unit_test(test_policy_kl_is_that_of_the_policy),
        cmocka_unit_test(test_policy_no_temperature_takes_the_maximum),
        cmocka_unit_test(test_policy_great_temperature_is_the_reference),
        cmocka_unit_test(test_policy_step_towards_return_is_a_geometric_mean),
        cmocka_unit_test(test_policy_act_mean_and_mode),
        cmocka_unit_test(test_policy_act_sample_follows_the_policy),
        cmocka_unit_test(test_policy_candidates_are_a_normal_law_on_a_grid),
        cmocka_unit_test(test_policy_one_candidate_is_the_centre),
        cmocka_unit_test(test_policy_caps_are_never_left),
        cmocka_unit_test(test_policy_caps_that_leave_nothing_give_the_nearest),
        cmocka_unit_test(test_policy_caps_in_the_wrong_order_are_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
