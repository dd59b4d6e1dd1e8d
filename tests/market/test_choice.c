/// What prepares a customer's choice, and the choice itself.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "market/choice.h"

#include "tests/support/checks.h"

static const pp_stream stream = {.seed = 31, .trial = 2, .epoch = 4};

static pp_choice_config defaults(void)
{
    pp_choice_config config;
    pp_param_defaults(&pp_choice_table, &config);
    return config;
}

static void make_customers(size_t n, pp_customers *customers)
{
    assert_int_equal(pp_customers_create(n, 1, customers, NULL), PP_OK);
    customers->n = n;
}

static double *constant(size_t n, double value)
{
    double *x = malloc(n * sizeof *x);
    assert_non_null(x);
    for (size_t i = 0; i < n; i++)
        x[i] = value;
    return x;
}

// ---- preparation ----

/// One customer, one index.
static void prepare_one(const pp_choice_config *config, size_t n_firms, double index,
                        pp_customers *customers)
{
    pp_choice_prepare(config, n_firms, &stream, &index, customers);
}

static void test_choice_check_as_many_firms_as_fit_ok(void **state)
{
    (void)state;
    pp_choice_config config = defaults(); // s = 0.1
    for (size_t n = 1; n <= 9; n++)
        assert_int_equal(pp_choice_check(&config, n, NULL), PP_OK);
    config.success_rate = 0.001;
    assert_int_equal(pp_choice_check(&config, 999, NULL), PP_OK);
}

static void test_choice_check_too_many_firms_einval(void **state)
{
    (void)state;
    pp_choice_config config = defaults();
    for (size_t n = 10; n <= 12; n++) {
        pp_error error = {0};
        char number[8];
        assert_int_equal(pp_choice_check(&config, n, &error), PP_EINVAL);
        snprintf(number, sizeof number, "%zu ", n);
        assert_non_null(strstr(error.message, number));
        assert_non_null(strstr(error.message, "0.1"));
    }
    config.success_rate = 0.15; // 1/s = 6.67
    assert_int_equal(pp_choice_check(&config, 6, NULL), PP_OK);
    assert_int_equal(pp_choice_check(&config, 7, NULL), PP_EINVAL);
}

static void test_choice_check_no_firm_einval(void **state)
{
    (void)state;
    pp_choice_config config = defaults();
    pp_error error = {0};
    assert_int_equal(pp_choice_check(&config, 0, &error), PP_EINVAL);
    assert_non_null(strstr(error.message, "at least one firm"));
}

static void test_choice_prepare_published_formulas_by_hand(void **state)
{
    (void)state;
    pp_choice_config config = defaults();
    pp_customers customers;
    make_customers(1, &customers);
    customers.walk_away_from_reference = true;
    customers.pure_premium[0] = 500;
    customers.sensitivity[0] = 0.05; // a household salary of 20000
    customers.walk_away_scale[0] = 0.8;
    prepare_one(&config, 5, 1.25, &customers);
    // beta = 1000/(1.25*20000) = 0.04; e = 1.1*1.25*500 = 687.5; b = e - ln(10 - 5)/0.04
    double b = 687.5 - 1.6094379124341003 / 0.04;
    assert_close(customers.sensitivity[0], 0.04, 1e-17);
    assert_close(customers.walk_away[0], 0.8 * b, 1e-10);
    pp_customers_destroy(&customers);
}

static void test_choice_prepare_nearly_too_many_firms_reference_above_e(void **state)
{
    (void)state;
    pp_choice_config config = defaults();
    pp_customers customers;
    make_customers(1, &customers);
    customers.walk_away_from_reference = true;
    customers.pure_premium[0] = 500;
    customers.sensitivity[0] = 0.05;
    customers.walk_away_scale[0] = 1;
    config.success_rate = 0.16; // 1/s - 6 = 0.25
    prepare_one(&config, 6, 1, &customers);
    assert_close(customers.walk_away[0], 550 + 1.3862943611198906 / 0.05, 1e-10);
    pp_customers_destroy(&customers);
}

