/// What firms did and earned: by hand, and conserved over many customers.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "market/accounts.h"
#include "market/prices.h"

#include "tests/support/checks.h"

static pp_accounts make_accounts(size_t n_firms)
{
    pp_accounts accounts;
    assert_int_equal(pp_accounts_create(n_firms, &accounts, NULL), PP_OK);
    return accounts;
}

/// Rank customer i's offers and account for the choice.
static void add(pp_accounts *accounts, size_t i, size_t stride, const double *estimates,
                const double *offers, double pure_premium, double base_index, int32_t choice)
{
    int32_t *rank = malloc(accounts->n_firms * stride * sizeof *rank);
    assert_non_null(rank);
    pp_choices one = {.n = 1,
                      .stride = stride,
                      .estimates = estimates + i,
                      .offers = offers + i,
                      .pure_premium = &pure_premium,
                      .base_index = &base_index,
                      .choice = &choice};
    pp_accounts_add(accounts, &one, rank);
    free(rank);
}

static void test_accounts_create_all_zero(void **state)
{
    (void)state;
    const pp_account nothing = {0};
    pp_accounts accounts = make_accounts(3);
    assert_int_equal(accounts.n_firms, 3);
    assert_int_equal(accounts.walk_away, 0);
    for (size_t f = 0; f < 3; f++)
        assert_memory_equal(&accounts.firm[f], &nothing, sizeof nothing);
    for (size_t i = 0; i < 9; i++)
        assert_true(accounts.rank_histogram[i] == 0 && accounts.sales_by_rank[i] == 0);
    pp_accounts_destroy(&accounts);
}

static void test_accounts_create_too_many_firms_enomem(void **state)
{
    (void)state;
    pp_accounts accounts;
    pp_error error = {0};
    assert_int_equal(pp_accounts_create((size_t)1 << 60, &accounts, &error), PP_ENOMEM);
    assert_non_null(strstr(error.message, "1152921504606846976 firms"));
    assert_null(accounts.firm);
    assert_null(accounts.rank_histogram);
    assert_null(accounts.sales_by_rank);
}

static void test_accounts_destroy_twice_harmless(void **state)
{
    (void)state;
    pp_accounts accounts = make_accounts(2);
    pp_accounts_destroy(&accounts);
    assert_null(accounts.firm);
    pp_accounts_destroy(&accounts);
}

static void test_accounts_three_customers_by_hand(void **state)
{
    (void)state;
    // [firm][customer]; base index 1.25 and pure premium 80 throughout.
    const double estimates[] = {100, 200, 50, 110, 160, 40};
    const double offers[] = {120, 220, 60, 110, 240, 60};
    pp_accounts accounts = make_accounts(2);
    add(&accounts, 0, 3, estimates, offers, 80, 1.25, 0); // bought from the dearer firm
    add(&accounts, 1, 3, estimates, offers, 80, 1.25, 0);
    add(&accounts, 2, 3, estimates, offers, 80, 1.25, 2); // walked away; a tie
    const pp_account *a = &accounts.firm[0], *b = &accounts.firm[1];
    assert_int_equal(a->quote_count, 3);
    assert_int_equal(b->quote_count, 3);
    assert_int_equal(a->policies, 2);
    assert_int_equal(b->policies, 0);
    assert_int_equal(a->rank_sum, 2 + 1 + 1);
    assert_int_equal(b->rank_sum, 1 + 2 + 2);
    assert_int_equal(a->top1_quotes, 2);
    assert_int_equal(b->top1_quotes, 1);
    assert_int_equal(a->top5_quotes, 3);
    assert_close(a->multiplier_sum, 1.2 + 1.1 + 1.2, 1e-14);
    assert_close(b->multiplier_sum, 1.0 + 1.5 + 1.5, 1e-14);
    assert_close(a->gwp, 340 / 1.25, 1e-12);
    assert_close(a->expected_claims, 300 / 1.25, 1e-12);
    assert_close(a->pure_premium, 160, 0);
    assert_close(a->booked_profit, 40 / 1.25, 1e-12);
    assert_close(a->true_profit, 340 / 1.25 - 160, 1e-12);
    assert_close(a->winners_curse, 160 - 300 / 1.25, 1e-12);
    assert_true(b->gwp == 0 && b->booked_profit == 0 && b->true_profit == 0);
    assert_int_equal(accounts.walk_away, 1);
    const int64_t histogram[] = {2, 1, 1, 2}, sales[] = {1, 1, 0, 0};
    assert_memory_equal(accounts.rank_histogram, histogram, sizeof histogram);
    assert_memory_equal(accounts.sales_by_rank, sales, sizeof sales);
    pp_accounts_destroy(&accounts);
}

