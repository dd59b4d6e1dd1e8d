/// Every level of vector instructions gives the same bits: kernel by kernel on odd sizes and hard
/// numbers, and in whole trials.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>

#include "market/base/maths.h"
#include "market/market_kernels.h"
#include "pricing/pricing_kernels.h"

#include "tests/support/simd_levels.h"
#include "tests/support/trial_fixture.h"

enum { N = 1003, LANES = 4, COLUMNS = 5, OFFERS = 7 };

typedef struct outcome {
    double u[LANES][N], quantile[N], exp[N], log[N], affine[N], bid[2][N];
    int32_t choice[N], rank[OFFERS][N];
    double walk_away[N], loyalty[N];
} outcome;

static const double hard[] = {0,   -0.0, 1e-300, 5e-324,  1e300, INFINITY, -INFINITY,
                              NAN, -1,   1,      0x1p-33, 709.9, -707,     -745,
                              1e9, 1e61, 36.1,   -36,     -36.1, -2,       0.5};

/// Numbers of all sizes, hard ones first.
static void fill(double *x, uint32_t purpose, double scale)
{
    const pp_stream stream = {.seed = 3, .trial = purpose};
    pp_random_uniform(&stream, PP_DRAW_AGENT, 0, N, 0, 1, N, x);
    for (size_t i = 0; i < N; i++)
        x[i] = i < PP_COUNT(hard) ? hard[i] : scale * (x[i] - 0.5) * (i % 7 ? 1 : 100);
}

static void run_pricing(outcome *o)
{
    static double alpha[N], k[N], column[COLUMNS][N];
    const double *columns[COLUMNS], weight[COLUMNS + 2] = {0.3, -1.7, 1e-3, 5, 1.0 / 3, 7, -2};
    fill(alpha, 1, 100);
    fill(k, 2, 4);
    for (uint32_t j = 0; j < COLUMNS; j++) {
        fill(column[j], 3 + j, 50);
        columns[j] = column[j];
    }
    const pp_pricing_kernels *kernels = pp_pricing_kernels_now();
    kernels->log(alpha, N, o->log);
    kernels->affine(weight, COLUMNS, columns, alpha, N, o->affine);
    kernels->bid(alpha, 25, NULL, 1, 2, N, o->bid[0]);
    kernels->bid(alpha, 25, k, 1, 2, N, o->bid[1]);
}

static void run_market(outcome *o)
{
    static double offers[OFFERS][N], index[N], exponent[N];
    const pp_philox_at at = {.key = {1, 2}, .block = 3, .round = UINT32_MAX - 5, .trial = 9};
    pp_choice_config choice;
    pp_customers customers;
    pp_quantile_table *table = malloc(sizeof *table);
    assert_non_null(table);
    pp_param_defaults(&pp_choice_table, &choice);
    assert_int_equal(pp_customers_create(N, 1, &customers, NULL), PP_OK);
    assert_int_equal(pp_distribution_gamma(4, 0.25, table, NULL), PP_OK);
    const pp_market_kernels *kernels = pp_market_kernels_now();
    kernels->uniform(&at, N, 4, N, o->u[0]);
    fill(exponent, 20, 1400);
    kernels->exp(exponent, N, o->exp);
    memcpy(o->quantile, o->u[1], sizeof o->quantile);
    for (size_t i = 0; i < N; i++) {
        index[i] = 1 + o->u[2][i];
        customers.pure_premium[i] = 1000 * o->u[3][i];
        customers.sensitivity[i] = o->u[0][i] / 10;
        customers.walk_away_scale[i] = 1.4 * o->u[1][i];
        for (size_t f = 0; f < OFFERS; f++) // many are equal
            offers[f][i] = 400 + 20 * floor(30 * o->u[f % LANES][(i * (f + 1)) % N]);
    }
    kernels->quantile(table, index, customers.pure_premium, N, o->quantile);
    customers.n = N;
    customers.walk_away_from_reference = true;
    kernels->prepare(&choice, OFFERS, index, o->u[0], N, 0, N, &customers);
    kernels->choose(&customers, 0, N, OFFERS, offers[0], N, o->choice);
    kernels->rank(offers[0], N, N, OFFERS, o->rank[0]);
    memcpy(o->walk_away, customers.walk_away, sizeof o->walk_away);
    memcpy(o->loyalty, customers.loyalty, sizeof o->loyalty);
    pp_customers_destroy(&customers);
    free(table);
}

static outcome *run_kernels(pp_simd level)
{
    outcome *o = calloc(1, sizeof *o);
    assert_non_null(o);
    pp_simd_use(level);
    run_pricing(o);
    run_market(o);
    return o;
}

