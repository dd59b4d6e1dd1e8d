/// Quotes and sales by band of a view: by hand, conserved, and with the same bits at every level of
/// vector instructions.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "market/breakdown.h"
#include "market/market_kernels.h"

#include "tests/support/checks.h"
#include "tests/support/simd_levels.h"

// ---- bands

static void test_breakdown_bands_cover_every_view_without_gaps(void **state)
{
    (void)state;
    for (size_t n = 1; n <= PP_MAX_FIRMS; n++) {
        pp_band bands[PP_BANDS_MAX];
        size_t n_bands = pp_bands_of(n, bands), views = 0;
        assert_true(n_bands <= PP_BANDS_MAX);
        for (size_t i = 0; i < n_bands; i++) {
            bool first = i == 0 || bands[i].view != bands[i - 1].view;
            views += first;
            assert_true(bands[i].low < bands[i].high);
            assert_int_equal(first, bands[i].low == -INFINITY);
            if (!first)
                assert_true(bands[i].low == bands[i - 1].high);
        }
        assert_int_equal(views, PP_VIEW_COUNT);
        assert_int_equal(bands[n_bands - 1].view, PP_VIEW_rank);
        assert_true(bands[n_bands - 1].high > (double)n);
    }
    assert_string_equal(pp_view_names, "price conversion rank");
}

static void test_breakdown_bands_of_fewer_firms_come_first(void **state)
{
    (void)state;
    pp_band fewer[PP_BANDS_MAX], more[PP_BANDS_MAX];
    for (size_t n = 1; n < PP_MAX_FIRMS; n++) {
        size_t n_fewer = pp_bands_of(n, fewer);
        assert_true(n_fewer <= pp_bands_of(n + 1, more));
        for (size_t i = 0; i < n_fewer; i++)
            assert_true(fewer[i].view == more[i].view && fewer[i].low == more[i].low &&
                        fewer[i].high == more[i].high);
    }
}

// ---- adding

static pp_breakdown make_breakdown(size_t n_firms, size_t stride)
{
    pp_breakdown b;
    assert_int_equal(pp_breakdown_create(n_firms, stride, &b, NULL), PP_OK);
    return b;
}

/// Book, then break down. @param from, n which of the customers
static void add(pp_breakdown *b, pp_choices choices, const double *conversion)
{
    pp_accounts accounts;
    int32_t *rank = calloc(b->n_firms * choices.stride, sizeof *rank);
    assert_non_null(rank);
    assert_int_equal(pp_accounts_create(b->n_firms, &accounts, NULL), PP_OK);
    pp_accounts_add(&accounts, &choices, rank);
    pp_breakdown_add(b, &choices, &accounts, rank, conversion);
    pp_accounts_destroy(&accounts);
    free(rank);
}

/// The account of the band that a value is in.
static const pp_band_account *at(const pp_breakdown *b, size_t firm, pp_view view, double value)
{
    pp_band bands[PP_BANDS_MAX];
    size_t n = pp_bands_of(b->n_firms, bands);
    for (size_t i = 0; i < n; i++)
        if (bands[i].view == view && bands[i].low <= value && value < bands[i].high)
            return &b->account[firm * b->n_bands + i];
    fail_msg("no band of view %d has %g", (int)view, value);
    return NULL;
}

static void check_sale(const pp_band_account *a, double gwp, double claims, double pure_premium)
{
    assert_close(a->policies, 1, 0);
    assert_close(a->true_profit, gwp - pure_premium, 1e-12);
    assert_close(a->gwp, gwp, 1e-12);
    assert_close(a->expected_claims, claims, 1e-12);
    assert_close(a->pure_premium, pure_premium, 1e-12);
}

static const pp_economics free_of_cost[3];

