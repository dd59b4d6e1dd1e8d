/// @file
/// A learner at work on the tiny market.
#ifndef PURSUIT_TESTS_SUPPORT_LEARNER_BENCH_H
#define PURSUIT_TESTS_SUPPORT_LEARNER_BENCH_H

#include "tests/support/tiny_market.h"

#include "agents/learning/learner.h"

#define TAU 5.0

typedef struct bench {
    tiny *market;
    pp_pursuer pursuer;
    pp_learner learner;
    pp_candidates candidates[TINY_ROWS]; ///< of each customer, made without the learner
    double unit[TINY_ROWS];
    int updates; ///< that a test has looked at
    bool value;  ///< what a test of regressions regresses
} bench;

static inline void bench_candidates(bench *b, const pp_policy_config *policy)
{
    pp_gain all = {.model = &b->pursuer.model};
    assert_int_equal(pp_gain_rows_load(&b->market->setup, &all, TINY_ROWS, NULL), PP_OK);
    assert_int_equal(all.rows.n, TINY_ROWS);
    for (size_t i = 0; i < TINY_ROWS; i++) {
        b->unit[i] = all.rows.stake[i].size;
        pp_candidates_make(policy, &b->pursuer.model,
                           all.rows.curves + i * b->pursuer.model.curve_size, all.rows.null_bid[i],
                           all.rows.range[i], &b->candidates[i]);
    }
    pp_gain_release(&all);
}

static inline bench *bench_create(const firm *f, size_t n_categories, double temperature)
{
    bench *b = zeroed(sizeof *b);
    const pp_policy_config policy = tiny_policy(temperature);
    const pp_sale_config pipeline = {.conversion = PP_SALE_PIPELINE};
    b->market = tiny_create(f, n_categories);
    assert_int_equal(
        pp_pursuer_train(&b->pursuer, &pipeline, &policy, false, NULL, &b->market->setup, NULL),
        PP_OK);
    bench_candidates(b, &policy);
    return b;
}

static inline void bench_learn(bench *b, const pp_learner_config *config, bool critic,
                               pp_learner_update update)
{
    pp_error error = {0};
    if (pp_learner_train(config, &b->pursuer, critic, update, b, &b->market->setup, &b->learner,
                         &error) != PP_OK)
        fail_msg("%s", error.message);
}

static inline void bench_destroy(bench *b)
{
    pp_learner_release(&b->learner);
    pp_pursuer_release(&b->pursuer);
    tiny_destroy(b->market);
    free(b);
}

/// V(held, t) by coefficients.
static inline double value_at(const pp_learner *l, const double *theta, const double *held,
                              int64_t t)
{
    pp_sparse x;
    pp_basis_at(&l->basis, held, t, 0, 0, &x);
    return pp_sparse_dot(&x, theta);
}

/// An update that changes nothing.
static inline pp_status stay(pp_learner *l, pp_error *error)
{
    (void)l, (void)error;
    return PP_OK;
}

#endif
