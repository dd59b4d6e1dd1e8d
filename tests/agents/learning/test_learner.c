// Learning from rollouts: what the rows are, what a regression solves, what is refused.
#include <gsl/gsl_multifit.h>

#include "tests/support/learner_bench.h"

#include "market/base/simd.h"

static void test_learner_lambda_sum_is_a_double_sum(void **state)
{
    (void)state;
    enum { N = 12 };
    pp_gsl_random random;
    gsl_rng *rng = draws(&random, 61);
    for (double decay = 0; decay <= 1; decay += 0.25) {
        double delta[N], sum[N];
        for (size_t t = 0; t < N; t++)
            sum[t] = delta[t] = gsl_ran_ugaussian(rng);
        pp_lambda_sum(sum, N, decay);
        for (size_t t = 0; t < N; t++) {
            double wanted = 0;
            for (size_t u = t; u < N; u++)
                wanted += pow(decay, (double)(u - t)) * delta[u];
            assert_close(sum[t], wanted, 1e-12);
        }
    }
    pp_lambda_sum(NULL, 0, 1);
}

/// A row's state written out: V(held, t + 1), what a sale changes it by, and the soft maximum.
typedef struct written {
    const pp_candidates *c;
    double without, d, unit, policy[PP_CANDIDATES_MAX];
    pp_soft soft;
    size_t action;
} written;

static written write_out(const pp_learner *l, const double *theta, size_t row)
{
    const bench *b = l->own;
    const pp_rollouts *r = &l->rollouts;
    size_t customer = r->customer[row], n = l->basis.n_categories;
    int64_t after = (int64_t)(row % r->rounds) + 1;
    double more[PP_MAX_CATEGORIES];
    const double *held = r->held + row * n;
    written w = {
        .c = &b->candidates[customer], .unit = b->unit[customer], .action = r->action[row]};
    for (size_t k = 0; k < n; k++)
        more[k] = held[k] + (double)(l->categories[customer] >> k & 1);
    w.without = value_at(l, theta, held, after);
    w.d = value_at(l, theta, more, after) - w.without;
    w.soft = pp_soft_maximum(w.c, l->temperature, pp_stake_booked(w.unit), w.d, w.policy);
    return w;
}

/// V, and Q_theta both ways: by its definition and as tau log(pi/pi_b) + V.
static void check_row(const pp_learner *l, size_t row)
{
    const pp_rollouts *r = &l->rollouts;
    const written w = write_out(l, l->theta, row);
    size_t a = w.action;
    double value = w.without + w.soft.value;
    double q = w.without + w.c->sale[a] * (w.unit * (w.c->multiplier[a] - 1) + w.d);
    assert_close(r->probability[row], w.policy[a], 1e-12);
    assert_close(r->conversion[row], w.soft.conversion, 1e-12);
    if (!l->critic)
        assert_true(r->slope[row] == r->conversion[row]);
    assert_close(l->temperature * log(w.policy[a] / w.c->reference[a]) + value, q,
                 1e-12 * (1 + fabs(q)));
    if (l->critic) {
        const written other = write_out(l, l->critic, row);
        value = other.without + other.soft.value;
        assert_close(r->slope[row], other.soft.conversion, 1e-12);
        q = value + l->temperature * log(w.policy[a] / w.c->reference[a]);
    }
    assert_close(r->value[row], value, 1e-12 * (1 + fabs(value)));
    assert_close(r->action_value[row], q, 1e-12 * (1 + fabs(q)));
}

/// The rollout's rewards and portfolios are an epoch's: a round brings what its action earns on
/// average, the last the loss besides, and a sale a policy.
static void check_rollout(const pp_learner *l, size_t first)
{
    const bench *b = l->own;
    const pp_rollouts *r = &l->rollouts;
    size_t n = l->basis.n_categories;
    double held[PP_MAX_CATEGORIES] = {0};
    for (size_t i = first; i < first + r->rounds; i++) {
        size_t customer = r->customer[i];
        const pp_candidates *c = &b->candidates[customer];
        double chance = c->sale[r->action[i]];
        double gain = chance * b->unit[customer] * (c->multiplier[r->action[i]] - 1);
        double more[PP_MAX_CATEGORIES] = {0}, reward = r->reward[i];
        assert_memory_equal(r->held + i * n, held, n * sizeof(double));
        for (size_t k = 0; k < n; k++)
            more[k] = held[k] + (double)(l->categories[customer] >> k & 1);
        bool last = i + 1 == first + r->rounds;
        const double *next = last ? NULL : r->held + (i + 1) * n;
        bool sold = last ? reward == gain - pp_portfolio_loss(&l->portfolio, more)
                         : memcmp(next, more, n * sizeof(double)) == 0;
        if (last)
            assert_true(sold || reward == gain - pp_portfolio_loss(&l->portfolio, held));
        else
            assert_true(reward == gain);
        if (sold)
            memcpy(held, more, sizeof held);
    }
}