/// Three firms, four customers, of whom the third walks away.
static void test_breakdown_three_firms_by_hand(void **state)
{
    (void)state;
    const double offers[] = {100, 90, 120, 100, 110, 110, 100, 104, 120, 99, 100, 130};
    const double estimates[] = {90, 85, 100, 95, 100, 100, 95, 96, 110, 80, 95, 120};
    const double conversion[] = {.3, .005, .12, .6, .05, .5, .1, .02, .01, .04, .2, .34};
    const double pure_premium[] = {95, 70, 50, 50}, base[] = {1, 1.25, 1, 2};
    const int32_t choice[] = {0, 2, 3, 1};
    const pp_choices choices = {4, 4, estimates, offers, pure_premium, base, choice};
    const double quotes_by_rank[3][3] = {{3, 0, 1}, {1, 2, 1}, {0, 2, 2}};
    pp_breakdown b = make_breakdown(3, 4);
    double policies[PP_VIEW_COUNT] = {0};
    add(&b, choices, conversion);
    pp_breakdown_settle(free_of_cost, &b);
    assert_int_equal(b.n_bands, 9 + 8 + 3);

    // 100 against (110 + 120)/2; 104 against (100 + 130)/2; 99 against (90 + 110)/2
    check_sale(at(&b, 0, PP_VIEW_price, 100 / 115.0), 100, 90, 95);
    check_sale(at(&b, 1, PP_VIEW_price, 104 / 115.0), 52, 48, 50);
    check_sale(at(&b, 2, PP_VIEW_price, 0.99), 79.2, 64, 70);
    check_sale(at(&b, 0, PP_VIEW_rank, 1), 100, 90, 95);
    check_sale(at(&b, 1, PP_VIEW_rank, 2), 52, 48, 50);
    check_sale(at(&b, 2, PP_VIEW_rank, 2), 79.2, 64, 70);
    check_sale(at(&b, 0, PP_VIEW_conversion, .3), 100, 90, 95);
    check_sale(at(&b, 1, PP_VIEW_conversion, .02), 52, 48, 50);
    check_sale(at(&b, 2, PP_VIEW_conversion, .04), 79.2, 64, 70);
    for (size_t f = 0; f < 3; f++)
        for (int r = 0; r < 3; r++)
            assert_close(at(&b, f, PP_VIEW_rank, r + 1)->quotes, quotes_by_rank[f][r], 0);
    for (size_t i = 0; i < 8; i++) { // of firms 0 and 1 every quote is in a band of its own
        const pp_band_account *a = at(&b, i / 4, PP_VIEW_conversion, conversion[i]);
        assert_close(a->quotes, 1, 0);
        assert_close(a->expected_policies, conversion[i], 1e-15);
    }
    assert_close(at(&b, 2, PP_VIEW_conversion, .01)->quotes, 2, 0);
    assert_close(at(&b, 2, PP_VIEW_conversion, .01)->expected_policies, .05, 1e-15);
    assert_close(at(&b, 2, PP_VIEW_conversion, .2)->quotes, 1, 0);
    assert_close(at(&b, 2, PP_VIEW_conversion, .34)->quotes, 1, 0);

    pp_band bands[PP_BANDS_MAX];
    pp_bands_of(3, bands);
    for (size_t i = 0; i < 3 * b.n_bands; i++)
        policies[bands[i % b.n_bands].view] += b.account[i].policies;
    for (size_t v = 0; v < PP_VIEW_COUNT; v++)
        assert_close(policies[v], 3, 0);
    pp_breakdown_destroy(&b);
}

/// A sale for 100 of the day at an index of 1.25 with everything to pay.
static void test_breakdown_settled_profit_is_net(void **state)
{
    (void)state;
    const pp_economics costs = {.variable_expense = .1,
                                .fixed_expense = 5,
                                .commission = 3,
                                .levy = .02,
                                .handling = .05,
                                .finance = .01,
                                .add_ons = 2};
    const double offer = 100, estimate = 60, conversion = .3, pure_premium = 40, base = 1.25;
    const int32_t choice = 0;
    const pp_choices choices = {1, 1, &estimate, &offer, &pure_premium, &base, &choice};
    pp_breakdown b = make_breakdown(1, 1);
    add(&b, choices, &conversion);
    pp_breakdown_settle(&costs, &b);
    assert_close(at(&b, 0, PP_VIEW_rank, 1)->true_profit,
                 80 - 40 - 8 - 4 - 2.4 - 1.6 - 2 + .8 + 1.6, 1e-12);
    pp_breakdown_destroy(&b);
}

static void test_breakdown_only_firm_has_no_price_against_rivals(void **state)
{
    (void)state;
    const double offers[] = {100, 90}, estimates[] = {90, 85}, conversion[] = {.3, .2};
    const double pure_premium[] = {95, 70}, base[] = {1, 1};
    const int32_t choice[] = {0, 1};
    const pp_choices choices = {2, 2, estimates, offers, pure_premium, base, choice};
    pp_breakdown b = make_breakdown(1, 2);
    add(&b, choices, conversion);
    pp_breakdown_settle(free_of_cost, &b);
    for (double ratio = 0.5; ratio < 1.5; ratio += 0.01)
        assert_close(at(&b, 0, PP_VIEW_price, ratio)->policies, 0, 0);
    check_sale(at(&b, 0, PP_VIEW_rank, 1), 100, 90, 95);
    check_sale(at(&b, 0, PP_VIEW_conversion, .3), 100, 90, 95);
    pp_breakdown_destroy(&b);
}