static void test_accounts_clear_as_new(void **state)
{
    (void)state;
    const double estimates[] = {100, 90}, offers[] = {120, 100};
    const pp_account nothing = {0};
    pp_accounts accounts = make_accounts(2);
    add(&accounts, 0, 1, estimates, offers, 95, 1, 1);
    add(&accounts, 0, 1, estimates, offers, 95, 1, 2);
    pp_accounts_clear(&accounts);
    assert_int_equal(accounts.n_firms, 2);
    assert_int_equal(accounts.walk_away, 0);
    for (size_t f = 0; f < 2; f++)
        assert_memory_equal(&accounts.firm[f], &nothing, sizeof nothing);
    for (size_t i = 0; i < 4; i++)
        assert_true(accounts.rank_histogram[i] == 0 && accounts.sales_by_rank[i] == 0);
    pp_accounts_destroy(&accounts);
}

// ---- many customers ----

enum { CUSTOMERS = 20000, FIRMS = 8 };

static double premium[CUSTOMERS], estimate[FIRMS][CUSTOMERS], offer[FIRMS][CUSTOMERS];

/// Every firm asks 1.1 times its estimate. Firm `picked` sells: the cheapest if -1, `customer % (N
/// + 1)` if -2.
static pp_accounts simulate(double variance, double base_index, int picked)
{
    const pp_stream stream = {.seed = 12};
    static pp_quantile_table gamma;
    static double insurer[CUSTOMERS];
    assert_int_equal(pp_distribution_gamma(1 / variance, variance, &gamma, NULL), PP_OK);
    for (int i = 0; i < CUSTOMERS; i++) {
        premium[i] = 200 + 300.0 * (i % 7);
        insurer[i] = base_index;
    }
    pp_estimates_draw(&gamma, &stream, 0, CUSTOMERS, premium, insurer, FIRMS, CUSTOMERS,
                      estimate[0]);
    pp_accounts accounts = make_accounts(FIRMS);
    for (size_t i = 0; i < CUSTOMERS; i++) {
        int32_t cheapest = 0;
        for (int f = 0; f < FIRMS; f++) {
            offer[f][i] = 1.1 * estimate[f][i];
            cheapest = offer[f][i] < offer[cheapest][i] ? f : cheapest;
        }
        int32_t choice = picked == -1   ? cheapest
                         : picked == -2 ? (int32_t)(i % (FIRMS + 1))
                                        : picked;
        add(&accounts, i, CUSTOMERS, estimate[0], offer[0], premium[i], base_index, choice);
    }
    return accounts;
}

static void assert_ranks_add_up(const pp_accounts *accounts)
{
    int64_t by_rank[FIRMS] = {0};
    for (size_t f = 0; f < FIRMS; f++) {
        const pp_account *a = &accounts->firm[f];
        const int64_t *quotes = accounts->rank_histogram + f * FIRMS;
        const int64_t *sales = accounts->sales_by_rank + f * FIRMS;
        int64_t all = 0, weighted = 0, sold = 0, top5 = 0;
        for (int r = 0; r < FIRMS; r++) {
            all += quotes[r];
            weighted += (r + 1) * quotes[r];
            sold += sales[r];
            top5 += r < 5 ? quotes[r] : 0;
            by_rank[r] += quotes[r];
            assert_true(sales[r] <= quotes[r]);
        }
        assert_int_equal(all, CUSTOMERS);
        assert_int_equal(a->quote_count, CUSTOMERS);
        assert_int_equal(a->rank_sum, weighted);
        assert_int_equal(a->policies, sold);
        assert_int_equal(a->top1_quotes, quotes[0]);
        assert_int_equal(a->top5_quotes, top5);
    }
    for (int r = 0; r < FIRMS; r++)
        assert_int_equal(by_rank[r], CUSTOMERS); // no ties: one firm at each rank
}

