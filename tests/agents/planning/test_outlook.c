/// agents/planning/outlook.h: expectations carried on as a power series against sums to 12 s.d. in
/// long double, along paths of sales such as an epoch has, and jumps that it does not.
#include "tests/support/pricing_fixture.h"

#include "agents/planning/outlook.h"
#include "market/base/simd.h"

enum { CATEGORIES = 5, WIDTH = 8, ROUNDS = 1000 };
#define LOSS_EACH 4000.0

static pp_plan make_plan(void)
{
    const double target[CATEGORIES] = {0, 1, 12, 150, 900};
    pp_plan plan = {.n_categories = CATEGORIES, .loss_each = LOSS_EACH, .rounds = ROUNDS};
    memcpy(plan.target, target, sizeof target);
    return plan;
}

/// E of L and of its first two differences, by the definition.
static void plain(const pp_plan *plan, size_t k, double held, double mean, double wanted[3])
{
    long double sum[3] = {0}, weight = 0, log_mean = logl((long double)mean);
    double low = fmax(0, floor(mean - 12 * sqrt(mean))), high = mean + 12 * sqrt(mean) + 40;
    for (double n = low; n <= high; n++) {
        long double z = mean > 0 ? expl(n * log_mean - mean - lgammal(n + 1)) : n == 0;
        double l[3];
        for (int j = 0; j < 3; j++)
            l[j] = pp_plan_loss(plan, k, held + n + j);
        weight += z;
        sum[0] += z * l[0];
        sum[1] += z * (l[1] - l[0]);
        sum[2] += z * (l[2] - 2 * l[1] + l[0]);
    }
    for (int j = 0; j < 3; j++)
        wanted[j] = (double)(sum[j] / weight);
}

/// Sums are cut 8 s.d. away, where little is left even of a law of small mean, and series end where
/// their terms are a 10^10th of the loss: together below a 10^8th, 4e-5 GBP here.
static void check(const pp_plan *plan, const pp_outlook *o, const double *held, const double *mean,
                  bool anchor)
{
    for (size_t k = 0; k < CATEGORIES; k++) {
        double wanted[3];
        plain(plan, k, held[k], mean[k], wanted);
        assert_close(o->loss[k], wanted[0], 1e-8 * LOSS_EACH);
        if (!anchor)
            continue;
        assert_close(o->first[k], wanted[1], 1e-8 * LOSS_EACH);
        assert_close(o->second[k], wanted[2], 1e-8 * LOSS_EACH);
    }
}

/// Sales as they come, and rates that answer to prices.
static void test_outlook_follows_an_epoch(void **state)
{
    (void)state;
    pp_plan plan = make_plan();
    pp_outlook o;
    pp_gsl_random random;
    gsl_rng *rng = draws(&random, 1);
    double held[WIDTH] = {0}, mean[WIDTH] = {0}, rate[CATEGORIES] = {0.05, 0.03, 0.015, 0.15, 0.8};
    assert_int_equal(pp_outlook_create(&plan, &o, NULL), PP_OK);
    assert_int_equal(o.width, WIDTH);
    for (int epoch = 0; epoch < 2; epoch++) {
        memset(held, 0, sizeof held);
        for (int round = 0; round < ROUNDS; round++) {
            for (size_t k = 0; k < CATEGORIES; k++) {
                double now = rate[k] * (1 + 0.02 * gsl_ran_ugaussian(rng));
                mean[k] = fmin(fmax(now, 0), 1) * (ROUNDS - round - 1);
            }
            pp_outlook_at(&plan, &o, held, mean, true);
            if (round % 7 == 0 || round > 990)
                check(&plan, &o, held, mean, true);
            for (size_t k = 0; k < CATEGORIES; k++)
                held[k] += gsl_rng_uniform(rng) < rate[k];
        }
    }
    pp_outlook_release(&o);
}

/// Prices that turn all customers away, holdings of parts of policies, none to come.
static void test_outlook_jumps_are_summed_anew(void **state)
{
    (void)state;
    const double means[] = {0, 1e-9, 0.5, 3, 47, 46, 0, 800, 1000, 130, 0.01, 999};
    pp_plan plan = make_plan();
    pp_outlook o;
    double held[WIDTH] = {0}, mean[WIDTH] = {0};
    for (int anchor = 0; anchor < 2; anchor++) {
        assert_int_equal(pp_outlook_create(&plan, &o, NULL), PP_OK);
        for (size_t i = 0; i < PP_COUNT(means); i++)
            for (double base = 0; base < 300; base += 99.5) {
                for (size_t k = 0; k < CATEGORIES; k++) {
                    held[k] = base + (double)k;
                    mean[k] = means[(i + k) % PP_COUNT(means)];
                }
                pp_outlook_at(&plan, &o, held, mean, anchor);
                check(&plan, &o, held, mean, anchor);
            }
        pp_outlook_release(&o);
    }
}

static void test_outlook_same_bits_at_every_level(void **state)
{
    (void)state;
    pp_plan plan = make_plan();
    pp_simd kept = pp_simd_level();
    double seen[3][PP_SIMD_COUNT][200] = {{{0}}};
    for (int level = PP_SIMD_BASELINE; level <= (int)pp_simd_most(); level++) {
        pp_outlook o;
        double held[WIDTH] = {0}, mean[WIDTH] = {0};
        pp_simd_use((pp_simd)level);
        assert_int_equal(pp_outlook_create(&plan, &o, NULL), PP_OK);
        for (int round = 0; round < 200; round++) {
            for (size_t k = 0; k < CATEGORIES; k++) {
                held[k] = floor(0.2 * (double)(k + 1) * round);
                mean[k] = 0.19 * (double)(k + 1) * (200 - round);
            }
            pp_outlook_at(&plan, &o, held, mean, true);
            seen[0][level][round] = o.loss[3];
            seen[1][level][round] = o.first[2];
            seen[2][level][round] = o.second[4];
        }
        pp_outlook_release(&o);
        for (int j = 0; j < 3; j++)
            assert_memory_equal(seen[j][level], seen[j][PP_SIMD_BASELINE], sizeof seen[j][level]);
    }
    pp_simd_use(kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_outlook_follows_an_epoch),
        cmocka_unit_test(test_outlook_jumps_are_summed_anew),
        cmocka_unit_test(test_outlook_same_bits_at_every_level),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