/// Delta is PPO's GAE over rewards less tau log(pi/pi_b).
static void check_advantages(const pp_learner *l, size_t first)
{
    const bench *b = l->own;
    const pp_rollouts *r = &l->rollouts;
    size_t end = first + r->rounds;
    for (size_t i = first; i < end; i++) {
        double sum = 0, size = 1;
        for (size_t u = i; u < end; u++) {
            size_t a = r->action[u];
            const pp_candidates *c = &b->candidates[r->customer[u]];
            double penalised =
                r->reward[u] - l->temperature * log(r->probability[u] / c->reference[a]);
            double next = u + 1 < end ? r->value[u + 1] : 0;
            sum += pow(l->config.trace, (double)(u - i)) * (penalised + next - r->value[u]);
            size += fabs(penalised) + fabs(next) + fabs(r->value[u]);
        }
        assert_close(r->delta[i], sum, 1e-12 * size);
    }
}

/// Look at the rows, then go somewhere else.
static pp_status look(pp_learner *l, pp_error *error)
{
    bench *b = l->own;
    const pp_rollouts *r = &l->rollouts;
    pp_gsl_random random;
    gsl_rng *rng = draws(&random, 62 + (uint64_t)b->updates++);
    (void)error;
    assert_int_equal(r->n, r->rounds * (size_t)l->config.rollouts);
    for (size_t first = 0; first < r->n; first += r->rounds) {
        check_rollout(l, first);
        check_advantages(l, first);
    }
    for (size_t row = 0; row < r->n; row++)
        check_row(l, row);
    for (size_t i = 0; i < l->basis.size; i++) {
        l->theta[i] += 20 * gsl_ran_ugaussian(rng);
        if (l->critic)
            l->critic[i] += 20 * gsl_ran_ugaussian(rng);
    }
    return PP_OK;
}

static void test_learner_rows_are_what_the_paper_has(void **state)
{
    for (size_t n_categories = 1; n_categories <= 2; n_categories++)
        for (int critic = 0; critic <= 1; critic++)
            for (double trace = 0; trace <= 1; trace += 0.5) {
                const pp_learner_config config = {
                    .iterations = 5, .rollouts = 20, .trace = trace, .alpha = 0.1};
                bench *b = bench_create(*state, n_categories, TAU);
                bench_learn(b, &config, critic, look);
                assert_int_equal(b->updates, 5);
                bench_destroy(b);
            }
}

/// x of a row, dense: (1 - chance) hats(held) + chance hats(held + s).
static void fill_gradient(const pp_learner *l, size_t row, double chance, gsl_vector *x)
{
    const pp_rollouts *r = &l->rollouts;
    size_t n = l->basis.n_categories, customer = r->customer[row];
    double more[PP_MAX_CATEGORIES];
    const double *held = r->held + row * n;
    pp_sparse with, without;
    for (size_t k = 0; k < n; k++)
        more[k] = held[k] + (double)(l->categories[customer] >> k & 1);
    pp_basis_at(&l->basis, held, (int64_t)(row % r->rounds) + 1, 0, 0, &without);
    pp_basis_at(&l->basis, more, (int64_t)(row % r->rounds) + 1, 0, 0, &with);
    for (size_t i = 0; i < without.n; i++)
        *gsl_vector_ptr(x, without.at[i]) += (1 - chance) * without.value[i];
    for (size_t i = 0; i < with.n; i++)
        *gsl_vector_ptr(x, with.at[i]) += chance * with.value[i];
}

/// The same regression as GSL solves it: a row of weight 1 for every coefficient that stays.
static void solve_by_gsl(const pp_learner *l, bool value, double scale, gsl_vector *change)
{
    size_t rows = l->rollouts.n, n = l->basis.size;
    gsl_matrix *x = gsl_matrix_calloc(rows + n, n), *covariance = gsl_matrix_alloc(n, n);
    gsl_vector *y = gsl_vector_calloc(rows + n);
    gsl_multifit_linear_workspace *work = gsl_multifit_linear_alloc(rows + n, n);
    double squares;
    assert_true(x && covariance && y && work);
    for (size_t row = 0; row < rows; row++) {
        const written w = write_out(l, l->theta, row);
        gsl_vector_view line = gsl_matrix_row(x, row);
        fill_gradient(l, row, value ? w.soft.conversion : w.c->sale[w.action], &line.vector);
        gsl_vector_set(y, row, scale * l->rollouts.delta[row]);
    }
    for (size_t i = 0; i < n; i++)
        gsl_matrix_set(x, rows + i, i, 1);
    assert_int_equal(gsl_multifit_linear(x, y, change, covariance, &squares, work), 0);
    gsl_multifit_linear_free(work);
    gsl_vector_free(y);
    gsl_matrix_free(covariance);
    gsl_matrix_free(x);
}

static pp_status regress(pp_learner *l, pp_error *error)
{
    const bench *b = l->own;
    size_t n = l->basis.size;
    double *before = reals(n);
    gsl_vector *change = gsl_vector_alloc(n);
    assert_non_null(change);
    memcpy(before, l->theta, n * sizeof(double));
    solve_by_gsl(l, b->value, 0.3, change);
    pp_status status = pp_learner_regress(l, b->value, 0.3, l->theta, error);
    double moved = 0;
    for (size_t i = 0; i < n; i++) {
        assert_close(l->theta[i] - before[i], gsl_vector_get(change, i), 1e-8);
        moved = fmax(moved, fabs(l->theta[i] - before[i]));
    }
    assert_true(moved > 0.1);
    gsl_vector_free(change);
    free(before);
    return status;
}