static void test_choice_prepare_cheap_customer_clamped_to_zero(void **state)
{
    (void)state;
    const double scales[] = {0.9, -0.9}; // b is clamped first: two negatives must not make a price
    pp_choice_config config = defaults();
    pp_customers customers;
    for (size_t k = 0; k < PP_COUNT(scales); k++) {
        make_customers(1, &customers);
        customers.walk_away_from_reference = true;
        customers.pure_premium[0] = 10; // e = 11 < ln(5)/0.05 = 32
        customers.sensitivity[0] = 0.05;
        customers.walk_away_scale[0] = scales[k];
        prepare_one(&config, 5, 1, &customers);
        assert_true(customers.walk_away[0] == 0);
        pp_customers_destroy(&customers);
    }
}

static void test_choice_prepare_negative_scale_clamped_to_zero(void **state)
{
    (void)state;
    pp_choice_config config = defaults();
    pp_customers customers;
    for (int from_reference = 0; from_reference < 2; from_reference++) {
        make_customers(1, &customers);
        customers.walk_away_from_reference = from_reference;
        customers.pure_premium[0] = 500;
        customers.sensitivity[0] = 0.05;
        customers.walk_away_scale[0] = -0.3; // a customer who sees more risk than 2.5
        prepare_one(&config, 5, 1, &customers);
        assert_true(customers.walk_away[0] == 0);
        assert_true(customers.loyalty[0] > 0);
        pp_customers_destroy(&customers);
    }
}

static void test_choice_prepare_no_reference_scale_times_index(void **state)
{
    (void)state;
    pp_choice_config config = defaults();
    pp_customers customers;
    make_customers(1, &customers);
    customers.walk_away_from_reference = false;
    customers.pure_premium[0] = 500;
    customers.sensitivity[0] = 59.0 / 500;
    customers.walk_away_scale[0] = 1.12 * 500;
    prepare_one(&config, 5, 1.5, &customers);
    assert_close(customers.walk_away[0], 1.12 * 500 * 1.5, 1e-10);
    assert_close(customers.sensitivity[0], 59.0 / 750, 1e-15);
    pp_customers_destroy(&customers);
}

/// n customers of walk-away price 580 GBP: the mean loyalty is 0.05*(580 + 20) = 30.
static void prepare_alike(size_t n, size_t n_firms, pp_customers *customers)
{
    pp_choice_config config = defaults();
    double *index = constant(n, 1);
    make_customers(n, customers);
    customers->first_round = 1000;
    for (size_t i = 0; i < n; i++) {
        customers->sensitivity[i] = 0.05;
        customers->walk_away_scale[i] = 580;
    }
    pp_choice_prepare(&config, n_firms, &stream, index, customers);
    free(index);
}

static void test_choice_prepare_loyalty_law(void **state)
{
    (void)state;
    enum { N = 100000, FIRMS = 7 };
    pp_customers customers;
    prepare_alike(N, FIRMS, &customers);
    double firm[FIRMS] = {0}, joint[FIRMS * 4] = {0}, *u = constant(N, 0);
    for (size_t i = 0; i < N; i++) {
        assert_true(customers.loyal_firm[i] >= 0 && customers.loyal_firm[i] < FIRMS);
        firm[customers.loyal_firm[i]]++;
        joint[customers.loyal_firm[i] * 4 + (int)(4 * customers.choice_uniform[i])]++;
        u[i] = -expm1(-customers.loyalty[i] / 30);
    }
    assert_likely(even_p(firm, FIRMS));
    assert_likely(even_p(joint, FIRMS * 4));
    assert_likely(mean_p(customers.loyalty, N, 30, 30 * 30));
    assert_likely(independence_p(u, customers.choice_uniform, N, 0.5, 1.0 / 12));
    assert_likely(ks_uniform_p(u, N));
    assert_likely(ks_uniform_p(customers.choice_uniform, N));
    free(u);
    pp_customers_destroy(&customers);
}