static void test_accounts_customers_and_money_conserved(void **state)
{
    (void)state;
    const double base_index = 1.07;
    pp_accounts accounts = simulate(0.001, base_index, -2);
    int64_t policies = 0;
    double gwp = 0, paid = 0, truth = 0, all = 0;
    for (size_t f = 0; f < FIRMS; f++) {
        const pp_account *a = &accounts.firm[f];
        policies += a->policies;
        gwp += a->gwp;
        truth += a->pure_premium;
        assert_close(a->booked_profit, a->gwp - a->expected_claims, 1e-9 * a->gwp);
        assert_close(a->true_profit, a->gwp - a->pure_premium, 1e-9 * a->gwp);
        assert_close(a->winners_curse, a->booked_profit - a->true_profit, 1e-9 * a->gwp);
        assert_close(a->multiplier_sum, 1.1 * CUSTOMERS, 1e-8);
    }
    for (size_t i = 0; i < CUSTOMERS; i++) {
        size_t choice = i % (FIRMS + 1);
        paid += choice < FIRMS ? offer[choice][i] / base_index : 0;
        all += choice < FIRMS ? premium[i] : 0;
    }
    assert_int_equal(policies + accounts.walk_away, CUSTOMERS);
    assert_int_equal(accounts.walk_away, CUSTOMERS / (FIRMS + 1));
    assert_close(gwp, paid, 1e-9 * paid);
    assert_close(truth, all, 1e-9 * all);
    assert_ranks_add_up(&accounts);
    pp_accounts_destroy(&accounts);
}

static void assert_same_but_for_rounding(const pp_accounts *a, const pp_accounts *b)
{
    const size_t ranks = FIRMS * FIRMS * sizeof(int64_t);
    for (size_t f = 0; f < FIRMS; f++) {
        const pp_account *x = &a->firm[f], *y = &b->firm[f];
        assert_true(x->quote_count == y->quote_count && x->policies == y->policies);
        assert_true(x->rank_sum == y->rank_sum && x->top1_quotes == y->top1_quotes);
        assert_true(x->top5_quotes == y->top5_quotes);
        assert_close(x->multiplier_sum, y->multiplier_sum, 1e-8);
        assert_close(x->gwp, y->gwp, 1e-9 * y->gwp);
        assert_close(x->expected_claims, y->expected_claims, 1e-9 * y->gwp);
        assert_close(x->pure_premium, y->pure_premium, 1e-9 * y->gwp);
        assert_close(x->booked_profit, y->booked_profit, 1e-9 * y->gwp);
        assert_close(x->true_profit, y->true_profit, 1e-9 * y->gwp);
        assert_close(x->winners_curse, y->winners_curse, 1e-9 * y->gwp);
    }
    assert_memory_equal(a->rank_histogram, b->rank_histogram, ranks);
    assert_memory_equal(a->sales_by_rank, b->sales_by_rank, ranks);
    assert_int_equal(a->walk_away, b->walk_away);
}