/// Same bits, but that one NaN is as good as another: which operand's sign and payload an operation
/// hands on is the compiler's choice.
static void assert_same(const double *a, const double *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (pp_bits(a[i]) != pp_bits(b[i]) && !(isnan(a[i]) && isnan(b[i])))
            fail_msg("element %zu: %a and %a", i, a[i], b[i]);
}

static void test_simd_kernels_same_bits_at_every_level(void **state)
{
    (void)state;
    outcome *base = run_kernels(PP_SIMD_BASELINE);
    int sales[OFFERS + 1] = {0};
    for (size_t i = 0; i < N; i++)
        sales[base->choice[i]]++;
    for (size_t f = 0; f <= OFFERS; f++)
        assert_true(sales[f] > 10);
    for (pp_simd level = PP_SIMD_AVX2; level <= pp_simd_most(); level++) {
        outcome *o = run_kernels(level);
        assert_same(base->u[0], o->u[0], (size_t)LANES * N);
        assert_same(base->quantile, o->quantile, N);
        assert_same(base->exp, o->exp, N);
        assert_same(base->log, o->log, N);
        assert_same(base->affine, o->affine, N);
        assert_same(base->bid[0], o->bid[0], 2 * (size_t)N);
        assert_same(base->walk_away, o->walk_away, N);
        assert_same(base->loyalty, o->loyalty, N);
        assert_memory_equal(base->choice, o->choice, sizeof o->choice);
        assert_memory_equal(base->rank, o->rank, sizeof o->rank);
        free(o);
    }
    free(base);
}

/// Every quote of a trial, and what it was worth.
static void play(const market_fixture *m, pp_simd level, pp_record *record)
{
    pp_simd_use(level);
    fixture_trial(m, 1, record);
}

static void check_trial(const char *agent)
{
    market_fixture m;
    small(&m, agent);
    fixture_start(&m);
    pp_record *base = fixture_record(&m), *other = fixture_record(&m);
    play(&m, PP_SIMD_BASELINE, base);
    for (pp_simd level = PP_SIMD_AVX2; level <= pp_simd_most(); level++) {
        play(&m, level, other);
        for (size_t c = 0; c < m.layout.n_quote_columns; c++) {
            const double *a = pp_record_quotes_f64(base, c), *b = pp_record_quotes_f64(other, c);
            size_t n = 5 * (size_t)ROUNDS;
            if (a)
                assert_same(a, b, n);
            else
                assert_memory_equal(pp_record_quotes_i32(base, c), pp_record_quotes_i32(other, c),
                                    n * sizeof(int32_t));
        }
    }
    pp_record_destroy(base);
    pp_record_destroy(other);
    fixture_finish(&m);
}

static void test_simd_trials_same_bits_at_every_level(void **state)
{
    (void)state;
    check_trial("baseline");
    check_trial("bellman");
    check_trial("klq");
}

/// Any part of a batch is what it is in the whole, and nothing beside it is written.
static void test_simd_parts_of_a_batch_same_bits(void **state)
{
    (void)state;
    enum { FIRST = 37, PART = 13 };
    for (pp_simd level = PP_SIMD_BASELINE; level <= pp_simd_most(); level++) {
        static double offers[OFFERS][N], u[LANES][N];
        static int32_t whole[N], part[N], ranks[OFFERS][N], some[OFFERS][N];
        const pp_philox_at at = {.key = {7, 8}};
        pp_customers c;
        pp_simd_use(level);
        const pp_market_kernels *kernels = pp_market_kernels_now();
        kernels->uniform(&at, N, 4, N, u[0]);
        assert_int_equal(pp_customers_create(N, 1, &c, NULL), PP_OK);
        for (size_t i = 0; i < N; i++) {
            c.sensitivity[i] = u[0][i] / 50;
            c.walk_away[i] = 500 + 100 * u[1][i];
            c.choice_uniform[i] = u[2][i];
            c.loyal_firm[i] = (int32_t)(i % OFFERS);
            c.loyalty[i] = 50 * u[3][i];
            part[i] = some[0][i] = -1;
            for (size_t f = 0; f < OFFERS; f++)
                offers[f][i] = 400 + 200 * u[f % LANES][(i * (f + 3)) % N];
        }
        kernels->choose(&c, 0, N, OFFERS, offers[0], N, whole);
        kernels->choose(&c, FIRST, PART, OFFERS, offers[0], N, part);
        kernels->rank(offers[0], N, N, OFFERS, ranks[0]);
        kernels->rank(offers[0] + FIRST, N, PART, OFFERS, some[0] + FIRST);
        for (size_t i = 0; i < N; i++) {
            bool in = i >= FIRST && i < FIRST + PART;
            assert_int_equal(part[i], in ? whole[i] : -1);
            assert_int_equal(some[0][i], in ? ranks[0][i] : -1);
        }
        pp_customers_destroy(&c);
    }
}