static void test_choice_prepare_in_pieces_same_bytes(void **state)
{
    (void)state;
    enum { N = 700, PIECE = 93 };
    pp_choice_config config = defaults();
    pp_customers whole, piece;
    prepare_alike(N, 5, &whole);
    double *index = constant(N, 1);
    make_customers(PIECE, &piece);
    for (size_t at = 0; at < N; at += PIECE) {
        piece.first_round = 1000 + (int64_t)at;
        piece.n = N - at < PIECE ? N - at : PIECE;
        for (size_t i = 0; i < piece.n; i++) {
            piece.sensitivity[i] = 0.05;
            piece.walk_away_scale[i] = 580;
        }
        pp_choice_prepare(&config, 5, &stream, index, &piece);
        size_t bytes = piece.n * sizeof(double);
        assert_memory_equal(piece.loyalty, whole.loyalty + at, bytes);
        assert_memory_equal(piece.choice_uniform, whole.choice_uniform + at, bytes);
        assert_memory_equal(piece.loyal_firm, whole.loyal_firm + at, piece.n * sizeof(int32_t));
    }
    free(index);
    pp_customers_destroy(&whole);
    pp_customers_destroy(&piece);
}

// ---- choice ----

/// A customer who meets these offers.
static void one_customer(double beta, double walk_away, int32_t loyal, double loyalty,
                         pp_customers *customers)
{
    make_customers(1, customers);
    customers->sensitivity[0] = beta;
    customers->walk_away[0] = walk_away;
    customers->loyal_firm[0] = loyal;
    customers->loyalty[0] = loyalty;
    customers->choice_uniform[0] = 0.5;
}

static void test_choice_probabilities_softmax_by_hand(void **state)
{
    (void)state;
    // Felt prices 100, 110 - 30 = 80, 120 and the walk-away price 90 at beta = 0.1:
    // weights relative to 80 are exp(-2), 1, exp(-4), exp(-1).
    const double offers[] = {100, 110, 120};
    const double sum = exp(-2) + 1 + exp(-4) + exp(-1);
    pp_customers customers;
    double p[4];
    one_customer(0.1, 90, 1, 30, &customers);
    pp_choice_probabilities(&customers, 0, 3, offers, 1, p);
    assert_close(p[0], exp(-2) / sum, 1e-15);
    assert_close(p[1], 1 / sum, 1e-15);
    assert_close(p[2], exp(-4) / sum, 1e-15);
    assert_close(p[3], exp(-1) / sum, 1e-15);
    pp_customers_destroy(&customers);
}

static void test_choice_all_offers_equal_even_chances(void **state)
{
    (void)state;
    enum { FIRMS = 9 };
    double offers[FIRMS], p[FIRMS + 1];
    pp_customers customers;
    for (int f = 0; f < FIRMS; f++)
        offers[f] = 432.1;
    one_customer(0.05, 432.1, 0, 0, &customers);
    pp_choice_probabilities(&customers, 0, FIRMS, offers, 1, p);
    for (int f = 0; f <= FIRMS; f++)
        assert_close(p[f], 0.1, 1e-16);
    pp_customers_destroy(&customers);
}

static void test_choice_huge_price_differences_no_overflow(void **state)
{
    (void)state;
    const double offers[] = {1e300, 1e12, 500, 1e-300};
    pp_customers customers;
    double p[5];
    int32_t choice;
    one_customer(1e6, 1e308, 2, 1e3, &customers); // the loyal firm's offer is felt as -500
    pp_choice_probabilities(&customers, 0, 4, offers, 1, p);
    for (int f = 0; f < 5; f++)
        assert_true(p[f] == (f == 2));
    for (double u = 0x1p-33; u < 1; u += 0.125 - 0x1p-33) {
        customers.choice_uniform[0] = u;
        pp_choose(&customers, 0, 1, 4, offers, 1, &choice);
        assert_int_equal(choice, 2);
    }
    pp_customers_destroy(&customers);
}