// ---- many customers

enum { CUSTOMERS = 403, STRIDE = 512 }; // no whole number of eights

typedef struct crowd {
    size_t n_firms;
    double *numbers; // [3 n_firms + 2][STRIDE]
    int32_t choice[STRIDE];
    pp_choices choices;
    const double *conversion;
} crowd;

static crowd *make_crowd(size_t n_firms)
{
    crowd *c = calloc(1, sizeof *c);
    assert_non_null(c);
    c->n_firms = n_firms;
    c->numbers = calloc((3 * n_firms + 2) * STRIDE, sizeof(double));
    assert_non_null(c->numbers);
    uint32_t x = 7;
    for (size_t i = 0; i < (3 * n_firms + 2) * STRIDE; i++) {
        x = x * 1664525 + 1013904223;
        c->numbers[i] = (x >> 8) * 0x1p-24;
    }
    double *estimates = c->numbers, *offers = estimates + n_firms * STRIDE;
    double *base = c->numbers + 3 * n_firms * STRIDE, *premium = base + STRIDE;
    for (size_t i = 0; i < STRIDE; i++) {
        c->choice[i] = (int32_t)((double)(n_firms + 1) * premium[i]);
        base[i] = 1 + base[i];
        premium[i] = 500 * base[i];
        for (size_t f = 0; f < n_firms; f++) {
            estimates[f * STRIDE + i] = 400 + 100 * estimates[f * STRIDE + i];
            offers[f * STRIDE + i] = estimates[f * STRIDE + i] * (1 + offers[f * STRIDE + i] / 4);
        }
    }
    c->choices = (pp_choices){CUSTOMERS, STRIDE, estimates, offers, premium, base, c->choice};
    c->conversion = offers + n_firms * STRIDE;
    return c;
}

static void free_crowd(crowd *c)
{
    free(c->numbers);
    free(c);
}

static void check_conserved(const crowd *c, const pp_breakdown *b)
{
    pp_accounts accounts;
    int32_t *rank = calloc(c->n_firms * STRIDE, sizeof *rank);
    pp_band bands[PP_BANDS_MAX];
    assert_non_null(rank);
    assert_int_equal(pp_accounts_create(c->n_firms, &accounts, NULL), PP_OK);
    pp_accounts_add(&accounts, &c->choices, rank);
    pp_bands_of(c->n_firms, bands);
    for (size_t f = 0; f < c->n_firms; f++)
        for (size_t v = 0; v < PP_VIEW_COUNT; v++) {
            pp_band_account sum = {0};
            double expected = 0;
            for (size_t i = 0; i < b->n_bands; i++) {
                const pp_band_account *a = &b->account[f * b->n_bands + i];
                if (bands[i].view != (pp_view)v)
                    continue;
#define ADD(name, description) sum.name += a->name;
                PP_BAND_SUMS(ADD)
#undef ADD
            }
            for (size_t i = 0; i < CUSTOMERS; i++)
                expected += c->conversion[f * STRIDE + i];
            assert_close(sum.policies, (double)accounts.firm[f].policies, 0);
            assert_close(sum.gwp, accounts.firm[f].gwp, 1e-8);
            assert_close(sum.expected_claims, accounts.firm[f].expected_claims, 1e-8);
            assert_close(sum.pure_premium, accounts.firm[f].pure_premium, 1e-8);
            assert_close(sum.quotes, v == PP_VIEW_price ? 0 : CUSTOMERS, 0);
            assert_close(sum.expected_policies, v == PP_VIEW_conversion ? expected : 0, 1e-10);
        }
    pp_accounts_destroy(&accounts);
    free(rank);
}

/// Of a single firm the view `price` is empty, and that is another test's.
static void test_breakdown_every_sale_is_in_one_band_of_each_view(void **state)
{
    (void)state;
    for (size_t n = 2; n <= 120; n += n < 20 ? 1 : 50) {
        crowd *c = make_crowd(n);
        pp_breakdown b = make_breakdown(n, STRIDE);
        add(&b, c->choices, c->conversion);
        check_conserved(c, &b);
        pp_breakdown_destroy(&b);
        free_crowd(c);
    }
}