/// Uniforms of some rounds and some lanes are those of all, and are one scalar block's words.
static void test_simd_parts_of_uniforms_same_bits(void **state)
{
    (void)state;
    enum { FIRST = 37, MOST = 21 };
    for (pp_simd level = PP_SIMD_BASELINE; level <= pp_simd_most(); level++) {
        static double whole[LANES][N], part[LANES][N];
        const pp_philox_at at = {.key = {7, UINT32_MAX}, .round = UINT32_MAX - 99, .trial = 3};
        pp_philox_at from = at;
        pp_simd_use(level);
        pp_market_kernels_now()->uniform(&at, N, LANES, N, whole[0]);
        for (uint32_t i = 0; i < N; i++) {
            uint32_t word[] = {0, at.round + i, 0, 3};
            pp_philox(at.key, word);
            for (size_t j = 0; j < LANES; j++)
                assert_true(whole[j][i] == (word[j] + 0.5) * 0x1p-32);
        }
        from.round += FIRST;
        for (uint32_t lanes = 1; lanes <= LANES; lanes++)
            for (size_t n = 0; n <= MOST; n++) {
                for (size_t j = 0; j < LANES; j++)
                    for (size_t i = 0; i < N; i++)
                        part[j][i] = -1;
                pp_market_kernels_now()->uniform(&from, n, lanes, N, part[0] + FIRST);
                for (size_t j = 0; j < LANES; j++)
                    for (size_t i = 0; i < N; i++) {
                        bool in = j < lanes && i >= FIRST && i < FIRST + n;
                        assert_true(part[j][i] == (in ? whole[j][i] : -1));
                    }
            }
    }
}

static bool equal(double x, double y)
{
    uint64_t a, b;
    memcpy(&a, &x, sizeof a);
    memcpy(&b, &y, sizeof b);
    return a == b || (isnan(x) && isnan(y));
}

/// Kernels' exp and log are those of one number at a time, whatever is beside it.
static void test_simd_exp_and_log_equal_one_at_a_time(void **state)
{
    (void)state;
    static const double odd[] = {0,
                                 -0.0,
                                 1,
                                 -1,
                                 -707,
                                 -707.1,
                                 -745,
                                 709.7,
                                 709.9,
                                 710,
                                 1e300,
                                 -1e300,
                                 INFINITY,
                                 -INFINITY,
                                 NAN,
                                 0x1p-1022,
                                 0x1p-1060,
                                 0x1p-1074,
                                 0x1.fffffffffffffp1023,
                                 M_SQRT1_2};
    enum { ODD = PP_COUNT(odd), MOST = 147 };
    for (pp_simd level = PP_SIMD_BASELINE; level <= pp_simd_most(); level++) {
        pp_simd_use(level);
        for (size_t n = 0; n < MOST; n++) {
            double x[MOST], y[MOST + 1];
            for (size_t i = 0; i < n; i++)
                x[i] = n % 3 == 0 ? odd[(i + n) % ODD] : 0.1 + 9 * sin((double)(i * n));
            y[n] = -7;
            pp_market_kernels_now()->exp(x, n, y);
            for (size_t i = 0; i < n; i++)
                assert_true(equal(y[i], pp_exp(x[i])));
            for (size_t i = 0; i < n && n % 3 == 1; i++)
                x[i] = fabs(x[i]);
            pp_pricing_kernels_now()->log(x, n, y);
            for (size_t i = 0; i < n; i++)
                assert_true(equal(y[i], pp_log(x[i])));
            assert_true(y[n] == -7);
        }
    }
}

static void test_simd_environment_is_checked(void **state)
{
    (void)state;
    pp_error error = {0};
    setenv("PURSUIT_SIMD", "baseline", 1);
    assert_int_equal(pp_simd_check(&error), PP_OK);
    setenv("PURSUIT_SIMD", "sse9", 1);
    assert_int_equal(pp_simd_check(&error), PP_EINVAL);
    assert_string_equal(error.message, "PURSUIT_SIMD: 'sse9' is none of baseline, avx2 and avx512");
    setenv("PURSUIT_SIMD", "avx512", 1);
    assert_int_equal(pp_simd_check(&error), pp_simd_most() == PP_SIMD_AVX512 ? PP_OK : PP_EINVAL);
    unsetenv("PURSUIT_SIMD");
    assert_int_equal(pp_simd_check(&error), PP_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_simd_environment_is_checked),
        cmocka_unit_test_teardown(test_simd_kernels_same_bits_at_every_level, restore_level),
        cmocka_unit_test_teardown(test_simd_parts_of_a_batch_same_bits, restore_level),
        cmocka_unit_test_teardown(test_simd_parts_of_uniforms_same_bits, restore_level),
        cmocka_unit_test_teardown(test_simd_exp_and_log_equal_one_at_a_time, restore_level),
        cmocka_unit_test_teardown(test_simd_trials_same_bits_at_every_level, restore_level),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