/// Blocks of any size, one of them empty, come to what the customers one by one come to.
static void test_accounts_of_blocks_merged_are_those_of_all(void **state)
{
    (void)state;
    enum { BLOCKS = 5 };
    static const size_t ends[BLOCKS] = {1, 1, 1030, 15005, CUSTOMERS};
    static double base[CUSTOMERS];
    static int32_t choice[CUSTOMERS];
    pp_accounts all = simulate(0.001, 1.07, -2), sum = make_accounts(FIRMS),
                block = make_accounts(FIRMS);
    static int32_t rank[FIRMS * CUSTOMERS];
    for (size_t i = 0; i < CUSTOMERS; i++) {
        base[i] = 1.07;
        choice[i] = (int32_t)(i % (FIRMS + 1));
    }
    for (size_t b = 0, from = 0; b < BLOCKS; from = ends[b++]) {
        pp_choices choices = {.n = ends[b] - from,
                              .stride = CUSTOMERS,
                              .estimates = estimate[0] + from,
                              .offers = offer[0] + from,
                              .pure_premium = premium + from,
                              .base_index = base + from,
                              .choice = choice + from};
        pp_accounts_clear(&block);
        pp_accounts_add(&block, &choices, rank);
        pp_accounts_merge(&sum, &block);
    }
    assert_same_but_for_rounding(&sum, &all);
    pp_accounts_destroy(&all);
    pp_accounts_destroy(&sum);
    pp_accounts_destroy(&block);
}

static void test_accounts_cheapest_sells_winners_curse(void **state)
{
    (void)state;
    // Who underestimates is the cheapest: the least of 8 estimates of s.d. 3.2% is 1.42 s.d. low on
    // average (David and Nagaraja, Order Statistics).
    pp_accounts accounts = simulate(0.001, 1, -1);
    double expected = 0, truth = 0, booked = 0, true_profit = 0;
    for (size_t f = 0; f < FIRMS; f++) {
        expected += accounts.firm[f].expected_claims;
        truth += accounts.firm[f].pure_premium;
        booked += accounts.firm[f].booked_profit;
        true_profit += accounts.firm[f].true_profit;
        assert_int_equal(accounts.sales_by_rank[f * FIRMS], accounts.firm[f].policies);
    }
    assert_close(expected / truth, 1 - 1.4236 * sqrt(0.001), 0.002);
    assert_close(booked, 0.1 * expected, 1e-6 * booked);
    assert_close(booked - true_profit, truth - expected, 1e-6 * truth);
    pp_accounts_destroy(&accounts);
}

static void test_accounts_no_noise_no_winners_curse(void **state)
{
    (void)state;
    pp_accounts accounts = simulate(1e-18, 1, -1);
    for (size_t f = 0; f < FIRMS; f++)
        assert_close(accounts.firm[f].booked_profit, accounts.firm[f].true_profit,
                     1e-7 * accounts.firm[f].booked_profit);
    pp_accounts_destroy(&accounts);
}

static void test_accounts_whoever_sells_no_winners_curse(void **state)
{
    (void)state;
    // A firm that sells to everybody is wrong by chance only.
    pp_accounts accounts = simulate(0.001, 1, 3);
    double squares = 0;
    for (size_t i = 0; i < CUSTOMERS; i++)
        squares += premium[i] * premium[i];
    const pp_account *a = &accounts.firm[3];
    assert_likely(normal_p((a->expected_claims - a->pure_premium) / sqrt(0.001 * squares)));
    assert_int_equal(a->policies, CUSTOMERS);
    assert_int_equal(accounts.walk_away, 0);
    pp_accounts_destroy(&accounts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accounts_create_all_zero),
        cmocka_unit_test(test_accounts_create_too_many_firms_enomem),
        cmocka_unit_test(test_accounts_destroy_twice_harmless),
        cmocka_unit_test(test_accounts_three_customers_by_hand),
        cmocka_unit_test(test_accounts_clear_as_new),
        cmocka_unit_test(test_accounts_customers_and_money_conserved),
        cmocka_unit_test(test_accounts_of_blocks_merged_are_those_of_all),
        cmocka_unit_test(test_accounts_cheapest_sells_winners_curse),
        cmocka_unit_test(test_accounts_no_noise_no_winners_curse),
        cmocka_unit_test(test_accounts_whoever_sells_no_winners_curse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