/// Which band a sale is in, told by its price against the mean of the others.
static void test_breakdown_sales_by_price_are_those_of_a_plain_count(void **state)
{
    (void)state;
    enum { N = 6 };
    crowd *c = make_crowd(N);
    pp_breakdown b = make_breakdown(N, STRIDE), plain = make_breakdown(N, 0);
    add(&b, c->choices, c->conversion);
    for (size_t i = 0; i < CUSTOMERS; i++) {
        double others = 0;
        size_t chosen = (size_t)c->choice[i];
        for (size_t f = 0; f < N; f++)
            others += f == chosen ? 0 : c->choices.offers[f * STRIDE + i];
        if (chosen == N)
            continue;
        double ratio = c->choices.offers[chosen * STRIDE + i] / (others / (N - 1));
        ptrdiff_t cell = at(&b, chosen, PP_VIEW_price, ratio) - b.account;
        plain.account[cell].policies++;
    }
    pp_band bands[PP_BANDS_MAX];
    pp_bands_of(N, bands);
    for (size_t i = 0; i < N * b.n_bands; i++)
        if (bands[i % b.n_bands].view == PP_VIEW_price)
            assert_close(b.account[i].policies, plain.account[i].policies, 0);
    pp_breakdown_destroy(&b);
    pp_breakdown_destroy(&plain);
    free_crowd(c);
}

static void test_breakdown_same_bits_at_every_level(void **state)
{
    (void)state;
    for (size_t n = 1; n <= 13; n += 3) {
        crowd *c = make_crowd(n);
        pp_breakdown base = make_breakdown(n, STRIDE), b = make_breakdown(n, STRIDE);
        for (size_t customers = CUSTOMERS - 16; customers <= CUSTOMERS; customers++) {
            c->choices.n = customers;
            pp_simd_use(PP_SIMD_BASELINE);
            pp_breakdown_clear(&base);
            add(&base, c->choices, c->conversion);
            for (int level = 1; level <= (int)pp_simd_most(); level++) {
                pp_simd_use((pp_simd)level);
                pp_breakdown_clear(&b);
                add(&b, c->choices, c->conversion);
                assert_memory_equal(b.account, base.account, n * b.n_bands * sizeof *b.account);
            }
        }
        pp_breakdown_destroy(&base);
        pp_breakdown_destroy(&b);
        free_crowd(c);
    }
}

static void test_breakdown_merged_parts_are_the_whole(void **state)
{
    (void)state;
    enum { FIRST = 160 };
    crowd *c = make_crowd(5);
    pp_breakdown whole = make_breakdown(5, STRIDE), part = make_breakdown(5, STRIDE),
                 sum = make_breakdown(5, 0);
    add(&whole, c->choices, c->conversion);
    for (int second = 0; second < 2; second++) {
        size_t from = second ? FIRST : 0;
        pp_choices some = c->choices;
        some.n = second ? CUSTOMERS - FIRST : FIRST;
        some.estimates += from;
        some.offers += from;
        some.pure_premium += from;
        some.base_index += from;
        some.choice += from;
        pp_breakdown_clear(&part);
        add(&part, some, c->conversion + from);
        pp_breakdown_merge(&sum, &part);
    }
    for (size_t i = 0; i < 5 * whole.n_bands; i++) {
        assert_close(sum.account[i].quotes, whole.account[i].quotes, 0);
        assert_close(sum.account[i].policies, whole.account[i].policies, 0);
#define CLOSE(name, description) assert_close(sum.account[i].name, whole.account[i].name, 1e-9);
        PP_BAND_SUMS(CLOSE)
#undef CLOSE
    }
    pp_breakdown_destroy(&whole);
    pp_breakdown_destroy(&part);
    pp_breakdown_destroy(&sum);
    free_crowd(c);
}

// ---- memory

static void test_breakdown_create_too_many_firms_enomem(void **state)
{
    (void)state;
    pp_breakdown b;
    pp_error error = {0};
    assert_int_equal(pp_breakdown_create((size_t)1 << 60, 8, &b, &error), PP_ENOMEM);
    assert_non_null(strstr(error.message, "1152921504606846976 firms"));
    assert_null(b.account);
    pp_breakdown_destroy(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_breakdown_bands_cover_every_view_without_gaps),
        cmocka_unit_test(test_breakdown_bands_of_fewer_firms_come_first),
        cmocka_unit_test(test_breakdown_three_firms_by_hand),
        cmocka_unit_test(test_breakdown_settled_profit_is_net),
        cmocka_unit_test(test_breakdown_only_firm_has_no_price_against_rivals),
        cmocka_unit_test(test_breakdown_every_sale_is_in_one_band_of_each_view),
        cmocka_unit_test(test_breakdown_sales_by_price_are_those_of_a_plain_count),
        cmocka_unit_test_teardown(test_breakdown_same_bits_at_every_level, restore_level),
        cmocka_unit_test(test_breakdown_merged_parts_are_the_whole),
        cmocka_unit_test(test_breakdown_create_too_many_firms_enomem),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
