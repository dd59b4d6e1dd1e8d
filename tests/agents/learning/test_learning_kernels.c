// Kernels of learners against plain sums, with the same bits at every level of instructions.
#include "tests/support/pricing_fixture.h"

#include "agents/learning/learning_kernels.h"
#include "agents/planning/policy.h"
#include "market/base/maths.h"

enum { LONGEST = 19 };

static const double unit = 640;

/// Candidates in both forms.
typedef struct menu {
    pp_candidates candidates;
    double row[PP_CHOICE_ROWS][PP_CANDIDATES_ROOM];
    pp_soft_rows choices;
} menu;

/// @param least of the weights, which are otherwise of one size
static void fill(menu *m, gsl_rng *rng, size_t n, double temperature, double least)
{
    pp_candidates *c = &m->candidates;
    double sum = 0;
    c->n = n;
    for (size_t j = 0; j < n; j++) {
        c->multiplier[j] = 0.9 + 0.3 * (double)j / (double)n;
        c->sale[j] = 0.3 * gsl_rng_uniform(rng);
        sum += c->reference[j] = j % 3 == 1 ? least : 0.1 + gsl_rng_uniform(rng);
    }
    for (size_t j = 0; j < (n + 7) / 8 * 8; j++) {
        size_t i = j < n ? j : n - 1;
        if (j < n)
            c->reference[j] /= sum;
        m->row[0][j] = j < n ? c->reference[j] : 0;
        m->row[1][j] = c->sale[i];
        m->row[2][j] = c->sale[i] * unit * (c->multiplier[i] - 1);
        m->row[3][j] = log(m->row[0][j]) + m->row[2][j] / temperature;
        m->row[4][j] = m->row[1][j] / temperature;
    }
    m->choices = (pp_soft_rows){n, m->row[0], m->row[1], m->row[2], m->row[3], m->row[4]};
}

/// What both kernels say of a menu at a value of a sale.
typedef struct said {
    double weight[PP_CANDIDATES_ROOM], probability[PP_CANDIDATES_MAX];
    pp_choice_sums sums;
    double slope;
} said;

static void ask(const menu *m, double temperature, double d, pp_simd level, said *s)
{
    memset(s, 0, sizeof *s);
    pp_simd_use(level);
    const pp_learning_kernels *kernels = pp_learning_kernels_now();
    kernels->soft(&m->choices, 1 / temperature, d, s->weight, &s->sums);
    for (size_t a = 0; a < m->choices.n; a++) {
        pp_choice_odds odds = kernels->odds(&m->choices, d, a);
        s->probability[a] = odds.probability;
        s->slope = odds.slope;
    }
}

static void check_menu(const menu *m, double temperature, double d)
{
    double policy[PP_CANDIDATES_ROOM], most = -INFINITY, size = fabs(d);
    said base, other;
    const pp_candidates *c = &m->candidates;
    pp_soft soft = pp_soft_maximum(c, temperature, pp_stake_booked(unit), d, policy);
    ask(m, temperature, d, PP_SIMD_BASELINE, &base);
    for (size_t j = 0; j < c->n; j++) {
        most = fmax(most, m->row[2][j] + c->sale[j] * d);
        size = fmax(size, fabs(m->row[3][j] * temperature));
    }
    double near = 1e-14 + 1e-15 * size / temperature; // what exponents lose
    double total = base.sums.total;
    assert_true(base.sums.most == most);
    assert_close(base.sums.conversion / total, soft.conversion, near);
    assert_close(base.slope * temperature, soft.conversion, near);
    assert_close(base.sums.mean / total - log(total), soft.kl, near * (1 + fabs(log(total))));
    for (size_t j = 0; j < c->n; j++) {
        assert_close(base.weight[j] / total, policy[j], near);
        assert_close(base.probability[j], policy[j], near);
    }
    for (size_t j = c->n; j % 8; j++)
        assert_true(base.weight[j] == 0);
    for (pp_simd level = PP_SIMD_AVX2; level <= pp_simd_most(); level++) {
        ask(m, temperature, d, level, &other);
        assert_memory_equal(&base, &other, sizeof base);
    }
}

static void test_kernels_soft_maxima_are_those_of_the_policy(void **state)
{
    (void)state;
    const double temperatures[] = {1e-3, 0.1, 5, 1e4}, values[] = {0, 35, -280, 3000};
    const double least[] = {0.5, 1e-20, 1e-200};
    const size_t sizes[] = {40, 41, PP_CANDIDATES_MAX};
    pp_gsl_random random;
    gsl_rng *rng = draws(&random, 71);
    menu *m = calloc(1, sizeof *m);
    assert_non_null(m);
    for (size_t n = 1; n < LONGEST + PP_COUNT(sizes); n++)
        for (size_t t = 0; t < PP_COUNT(temperatures); t++)
            for (size_t w = 0; w < PP_COUNT(least); w++) {
                fill(m, rng, n < LONGEST ? n : sizes[n - LONGEST], temperatures[t], least[w]);
                for (size_t v = 0; v < PP_COUNT(values); v++)
                    check_menu(m, temperatures[t], values[v]);
            }
    free(m);
}

