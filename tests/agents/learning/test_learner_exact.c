/// @slow
// That learners come near to the exact soft program of the tiny market, and the same way each time.
#include "tests/support/agent_params.h"
#include "tests/support/learner_bench.h"

/// klq's update.
static pp_status step(pp_learner *l, pp_error *error)
{
    return pp_learner_regress(l, false, l->config.alpha, l->theta, error);
}

/// Mean error of the value of a sale to the young over where the exact policy goes, GBP.
static double sale_error(const bench *b, const solution *s)
{
    double sum = 0;
    for (size_t t = 0; t < TINY_ROUNDS; t++)
        for (size_t i = 0; i <= t; i++) {
            const double held = (double)i;
            double d = pp_learner_sale_value(&b->learner, b->learner.theta, (int64_t)t, &held, 1);
            sum += s->chance[t][i][0] * fabs(d - tiny_change(s, t + 1, i, 0, 1)) / TINY_ROUNDS;
        }
    return sum;
}

/// E_s[V(s)] of an epoch that starts, GBP.
static double start_value(const bench *b)
{
    const double held = 0;
    const pp_learner *l = &b->learner;
    double value = value_at(l, l->theta, &held, 1);
    for (size_t c = 0; c < TYPES; c++) {
        double d = pp_learner_sale_value(l, l->theta, 0, &held, tiny_categories(b->market, c));
        value += b->market->share[c] * tiny_soft(b->market, c, TAU, d).value;
    }
    return value;
}

static void learn_klq(const firm *f, const pp_learner_config *config)
{
    bench *b = bench_create(f, 1, TAU);
    solution *s = tiny_solve(b->market, TAU);
    tiny_play(b->market, TAU, s);
    const pp_learner_config none = {.iterations = 1, .rollouts = 1, .trace = 1, .alpha = 1};
    bench_learn(b, &none, false, stay);
    double before = sale_error(b, s), start = fabs(start_value(b) - s->value[0][0][0]);
    pp_learner_release(&b->learner);
    bench_learn(b, config, false, step);
    double after = sale_error(b, s), end = fabs(start_value(b) - s->value[0][0][0]);
    // Measured: 19.3 -> 0.63 (trace 0.8) and 0.74 (trace 1), and 55.3 -> 0.70 and 0.10.
    assert_true(before > 15 && after < 2);
    assert_true(start > 50 && end < 2);
    free(s);
    bench_destroy(b);
}

static void test_learner_klq_comes_near_the_exact_program(void **state)
{
    for (double trace = 0.8; trace < 1.1; trace += 0.2) {
        const pp_learner_config config = {
            .iterations = 300, .rollouts = 200, .trace = fmin(trace, 1), .alpha = 0.02};
        learn_klq(*state, &config);
    }
}

/// The quote of an agent to a type of customer.
static double quoted(agent *a, const tiny *m, size_t type, int64_t round, double held)
{
    double row[SIM_COLUMNS];
    for (size_t j = 0; j < SIM_COLUMNS; j++)
        row[j] = m->column[j][m->row[type]];
    const pp_agent_quote quote = {
        .round = round,
        .features = row,
        .unit = type_estimate[type],
        .null_bid = m->null_bid[type],
        .break_even = 1,
        .high = INFINITY,
        .curve = {m->model.pipeline, 1, m->curves.size, m->curve[type], &type_estimate[type]},
        .categories = tiny_categories(m, type)};
    return a->class->quote(a->state, &quote, &held);
}

/// Mean error of quotes to the young over where the exact policy goes, as a share of C.
static double quote_error(agent *a, const tiny *m, const solution *s)
{
    double sum = 0;
    for (size_t t = 0; t < TINY_ROUNDS; t++)
        for (size_t i = 0; i <= t; i++)
            for (size_t c = 0; c < 2; c++) {
                double exact = tiny_soft(m, c, TAU, tiny_change(s, t + 1, i, 0, 1)).multiplier;
                sum += s->chance[t][i][0] * fabs(quoted(a, m, c, (int64_t)t, (double)i) - exact) /
                       (2 * TINY_ROUNDS);
            }
    return sum;
}