static void test_learner_regression_is_least_squares(void **state)
{
    for (size_t n_categories = 1; n_categories <= 2; n_categories++)
        for (int value = 0; value <= 1; value++) {
            const pp_learner_config config = {
                .iterations = 2, .rollouts = 30, .trace = 0.8, .alpha = 0.3};
            bench *b = bench_create(*state, n_categories, TAU);
            b->value = value;
            bench_learn(b, &config, false, regress);
            bench_destroy(b);
        }
}

/// A regression, then a step that depends on everything that a row has.
static pp_status step(pp_learner *l, pp_error *error)
{
    const bench *b = l->own;
    pp_status status =
        pp_learner_regress(l, b->value, 0.3, l->critic ? l->critic : l->theta, error);
    for (size_t i = 0; i < l->basis.size && l->critic; i++)
        l->theta[i] += 0.1 * (l->critic[i] - l->theta[i]);
    return status;
}

static void test_learner_same_bits_at_every_level(void **state)
{
    for (int critic = 0; critic <= 1; critic++) {
        const pp_learner_config config = {
            .iterations = 5, .rollouts = 13, .trace = 0.8, .alpha = 0.3};
        bench *base = bench_create(*state, 2, TAU);
        base->value = critic;
        pp_simd_use(PP_SIMD_BASELINE);
        bench_learn(base, &config, critic, step);
        for (pp_simd level = PP_SIMD_AVX2; level <= pp_simd_most(); level++) {
            bench *b = bench_create(*state, 2, TAU);
            b->value = critic;
            pp_simd_use(level);
            bench_learn(b, &config, critic, step);
            assert_memory_equal(b->learner.theta, base->learner.theta,
                                b->learner.basis.size * sizeof(double));
            bench_destroy(b);
        }
        bench_destroy(base);
    }
    pp_simd_use(pp_simd_most());
}

/// At temperatures so high that all weights are those of the reference, and V the mean of Q.
static pp_status look_at_values(pp_learner *l, pp_error *error)
{
    (void)error;
    for (size_t row = 0; row < l->rollouts.n; row++) {
        const written w = write_out(l, l->theta, row);
        double value = w.without + w.soft.value;
        assert_close(l->rollouts.value[row], value, 1e-12 * (1 + fabs(value)));
    }
    return PP_OK;
}

static void test_learner_values_keep_their_digits_at_any_temperature(void **state)
{
    const double temperatures[] = {1e-6, 0.1, 100, 1e4, 1e6, 1e12};
    for (size_t i = 0; i < PP_COUNT(temperatures); i++) {
        const pp_learner_config config = {
            .iterations = 1, .rollouts = 20, .trace = 1, .alpha = 0.1};
        bench *b = bench_create(*state, 2, temperatures[i]);
        bench_learn(b, &config, false, look_at_values);
        bench_destroy(b);
    }
}

/// Train and expect to fail; what was made till then is released as ever.
static void fails(bench *b, const pp_learner_config *config, pp_status status, const char *message)
{
    pp_error error = {0};
    assert_int_equal(pp_learner_train(config, &b->pursuer, false, stay, b, &b->market->setup,
                                      &b->learner, &error),
                     status);
    assert_int_equal(error.status, status);
    assert_string_equal(error.message, message);
    bench_destroy(b);
}

static void test_learner_impossible_parameters_are_refused(void **state)
{
    pp_learner_config config = {.iterations = 1, .rollouts = 1, .trace = 1, .alpha = 1};
    fails(bench_create(*state, 1, 0), &config, PP_EINVAL,
          "temperature: learning from rollouts needs one above 0");
    config.rollouts = INT64_MAX;
    fails(bench_create(*state, 1, TAU), &config, PP_EINVAL,
          "rollouts: 9223372036854775807 epochs of 8 rounds are too many");
}

static void test_learner_that_is_stopped_says_so(void **state)
{
    const pp_learner_config config = {.iterations = 1, .rollouts = 1, .trace = 1, .alpha = 1};
    const pp_stop_flag stop = 1;
    bench *b = bench_create(*state, 1, TAU);
    b->market->setup.stop = &stop;
    fails(b, &config, PP_EINTERRUPTED, "interrupted");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_learner_lambda_sum_is_a_double_sum),
        cmocka_unit_test(test_learner_rows_are_what_the_paper_has),
        cmocka_unit_test(test_learner_regression_is_least_squares),
        cmocka_unit_test(test_learner_same_bits_at_every_level),
        cmocka_unit_test(test_learner_values_keep_their_digits_at_any_temperature),
        cmocka_unit_test(test_learner_impossible_parameters_are_refused),
        cmocka_unit_test(test_learner_that_is_stopped_says_so),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