/// Not a number in, not a number out, and no loop that has no end.
static void test_kernels_what_is_not_a_number_stays_so(void **state)
{
    (void)state;
    pp_gsl_random random;
    menu *m = calloc(1, sizeof *m);
    assert_non_null(m);
    fill(m, draws(&random, 72), 13, 5, 0.5);
    for (pp_simd level = PP_SIMD_BASELINE; level <= pp_simd_most(); level++) {
        said s;
        ask(m, 5, NAN, level, &s);
        assert_true(isnan(s.sums.total) && isnan(s.slope) && isnan(s.probability[3]));
    }
    free(m);
}

static void test_kernels_logs_are_of_what_is_above_zero(void **state)
{
    (void)state;
    const double x[] = {1, 0.5, 0, -0.25, NAN, 1e-300, 40, -1e9, 0.99, 1e-5, 3};
    for (pp_simd level = PP_SIMD_BASELINE; level <= pp_simd_most(); level++)
        for (size_t n = 0; n <= PP_COUNT(x); n++) {
            double y[PP_COUNT(x) + 1] = {0};
            memcpy(y, x, n * sizeof(double));
            pp_simd_use(level);
            pp_learning_kernels_now()->log(y, n);
            for (size_t i = 0; i < n; i++) {
                double wanted = x[i] > 0 ? pp_log(x[i]) : x[i];
                assert_true(isnan(wanted) ? isnan(y[i]) : y[i] == wanted);
            }
            assert_true(y[n] == 0);
        }
}

/// Pairs that do not overlap but in zeros: of n, the second one's end is a zero.
static size_t make_pairs(gsl_rng *rng, size_t n, pp_pair *pairs)
{
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        double last = i % 2 ? 0 : gsl_ran_ugaussian(rng);
        pairs[i] = (pp_pair){{gsl_ran_ugaussian(rng), last}, at};
        at += last == 0 ? 1 : 2;
    }
    return at + 1;
}

static void sum_squares(size_t n, pp_simd level, double *h)
{
    pp_gsl_random random;
    gsl_rng *rng = draws(&random, 73);
    pp_pair pairs[LONGEST];
    double dense[2 * LONGEST + 2][2 * LONGEST + 2] = {{0}}, *row[2 * LONGEST + 2];
    size_t rows = 0;
    row[0] = h;
    for (size_t i = 0; i + 1 < PP_COUNT(row); i++)
        row[i + 1] = row[i] + i + 2;
    pp_simd_use(level);
    for (size_t repeat = 0; repeat < 4; repeat++) {
        double x[2 * LONGEST + 2] = {0};
        rows = make_pairs(rng, n, pairs);
        for (size_t i = 0; i < n; i++)
            for (size_t e = 0; e < 2; e++)
                x[pairs[i].at + e] += pairs[i].value[e];
        for (size_t i = 0; i < rows; i++)
            for (size_t j = 0; j <= i; j++)
                dense[i][j] += x[i] * x[j];
        pp_learning_kernels_now()->square(pairs, n, row);
    }
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j <= i; j++)
            assert_close(row[i][j], dense[i][j], 1e-14);
}

static void test_kernels_squares_are_outer_products(void **state)
{
    (void)state;
    size_t room = (2 * LONGEST + 2) * (2 * LONGEST + 3);
    double *base = reals(room), *other = reals(room);
    for (size_t n = 0; n < LONGEST; n++) {
        memset(base, 0, room * sizeof(double));
        sum_squares(n, PP_SIMD_BASELINE, base);
        for (pp_simd level = PP_SIMD_AVX2; level <= pp_simd_most(); level++) {
            memset(other, 0, room * sizeof(double));
            sum_squares(n, level, other);
            assert_memory_equal(base, other, room * sizeof(double));
        }
    }
    free(base);
    free(other);
}

static void test_kernels_fold_adds_three_multiples_and_clears(void **state)
{
    (void)state;
    const double weight[] = {0.25, -3, 1.0 / 3};
    for (pp_simd level = PP_SIMD_BASELINE; level <= pp_simd_most(); level++)
        for (size_t n = 0; n < LONGEST; n++) {
            double h[LONGEST], sum[3 * LONGEST + 1];
            for (size_t i = 0; i < n; i++)
                h[i] = 1 / (1.0 + (double)i);
            for (size_t i = 0; i <= 3 * n; i++)
                sum[i] = (double)i;
            pp_simd_use(level);
            pp_learning_kernels_now()->fold(weight, n, h, sum);
            for (size_t i = 0; i < 3 * n; i++)
                assert_true(sum[i] == (double)i + weight[i / n] * (1 / (1.0 + (double)(i % n))));
            assert_true(sum[3 * n] == (double)(3 * n));
            for (size_t i = 0; i < n; i++)
                assert_true(h[i] == 0);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kernels_soft_maxima_are_those_of_the_policy),
        cmocka_unit_test(test_kernels_what_is_not_a_number_stays_so),
        cmocka_unit_test(test_kernels_logs_are_of_what_is_above_zero),
        cmocka_unit_test(test_kernels_squares_are_outer_products),
        cmocka_unit_test(test_kernels_fold_adds_three_multiples_and_clears),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