static void test_choice_cheap_walk_away_always_or_never(void **state)
{
    (void)state;
    const double offers[] = {5000, 5100};
    pp_customers customers;
    int32_t choice;
    for (double u = 0x1p-33; u < 1; u += 0.125 - 0x1p-33) {
        one_customer(1, 0, 0, 10, &customers);
        customers.choice_uniform[0] = u;
        pp_choose(&customers, 0, 1, 2, offers, 1, &choice);
        assert_int_equal(choice, 2); // nobody
        customers.walk_away[0] = 1e6;
        pp_choose(&customers, 0, 1, 2, offers, 1, &choice);
        assert_int_equal(choice, 0);
        pp_customers_destroy(&customers);
    }
}

static void test_choice_extreme_uniforms_first_and_last_alternative(void **state)
{
    (void)state;
    const double offers[] = {100, 101, 102};
    pp_customers customers;
    int32_t choice;
    one_customer(0.1, 103, 0, 0, &customers);
    customers.choice_uniform[0] = 0x1p-33;
    pp_choose(&customers, 0, 1, 3, offers, 1, &choice);
    assert_int_equal(choice, 0);
    customers.choice_uniform[0] = 1 - 0x1p-33;
    pp_choose(&customers, 0, 1, 3, offers, 1, &choice);
    assert_int_equal(choice, 3);
    pp_customers_destroy(&customers);
}

static void test_choice_frequencies_follow_probabilities(void **state)
{
    (void)state;
    enum { N = 200000, FIRMS = 5, FIRST = 17 };
    const double price[FIRMS] = {480, 470, 500, 530, 475};
    pp_customers customers;
    make_customers(N, &customers);
    pp_random_uniform(&stream, PP_DRAW_CHOICE, 0, N, 0, 1, N, customers.choice_uniform);
    double *offers = malloc(FIRMS * N * sizeof *offers), p[FIRMS + 1], count[FIRMS + 1] = {0};
    int32_t *choice = malloc(N * sizeof *choice);
    assert_non_null(offers);
    assert_non_null(choice);
    for (size_t i = 0; i < N; i++) {
        customers.sensitivity[i] = 0.04;
        customers.walk_away[i] = 490;
        customers.loyal_firm[i] = 3;
        customers.loyalty[i] = 45;
        choice[i] = -1;
        for (size_t f = 0; f < FIRMS; f++)
            offers[f * N + i] = price[f];
    }
    pp_choose(&customers, FIRST, N - FIRST, FIRMS, offers, N, choice);
    for (size_t i = 0; i < FIRST; i++)
        assert_int_equal(choice[i], -1); // not asked for
    for (size_t i = FIRST; i < N; i++)
        count[choice[i]]++;
    pp_choice_probabilities(&customers, N - 1, FIRMS, offers, N, p);
    assert_likely(chi_squared_p(count, p, FIRMS + 1));
    free(offers);
    free(choice);
    pp_customers_destroy(&customers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_choice_check_as_many_firms_as_fit_ok),
        cmocka_unit_test(test_choice_check_too_many_firms_einval),
        cmocka_unit_test(test_choice_check_no_firm_einval),
        cmocka_unit_test(test_choice_prepare_published_formulas_by_hand),
        cmocka_unit_test(test_choice_prepare_nearly_too_many_firms_reference_above_e),
        cmocka_unit_test(test_choice_prepare_cheap_customer_clamped_to_zero),
        cmocka_unit_test(test_choice_prepare_negative_scale_clamped_to_zero),
        cmocka_unit_test(test_choice_prepare_no_reference_scale_times_index),
        cmocka_unit_test(test_choice_prepare_loyalty_law),
        cmocka_unit_test(test_choice_prepare_in_pieces_same_bytes),
        cmocka_unit_test(test_choice_probabilities_softmax_by_hand),
        cmocka_unit_test(test_choice_all_offers_equal_even_chances),
        cmocka_unit_test(test_choice_huge_price_differences_no_overflow),
        cmocka_unit_test(test_choice_cheap_walk_away_always_or_never),
        cmocka_unit_test(test_choice_extreme_uniforms_first_and_last_alternative),
        cmocka_unit_test(test_choice_frequencies_follow_probabilities),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