enum { UPDATES = 300 };

static const param_value common[] = {
    {"temperature", TAU, NULL},
    {"act", 0, "mean"},
    {"candidates", ACTIONS, NULL},
    {"spread", TINY_SPREAD, NULL},
    {"support", TINY_SUPPORT, NULL},
    {"conversion", 0, "pipeline"},
    {"cap_min", TINY_CAP, NULL},
    {"trace", 1, NULL},
    {"alpha", 0.02, NULL},
    {"rollouts", 200, NULL},
    {"iterations", 0, NULL}, // the last two are set below
    {NULL, 0, NULL},
};

/// @param log [PP_LEARNING_COUNT][UPDATES], or NULL
static agent learner_create(const char *name, const tiny *m, size_t iterations, double *log)
{
    param_value values[PP_COUNT(common)];
    const size_t n = PP_COUNT(values);
    pp_agent_setup situation = m->setup;
    pp_learning learning = {.n_updates = iterations};
    for (size_t i = 0; i < PP_LEARNING_COUNT && log; i++)
        learning.series[i] = log + i * UPDATES;
    situation.learning = log ? &learning : NULL;
    memcpy(values, common, sizeof common);
    values[n - 2].number = (double)iterations;
    values[n - 1] = strcmp(name, "klq") == 0 ? (param_value){"method", 0, "model_free"}
                                             : (param_value){"step", 0.5, NULL};
    return agent_with(name, &situation, values, n);
}

/// Both agents from one update to many; what they think an epoch brings, and what it does.
static void check_agent(const firm *f, const char *name, double most)
{
    tiny *m = tiny_create(f, 1);
    solution *s = tiny_solve(m, TAU);
    double *log = reals((size_t)PP_LEARNING_COUNT * UPDATES), value = 0, reward = 0, kl = 0;
    tiny_play(m, TAU, s);
    agent first = learner_create(name, m, 1, NULL);
    agent last = learner_create(name, m, UPDATES, log);
    double before = quote_error(&first, m, s), after = quote_error(&last, m, s);
    for (size_t i = UPDATES - 50; i < UPDATES; i++) {
        value += log[PP_LEARNING_VALUE * UPDATES + i] / 50;
        reward += log[PP_LEARNING_RETURN * UPDATES + i] / 50;
        kl += log[PP_LEARNING_KL * UPDATES + i] / 50;
    }
    assert_true(before > 0.01 && after < most * before);
    // 10,000 rollouts with a standard deviation of some 60 GBP.
    assert_close(reward - TAU * kl, s->value[0][0][0], 3);
    assert_close(value, s->value[0][0][0], 5);
    free(log);
    free(s);
    agent_destroy(&first);
    agent_destroy(&last);
    tiny_destroy(m);
}

static void test_learner_agents_come_near_the_exact_program(void **state)
{
    check_agent(*state, "klq", 0.15);
    check_agent(*state, "ppo", 0.3);
}

static void test_learner_same_stream_same_policy(void **state)
{
    const char *const names[] = {"klq", "ppo"};
    for (size_t which = 0; which < 2; which++) {
        tiny *m = tiny_create(*state, 1);
        agent x = learner_create(names[which], m, 5, NULL);
        agent y = learner_create(names[which], m, 5, NULL);
        m->setup.stream.trial++;
        agent z = learner_create(names[which], m, 5, NULL);
        double apart = 0;
        for (int64_t t = 0; t < TINY_ROUNDS; t++)
            for (int64_t i = 0; i <= t; i++) {
                double quote = quoted(&x, m, 0, t, (double)i);
                assert_true(quote == quoted(&y, m, 0, t, (double)i));
                apart += fabs(quote - quoted(&z, m, 0, t, (double)i));
            }
        assert_true(apart > 1e-4);
        agent_destroy(&x);
        agent_destroy(&y);
        agent_destroy(&z);
        tiny_destroy(m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_learner_klq_comes_near_the_exact_program),
        cmocka_unit_test(test_learner_agents_come_near_the_exact_program),
        cmocka_unit_test(test_learner_same_stream_same_policy),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
