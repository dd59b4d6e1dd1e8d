/// agents/planning/planning_kernels.h: tables of soft maxima against single ones, and every number
/// of candidates at every level of vector instructions.
#include "tests/support/pricing_fixture.h"

#include "agents/planning/policy.h"
#include "market/base/simd.h"
#include "tests/support/simd_levels.h"

enum { MOST = 41, POINTS = 65 };
#define ESTIMATE 400.0 // GBP

/// Candidates whose conversion falls with the price.
static pp_candidates falling(size_t n)
{
    pp_candidates c = {.n = n};
    double sum = 0;
    for (size_t j = 0; j < n; j++) {
        double x = n > 1 ? 2 * (double)j / (double)(n - 1) - 1 : 0;
        c.multiplier[j] = 1.05 + 0.12 * x;
        c.reference[j] = exp(-8 * x * x);
        c.sale[j] = 1 / (1 + exp(25 * (c.multiplier[j] - 1.06)));
        sum += c.reference[j];
    }
    for (size_t j = 0; j < n; j++)
        c.reference[j] /= sum;
    // Neighbours in memory that no kernel may take for candidates.
    for (size_t j = n; j < PP_CANDIDATES_ROOM; j++)
        c.multiplier[j] = c.reference[j] = c.sale[j] = NAN;
    return c;
}

typedef struct curve {
    double value[POINTS], slope[POINTS];
} curve;

static curve curve_of(const pp_candidates *c, double temperature, const double *d, pp_simd level)
{
    curve made = {0};
    pp_simd_use(level);
    pp_soft_maxima(c, temperature, pp_stake_booked(ESTIMATE), d, POINTS, made.value, made.slope);
    return made;
}

static void check(const pp_candidates *c, double temperature)
{
    double d[POINTS];
    for (size_t j = 0; j < POINTS; j++)
        d[j] = -300 + 600 * (double)j / (POINTS - 1);
    const curve base = curve_of(c, temperature, d, PP_SIMD_BASELINE);
    for (int level = PP_SIMD_AVX2; level <= (int)pp_simd_most(); level++) {
        const curve other = curve_of(c, temperature, d, (pp_simd)level);
        assert_memory_equal(&base, &other, sizeof base);
    }
    for (size_t j = 0; j < POINTS; j++) {
        pp_soft alone = pp_soft_maximum(c, temperature, pp_stake_booked(ESTIMATE), d[j], NULL);
        assert_close(base.value[j], alone.value, 1e-12 * (1 + fabs(alone.value)));
        assert_close(base.slope[j], alone.conversion, 1e-14);
    }
}

static void test_planning_kernels_soft_maxima_of_any_number_of_candidates(void **state)
{
    (void)state;
    const double temperatures[] = {0.01, 0.1, 5, 1e4, 1e9};
    for (size_t n = 1; n <= MOST; n++)
        for (size_t t = 0; t < PP_COUNT(temperatures); t++) {
            const pp_candidates c = falling(n);
            check(&c, temperatures[t]);
        }
}

/// A table of one point holds what a long one holds there, whatever its neighbours are.
static void test_planning_kernels_soft_maxima_of_any_number_of_points(void **state)
{
    (void)state;
    const pp_candidates c = falling(MOST);
    double d[POINTS], value[POINTS], slope[POINTS], room[2][POINTS];
    for (size_t j = 0; j < POINTS; j++)
        d[j] = -300 + 9.3 * (double)j;
    pp_soft_maxima(&c, 0.1, pp_stake_booked(ESTIMATE), d, POINTS, value, slope);
    for (size_t m = 1; m < POINTS; m++) {
        for (size_t j = 0; j < POINTS; j++)
            room[0][j] = room[1][j] = -1;
        pp_soft_maxima(&c, 0.1, pp_stake_booked(ESTIMATE), d, m, room[0], room[1]);
        for (size_t j = 0; j < m; j++) {
            assert_close(room[0][j], value[j], 1e-12 * (1 + fabs(value[j])));
            assert_close(room[1][j], slope[j], 1e-14);
        }
        assert_true(room[0][m] == -1 && room[1][m] == -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_planning_kernels_soft_maxima_of_any_number_of_candidates,
                                  restore_level),
        cmocka_unit_test(test_planning_kernels_soft_maxima_of_any_number_of_points),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
